"""Statements with named values (`:name`) that mean the same to SQLite and PostgreSQL, and a runner for both."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from .sqlite import SqliteDatabase

if TYPE_CHECKING:
    from .pipeline import Statement, Value
    from .postgres import PostgresDatabase
    from .url import DatabaseUrl

Row: TypeAlias = tuple[Any, ...]
Step: TypeAlias = tuple[str, Mapping[str, Any]]
"""SQL and its values; values that it does not name are left out."""

SERVER_TIME: Final = "SELECT extract(epoch FROM clock_timestamp())::float8"
NAMED: Final = re.compile(r"(?<!:):([a-z_][a-z_0-9]*)")


@cache
def numbered(sql: str) -> tuple[bytes, tuple[str, ...]]:
    """SQL with `:name` → SQL with `$1`, and the names in that order."""
    names = tuple(dict.fromkeys(NAMED.findall(sql)))
    return NAMED.sub(lambda match: f"${names.index(match[1]) + 1}", sql).strip().encode(), names


def statement(sql: str, **values: Value) -> Statement:
    """A statement for the pipeline; values that it does not name are left out."""
    text, names = numbered(sql)
    return text, [values[name] for name in names]


def text_array(texts: Iterable[str]) -> str:
    """A list as PostgreSQL reads a text[]."""
    quoted = (text.replace("\\", "\\\\").replace('"', '\\"') for text in texts)
    return "{" + ",".join(f'"{text}"' for text in quoted) + "}"


def open_database(url: DatabaseUrl) -> SqliteDatabase | PostgresDatabase:
    """The database of an address. Nothing is connected before the first statement."""
    if url.kind == "sqlite":
        return SqliteDatabase(url.path)
    from .postgres import PostgresDatabase  # psycopg is an extra

    return PostgresDatabase(url)


class Statements:
    """Runs steps in a database of either kind. Raises StateDown when it cannot be reached."""

    def __init__(self, database: SqliteDatabase | PostgresDatabase) -> None:
        self._database = database
        self.takes_locks = not isinstance(database, SqliteDatabase)
        """Whether rows are locked (`FOR UPDATE`); in SQLite one transaction at a time writes."""

    async def run(self, *steps: Step) -> list[Row]:
        """Carry out statements as one transaction; gives the rows of all."""
        return [row for rows in await self.each(*steps) for row in rows]

    async def each(self, *steps: Step) -> list[list[Row]]:
        """The same; the rows of each."""
        if not steps:
            return []
        if not isinstance(self._database, SqliteDatabase):
            return await self._database.run(*(statement(sql, **values) for sql, values in steps))

        def work(db: sqlite3.Connection) -> list[list[Row]]:
            return [db.execute(sql, values).fetchall() for sql, values in steps]

        return await self._database.write(work, steps=len(steps))

    async def server_time(self) -> float | None:
        """The clock of the database server in unix seconds; None for SQLite, which has this machine's."""
        if isinstance(self._database, SqliteDatabase):
            return None
        return float((await self._database.run(statement(SERVER_TIME)))[0][0][0])

    async def read(self, sql: str, **values: Value) -> list[Row]:
        """The rows of a statement that only reads; it never waits for those that write."""
        if not isinstance(self._database, SqliteDatabase):
            return (await self._database.run(statement(sql, **values)))[0]
        return await self._database.read(lambda db: db.execute(sql, values).fetchall())

    async def run_many(self, sql: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Carry out a statement without result once for each row, as one transaction."""
        if not rows:
            return
        if not isinstance(self._database, SqliteDatabase):
            await self._database.run(*(statement(sql, **values) for values in rows))
            return

        def work(db: sqlite3.Connection) -> None:
            db.executemany(sql, rows)

        await self._database.write(work, steps=len(rows))

    async def close(self) -> None:
        await self._database.close()
