"""Each page of docs/ is there in English and in Chinese: same headings, tables and code, links that lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from gongzhong import OfficialAccount
from gongzhong.testing import LivePlatform

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
GENERATED = {"coverage", "magic-values"}
"""Written by a command, with both languages in one page."""
PAGES = sorted({file.name.partition(".")[0] for file in DOCS.glob("*.md")} - GENERATED)
FULL_WIDTH = re.compile(r"[\u4e00-\u9fff][,;:?!](?!\w)|[\u4e00-\u9fff]\((?=[\u4e00-\u9fff])")


def text(page: str, chinese: bool) -> str:
    return (DOCS / (f"{page}.zh-CN.md" if chinese else f"{page}.md")).read_text("utf-8")


def code(page: str, chinese: bool) -> list[str]:
    """Python blocks with the comments before them, without comments inside, which are translated."""
    found = re.findall(r"((?:<!--[^\n]*-->\n)?)```python\n(.*?)```", text(page, chinese), re.DOTALL)
    return [marker + re.sub(r" +#.*", "", block) for marker, block in found]


def anchors(file: Path) -> set[str]:
    headings = re.findall(
        r"^#+ (.*)$", re.sub(r"```.*?```", "", file.read_text("utf-8"), flags=re.DOTALL), re.M
    )
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES)
def test_both_languages_say_the_same(page: str) -> None:
    assert (DOCS / f"{page}.zh-CN.md").exists(), f"docs/{page}.md has no Chinese page"
    assert code(page, False) == code(page, True)
    shape = [
        re.findall(r"^#+ ", re.sub(r"```.*?```", "", text(page, chinese), flags=re.DOTALL), re.M)
        for chinese in (False, True)
    ]
    assert shape[0] == shape[1], "the headings differ"
    tables = [len(re.findall(r"^\|", text(page, chinese), re.M)) for chinese in (False, True)]
    assert tables[0] == tables[1], "the rows of tables differ"
    assert f"({page}.zh-CN.md)" in text(page, False)
    assert f"({page}.md)" in text(page, True)


@pytest.mark.parametrize("file", sorted(DOCS.glob("*.md")), ids=lambda file: file.name)
def test_links_lead_somewhere(file: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", file.read_text("utf-8")):
        if target.startswith("http"):
            continue
        name, _, anchor = target.partition("#")
        leads_to = (DOCS / name).resolve() if name else file
        assert leads_to.exists(), f"{file.name} links to {target}"
        if anchor:
            assert anchor in anchors(leads_to), f"{file.name} links to {target}"


@pytest.mark.parametrize("page", PAGES)
def test_chinese_has_chinese_punctuation(page: str) -> None:
    prose = re.sub(r"```.*?```|`[^`\n]*`|^ {4}.*$", "", text(page, True), flags=re.DOTALL | re.M)
    assert FULL_WIDTH.findall(prose) == []


def test_the_client_example_runs(live_platform: LivePlatform) -> None:
    names: dict[str, Any] = {}
    exec(compile(code("client", False)[0].partition("\n")[2], "docs/client.md", "exec"), names)
    oa = OfficialAccount(live_platform.account)
    live_platform.connect(oa)
    alice = live_platform.person("alice")
    alice.follows()
    assert names["followers"](live_platform.account) == [alice.openid()]
    assert names["greet"](live_platform.account, alice.openid()) == alice.openid()
