"""Whether this account may send customer-service messages, found out by asking once.

Unverified accounts may not, and nothing in a push says so. WeChat does when it is asked for the quota of
that call: an account without it gets 48001 or 76022.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Awaitable, Callable

from ..client.cause import KEY
from ..clock import Clock
from ..errors import CallError, GongzhongError, say

log = logging.getLogger("gongzhong.app")

NOT_ALLOWED = frozenset({48001, 76022})
ANSWER_KEPT_S = 3600.0
RETRY_AFTER_S = 60.0


class Permission:
    """True, False, or None while it is not known.

    What was found out is asked again after an hour, a failed question after a minute; what the program
    declared is never asked.
    """

    def __init__(
        self, ask: Callable[[], Awaitable[object]], clock: Clock, declared: bool | None = None
    ) -> None:
        self._ask = ask
        self._clock = clock
        self._declared = declared
        self._found: bool | None = None
        self._again_at = 0.0
        self._asking: asyncio.Task[None] | None = None
        self.when_known: Callable[[], None] = lambda: None
        """Called when WeChat has said yes or no."""

    @property
    def known(self) -> bool | None:
        """What is known now."""
        return self._declared if self._found is None else self._found

    def ask_soon(self, key: str = "") -> None:
        """Start asking in the background when nothing is known, or what is known is old; `key` names the push that is
        to be answered."""
        open_question = self._declared is None or self._found is not None
        due = open_question and self._clock.now() >= self._again_at
        if due and (self._asking is None or self._asking.done()):
            context = contextvars.copy_context()
            context.run(KEY.set, key)
            self._asking = asyncio.create_task(self._question(), name="gongzhong-permission", context=context)

    async def find_out(self, key: str = "") -> bool | None:
        """What is known after asking, if it was necessary. None when WeChat could not be asked."""
        self.ask_soon(key)
        if self.known is None and self._asking is not None:
            await asyncio.wait({self._asking})
        return self.known

    def denied(self) -> None:
        """Note that WeChat refused a customer-service message with 48001, whatever was thought before."""
        self._learn(False)

    def forget(self) -> None:
        """Begin anew: in another event loop, or with another WeChat."""
        self._found, self._again_at, self._asking = None, 0.0, None

    async def _question(self) -> None:
        try:
            await self._ask()
        except CallError as problem:
            if problem.errcode in NOT_ALLOWED:
                self._learn(False)
            else:
                self._failed(problem)
        except GongzhongError as problem:
            self._failed(problem)
        else:
            self._learn(True)

    def _learn(self, allowed: bool) -> None:
        self._found = allowed
        self._again_at = self._clock.now() + ANSWER_KEPT_S
        self.when_known()

    def _failed(self, problem: GongzhongError) -> None:
        self._again_at = self._clock.now() + RETRY_AFTER_S
        log.warning(
            say("没能查到客服消息权限：%s", "could not find out about customer-service messages: %s"), problem
        )
