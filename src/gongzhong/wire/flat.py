"""A fast reader for the one shape that nearly every push has.

`<xml>`, then `<Name><![CDATA[…]]></Name>` or `<Name>…</Name>` without nesting, attributes, repeats,
entities or unusual characters. Anything else makes it answer None, and the full reader decides: what this
one accepts, the full one reads identically, only more slowly.
"""

from __future__ import annotations

import re

from .cdata import FORBIDDEN
from .fields import Fields

_ELEMENT = re.compile(r"<([A-Za-z]\w*+)>(<!\[CDATA\[)?+([^<]*)(?(2)\]\]>)</\1>[\n\t ]*+", re.ASCII)
_GROUPS = 4  # the text between two elements, then name, CDATA mark and value
_OPENINGS = frozenset({"<xml>", "<xml>\n"})
_CLOSINGS = frozenset({"</xml>", "</xml>\n"})
# A carriage return is legal, but readers turn it into a line feed.
_UNUSUAL = re.compile(rf"[{FORBIDDEN}\r]")


def read_flat(body: bytes) -> Fields | None:
    """The fields of a flat push, or None if this reader is not sure."""
    try:
        parts = _ELEMENT.split(body.decode())
    except UnicodeDecodeError:
        return None
    if parts[0] not in _OPENINGS or parts[-1] not in _CLOSINGS or any(parts[_GROUPS:-1:_GROUPS]):
        return None
    values = parts[3::_GROUPS]
    fields: Fields = dict(zip(parts[1::_GROUPS], values))  # noqa: B905 - slices of one list, of one length
    if len(fields) != len(values) or not _literal("<".join(values)):
        return None
    return fields


def _literal(values: str) -> bool:
    """Whether the values mean what they look like: no entity, no early end of CDATA, no odd character."""
    if "&" in values or "]]>" in values:
        return False
    return values.isprintable() or not _UNUSUAL.search(values)
