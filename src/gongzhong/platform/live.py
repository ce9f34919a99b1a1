"""What happens, for whoever is looking: named events to any number of open pages.

A page that reads too slowly loses its oldest events and is told to fetch the state again; it never slows the platform.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Any

QUEUE = 1_000

Event = tuple[str, dict[str, Any]]


class Live:
    """Fan-out of events. Costs nothing while nobody looks."""

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[Event]] = set()

    def announce(self, name: str, data: dict[str, Any]) -> None:
        self.announce_lazily(name, lambda: data)

    def announce_lazily(self, name: str, make: Callable[[], dict[str, Any]]) -> None:
        """Announce something that is worth building only for an audience."""
        if not self._queues:
            return
        data = make()
        for queue in self._queues:
            if queue.full():
                while not queue.empty():
                    queue.get_nowait()
                queue.put_nowait(("state", {}))
            queue.put_nowait((name, data))

    async def listen(self) -> AsyncGenerator[Event, None]:
        """Everything from now on."""
        queue: asyncio.Queue[Event] = asyncio.Queue(QUEUE)
        self._queues.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self._queues.discard(queue)
