"""Saves the whole world under a name and restores it: everything in the tables, and the time on the clock.

A platform with a data directory keeps its snapshots there as files; one in memory keeps them in memory. The
state of the developer's own server is not part of it.
"""

from __future__ import annotations

import re
import sqlite3
import time
import unicodedata
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import msgspec

from ...clock import MovableClock
from . import accounts, chats, people, schedule
from .database import MEMORY
from .faults import Faults
from .refusal import BadInput
from .world import World

NAME = re.compile(r"\w[\w.-]{0,63}")
LONGEST_NAME = 200
"""Bytes in UTF-8: what file systems take, less our suffix."""
RESERVED = frozenset(
    {"CON", "PRN", "AUX", "NUL", *(f"{port}{digit}" for port in ("COM", "LPT") for digit in "0123456789¹²³")}
)
"""Windows' devices, with any extension: https://learn.microsoft.com/windows/win32/fileio/naming-a-file"""
LARGEST = 2 * 1024**3
LAST_MOMENT = 9_999_999_999
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
        name = self._free(_file_name(name))
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
            self._rehearse(name, kept, saved)
            self._world.db.copy_from(kept)
        self._loaded += 1
        self._world.ids = self._world.fresh_ids()
        self._world.clock.turn_to(saved.now + self._loaded * STEP_S)
        return saved

    def _rehearse(self, name: str, kept: sqlite3.Connection, saved: Snapshot) -> None:
        """Read a snapshot into a world that nobody uses. Raises BadInput when that does not work."""
        trial = World(clock=MovableClock(saved.now, frozen=True), rules=self._world.rules)
        try:
            trial.db.copy_from(kept)
            accounts.load_all(trial)
            Faults(trial)
            for person in people.everybody(trial):
                for appid in trial.accounts:
                    chats.read(trial, appid, person.name)
            schedule.next_due(trial)
        except (
            sqlite3.Error,
            msgspec.MsgspecError,
            RecursionError,
            ValueError,
            TypeError,
            KeyError,
        ) as problem:
            if isinstance(problem, BadInput):
                raise
            raise _damaged(name) from None
        finally:
            trial.close()

    def _free(self, name: str) -> str:
        """The name, unless it differs from another one's in nothing but its letters' case. Raises BadInput."""
        for other in self._names():
            if other != name and other.casefold() == name.casefold():
                raise BadInput(f"已有只差大小写的快照：{other}", f"there is a snapshot {other} already")
        return name

    def delete(self, name: str) -> None:
        """Delete a snapshot. Raises NoSnapshot when there is none of this name."""
        name = self._exists(name)
        self._forget(name)
        if self._folder is not None:
            self._file(name).unlink()

    def listing(self) -> list[Snapshot]:
        """All snapshots, the latest first."""
        found = []
        for name in self._names():
            # One damaged file must not hide the others.
            with suppress(BadInput), self._opened(name) as kept:
                found.append(_mark(name, kept))
        return sorted(found, key=lambda one: one.saved_at, reverse=True)

    def close(self) -> None:
        for name in list(self._kept):
            self._forget(name)

    def _file(self, name: str) -> Path:
        assert self._folder is not None
        return self._folder / f"{name}{SUFFIX}"

    def _names(self) -> list[str]:
        if self._folder is None:
            return list(self._kept)
        names = (file.name.removesuffix(SUFFIX) for file in self._folder.glob(f"*{SUFFIX}"))
        return [name for name in names if _is_name(name)]

    def _exists(self, name: str) -> str:
        """The name as it is kept. Raises NoSnapshot."""
        name = unicodedata.normalize("NFC", name)
        known = name in self._kept
        if self._folder is not None:
            known = _is_name(name) and self._file(name).is_file()
        if not known:
            raise NoSnapshot(name)
        return name

    def _forget(self, name: str) -> None:
        kept = self._kept.pop(name, None)
        if kept is not None:
            kept.close()

    @contextmanager
    def _opened(self, name: str) -> Iterator[sqlite3.Connection]:
        name = self._exists(name)
        if self._folder is None:
            yield self._kept[name]
            return
        file = self._file(name)
        if file.stat().st_size > LARGEST:
            raise BadInput(
                f"快照 {name} 超过 {LARGEST >> 30} GB",
                f"the snapshot {name} is larger than {LARGEST >> 30} GB",
            )
        # Only read, and nothing beside it: an immutable file has no journal.
        address = f"{file.absolute().as_uri()}?mode=ro&immutable=1"
        try:
            with closing(sqlite3.connect(address, uri=True)) as connection:
                connection.execute("PRAGMA trusted_schema=OFF")
                yield connection
        except sqlite3.DatabaseError:
            raise _damaged(name) from None


def _damaged(name: str) -> BadInput:
    return BadInput(f"快照 {name} 已损坏", f"the snapshot {name} is damaged")


def _is_name(name: str) -> bool:
    """Whether every system takes the name for a file of its own."""
    return (
        NAME.fullmatch(name) is not None
        and unicodedata.is_normalized("NFC", name)
        and len(name.encode()) <= LONGEST_NAME
        and not name.endswith(".")
        and name.partition(".")[0].upper() not in RESERVED
    )


def _file_name(name: str) -> str:
    """The name in its composed form. Raises BadInput for one that some system cannot have, or takes for another."""
    composed = unicodedata.normalize("NFC", name)
    if not _is_name(composed):
        raise BadInput(
            f"不能用作快照名：{name[:80]!r}",
            f"not a name for a snapshot: {name[:80]!r}",
            fix_zh="用文字、数字、_ . -，以文字或数字开头，最多 64 个字符，不用 Windows 的设备名",
            fix_en="use letters, digits, _ . - only, at most 64, a letter or digit first, no device name of Windows",
        )
    return composed


def _mark(name: str, kept: sqlite3.Connection) -> Snapshot:
    """What a snapshot says about itself. Raises BadInput when it is not one."""
    try:
        now, saved_at = kept.execute("SELECT now, saved_at FROM snapshot_mark").fetchone()
    except (sqlite3.DatabaseError, TypeError):
        raise _damaged(name) from None
    moments = (now, saved_at)
    if not all(isinstance(one, int | float) and 0 <= one <= LAST_MOMENT for one in moments):
        raise _damaged(name)
    return Snapshot(name=name, now=now, saved_at=saved_at)
