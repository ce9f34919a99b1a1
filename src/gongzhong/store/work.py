"""The table of work that must not be lost: messages accepted and not answered, answers that wait to go out.

    waiting ──take──► running ──finish──► gone (and what follows from it is waiting)
       ▲                │  ├──put_back──► waiting, later
       │                │  └──bury──────► dead ──replay──► waiting
       └──lease over────┘

Whoever takes a piece of work holds it for some seconds and can `renew` that. Each take gives it a higher fence; what is
written with an older fence has no effect, so a worker that was stopped and goes on later cannot spoil what another one
did meanwhile. Pieces of one `line` (a person's messages, a person's answers) are taken in the order in which they came,
one at a time. Pieces with a `key` that the table knows already are not added again.

Time is the clock's, in unix seconds; never the database's.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

import msgspec

from ..clock import Clock

LONGEST_DATA = 4 * 1024 * 1024
"""Bytes of one piece of work."""


class Stage(StrEnum):
    """Where a piece of work is."""

    WAITING = "waiting"
    RUNNING = "running"
    DEAD = "dead"


class NewWork(msgspec.Struct, frozen=True, kw_only=True):
    """Something to be done. `due` 0: at once; a `line` puts it behind what is there; a `key` keeps it from being added
    twice."""

    kind: str
    data: bytes
    line: str = ""
    key: str = ""
    due: float = 0.0


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """One row. `due` is when it can be taken: its time while it waits; while it runs, when its holder loses it.
    `reason` is why it was put back or buried last."""

    id: int
    account: str
    kind: str
    line: str
    key: str
    data: bytes
    stage: Stage
    due: float
    attempts: int
    fence: int
    holder: str
    reason: str
    created_at: float


class Count(msgspec.Struct, frozen=True):
    """How many pieces of an account's kind are in a stage, and since when the oldest one is there (unix seconds)."""

    account: str
    kind: str
    stage: Stage
    number: int
    oldest: float


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """How the table is, for alarms, metrics and the doctor. None: only PostgreSQL has it."""

    dead: int
    """Dead letters."""
    oldest_due_s: float
    """For how long the oldest piece that is due has waited; 0 when none is."""
    oldest_transaction_s: float | None = None
    """For how long the oldest transaction of the database is open, whoever began it."""
    dead_rows: int | None = None
    """Rows of all tables of the schema that are to be removed by autovacuum."""


class WorkStore(Protocol):
    """Every operation raises StateDown when the database cannot be reached; a write may then have happened or not."""

    clock: Clock

    async def add(
        self, account: str, items: Sequence[NewWork], *, holder: str = "", seconds: float = 0.0
    ) -> list[Work]:
        """Add pieces of work, all or none; gives those that were new.

        With a `holder` they are running at once, held for `seconds`: for work that the caller has begun already.
        """
        ...

    async def take(self, account: str, kind: str, holder: str, n: int, seconds: float) -> list[Work]:
        """Hold up to `n` pieces that are due, the longest due ones first; of each line only its first piece."""
        ...

    async def renew(self, holder: str, seconds: float) -> set[int]:
        """Hold everything that this holder still has for `seconds` from now; gives the numbers of what it has."""
        ...

    async def finish(self, work: Work, then: Sequence[NewWork] = ()) -> bool:
        """Remove the piece and add what follows from it, together; False, with nothing done, when another has it."""
        ...

    async def overdue(self, accounts: Sequence[str], kinds: Sequence[str], n: int) -> list[tuple[str, str]]:
        """Up to `n` accounts with lines of which a piece of these kinds is due and nobody holds it any more, without
        taking any."""
        ...

    async def take_line(
        self, account: str, kinds: Sequence[str], line: str, holder: str, seconds: float
    ) -> list[Work]:
        """Hold all of a line's pieces of these kinds that are not dead, also what another holds: for whoever has the
        person alone.

        It counts as an attempt when another one held a piece before, or nobody.
        """
        ...

    async def occupied(self, account: str, kinds: Sequence[str], lines: Sequence[str]) -> set[str]:
        """Those of the lines in which a piece of these kinds is that is not dead."""
        ...

    async def settle(self, done: Sequence[Work], account: str, then: Sequence[NewWork] = ()) -> bool:
        """Remove several pieces and add others, together; False, with nothing done, when another has one of them."""
        ...

    async def put_back(self, work: Work, reason: str, *, due: float = 0.0, data: bytes | None = None) -> bool:
        """Let it wait until `due` (0: now), with other data if given; False, with nothing done, when another has it."""
        ...

    async def bury(self, work: Work, reason: str) -> bool:
        """Put it aside for a person to look at; False, with nothing done, when another has it."""
        ...

    async def show(
        self,
        account: str = "",
        kind: str = "",
        stage: Stage | None = None,
        *,
        after: int = 0,
        limit: int = 100,
    ) -> list[Work]:
        """Rows in the order of their numbers, from the one after `after`. Empty texts and None: any."""
        ...

    async def health(self) -> Health:
        """How much is dead, and whether work that is due gets done."""
        ...

    async def in_line(self, account: str, kind: str, line: str) -> list[Work]:
        """Everything of a line that is not dead, first to last."""
        ...

    async def replay(self, ids: Sequence[int], *, every_s: float = 0.0) -> int:
        """Let dead pieces wait again, the second `every_s` after the first and so on; attempts begin anew. How many."""
        ...

    async def delete(self, ids: Sequence[int]) -> int:
        """Remove dead pieces for ever. How many."""
        ...

    async def counts(self) -> list[Count]:
        """Everything there is, by account, kind and stage."""
        ...

    async def close(self) -> None: ...
