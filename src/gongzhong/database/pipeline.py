"""One PostgreSQL connection in pipeline mode: statements of many tasks under way at once, each its own transaction.

psycopg makes the connection; from then on this module moves the bytes by `psycopg.pq`, libpq's own functions. A unit is
one or several statements and a sync point: they succeed or fail together, and each sees what was committed before it
began. Statements are never prepared by name, so a PgBouncer in transaction mode may stand in between.
"""

from __future__ import annotations

import asyncio
import struct
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from psycopg import AsyncConnection
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn, PGresult

from ..errors import StateDown

Value: TypeAlias = str | bytes | int | float | bool | None
Statement: TypeAlias = tuple[bytes, Sequence[Value]]
Rows: TypeAlias = list[tuple[Any, ...]]

BOOL, BYTES, INT, SHORT, FLOAT, TEXT = 16, 17, 20, 23, 701, 25
"""PostgreSQL's numbers of the types that go over the wire here: bool, bytea, int8, int4, float8, text."""

READERS: Final[dict[int, Callable[[bytes], Any]]] = {
    BOOL: lambda raw: raw == b"\x01",
    BYTES: bytes,
    INT: lambda raw: struct.unpack("!q", raw)[0],
    SHORT: lambda raw: struct.unpack("!i", raw)[0],
    FLOAT: lambda raw: struct.unpack("!d", raw)[0],
    TEXT: lambda raw: bytes(raw).decode(),
}
GONE: Final = ("57P", "08", "53", "57014", "55P03", "40", "25006", "25P0")
"""SQLSTATEs (beginnings) of a server that stops, is full, read-only or too slow: not the statement's fault."""


class SqlError(Exception):
    """PostgreSQL refused a statement. `state` is its SQLSTATE; the text names no values."""

    def __init__(self, state: str, message: str) -> None:
        super().__init__(f"{message} [{state}]")
        self.state = state


@dataclass(slots=True, eq=False)
class Unit:
    """Statements on their way, and the task that waits for them."""

    answer: asyncio.Future[list[Rows]]
    results: list[PGresult] = field(default_factory=list)


class Pipeline:
    """A connection that belongs to one event loop. `ended` is called once when it is lost or closed."""

    def __init__(self, connection: AsyncConnection[Any], ended: Callable[[Pipeline], None]) -> None:
        self._connection = connection
        self._ended = ended
        self._loop = asyncio.get_running_loop()
        self._pgconn: PGconn = connection.pgconn
        self._pgconn.nonblocking = 1
        self._pgconn.enter_pipeline_mode()
        self._socket = self._pgconn.socket
        self._units: deque[Unit] = deque()
        self._writing = False
        self.closed = False
        self.heard_at = self._loop.time()
        """When the server last said something, or the pipeline was last empty."""
        self._loop.add_reader(self._socket, self._read)

    def __len__(self) -> int:
        """How many units are on their way."""
        return len(self._units)

    async def run(self, statements: Sequence[Statement]) -> list[Rows]:
        """Carry out statements as one transaction; gives the rows of each. Raises SqlError or StateDown."""
        unit = Unit(self._loop.create_future())
        try:
            for sql, values in statements:
                self._send(sql, values)
            self._pgconn.pipeline_sync()
            if not self._units:
                self.heard_at = self._loop.time()
            self._units.append(unit)
            self._flush()
        except Exception as problem:
            self.close(lost(problem))
            raise lost(problem) from None
        return await unit.answer

    def close(self, reason: StateDown | None = None) -> None:
        """Give the connection up; whoever waits gets StateDown."""
        if self.closed:
            return
        self.closed = True
        if not self._loop.is_closed():
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)
        self._pgconn.finish()
        units, self._units = self._units, deque()
        for unit in units:
            if not unit.answer.done() and not self._loop.is_closed():
                unit.answer.set_exception(reason or lost(None))
        self._ended(self)

    def _send(self, sql: bytes, values: Sequence[Value]) -> None:
        kinds = [kind(value) for value in values]
        self._pgconn.send_query_params(
            sql,
            [wire(value) for value in values],
            param_types=kinds,
            param_formats=[int(kind == BYTES) for kind in kinds],
            result_format=1,
        )

    def _flush(self) -> None:
        unsent = self._pgconn.flush()
        if unsent and not self._writing:
            self._writing = True
            self._loop.add_writer(self._socket, self._write)
        elif not unsent and self._writing:
            self._writing = False
            self._loop.remove_writer(self._socket)

    def _write(self) -> None:
        try:
            self._flush()
        except Exception as problem:
            self.close(lost(problem))

    def _read(self) -> None:
        try:
            self._pgconn.consume_input()
            self.heard_at = self._loop.time()
            self._take_results()
            while self._pgconn.notifies():
                pass
            self._flush()
        except Exception as problem:
            self.close(lost(problem))

    def _take_results(self) -> None:
        ends = 0
        while ends < 2 and not self._pgconn.is_busy():
            result = self._pgconn.get_result()
            if result is None:  # the end of one statement; twice: nothing more has come
                ends += 1
                continue
            ends = 0
            if result.status == ExecStatus.PIPELINE_SYNC:
                settle(self._units[0])
                self._units.popleft()
            else:
                self._units[0].results.append(result)


def settle(unit: Unit) -> None:
    """Give the rows, or the first error, to whoever waits."""
    if unit.answer.done():
        return
    for result in unit.results:
        if result.status not in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
            unit.answer.set_exception(refusal(result))
            return
    unit.answer.set_result([rows(result) for result in unit.results])


def rows(result: PGresult) -> Rows:
    readers = [READERS.get(result.ftype(column), bytes) for column in range(result.nfields)]
    return [
        tuple(
            None if (raw := result.get_value(row, column)) is None else read(raw)
            for column, read in enumerate(readers)
        )
        for row in range(result.ntuples)
    ]


def refusal(result: PGresult) -> SqlError | StateDown:
    """What the server's error means; its detail, which may hold values, is left out."""
    state = (result.error_field(67) or b"").decode()
    message = (result.error_field(77) or b"").decode(errors="replace")
    if state.startswith(GONE):
        return StateDown(f"PostgreSQL 没有执行（{state}）", f"PostgreSQL did not carry it out ({state})")
    return SqlError(state, "a value is out of range or malformed" if state.startswith("22") else message)


def kind(value: Value) -> int:
    match value:
        case bool():
            return BOOL
        case int():
            return INT
        case float():
            return FLOAT
        case bytes():
            return BYTES
        case _:
            return TEXT if value is not None else 0


def wire(value: Value) -> bytes | None:
    match value:
        case None | bytes():
            return value
        case bool():
            return b"t" if value else b"f"
        case _:
            return str(value).encode()


def lost(problem: Exception | None) -> StateDown:
    """The connection is gone; what libpq says about it can hold addresses, so only its kind is told."""
    name = f"（{type(problem).__name__}）" if problem else ""
    name_en = f" ({type(problem).__name__})" if problem else ""
    return StateDown(f"与 PostgreSQL 的连接中断{name}", f"the connection to PostgreSQL was lost{name_en}")
