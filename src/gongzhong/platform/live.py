"""What happens, for whoever is looking: named events to any number of open pages and programs.

A listener that reads too slowly loses its oldest events and is told to fetch the state again; it never slows the
platform.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection
from typing import Any

import msgspec

QUEUE = 1_000

LiveEvent = tuple[str, Any]


class Listener(msgspec.Struct, frozen=True, eq=False):
    """One who listens: to events of some names, or to all."""

    queue: asyncio.Queue[LiveEvent]
    names: frozenset[str] | None

    def wants(self, name: str) -> bool:
        return self.names is None or name in self.names


class Live:
    """Fan-out of events. Costs nothing while nobody looks."""

    def __init__(self) -> None:
        self._listeners: set[Listener] = set()

    def wanted(self, name: str) -> bool:
        """Whether anybody listens to events of this name."""
        return any(listener.wants(name) for listener in self._listeners) if self._listeners else False

    def announce(self, name: str, data: Any) -> None:
        self.announce_lazily(name, lambda: data)

    def announce_lazily(self, name: str, make: Callable[[], Any]) -> None:
        """Announce something that is worth building only for an audience."""
        if not self.wanted(name):
            return
        data = make()
        for listener in self._listeners:
            if listener.wants(name):
                _put(listener.queue, (name, data))

    async def listen(self, names: Collection[str] | None = None) -> AsyncGenerator[LiveEvent, None]:
        """Everything from now on, or only events of these names; `state` always."""
        wanted = None if names is None else frozenset(names) | {"state"}
        listener = Listener(asyncio.Queue(QUEUE), wanted)
        self._listeners.add(listener)
        try:
            while True:
                yield await listener.queue.get()
        finally:
            self._listeners.discard(listener)


def _put(queue: asyncio.Queue[LiveEvent], event: LiveEvent) -> None:
    if queue.full():
        while not queue.empty():
            queue.get_nowait()
        queue.put_nowait(("state", {}))
    queue.put_nowait(event)
