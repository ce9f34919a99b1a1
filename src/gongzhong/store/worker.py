"""Carries out pieces of work of one kind: takes them, keeps hold of them, finishes them, or lets them be tried again.

    take ──► do ──► finish, with what follows from it
              ├─ error, fewer than `attempts` ─► put_back, due after a growing pause
              ├─ error at the last attempt ────► bury
              └─ lease lost ───────────────────► cancelled; another worker has it

A piece whose workers died `attempts` times is buried, too: it may be what kills them. While the store is down, nothing
new is taken, and what runs is cancelled before its lease can be over: from then on another worker may have it.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TypeAlias

import msgspec

from ..errors import StateDown, say
from .work import NewWork, Work, WorkStore

log = logging.getLogger("gongzhong.store")

Do: TypeAlias = Callable[[Work], Awaitable[Sequence[NewWork]]]
"""Does one piece and gives what follows from it. What it raises is a failed attempt. It may be cancelled."""


class WorkPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How work is taken and tried. Times are seconds."""

    lease_s: float = 15.0
    """How long a piece stays with a worker that says nothing any more."""
    poll_s: float = 1.0
    """How often an idle worker looks for work that nobody told it of."""
    at_once: int = 64
    """How many pieces one worker carries out at the same time."""
    attempts: int = 5
    """How often a piece is tried before it is buried."""
    pause_s: float = 1.0
    """Before the second attempt; doubled before each further one, and spread by up to a half."""
    longest_pause_s: float = 300.0


class Worker:
    """Works until `stop`. `holder` names it in the store and must be its own: no two workers that live share one."""

    def __init__(
        self,
        store: WorkStore,
        account: str,
        kind: str,
        do: Do,
        *,
        holder: str,
        policy: WorkPolicy | None = None,
        source: random.Random | None = None,
    ) -> None:
        self.policy = policy or WorkPolicy()
        self._store, self._account, self._kind, self._do = store, account, kind, do
        self._holder, self._random = holder, source or random.Random()
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._awake = asyncio.Event()
        self._stopping = False
        self._sure_until = 0.0
        """Until when (in the loop's seconds) no other worker can have what this one holds."""

    @property
    def busy(self) -> int:
        """How many pieces are under way."""
        return len(self._tasks)

    def wake(self) -> None:
        """Look for work now: some was added."""
        self._awake.set()

    async def run(self) -> None:
        """Take and carry out work until `stop`."""
        keeper = asyncio.create_task(self._keep_hold())
        try:
            while not self._stopping:
                self._awake.clear()
                if not await self._take():
                    with suppress(TimeoutError):
                        async with asyncio.timeout(self.policy.poll_s):
                            await self._awake.wait()
        finally:
            keeper.cancel()

    async def stop(self, patience_s: float) -> None:
        """Take nothing more, let what is under way finish, and put the rest back after `patience_s` seconds."""
        self._stopping = True
        self.wake()
        if self._tasks:
            await asyncio.wait(set(self._tasks.values()), timeout=patience_s)
        for task in list(self._tasks.values()):
            task.cancel()
        if self._tasks:
            await asyncio.wait(set(self._tasks.values()))

    async def _take(self) -> bool:
        """Begin what is due. False when nothing more can be begun now."""
        room = self.policy.at_once - len(self._tasks)
        if room <= 0:
            return False
        asked_at = asyncio.get_running_loop().time()
        try:
            taken = await self._store.take(self._account, self._kind, self._holder, room, self.policy.lease_s)
        except StateDown as problem:
            log.warning(say("暂时取不到工作：%s", "no work can be taken for now: %s"), problem)
            return False
        for work in taken:
            self._begin(work, asked_at + self.policy.lease_s)
        return len(taken) == room

    def _begin(self, work: Work, sure_until: float) -> None:
        self._sure_until = min(self._sure_until, sure_until) if self._tasks else sure_until
        task = asyncio.create_task(self._carry_out(work))
        self._tasks[work.id] = task
        task.add_done_callback(lambda _: self._ended(work.id, task))

    def _ended(self, number: int, task: asyncio.Task[None]) -> None:
        if self._tasks.get(number) is task:
            del self._tasks[number]
        self.wake()

    async def _carry_out(self, work: Work) -> None:
        if work.attempts > self.policy.attempts:
            await self._tell(self._store.bury(work, "died"))
            return
        try:
            then = await self._do(work)
        except asyncio.CancelledError:
            if self._stopping:
                await self._tell(self._store.put_back(work, "stopped"))
            raise
        except Exception as problem:
            await self._failed(work, problem)
        else:
            if not await self._tell(self._store.finish(work, then)):
                log.warning(say("工作 %d 已归别的进程", "work %d belongs to another process now"), work.id)

    async def _failed(self, work: Work, problem: Exception) -> None:
        reason = type(problem).__name__
        if work.attempts >= self.policy.attempts:
            log.error(
                say(
                    "工作 %d 失败 %d 次，成为死信（%s）",
                    "work %d failed %d times and is a dead letter now (%s)",
                ),
                work.id,
                work.attempts,
                reason,
            )
            await self._tell(self._store.bury(work, reason))
            return
        pause_s = min(self.policy.longest_pause_s, self.policy.pause_s * 2 ** (work.attempts - 1))
        due = self._store.clock.now() + pause_s * (1 + self._random.random() / 2)
        await self._tell(self._store.put_back(work, reason, due=due))

    async def _tell(self, outcome: Awaitable[bool]) -> bool:
        """Whether the store took the outcome. When it is down, the piece comes back when its lease is over."""
        try:
            return await outcome
        except StateDown as problem:
            log.warning(say("结果没有存下：%s", "an outcome was not stored: %s"), problem)
            return False

    async def _keep_hold(self) -> None:
        """Renew the leases three times as often as they need it; cancel what was lost, or might have been."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self.policy.lease_s / 3)
            asked_at = loop.time()
            before = set(self._tasks)
            try:
                held = await self._store.renew(self._holder, self.policy.lease_s) if before else set()
            except StateDown:
                held = before if loop.time() < self._sure_until - self.policy.lease_s / 3 else set()
            else:
                self._sure_until = asked_at + self.policy.lease_s
            for number in before - held:
                task = self._tasks.get(number)
                if task is not None:
                    task.cancel()
