"""The rows in a file of their own beside the platform's tables, so that a restart with `--data` loses none.

A thread writes what is new a few times a second, in one transaction each time; whoever records a row only appends to a
queue. A process that is killed loses the last fraction of a second: numbers then go on with a gap, so that none is
given twice. Reading opens a connection of its own and may be done from any thread.
"""

from __future__ import annotations

import logging
import secrets
import sqlite3
import threading
import zlib
from collections import deque
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

import msgspec

from ...errors import say
from ..traffic import CUT_OFF, Delivery, Exchange, Row, number_of

log = logging.getLogger("gongzhong.platform")

FILE_NAME: Final = "traffic.sqlite3"
PAUSE_S: Final = 0.15
"""Between two transactions."""
MOST_AT_ONCE: Final = 2_000
GAP: Final = 2_000
"""More rows than can be lost with a process that is killed."""
PAGE_ROWS: Final = 500
"""Rows that are read at once."""

SCHEMA: Final = """
CREATE TABLE row (number INTEGER PRIMARY KEY, is_push INTEGER NOT NULL, data BLOB NOT NULL);
CREATE TABLE line (line INTEGER PRIMARY KEY, number INTEGER NOT NULL);
CREATE TABLE attempt (seq INTEGER PRIMARY KEY, number INTEGER NOT NULL);
CREATE TABLE log (name TEXT NOT NULL, last INTEGER NOT NULL, clean INTEGER NOT NULL);
"""
VERSION: Final = zlib.crc32(SCHEMA.encode()) & 0x7FFFFFFF

_ENCODER: Final = msgspec.msgpack.Encoder()
_CALLS: Final = msgspec.msgpack.Decoder(Exchange)
_PUSHES: Final = msgspec.msgpack.Decoder(Delivery)


class RowFile:
    """The rows of one data directory, at most `most` of them. `log` names the log: another name, other numbers."""

    def __init__(self, directory: Path, most: int) -> None:
        self._path, self._most = directory / FILE_NAME, most
        self._queue: deque[Row | None] = deque()
        self._wake, self._over = threading.Event(), False
        self._connection = self._open()
        self.log, last, clean = self._connection.execute("SELECT name, last, clean FROM log").fetchone()
        highest = self._connection.execute("SELECT coalesce(max(number), 0) FROM row").fetchone()[0]
        self.last: int = max(last, highest) + (0 if clean else GAP)
        """The highest number that an earlier run may have given."""
        self._connection.execute("UPDATE log SET clean = 0, last = ?", (self.last,))
        self._thread = threading.Thread(target=self._run, name="traffic file", daemon=True)
        self._thread.start()

    def _open(self) -> sqlite3.Connection:
        connection = self._connect()
        if connection.execute("PRAGMA user_version").fetchone()[0] != VERSION:
            connection.close()
            for ending in ("", "-wal", "-shm"):
                self._path.with_name(FILE_NAME + ending).unlink(missing_ok=True)
            connection = self._connect()
            connection.executescript(SCHEMA)
            connection.execute("INSERT INTO log VALUES (?, 0, 1)", (secrets.token_hex(4),))
            connection.execute(f"PRAGMA user_version={VERSION}")
        return connection

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        for pragma in ("journal_mode=WAL", "synchronous=OFF"):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    def put(self, row: Row) -> None:
        """Keep a row as it is when it is written, in a moment."""
        self._queue.append(row)

    def clear(self) -> None:
        """Forget every row that was put before."""
        self._queue.append(None)

    def _run(self) -> None:
        while not self._over:
            self._wake.wait(PAUSE_S)
            self._write_if_possible()

    def _write_if_possible(self) -> None:
        """Write; rows for which the disk has no room are not kept, and the platform goes on."""
        try:
            self._write()
        except sqlite3.Error:
            log.warning(
                say("流量记录写不进文件", "rows of the traffic log could not be written"), exc_info=True
            )
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")

    def _write(self) -> None:
        """One transaction with what is in the queue, at most `MOST_AT_ONCE` rows."""
        rows: dict[int, Row] = {}
        forget = False
        for _ in range(min(len(self._queue), MOST_AT_ONCE)):
            row = self._queue.popleft()
            if row is None:
                forget = True
                rows.clear()
            else:
                rows[number_of(row)] = row
        if not rows and not forget:
            return
        self._connection.execute("BEGIN")
        if forget:
            for table in ("row", "line", "attempt"):
                self._connection.execute(f"DELETE FROM {table}")
        self._insert(rows)
        self._connection.execute("COMMIT")

    def _insert(self, rows: dict[int, Row]) -> None:
        many = self._connection.executemany
        values = ((number, isinstance(row, Delivery), _ENCODER.encode(row)) for number, row in rows.items())
        many("INSERT OR REPLACE INTO row VALUES (?, ?, ?)", values)
        lines = [(line, number) for number, row in rows.items() for line in row.lines]
        many("INSERT OR REPLACE INTO line VALUES (?, ?)", lines)
        attempts = [
            (entry.seq, number)
            for number, row in rows.items()
            if isinstance(row, Delivery)
            for entry in row.attempts[1:]
        ]
        many("INSERT OR REPLACE INTO attempt VALUES (?, ?)", attempts)
        if rows:
            last = max(rows)
            for table in ("row", "line", "attempt"):
                self._connection.execute(f"DELETE FROM {table} WHERE number <= ?", (last - self._most,))

    def row(self, number: int) -> Row | None:
        """The row of a number, also of a later attempt's, or None."""
        with closing(self._reader()) as reader:
            found = reader.execute("SELECT number FROM attempt WHERE seq = ?", (number,)).fetchone()
            rows = _read(reader, "number = ?", found[0] if found else number)
            return next(rows, None)

    def row_of_line(self, line: int) -> int | None:
        """The number of the row that made a chat line, or None."""
        with closing(self._reader()) as reader:
            found = reader.execute("SELECT number FROM line WHERE line = ?", (line,)).fetchone()
            return None if found is None else int(found[0])

    def before(self, number: int) -> list[Row]:
        """The rows below a number, newest first: `PAGE_ROWS` of them, fewer at the end."""
        with closing(self._reader()) as reader:
            return list(_read(reader, "number < ?", number))

    def count_below(self, number: int) -> int:
        """How many rows are below a number, those that are not written yet left out."""
        with closing(self._reader()) as reader:
            return int(reader.execute("SELECT count(*) FROM row WHERE number < ?", (number,)).fetchone()[0])

    def _reader(self) -> sqlite3.Connection:
        return sqlite3.connect(f"file:{self._path}?mode=ro", uri=True, check_same_thread=False)

    def close(self, last: int) -> None:
        """Write what is left; `last` is the highest number that was given."""
        self._over = True
        self._wake.set()
        self._thread.join()
        while self._queue:
            self._write_if_possible()
        with suppress(sqlite3.Error):
            self._connection.execute("UPDATE log SET clean = 1, last = ?", (max(last, self.last),))
        self._connection.close()


def _read(reader: sqlite3.Connection, condition: str, number: int) -> Iterator[Row]:
    sql = f"SELECT is_push, data FROM row WHERE {condition} ORDER BY number DESC LIMIT {PAGE_ROWS}"
    for is_push, data in reader.execute(sql, (number,)):
        if not is_push:
            yield _CALLS.decode(data)
            continue
        push = _PUSHES.decode(data)
        if push.verdict is None:
            push.verdict = CUT_OFF  # it was under way when the platform stopped
        yield push
