"""State in a SQLite file: for several worker processes on one machine (never on a network file system).

Commits wait for no disk: what a power cut takes with it are leases and people of processes that end with the machine,
and the memory of the last pushes. A commit of the work table in the same file flushes what came before it, too.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar

from ..clock import Clock
from ..database import SqliteDatabase
from .base import BaseState
from .protocol import FENCE_KEPT_S, LONGEST_LEASE_S, Fence, Versioned, Write

T = TypeVar("T")

TABLES: Final = """
CREATE TABLE IF NOT EXISTS state_number (one INTEGER PRIMARY KEY CHECK (one = 1), last INTEGER NOT NULL);
INSERT OR IGNORE INTO state_number VALUES (1, 0);
CREATE TABLE IF NOT EXISTS state_value (
    key TEXT PRIMARY KEY, data BLOB NOT NULL, version INTEGER NOT NULL, expires_at REAL NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS state_value_expires_at ON state_value (expires_at);
CREATE TABLE IF NOT EXISTS state_lease (
    key TEXT PRIMARY KEY, holder TEXT NOT NULL, number INTEGER NOT NULL, until REAL NOT NULL,
    held INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS state_lease_until ON state_lease (until);
CREATE TABLE IF NOT EXISTS state_counter (
    key TEXT PRIMARY KEY, count INTEGER NOT NULL, until REAL NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS state_counter_until ON state_counter (until);
CREATE TABLE IF NOT EXISTS state_item (
    queue TEXT NOT NULL, number INTEGER NOT NULL, data BLOB NOT NULL, until REAL NOT NULL,
    PRIMARY KEY (queue, number));
CREATE INDEX IF NOT EXISTS state_item_until ON state_item (until)
"""

NEXT_NUMBER = "UPDATE state_number SET last = max(last + :n, CAST(:now * 1000000 AS INTEGER)) RETURNING last"

GET = "SELECT data, version, expires_at FROM state_value WHERE key = :key AND expires_at > :now"

VERSION = "SELECT version FROM state_value WHERE key = :key AND expires_at > :now"

PUT = "INSERT OR REPLACE INTO state_value (key, data, version, expires_at) VALUES (:key, :data, :version, :expires_at)"

PUT_OVER = """
UPDATE state_value SET data = ?, version = ?, expires_at = ? WHERE key = ? AND version = ? AND expires_at > ?
"""

TOGETHER: Final = (64, 16, 4, 1)
"""How many values one statement writes: few different statements, so that each is prepared once."""

DELETE = "DELETE FROM state_value WHERE key = :key AND version = :replaces AND expires_at > :now"

FENCE = "SELECT 1 FROM state_lease WHERE key = :lease AND number = :fence AND held AND until + :kept_s > :now"

TAKEN = """
SELECT 1 FROM state_lease
WHERE key = :key AND holder <> :holder AND held AND until > :now AND until <= :now + :longest_s
"""

LEASE = """
INSERT INTO state_lease (key, holder, number, until, held) VALUES (:key, :holder, :number, :until, 1)
ON CONFLICT (key) DO UPDATE SET holder = excluded.holder, until = excluded.until, held = 1,
    number = CASE WHEN held AND until > :now AND until <= :now + :longest_s THEN number ELSE excluded.number END
WHERE holder = excluded.holder OR NOT (held AND until > :now AND until <= :now + :longest_s)
RETURNING number
"""

RELEASE = """
UPDATE state_lease SET held = 0, until = until - :kept_s WHERE key = :key AND number = :fence AND held
RETURNING until + :kept_s > :now AND until + :kept_s <= :now + :longest_s
"""
"""Nobody has to remember a released lease, so its row may be swept soon."""

COUNT = "SELECT count FROM state_counter WHERE key = :key AND until > :now"

ADD = """
INSERT INTO state_counter (key, count, until) SELECT :key, :n, :expires_at WHERE :lim IS NULL OR :n <= :lim
ON CONFLICT (key) DO UPDATE SET
    count = excluded.count + CASE WHEN until > :now THEN count ELSE 0 END,
    until = CASE WHEN until > :now THEN until ELSE excluded.until END
WHERE :lim IS NULL OR excluded.count + CASE WHEN until > :now THEN count ELSE 0 END <= :lim
RETURNING count
"""

GIVE_BACK = (
    "UPDATE state_counter SET count = max(0, count + :n) WHERE key = :key AND until > :now RETURNING count"
)

LENGTH = "SELECT count(*) FROM state_item WHERE queue = :queue AND until > :now"

PUSH = "INSERT INTO state_item (queue, number, data, until) VALUES (:queue, :number, :data, :until)"

TAKE = """
DELETE FROM state_item WHERE queue = :queue AND number IN (
    SELECT number FROM state_item WHERE queue = :queue AND until > :now ORDER BY number LIMIT :n)
RETURNING number, data
"""

SWEEP: Final = (
    "DELETE FROM state_value WHERE key IN (SELECT key FROM state_value WHERE expires_at <= :now LIMIT :most)",
    "DELETE FROM state_counter WHERE key IN (SELECT key FROM state_counter WHERE until <= :now LIMIT :most)",
    "DELETE FROM state_lease WHERE key IN (SELECT key FROM state_lease WHERE until + :kept_s <= :now LIMIT :most)",
    "DELETE FROM state_item WHERE rowid IN (SELECT rowid FROM state_item WHERE until <= :now LIMIT :most)",
)
WRITES_BETWEEN_SWEEPS: Final = 50
SWEPT_FOR_EACH: Final = 4
"""One process's writes after which it removes expired rows: of each kind up to four for each write."""


class SqliteState(BaseState):
    """`State` in a file that all processes of this machine open. `database` may be shared with other tables."""

    def __init__(
        self, database: SqliteDatabase | str | Path, clock: Clock | None = None, **bounds: float
    ) -> None:
        super().__init__(clock, **bounds)
        own = not isinstance(database, SqliteDatabase)
        self._database = (
            SqliteDatabase(database, TABLES, flushes=False)
            if not isinstance(database, SqliteDatabase)
            else database
        )
        self._owned = own
        self._writes = 0

    async def close(self) -> None:
        if self._owned:
            await self._database.close()

    async def _get(self, key: str, now: float) -> Versioned | None:
        row = await self._database.read(lambda db: db.execute(GET, {"key": key, "now": now}).fetchone())
        return Versioned(*row) if row else None

    async def _put(
        self, key: str, data: bytes, replaces: int, now: float, expires_at: float, fence: Fence | None
    ) -> int | None:
        def put(db: sqlite3.Connection) -> int | None:
            if (one(db, VERSION, {"key": key, "now": now}) or 0) != replaces or not newest(db, fence, now):
                return None
            version = number(db, now)
            db.execute(PUT, {"key": key, "data": data, "version": version, "expires_at": expires_at})
            return version

        return await self._write(put, now)

    async def _put_many(
        self, writes: Sequence[Write], now: float, expires_at: float
    ) -> list[int | Versioned | None]:
        return await self._write(lambda db: put_many(db, writes, now, expires_at), now, len(writes))

    async def _delete(self, key: str, replaces: int, now: float, fence: Fence | None) -> bool:
        def delete(db: sqlite3.Connection) -> bool:
            values = {"key": key, "replaces": replaces, "now": now}
            return newest(db, fence, now) and db.execute(DELETE, values).rowcount == 1

        return await self._write(delete, now)

    async def _lease(self, key: str, holder: str, now: float, until: float) -> int | None:
        values = {"key": key, "holder": holder, "until": until, "now": now, "longest_s": LONGEST_LEASE_S}

        def lease(db: sqlite3.Connection) -> int | None:
            if one(db, TAKEN, values):  # whoever polls for a lease writes nothing to the disk
                return None
            return one(db, LEASE, {**values, "number": number(db, now)})

        return await self._write(lease, now)

    async def _release(self, key: str, fence: int, now: float) -> bool:
        values = {
            "key": key,
            "fence": fence,
            "now": now,
            "longest_s": LONGEST_LEASE_S,
            "kept_s": FENCE_KEPT_S,
        }
        return bool(await self._write(lambda db: one(db, RELEASE, values), now))

    async def _add(self, key: str, n: int, limit: int | None, now: float, expires_at: float) -> int | None:
        values = {"key": key, "n": n, "lim": limit, "now": now, "expires_at": expires_at}
        if n > 0:
            return await self._write(lambda db: one(db, ADD, values), now)
        if n < 0:
            return await self._write(lambda db: one(db, GIVE_BACK, values), now) or 0
        return await self._database.read(lambda db: one(db, COUNT, values)) or 0

    async def _push(
        self, queue: str, data: bytes, limit: int | None, now: float, expires_at: float, fence: Fence | None
    ) -> int | None:
        def push(db: sqlite3.Connection) -> int | None:
            length = one(db, LENGTH, {"queue": queue, "now": now}) or 0
            if not newest(db, fence, now) or (limit is not None and length >= limit):
                return None
            values = {"queue": queue, "number": number(db, now), "data": data, "until": expires_at}
            db.execute(PUSH, values)
            return length + 1

        return await self._write(push, now)

    async def _take(self, queue: str, n: int, now: float) -> list[bytes]:
        values = {"queue": queue, "n": n, "now": now}
        rows = await self._write(lambda db: db.execute(TAKE, values).fetchall(), now)
        return [data for _, data in sorted(rows)]

    async def _write(self, work: Callable[[sqlite3.Connection], T], now: float, writes: int = 1) -> T:
        self._writes += writes
        if self._writes < WRITES_BETWEEN_SWEEPS:
            return await self._database.write(work)
        values = {"now": now, "kept_s": FENCE_KEPT_S, "most": SWEPT_FOR_EACH * self._writes}
        self._writes = 0

        def and_sweep(db: sqlite3.Connection) -> T:
            result = work(db)
            for statement in SWEEP:
                db.execute(statement, values)
            return result

        return await self._database.write(and_sweep)


def one(db: sqlite3.Connection, statement: str, values: dict[str, Any]) -> int | None:
    """The first column of the only row, or None. Reads to the end, as RETURNING needs."""
    rows = db.execute(statement, values).fetchall()
    return rows[0][0] if rows else None


@cache
def insert_of(size: int) -> str:
    """The statement that writes so many values, each if nothing is stored under its key."""
    return f"""
    INSERT INTO state_value (key, data, version, expires_at) VALUES {", ".join(["(?, ?, ?, ?)"] * size)}
    ON CONFLICT (key) DO UPDATE SET data = excluded.data, version = excluded.version, expires_at = excluded.expires_at
    WHERE state_value.expires_at <= ?
    """


def put_many(
    db: sqlite3.Connection, writes: Sequence[Write], now: float, expires_at: float
) -> list[int | Versioned | None]:
    """What `State.put_many` gives."""
    first = number(db, now, len(writes)) - len(writes) + 1
    new: list[tuple[str, bytes, int, float]] = []
    over: list[tuple[bytes, int, float, str, int, float]] = []
    for version, (key, data, replaces) in enumerate(writes, first):
        if replaces:
            over.append((data, version, expires_at, key, replaces, now))
        else:
            new.append((key, data, version, expires_at))
    written = db.executemany(PUT_OVER, over).rowcount if over else 0
    if written + insert_many(db, new, now) == len(writes):
        return list(range(first, first + len(writes)))
    outcomes: list[int | Versioned | None] = []
    for version, (key, _, _) in enumerate(writes, first):
        row = db.execute(GET, {"key": key, "now": now}).fetchone()
        outcomes.append(version if row and row[1] == version else Versioned(*row) if row else None)
    return outcomes


def insert_many(db: sqlite3.Connection, new: Sequence[tuple[str, bytes, int, float]], now: float) -> int:
    """Write values under keys under which nothing is stored; how many were."""
    done = written = 0
    for size in TOGETHER:
        while len(new) - done >= size:
            values = [value for row in new[done : done + size] for value in row]
            written += db.execute(insert_of(size), (*values, now)).rowcount
            done += size
    return written


def number(db: sqlite3.Connection, now: float, n: int = 1) -> int:
    """The last of the next `n` versions or fences: higher than all before in this file."""
    found = one(db, NEXT_NUMBER, {"now": now, "n": n})
    assert found is not None
    return found


def newest(db: sqlite3.Connection, fence: Fence | None, now: float) -> bool:
    """Whether a write with this fence may be made."""
    if fence is None:
        return True
    values = {"lease": fence[0], "fence": fence[1], "kept_s": FENCE_KEPT_S, "now": now}
    return one(db, FENCE, values) is not None
