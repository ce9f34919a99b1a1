"""What stands inside `<xml>` as plain Python data, how it is written, and how a reply is read strictly.

Pushes are read by `reading.read_xml`, which takes everything that WeChat writes. Replies are read here by
`read_strict_xml`, as a peer that may refuse them would: a reply that only a tolerant reader accepts has to fail in a
test, not in front of a user.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import TypeAlias
from xml.parsers import expat

from ..errors import BadXml, TooLarge

MAX_BODY_BYTES = 256 * 1024
"""Our choice: the longest push is a few KB (a mass-send result with its article list)."""
MAX_DEPTH = 16
"""Our choice: WeChat's deepest element is the fifth level (SendPicsInfo/PicList/item/PicMd5Sum)."""

Fields: TypeAlias = "dict[str, str | Fields | list[str | Fields]]"
"""Element name → text, nested elements, or a list of either when the name repeats."""

Writable: TypeAlias = "str | int | Decimal | Mapping[str, Writable] | Sequence[Writable]"
"""What an element may be written from: numbers stand bare, `str` in CDATA, a sequence repeats the element."""

# Outside of XML 1.0's production Char (https://www.w3.org/TR/xml/#charsets).
_FORBIDDEN = "[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]"
_REPLACEMENT = "\ufffd"
_NAME = r"[A-Za-z_][A-Za-z0-9_.-]*"


# ---- writing


def cdata(text: str) -> str:
    """A CDATA section that any XML reader takes, whatever the text contains: for replies.

    `]]>` is split over two sections, so every reader puts it together again. Characters that XML 1.0 cannot
    carry become U+FFFD (�), so that the loss shows; carriage returns become line feeds, as every XML reader
    makes them.
    """
    if not text.isprintable():
        text = re.sub(_FORBIDDEN, _REPLACEMENT, text.replace("\r\n", "\n").replace("\r", "\n"))
    return raw_cdata(text) if "]]>" in text else f"<![CDATA[{text}]]>"


def raw_cdata(text: str) -> str:
    """A CDATA section with every character as it was typed, as WeChat writes pushes; only `]]>` is split."""
    if "]]>" in text:
        text = text.replace("]]>", "]]]]><![CDATA[>")
    return f"<![CDATA[{text}]]>"


def write_xml(fields: Mapping[str, Writable]) -> bytes:
    """`<xml>` with these elements as WeChat pushes them: numbers bare, `str` in raw CDATA, mappings nested,
    sequences repeated.

    Half surrogates are written as the three bytes that they would have. Raises BadXml if a key cannot be an
    element's name.
    """
    pieces = ["<xml>"]
    _write(pieces, fields)
    pieces.append("</xml>")
    return "".join(pieces).encode("utf-8", "surrogatepass")


def _write(pieces: list[str], fields: Mapping[str, Writable]) -> None:
    for name, value in fields.items():
        opening, closing = _tags(name)
        if isinstance(value, str):
            pieces.append(f"{opening}{raw_cdata(value)}{closing}")
        elif isinstance(value, int):
            pieces.append(f"{opening}{value:d}{closing}")
        elif isinstance(value, Decimal):
            pieces.append(f"{opening}{value:f}{closing}")
        elif isinstance(value, Mapping):
            pieces.append(opening)
            _write(pieces, value)
            pieces.append(closing)
        else:
            for item in value:
                _write(pieces, {name: item})


@lru_cache(maxsize=1024)
def _tags(name: str) -> tuple[str, str]:
    if not re.fullmatch(_NAME, name):
        raise BadXml(f"不能用作元素名：{name[:40]!r}", f"not usable as an element's name: {name[:40]!r}")
    return f"<{name}>", f"</{name}>"


# ---- what both readers build


class _Element:
    """One open element: its text so far, and its children once it has any."""

    __slots__ = ("bare", "children", "name", "sections")

    def __init__(self, name: str) -> None:
        self.name = name
        self.bare: list[str] = []
        self.sections = False
        self.children: Fields = {}

    def value(self) -> str | Fields:
        text = "".join(self.bare)
        if not self.children:
            return text
        if text.strip():
            raise BadXml(f"<{self.name}> 里文字和元素混在一起", f"<{self.name}> mixes text with elements")
        return self.children

    def add(self, name: str, value: str | Fields) -> None:
        present = self.children.get(name)
        if present is None:
            self.children[name] = value
        elif isinstance(present, list):
            present.append(value)
        else:
            self.children[name] = [present, value]


class Tree:
    """Fields while they are being read: elements are started, filled and ended in the order of the document.

    Blanks around a CDATA section are layout and dropped; in an element without one they are text.
    """

    def __init__(self, max_depth: int) -> None:
        self._max_depth = max_depth
        self._document = _Element("")
        self._open = [self._document]
        self.name = ""
        """Of the innermost open element."""

    def start(self, name: str) -> None:
        if len(self._open) > self._max_depth:
            raise BadXml(
                f"XML 嵌套超过 {self._max_depth} 层",
                f"the XML is nested deeper than {self._max_depth} levels",
            )
        self._open.append(_Element(name))
        self.name = name

    def end(self) -> None:
        element = self._open.pop()
        parent = self._open[-1]
        parent.add(element.name, element.value())
        self.name = parent.name

    def text(self, data: str) -> None:
        element = self._open[-1]
        if not element.sections or data.strip():
            element.bare.append(data)

    def section(self, data: str) -> None:
        """A whole CDATA section."""
        element = self._open[-1]
        if not element.sections:
            element.bare = [text for text in element.bare if text.strip()]
            element.sections = True
        element.bare.append(data)

    def fields(self) -> Fields:
        """What stands inside the one outermost `<xml>`. Raises BadXml."""
        document = self._document
        root = document.children.get("xml")
        if len(self._open) > 1:
            raise BadXml(
                f"XML 不完整：<{self.name}> 没有结束", f"the XML is cut off: <{self.name}> is unclosed"
            )
        if len(document.children) == 1 and not "".join(document.bare).strip():
            if isinstance(root, dict):
                return root
            if isinstance(root, str) and not root.strip():
                return {}
        raise BadXml("最外层不是一个 <xml>…</xml>", "the outermost element is not one <xml>…</xml>")


def refuse_doctype() -> BadXml:
    return BadXml(
        "XML 里有 DTD（DOCTYPE）：微信的消息从不含它，拒绝解析",
        "the XML has a DTD (DOCTYPE), which WeChat never sends: refused",
    )


def refuse_instruction() -> BadXml:
    return BadXml(
        "XML 里有处理指令：微信的消息从不含它",
        "the XML has a processing instruction, which WeChat never sends",
    )


def refuse_encoding(encoding: str | None) -> None:
    """Raises BadXml if a declaration names another encoding than UTF-8."""
    if encoding and encoding.lower() not in {"utf-8", "utf8"}:
        raise BadXml(
            f"XML 声明的编码是 {encoding[:40]}，只接受 UTF-8",
            f"the XML declares the encoding {encoding[:40]}; only UTF-8 is accepted",
        )


# ---- reading a reply


def read_strict_xml(body: bytes, *, max_bytes: int = MAX_BODY_BYTES, max_depth: int = MAX_DEPTH) -> Fields:
    """The fields of well-formed XML, for replies.

    Raises TooLarge, or BadXml for anything that is not one well-formed `<xml>` in UTF-8 without a DTD.
    """
    if len(body) > max_bytes:
        raise TooLarge(
            f"回复有 {len(body)} 字节，超过上限 {max_bytes}",
            f"the reply has {len(body)} bytes, more than the limit of {max_bytes}",
        )
    try:
        body.decode()
    except UnicodeDecodeError as problem:
        raise BadXml(
            f"内容不是 UTF-8：第 {problem.start} 字节起无法解码",
            f"the body is not UTF-8: it cannot be decoded from byte {problem.start} on",
        ) from None
    handlers = _Strict(max_depth)
    try:
        handlers.parser.Parse(body, True)
    except expat.ExpatError as problem:
        reason = expat.ErrorString(problem.code)
        where = f"{problem.lineno}:{problem.offset}"
        raise BadXml(
            f"XML 格式不正确（{where}）：{reason}", f"the XML is malformed ({where}): {reason}"
        ) from None
    return handlers.tree.fields()


class _Strict:
    """Hands what expat reports to a tree, and refuses what a reply never holds."""

    def __init__(self, max_depth: int) -> None:
        self.tree = Tree(max_depth)
        self._section: list[str] | None = None
        parser = self.parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartElementHandler = lambda name, _attributes: self.tree.start(name)
        parser.EndElementHandler = lambda _name: self.tree.end()
        parser.CharacterDataHandler = self._text
        parser.StartCdataSectionHandler = self._start_section
        parser.EndCdataSectionHandler = self._end_section
        parser.StartDoctypeDeclHandler = self._doctype
        parser.ProcessingInstructionHandler = self._instruction
        parser.XmlDeclHandler = lambda _version, encoding, _standalone: refuse_encoding(encoding)

    def _text(self, data: str) -> None:
        if self._section is None:
            self.tree.text(data)
        else:
            self._section.append(data)

    def _start_section(self) -> None:
        self._section = []

    def _end_section(self) -> None:
        self.tree.section("".join(self._section or ()))
        self._section = None

    def _doctype(self, *_declared: object) -> None:
        raise refuse_doctype()

    def _instruction(self, *_instruction: object) -> None:
        raise refuse_instruction()
