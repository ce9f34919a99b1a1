"""Identifiers that always meet the same refusal, so that a test needs no state to see an error.

Nothing has to be prepared and nothing is changed: `oSIM45015` in place of an OpenID is refused with 45015 wherever an
OpenID goes. Whatever follows the code is free, to give the identifier its usual length.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from ..catalogue import codes
from ..catalogue.model import Call
from .world.refusal import Refusal

MARK = "SIM"
PATTERN = re.compile(r"(?:o|wx|media|template)SIM(-?\d+)(?:[^\d].*)?", re.DOTALL)

COMMON: Mapping[str, tuple[int, ...]] = {
    "wx": (-1, 40013, 40125, 40164, 40243, 45009, 45011, 48001, 48004, 50004, 50007, 89503, 89506, 89507),
    "o": (-1, 40003, 43004, 43019, 43101, 45009, 45011, 45015, 45047, 48001, 48003, 48004, 50002),
    "media": (-1, 40004, 40006, 40007, 40008, 40009, 45001, 45009, 45028, 48001),
    "template": (-1, 40037, 40246, 43116, 45009, 45026, 45027, 47003, 48001),
}
"""Which codes are worth a try with which kind of identifier; every other code of the table works as well."""


def refuse(value: str) -> None:
    """Raises the Refusal that a magic identifier asks for; every other text passes."""
    if MARK in value and (found := PATTERN.fullmatch(value)) and codes.lookup(int(found[1])):
        raise Refusal(int(found[1]))


def refuse_call(call: Call[Any], request_body: bytes, query_string: str) -> None:
    """The same for every text in a call; a request without the mark costs one look."""
    if MARK.encode() in request_body or MARK in query_string:
        for text in _texts(call):
            refuse(text)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, Mapping):
        yield from _texts(list(value.values()))
    elif isinstance(value, msgspec.Struct):
        yield from _texts([getattr(value, name) for name in value.__struct_fields__])


def document() -> str:
    """The page that lists them (docs/magic-values.md)."""
    names = {"wx": "AppID", "o": "OpenID", "media": "media_id", "template": "template_id"}
    lines = [
        "# Magic values",
        "",
        "An identifier made of a prefix, `SIM` and a return code is refused by the platform with that code, in every",
        "call and for every account, without preparation. What follows the code is free: `oSIM45015AAAAAAAAAAAAAA`.",
        "Any code of the table of return codes works; these are the usual ones.",
        "",
        "For errors that come by chance, late answers and broken connections see faults in [platform.md](platform.md).",
    ]
    for prefix, numbers in COMMON.items():
        lines += ["", f"## {names[prefix]}", "", "| value | errmsg | 含义 |", "|---|---|---|"]
        for number in numbers:
            row = codes.table()[number]
            lines.append(f"| `{prefix}{MARK}{number}` | {row.en} | {row.zh} |")
    return "\n".join(lines) + "\n"
