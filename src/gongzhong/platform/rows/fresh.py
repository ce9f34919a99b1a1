"""Rows that are new or have changed, told to the pages: gathered for a moment, so that a thousand calls a second are
some fifty events."""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec

from ..live import Live
from ..traffic import Row, number_of
from ..world.world import World
from .view import RowView, view
from .words import Names

GATHER_S: Final = 0.02
EVENT: Final = "rows"


class Rows(msgspec.Struct, frozen=True, kw_only=True):
    """Rows that are new or have changed, oldest first. `log` names the log that they belong to."""

    log: str
    rows: list[RowView]


class FreshRows:
    """Announces rows as `rows` events. `log` is the name of the log: another name, other numbers."""

    def __init__(self, world: World, live: Live, log: str) -> None:
        self._world, self._live, self.log = world, live, log
        self._changed: dict[int, Row] = {}
        self._timer: asyncio.TimerHandle | None = None

    def changed(self, row: Row) -> None:
        """A row is new or has changed; costs next to nothing while nobody looks."""
        if not self._live.wanted(EVENT):
            return
        self._changed[number_of(row)] = row
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(GATHER_S, self._tell)

    def _tell(self) -> None:
        self._timer = None
        rows, self._changed = self._changed, {}
        names = Names(self._world)
        self._live.announce(
            EVENT, Rows(log=self.log, rows=[view(rows[number], names) for number in sorted(rows)])
        )

    def stop(self) -> None:
        """Tell nothing any more."""
        if self._timer is not None:
            self._timer.cancel()
