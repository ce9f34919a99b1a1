"""The two READMEs say the same, and the code in them works as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gongzhong.testing import LocalPlatform

ROOT = Path(__file__).parents[2]
ENGLISH, CHINESE = ROOT / "README.md", ROOT / "README.zh-CN.md"


def blocks(readme: Path) -> list[str]:
    return re.findall(r"```python\n(.*?)```", readme.read_text(), re.S)


def without_comments(code: str) -> str:
    return re.sub(r" +#.*", "", code)


def test_both_begin_with_the_two_commands_and_a_picture() -> None:
    for readme in (ENGLISH, CHINESE):
        start = readme.read_text()[:1200]
        assert re.search(r"    make demo .*\n    make test ", start)
        picture = re.search(r"!\[.+\]\((.+)\)", start)
        assert picture and (ROOT / picture[1]).exists()


def test_both_show_the_same_code_and_headings() -> None:
    assert list(map(without_comments, blocks(ENGLISH))) == list(map(without_comments, blocks(CHINESE)))
    levels = [re.findall(r"^#+", readme.read_text(), re.M) for readme in (ENGLISH, CHINESE)]
    assert levels[0] == levels[1]


def test_links_lead_somewhere() -> None:
    for readme in (ENGLISH, CHINESE):
        for target in re.findall(r"\]\(([^)]+)\)", readme.read_text()):
            assert (ROOT / target).exists(), f"{readme.name} links to {target}"


def test_the_code_runs(platform: LocalPlatform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GONGZHONG_APPID", "wx0123456789abcdef")
    monkeypatch.setenv("GONGZHONG_SECRET", "s" * 32)
    monkeypatch.setenv("GONGZHONG_TOKEN", "readme")
    account, test = blocks(ENGLISH)
    namespace: dict[str, object] = {}
    exec(compile(account + "\n" + test, str(ENGLISH), "exec"), namespace)
    run = namespace["test_welcome"]
    assert callable(run)
    run(platform)
