"""The whole world under a name, to return to: everything in the tables, and the time on the clock.

A platform with a data directory keeps its snapshots there as files; one in memory keeps them in memory. What the
developer's server remembers is not ours to restore.
"""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import msgspec

from .world.database import MEMORY
from .world.refusal import BadInput
from .world.world import World

NAME = re.compile(r"\w[\w.-]{0,63}")
FOLDER = "snapshots"
SUFFIX = ".sqlite3"
STEP_S = 1.0


class NoSnapshot(LookupError):
    """No snapshot has this name."""


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    now: float
    """The world's time, in unix seconds."""
    saved_at: float
    """The real time, in unix seconds."""


class Snapshots:
    """Saves and restores a world. `where` is the data directory, or ":memory:"."""

    def __init__(self, world: World, where: str) -> None:
        self._world = world
        self._folder = None if where == MEMORY else Path(where) / FOLDER
        self._kept: dict[str, sqlite3.Connection] = {}
        self._loaded = 0

    def save(self, name: str) -> Snapshot:
        """Keep the present state; an older snapshot of this name is replaced. Raises BadInput for a bad name."""
        if not NAME.fullmatch(name):
            raise BadInput(
                f"快照名只能用文字、数字、_ . -，最多 64 个字符：{name}",
                f"letters, digits, _ . - only, at most 64 characters: {name}",
            )
        saved = Snapshot(name=name, now=self._world.now(), saved_at=time.time())
        db = self._world.db
        db.run("DELETE FROM snapshot_mark")
        db.run("INSERT INTO snapshot_mark VALUES (?, ?)", saved.now, saved.saved_at)
        if self._folder is None:
            self._forget(name)
            self._kept[name] = sqlite3.connect(MEMORY, check_same_thread=False)
            db.copy_to(self._kept[name])
            return saved
        self._folder.mkdir(parents=True, exist_ok=True)
        partial = self._folder / f"{name}.partial"
        partial.unlink(missing_ok=True)
        with closing(sqlite3.connect(partial)) as file:
            db.copy_to(file)
        partial.replace(self._file(name))
        return saved

    def load(self, name: str) -> Snapshot:
        """Return to a snapshot; raises NoSnapshot, or BadInput for one of another version.

        Each load turns the clock one second further, so that a push that happens again is not taken for a repetition.
        """
        with self._opened(name) as kept:
            saved = _mark(name, kept)
            self._world.db.copy_from(kept)
        self._loaded += 1
        self._world.ids = self._world.fresh_ids()
        self._world.clock.turn_to(saved.now + self._loaded * STEP_S)
        return saved

    def delete(self, name: str) -> None:
        """Raises NoSnapshot."""
        self._exists(name)
        self._forget(name)
        if self._folder is not None:
            self._file(name).unlink()

    def listing(self) -> list[Snapshot]:
        """All of them, the latest first."""
        names = list(self._kept)
        if self._folder is not None:
            names = [file.name.removesuffix(SUFFIX) for file in self._folder.glob(f"*{SUFFIX}")]
        found = []
        for name in names:
            # One damaged file must not hide the others.
            with self._opened(name) as kept, suppress(ValueError):
                found.append(_mark(name, kept))
        return sorted(found, key=lambda one: one.saved_at, reverse=True)

    def close(self) -> None:
        for name in list(self._kept):
            self._forget(name)

    def _file(self, name: str) -> Path:
        assert self._folder is not None
        return self._folder / f"{name}{SUFFIX}"

    def _exists(self, name: str) -> None:
        known = name in self._kept
        if self._folder is not None:
            known = NAME.fullmatch(name) is not None and self._file(name).is_file()
        if not known:
            raise NoSnapshot(name)

    def _forget(self, name: str) -> None:
        kept = self._kept.pop(name, None)
        if kept is not None:
            kept.close()

    @contextmanager
    def _opened(self, name: str) -> Iterator[sqlite3.Connection]:
        self._exists(name)
        if self._folder is None:
            yield self._kept[name]
            return
        with closing(sqlite3.connect(self._file(name))) as file:
            yield file


def _mark(name: str, kept: sqlite3.Connection) -> Snapshot:
    """What a snapshot says about itself. Raises BadInput when it is not one."""
    try:
        now, saved_at = kept.execute("SELECT now, saved_at FROM snapshot_mark").fetchone()
    except (sqlite3.DatabaseError, TypeError):
        raise BadInput(f"快照 {name} 已损坏", f"the snapshot {name} is damaged") from None
    return Snapshot(name=name, now=now, saved_at=saved_at)
