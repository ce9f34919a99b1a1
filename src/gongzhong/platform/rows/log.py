"""All rows that there are: those in memory, and behind them those in the file of the data directory.

Searching goes from the newest row to the oldest and lets others work in between; after `BUDGET_S` it says how far it
came, so that a page can show what was found and go on.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Final

import msgspec

from ..traffic import Exchange, Row, Traffic, number_of
from ..world.world import World
from .file import RowFile
from .view import RowView, view
from .words import Names

BUDGET_S: Final = 0.4
"""How long one search goes on."""
STRIDE: Final = 200
"""Rows that are looked at before others get their turn."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A page of rows, newest first."""

    log: str
    """Name of the log; another name, other numbers."""
    rows: list[RowView]
    more: bool
    """Whether there may be older ones: ask again with `before` as the cursor."""
    before: int
    last: int
    """The highest number that was given so far."""
    older: int
    """How many rows, at most, are below the cursor."""


class RowLog:
    """Rows by number, searched from the newest to the oldest. `file` is None without a data directory."""

    def __init__(self, world: World, traffic: Traffic, file: RowFile | None, log: str) -> None:
        self._world, self._traffic, self._file, self.log = world, traffic, file, log

    def find(self, number: int) -> Row:
        """The row of a number. Raises KeyError for one that is not held."""
        try:
            return self._traffic.row(number)
        except KeyError:
            row = self._file.row(number) if self._file is not None else None
            if row is None:
                raise
            return row

    def exchange(self, number: int) -> Exchange:
        """The exchange of a number; of a push its first attempt. Raises KeyError."""
        row = self.find(number)
        if isinstance(row, Exchange):
            return row
        attempt = next((entry for entry in row.attempts if entry.seq == number), None)
        if attempt is None:
            raise KeyError(number)
        return attempt

    def of_lines(self, lines: Iterable[int]) -> dict[int, int]:
        """Chat line → number of the row that made it, of those that are known."""
        found = {line: self._traffic.row_of_line(line) or self._in_file(line) for line in lines}
        return {line: number for line, number in found.items() if number is not None}

    def _in_file(self, line: int) -> int | None:
        return None if self._file is None else self._file.row_of_line(line)

    def caused_by(self, number: int) -> list[Row]:
        """The rows in memory that follow from one, oldest first."""
        later = (row for row in self._traffic.rows() if number_of(row) > number)
        return [row for row in later if row.cause is not None and row.cause.number == number][::-1]

    async def search(
        self, matches: Callable[[Row], bool], *, before: int = 0, after: int = 0, limit: int = 100
    ) -> Found:
        """The newest rows that match, at most `limit`: of those before one number and after another."""
        names = Names(self._world)
        found: list[RowView] = []
        until, seen = time.monotonic() + BUDGET_S, before or self._traffic.newest_number + 1
        count, more = 0, False
        async for row in self._all(before):
            if number_of(row) <= after:
                break
            if len(found) == limit or (count % STRIDE == 0 and time.monotonic() > until):
                more = True
                break
            count += 1
            seen = number_of(row)
            if matches(row):
                found.append(view(row, names))
            if count % STRIDE == 0:
                await asyncio.sleep(0)
        return Found(
            log=self.log,
            rows=found,
            more=more,
            before=seen,
            last=self._traffic.newest_number,
            older=self._below(seen) if more else 0,
        )

    def among(self, matches: Callable[[Row], bool], numbers: Iterable[int]) -> list[RowView]:
        """Those of some rows that match."""
        names = Names(self._world)
        rows = (row for number in numbers if (row := self._held(number)) is not None)
        return [view(row, names) for row in rows if matches(row)]

    def _held(self, number: int) -> Row | None:
        try:
            return self.find(number)
        except KeyError:
            return None

    async def every(self, matches: Callable[[Row], bool], most: int) -> list[Row]:
        """The newest rows that match, oldest first."""
        found: list[Row] = []
        count = 0
        async for row in self._all(0):
            count += 1
            if len(found) == most:
                break
            if matches(row):
                found.append(row)
            if count % STRIDE == 0:
                await asyncio.sleep(0)
        return found[::-1]

    async def _all(self, before: int) -> AsyncIterator[Row]:
        lowest = before or self._traffic.newest_number + 1
        for row in list(self._traffic.rows(before or None)):
            lowest = min(lowest, number_of(row))
            yield row
        while self._file is not None:
            rows = await asyncio.to_thread(self._file.before, lowest)
            if not rows:
                return
            for row in rows:
                lowest = number_of(row)
                yield row

    def _below(self, number: int) -> int:
        if self._file is not None:
            return self._file.count_below(number)
        return sum(1 for _ in self._traffic.rows(number))
