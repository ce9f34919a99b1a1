"""A fast reader for the one shape that nearly every push has.

`<xml>`, then `<Name><![CDATA[…]]></Name>` or `<Name>…</Name>` without nesting, attributes, repeats,
entities or unusual characters. Anything else makes it answer None, and the full reader decides: what this
one accepts, the full one reads identically, only more slowly.
"""

from __future__ import annotations

import re

from .cdata import FORBIDDEN
from .fields import Fields

_BLANK = "\n\t "
_ELEMENT = re.compile(rf"<([A-Za-z]\w*+)>(<!\[CDATA\[)?+([^<]*)(?(2)\]\]>)</\1>[{_BLANK}]*+", re.ASCII)
_GROUPS = 4  # the text between two elements, then name, CDATA mark and value
# A carriage return is legal, but readers turn it into a line feed.
_UNUSUAL = re.compile(rf"[{FORBIDDEN}\r]")


def read_flat(body: bytes) -> Fields | None:
    """The fields of a flat push, or None if this reader is not sure."""
    try:
        parts = _ELEMENT.split(body.decode())
    except UnicodeDecodeError:
        return None
    if (
        parts[0].rstrip(_BLANK) != "<xml>"
        or parts[-1].rstrip(_BLANK) != "</xml>"
        or any(parts[_GROUPS:-1:_GROUPS])
    ):
        return None
    names, values = parts[1::_GROUPS], parts[3::_GROUPS]
    fields: Fields = dict(zip(names, values, strict=True))
    if len(fields) != len(names) or not _literal("<".join(values)):
        return None
    return fields


def _literal(values: str) -> bool:
    """Whether the values mean what they look like: no entity, no early end of CDATA, no odd character."""
    if "&" in values or "]]>" in values:
        return False
    return values.isprintable() or not _UNUSUAL.search(values)
