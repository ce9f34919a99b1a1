"""State in PostgreSQL 14 and newer: for any number of processes and hosts.

Each operation is one or two statements; those of one kind that come while a transaction is under way are committed
together. Rows are locked in one order (queue, leases, values, each by its key), so nobody waits in a circle; where two
processes change several of the same values at once, which they do only if one of them counts as dead, PostgreSQL may
have to end one of them. Changes are told by NOTIFY, up to a few hundred keys in one message, and heard by LISTEN where
the server itself answers; underneath everybody polls.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from hashlib import blake2b
from typing import Final

import psycopg

from ..clock import Clock
from ..database.pipeline import Rows, SqlError, Statement, Value
from ..database.postgres import PostgresDatabase
from ..database.statements import statement, text_array
from ..database.url import DatabaseUrl
from ..errors import StateDown
from .base import BaseState, Watch
from .protocol import FENCE_KEPT_S, LONGEST_LEASE_S, Fence, Versioned, Write, next_number

CHANNEL: Final = "gongzhong_state"
TELL_EVERY_S: Final = 0.003
"""Changed keys are collected for so long and told in one message."""
MOST_TOLD: Final = 400
"""Keys in one message, 17 bytes each: PostgreSQL takes 8,000 bytes."""
LISTEN_AGAIN_S: Final = 2.0


def tables(first_number: int) -> list[bytes]:
    """The statements that make the tables, repeatable. Numbers begin at `first_number`."""
    made = """
    CREATE SEQUENCE IF NOT EXISTS state_number START {first};
    CREATE TABLE IF NOT EXISTS state_value (
        key text COLLATE "C" PRIMARY KEY, data bytea NOT NULL, version bigint NOT NULL, expires_at float8 NOT NULL)
        WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 1);
    CREATE INDEX IF NOT EXISTS state_value_expires_at ON state_value (expires_at);
    CREATE TABLE IF NOT EXISTS state_lease (
        key text COLLATE "C" PRIMARY KEY, holder text NOT NULL, number bigint NOT NULL, until float8 NOT NULL,
        held boolean NOT NULL)
        WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 1);
    CREATE INDEX IF NOT EXISTS state_lease_until ON state_lease (until);
    CREATE TABLE IF NOT EXISTS state_counter (
        key text COLLATE "C" PRIMARY KEY, count bigint NOT NULL, until float8 NOT NULL)
        WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 1);
    CREATE INDEX IF NOT EXISTS state_counter_until ON state_counter (until);
    CREATE TABLE IF NOT EXISTS state_queue (name text COLLATE "C" PRIMARY KEY, until float8 NOT NULL)
        WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 1);
    CREATE TABLE IF NOT EXISTS state_item (
        queue text COLLATE "C" NOT NULL, number bigint NOT NULL, data bytea NOT NULL, until float8 NOT NULL,
        PRIMARY KEY (queue, number))
        WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 1);
    CREATE INDEX IF NOT EXISTS state_item_until ON state_item (until)
    """
    return [sql.strip().encode() for sql in made.format(first=first_number).split(";")]


GET = "SELECT data, version, expires_at FROM state_value WHERE key = :key AND expires_at > :now"

FENCE = """
WITH fence AS (
    SELECT 1 FROM state_lease WHERE key = :lease AND number = :fence AND held AND until + :kept_s > :now FOR SHARE)
"""
"""A lease's row stays locked until the write is committed: nobody is granted the lease in between."""
NO_FENCE = "WITH fence AS (SELECT 1)"

LOCK_LEASES = "SELECT 1 FROM state_lease WHERE key = ANY (:keys::text[]) ORDER BY key FOR SHARE"

PUT_FIRST = """
INSERT INTO state_value (key, data, version, expires_at)
SELECT :key, :data, nextval('state_number'), :expires_at FROM fence
ON CONFLICT (key) DO UPDATE
SET data = excluded.data, version = nextval('state_number'), expires_at = excluded.expires_at
WHERE state_value.expires_at <= :now RETURNING version
"""

PUT_OVER = """
UPDATE state_value SET data = :data, version = nextval('state_number'), expires_at = :expires_at FROM fence
WHERE key = :key AND version = :replaces AND expires_at > :now RETURNING version
"""

LOCK_VALUES = "SELECT 1 FROM state_value WHERE key = ANY (:keys::text[]) ORDER BY key FOR UPDATE"
"""What exists is locked first, in the order in which everybody locks; the next statement sees what it waited for."""

INSERT_MANY = """
WITH inserted AS (
    INSERT INTO state_value AS v (key, data, version, expires_at)
    SELECT key, decode(hex, 'hex'), nextval('state_number'), :expires_at
    FROM unnest(:keys::text[], :hex::text[]) AS g (key, hex)
    ON CONFLICT (key) DO UPDATE
    SET data = excluded.data, version = excluded.version, expires_at = excluded.expires_at
    WHERE v.expires_at <= :now RETURNING version)
SELECT string_agg(version::text, ',') FROM inserted
"""
"""For keys in their order of which nothing is stored. Gives the new versions as one text, fewer than there are keys if
something is stored of one."""

UPDATE_MANY = """
WITH updated AS (
    UPDATE state_value AS v SET data = decode(g.hex, 'hex'), version = nextval('state_number'), expires_at = :expires_at
    FROM unnest(:keys::text[], :hex::text[], :replaces::int8[]) WITH ORDINALITY AS g (key, hex, replaces, place)
    WHERE v.key = g.key AND v.version = g.replaces AND v.expires_at > :now
    RETURNING g.place, v.version)
SELECT string_agg(version::text, ',' ORDER BY place) FROM updated
"""
"""The same for keys of which something is stored. No two processes change the same people unless one of them counts as
dead, so nothing is locked before; if they wait for each other then, PostgreSQL ends one of them (40P01)."""

PUT_MANY = """
WITH given AS (
    SELECT key, decode(hex, 'hex') AS data, replaces, place
    FROM unnest(:keys::text[], :hex::text[], :replaces::int8[]) WITH ORDINALITY AS g (key, hex, replaces, place)),
stored AS (SELECT key, CASE WHEN expires_at > :now THEN version ELSE 0 END AS version FROM state_value
    WHERE key = ANY (:keys::text[])),
updated AS (
    UPDATE state_value AS v SET data = g.data, version = nextval('state_number'), expires_at = :expires_at
    FROM given AS g JOIN stored AS s ON s.key = g.key AND s.version = g.replaces WHERE v.key = g.key
    RETURNING v.key, v.version),
inserted AS (
    INSERT INTO state_value (key, data, version, expires_at)
    SELECT key, data, nextval('state_number'), :expires_at FROM given
    WHERE replaces = 0 AND key NOT IN (SELECT key FROM stored) ORDER BY key
    ON CONFLICT (key) DO NOTHING RETURNING key, version)
SELECT string_agg(coalesce(u.version, i.version, 0)::text, ',' ORDER BY place)
FROM given LEFT JOIN updated AS u USING (key) LEFT JOIN inserted AS i USING (key)
"""
"""Gives all new versions as one text, 0 for what was refused: one row costs less than many."""

GET_MANY = """
SELECT key, data, version, expires_at FROM state_value WHERE key = ANY (:keys::text[]) AND expires_at > :now
"""

DELETE = """
DELETE FROM state_value USING fence WHERE key = :key AND version = :replaces AND expires_at > :now RETURNING version
"""

LEASE = """
INSERT INTO state_lease AS l (key, holder, number, until, held)
VALUES (:key, :holder, nextval('state_number'), :until, true)
ON CONFLICT (key) DO UPDATE SET holder = excluded.holder, until = excluded.until, held = true,
    number = CASE WHEN l.held AND l.until > :now AND l.until <= :now + :longest_s
        THEN l.number ELSE nextval('state_number') END
WHERE l.holder = excluded.holder OR NOT (l.held AND l.until > :now AND l.until <= :now + :longest_s)
RETURNING number
"""

RELEASE = """
UPDATE state_lease SET held = false, until = until - :kept_s WHERE key = :key AND number = :fence AND held
RETURNING (until + :kept_s > :now AND until + :kept_s <= :now + :longest_s)::int
"""
"""Nobody has to remember a released lease, so its row may be swept soon."""

COUNT = "SELECT count FROM state_counter WHERE key = :key AND until > :now"

ADD = """
INSERT INTO state_counter AS c (key, count, until)
SELECT :key, :n, :expires_at WHERE :lim::int8 IS NULL OR :n <= :lim::int8
ON CONFLICT (key) DO UPDATE SET
    count = excluded.count + CASE WHEN c.until > :now THEN c.count ELSE 0 END,
    until = CASE WHEN c.until > :now THEN c.until ELSE excluded.until END
WHERE :lim::int8 IS NULL OR excluded.count + CASE WHEN c.until > :now THEN c.count ELSE 0 END <= :lim::int8
RETURNING count
"""

GIVE_BACK = """
UPDATE state_counter SET count = greatest(0, count + :n) WHERE key = :key AND until > :now RETURNING count
"""

LOCK_QUEUE = """
INSERT INTO state_queue AS q (name, until) VALUES (:queue, :until)
ON CONFLICT (name) DO UPDATE SET until = greatest(q.until, excluded.until)
"""
"""Whoever pushes locks the queue first, so that the length that the next statement sees is right."""

PUSH = """
, length AS (SELECT count(*) AS items FROM state_item WHERE queue = :queue AND until > :now)
INSERT INTO state_item (queue, number, data, until)
SELECT :queue, nextval('state_number'), :data, :until FROM length, fence
WHERE :lim::int8 IS NULL OR length.items < :lim::int8
RETURNING (SELECT items FROM length) + 1
"""

TAKE = """
WITH oldest AS (
    SELECT number FROM state_item WHERE queue = :queue AND until > :now ORDER BY number LIMIT :n
    FOR UPDATE SKIP LOCKED)
DELETE FROM state_item USING oldest WHERE queue = :queue AND state_item.number = oldest.number
RETURNING state_item.number, data
"""

SWEEP: Final = tuple(
    f"""
    DELETE FROM {table} WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM {table} WHERE {ends} <= :now LIMIT :most FOR UPDATE SKIP LOCKED))
    """
    for table, ends in (
        ("state_value", "expires_at"),
        ("state_counter", "until"),
        ("state_lease", "until + :kept_s"),
        ("state_item", "until"),
        ("state_queue", "until"),
    )
)
WRITES_BETWEEN_SWEEPS: Final = 1000
SWEPT_FOR_EACH: Final = 3
"""One process's writes after which it removes expired rows: of each kind up to three for each write."""


class PostgresState(BaseState):
    """`State` in a database that any number of processes and hosts use."""

    def __init__(
        self, database: PostgresDatabase | DatabaseUrl, clock: Clock | None = None, **bounds: float
    ) -> None:
        super().__init__(clock, **bounds)
        number = next_number(0, self.clock.now())
        self._owned = isinstance(database, DatabaseUrl)
        self._database = (
            PostgresDatabase(database, tables(number), last_made="state_item", lock_first=lock_leases)
            if isinstance(database, DatabaseUrl)
            else database
        )
        self._writes = 0
        self._begin()

    def _begin(self) -> None:
        self._changed: dict[asyncio.AbstractEventLoop, list[str]] = {}
        """Keys that were written and not told of yet."""
        self._listening: dict[asyncio.AbstractEventLoop, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[object]] = set()

    def _after_fork(self) -> None:
        super()._after_fork()
        self._begin()

    async def close(self) -> None:
        here = asyncio.get_running_loop()
        for loop, task in list(self._listening.items()):
            if loop is here:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            elif loop.is_running():
                loop.call_soon_threadsafe(task.cancel)
        if self._owned:
            await self._database.close()

    async def _get(self, key: str, now: float) -> Versioned | None:
        rows = await self._run(statement(GET, key=key, now=now))
        return Versioned(*rows[0]) if rows else None

    async def _put(
        self, key: str, data: bytes, replaces: int, now: float, expires_at: float, fence: Fence | None
    ) -> int | None:
        sql = PUT_OVER if replaces else PUT_FIRST
        values: dict[str, Value] = {"key": key, "data": data, "replaces": replaces, "expires_at": expires_at}
        return await self._write("value", key, now, fenced(sql, fence, now=now, **values), fence)

    async def _put_many(
        self, writes: Sequence[Write], now: float, expires_at: float
    ) -> list[int | Versioned | None]:
        self._sweep_sometimes(now, len(writes))
        order = sorted(range(len(writes)), key=lambda place: writes[place][0])
        given = [writes[place] for place in order]
        over = sum(replaces != 0 for _, _, replaces in given)
        sql = PUT_MANY if 0 < over < len(given) else UPDATE_MANY if over else INSERT_MANY
        keys = text_array(key for key, _, _ in given)
        values: dict[str, Value] = {"hex": f"{{{','.join([data.hex() for _, data, _ in given])}}}"}
        values["replaces"] = f"{{{','.join([str(replaces) for _, _, replaces in given])}}}"
        put = statement(sql, keys=keys, now=now, expires_at=expires_at, **values)
        before = [statement(LOCK_VALUES, keys=keys)] if sql is PUT_MANY else []
        [(told,)] = await self._run(*before, put)
        versions = [int(version) for version in (told or "").split(",") if version]
        found: list[int | Versioned | None] = [*versions]
        if len(versions) < len(given) or not all(versions):
            found = await self._found(given, set(versions), now)
        outcomes: list[int | Versioned | None] = [None] * len(given)
        for place, outcome in zip(order, found, strict=True):
            outcomes[place] = outcome
        return outcomes

    async def _found(
        self, given: Sequence[Write], versions: set[int], now: float
    ) -> list[int | Versioned | None]:
        """What came of writes of which some were refused: `versions` are those of the others."""
        rows = await self._run(statement(GET_MANY, keys=text_array(key for key, _, _ in given), now=now))
        stored = {key: Versioned(*row) for key, *row in rows}
        found = [stored.get(key) for key, _, _ in given]
        return [one.version if one is not None and one.version in versions else one for one in found]

    async def _delete(self, key: str, replaces: int, now: float, fence: Fence | None) -> bool:
        delete = fenced(DELETE, fence, now=now, key=key, replaces=replaces)
        return bool(await self._write("value", key, now, delete, fence))

    async def _lease(self, key: str, holder: str, now: float, until: float) -> int | None:
        values: dict[str, Value] = {"key": key, "holder": holder, "until": until}
        return await self._write(
            "lease", key, now, statement(LEASE, now=now, longest_s=LONGEST_LEASE_S, **values)
        )

    async def _release(self, key: str, fence: int, now: float) -> bool:
        values: dict[str, Value] = {
            "key": key,
            "fence": fence,
            "longest_s": LONGEST_LEASE_S,
            "kept_s": FENCE_KEPT_S,
        }
        return bool(await self._write("lease", key, now, statement(RELEASE, now=now, **values)))

    async def _add(self, key: str, n: int, limit: int | None, now: float, expires_at: float) -> int | None:
        values: dict[str, Value] = {"key": key, "n": n, "lim": limit, "now": now, "expires_at": expires_at}
        if n == 0:
            return first(await self._run(statement(COUNT, **values))) or 0
        count = await self._write("counter", key, now, statement(ADD if n > 0 else GIVE_BACK, **values))
        return count if n > 0 else count or 0

    async def _push(
        self, queue: str, data: bytes, limit: int | None, now: float, expires_at: float, fence: Fence | None
    ) -> int | None:
        values: dict[str, Value] = {"queue": queue, "data": data, "lim": limit, "until": expires_at}
        self._sweep_sometimes(now)
        return first(await self._run(statement(LOCK_QUEUE, **values), fenced(PUSH, fence, now=now, **values)))

    async def _take(self, queue: str, n: int, now: float) -> list[bytes]:
        rows = await self._run(statement(TAKE, queue=queue, n=n, now=now))
        return [data for _, data in sorted(rows)]

    async def _run(self, *statements: Statement) -> Rows:
        """The rows of the last statement."""
        return (await self._database.run(*statements))[-1]

    async def _write(
        self, kind: str, key: str, now: float, statement: Statement, fence: Fence | None = None
    ) -> int | None:
        """The number that a statement returns, if it returns one."""
        self._sweep_sometimes(now)
        return first(await self._database.run_together(kind, key, statement, fence[0] if fence else ""))

    def _sweep_sometimes(self, now: float, writes: int = 1) -> None:
        self._writes += writes
        if self._writes >= WRITES_BETWEEN_SWEEPS:
            most, self._writes = SWEPT_FOR_EACH * self._writes, 0
            self._aside(lambda: self._sweep(now, most))

    async def _sweep(self, now: float, most: int) -> None:
        for sql in SWEEP:
            await self._run(statement(sql, now=now, kept_s=FENCE_KEPT_S, most=most))

    def _aside(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do something that nobody waits for and whose failure does no harm."""

        async def quietly() -> None:
            with suppress(StateDown, SqlError):
                await work()

        task = asyncio.get_running_loop().create_task(quietly())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _notify(self, key: str) -> None:
        super()._notify(key)
        loop = asyncio.get_running_loop()
        waiting = self._changed.get(loop)
        if waiting is None:
            self._changed = {other: keys for other, keys in self._changed.items() if not other.is_closed()}
            waiting = self._changed[loop] = []
        waiting.append(key)
        if len(waiting) == 1:
            self._aside(lambda: self._tell(waiting))

    async def _tell(self, keys: list[str]) -> None:
        await asyncio.sleep(TELL_EVERY_S)
        told, keys[:] = sorted({short(key) for key in keys}), []
        for start in range(0, len(told), MOST_TOLD):
            payload = " ".join(told[start : start + MOST_TOLD])
            await self._run(
                statement("SELECT pg_notify(:channel, :payload)", channel=CHANNEL, payload=payload)
            )

    @contextmanager
    def _watched(self, key: str) -> Iterator[Watch]:
        loop = asyncio.get_running_loop()
        listening = self._listening.get(loop)
        if listening is None or listening.done():
            self._listening = {
                other: task for other, task in self._listening.items() if not other.is_closed()
            }
            self._listening[loop] = loop.create_task(self._listen())
        with super()._watched(key) as watch:
            yield watch

    async def _listen(self) -> None:
        """Hear what other processes changed, until the loop ends; not where a pooler stands in between."""
        while not self._database.pooled:
            with suppress(StateDown, psycopg.Error):
                async with await self._database.connect() as connection:
                    if self._database.pooled:
                        return
                    await connection.execute(f"LISTEN {CHANNEL}")
                    async for notice in connection.notifies():
                        self._heard(set(notice.payload.split()))
            await asyncio.sleep(LISTEN_AGAIN_S)

    def _heard(self, names: set[str]) -> None:
        with self._watching:
            keys = [key for key in self._watches if short(key) in names]
        for key in keys:
            super()._notify(key)


def first(rows: Rows) -> int | None:
    """The first column of the only row, if there is one."""
    return rows[0][0] if rows else None


def lock_leases(keys: Sequence[str]) -> Statement:
    """Locks the leases whose fences the next statements look at, so that nobody is granted one meanwhile."""
    return statement(LOCK_LEASES, keys=text_array(keys))


def fenced(sql: str, fence: Fence | None, **values: Value) -> Statement:
    """A write that is made only while `fence` is the newest grant of its lease."""
    if fence is None:
        return statement(NO_FENCE + sql, **values)
    return statement(FENCE + sql, lease=fence[0], fence=fence[1], kept_s=FENCE_KEPT_S, **values)


@lru_cache(maxsize=10_000)
def short(key: str) -> str:
    """16 characters that stand for a key in a message to those who wait."""
    return blake2b(key.encode(), digest_size=8).hexdigest()
