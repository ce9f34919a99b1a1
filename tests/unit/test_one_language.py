"""One language at a time: no string of the package holds both, in logs, errors or answers."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import gongzhong

ROOT = Path(gongzhong.__file__).parent
BOTH = re.compile(r"[\u4e00-\u9fff][^\n]* / [A-Za-z]|[A-Za-z.)] / [\u4e00-\u9fff]")
ALLOWED = ("platform/doors/control", "running/coverage.py", "platform/magic.py")
"""Descriptions in the OpenAPI document and pages written for docs/ are in both languages side by side."""


def strings(tree: ast.AST) -> list[str]:
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]


def test_no_text_says_the_same_twice() -> None:
    found = []
    for file in sorted(ROOT.rglob("*.py")):
        name = file.relative_to(ROOT).as_posix()
        if name.startswith(ALLOWED):
            continue
        found += [
            f"{name}: {text[:80]}"
            for text in strings(ast.parse(file.read_text("utf-8")))
            if BOTH.search(text)
        ]
    assert found == []


def test_the_rule_finds_what_it_is_to_find() -> None:
    assert BOTH.search("答复没有送达 / answer not delivered")
    assert BOTH.search("a clock moves forward only / 时钟只能向前拨")
    assert not BOTH.search("URL 以 https:// 开头")
