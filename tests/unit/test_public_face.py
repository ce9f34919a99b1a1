"""The public face: every name in `__all__` is sorted, loads, and is what type checkers were told."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import gongzhong

pytestmark = pytest.mark.heavy


def announced_to_type_checkers() -> dict[str, str]:
    """Name → module, from the imports that only a type checker sees."""
    tree = ast.parse(Path(gongzhong.__file__).read_text("utf-8"))
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            found.update({alias.name: f"gongzhong.{node.module}" for alias in node.names})
    return found


def test_names_are_sorted_and_unique() -> None:
    assert gongzhong.__all__ == sorted(set(gongzhong.__all__))


def test_type_checkers_and_readers_are_told_the_same() -> None:
    assert sorted(announced_to_type_checkers()) == gongzhong.__all__


@pytest.mark.parametrize(("name", "module"), announced_to_type_checkers().items())
def test_every_name_loads_from_the_announced_module(name: str, module: str) -> None:
    code = f"import gongzhong; value = gongzhong.{name}; import {module} as home; print(value is home.{name})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.stdout.strip(), done.stderr) == ("True", "")


def test_dir_lists_names_that_are_not_loaded_yet() -> None:
    assert set(gongzhong.__all__) <= set(dir(gongzhong))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Kefu"):
        _ = gongzhong.Kefu
