"""docs/norms.md has a row for every line of WeChat's 开发者规范, and names every norm that is checked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gongzhong.norms import NORMS

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {name: (DOCS / name).read_text("utf-8") for name in ("norms.md", "norms.zh-CN.md")}
LINES = (
    "接口的规范限制、调用频率限制",
    "模版消息、用户数据等敏感信息的使用规范",
    "必须事先获得用户的明确同意",
    "仅应当收集为运营及功能实现目的而必要的用户数据",
    "告知用户相关数据收集的目的、范围及使用方式",
    "必须采取必要的保护措施，防止用户数据被盗、泄漏",
    "仅可以在该特定微信公众号中使用",
    "也不得以任何方式将其提供给他人",
    "腾讯有权要求您删除相关数据并不得再以该方式收集、使用",
    "必须立即删除全部数据（包括各种备份）",
    "请勿为任何用户自动登录到微信公众平台提供代理身份验证凭据",
    "请勿提供跟踪功能",
    "请勿自动将浏览器窗口定向到其他网页",
    "请勿设置或发布任何违反相关法规、公序良俗、社会公德的玩法、内容",
    "请勿公开表达或暗示",
    "开发者协议",
)
"""Words of each line of the official page, in its order."""


def rows(page: str) -> list[list[str]]:
    found = re.findall(
        r"^\| (.*) \|$", PAGES[page].partition("## How it looks")[0].partition("## 怎样检查")[0], re.M
    )
    return [row.split(" | ") for row in found]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("line", LINES)
def test_every_line_has_its_row(page: str, line: str) -> None:
    [row] = [row for row in rows(page) if line in row[0]]
    assert len(row) == 4
    assert all(cell.strip() for cell in row)


@pytest.mark.parametrize("page", PAGES)
def test_the_rows_stand_in_the_order_of_the_official_page(page: str) -> None:
    text = PAGES[page]
    places = [text.index(line) for line in LINES]
    assert places == sorted(places)


@pytest.mark.parametrize("page", PAGES)
def test_every_norm_that_is_checked_is_named(page: str) -> None:
    named = {name for row in rows(page) for name in re.findall(r"`([a-z-]+)`", row[2])}
    assert named - {"norms"} == {norm.key for norm in NORMS}
