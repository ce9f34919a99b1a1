"""What can befall a push on its way when a fault was ordered: late, twice, overtaken, or lost at the first attempt."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from ..world.faults import Fault
from .receiver import Answered, Receiver, Unanswered

T = TypeVar("T")


class FirstLost:
    """A receiver whose first attempt is lost: before it arrived, or after it was answered."""

    def __init__(self, receiver: Receiver, *, arrives: bool) -> None:
        self._receiver, self._arrives = receiver, arrives
        self._first = True

    async def send(
        self, method: str, url: str, body: bytes, *, timeout_s: float, connect_s: float
    ) -> Answered:
        lost, self._first = self._first, False
        if lost and not self._arrives:
            raise Unanswered("connect", "ordered fault")
        answer = await self._receiver.send(method, url, body, timeout_s=timeout_s, connect_s=connect_s)
        if lost:
            raise Unanswered("timeout", "ordered fault")
        return answer

    async def close(self) -> None:
        """The receiver inside belongs to somebody else."""


class Mishaps:
    """Carries out the faults that concern the order and the number of pushes."""

    def __init__(self) -> None:
        self._held: dict[str, list[asyncio.Event]] = {}

    async def meet(self, fault: Fault, appid: str, deliver: Callable[[], Awaitable[T]]) -> T:
        """Deliver as the fault has it; of two deliveries the first one's outcome counts."""
        if fault.kind == "delay":
            await asyncio.sleep(fault.delay_s)
        elif fault.kind == "reorder":
            await self._until_overtaken(appid, fault.delay_s)
        outcome = await deliver()
        if fault.kind == "duplicate":
            await deliver()
        return outcome

    async def _until_overtaken(self, appid: str, patience_s: float) -> None:
        overtaken = asyncio.Event()
        self._held.setdefault(appid, []).append(overtaken)
        try:
            async with asyncio.timeout(patience_s):
                await overtaken.wait()
        except TimeoutError:
            # Nobody came; somebody may have, in this very moment.
            if overtaken in self._held.get(appid, []):
                self._held[appid].remove(overtaken)

    def passed(self, appid: str) -> None:
        """A push has arrived: those that waited for it may go."""
        for overtaken in self._held.pop(appid, []):
            overtaken.set()
