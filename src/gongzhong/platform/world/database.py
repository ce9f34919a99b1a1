"""The platform's tables: in one SQLite file, or in memory.

All state of the platform is in these tables, so that a restart changes nothing and a snapshot is a copy of one
file. One thread uses the connection; statements commit by themselves unless `transaction` joins them.

Two processes on one data directory would overwrite each other's numbers, tokens and jobs: the first holds a lock of the
operating system on an open file, which ends with the process, however that ends.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import sys
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Any, Final

from ...errors import SetupError
from ...reasons import in_words
from .refusal import BadInput, half_character
from .tables import SCHEMA

MEMORY = ":memory:"
FILE_NAME = "platform.sqlite3"
NEVER_TWICE = ("message", "run")
"""Counters that never go back, not even with an earlier state: a known MsgId is taken for a repetition."""
VERSION = zlib.crc32(SCHEMA.encode()) & 0x7FFFFFFF
"""Derived from the schema: a file that was written with another schema has another version."""


SameKeyTwice = sqlite3.IntegrityError
"""A row was written whose key another row has."""


class Database:
    """Runs statements over one SQLite connection. `where` is a directory for the file, or ":memory:".

    Raises SetupError for a directory that cannot be used or that another process uses, BadInput for a file of another
    version.
    """

    def __init__(self, where: str | Path = MEMORY) -> None:
        self._lock: DirectoryLock | None = None
        try:
            if str(where) == MEMORY:
                self._open(MEMORY)
            else:
                Path(where).mkdir(parents=True, exist_ok=True)
                self._lock = DirectoryLock(Path(where))
                self._open(Path(where) / FILE_NAME)
        except (OSError, sqlite3.Error) as problem:
            self._unlock()
            zh, en = in_words(problem)
            raise SetupError(
                f"不能使用数据目录 {where}：{zh}", f"cannot use the data directory {where}: {en}"
            ) from None
        except BaseException:
            self._unlock()
            raise

    def _open(self, path: str | Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        for pragma in ("journal_mode=WAL", "synchronous=OFF", "temp_store=MEMORY", "cache_size=-65536"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._prepare()

    def _prepare(self) -> None:
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        if version == 0:
            self._connection.executescript(SCHEMA)
            self._connection.execute(f"PRAGMA user_version={VERSION}")
        elif version != VERSION:
            raise BadInput(
                f"数据目录来自其他版本（{version}），请换一个目录或删除它",
                f"the data directory was written by another version ({version}): use another one or delete it",
            )

    def _execute(self, sql: str, params: Sequence[Any]) -> sqlite3.Cursor:
        """Raises BadInput for a text that UTF-8 cannot hold: it came from Python, other ways in refuse it earlier."""
        try:
            return self._connection.execute(sql, params)
        except UnicodeEncodeError:
            raise half_character() from None

    def one(self, sql: str, *params: Any) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._execute(sql, params).fetchone()
        return row

    def value(self, sql: str, *params: Any) -> Any:
        """The first column of the first row, or None."""
        row = self._execute(sql, params).fetchone()
        return None if row is None else row[0]

    def all(self, sql: str, *params: Any) -> list[sqlite3.Row]:
        return self._execute(sql, params).fetchall()

    def column(self, sql: str, *params: Any) -> list[Any]:
        return [row[0] for row in self._execute(sql, params)]

    def run(self, sql: str, *params: Any) -> int:
        """Carry out a change; returns the number of rows it touched."""
        return self._execute(sql, params).rowcount

    def insert(self, sql: str, *params: Any) -> int:
        """Carry out an insert; returns the new row's id."""
        return self._execute(sql, params).lastrowid or 0

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        with self.transaction():
            try:
                self._connection.executemany(sql, rows)
            except UnicodeEncodeError:
                raise half_character() from None

    def next_number(self, name: str, start: int) -> int:
        """A counter that survives restarts: start, start + 1, …"""
        number: int = self.value(
            "INSERT INTO counter VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
            name,
            start,
        )
        return number

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit everything done within, or nothing. May be nested: only the outermost commits."""
        if self._connection.in_transaction:
            yield
            return
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def copy_to(self, other: sqlite3.Connection) -> None:
        """Write everything into another, empty database; this one stays in use."""
        self._connection.backup(other)

    def copy_from(self, other: sqlite3.Connection) -> None:
        """Replace all tables by those of another database. Raises BadInput, changing nothing, for other tables."""
        try:
            _require_ours(other)
        except sqlite3.DatabaseError:
            raise BadInput("快照已损坏，不能载入", "the snapshot is damaged") from None
        lasting = self._lasting()
        other.backup(self._connection)
        self._keep(lasting)

    def _lasting(self) -> list[sqlite3.Row]:
        places = ", ".join("?" * len(NEVER_TWICE))
        return self.all(f"SELECT name, value FROM counter WHERE name IN ({places})", *NEVER_TWICE)

    def _keep(self, lasting: list[sqlite3.Row]) -> None:
        for row in lasting:
            self.run(
                "INSERT INTO counter VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)",
                row["name"],
                row["value"],
            )

    def clear(self) -> None:
        """Forget everything, except the counters whose numbers must not come again."""
        lasting = self._lasting()
        tables = self.column(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        )
        with self.transaction():
            for table in tables:
                self.run(f"DELETE FROM {table}")
            self._keep(lasting)

    def close(self) -> None:
        self._connection.close()
        self._unlock()

    def _unlock(self) -> None:
        if self._lock is not None:
            self._lock.release()
            self._lock = None


def _require_ours(other: sqlite3.Connection) -> None:
    """Raises BadInput, or sqlite3.DatabaseError, for a database that this version did not write.

    A trigger or a view of a hostile file would run with our next statement, so its schema must be exactly ours. The
    check of the tables, which are STRICT, covers the types of all values.
    """
    (version,) = other.execute("PRAGMA user_version").fetchone()
    if version != VERSION:
        raise BadInput("快照来自其他版本，不能载入", "the snapshot was written by another version")
    with closing(sqlite3.connect(MEMORY)) as fresh:
        fresh.executescript(SCHEMA)
        if _schema(other) != _schema(fresh):
            raise BadInput("快照里的表不是平台的表", "the tables of the snapshot are not the platform's")
    (verdict,) = other.execute("PRAGMA integrity_check(1)").fetchone()
    if verdict != "ok":
        raise BadInput("快照已损坏，不能载入", "the snapshot is damaged")


def _schema(connection: sqlite3.Connection) -> list[tuple[str, str, str]]:
    wanted = "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite@_%' ESCAPE '@' ORDER BY type, name"
    return [(row[0], row[1], row[2]) for row in connection.execute(wanted)]


LOCK_FILE_NAME: Final = "platform.lock"
LOCKED_BYTE: Final = 1 << 20
"""Windows locks bytes, not files: one far behind the text, which must stay readable for others."""


class DirectoryLock:
    """Held from its making until `release`. Raises SetupError that names the process which has the directory."""

    def __init__(self, folder: Path) -> None:
        path = folder / LOCK_FILE_NAME
        self._file = path.open("a+", encoding="ascii")
        try:
            _take(self._file)
        except OSError:
            holder = _holder(self._file)
            self._file.close()
            named_zh = f"（进程 {holder}）" if holder else ""
            named_en = f" (process {holder})" if holder else ""
            raise SetupError(
                f"另一个平台{named_zh}正在使用数据目录 {folder}",
                f"another platform{named_en} is using the data directory {folder}",
                fix_zh="先停止它，或用 --data 指定别的目录",
                fix_en="stop it first, or choose another directory with --data",
            ) from None
        self._file.seek(0)
        self._file.truncate()
        self._file.write(f"{os.getpid()}\n")
        self._file.flush()

    def release(self) -> None:
        """Let others use the directory; the file stays."""
        with contextlib.suppress(OSError):
            self._file.truncate(0)
        self._file.close()


def _holder(file: IO[str]) -> str:
    try:
        file.seek(0)
        text = file.read(32).strip()
    except OSError:
        return ""
    return text if text.isdigit() else ""


if sys.platform == "win32":
    import msvcrt

    def _take(file: IO[str]) -> None:
        file.seek(LOCKED_BYTE)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _take(file: IO[str]) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
