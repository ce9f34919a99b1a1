"""A fast reader for the one shape that nearly every push has.

`<xml>`, then `<Name><![CDATA[…]]></Name>` or `<Name>…</Name>` without nesting, attributes, repeats, entities or
unusual characters. Anything else makes it answer None, and the full reader decides: what this one accepts, the
full one reads identically, only more slowly. Texts and simple events, most of all pushes, are taken by one
pattern each; other flat pushes element by element.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from .cdata import FORBIDDEN
from .fields import Fields

_BLANK = r"[\n\t ]*+"
_ELEMENT = re.compile(rf"<([A-Za-z]\w*+)>(<!\[CDATA\[)?+([^<]*)(?(2)\]\]>)</\1>{_BLANK}", re.ASCII)
_GROUPS = 4  # the text between two elements, then name, CDATA mark and value
_OPENINGS = frozenset({"<xml>", "<xml>\n"})
_CLOSINGS = frozenset({"</xml>", "</xml>\n"})
# A carriage return is legal, but readers turn it into a line feed.
_UNUSUAL = re.compile(rf"[{FORBIDDEN}\r]")

_HEAD = ("ToUserName", "FromUserName", "CreateTime", "MsgType")
_NUMBERS = ("CreateTime", "MsgId")


class _Shape(NamedTuple):
    """A push whose elements and their order are known; `mark` is a quick test for it."""

    mark: str
    names: tuple[str, ...]
    pattern: re.Pattern[str]


def _shape(*rest: str) -> _Shape:
    names = (*_HEAD, *rest)
    elements = "".join(
        rf"<{name}>([^<]*)</{name}>{_BLANK}"
        if name in _NUMBERS
        else rf"<{name}><!\[CDATA\[([^<]*)\]\]></{name}>{_BLANK}"
        for name in names
    )
    return _Shape(f"<{rest[0]}>", names, re.compile(rf"<xml>{_BLANK}{elements}</xml>{_BLANK}"))


_SHAPES = (_shape("Content", "MsgId"), _shape("Event", "EventKey"))


def read_flat(body: bytes) -> Fields | None:
    """The fields of a flat push, or None if this reader is not sure."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    for mark, names, pattern in _SHAPES:
        if mark in text:
            found = pattern.fullmatch(text)
            if found is not None:
                return _literal(names, found.groups())
    parts = _ELEMENT.split(text)
    if parts[0] not in _OPENINGS or parts[-1] not in _CLOSINGS or any(parts[_GROUPS:-1:_GROUPS]):
        return None
    return _literal(parts[1::_GROUPS], parts[3::_GROUPS])


def _literal(names: Sequence[str], values: Sequence[str]) -> Fields | None:
    """The values under their names, if they mean what they look like.

    That is: no name twice, no entity, no early end of a CDATA section, no character that XML forbids or changes.
    """
    together = "<".join(values)
    if "&" in together or "]]>" in together:
        return None
    if not together.isprintable() and _UNUSUAL.search(together):
        return None
    fields: Fields = dict(zip(names, values))  # noqa: B905 - as many of one as of the other
    return fields if len(fields) == len(names) else None
