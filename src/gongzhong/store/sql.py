"""The table of work in SQLite or PostgreSQL: the same statements for both, each operation one transaction.

In PostgreSQL rows are taken with SKIP LOCKED, so that hosts do not wait for each other; in SQLite one transaction at a
time writes anyway.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ..clock import Clock
from ..database import SqliteDatabase
from ..database.statements import Row, Statements, text_array
from .work import Count, Health, NewWork, Stage, Work

if TYPE_CHECKING:
    from ..database.postgres import PostgresDatabase

Values: TypeAlias = dict[str, Any]

COLUMNS: Final = "id, account, kind, line, key, data, stage, due, attempts, fence, holder, reason, created_at"

ADD = f"""
INSERT INTO work (account, kind, line, key, data, stage, due, attempts, fence, holder, reason, created_at)
SELECT :account, :kind, :line, :key, :data, :stage, :due, :attempts, :fence, :holder, '', :now WHERE {{condition}}
ON CONFLICT (account, kind, key) WHERE key <> '' DO NOTHING RETURNING {COLUMNS}
"""

OVERDUE = """
SELECT account, line FROM work
WHERE account {accounts} AND kind {kinds} AND stage <> 'dead' AND due <= :now AND line <> ''
GROUP BY account, line ORDER BY min(due), min(id) LIMIT :n
"""

TAKE_LINE = f"""
UPDATE work SET stage = 'running', holder = :holder, due = :until, fence = fence + 1,
    attempts = attempts + CASE WHEN holder = :holder THEN 0 ELSE 1 END
WHERE account = :account AND kind = :kind AND line = :line AND stage <> 'dead' RETURNING {COLUMNS}
"""

TAKE = f"""
WITH found AS MATERIALIZED (
    SELECT id FROM work AS w WHERE account = :account AND kind = :kind AND stage <> 'dead' AND due <= :now
    AND (line = '' OR NOT EXISTS (
        SELECT 1 FROM work AS earlier WHERE earlier.account = w.account AND earlier.kind = w.kind
        AND earlier.line = w.line AND earlier.id < w.id AND earlier.stage <> 'dead'))
    ORDER BY due, id LIMIT :n {{lock}})
UPDATE work SET stage = 'running', holder = :holder, due = :until, fence = fence + 1, attempts = attempts + 1
WHERE id IN (SELECT id FROM found) RETURNING {COLUMNS}
"""
"""Materialized: as a plain subquery PostgreSQL may carry it out once for each row, and take more than `n`."""

OCCUPIED = """
SELECT DISTINCT line FROM work WHERE account = :account AND stage <> 'dead' AND kind {kinds} AND line {lines}
"""

RENEW = "UPDATE work SET due = :until WHERE holder = :holder AND stage = 'running' RETURNING id"

PUT_BACK = """
UPDATE work SET stage = 'waiting', holder = '', due = :due, reason = :reason, data = coalesce(:data, data)
WHERE id = :id AND fence = :held AND stage = 'running' RETURNING id
"""

BURY = """
UPDATE work SET stage = 'dead', holder = '', reason = :reason
WHERE id = :id AND fence = :held AND stage = 'running' RETURNING id
"""

SHOW = f"""
SELECT {COLUMNS} FROM work WHERE id > :after AND (:account = '' OR account = :account)
AND (:kind = '' OR kind = :kind) AND (:stage = '' OR stage = :stage) ORDER BY id LIMIT :lim
"""

IN_LINE = f"""
SELECT {COLUMNS} FROM work WHERE account = :account AND kind = :kind AND line = :line AND stage <> 'dead' ORDER BY id
"""

REPLAY = "UPDATE work SET stage = 'waiting', attempts = 0, due = :due WHERE id = :id AND stage = 'dead' RETURNING id"

DELETE = "DELETE FROM work WHERE id = :id AND stage = 'dead' RETURNING id"

COUNTS = "SELECT account, kind, stage, count(*), min(created_at) FROM work GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"

HEALTH = """
SELECT count(CASE WHEN stage = 'dead' THEN 1 END), min(CASE WHEN stage <> 'dead' AND due <= :now THEN due END)
FROM work WHERE stage = 'dead' OR due <= :now
"""

POSTGRES_HEALTH = """
SELECT
    (SELECT max(extract(epoch FROM clock_timestamp() - xact_start))::float8 FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid()),
    (SELECT sum(n_dead_tup)::bigint FROM pg_stat_user_tables WHERE schemaname = current_schema())
"""


class SqlWork:
    """`WorkStore` in a database. Its tables are made by `migrate.upgrade`."""

    def __init__(self, database: SqliteDatabase | PostgresDatabase, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self._statements = Statements(database)

    async def add(
        self, account: str, items: Sequence[NewWork], *, holder: str = "", seconds: float = 0.0
    ) -> list[Work]:
        rows = await self._statements.run(*(self._added(account, item, holder, seconds) for item in items))
        return [_work(row) for row in rows]

    async def take(self, account: str, kind: str, holder: str, n: int, seconds: float) -> list[Work]:
        now = self.clock.now()
        values = {
            "account": account,
            "kind": kind,
            "holder": holder,
            "n": n,
            "now": now,
            "until": now + seconds,
        }
        rows = await self._statements.run((TAKE.format(lock=self._lock("SKIP LOCKED")), values))
        return sorted((_work(row) for row in rows), key=lambda work: work.id)

    async def renew(self, holder: str, seconds: float) -> set[int]:
        rows = await self._statements.run((RENEW, {"holder": holder, "until": self.clock.now() + seconds}))
        return {row[0] for row in rows}

    async def finish(self, work: Work, then: Sequence[NewWork] = ()) -> bool:
        return await self.settle([work], work.account, then)

    async def overdue(self, accounts: Sequence[str], kinds: Sequence[str], n: int) -> list[tuple[str, str]]:
        if self._statements.takes_locks:
            sql = OVERDUE.format(accounts="= ANY (:accounts::text[])", kinds="= ANY (:kinds::text[])")
            given = {"accounts": text_array(accounts), "kinds": text_array(kinds)}
        else:
            listed = "IN (SELECT value FROM json_each(:{}))"
            sql = OVERDUE.format(accounts=listed.format("accounts"), kinds=listed.format("kinds"))
            given = {"accounts": json.dumps(list(accounts)), "kinds": json.dumps(list(kinds))}
        return [
            (row[0], row[1]) for row in await self._statements.read(sql, now=self.clock.now(), n=n, **given)
        ]

    async def take_line(
        self, account: str, kinds: Sequence[str], line: str, holder: str, seconds: float
    ) -> list[Work]:
        values = {"account": account, "line": line, "holder": holder, "until": self.clock.now() + seconds}
        rows = await self._statements.run(*((TAKE_LINE, {**values, "kind": kind}) for kind in kinds))
        return sorted((_work(row) for row in rows), key=lambda work: work.id)

    async def occupied(self, account: str, kinds: Sequence[str], lines: Sequence[str]) -> set[str]:
        if self._statements.takes_locks:
            sql = OCCUPIED.format(kinds="= ANY (:kinds::text[])", lines="= ANY (:lines::text[])")
            given = {"kinds": text_array(kinds), "lines": text_array(lines)}
        else:
            sql = OCCUPIED.format(
                kinds="IN (SELECT value FROM json_each(:kinds))",
                lines="IN (SELECT value FROM json_each(:lines))",
            )
            given = {"kinds": json.dumps(kinds), "lines": json.dumps(lines)}
        return {row[0] for row in await self._statements.read(sql, account=account, **given)}

    async def settle(self, done: Sequence[Work], account: str, then: Sequence[NewWork] = ()) -> bool:
        held, all_held, values = _held(done)
        steps: list[tuple[str, Values]] = []
        if done and then and self._statements.takes_locks:  # nobody takes them before this transaction ends
            steps.append((f"SELECT 1 FROM work WHERE {held} ORDER BY id FOR UPDATE", values))
        for item in then:
            sql, added = self._added(account, item, "", 0.0, condition=all_held)
            steps.append((sql, {**added, **values}))
        if done:
            steps.append((f"DELETE FROM work WHERE ({held}) AND {all_held} RETURNING id", values))
        results = await self._statements.each(*steps)
        return not done or bool(results[-1])

    async def put_back(self, work: Work, reason: str, *, due: float = 0.0, data: bytes | None = None) -> bool:
        values = {"id": work.id, "held": work.fence, "reason": reason, "data": data}
        return bool(await self._statements.run((PUT_BACK, {**values, "due": due or self.clock.now()})))

    async def bury(self, work: Work, reason: str) -> bool:
        return bool(await self._statements.run((BURY, {"id": work.id, "held": work.fence, "reason": reason})))

    async def show(
        self,
        account: str = "",
        kind: str = "",
        stage: Stage | None = None,
        *,
        after: int = 0,
        limit: int = 100,
    ) -> list[Work]:
        values = {"account": account, "kind": kind, "stage": stage.value if stage else ""}
        return [
            _work(row) for row in await self._statements.run((SHOW, {**values, "after": after, "lim": limit}))
        ]

    async def in_line(self, account: str, kind: str, line: str) -> list[Work]:
        rows = await self._statements.run((IN_LINE, {"account": account, "kind": kind, "line": line}))
        return [_work(row) for row in rows]

    async def replay(self, ids: Sequence[int], *, every_s: float = 0.0) -> int:
        now = self.clock.now()
        steps = [(REPLAY, {"id": number, "due": now + place * every_s}) for place, number in enumerate(ids)]
        return len(await self._statements.run(*steps))

    async def delete(self, ids: Sequence[int]) -> int:
        return len(await self._statements.run(*((DELETE, {"id": number}) for number in ids)))

    async def counts(self) -> list[Count]:
        rows = await self._statements.run((COUNTS, {}))
        return [
            Count(account, kind, Stage(stage), number, oldest)
            for account, kind, stage, number, oldest in rows
        ]

    async def health(self) -> Health:
        now = self.clock.now()
        [(dead, oldest)] = await self._statements.run((HEALTH, {"now": now}))
        waited = 0.0 if oldest is None else now - oldest
        if not self._statements.takes_locks:
            return Health(dead=dead, oldest_due_s=waited)
        [(transaction_s, dead_rows)] = await self._statements.run((POSTGRES_HEALTH, {}))
        return Health(
            dead=dead,
            oldest_due_s=waited,
            oldest_transaction_s=transaction_s or 0.0,
            dead_rows=dead_rows or 0,
        )

    async def close(self) -> None:
        await self._statements.close()

    def _added(
        self, account: str, item: NewWork, holder: str, seconds: float, condition: str = "1 = 1"
    ) -> tuple[str, Values]:
        now = self.clock.now()
        values: Values = {"account": account, "kind": item.kind, "line": item.line, "key": item.key}
        values |= {"data": item.data, "holder": holder, "now": now}
        if holder:
            values |= {"stage": "running", "due": now + seconds, "attempts": 1, "fence": 1}
        else:
            values |= {"stage": "waiting", "due": item.due or now, "attempts": 0, "fence": 0}
        return ADD.format(condition=condition), values

    def _lock(self, how: str = "") -> str:
        return f" FOR UPDATE {how}" if self._statements.takes_locks else ""


def _held(done: Sequence[Work]) -> tuple[str, str, Values]:
    """Which rows the caller's takes are the newest of; whether that is so for all; and the values of both."""
    places = range(len(done))
    held = " OR ".join(f"(id = :id{n} AND fence = :held{n} AND stage = 'running')" for n in places)
    values = {f"id{n}": work.id for n, work in enumerate(done)}
    values |= {f"held{n}": work.fence for n, work in enumerate(done)}
    if not done:
        return "", "1 = 1", {}
    return held, f"(SELECT count(*) FROM work WHERE {held}) = {len(done)}", values


def _work(row: Row) -> Work:
    number, account, kind, line, key, data, stage, *rest = row
    due, attempts, fence, holder, reason, created_at = rest
    return Work(
        id=number,
        account=account,
        kind=kind,
        line=line,
        key=key,
        data=data,
        stage=Stage(stage),
        due=due,
        attempts=attempts,
        fence=fence,
        holder=holder,
        reason=reason,
        created_at=created_at,
    )
