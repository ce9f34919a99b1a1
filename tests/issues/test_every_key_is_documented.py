"""docs/platform.md and its Chinese page name every key of the configuration file, and the defaults of the rules."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import inspect as shapes

from gongzhong.catalogue.articles import Article
from gongzhong.platform import PlatformConfig
from gongzhong.platform.world.settings import Rules

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {"platform.md": "## Every key", "platform.zh-CN.md": "## 每一个键"}
SET_BY_LOAD = ("", "folder")
SAME_AS = {"account.autoreply.add_friend", "account.autoreply.rules.replies"}
"""Written as `account.autoreply.default`, which the page says."""


def keys(node: shapes.Type, table: str) -> Iterator[tuple[str, str]]:
    """Every key with the table that it stands in. What calls take, such as buttons, is documented with the calls."""
    match node:
        case shapes.Metadata():
            yield from keys(node.type, table)
        case shapes.UnionType():
            for one in node.types:
                yield from keys(one, table)
        case shapes.ListType():
            yield from keys(node.item_type, table)
        case shapes.DictType():
            yield from keys(node.value_type, table)
        case shapes.StructType() if (
            not issubclass(node.cls, Article) and "catalogue" not in node.cls.__module__
        ):
            for field in node.fields:
                inner = f"{table}.{field.encode_name}".lstrip(".")
                below = list(keys(field.type, inner))
                if table or not below:
                    yield table, field.encode_name
                if inner not in SAME_AS:
                    yield from below


DECLARED = set(keys(shapes.type_info(PlatformConfig), "")) - {SET_BY_LOAD}


def rows(page: str) -> list[tuple[str, str, str]]:
    """Table, key and default of each key on the page."""
    text = (DOCS / page).read_text("utf-8").partition(PAGES[page])[2].partition("\n## ")[0]
    found = []
    for table, names in re.findall(r"^\| (?:`([\w.]+)`|—) \| (.+?) \|", text, re.M):
        found += [(table, key, value) for key, value in re.findall(r"`(\w+)`(?: = ([^,、]+))?", names)]
    return found


@pytest.mark.parametrize("page", PAGES)
def test_every_key_stands_on_the_page(page: str) -> None:
    named = [(table, key) for table, key, _ in rows(page)]
    assert sorted(set(named)) == sorted(DECLARED)
    assert len(named) == len(set(named))


@pytest.mark.parametrize("page", PAGES)
def test_the_defaults_of_the_rules_are_right(page: str) -> None:
    for table, key, written in rows(page):
        if table != "rules":
            continue
        default = getattr(Rules(), key)
        if isinstance(default, dict | tuple):
            assert not written
        else:
            assert json.loads(written.strip()) == default, key
