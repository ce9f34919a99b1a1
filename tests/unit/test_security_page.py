"""Every threat on the security page names tests, and every test that it names exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| (?P<threat>[^|]+) \| (?P<stop>[^|]+) \| (?P<tests>`tests/[^|]+) \|$", re.M)
PAGES = ("security.md", "security.zh-CN.md")


def rows(page: str) -> list[re.Match[str]]:
    return list(ROW.finditer((ROOT / "docs" / page).read_text("utf-8")))


def named(page: str) -> list[str]:
    return [test for row in rows(page) for test in re.findall(r"`([^`]+)`", row["tests"])]


@pytest.mark.parametrize("test", sorted(set(named("security.md"))))
def test_a_named_test_exists(test: str) -> None:
    path, _, function = test.partition("::")
    source = (ROOT / path).read_text("utf-8")
    assert re.search(rf"^(async )?def {function}\(", source, re.M), f"{test} does not exist"


def test_both_pages_name_the_same_tests_for_the_same_threats() -> None:
    assert len(rows("security.md")) >= 20
    assert named("security.md") == named("security.zh-CN.md")
