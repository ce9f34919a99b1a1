"""The processes that answer for an account together, each with a lease in the shared state.

A process names itself once and renews its lease `worker|NAME` all the time. Whoever is granted the lease of another
one knows that this one is dead, and keeps it so for a minute: its holder, if it was only stopped for a while, finds at
the next renewal that the lease is lost, gives up everything that it had begun, and goes on under a new name. One of the
same machine that has ended is recognised without waiting for its lease (`processes.py`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

import msgspec

from ..errors import StateDown, say
from ..state import State
from .processes import has_ended, named

log = logging.getLogger("gongzhong.sharing")


class Beat(msgspec.Struct, frozen=True, kw_only=True):
    """How a lease is kept, in seconds."""

    lease_s: float = 8.0
    """After so long without a renewal a process counts as dead: less than the 15 s of WeChat's three deliveries."""
    every_s: float = 2.0
    margin_s: float = 1.0
    """A process stops trusting its lease so long before the others do, for clocks that differ."""
    tend_s: float = 0.05
    """How often to take in letters and lay down people, while there are any."""
    recover_s: float = 0.5
    """How often to look for rows that nobody has: what a dead process left, and answers from elsewhere."""


class Member:
    """This process among the others. `lost` is called when the lease was lost, before the new name is taken."""

    def __init__(
        self,
        state: State,
        lost: Callable[[], Awaitable[None]],
        beat: Beat | None = None,
        *,
        beaten: Callable[[], Awaitable[None]] | None = None,
        new_name: Callable[[], str] | None = None,
    ) -> None:
        self._state, self._lost, self._beat, self._beaten = state, lost, beat or Beat(), beaten
        self._new_name = new_name or named
        self.name = ""
        """Empty until `join`."""
        self._number = 0
        self._sure_until = self._renewed_at = 0.0
        """In the loop's seconds."""
        self._changed = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def sure(self) -> bool:
        """Whether no other process can have been told that this one is dead."""
        return self.sure_s > 0.0

    @property
    def sure_s(self) -> float:
        """For how many seconds no other process can be told so, 0 for none."""
        if not self.name or self._loop is None:
            return 0.0
        return max(0.0, self._sure_until - self._loop.time())

    async def until_sure(self, at_least_s: float = 0.0) -> None:
        """Wait until what is done now, and takes so long, cannot be done by another process at the same time."""
        while self.sure_s <= at_least_s:
            self._changed.clear()
            await self._changed.wait()

    async def join(self) -> None:
        """Take a name and its lease. Raises StateDown."""
        self._loop = asyncio.get_running_loop()
        asked_at, name = self._loop.time(), self._new_name()
        number = await self._state.lease(key_of(name), name, self._beat.lease_s)
        if number is not None:
            self.name, self._number = name, number
            self._renewed(asked_at)

    async def run(self) -> None:
        """Renew the lease until cancelled."""
        while True:
            await asyncio.sleep(self._beat.every_s)
            with suppress(StateDown):
                await self.renew()
            if self._beaten is not None:
                with suppress(StateDown):
                    await self._beaten()

    async def renew(self) -> None:
        """Renew the lease once; on its loss give everything up and join anew. Raises StateDown."""
        if not self.name:
            await self.join()
            return
        asked_at = asyncio.get_running_loop().time()
        number = await self._state.lease(key_of(self.name), self.name, self._beat.lease_s)
        if number is not None and (number == self._number or asked_at < self._renewed_at + LONG_DEAD_S / 2):
            self._number = number  # it was over, but had anybody noticed, they would hold it still
            self._renewed(asked_at)
            return
        log.error(
            say(
                "本进程停顿太久，被其他进程认定为已停止：放弃手头的工作，重新加入",
                "this process was silent for too long and counts as dead: it gives up its work and joins anew",
            )
        )
        await self._join_anew(number)

    async def give_up(self) -> None:
        """Let others have everything that this process has, and join anew. Raises StateDown."""
        if self.name:
            await self._join_anew(self._number)

    async def _join_anew(self, number: int | None) -> None:
        lost, self.name = self.name, ""
        try:
            if number is not None:
                await self._state.release(key_of(lost), number)
        finally:
            await self._lost()
        await self.join()

    async def dead(self, name: str) -> bool:
        """Whether another process is dead; from then on it is kept from going on. One of this machine that has ended
        is dead at once; any other one when its lease is over. Raises StateDown."""
        if name == self.name:
            return False
        if has_ended(name):
            return True
        return await self._state.lease(key_of(name), DEAD, LONG_DEAD_S) is not None

    async def leave(self) -> None:
        """Let others see at once that this process has ended."""
        name, self.name = self.name, ""
        if name:
            with suppress(StateDown):
                await self._state.release(key_of(name), self._number)

    def _renewed(self, asked_at: float) -> None:
        self._renewed_at = asked_at
        self._sure_until = asked_at + self._beat.lease_s - self._beat.margin_s
        self._changed.set()


DEAD = "dead"
"""Who holds the lease of a dead process: the same for everybody who asks."""
LONG_DEAD_S = 60.0
"""How long the lease of a dead process is kept from it: longer than it takes to notice the loss."""


def key_of(name: str) -> str:
    return f"worker|{name}"
