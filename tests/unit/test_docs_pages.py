"""Each page of docs/ is there in English and in Chinese: same headings, tables and code, links that lead somewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gongzhong import Account, OfficialAccount
from gongzhong.catalogue.templates import template_data
from gongzhong.testing import LivePlatform, LocalPlatform

pytestmark = pytest.mark.heavy

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


BLOCKS = [
    pytest.param(block, file.name, id=f"{file.name}:{number}")
    for file in sorted([*DOCS.glob("*.md"), ROOT / "DESIGN.md"])
    for number, block in enumerate(re.findall(r"```python\n(.*?)```", file.read_text("utf-8"), re.DOTALL), 1)
]
ELSEWHERE = ("from app import oa", "http://127.0.0.1:8000")
"""Blocks that need a program beside them."""


@pytest.mark.parametrize(("block", "page"), BLOCKS)
def test_a_block_of_code_is_python_and_runs_if_it_is_whole(
    block: str, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A block without imports is a fragment: it is compiled. All others are carried out, as a module is imported."""
    compiled = compile(block, page, "exec")
    whole = re.match(r"(from|import) ", block) and not any(word in block for word in ELSEWHERE)
    if not whole:
        return
    for field, value in (("APPID", "wx0123456789abcdef"), ("SECRET", "0" * 32), ("TOKEN", "token")):
        monkeypatch.setenv(f"GONGZHONG_{field}", value)
    exec(compiled, {"__name__": "documented"})


@pytest.mark.parametrize("chinese", [False, True])
def test_the_first_hour_runs_under_plain_pytest(tmp_path: Path, chinese: bool) -> None:
    app, test = re.findall(r"```python\n(.*?)```", text("start", chinese), re.DOTALL)
    (tmp_path / "app.py").write_text(app, "utf-8")
    (tmp_path / "test_app.py").write_text(test, "utf-8")
    bare = {name: value for name, value in os.environ.items() if not name.startswith("GONGZHONG_")}
    command = [sys.executable, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        command, cwd=tmp_path, env=bare, capture_output=True, text=True, timeout=60, check=False
    )
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_the_template_example_runs(platform: LocalPlatform) -> None:
    names: dict[str, Any] = {}
    (example,) = (block for block in code("client", False) if "example: template" in block)
    exec(compile(example.partition("\n")[2], "docs/client.md", "exec"), names)
    oa = OfficialAccount(Account.for_tests())
    platform.connect(oa)
    platform.template("T" * 43, "订单通知", "商品：{{thing1.DATA}}\n金额：{{amount2.DATA}}")
    alice = platform.person("alice")
    alice.follows(oa)
    client = platform.client(oa)
    names["tell"](client, alice.openid(), "T" * 43)
    client.template.send(
        touser=alice.openid(),
        template_id="T" * 43,
        data=template_data(thing1="明前龙井", amount2="88元"),
    )
    bare: dict[str, Any] = {"thing1": "明前龙井", "amount2": "88元"}
    client.template.send(touser=alice.openid(), template_id="T" * 43, data=bare)
    first, second, third = (line.content["lines"] for line in alice.inbox[-3:])
    assert first == second == third
    assert "明前龙井" in str(first) and "88元" in str(first)


def test_the_client_example_runs(live_platform: LivePlatform) -> None:
    names: dict[str, Any] = {}
    exec(compile(code("client", False)[0].partition("\n")[2], "docs/client.md", "exec"), names)
    oa = OfficialAccount(live_platform.account)
    live_platform.connect(oa)
    alice = live_platform.person("alice")
    alice.follows()
    assert names["followers"](live_platform.account) == [alice.openid()]
    assert names["greet"](live_platform.account, alice.openid()) == alice.openid()
