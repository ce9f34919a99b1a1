"""What a program collects about people, and why: declared before anything can be stored (开发者规范: 明确同意, 必要).

A declaration names the field, its purpose, and the version of the text that people are shown. When the text or the
purpose changes, consents to the earlier one no longer count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Literal

import msgspec

from ..errors import SetupError
from .errors import UndeclaredField

FIELD_FORM: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
ITEMS: Final = {
    201: ("地址", "address"),
    202: ("发票", "invoice"),
    203: ("卡包", "cards"),
    204: ("麦克风", "microphone"),
    205: ("昵称和头像", "nickname and avatar"),
    206: ("位置", "location"),
    207: ("选中的图片或视频", "chosen pictures or videos"),
}
"""RevokeInfo of the event user_authorization_revoke (授权用户信息变更), as official accounts receive it."""

Basis = Literal["consent", "service"]


class Collected(msgspec.Struct, frozen=True, kw_only=True):
    """One declared field. `text` is what people are shown before they agree.

    `basis` "service": the field is needed for the account to work at all (whether somebody follows, their tags) and is
    stored without a consent of its own; keep such fields few. `keep_days`: how long a value is kept after it was last
    stored; None: until it is erased. `item`: the number in RevokeInfo by which WeChat withdraws this field.
    """

    field: str
    purpose: str
    text_version: str
    text: str = ""
    basis: Basis = "consent"
    keep_days: float | None = None
    item: int | None = None


class Purposes:
    """The declared fields of an app, by name."""

    def __init__(self) -> None:
        self._fields: dict[str, Collected] = {}

    def __iter__(self) -> Iterator[Collected]:
        return iter(self._fields.values())

    def add(self, collected: Collected) -> Collected:
        """Raises SetupError for a declaration that means nothing, or a field that is declared twice."""
        if not FIELD_FORM.fullmatch(collected.field):
            raise _wrong(
                collected,
                "字段名用小写字母、数字、下划线，最长 40",
                "a field has small letters, digits and _, at most 40",
            )
        if collected.field in self._fields:
            raise _wrong(collected, "已经声明过", "it is declared already")
        if not collected.purpose.strip() or not collected.text_version.strip():
            raise _wrong(
                collected, "须写明 purpose 和 text_version", "purpose and text_version must say something"
            )
        if collected.keep_days is not None and not 0 < collected.keep_days < float("inf"):
            raise _wrong(collected, "keep_days 须大于 0", "keep_days is more than 0")
        if collected.item is not None and collected.item not in ITEMS:
            raise _wrong(
                collected, "item 是 RevokeInfo 里的 201 到 207", "item is a number of RevokeInfo, 201 to 207"
            )
        self._fields[collected.field] = collected
        return collected

    def of(self, field: str) -> Collected:
        """Raises UndeclaredField."""
        if field not in self._fields:
            raise UndeclaredField(field)
        return self._fields[field]

    def withdrawn_by(self, items: set[int]) -> list[str]:
        """The fields that WeChat's items stand for."""
        return [one.field for one in self if one.item in items]


def _wrong(collected: Collected, zh: str, en: str) -> SetupError:
    return SetupError(f"collects({collected.field!r})：{zh}", f"collects({collected.field!r}): {en}")
