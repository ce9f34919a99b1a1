"""docs/people-api.md names every action with its roles and the words of its body."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gongzhong.console.people import ROLES
from gongzhong.console.people.actions import ACTIONS

DOCS = Path(__file__).parents[3] / "docs"


@pytest.mark.parametrize("page", ["people-api.md", "people-api.zh-CN.md"])
def test_every_action_stands_there_with_its_body_and_roles(page: str) -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \|(.*)\|$", (DOCS / page).read_text("utf-8"), re.M)
    assert [name for name, _ in rows] == list(ACTIONS)
    for name, rest in rows:
        body, _, *ticks = (cell.strip() for cell in rest.split("|"))
        assert set(re.findall(r"`([a-z_]+)`", body)) == set(ACTIONS[name].body.__struct_fields__)
        may = {role for role, tick in zip(ROLES, ticks, strict=True) if tick == "✓"}
        assert may == {role for role in ROLES if name in ROLES[role]}
