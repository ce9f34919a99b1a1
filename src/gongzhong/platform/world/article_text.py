"""What WeChat keeps of the HTML of an article: no scripts, no foreign pictures, nothing that acts by itself.

The stored text is written anew from what was understood, never cut out of what came: so nothing slips through
between two readings of the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from html.parser import HTMLParser
from typing import Final

PICTURE_HOST: Final = re.compile(r"https?://mmbiz\.qpic\.cn/(mmbiz\w*/([\w-]+)/\d+)", re.IGNORECASE)


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_KEPT: Final = _names(
    "a abbr b big blockquote br caption center cite code col colgroup dd del div dl dt em figcaption figure font "
    "h1 h2 h3 h4 h5 h6 hr i img ins li mark ol p pre q ruby rp rt s section small span strike strong sub sup "
    "table tbody td tfoot th thead tr u ul mp-common-product mp-common-profile mp-common-miniprogram"
)
_SILENT: Final = _names(
    "script style iframe object applet form noscript template svg math title head textarea select button "
    "video audio canvas"
)
_VOID: Final = frozenset({"br", "hr", "img", "col"})
_BLOCKS: Final = _names("p div section br li tr h1 h2 h3 h4 h5 h6 blockquote")
_ATTRIBUTES: Final = _names(
    "style class align width height href src data-src alt title colspan rowspan border cellpadding cellspacing "
    "color size face start type valign bgcolor id"
)
_ADDRESS: Final = re.compile(r"\s*(https?://|#|/)", re.IGNORECASE)
_ACTIVE_STYLE: Final = re.compile(
    r"url\s*\(|expression|javascript|@import|behavior|position\s*:\s*fixed", re.I
)

DIGEST_LENGTH: Final = 54
"""新增草稿: the digest of an article without one, in characters of its text."""


def cleaned(html: str, own_picture: Callable[[str], bool]) -> str:
    """The part of an article that is kept; `own_picture` says whether an address belongs to the account."""
    writer = _Writer(own_picture)
    writer.feed(html)
    writer.close()
    return writer.result()


def text_of(html: str) -> str:
    """The words alone, on one line."""
    reader = _Words()
    reader.feed(html)
    reader.close()
    return " ".join("".join(reader.words).split())


def digest_of(html: str) -> str:
    return text_of(html)[:DIGEST_LENGTH]


def picture_id(address: str) -> str | None:
    """The media id in the address of a picture that was uploaded, or None for any other address."""
    found = PICTURE_HOST.match(address)
    return found[2] if found else None


def local_pictures(html: str) -> str:
    """The same HTML with its pictures where this machine serves them."""
    return PICTURE_HOST.sub(r"/\1", html)


class _Writer(HTMLParser):
    """Writes again what it reads, if it may stay."""

    def __init__(self, own_picture: Callable[[str], bool]) -> None:
        super().__init__(convert_charrefs=True)
        self._own_picture = own_picture
        self._out: list[str] = []
        self._open: list[str] = []
        self._silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._silent or tag in _SILENT:
            if tag in _SILENT:
                self._silent.append(tag)
            return
        if tag not in _KEPT:
            return
        kept = {name: value or "" for name, value in attrs if self._stays(name, value or "")}
        if tag == "img" and not any(name in kept for name in ("src", "data-src")):
            return
        words = "".join(f' {name}="{escape(value)}"' for name, value in kept.items())
        self._out.append(f"<{tag}{words}>")
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            return
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._silent:
            if tag == self._silent[-1]:
                self._silent.pop()
        elif tag in self._open:
            while self._open:
                closed = self._open.pop()
                self._out.append(f"</{closed}>")
                if closed == tag:
                    return

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._out.append(escape(data, quote=False))

    def result(self) -> str:
        return "".join(self._out) + "".join(f"</{tag}>" for tag in reversed(self._open))

    def _stays(self, name: str, value: str) -> bool:
        if name in ("src", "data-src"):
            return self._own_picture(value)
        if name == "href":
            return bool(_ADDRESS.match(value))
        if name == "style":
            return not _ACTIVE_STYLE.search(value)
        return name in _ATTRIBUTES or name.startswith("data-")


class _Words(HTMLParser):
    """Gathers the text, with a gap where a block ends."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self.words.append(" ")

    def handle_data(self, data: str) -> None:
        self.words.append(data)
