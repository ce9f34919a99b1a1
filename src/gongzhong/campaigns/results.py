"""Keeps what WeChat pushes about messages of campaigns, for one account; other messages' results are ignored.

    TEMPLATESENDJOBFINISH       template messages, by their msgid
    MASSSENDJOBFINISH           mass messages, by their msg_id
    subscribe_msg_sent_event    subscription notices, by person and template

An event may come more than once, late, before the outcome of the call is recorded, and in any process: `app` hears
every one that is pushed to an account whose people's data is in use.
"""

from __future__ import annotations

from typing import Final, Protocol, TypeAlias

from ..clock import Clock
from ..messages import MassSendJobFinish, Push, SubscribeMsgSent, TemplateSendJobFinish
from .result_tables import Heard, ResultTables

RESULT_EVENTS: Final = (TemplateSendJobFinish, MassSendJobFinish, SubscribeMsgSent)
ResultEvent: TypeAlias = TemplateSendJobFinish | MassSendJobFinish | SubscribeMsgSent
KEEP_UNKNOWN_S: Final = 86_400.0
"""So long a result is kept that no outcome names; WeChat pushes one seconds after the call."""
PURGE_EVERY_S: Final = 3600.0


class Finding(Protocol):
    """`gongzhong.people.Vault`, as far as results need it."""

    @property
    def account(self) -> str: ...
    async def find(self, openids: list[str], /) -> list[int | None]:
        """The numbers of people; None for those who have none."""
        ...


class Results:
    """Hears for one account. Every method raises StateDown when the database cannot be reached."""

    def __init__(self, tables: ResultTables, vault: Finding, clock: Clock) -> None:
        self._tables, self._vault, self._clock = tables, vault, clock
        self._purge_at = clock.now() + PURGE_EVERY_S

    async def hear(self, push: Push) -> int:
        """Keep what a push says about messages of campaigns; how many results were new."""
        new = 0
        for heard, also in await self._read(push):
            new += await self._tables.hear(self._vault.account, heard, also, self._clock.now())
        if self._clock.now() >= self._purge_at:
            self._purge_at = self._clock.now() + PURGE_EVERY_S
            await self.purge()
        return new

    async def purge(self) -> int:
        """Delete results of yesterday and before that belong to no message of a campaign; how many."""
        return await self._tables.purge(self._vault.account, self._clock.now() - KEEP_UNKNOWN_S)

    async def _read(self, push: Push) -> list[tuple[Heard, str]]:
        """The results in a push, each with the other kind of campaign that it may belong to."""
        if isinstance(push, MassSendJobFinish):
            heard = Heard("mass", push.msg_id, 0, "", push.create_time, push.succeeded, counted(push))
            return [(heard, "broadcast")]
        if not isinstance(push, TemplateSendJobFinish | SubscribeMsgSent):
            return []
        [person] = await self._vault.find([push.openid])
        if person is None:  # whom a campaign wrote to has a number
            return []
        if isinstance(push, TemplateSendJobFinish):
            heard = Heard("template", push.msg_id, person, "", push.create_time, push.succeeded, push.status)
            return [(heard, "")]
        return [
            (
                Heard(
                    "notice",
                    one.msg_id,
                    person,
                    one.template_id,
                    push.create_time,
                    one.error_code == 0,
                    f"{one.error_code} {one.error_status}",
                ),
                "",
            )
            for one in push.subscribe_msg_sent_event.list
        ]


def counted(push: MassSendJobFinish) -> str:
    """The status of a mass message with its counts."""
    counts = {"total": push.total_count, "sent": push.sent_count, "error": push.error_count}
    return " ".join((push.status, *(f"{name}={n}" for name, n in counts.items() if n is not None)))
