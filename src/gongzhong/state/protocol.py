"""What several workers must agree on for a short while: one awaitable protocol, whatever engine keeps it.

    values     get, put, put_many, delete      bytes under a key, by compare-and-swap, each with a time to live
    leases     lease, release                  one holder at a time, for some seconds; each grant has a higher fence
    counters   add                             a count with a limit; its window begins at the first addition
    queues     push, take                      a few items, oldest first; taken is gone
    wake-up    wait                            until a value changes

The four kinds have name spaces of their own: a lease and a value may have the same key. `memory.py`, `sql.py` and
`redis.py` implement it, and `tests/contract/state` holds all of them to the same behaviour.

Time is always the one clock's, never a database's: what expires does so when `clock` says so. A clock that is set
back keeps things alive for longer; it never makes a number smaller.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, Protocol, TypeAlias

import msgspec

from ..clock import Clock
from ..errors import say

LONGEST_KEY: Final = 512
"""Bytes of a key in UTF-8."""
LARGEST_VALUE: Final = 1_048_576
"""Bytes of a value or of an item of a queue."""
LONGEST_LEASE_S: Final = 3600.0
"""A lease that would still run for longer than this was written before the clock was set back: it counts as expired."""
FENCE_KEPT_S: Final = 3600.0
"""How long after its end a lease is remembered; its fence is refused from then on."""
LONGEST_TTL_S: Final = 10 * 365 * 86_400.0
"""The longest time to live, in seconds: ten years."""
MOST_TOGETHER: Final = 500
"""Writes in one `put_many`."""
LARGEST_COUNT: Final = 2**53 - 1
"""What every engine can count to exactly."""


class Versioned(msgspec.Struct, frozen=True):
    """A value and the number under which it was written. `expires_at` is in unix seconds.

    No two values that a key ever had share a version, also when the key was deleted or expired in between.
    """

    data: bytes
    version: int
    expires_at: float


Fence: TypeAlias = tuple[str, int]
"""The key of a lease and the number that `lease` gave for it."""
Write: TypeAlias = tuple[str, bytes, int]
"""Key, data, and the version that is replaced (0: nothing is stored)."""


class State(Protocol):
    """Shared by tasks, threads and, except for memory, by processes and hosts.

    Every operation raises StateDown when the engine cannot be reached or does not answer within a bounded time; a
    write may then have been carried out or not. ValueError: a key, size, time or number out of bounds. May be used from
    several event loops and after a fork.
    """

    clock: Clock
    shared: bool
    """Whether other processes see the same state."""

    async def get(self, key: str) -> Versioned | None:
        """The value, unless there is none or it expired."""
        ...

    async def put(
        self, key: str, data: bytes, *, replaces: int, ttl_s: float, fence: Fence | None = None
    ) -> int | None:
        """Write if the stored version is `replaces` (0: nothing is stored); gives the new version.

        None, with nothing written, when the version is another one or `fence` is not the newest grant of its lease.
        """
        ...

    async def put_many(self, writes: Sequence[Write], *, ttl_s: float) -> list[int | Versioned | None]:
        """`put` for up to MOST_TOGETHER different keys in one step: what is refused of them leaves the others alone.

        Gives, in their order, the new version; for a refused write what is stored, None if nothing is. After StateDown
        any of them may have been carried out. `wait` notices these changes when it looks the next time.
        """
        ...

    async def delete(self, key: str, *, replaces: int, fence: Fence | None = None) -> bool:
        """Delete if the stored version is `replaces`; False, with nothing deleted, as for `put`."""
        ...

    async def lease(self, key: str, holder: str, seconds: float) -> int | None:
        """Hold the lease for `seconds` from now (3600 at most); None while somebody else does.

        The holder that asks again while it holds the lease extends it and keeps its number. Every other grant has a
        higher number than all before, also after a release or an expiry.
        """
        ...

    async def release(self, key: str, fence: int) -> bool:
        """End a lease; False when the grant with this number does not run any more.

        Nothing can be written with its fence after that.
        """
        ...

    async def add(self, key: str, n: int, limit: int | None, ttl_s: float) -> int | None:
        """Add to a counter and give its new count; None, with nothing added, if it would exceed `limit`.

        The first addition starts a window of `ttl_s`, at whose end the count is 0 again. A negative `n` gives back,
        never refused, down to 0; 0 only reads.
        """
        ...

    async def push(
        self,
        queue: str,
        data: bytes,
        *,
        ttl_s: float,
        limit: int | None = None,
        fence: Fence | None = None,
    ) -> int | None:
        """Append an item, which expires after `ttl_s`; gives how many the queue now has.

        None, with nothing appended, if it would have more than `limit`, or `fence` is not the newest grant.
        """
        ...

    async def take(self, queue: str, n: int = 1) -> list[bytes]:
        """Remove the oldest items and give them, `n` at most. What is taken by somebody who dies is lost."""
        ...

    async def wait(self, key: str, version: int, timeout_s: float) -> Versioned | None:
        """Wait for a value with another version than `version` (0: for any); None if none came within `timeout_s`.

        A deletion does not end the wait. While the engine is down it tries on; StateDown is raised at the end only.
        """
        ...

    async def close(self) -> None:
        """Give up connections and threads. What waits gets StateDown; nothing can be asked afterwards."""
        ...


def next_number(last: int, now: float) -> int:
    """A higher number than `last` (a version or fence): microseconds of the clock, or one more if that is not higher.

    Numbers therefore grow also after a store has lost what it kept.
    """
    return max(last + 1, int(now * 1_000_000))


def check_key(key: str, *more: str) -> None:
    """Raises ValueError for keys, queues or holders that not every engine can keep."""
    for text in (key, *more):
        try:
            size = len(text) if text.isascii() else len(text.encode())
        except UnicodeEncodeError:
            size = 0
        if not 0 < size <= LONGEST_KEY or "\0" in text:
            raise ValueError(
                say(
                    f"键须为 1 到 {LONGEST_KEY} 字节的 UTF-8 文本，不含 NUL",
                    f"a key is UTF-8 text of 1 to {LONGEST_KEY} bytes without NUL",
                )
            )


def check_writes(writes: Sequence[Write]) -> None:
    """Raises ValueError or TypeError for what `put_many` does not take."""
    if len({key for key, _, _ in writes}) < len(writes) or len(writes) > MOST_TOGETHER:
        raise ValueError(
            say(
                f"一次最多写 {MOST_TOGETHER} 个键，各不相同",
                f"up to {MOST_TOGETHER} keys are written together, each once",
            )
        )
    for key, data, replaces in writes:
        if not (key.isascii() and 0 < len(key) <= LONGEST_KEY and "\0" not in key):
            check_key(key)
        if type(data) is not bytes or len(data) > LARGEST_VALUE:
            check_value(data)
        if not 0 <= replaces <= LARGEST_COUNT:
            check_count(replaces)


def check_value(data: bytes) -> None:
    """Raises ValueError for a value that is too large, TypeError for one that is not bytes."""
    if not isinstance(data, bytes):
        raise TypeError(say("值须为 bytes", "a value is bytes"))
    if len(data) > LARGEST_VALUE:
        raise ValueError(
            say(
                f"值有 {len(data)} 字节，最多 {LARGEST_VALUE} 字节",
                f"the value has {len(data)} bytes, at most {LARGEST_VALUE} are kept",
            )
        )


def check_seconds(seconds: float, most: float) -> None:
    """Raises ValueError for a time that is not above 0, not finite, or longer than `most`."""
    if not (math.isfinite(seconds) and 0 < seconds <= most):
        raise ValueError(say(f"秒数须大于 0，最多 {most:.0f}", f"seconds are above 0 and at most {most:.0f}"))


def check_count(*numbers: int | None) -> None:
    """Raises ValueError for a count that not every engine counts exactly."""
    for number in numbers:
        if number is not None and not -LARGEST_COUNT <= number <= LARGEST_COUNT:
            raise ValueError(
                say(f"计数最多 {LARGEST_COUNT}", f"counts go up to {LARGEST_COUNT}, not {number}")
            )
