"""What goes on behind the connections: the handler's task, and the answers that go out some other way.

Every claimed push has one task here that runs its handler to the end. What the connections could not carry
is sent as customer-service messages, in order, or put into the outbox.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Coroutine, Sequence
from contextlib import aclosing
from typing import Any

from ..clock import Clock
from ..messages import Push, Reply, TextReply
from .claims import Claim, Claims
from .courier import Courier
from .dispatch import Dispatcher
from .outbox import Outbox, Reason, Undelivered
from .permission import Permission
from .trace import about

log = logging.getLogger("gongzhong.app")

SUCCESS = b"success"
RESCUE_S = 10.0
"""How long a finished answer waits for a further delivery to take it."""
FOLLOW_AFTER_S = 0.2
"""Between the passive reply and what follows it, so that the user sees them in order."""
MAY_WAIT = frozenset(
    {Reason.SLOW, Reason.ALLOWANCE, Reason.NOT_PERMITTED, Reason.NOT_REACHED, Reason.NO_FORM}
)
"""Undelivered for these reasons, an answer may still be the reply to the user's next message."""


class Work:
    """The tasks of one account, all in one event loop."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        courier: Courier,
        *,
        permission: Permission,
        outbox: Outbox,
        clock: Clock,
        counters: Counter[str],
        failure_text: str,
    ) -> None:
        self._dispatcher = dispatcher
        self._courier = courier
        self._permission = permission
        self._outbox = outbox
        self._clock = clock
        self._counters = counters
        self._failure = TextReply(content=failure_text) if failure_text else None
        self.claims = Claims()
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, claim: Claim) -> None:
        """Start the handler for a new claim."""
        self.claims.add(claim)
        self._courier.opened(claim.push)
        claim.task = claim.loop.create_task(self._run(claim))

    def follow(self, claim: Claim, replies: Sequence[Reply]) -> None:
        """Send replies after whatever this claim has sent before."""
        claim.sending = self._spawn(self._send(claim.sending, claim.push, replies))

    def failed(self, claim: Claim) -> Reply | None:
        """Log and count the exception being handled; gives what the user is told instead of an answer."""
        self._counters["handler_errors"] += 1
        log.exception("处理函数出错 / handler failed: %s", about(claim.push), extra={"push": claim.push})
        return self._failure

    def connection_closed(self, claim: Claim) -> None:
        """Settle a claim whose connection has gone, or look after an answer that nobody may have taken."""
        if claim.settled:
            self._settle(claim)
        elif not claim.running and not claim.live and claim.without_taker:
            claim.task = self._spawn(self._rescue(claim))

    def forget(self) -> None:
        """Begin anew: in another event loop, or with another WeChat. Nothing may be running any more."""
        self.claims = Claims()
        self._tasks.clear()

    async def drain(self, patience_s: float) -> None:
        """Let everything finish; what is not done after `patience_s` seconds is cancelled and recorded."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + patience_s
        while (tasks := self._running()) and loop.time() < ends:
            await asyncio.wait(tasks, timeout=ends - loop.time())
        unfinished = self._running()
        for task in unfinished:
            task.cancel()
        if unfinished:
            log.error("停止时中断了 %d 个任务 / %d tasks were cut off", len(unfinished), len(unfinished))
            await asyncio.wait(unfinished)

    async def _run(self, claim: Claim) -> None:
        try:
            await self._handle(claim)
        finally:
            if not claim.first.done():
                claim.first.set_result(None)
        if claim.without_taker and not (claim.live and claim.loop.time() < claim.open_until):
            await self._rescue(claim)

    async def _handle(self, claim: Claim) -> None:
        try:
            first, stream = await self._dispatcher.begin(claim.push)
            self._first(claim, first)
            if stream is not None:
                async with aclosing(stream):
                    async for reply in stream:
                        await self._later(claim, reply)
        except Exception:
            failure = self.failed(claim)
            if claim.first.done():
                await self._later(claim, failure)
            else:
                self._first(claim, failure)

    def _first(self, claim: Claim, reply: Reply | None) -> None:
        if reply is not None and not claim.push.answerable:
            self._counters["not_answerable"] += 1
            log.warning("微信不显示对它的回复 / WeChat shows no reply to this: %s", about(claim.push))
            reply = None
        claim.first.set_result(reply)
        if claim.handed_over and reply is not None:
            self.follow(claim, [reply])

    async def _later(self, claim: Claim, reply: Reply | None) -> None:
        if reply is None:
            return
        if claim.without_taker:
            await self._rescue(claim)
        self.follow(claim, [reply])

    async def _rescue(self, claim: Claim) -> None:
        """Give a delivery time to take the answer; then it goes another way."""
        await asyncio.wait({claim.when_gone_out()}, timeout=RESCUE_S)
        if not claim.without_taker:
            return
        reply = claim.shown or claim.first.result()
        claim.handed_over, claim.answer = True, SUCCESS
        self._settle(claim)
        if reply is not None:
            self.follow(claim, [reply])

    async def _send(self, before: asyncio.Task[None] | None, push: Push, replies: Sequence[Reply]) -> None:
        missing: list[Undelivered] = []
        queue = list(replies)
        try:
            if before is not None:
                await asyncio.wait({before})
            await asyncio.sleep(FOLLOW_AFTER_S)
            if await self._permission.find_out():
                while queue:
                    missing += await self._courier.deliver(push.openid, queue[0])
                    del queue[0]
            else:
                missing = self._undelivered(push, queue)
        except asyncio.CancelledError:
            missing += self._undelivered(push, queue, Reason.SHUTDOWN)
            raise
        finally:
            self._put_away(push, missing)

    def _put_away(self, push: Push, missing: Sequence[Undelivered]) -> None:
        for item in missing:
            if push.answerable and item.reason in MAY_WAIT:
                self._counters["parked"] += 1
                self._outbox.keep(item)
            else:
                self._counters["undelivered"] += 1
                log.error("答复没有送达 / answer not delivered (%s): %s", item.reason, about(push))
                self._outbox.record(item)

    def _undelivered(
        self, push: Push, replies: Sequence[Reply], reason: Reason = Reason.SLOW
    ) -> list[Undelivered]:
        now = self._clock.now()
        return [Undelivered(openid=push.openid, reply=item, reason=reason, since=now) for item in replies]

    def _settle(self, claim: Claim) -> None:
        if claim.running and claim.task is not None:
            self._keep(claim.task)
        self.claims.settle(claim, claim.loop.time())

    @property
    def busy(self) -> bool:
        """Whether any task is under way."""
        return bool(self._running())

    def _running(self) -> list[asyncio.Task[None]]:
        """Every task that is not done: those of claims under way belong to the claims alone."""
        return [*self._tasks, *(task for task in self.claims.tasks() if task not in self._tasks)]

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._keep(task)
        return task

    def _keep(self, task: asyncio.Task[None]) -> None:
        """Keep a task from being lost before it is done: the loop itself does not."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
