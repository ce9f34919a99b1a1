"""Transactions of many tasks carried out as one: one flush to the disk, one turn at a row that all of them change."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from ..database.statements import Row, Statements, Step
from ..errors import StateDown

Place: TypeAlias = tuple[int, ...]
MOST: Final = 16
"""Members of one transaction, so that a row is not locked for long."""


@dataclass(slots=True, eq=False)
class Member:
    """What one task wants carried out, and the future with which it waits for its rows."""

    place: Place
    locks: Sequence[Step]
    steps: Sequence[Step]
    rows: asyncio.Future[list[list[Row]]]


class Together:
    """Carries out what waits, one transaction after the other; used from one event loop.

    First all members' locks are taken, row by row in the order of the locks' numbers and the members' places, so that
    two processes never wait for each other in a circle. An error of the database is an error of all members.
    """

    def __init__(self, statements: Statements) -> None:
        self._statements = statements
        self._waiting: list[Member] = []
        self._running: asyncio.Task[None] | None = None

    async def run(self, place: Place, locks: Sequence[Step], steps: Sequence[Step]) -> list[list[Row]]:
        """The rows of each of `steps`. Raises StateDown."""
        member = Member(place, locks, steps, asyncio.get_running_loop().create_future())
        self._waiting.append(member)
        if self._running is None or self._running.done():
            self._running = asyncio.ensure_future(self._run())
        return await member.rows

    async def _run(self) -> None:
        while self._waiting:
            taken, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            members = sorted(
                (one for one in taken if not one.rows.done()), key=lambda one: (one.place, len(one.locks))
            )
            try:
                await self._carry_out(members)
            except BaseException as problem:
                for one in members:
                    if not one.rows.done():
                        one.rows.set_exception(another(problem))
                if not isinstance(problem, Exception):
                    raise

    async def _carry_out(self, members: Sequence[Member]) -> None:
        deepest = max((len(one.locks) for one in members), default=0)
        locks: list[Step] = []
        for n in range(deepest):
            for one in members:
                if n < len(one.locks) and one.locks[n] not in locks:
                    locks.append(one.locks[n])
        steps = [step for one in members for step in one.steps]
        rows = (await self._statements.each(*locks, *steps))[len(locks) :]
        for one in members:
            mine, rows = rows[: len(one.steps)], rows[len(one.steps) :]
            if not one.rows.done():
                one.rows.set_result(mine)


def another(problem: BaseException) -> BaseException:
    """The error for one of several tasks."""
    if isinstance(problem, StateDown):
        return problem.again()
    return problem if isinstance(problem, Exception) else StateDown("没有写入", "it was not written")
