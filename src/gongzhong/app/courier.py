"""Sends answers as customer-service messages (客服消息), and says which ones it could not.

Nothing is sent past the user's allowance, nothing is repeated that may have arrived, nothing that fails goes
unmentioned: every answer that did not go out comes back as an `Undelivered` with its reason.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable

from ..clock import Clock
from ..errors import BusyError, CallError, GongzhongError, NotReached, OutcomeUnknown
from ..messages import Push, Reply
from .allowance import Allowance
from .outbox import Reason, Undelivered
from .permission import Permission
from .pieces import pieces

log = logging.getLogger("gongzhong.app")

BY_CODE = {45015: Reason.ALLOWANCE, 45047: Reason.ALLOWANCE, 48001: Reason.NOT_PERMITTED}
"""Refusals that say nothing against the message itself."""
FUTILE = frozenset({Reason.ALLOWANCE, Reason.NOT_PERMITTED, Reason.NOT_REACHED})
"""After these the next piece would fail in the same way."""
PAUSES_S = (1.0, 2.0, 4.0)
"""Before each repetition of a message that surely did not arrive."""


class NoForm(Exception):
    """This kind of reply does not exist as a customer-service message."""


class Courier:
    """Delivers replies through `send`, which makes one API call per piece and raises NoForm if there is
    none."""

    def __init__(
        self,
        send: Callable[[str, Reply], Awaitable[None]],
        *,
        allowance: Allowance,
        permission: Permission,
        clock: Clock,
        counters: Counter[str],
    ) -> None:
        self._send = send
        self._allowance = allowance
        self._permission = permission
        self._clock = clock
        self._counters = counters

    def opened(self, push: Push) -> None:
        """Note what a push lets the account send to its sender."""
        self._allowance.opened(push, self._clock.now())

    async def deliver(self, openid: str, reply: Reply) -> list[Undelivered]:
        """Send a reply in as many messages as it needs; returns what did not go out, in order."""
        waiting = pieces(reply)
        missing: list[Undelivered] = []
        while waiting:
            if self._allowance.left(openid, self._clock.now()) == 0:
                return missing + self._undelivered(openid, waiting, Reason.ALLOWANCE)
            piece = waiting.pop(0)
            failure = await self._attempt(openid, piece)
            if failure is None:
                continue
            missing += self._undelivered(openid, [piece], *failure)
            if failure[0] in FUTILE:
                return missing + self._undelivered(openid, waiting, *failure)
        return missing

    async def _attempt(self, openid: str, piece: Reply) -> tuple[Reason, str] | None:
        """Send one message, again while it surely has not arrived. None when it went out."""
        failure = await self._once(openid, piece)
        for pause_s in PAUSES_S:
            if failure is None or failure[0] is not Reason.NOT_REACHED:
                break
            await asyncio.sleep(pause_s)
            failure = await self._once(openid, piece)
        if failure is None:
            self._counters["customer"] += 1
            return None
        reason, problem = failure
        self._counters["customer_failed"] += 1
        if reason is Reason.NOT_PERMITTED:
            self._permission.denied()
        log.error(
            "客服消息没有发出 / customer-service message to %s not sent (%s): %s", openid, reason, problem
        )
        return reason, str(problem)

    async def _once(self, openid: str, piece: Reply) -> tuple[Reason, Exception] | None:
        try:
            await self._send(openid, piece)
        except (NotReached, BusyError) as problem:
            return Reason.NOT_REACHED, problem
        except OutcomeUnknown as problem:
            self._allowance.spend(openid)
            return Reason.IN_DOUBT, problem
        except CallError as problem:
            return BY_CODE.get(problem.errcode, Reason.REFUSED), problem
        except GongzhongError as problem:
            return Reason.REFUSED, problem
        except NoForm as problem:
            return Reason.NO_FORM, problem
        self._allowance.spend(openid)
        return None

    def _undelivered(
        self, openid: str, replies: list[Reply], reason: Reason, detail: str = ""
    ) -> list[Undelivered]:
        now = self._clock.now()
        return [
            Undelivered(openid=openid, reply=reply, reason=reason, since=now, detail=detail)
            for reply in replies
        ]
