"""The reply window: handlers without a deadline, although WeChat waits five seconds.

    delivery 1, 2 or 3 ─► claim the push (the first starts the handler, the others join it)
      │ first result within the window (4.5 s) ─► passive reply
      └ window over
          ├ the account may send customer-service messages ─► `success`; the answer follows
          ├ an older answer waits for this user            ─► that answer, with the placeholder
          ├ delivery 3, or the budget of holds is spent    ─► the placeholder; the answer waits
          └ otherwise hold the connection until WeChat gives it up and delivers again

The handler runs as a task of its own, once, whatever happens to a connection. Its answer goes out exactly
one way: on an open connection, as customer-service messages, or, when neither is left, as the reply to the
user's next message. There it stands before the new answer: in one text with it where both are texts and
fit, else alone, and the new answer follows in its turn.
"""

from __future__ import annotations

import asyncio
import types
from collections import Counter
from collections.abc import Awaitable, Callable, Generator
from typing import Any, TypeAlias

from ..messages import Push, Reply, TextReply, dedup_key
from .claims import Claim
from .holds import Holds
from .outbox import Outbox
from .permission import Permission
from .pieces import passive
from .rules import ANSWER_TIMEOUT_S, DELIVERIES
from .work import SUCCESS, Work

Seal: TypeAlias = Callable[[Reply], bytes]
"""Turns a reply to this delivery's push into the body for WeChat."""

ASK_AFTER_S = 1.0
"""A handler that takes this long may need to know whether customer-service messages are allowed."""
HELD_S = ANSWER_TIMEOUT_S + 2.0
"""When a held connection is let go although no further delivery came, in seconds from its start."""


class ReplyWindow:
    """Takes each delivery through its window. Used from one event loop."""

    def __init__(
        self,
        work: Work,
        *,
        permission: Permission,
        outbox: Outbox,
        counters: Counter[str],
        window_s: float,
        placeholder_text: str,
    ) -> None:
        self._work = work
        self._permission = permission
        self._outbox = outbox
        self._counters = counters
        self._window_s = window_s
        self._placeholder = TextReply(content=placeholder_text) if placeholder_text else None
        self._holds = Holds()

    async def deliver(self, push: Push, seal: Seal) -> bytes:
        """Answer one delivery of a push: the body for WeChat."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        key = dedup_key(push)
        settled = self._work.claims.answer(key)
        if settled is not None:
            self._counters["joined"] += 1
            return settled
        claim = self._claim(key, push, loop)
        number = claim.delivered_again()
        claim.live += 1
        claim.open_until = began + ANSWER_TIMEOUT_S
        try:
            answer = await self._answer(claim, number, began, seal)
            if claim.answer is not None and loop.time() < began + ANSWER_TIMEOUT_S:
                claim.went_out()
            return answer
        finally:
            claim.live -= 1
            self._work.connection_closed(claim)

    def _claim(self, key: str, push: Push, loop: asyncio.AbstractEventLoop) -> Claim:
        claim = self._work.claims.get(key)
        if claim is None:
            claim = Claim(key, push, loop, loop.create_future())
            self._work.begin(claim)
        else:
            self._counters["joined"] += 1
        return claim

    async def _answer(self, claim: Claim, number: int, began: float, seal: Seal) -> bytes:
        if claim.answer is None and not claim.first.done():
            await _next_turn()  # many handlers have their answer after their first step
        if claim.answer is None and not claim.first.done():
            await _until(began + min(ASK_AFTER_S, self._window_s), claim.first)
            if not claim.first.done():
                self._permission.ask_soon()
                await _until(began + self._window_s, claim.first)
        if claim.answer is not None:
            return claim.answer
        if claim.first.done():
            return self._passive(claim, seal)
        if claim.deliveries > number:
            return SUCCESS
        return await self._overdue(claim, number, began, seal)

    def _passive(self, claim: Claim, seal: Seal) -> bytes:
        push, first = claim.push, claim.first.result()
        waited = self._outbox.take(push.openid) if push.answerable else []
        if waited:
            self._counters["late"] += len(waited)
        now, later = passive(push, waited if first is None else [*waited, first])
        if now is not None:
            claim.shown = now
            self._counters["passive"] += 1
        claim.answer = self._sealed(claim, now, seal)
        if later:
            self._work.follow(claim, later)
        return claim.answer

    async def _overdue(self, claim: Claim, number: int, began: float, seal: Seal) -> bytes:
        push = claim.push
        if not push.answerable or self._permission.known:
            self._counters["handed_over"] += 1
            claim.answer = SUCCESS
        elif self._outbox.waits_for(push.openid):
            waited = self._outbox.take(push.openid)
            self._counters["late"] += len(waited)
            now, later = passive(push, [*waited, *([self._placeholder] if self._placeholder else [])])
            claim.answer = self._sealed(claim, now, seal)
            self._work.follow(claim, [reply for reply in later if reply is not self._placeholder])
        elif number >= DELIVERIES or not self._holds.take(asyncio.get_running_loop().time()):
            self._counters["placeholder"] += 1
            claim.answer = self._sealed(claim, self._placeholder, seal)
        else:
            return await self._hold(claim, began, seal)
        claim.handed_over = True
        return claim.answer

    async def _hold(self, claim: Claim, began: float, seal: Seal) -> bytes:
        self._counters["held"] += 1
        await _until(began + HELD_S, claim.first, claim.when_superseded())
        if claim.answer is None and claim.first.done():
            return self._passive(claim, seal)
        return claim.answer or SUCCESS

    def _sealed(self, claim: Claim, reply: Reply | None, seal: Seal) -> bytes:
        """The body for a reply; one that cannot be written is the handler's failure, never the
        connection's."""
        if reply is None:
            return SUCCESS
        try:
            return seal(reply)
        except Exception:
            failure = self._work.failed(claim)
            return SUCCESS if failure is None else seal(failure)


@types.coroutine
def _next_turn() -> Generator[None, None, None]:
    """Let every task that is ready take one step."""
    yield


def _until(when: float, *futures: asyncio.Future[Any]) -> Awaitable[Any]:
    """Wait for the first of the futures, at most until `when` in the loop's time. Cancels none of them."""
    left = max(0.0, when - asyncio.get_running_loop().time())
    return asyncio.wait(futures, timeout=left, return_when=asyncio.FIRST_COMPLETED)
