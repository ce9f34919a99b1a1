"""How the world says no.

A `Refusal` answers an API call: it carries WeChat's code, which the door turns into `{"errcode": …, "errmsg": …}` with
the platform's own wording from the table of return codes. A `BadInput` answers a tester, in both languages.
"""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from ...errors import GongzhongError


class Refusal(Exception):
    """The call is refused with `code`. `detail` replaces or completes the usual errmsg; `fields` go beside it."""

    def __init__(self, code: int, detail: str = "", **fields: Any) -> None:
        super().__init__(code, detail)
        self.code, self.detail, self.fields = code, detail, fields


def require(condition: object, code: int, detail: str = "") -> None:
    """Refuse with `code` unless the condition holds."""
    if not condition:
        raise Refusal(code, detail)


class BadInput(GongzhongError, ValueError):
    """A tester's or a file's wish that makes no sense: says what is wrong with it. Nothing was changed."""


class BothLanguages(msgspec.Struct, frozen=True):
    """One text in both languages."""

    zh: str
    en: str


def require_whole(text: str) -> None:
    """Raises BadInput for a text with U+0000 or half a character (one surrogate of a pair, as of a cut emoji).

    Neither XML nor the database holds the first, and UTF-8 not the second.
    """
    if "\0" in text:
        raise BadInput("文字里不能有 U+0000", "a text cannot contain U+0000")
    if not text.isascii() and HALF_CHARACTER.search(text):
        raise half_character()


def require_whole_texts(value: object) -> None:
    """The same for every text in structs, dicts and lists, the names in dicts included."""
    match value:
        case str():
            require_whole(value)
        case msgspec.Struct():
            require_whole_texts([getattr(value, name) for name in value.__struct_fields__])
        case dict():
            require_whole_texts([*value.keys(), *value.values()])
        case list() | tuple():
            for item in value:
                require_whole_texts(item)


def half_character() -> BadInput:
    return BadInput(
        "文字里有半个字符（不成对的代理字符），多半是表情符号被截断了",
        "a text holds half a character (one surrogate of a pair): an emoji was probably cut",
        fix_zh="按整个字符截断文字",
        fix_en="cut texts between whole characters",
    )


HALF_CHARACTER: Final = re.compile("[\ud800-\udfff]")
