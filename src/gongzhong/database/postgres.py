"""PostgreSQL 14 and newer by psycopg 3: a few pipelined connections for each event loop, made again when lost.

Behind a PgBouncer in transaction mode it works too: nothing is prepared by name, nothing is kept in a session, and
LISTEN is used only where the server itself answers.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import psycopg
from psycopg import AsyncConnection

from ..errors import StateDown
from .pipeline import Pipeline, Rows, SqlError, Statement
from .url import DatabaseUrl

CONNECTIONS: Final = 3
"""Of each event loop, at most."""
BUSY_FROM: Final = 8
"""Statements under way on every connection before another one is opened."""
LARGEST_GROUP: Final = 200
"""Statements in one transaction at most."""
CONNECT_WITHIN_S: Final = 5
AGAIN_AFTER_S: Final = 0.25
"""After a failed attempt to connect, how long everybody gets its error at once."""
STUCK_AFTER_S: Final = 1.5
"""A connection that says nothing for so long, though asked, is given up when a caller gives up."""
SETUP_ONE_BY_ONE: Final = 7061501
"""The advisory lock of a setup: CREATE … IF NOT EXISTS of two processes at once can fail in PostgreSQL."""
IS_MADE: Final = b"SELECT to_regclass($1) IS NOT NULL"
OPTIONS: Final = (
    "-c statement_timeout=10000 -c lock_timeout=1500 -c idle_in_transaction_session_timeout=10000 -c jit=off"
)
"""Limits in milliseconds, set where the server takes them at the start of a connection."""


class PostgresDatabase:
    """One database. May be used from several event loops and after a fork.

    `setup` (statements that may be repeated: CREATE … IF NOT EXISTS; of constants alone) runs at the first connection
    of a process, unless the table that `last_made` names is there already.
    """

    def __init__(
        self,
        url: DatabaseUrl,
        setup: Sequence[bytes] = (),
        *,
        last_made: str = "",
        connections: int = CONNECTIONS,
        lock_first: Callable[[Sequence[str]], Statement] | None = None,
    ) -> None:
        self.url = url
        self.setup = tuple(setup)
        self.last_made = last_made
        self.lock_first = lock_first
        """Makes the statement that begins a group and locks what its members name by `locks`, in their order."""
        self.connections = connections
        self.is_set_up = False
        self.pooled: bool | None = None
        """Whether a pooler stands in between; None: not connected yet."""
        self.takes_options = True
        self._closed = False
        self._after_fork()

    def _after_fork(self) -> None:
        """Begin anew. The parent's connections stay referenced, so that nothing ends them from here."""
        self._pid = os.getpid()
        self._parents = [*getattr(self, "_parents", ()), *getattr(self, "_lanes", {}).items()]
        self._lanes: dict[asyncio.AbstractEventLoop, Lanes] = {}

    def __repr__(self) -> str:
        return f"PostgresDatabase({self.url.place!r})"

    async def run(self, *statements: Statement) -> list[Rows]:
        """Carry out statements as one transaction; gives the rows of each.

        Raises StateDown when the server cannot be reached, SqlError when it refuses a statement. Cancelling does not
        undo what is on its way.
        """
        return await self._here().run(statements)

    async def run_together(self, kind: str, key: str, statement: Statement, locks: str = "") -> Rows:
        """The same for one statement, committed together with others of its kind: one flush to the disk for all.

        Statements of a kind lock one row each, that of `key`, in one table whose keys are ordered by "C"; they are
        carried out in the order of their keys, so groups never wait for each other in a circle. What a statement needs
        locked in another table before says `locks`: see `lock_first`. An error of one is an error of its whole group.
        """
        return await self._here().run_together(kind, Gathered(key, statement, locks))

    async def connect(self) -> AsyncConnection[Any]:
        """A connection of the caller's own (autocommit), for LISTEN, COPY and longer transactions."""
        address = self.url.address.reveal()
        more: dict[str, Any] = {"options": OPTIONS} if self.takes_options else {}
        try:
            connection = await AsyncConnection.connect(
                address,
                autocommit=True,
                prepare_threshold=None,
                connect_timeout=CONNECT_WITHIN_S,
                application_name="gongzhong",
                **more,
            )
        except psycopg.OperationalError as problem:
            if more and "unsupported startup parameter" in str(problem):
                self.takes_options = False
                return await self.connect()
            raise self._unreachable(problem) from None
        if self.pooled is None:
            cursor = await connection.execute("SELECT pg_backend_pid()")
            row = await cursor.fetchone()
            self.pooled = row is None or row[0] != connection.info.backend_pid
        return connection

    async def close(self) -> None:
        """Close the connections of this loop at once, those of loops that ended too. Later calls raise StateDown."""
        self._closed = True
        if self._pid != os.getpid():
            return
        here = asyncio.get_running_loop()
        for loop, lanes in list(self._lanes.items()):
            if loop is here or not loop.is_running():
                lanes.close()
            else:
                with suppress(RuntimeError):
                    loop.call_soon_threadsafe(lanes.close)

    def _here(self) -> Lanes:
        if self._pid != os.getpid():
            self._after_fork()
        if self._closed:
            raise closed()
        loop = asyncio.get_running_loop()
        lanes = self._lanes.get(loop)
        if lanes is None:
            for ended in [other for other in list(self._lanes) if other.is_closed()]:
                self._lanes.pop(ended).close()
            lanes = self._lanes[loop] = Lanes(self)
        return lanes

    def _unreachable(self, problem: psycopg.Error) -> StateDown:
        state = problem.sqlstate or ""
        zh, en = REASONS.get(state[:2], ("", ""))
        return StateDown(
            f"连不上 {self.url.place}{zh}",
            f"{self.url.place} cannot be reached{en}",
            fix_zh="检查 PostgreSQL 是否在运行、地址和密码是否正确、连接数是否用完",
            fix_en="check that PostgreSQL runs, that address and password are right, and that connections are left",
        )


REASONS: Final = {
    "28": ("：用户名或密码被拒绝", ": user or password were refused"),
    "3D": ("：没有这个数据库", ": there is no such database"),
    "53": ("：连接数已用完", ": no connection is left"),
    "57": ("：正在启动或停止", ": it is starting or stopping"),
}


@dataclass(slots=True, eq=False)
class Gathered:
    """A statement that waits for its group, and the task that waits for its rows."""

    key: str
    statement: Statement
    locks: str
    answer: asyncio.Future[Rows] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Lanes:
    """The connections of one event loop."""

    def __init__(self, database: PostgresDatabase) -> None:
        self._database = database
        self._loop = asyncio.get_running_loop()
        self._open: list[Pipeline] = []
        self._opening: asyncio.Task[Pipeline] | None = None
        self._failure: StateDown | None = None
        self._failed_at = 0.0
        self._closed = False
        self._gathered: dict[str, deque[Gathered]] = {}
        self._groups: set[asyncio.Task[None]] = set()

    async def run_together(self, kind: str, member: Gathered) -> Rows:
        gathered = self._gathered.get(kind)
        if gathered is not None:  # a group of this kind is under way: the next one takes this along
            gathered.append(member)
        else:
            self._gathered[kind] = deque([member])
            task = self._loop.create_task(self._run_groups(kind))
            self._groups.add(task)
            task.add_done_callback(self._groups.discard)
        return await member.answer

    async def _run_groups(self, kind: str) -> None:
        """One group after the other, until nothing of this kind is left."""
        gathered = self._gathered[kind]
        try:
            while gathered:
                taken = [gathered.popleft() for _ in range(min(len(gathered), LARGEST_GROUP))]
                group = sorted(
                    (member for member in taken if not member.answer.done()), key=lambda one: one.key
                )
                if group:
                    await self._run_group(group)
        finally:
            del self._gathered[kind]
            for member in gathered:
                if not member.answer.done():
                    member.answer.set_exception(closed())

    async def _run_group(self, group: Sequence[Gathered]) -> None:
        locks = sorted({member.locks for member in group if member.locks})
        before = [self._database.lock_first(locks)] if locks and self._database.lock_first else []
        try:
            results = await self.run([*before, *(member.statement for member in group)])
        except BaseException as problem:
            for member in group:
                if not member.answer.done():
                    member.answer.set_exception(
                        problem if isinstance(problem, SqlError) else another(problem)
                    )
            if isinstance(problem, StateDown | SqlError):
                return
            raise
        for member, rows in zip(group, results[len(before) :], strict=True):
            if not member.answer.done():
                member.answer.set_result(rows)

    async def run(self, statements: Sequence[Statement]) -> list[Rows]:
        pipeline = min(self._open, key=len, default=None)
        if pipeline is None:
            pipeline = await self._once_open(self._open_another())
        elif len(pipeline) >= BUSY_FROM and len(self._open) < self._database.connections:
            with suppress(StateDown):  # what is there goes on serving
                self._open_another()
        try:
            return await pipeline.run(statements)
        except asyncio.CancelledError:
            if self._loop.time() - pipeline.heard_at > STUCK_AFTER_S:
                pipeline.close()
            raise

    async def _once_open(self, opening: asyncio.Task[Pipeline]) -> Pipeline:
        """Wait for the one attempt to connect, whose failure is everybody's."""
        await asyncio.wait({opening})
        if opening.cancelled():
            raise closed()
        problem = opening.exception()
        if isinstance(problem, StateDown):
            raise another(problem)
        return opening.result()

    def close(self) -> None:
        self._closed = True
        if self._opening is not None:
            self._opening.cancel()
        for pipeline in list(self._open):
            pipeline.close()

    def _open_another(self) -> asyncio.Task[Pipeline]:
        if self._opening is None:
            if self._failure is not None and self._loop.time() < self._failed_at + AGAIN_AFTER_S:
                raise another(self._failure)
            self._opening = self._loop.create_task(self._connected())
            self._opening.add_done_callback(self._opened)
        return self._opening

    async def _connected(self) -> Pipeline:
        connection = await self._database.connect()
        pipeline = Pipeline(connection, self._forget)
        try:
            await self._set_up(pipeline)
        except BaseException:
            pipeline.close()
            raise
        self._open.append(pipeline)
        return pipeline

    async def _set_up(self, pipeline: Pipeline) -> None:
        database = self._database
        if database.setup and not database.is_set_up:
            [[(made,)]] = await pipeline.run([(IS_MADE, (database.last_made,))])
            if not made:
                await pipeline.run([set_up_once(database.setup, database.last_made)])
            database.is_set_up = True

    def _opened(self, task: asyncio.Task[Pipeline]) -> None:
        self._opening = None
        if task.cancelled():
            return
        problem = task.exception()
        if problem is None:
            self._failure = None
            if self._closed:
                task.result().close()
        elif isinstance(problem, StateDown):
            self._failure, self._failed_at = problem, self._loop.time()

    def _forget(self, pipeline: Pipeline) -> None:
        if pipeline in self._open:
            self._open.remove(pipeline)


def set_up_once(setup: Sequence[bytes], last_made: str) -> Statement:
    """Makes the tables unless another process made them while this one waited for the lock.

    To repeat CREATE INDEX IF NOT EXISTS locks a table that others write already: a deadlock of three (40P01).
    """
    body = ";\n".join(sql.decode() for sql in setup)
    return (
        f"""
    DO $setup$ BEGIN
    PERFORM pg_advisory_xact_lock({SETUP_ONE_BY_ONE});
    IF to_regclass('{last_made}') IS NULL THEN
    {body};
    END IF;
    END $setup$""".encode(),
        (),
    )


def closed() -> StateDown:
    return StateDown("数据库已关闭", "the database was closed")


def another(problem: BaseException) -> StateDown:
    """The same error again, for somebody else."""
    return problem.again() if isinstance(problem, StateDown) else closed()
