"""Runs the upkeep of people's data while a program is served: retention, erasures to be ended, the directory.

Every process looks; the table of work gives each job to one of them (`people/upkeep.py`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from ..errors import GongzhongError, say

if TYPE_CHECKING:
    from ..app.binding import Binding

log = logging.getLogger("gongzhong.people")

EVERY_S: Final = 15.0


class Tending:
    """Tends every account until `close`. A slow account does not hold up the others."""

    def __init__(self, accounts: Callable[[], Iterable[Binding]], every_s: float = EVERY_S) -> None:
        self._accounts, self._every_s = accounts, every_s
        self._tasks: dict[Binding, asyncio.Task[None]] = {}
        self._looking: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, on the running event loop."""
        self._looking = asyncio.create_task(self._look())

    async def close(self) -> None:
        """End; what is under way stops and is taken up again by whoever comes next."""
        tasks = [task for task in (self._looking, *self._tasks.values()) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _look(self) -> None:
        """Accounts may be added while the program runs."""
        while True:
            for account in self._accounts():
                if account not in self._tasks:
                    self._tasks[account] = asyncio.create_task(self._tend(account))
            await asyncio.sleep(self._every_s)

    async def _tend(self, account: Binding) -> None:
        while True:
            try:
                await account.tend()
            except GongzhongError as problem:
                log.warning(
                    say("个人数据的维护没有完成：%s", "upkeep of people's data did not end: %s"), problem
                )
            except Exception:
                log.exception(say("维护个人数据时出错", "upkeep of people's data failed"))
            await asyncio.sleep(self._every_s)
