"""On which line of a TOML file a key stands: the parser of the standard library does not tell."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TypeAlias

Place: TypeAlias = tuple[str, int, str]
"""A table, which of its repetitions (from 0), and a key in it; an empty key for the table's heading."""

_LONG_TEXT = re.compile(r'"""[\s\S]*?"""|\'\'\'[\s\S]*?\'\'\'')
_HEADING = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?")
_KEY = re.compile(r"\s*((?:[\w-]+|\"[^\"]*\"|'[^']*')(?:\s*\.\s*(?:[\w-]+|\"[^\"]*\"|'[^']*'))*)\s*=")


def lines_of(text: str) -> Mapping[Place, int]:
    """The line of every heading and key, counted from 1. What stands in an inline table has that table's line."""
    found: dict[Place, int] = {}
    for place, line in _places(_LONG_TEXT.sub(lambda one: "\n" * one[0].count("\n"), text)):
        found.setdefault(place, line)
    return found


def _places(text: str) -> Iterator[tuple[Place, int]]:
    table, repetition, repeated = "", 0, Counter[str]()
    for line, content in enumerate(text.split("\n"), 1):
        if heading := _HEADING.fullmatch(content):
            table = _plain(heading[2])
            repetition = repeated[table] if heading[1] == "[[" else 0
            repeated[table] += 1
            yield (table, repetition, ""), line
        elif key := _KEY.match(content):
            before, _, name = _plain(key[1]).rpartition(".")
            inner = ".".join(filter(None, (table, before)))
            yield (inner, repetition, name), line
            yield (inner, repetition, ""), line


def _plain(name: str) -> str:
    return re.sub(r"\s*\.\s*", ".", name).replace('"', "").replace("'", "")
