"""Values and calls as Python source, laid out as ruff and black lay it out: generated files need no formatting.

Only the shapes that the recorded tests need: literals, calls with arguments, assignments, and files in base64. Lines
are at most `WIDTH` columns wide, counting the four of a function's body, unless one string alone is longer.
"""

from __future__ import annotations

import base64
import unicodedata
from collections.abc import Iterator
from typing import Any

import msgspec

WIDTH = 110
STEP = 4
LONGEST_FILE = 512 * 1024
"""Bytes of a file that goes into the source."""
BASE64_LINE = 96
BRACKETS = {list: ("[", "]"), tuple: ("(", ")"), dict: ("{", "}")}


class Call(msgspec.Struct, frozen=True):
    """Source that stands as it is among values, such as a name."""

    source: str


class Files:
    """Files that the source uses, as constants: equal ones once."""

    def __init__(self) -> None:
        self.names: dict[bytes, str] = {}

    def name(self, content: bytes) -> str | None:
        """The constant for this content; None when it is too long."""
        if len(content) > LONGEST_FILE:
            return None
        return self.names.setdefault(content, f"FILE_{len(self.names) + 1}")

    def source(self) -> Iterator[str]:
        """The assignments, one after another."""
        for content, name in self.names.items():
            text = base64.b64encode(content).decode()
            line = f'{name} = b64decode("{text}")'
            if len(line) <= WIDTH:
                yield line
                continue
            yield f"{name} = b64decode("
            for place in range(0, len(text), BASE64_LINE):
                yield f'    "{text[place : place + BASE64_LINE]}"'
            yield ")"


def literal(value: Any) -> str:
    """A value on one line: strings with double quotes unless that needs more escapes."""
    match value:
        case Call():
            return value.source
        case str():
            return _text(value)
        case list():
            return f"[{', '.join(map(literal, value))}]"
        case tuple():
            return f"({', '.join(map(literal, value))}{',' if len(value) == 1 else ''})"
        case dict():
            return "{" + ", ".join(f"{literal(name)}: {literal(one)}" for name, one in value.items()) + "}"
    return repr(value)


def assigned(name: str, value: Any) -> list[str]:
    """`name = value`, over several lines where it is long."""
    return _laid_out(f"{name} = ", value, "", STEP)


def called(function: str, *values: Any, before: str = "", **named: Any) -> list[str]:
    """A call, over several lines where it is long: first all arguments on one, then each on its own."""
    arguments = [("", value) for value in values] + [(f"{name}=", value) for name, value in named.items()]
    inside = ", ".join(name + literal(value) for name, value in arguments)
    head = f"{before}{function}("
    if STEP + columns(f"{head}{inside})") <= WIDTH:
        return [f"{head}{inside})"]
    if len(arguments) == 1 and isinstance(arguments[0][1], list | dict):
        return _laid_out(f"{head}{arguments[0][0]}", arguments[0][1], ")", STEP)
    if 2 * STEP + columns(inside) <= WIDTH:
        return [head, " " * STEP + inside, ")"]
    lines = [head]
    for name, value in arguments:
        one = _laid_out(name, value, ",", 2 * STEP)
        lines += [" " * STEP + line for line in one]
    return [*lines, ")"]


def columns(text: str) -> int:
    """The width of a line on a screen, as ruff counts: wide characters are two columns."""
    return sum(
        2 if unicodedata.east_asian_width(one) in "WF" else 0 if unicodedata.combining(one) else 1
        for one in text
    )


def _laid_out(before: str, value: Any, after: str, indent: int) -> list[str]:
    """A value between two pieces of source; collections that are too wide have each item on a line of its own."""
    line = f"{before}{literal(value)}{after}"
    if indent + columns(line) <= WIDTH or not isinstance(value, list | tuple | dict) or not value:
        return [line]
    opening, closing = BRACKETS[type(value)]
    items = (
        [(f"{literal(name)}: ", one) for name, one in value.items()]
        if isinstance(value, dict)
        else [("", one) for one in value]
    )
    lines = [f"{before}{opening}"]
    for name, one in items:
        lines += [" " * STEP + inner for inner in _laid_out(name, one, ",", indent + STEP)]
    return [*lines, f"{closing}{after}"]


def _text(value: str) -> str:
    quote = "'" if value.count('"') > value.count("'") else '"'
    return quote + "".join(_character(one, quote) for one in value) + quote


def _character(one: str, quote: str) -> str:
    if one in "'\"":
        return f"\\{one}" if one == quote else one
    return repr(one)[1:-1]
