"""What a campaign sends, and how fast: stored with it as JSON, without data of people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from .. import facts
from ..catalogue.templates import SendTemplate, TemplateValue
from ..errors import ArgumentError
from .decision import Rules

VARIABLE: Final = re.compile(r"\{([^{}\s]+)\}")
ONCE_S: Final = 600.0
"""发送模板消息 (confirmed): so long WeChat remembers a client_msg_id of a person."""
MARGIN_S: Final = 120.0
"""Less this much an attempt in doubt is repeated: clocks differ, and a call takes its time."""


class TemplateMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A template message (模板消息). In texts and `url`, `{name}` stands for the recipient's variable of that name."""

    template_id: str
    data: dict[str, str]
    """Keyword of the template → text."""
    url: str = ""

    def variables(self) -> set[str]:
        """The names that every recipient must have."""
        return {name for text in (*self.data.values(), self.url) for name in VARIABLE.findall(text)}

    def call(self, openid: str, variables: Mapping[str, str], msg_id: str) -> SendTemplate:
        """The call for one recipient. Raises ArgumentError when a variable is missing."""
        data = {keyword: TemplateValue(value=_filled(text, variables)) for keyword, text in self.data.items()}
        url = _filled(self.url, variables) or None
        return SendTemplate(
            touser=openid, template_id=self.template_id, data=data, url=url, client_msg_id=msg_id
        )


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Content and pace of a campaign."""

    content: TemplateMessage
    rate: float = 0.0
    """Recipients a second, all workers together; 0: as fast as they can."""
    daily: int = facts.TEMPLATE_DAILY
    """The account's daily quota of the call; it grows with followers (模板消息接入指南)."""
    share: float = 1.0
    """The part of the daily quota that campaigns may use, 0 to 1."""

    @property
    def most_a_day(self) -> int:
        return int(self.daily * self.share)

    @property
    def rules(self) -> Rules:
        return Rules(once_s=ONCE_S - MARGIN_S)


def _filled(text: str, variables: Mapping[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        if found[1] not in variables:
            raise ArgumentError(f"收件人没有变量 {found[1]}", f"the recipient has no variable {found[1]}")
        return variables[found[1]]

    return VARIABLE.sub(value, text)
