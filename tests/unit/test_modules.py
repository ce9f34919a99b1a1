"""The form that keeps the package readable: small modules that say why they exist, and plain names."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "gongzhong"
MODULES = sorted(SOURCE.rglob("*.py"))
LONGEST_MODULE = 600
LONGEST_FUNCTION = 40
VAGUE_NAMES = {"util", "utils", "helper", "helpers", "common", "misc", "shared"}


def label(path: Path) -> str:
    return str(path.relative_to(SOURCE))


def too_long(tree: ast.AST) -> list[str]:
    """Functions over the limit, as `name (lines)`; decorators and docstrings count, as they are read too."""
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    sizes = {node.name: (node.end_lineno or node.lineno) - node.lineno + 1 for node in functions}
    return [f"{name} ({size})" for name, size in sizes.items() if size > LONGEST_FUNCTION]


def test_the_package_is_found() -> None:
    assert SOURCE / "errors.py" in MODULES


@pytest.mark.parametrize("path", MODULES, ids=label)
def test_module_is_short_and_says_why_it_exists(path: Path) -> None:
    text = path.read_text("utf-8")
    tree = ast.parse(text)
    assert len(text.splitlines()) <= LONGEST_MODULE
    assert not too_long(tree)
    assert not text.strip() or ast.get_docstring(tree), "a module without a docstring"


@pytest.mark.parametrize("path", MODULES, ids=label)
def test_name_says_what_is_inside(path: Path) -> None:
    assert path.stem not in VAGUE_NAMES
    assert path.parent.name not in VAGUE_NAMES
    classes = (
        node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.ClassDef)
    )
    assert not [node.name for node in classes if node.name.endswith("Manager")]


def test_a_long_function_is_noticed() -> None:
    body = "\n".join("    pass" for _ in range(LONGEST_FUNCTION))
    assert too_long(ast.parse(f"def long():\n{body}")) == ["long (41)"]
    assert too_long(ast.parse("def short():\n    pass")) == []
