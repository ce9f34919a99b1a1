"""How the world says no.

A `Refusal` answers an API call: it carries WeChat's code, which the door turns into `{"errcode": …, "errmsg": …}` with
the platform's own wording from the table of return codes. A `BadInput` answers a tester, in both languages.
`in_words` puts msgspec's complaints about JSON or TOML into both languages.
"""

from __future__ import annotations

import re
from typing import Any, Final

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


PATTERNS: Final = (
    (r"Expected `(.+)`, got `(.+)`", "应为 {0}，而不是 {1}"),
    (r"Expected `(.+)`", "应为 {0}"),
    (r"Object missing required field `(.+)`", "缺少字段 {0}"),
    (r"Object contains unknown field `(.+)`", "没有这个字段：{0}"),
    (r"Invalid enum value (.+)", "没有这个选项：{0}"),
    (r"Invalid value (.+)", "没有这个选项：{0}"),
    (r"Invalid base64 encoded string", "不是合法的 base64"),
    (r"JSON is malformed: (.+) \(byte (\d+)\)", "不是合法的 JSON（第 {1} 个字节）：{0}"),
    (r"Input data was truncated", "JSON 不完整"),
    (r"Invalid UTF-8 encoded string", "不是合法的 UTF-8"),
    (r"Number out of range", "数字超出范围"),
    (r"Integer value out of range", "整数超出范围"),
)
"""msgspec's sentences and what they are in Chinese; others are shown as they are."""


def in_words(problem: Exception) -> tuple[str, str]:
    """The complaint in Chinese and English, with the place (`$.a[0]`) where there is one."""
    if isinstance(problem, RecursionError):
        return "嵌套太深", "nested too deeply"
    text, _, place = str(problem).partition(" - at `")
    place = place.rstrip("`")
    cause = problem.__cause__
    if isinstance(cause, GongzhongError):
        zh, en = cause.zh, cause.en
    else:
        zh, en = _chinese(text), text
    return (f"{place}：{zh}", f"{place}: {en}") if place else (zh, en)


def _chinese(text: str) -> str:
    for pattern, translation in PATTERNS:
        found = re.fullmatch(pattern, text)
        if found:
            return translation.format(*found.groups())
    return text
