"""Reads the XML of pushes as WeChat writes it, which is not always XML.

WeChat puts what a person typed into a CDATA section byte by byte: control characters, U+FFFF and half surrogates
included, all of which XML 1.0 forbids. A strict reader refuses such a push, and the person is told that the service
is broken. This reader takes them, and a few more spellings that a strict reader refuses (`PushXml` lists them).
It still refuses everything that makes XML dangerous or ambiguous: DTDs, entities other than XML's own five,
processing instructions, unclosed or wrongly closed elements, elements inside text.

Two readers stand behind `read_xml`. `read_flat` takes the shape that nearly every push has, with one regular
expression; whatever it is not sure about goes to `read_tree`. What both accept they read identically.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from ..errors import BadXml, TooLarge
from .surrogates import mended
from .xml import MAX_BODY_BYTES, MAX_DEPTH, Fields, Tree, refuse_doctype, refuse_encoding, refuse_instruction

_CDATA = "<![CDATA["
_CDATA_END = "]]>"


def read_xml(body: bytes, *, max_bytes: int = MAX_BODY_BYTES, max_depth: int = MAX_DEPTH) -> Fields:
    """What stands inside `<xml>`: texts as they were typed, attributes ignored, repeated names as lists.

    Bytes that are not UTF-8 become U+FFFD. Takes time in proportion to the body. Raises TooLarge, or BadXml for
    anything that is not one `<xml>` without DTD, at most `max_depth` levels deep.
    """
    if len(body) > max_bytes:
        raise TooLarge(
            f"请求体有 {len(body)} 字节，超过上限 {max_bytes}",
            f"the body has {len(body)} bytes, more than the limit of {max_bytes}",
        )
    fields = read_flat(body)
    return read_tree(body, max_depth) if fields is None else fields


# ---- the usual shape: `<xml>`, then elements without children, attributes or repeats

_BLANK = r"[\n\t ]*+"
_GROUPS = 4  # the text between two elements, then name, CDATA mark and value
_OPENINGS = frozenset({"<xml>", "<xml>\n"})
_CLOSINGS = frozenset({"</xml>", "</xml>\n"})
_HEAD = ("ToUserName", "FromUserName", "CreateTime", "MsgType")
_NUMBERS = ("CreateTime", "MsgId")


_TYPED = r"[^]<]*+(?:\](?!\]>)[^]<]*+)*+"
"""Text without an element, and without a `]]>` that somebody typed: where it ends is for the full reader to judge."""


class _Shape(NamedTuple):
    """A push whose elements and their order are known; `mark` is a quick test for it."""

    mark: str
    names: tuple[str, ...]
    pattern: re.Pattern[str]


def _shape(*rest: str) -> _Shape:
    names = (*_HEAD, *rest)
    elements = "".join(
        rf"<{name}>([^]<&]*+)</{name}>{_BLANK}"
        if name in _NUMBERS
        else rf"<{name}><!\[CDATA\[({_TYPED})\]\]></{name}>{_BLANK}"
        for name in names
    )
    whole = rf"<xml>{_BLANK}{elements}</xml>{_BLANK}"
    return _Shape(f"<{rest[0]}>", names, re.compile(whole))


@cache
def _shapes() -> tuple[_Shape, ...]:
    """The commonest pushes: texts and clicks on the menu."""
    return _shape("Content", "MsgId"), _shape("Event", "EventKey")


@cache
def _element() -> re.Pattern[str]:
    return re.compile(rf"<([A-Za-z]\w*+)>(<!\[CDATA\[)?+([^<]*)(?(2)\]\]>)</\1>{_BLANK}", re.ASCII)


def read_flat(body: bytes) -> Fields | None:
    """The fields of a flat push, or None if this reader is not sure."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    for mark, names, pattern in _shapes():
        if mark in text:
            found = pattern.fullmatch(text)
            if found is not None:
                return dict(zip(names, found.groups()))  # noqa: B905 (a group for each name)
    parts = _element().split(text)
    if parts[0] not in _OPENINGS or parts[-1] not in _CLOSINGS or any(parts[_GROUPS:-1:_GROUPS]):
        return None
    return _literal(parts[1::_GROUPS], parts[3::_GROUPS])


def _literal(names: Sequence[str], values: Sequence[str]) -> Fields | None:
    """The values under their names, if no name stands twice, no entity is used and no CDATA section ends early."""
    together = "<".join(values)
    if "&" in together or _CDATA_END in together:
        return None
    fields: Fields = dict(zip(names, values, strict=True))
    return fields if len(fields) == len(names) else None


# ---- everything else


def read_tree(body: bytes, max_depth: int = MAX_DEPTH) -> Fields:
    """The full reader behind `read_xml`, without its limit on size. Raises BadXml."""
    return PushXml(_text_of(body), max_depth).read()


_REPLACEMENT = "\ufffd"


def _text_of(body: bytes) -> str:
    """The body as text: pairs of surrogates joined, half ones and bytes that are not UTF-8 as U+FFFD.

    Some Java and C programs write each half of an emoji's pair as if it were a character (CESU-8).
    """
    try:
        return body.decode()
    except UnicodeDecodeError:
        pass
    try:
        text = body.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return body.decode("utf-8", "replace")
    return mended(text)


@cache
def _token() -> re.Pattern[str]:
    """What may stand at one place of a document."""
    return re.compile(
        r"""
        (?P<text>[^<]++)
        | </(?P<close>[^\W\d][\w.:-]*+)\s*+>
        | <(?P<open>[^\W\d][\w.:-]*+)(?:\s(?:[^<>"'/]++|"[^"<]*+"|'[^'<]*+'|/(?!>))*+)?+(?P<empty>/?)>
        | (?P<cdata><\s?!\[CDATA\[)
        | <!--(?P<comment>)
        | <!(?P<doctype>DOCTYPE)
        | <\?xml\s(?P<declaration>[^<>?]*+)\?>
        | (?P<instruction><\?)
        """,
        re.VERBOSE,
    )


_DECLARED_ENCODING = r"""encoding\s*=\s*["']([^"']*)["']"""
_REFERENCE = r"&(?:#(?:x([0-9A-Fa-f]{1,6})|([0-9]{1,7}))|([A-Za-z_][\w.-]*+));"
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_MOST_CODE = 0x10FFFF
_SPACED_CDATA_END = r"\]\s?\]>"


class PushXml:
    """One pass over the text of a push, from left to right; every position is looked at a bounded number of times.

    Beside XML it reads what XML forbids:

    * any character inside text, and references to it (`&#2;`); carriage returns stay as they are;
    * `]]>` that was typed and not escaped: a CDATA section whose end is followed by more text, up to the next
      `]]>` before the element's end tag, is one text. What was typed never becomes elements;
    * an `&` that starts no reference (`?a=1&b=2`);
    * `< ![CDATA[…] ]>`, the spelling of samples on older pages of the documentation;
    * blanks and zero bytes before and after the document, and a byte order mark.
    """

    def __init__(self, text: str, max_depth: int) -> None:
        self._text = text
        self._at = 0
        self._tree = Tree(max_depth)

    def read(self) -> Fields:
        """The fields of the document. Raises BadXml."""
        text, tree = self._text.rstrip("\0"), self._tree
        self._text = text
        self._at = 1 if text.startswith("\ufeff") else 0
        start, end = self._at, len(text)
        next_token = _token().match
        while self._at < end:
            token = next_token(text, self._at)
            if token is None:
                raise self._malformed()
            before, self._at = self._at, token.end()
            match token.lastgroup:
                case "text":
                    self._characters(token[0])
                case "close":
                    if token["close"] != tree.name:
                        raise self._malformed(
                            before, f"：</{token['close'][:40]}> 没有开头", ": mismatched end tag"
                        )
                    tree.end()
                case "empty":
                    tree.start(token["open"])
                    if token["empty"]:
                        tree.end()
                case "cdata":
                    tree.section(self._section(token[0]))
                case "comment":
                    self._at = self._after("-->", before)
                case "doctype":
                    raise refuse_doctype()
                case "declaration" if before == start:
                    self._declaration(token["declaration"])
                case _:
                    raise refuse_instruction()
        return tree.fields()

    def _characters(self, data: str) -> None:
        self._tree.text(re.sub(_REFERENCE, self._character, data) if "&" in data else data)

    def _character(self, reference: re.Match[str]) -> str:
        hexadecimal, decimal, name = reference.groups()
        if name is not None:
            if name not in _ENTITIES:
                raise BadXml(
                    f"XML 里有未定义的实体 &{name[:40]};：微信的消息从不含它",
                    f"the XML uses the undefined entity &{name[:40]};, which WeChat never sends",
                )
            return _ENTITIES[name]
        code = int(hexadecimal, 16) if hexadecimal else int(decimal)
        return _REPLACEMENT if code > _MOST_CODE or 0xD800 <= code <= 0xDFFF else chr(code)

    def _section(self, opening: str) -> str:
        """The text of a CDATA section whose opening was just read; `_at` moves behind its end."""
        text, start = self._text, self._at
        if opening != _CDATA:
            spaced = re.compile(_SPACED_CDATA_END).search(text, start)
            if spaced is None:
                raise self._malformed(start)
            self._at = spaced.end()
            return text[start : spaced.start()]
        end = text.find(_CDATA_END, start)
        if end < 0:
            raise self._malformed(start)
        self._at = end + len(_CDATA_END)
        if self._goes_on(self._at):
            closing = f"{_CDATA_END}</{self._tree.name}>"
            end = text.find(closing, self._at)
            if end < 0:
                raise self._malformed(start)
            self._at = end + len(_CDATA_END)
        return text[start:end]

    def _goes_on(self, at: int) -> bool:
        """Whether what follows the end of a section shows that this `]]>` was typed.

        Text up to the next `<` may follow in XML, but not with `]]>` in it, and no element may follow.
        """
        text = self._text
        following = text.find("<", at)
        if following < 0:
            return False
        if text.find(_CDATA_END, at, following) >= 0:
            return True
        return not text.startswith((f"</{self._tree.name}", _CDATA, "<!--"), following)

    def _after(self, mark: str, at: int) -> int:
        found = self._text.find(mark, self._at)
        if found < 0:
            raise self._malformed(at)
        return found + len(mark)

    def _declaration(self, attributes: str) -> None:
        encoding = re.search(_DECLARED_ENCODING, attributes)
        if encoding is not None:
            refuse_encoding(encoding[1])

    def _malformed(self, at: int | None = None, zh: str = "", en: str = "") -> BadXml:
        at = self._at if at is None else at
        line = self._text.count("\n", 0, at) + 1
        column = at - self._text.rfind("\n", 0, at) - 1
        return BadXml(f"XML 格式不正确（{line}:{column}）{zh}", f"the XML is malformed ({line}:{column}){en}")
