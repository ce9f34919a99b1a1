"""What happens to a person's data when WeChat says that it must go: after the handlers, before the push is done.

    Unsubscribe                     everything about the person, unless the operator keeps it (people.unsubscribe)
    UserAuthorizationRevoke         the fields that RevokeInfo names (201 … 207; 301: all)
    UserAuthorizationCancellation   everything about the person
    UserInfoModified                nickname and avatar (item 205), which WeChat has removed

Where the program declares fields that WeChat's list of followers gives, whoever subscribes is read soon (`Directory`),
and of whoever unsubscribes and is kept `subscribe` becomes 0.

While database or key store are down it is tried again. A process that ends meanwhile leaves the push in the inbox, if
there is one, and another process erases.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

from ..errors import StateDown, say
from ..messages import (
    Push,
    Subscribe,
    Unsubscribe,
    UserAuthorizationCancellation,
    UserAuthorizationRevoke,
    UserInfoModified,
)

if TYPE_CHECKING:
    from ..people.directory import Directory
    from ..people.erasure import Erasure
    from ..people.purposes import Purposes

log = logging.getLogger("gongzhong.app")

NICKNAME_AND_AVATAR, EVERYTHING = 205, "301"
PAUSES_S: Final = (0.5, 1, 2, 4, 8, 15, 30, 60, 60, 60)
"""Between attempts; about four minutes in all."""

PRIVACY: Final = (Unsubscribe, UserAuthorizationRevoke, UserAuthorizationCancellation, UserInfoModified)


class React:
    """Carries out what one push asks for. `keeps`: people who unsubscribe are not erased."""

    def __init__(
        self, erasure: Erasure, purposes: Purposes, directory: Directory | None, *, keeps: bool
    ) -> None:
        self._erasure, self._purposes, self._keeps = erasure, purposes, keeps
        self._directory = directory

    async def to(self, push: Push) -> None:
        """Raises StateDown when the data could not be erased in some minutes."""
        await until_done(lambda: self._carry_out(push))

    async def _carry_out(self, push: Push) -> None:
        match push:
            case Unsubscribe() if not self._keeps:
                await self._erasure.person(push.openid, reason="unsubscribe", by="wechat")
            case Unsubscribe() if self._directory is not None:
                await self._directory.left(push.openid)
            case Subscribe() if self._directory is not None:
                await self._directory.note([push.openid])
            case UserAuthorizationCancellation():
                await self._erasure.person(push.openid, reason="cancellation", by="wechat")
            case UserAuthorizationRevoke():
                await self._fields(push.openid, self._withdrawn(push.revoked), "revoke")
            case UserInfoModified():
                fields = self._purposes.withdrawn_by({NICKNAME_AND_AVATAR})
                await self._fields(push.openid, fields, "modified by WeChat")
            case _:
                pass

    def _withdrawn(self, items: tuple[str, ...]) -> list[str]:
        if EVERYTHING in items:
            return [one.field for one in self._purposes if one.item is not None]
        return self._purposes.withdrawn_by(
            {int(item) for item in items if item.isascii() and item.isdecimal()}
        )

    async def _fields(self, openid: str, fields: list[str], reason: str) -> None:
        if fields:
            await self._erasure.fields(openid, fields, reason=reason, by="wechat")


async def until_done(work: Callable[[], Awaitable[object]]) -> None:
    """Do what a push asks for, again while database or key store are down. Raises StateDown after some minutes."""
    for pause_s in PAUSES_S:
        try:
            await work()
        except StateDown as problem:
            log.warning(
                say(
                    "数据库暂时无法写入，稍后再试：%s",
                    "what a push says could not be stored yet, trying again: %s",
                ),
                problem,
            )
            await asyncio.sleep(pause_s)
        else:
            return
    await work()
