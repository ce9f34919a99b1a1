"""SQL stands in few places: `platform/world` for the simulator; for production `database`, `state`, `store` and the
`tables.py` of gateway and people.

What else needs the tables calls a function of theirs, which has a name and can be tested.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "gongzhong"
PLACES = [SOURCE / "platform" / "world", SOURCE / "database", SOURCE / "state", SOURCE / "store"]
PLACES += [
    SOURCE / "platform" / "rows" / "file.py",
    SOURCE / "gateway" / "tables.py",
    SOURCE / "campaigns" / "tables.py",
    SOURCE / "campaigns" / "result_tables.py",
    SOURCE / "people" / "tables.py",
    SOURCE / "people" / "key_tables.py",
    SOURCE / "console" / "people" / "tables.py",
]
OUTSIDE = sorted(
    path for path in SOURCE.rglob("*.py") if not any(path.is_relative_to(place) for place in PLACES)
)
STATEMENT = re.compile(
    r"\s*(SELECT\s.+\sFROM\s|SELECT\s+[\w(]|INSERT\s+(OR\s+\w+\s+)?INTO\s|REPLACE\s+INTO\s|UPDATE\s+\w+\s+SET\s|"
    r"DELETE\s+FROM\s|(CREATE|DROP|ALTER)\s+(TABLE|INDEX|VIEW|TRIGGER)\s|PRAGMA\s|WITH\s+\w+\s+AS\s|BEGIN\b|VACUUM\b)",
    re.DOTALL,
)
VERBS = {"one", "value", "all", "column", "run", "insert", "many", "next_number"}
"""The methods of `Database` that carry a statement, or name a row of a table."""


def texts(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Every string of the source with its line, docstrings left out; formatted ones begin with their first piece."""
    spoken = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in spoken:
            yield node.lineno, node.value


def complaints(source: str) -> list[str]:
    tree = ast.parse(source)
    found = [f"line {line}: {text[:60]}" for line, text in texts(tree) if STATEMENT.match(text)]
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr=verb, value=ast.Attribute(attr="db") | ast.Name(id="db"))):
                if verb in VERBS:
                    found.append(f"line {node.lineno}: db.{verb}(…)")
            case ast.Import(names=names) if any(alias.name == "sqlite3" for alias in names):
                found.append(f"line {node.lineno}: import sqlite3")
            case ast.ImportFrom(module="sqlite3"):
                found.append(f"line {node.lineno}: from sqlite3 import …")
    return found


@pytest.mark.parametrize("path", OUTSIDE, ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_statement_stands_elsewhere(path: Path) -> None:
    assert complaints(path.read_text("utf-8")) == [], "give one of the places a function with a name for it"


@pytest.mark.parametrize(
    "source",
    [
        'QUERY = "SELECT value FROM ticket WHERE appid = ?"',
        'QUERY = "INSERT OR REPLACE INTO typing VALUES (?, ?, ?)"',
        'changed = f"UPDATE relation SET {columns} WHERE id = ?"',
        'gone = "delete".upper(); other = "DELETE FROM typing"',
        'world.db.value(QUERY, "a")',
        "db.run(QUERY)",
        'self._world.db.next_number("mass", 1)',
        'row = kept.execute("PRAGMA user_version")',
        "import sqlite3",
        "from sqlite3 import connect",
        '"""About it."""\nTABLES = """\nCREATE TABLE person (name TEXT)\n"""',
    ],
)
def test_a_statement_is_found(source: str) -> None:
    assert complaints(source)


@pytest.mark.parametrize(
    "source",
    [
        '"""SELECT nothing FROM nowhere: a docstring."""',
        'text = "Select an account from the list"',
        'fix = "update the account"',
        "with world.db.transaction():\n    pass",
        "world.db.clear()",
        "rows.one(1)",
    ],
)
def test_words_are_no_statements(source: str) -> None:
    assert complaints(source) == []
