"""The runner of the alarms: looks every few seconds, decides, logs what is told, and sends it."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final

from ...config import Alarms
from ...errors import StateDown, language, say
from .decision import CALM_S, Key, Notice, Record, decide
from .look import Look
from .measures import Seen, forgotten, measured
from .senders import NotTold, Sender, senders_of

if TYPE_CHECKING:
    from ...app.binding import Binding
    from ...state import State

log = logging.getLogger("gongzhong.alarms")

EVERY_S: Final = 15.0
ATTEMPTS_AFTER_S: Final = (2.0, 15.0, 60.0)
"""Seconds before the second, third and fourth attempt to send one notice; then it is given up."""
NEARLY: Final = 0.9
"""Of the time until an alarm is repeated, others are kept from sending it: their clocks and steps differ a little."""
MOST_WAITING: Final = 100
"""Notices that wait for a sender; of more, the oldest are dropped."""


class Watch:
    """Watches until `close`. `look` gives what is to be seen now; what it raises is logged, and nothing is decided.

    Every notice is logged as a warning, whether there are senders or not. A sender that is slow or refuses holds up
    neither the looking nor the other senders. Where processes share a `state`, one of them sends what several see.
    """

    def __init__(
        self,
        look: Callable[[], Awaitable[Seen]],
        settings: Alarms,
        senders: Sequence[Sender] = (),
        *,
        state: State | None = None,
        pauses_s: Sequence[float] = ATTEMPTS_AFTER_S,
    ) -> None:
        self._look, self._settings, self._state = look, settings, state
        self._history: list[Seen] = []
        self._book: dict[Key, Record] = {}
        self._outlets = [_Outlet(sender, tuple(pauses_s)) for sender in senders]
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to watch, on the running event loop."""
        for outlet in self._outlets:
            outlet.start()
        self._task = asyncio.create_task(self._run())

    async def step(self) -> list[Notice]:
        """Look once and decide; gives what is told and hands it to the senders."""
        seen = await self._look()
        self._history = forgotten([*self._history, seen])
        repeat_s = self._settings.repeat_min * 60
        measures = measured(self._history, self._settings)
        self._book, notices = decide(self._book, measures, seen.at, repeat_s)
        for notice in notices:
            level = logging.INFO if notice.what == "cleared" else logging.WARNING
            log.log(level, "%s", notice.text(language()), extra={"alarm": notice.kind, "what": notice.what})
            if self._outlets and await self._is_ours(notice):
                for outlet in self._outlets:
                    outlet.put(notice)
        return notices

    async def _is_ours(self, notice: Notice) -> bool:
        """Whether no other process has sent this. While the state is out of reach everybody sends."""
        if self._state is None:
            return True
        over = notice.what == "cleared"
        key = f"gongzhong:alarm:{'over' if over else 'on'}:{notice.kind}:{notice.subject}"
        kept_s = CALM_S if over else self._settings.repeat_min * 60 * NEARLY
        try:
            return await self._state.add(key, 1, 1, kept_s) is not None
        except StateDown:
            return True

    async def settled(self) -> None:
        """Wait until every sender has sent or given up what it was handed."""
        for outlet in self._outlets:
            await outlet.settled()

    async def close(self) -> None:
        """End; what was not sent by now is not sent."""
        tasks = [task for task in (self._task, *(one.task for one in self._outlets)) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for outlet in self._outlets:
            with suppress(Exception):
                await outlet.sender.close()

    async def _run(self) -> None:
        while True:
            try:
                await self.step()
            except Exception:
                log.exception(say("告警检查出错", "looking for alarms failed"))
            await asyncio.sleep(EVERY_S)


@asynccontextmanager
async def alarmed(
    accounts: Callable[[], Iterable[Binding]], slow: Callable[[], int], settings: Alarms
) -> AsyncIterator[Watch]:
    """Watch these accounts meanwhile; `slow` gives how many answers took longer than WeChat waits.

    Raises SetupError for a receiver's address that cannot be used.
    """
    states = [one.state for one in accounts()]
    shared = next((state for state in states if state is not None and state.shared), None)
    watch = Watch(Look(accounts, slow), settings, senders_of(settings), state=shared)
    watch.start()
    try:
        yield watch
    finally:
        await watch.close()


class _Outlet:
    """One sender and what waits for it."""

    def __init__(self, sender: Sender, pauses_s: tuple[float, ...]) -> None:
        self.sender, self._pauses_s = sender, pauses_s
        self._waiting: deque[Notice] = deque(maxlen=MOST_WAITING)
        self._wake, self._idle = asyncio.Event(), asyncio.Event()
        self._idle.set()
        self.task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self.task = asyncio.create_task(self._run())

    def put(self, notice: Notice) -> None:
        if len(self._waiting) == MOST_WAITING:
            log.error(
                say("告警太多，丢掉了最早的一条（%s）", "too many alarms wait for %s: the oldest is dropped"),
                self.sender.name,
            )
        self._waiting.append(notice)
        self._idle.clear()
        self._wake.set()

    async def settled(self) -> None:
        await self._idle.wait()

    async def _run(self) -> None:
        while True:
            while not self._waiting:
                self._idle.set()
                self._wake.clear()
                await self._wake.wait()
            await self._told(self._waiting.popleft())

    async def _told(self, notice: Notice) -> None:
        reason, again = "", False
        for pause_s in (*self._pauses_s, None):
            try:
                await self.sender.send(notice)
                return
            except NotTold as problem:
                reason, again = problem.text(), problem.again
            except Exception as problem:
                log.exception(say("发送告警时出错", "sending an alarm failed"))
                reason, again = type(problem).__name__, False
            if pause_s is None or not again:
                break
            await asyncio.sleep(pause_s)
        log.error(
            say("告警没有发出（%s）：%s", "an alarm was not sent (%s): %s"),
            self.sender.name,
            reason,
        )
