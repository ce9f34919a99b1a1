"""One language at a time: no string of the package holds both, in logs, errors or answers."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import gongzhong

ROOT = Path(gongzhong.__file__).parent
VALUE = "\0"
BOTH = re.compile(r"[\u4e00-\u9fff][^\n]* / (?:\0 )?[A-Za-z]|[A-Za-z.)] / [\u4e00-\u9fff]")
ALLOWED = ("platform/doors/control", "console/people/openapi.py", "running/coverage.py", "platform/magic.py")
"""Descriptions in the OpenAPI document and pages written for docs/ are in both languages side by side."""


EXAMPLES = Path(__file__).parents[2] / "examples"


def strings(tree: ast.AST) -> list[str]:
    """Every text of a module, f-strings as they may come out."""
    return [text for node in ast.walk(tree) if (text := shown(node)) is not None]


def shown(node: ast.AST) -> str | None:
    """A text; in an f-string a value that is named for a language stands as a word of it, any other one as VALUE."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(shown(part) or "" for part in parts)
        case ast.FormattedValue(value=value):
            name = ast.unparse(value).lower()
            return "中" if re.search(r"zh\b", name) else "word" if re.search(r"en\b", name) else VALUE
    return None


def test_no_text_says_the_same_twice() -> None:
    found = []
    for file in sorted([*ROOT.rglob("*.py"), *EXAMPLES.glob("*.py")]):
        name = file.relative_to(ROOT if ROOT in file.parents else EXAMPLES).as_posix()
        if name.startswith(ALLOWED):
            continue
        found += [
            f"{name}: {text[:80]}"
            for text in strings(ast.parse(file.read_text("utf-8")))
            if BOTH.search(text)
        ]
    assert found == []


def test_chinese_is_quoted_with_curved_marks() -> None:
    """Everywhere “ ”. Only the marks behind which a sentence may end are listed with those of other styles, and rows of
    traffic quote with 「 」 what people said, which has “ ” in it often enough."""
    repository = EXAMPLES.parent
    files = [repository / "README.md", repository / "README.zh-CN.md"]
    for folder, kinds in (("src", "py tsv md"), ("docs", "md"), ("examples", "py"), ("web/src", "ts tsx")):
        files += [file for kind in kinds.split() for file in (repository / folder).rglob(f"*.{kind}")]
    assert len(files) > 300
    other = [
        file.relative_to(repository).as_posix()
        for file in files
        if re.search("[「」]", file.read_text("utf-8"))
    ]
    rows = ["src/gongzhong/platform/rows/words.py", "web/src/traffic/showing.ts"]
    assert sorted(other) == ["src/gongzhong/app/pieces.py", *rows]


def test_the_rule_finds_what_it_is_to_find() -> None:
    assert BOTH.search("答复没有送达 / answer not delivered")
    assert BOTH.search("a clock moves forward only / 时钟只能向前拨")
    assert not BOTH.search("URL 以 https:// 开头")


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('f"{TOO_LONG_ZH} / {TOO_LONG_EN}"', True),
        ('f"{kind} 没有对应的消息 / {kind} has no such message"', True),
        ('f"菜单还没有创建 / no menu yet: {problem}"', True),
        ('f"{left} / {right}"', False),
        ('f"{problem.zh}：{seconds} / {limit} 秒"', False),
    ],
)
def test_a_text_with_values_in_it_is_read_as_it_comes_out(source: str, found: bool) -> None:
    assert any(BOTH.search(text) for text in strings(ast.parse(source))) is found
