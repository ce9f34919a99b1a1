"""What every engine has in common: input is checked, time comes from the clock, answers are bounded, waiting polls.

An engine adds the operations themselves, named with an underscore; each is given the time as a number.
"""

from __future__ import annotations

import asyncio
import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TypeVar

from ..clock import Clock
from ..errors import StateDown
from .protocol import (
    LONGEST_LEASE_S,
    LONGEST_TTL_S,
    Fence,
    Versioned,
    Write,
    check_count,
    check_key,
    check_seconds,
    check_value,
    check_writes,
)

T = TypeVar("T")

ANSWER_WITHIN_S = 2.0
"""How long one operation may take before it counts as failed: well under WeChat's 5 s for an answer."""
POLL_S = 0.1
"""How often somebody who waits looks for changes that nobody told of."""


class Watch:
    """One task's interest in a key, bound to its loop."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()

    def notify(self) -> None:
        """May be called from any thread."""
        if asyncio._get_running_loop() is self.loop:
            self._changed.set()
        else:
            with suppress(RuntimeError):  # the loop may have been closed meanwhile
                self.loop.call_soon_threadsafe(self._changed.set)

    async def changed(self, timeout_s: float | None) -> None:
        """Wait for the next notice, no longer than this."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._changed.wait()
        self._changed.clear()


class BaseState(ABC):
    """The common half of `State`. `answer_within_s` bounds every operation; None: the engine never waits."""

    shared = True

    def __init__(
        self,
        clock: Clock | None,
        *,
        answer_within_s: float | None = ANSWER_WITHIN_S,
        poll_s: float | None = POLL_S,
    ) -> None:
        self.clock = clock or Clock()
        self._answer_within_s = answer_within_s
        self._poll_s = poll_s
        self._watches: dict[str, list[Watch]] = {}
        self._watching = threading.Lock()
        self._pid = os.getpid()

    async def get(self, key: str) -> Versioned | None:
        check_key(key)
        return await self._within(lambda now: self._get(key, now))

    async def put(
        self, key: str, data: bytes, *, replaces: int, ttl_s: float, fence: Fence | None = None
    ) -> int | None:
        check_key(key, *(fence[:1] if fence else ()))
        check_value(data)
        check_seconds(ttl_s, LONGEST_TTL_S)
        check_count(replaces, fence[1] if fence else 0)
        version = await self._within(lambda now: self._put(key, data, replaces, now, now + ttl_s, fence))
        if version is not None:
            self._notify(key)
        return version

    async def put_many(self, writes: Sequence[Write], *, ttl_s: float) -> list[int | Versioned | None]:
        check_writes(writes)
        check_seconds(ttl_s, LONGEST_TTL_S)
        if not writes:
            return []
        outcomes = await self._within(lambda now: self._put_many(writes, now, now + ttl_s))
        for key, _, _ in writes if self._watches else ():
            self._notify_here(key)
        return outcomes

    async def delete(self, key: str, *, replaces: int, fence: Fence | None = None) -> bool:
        check_key(key, *(fence[:1] if fence else ()))
        check_count(replaces, fence[1] if fence else 0)
        return await self._within(lambda now: self._delete(key, replaces, now, fence))

    async def lease(self, key: str, holder: str, seconds: float) -> int | None:
        check_key(key, holder)
        check_seconds(seconds, LONGEST_LEASE_S)
        return await self._within(lambda now: self._lease(key, holder, now, now + seconds))

    async def release(self, key: str, fence: int) -> bool:
        check_key(key)
        check_count(fence)
        return await self._within(lambda now: self._release(key, fence, now))

    async def add(self, key: str, n: int, limit: int | None, ttl_s: float) -> int | None:
        check_key(key)
        check_count(n, limit)
        check_seconds(ttl_s, LONGEST_TTL_S)
        return await self._within(lambda now: self._add(key, n, limit, now, now + ttl_s))

    async def push(
        self,
        queue: str,
        data: bytes,
        *,
        ttl_s: float,
        limit: int | None = None,
        fence: Fence | None = None,
    ) -> int | None:
        check_key(queue, *(fence[:1] if fence else ()))
        check_value(data)
        check_seconds(ttl_s, LONGEST_TTL_S)
        check_count(limit, fence[1] if fence else 0)
        return await self._within(lambda now: self._push(queue, data, limit, now, now + ttl_s, fence))

    async def take(self, queue: str, n: int = 1) -> list[bytes]:
        check_key(queue)
        check_count(n)
        return await self._within(lambda now: self._take(queue, n, now)) if n > 0 else []

    async def wait(self, key: str, version: int, timeout_s: float) -> Versioned | None:
        loop = asyncio.get_running_loop()
        end = loop.time() + timeout_s
        with self._watched(key) as watch:
            while True:
                down = found = None
                try:
                    found = await self.get(key)
                except StateDown as problem:
                    down = problem
                if found is not None and found.version != version:
                    return found
                left_s = end - loop.time()
                if left_s <= 0:
                    if down is not None:
                        raise down
                    return None
                poll_s = POLL_S if self._poll_s is None and down is not None else self._poll_s
                await watch.changed(left_s if poll_s is None else min(left_s, poll_s))

    @abstractmethod
    async def close(self) -> None: ...

    async def _within(self, operation: Callable[[float], Awaitable[T]]) -> T:
        if self._pid != os.getpid():
            self._after_fork()
        now = self.clock.now()
        if self._answer_within_s is None:
            return await operation(now)
        try:
            async with asyncio.timeout(self._answer_within_s):
                return await operation(now)
        except TimeoutError:
            raise StateDown(
                f"共享状态在 {self._answer_within_s:g} 秒内没有回答",
                f"the shared state gave no answer within {self._answer_within_s:g} s",
            ) from None

    def _after_fork(self) -> None:
        """Forget what belongs to the parent process: its loops and the locks that its threads held."""
        self._pid = os.getpid()
        self._watching = threading.Lock()
        self._watches = {}

    @contextmanager
    def _watched(self, key: str) -> Iterator[Watch]:
        watch = Watch()
        with self._watching:
            self._watches.setdefault(key, []).append(watch)
        try:
            yield watch
        finally:
            with self._watching:
                others = self._watches.get(key, [])
                if watch in others:
                    others.remove(watch)
                if not others:
                    self._watches.pop(key, None)

    def _notify(self, key: str) -> None:
        """Wake those who wait for the key; here, those in this process."""
        self._notify_here(key)

    def _notify_here(self, key: str) -> None:
        if not self._watches:
            return
        with self._watching:
            watches = list(self._watches.get(key, ()))
        for watch in watches:
            watch.notify()

    @abstractmethod
    async def _get(self, key: str, now: float) -> Versioned | None: ...

    @abstractmethod
    async def _put(
        self, key: str, data: bytes, replaces: int, now: float, expires_at: float, fence: Fence | None
    ) -> int | None: ...

    @abstractmethod
    async def _put_many(
        self, writes: Sequence[Write], now: float, expires_at: float
    ) -> list[int | Versioned | None]: ...

    @abstractmethod
    async def _delete(self, key: str, replaces: int, now: float, fence: Fence | None) -> bool: ...

    @abstractmethod
    async def _lease(self, key: str, holder: str, now: float, until: float) -> int | None: ...

    @abstractmethod
    async def _release(self, key: str, fence: int, now: float) -> bool: ...

    @abstractmethod
    async def _add(
        self, key: str, n: int, limit: int | None, now: float, expires_at: float
    ) -> int | None: ...

    @abstractmethod
    async def _push(
        self, queue: str, data: bytes, limit: int | None, now: float, expires_at: float, fence: Fence | None
    ) -> int | None: ...

    @abstractmethod
    async def _take(self, queue: str, n: int, now: float) -> list[bytes]: ...
