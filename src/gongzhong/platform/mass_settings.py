"""How the review of a mass send ends, where a test wants to choose: per account, or for the next send only.

A real review cannot be predicted; here the account's setting decides, and the control API can say how the next send
ends.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from ..messages.events.sending import MASS_SEND_STATUSES
from .world.refusal import BadInput

SUCCESS = "send success"


class CopyrightFinding(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What the originality check says of one article (`article_idx` from 1); the fields are the event's."""

    article_idx: int = 1
    user_declare_state: Literal[0, 1, 2] = 0
    audit_state: int = 11
    original_article_url: str = ""
    original_article_type: Literal[1, 2, 3, 4] = 1
    can_reprint: bool = False
    need_replace_content: bool = False
    need_show_reprint_source: bool = False


class MassOutcome(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """How a job ends: with a `status` of MASSSENDJOBFINISH, or as the originality check decides.

    `check_state` 1: no reprint; 2: a permitted reprint, sent only if the sender said so; 3: must not be sent.
    """

    status: str = ""
    check_state: Literal[1, 2, 3] = 1
    findings: list[CopyrightFinding] = []

    def __post_init__(self) -> None:
        if self.status and self.status not in MASS_SEND_STATUSES:
            known = ", ".join(MASS_SEND_STATUSES)
            raise BadInput(
                f"没有这种群发结果：{self.status}，可用：{known}",
                f"no such result of a mass send: {self.status}; there are {known}",
            )

    def result(self, *, of_articles: bool, ignore_reprint: bool) -> str:
        """The Status of the event. The originality check concerns articles only."""
        if self.status:
            return self.status
        if not of_articles or self.check_state == 1:
            return SUCCESS
        if self.check_state == 3:
            return "err(30002)"
        return SUCCESS if ignore_reprint else "err(30003)"


class MassSettings(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """`protected` is API群发保护: a send to everybody waits for the administrator."""

    outcome: MassOutcome = MassOutcome()
    protected: bool = False
