r"""What WeChat makes of JSON that is written in an unusual way.

`requests.post(url, json=…)` and Go's encoder write characters as `\uXXXX`. WeChat understands that in most calls,
refuses it in menus, and takes the six characters literally in drafts and customer-service messages (reports of
developers, 2013 to 2026; only the menus' 40033 is documented). The rule `unicode_escapes` says which call does what.
"""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from ..catalogue.model import Spec
from .rules import Rules
from .traffic import Verdict
from .world.refusal import Refusal

ESCAPES_REFUSED, NOT_UTF8 = 40033, 65318
FIRST_PRINTABLE: Final = 0x20
"""Control characters can only be written as escapes: those are always understood."""
_ESCAPE: Final = re.compile(rb"(?<!\\)((?:\\\\)*)\\u([0-9a-fA-F]{4})")

UNDERSTOOD: Final = Verdict(
    True,
    "escaped",
    r"成功；但请求体用了 \uXXXX 转义，有的接口会拒绝或原样显示，请直接发送 UTF-8",
    r"ok; but the body has \uXXXX escapes, which some calls refuse or show as they are: send raw UTF-8",
)
KEPT: Final = Verdict(
    True,
    "escaped",
    r"成功；但这个接口不解码 \uXXXX 转义，用户看到的就是转义符，请直接发送 UTF-8",
    r"ok; but this call does not decode \uXXXX escapes and people see them as they are: send raw UTF-8",
)


def as_understood(spec: Spec, body: bytes, rules: Rules) -> tuple[bytes, Verdict | None]:
    """The JSON body as WeChat reads it, and what to tell the developer about it.

    Refuses with 40033 or 65318 where a call wants raw UTF-8.
    """
    habit = rules.unicode_escapes.get(spec.path, "decode")
    if habit == "refuse":
        _require_utf8(body)
    if b"\\u" not in body:
        return body, None
    if habit == "refuse" and _ESCAPE.search(body):
        raise Refusal(ESCAPES_REFUSED)
    literal = _ESCAPE.sub(_kept, body)
    if literal == body:
        return body, None
    return (literal, KEPT) if habit == "keep" else (body, UNDERSTOOD)


def _require_utf8(body: bytes) -> None:
    try:
        body.decode()
    except UnicodeDecodeError:
        raise Refusal(NOT_UTF8) from None


def _kept(found: re.Match[bytes]) -> bytes:
    if int(found[2], 16) < FIRST_PRINTABLE:
        return found[0]
    return found[1] + rb"\\u" + found[2]


def with_data_values(body: bytes) -> bytes:
    """A template message whose `data` is not `{keyword: {"value": text}}`, with empty texts where that is broken.

    WeChat answers such a message as it answers an empty value, and names the keyword.
    """
    message = msgspec.json.decode(body)
    given = message.get("data")
    data: dict[str, Any] = given if isinstance(given, dict) else {}
    message["data"] = {
        keyword: value if _has_text(value) else {"value": ""} for keyword, value in data.items()
    }
    return msgspec.json.encode(message)


def _has_text(value: Any) -> bool:
    text = value.get("value") if isinstance(value, dict) else None
    return isinstance(text, str | int | float) and not isinstance(text, bool)
