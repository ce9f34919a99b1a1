"""XML in and out, for a peer that may be anybody.

WeChat's messages have no DTD, no entities, no processing instructions and few levels: whatever has them is
refused instead of interpreted. Text that is written can hold anything without leaving its CDATA section.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from xml.parsers import expat

from ..errors import BadXml, TooLarge
from .cdata import cdata
from .fields import Fields, Writable
from .flat import read_flat

MAX_BODY_BYTES = (
    256 * 1024
)  # our choice: the longest push is a few KB (a mass-send result with its article list)
MAX_DEPTH = (
    16  # our choice: WeChat's deepest element is the fifth level (SendPicsInfo/PicList/item/PicMd5Sum)
)

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


def read_xml(body: bytes, *, max_bytes: int = MAX_BODY_BYTES, max_depth: int = MAX_DEPTH) -> Fields:
    """What stands inside `<xml>`: texts unchanged, attributes ignored, repeated names as lists.

    Raises TooLarge, or BadXml for anything that is not one well-formed `<xml>` in UTF-8 without a DTD.
    """
    if len(body) > max_bytes:
        raise TooLarge(
            f"请求体有 {len(body)} 字节，超过上限 {max_bytes}",
            f"the body has {len(body)} bytes, more than the limit of {max_bytes}",
        )
    fields = read_flat(body)
    return read_tree(body, max_depth) if fields is None else fields


def read_tree(body: bytes, max_depth: int = MAX_DEPTH) -> Fields:
    """The full reader behind `read_xml`, without its limit on size. Raises BadXml."""
    try:
        body.decode()
    except UnicodeDecodeError as problem:
        raise BadXml(
            f"请求体不是 UTF-8：第 {problem.start} 字节起无法解码",
            f"the body is not UTF-8: it cannot be decoded from byte {problem.start} on",
        ) from None
    tree = _Tree(max_depth)
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = tree.start
    parser.EndElementHandler = tree.end
    parser.CharacterDataHandler = tree.text
    parser.StartDoctypeDeclHandler = tree.refuse_doctype
    parser.ProcessingInstructionHandler = tree.refuse_instruction
    parser.XmlDeclHandler = tree.declaration
    try:
        parser.Parse(body, True)
    except expat.ExpatError as problem:
        reason = expat.ErrorString(problem.code)
        where = f"{problem.lineno}:{problem.offset}"
        raise BadXml(
            f"XML 格式不正确（{where}）：{reason}", f"the XML is malformed ({where}): {reason}"
        ) from None
    return tree.fields()


class _Element:
    """One open element: its text so far, and its children once it has any."""

    __slots__ = ("children", "name", "text")

    def __init__(self, name: str) -> None:
        self.name = name
        self.text = ""
        self.children: Fields = {}

    def value(self) -> str | Fields:
        if not self.children:
            return self.text
        if self.text.strip():
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


class _Tree:
    """Collects what expat reports, and refuses what a push never holds."""

    def __init__(self, max_depth: int) -> None:
        self._max_depth = max_depth
        self._document = _Element("")
        self._open = [self._document]

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        if len(self._open) > self._max_depth:
            raise BadXml(
                f"XML 嵌套超过 {self._max_depth} 层",
                f"the XML is nested deeper than {self._max_depth} levels",
            )
        self._open.append(_Element(name))

    def end(self, name: str) -> None:
        value = self._open.pop().value()
        self._open[-1].add(name, value)

    def text(self, data: str) -> None:
        self._open[-1].text += data

    def fields(self) -> Fields:
        root = self._document.children.get("xml")
        if isinstance(root, dict):
            return root
        if isinstance(root, str) and not root.strip():
            return {}
        raise BadXml("最外层不是 <xml>…</xml>", "the outermost element is not <xml>…</xml>")

    def refuse_doctype(self, *_declared: object) -> None:
        raise BadXml(
            "XML 里有 DTD（DOCTYPE）：微信的消息从不含它，拒绝解析",
            "the XML has a DTD (DOCTYPE), which WeChat never sends: refused",
        )

    def refuse_instruction(self, *_instruction: object) -> None:
        raise BadXml(
            "XML 里有处理指令：微信的消息从不含它",
            "the XML has a processing instruction, which WeChat never sends",
        )

    def declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if encoding and encoding.lower() not in {"utf-8", "utf8"}:
            raise BadXml(
                f"XML 声明的编码是 {encoding[:40]}，只接受 UTF-8",
                f"the XML declares the encoding {encoding[:40]}; only UTF-8 is accepted",
            )


def write_xml(fields: Mapping[str, Writable]) -> bytes:
    """`<xml>` with these elements: numbers bare, `str` in CDATA, mappings nested, sequences repeated.

    Raises BadXml if a key cannot be an element's name.
    """
    pieces = ["<xml>"]
    _write(pieces, fields)
    pieces.append("</xml>")
    return "".join(pieces).encode()


def _write(pieces: list[str], fields: Mapping[str, Writable]) -> None:
    for name, value in fields.items():
        opening, closing = _tags(name)
        if isinstance(value, str):
            pieces.append(f"{opening}{cdata(value)}{closing}")
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
    if not _NAME.fullmatch(name):
        raise BadXml(f"不能用作元素名：{name[:40]!r}", f"not usable as an element's name: {name[:40]!r}")
    return f"<{name}>", f"</{name}>"
