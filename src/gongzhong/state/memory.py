"""State for one process: shared by its threads, tasks and event loops, forgotten at its end.

For tests, `gongzhong dev` and a single worker. No operation waits, so each is one step of the event loop.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from ..clock import Clock
from .base import BaseState
from .protocol import FENCE_KEPT_S, LONGEST_LEASE_S, Fence, Versioned, Write, next_number

V = TypeVar("V")

SWEPT_FROM = 1000
"""As many entries are kept before the first look for expired ones."""


@dataclass(slots=True)
class Lease:
    """The newest grant of a lease; `held` until it is released."""

    holder: str
    number: int
    until: float
    held: bool = True

    def runs(self, now: float) -> bool:
        return self.held and now < self.until <= now + LONGEST_LEASE_S

    def remembered(self, now: float) -> bool:
        return self.held and now < self.until + FENCE_KEPT_S


@dataclass(slots=True)
class Counter:
    count: int
    until: float


@dataclass(slots=True)
class Queue:
    """Items with the time at which each expires, oldest first."""

    items: deque[tuple[bytes, float]] = field(default_factory=deque)

    def drop_expired(self, now: float) -> None:
        if any(until <= now for _, until in self.items):
            self.items = deque(item for item in self.items if item[1] > now)


class MemoryState(BaseState):
    """`State` in this process only; may be used from any thread and loop."""

    shared = False

    def __init__(self, clock: Clock | None = None) -> None:
        super().__init__(clock, answer_within_s=None, poll_s=None)
        self._lock = threading.Lock()
        self._number = 0
        self._values: dict[str, Versioned] = {}
        self._leases: dict[str, Lease] = {}
        self._counters: dict[str, Counter] = {}
        self._queues: dict[str, Queue] = {}
        self._sweep_at = SWEPT_FROM

    def _after_fork(self) -> None:
        super()._after_fork()
        self._lock = threading.Lock()

    async def close(self) -> None:
        """Nothing to give up."""

    async def _get(self, key: str, now: float) -> Versioned | None:
        with self._lock:
            return self._current(key, now)

    async def _put(
        self, key: str, data: bytes, replaces: int, now: float, expires_at: float, fence: Fence | None
    ) -> int | None:
        with self._lock:
            if not self._may_write(key, replaces, now, fence):
                return None
            return self._written(key, data, now, expires_at)

    async def _put_many(
        self, writes: Sequence[Write], now: float, expires_at: float
    ) -> list[int | Versioned | None]:
        with self._lock:
            return [
                self._written(key, data, now, expires_at)
                if self._may_write(key, replaces, now, None)
                else self._current(key, now)
                for key, data, replaces in writes
            ]

    async def _delete(self, key: str, replaces: int, now: float, fence: Fence | None) -> bool:
        with self._lock:
            if replaces == 0 or not self._may_write(key, replaces, now, fence):
                return False
            del self._values[key]
            return True

    async def _lease(self, key: str, holder: str, now: float, until: float) -> int | None:
        with self._lock:
            lease = self._leases.get(key)
            if lease is not None and lease.runs(now):
                if lease.holder != holder:
                    return None
                lease.until = until
                return lease.number
            self._number = next_number(self._number, now)
            self._leases[key] = Lease(holder, self._number, until)
            self._sweep(now)
            return self._number

    async def _release(self, key: str, fence: int, now: float) -> bool:
        with self._lock:
            lease = self._leases.get(key)
            if lease is None or lease.number != fence or not lease.held:
                return False
            ran, lease.held = lease.runs(now), False
            return ran

    async def _add(self, key: str, n: int, limit: int | None, now: float, expires_at: float) -> int | None:
        with self._lock:
            counter = self._counters.get(key)
            if counter is None or counter.until <= now:
                counter = Counter(0, expires_at)
            count = max(0, counter.count + n)
            if n > 0 and limit is not None and count > limit:
                return None
            if n > 0 or counter.count:
                counter.count = count
                self._counters[key] = counter
                self._sweep(now)
            return count

    async def _push(
        self, queue: str, data: bytes, limit: int | None, now: float, expires_at: float, fence: Fence | None
    ) -> int | None:
        with self._lock:
            found = self._queues.get(queue) or Queue()
            found.drop_expired(now)
            if not self._newest(fence, now) or (limit is not None and len(found.items) >= limit):
                return None
            found.items.append((data, expires_at))
            self._queues[queue] = found
            self._sweep(now)
            return len(found.items)

    async def _take(self, queue: str, n: int, now: float) -> list[bytes]:
        with self._lock:
            found = self._queues.get(queue)
            if found is None:
                return []
            found.drop_expired(now)
            taken = [found.items.popleft()[0] for _ in range(min(n, len(found.items)))]
            if not found.items:
                del self._queues[queue]
            return taken

    def _written(self, key: str, data: bytes, now: float, expires_at: float) -> int:
        self._number = next_number(self._number, now)
        self._values[key] = Versioned(data, self._number, expires_at)
        self._sweep(now)
        return self._number

    def _current(self, key: str, now: float) -> Versioned | None:
        found = self._values.get(key)
        return found if found is not None and now < found.expires_at else None

    def _may_write(self, key: str, replaces: int, now: float, fence: Fence | None) -> bool:
        found = self._current(key, now)
        return (found.version if found else 0) == replaces and self._newest(fence, now)

    def _newest(self, fence: Fence | None, now: float) -> bool:
        if fence is None:
            return True
        lease = self._leases.get(fence[0])
        return lease is not None and lease.number == fence[1] and lease.remembered(now)

    def _sweep(self, now: float) -> None:
        """Drop what expired, whenever as much was added as was left the last time."""
        kept = len(self._values) + len(self._leases) + len(self._counters) + len(self._queues)
        if kept < self._sweep_at:
            return
        _drop(self._values, lambda value: value.expires_at <= now)
        _drop(self._leases, lambda lease: not lease.remembered(now))
        _drop(self._counters, lambda counter: counter.until <= now)
        _drop(self._queues, lambda queue: all(until <= now for _, until in queue.items))
        left = len(self._values) + len(self._leases) + len(self._counters) + len(self._queues)
        self._sweep_at = max(SWEPT_FROM, 2 * left)


def _drop(entries: MutableMapping[str, V], useless: Callable[[V], bool]) -> None:
    for key in [key for key, entry in entries.items() if useless(entry)]:
        del entries[key]
