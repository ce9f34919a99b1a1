"""Text that XML can carry: which characters never stand in it, and how to write any other text safely."""

from __future__ import annotations

import re

# Outside of XML 1.0's production Char (https://www.w3.org/TR/xml/#charsets), as the inside of a regex class.
FORBIDDEN = "\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff"

_FORBIDDEN = re.compile(f"[{FORBIDDEN}]")
_REPLACEMENT = "\ufffd"


def cdata(text: str) -> str:
    """A CDATA section that holds this text, whatever it contains.

    `]]>` is split over two sections, so every reader puts it together again. Characters that XML 1.0 cannot
    carry become U+FFFD (�), so that the loss shows; carriage returns become line feeds, as every XML reader
    makes them.
    """
    if not text.isprintable():
        text = _FORBIDDEN.sub(_REPLACEMENT, text.replace("\r\n", "\n").replace("\r", "\n"))
    if "]]>" in text:
        text = text.replace("]]>", "]]]]><![CDATA[>")
    return f"<![CDATA[{text}]]>"
