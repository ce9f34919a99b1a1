"""SQLite for several tasks, threads and processes: one thread that writes in groups, one that reads.

Whoever awaits a write queues it. The thread takes all that are queued, carries them out in one transaction (BEGIN
IMMEDIATE … COMMIT) and answers after the commit: one flush to the disk for the whole group. A write that fails leaves
the others of its group alone. Reads have a thread and a connection of their own and never wait for writes.

Before a fork both connections are closed; parent and child open their own afterwards. SQLite must not carry an open
file into a child, which would believe that it holds the parent's locks.

Written for SQLite 3.35 and newer (RETURNING, UPSERT); synchronous=FULL: what was answered survives a power cut, except
in a database whose owner can do without the last moments then (`flushes=False`).
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
import sqlite3
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from ..errors import SetupError, StateDown
from . import forks

T = TypeVar("T")
log = logging.getLogger("gongzhong.database")

OLDEST: Final = (3, 35, 0)
LARGEST_GROUP: Final = 500
"""Writes in one transaction at most, so that the first of them does not wait for long."""
LOCK_WITHIN_S: Final = 5.0
"""How long a group waits for another process's transaction."""
LOCK_PAUSE_S: Final = 0.001
"""The mean pause between two attempts; SQLite's own waiting goes up to 100 ms and starves the unlucky."""
PAGES_BEFORE_CHECKPOINT: Final = 1000

OUT_OF_REACH: Final = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_INTERRUPT,
    }
    | {
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
    }
    | {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH}
)
"""Faults of the file and its surroundings; other codes are faults of the statement."""


@dataclass(slots=True, eq=False)
class Job:
    """One piece of work, the task that awaits it and, later, its outcome."""

    work: Callable[[sqlite3.Connection], Any]
    answer: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop
    result: Any = None
    problem: BaseException | None = None


class SqliteDatabase:
    """One file. Opened at first use; may be used from several event loops and after a fork.

    `setup` (statements separated by semicolons: CREATE … IF NOT EXISTS) runs at the first opening in a process. Without
    `flushes` a commit waits for no disk: a power cut may lose the last ones, the end of a process loses nothing. With
    `secure_delete` what is deleted is overwritten with zeros in the file; `empty_log` removes it from the log. A new
    file can be read and written by its owner only, and so can its log, whose mode SQLite takes from it.
    StateDown is raised when the file cannot be opened, read or written; any other `sqlite3.Error` comes as it is.
    """

    def __init__(
        self,
        path: str | Path,
        setup: str = "",
        *,
        secure_delete: bool = False,
        flushes: bool = True,
    ) -> None:
        if sqlite3.sqlite_version_info < OLDEST:
            raise SetupError(
                f"SQLite {sqlite3.sqlite_version} 太旧，至少需要 {'.'.join(map(str, OLDEST))}",
                f"SQLite {sqlite3.sqlite_version} is too old, {'.'.join(map(str, OLDEST))} is needed",
            )
        self.path = Path(path).absolute()
        self._setup = setup
        self._secure_delete, self._flushes = secure_delete, flushes
        self._is_set_up = not setup
        self._start()
        forks.look_after(self)

    def _start(self) -> None:
        self._pid = os.getpid()
        self._setting_up = threading.Lock()
        self._writer = Worker("gongzhong-sqlite-write", self._connect, carry_out_together)
        self._reader = Worker("gongzhong-sqlite-read", self._connect, carry_out_each)

    def __repr__(self) -> str:
        return f"SqliteDatabase({str(self.path)!r})"

    async def write(self, work: Callable[[sqlite3.Connection], T], *, steps: int = 1) -> T:
        """Carry out `work` inside the next transaction; the result comes after the commit.

        With more than one writing statement say so (`steps`): they are then undone together when one fails.
        """
        self._check_process()
        return await self._writer.ask(work if steps == 1 else undone_together(work))

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Carry out `work`, which only reads. It sees all that was answered to writers before."""
        self._check_process()
        return await self._reader.ask(work)

    async def empty_log(self) -> bool:
        """Move everything from the write-ahead log to the file and cut the log to length 0.

        Whether that was possible: for LOCK_WITHIN_S another process's transaction may stand in the way.
        """
        end = time.monotonic() + LOCK_WITHIN_S
        while True:
            [busy, *_] = await self.read(lambda db: db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone())
            if not busy or time.monotonic() > end:
                return not busy
            await asyncio.sleep(random.uniform(0, 0.02))

    async def close(self) -> None:
        """Finish what is queued, then close both connections. Later calls raise StateDown."""
        for worker in (self._writer, self._reader):
            await asyncio.to_thread(worker.close)

    def _check_process(self) -> None:
        if self._pid != os.getpid():
            raise SetupError(
                "SQLite 数据库在 fork 之前已打开，而这次 fork 没有经过 Python",
                "the SQLite database was open when the process was forked by something else than Python",
                fix_zh="让每个工作进程自己加载应用，例如 uWSGI 的 lazy-apps",
                fix_en="let every worker process load the application itself, for example by uWSGI's lazy-apps",
            )

    def before_fork(self) -> None:
        """Close both connections and hold back what is queued."""
        self._resting = [worker.rest() for worker in (self._writer, self._reader)]

    def after_fork_in_parent(self) -> None:
        for worker in (self._writer, self._reader):
            worker.go_on()

    def after_fork_in_child(self) -> None:
        """Begin anew; what the parent had queued is the parent's."""
        if all(self._resting):
            self._start()

    def _connect(self) -> sqlite3.Connection:
        """A connection of this thread, with the tables made; tried again while others open the file."""
        make_private(self.path)
        try:
            return when_free(self._opened)
        except sqlite3.Error as problem:
            raise self._down(problem) from None

    def _opened(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=LOCK_WITHIN_S, isolation_level=None)
        try:
            self._prepare(connection)
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA journal_mode = WAL").fetchall()
        connection.execute(f"PRAGMA synchronous = {'FULL' if self._flushes else 'NORMAL'}").fetchall()
        connection.execute(f"PRAGMA wal_autocheckpoint = {PAGES_BEFORE_CHECKPOINT}").fetchall()
        connection.execute(f"PRAGMA secure_delete = {'ON' if self._secure_delete else 'OFF'}").fetchall()
        with self._setting_up:
            if not self._is_set_up:
                connection.executescript(f"BEGIN IMMEDIATE; {self._setup}; COMMIT")
                self._is_set_up = True
        connection.execute("PRAGMA busy_timeout = 0").fetchall()

    def _down(self, problem: sqlite3.Error) -> StateDown:
        return down(problem, self.path)


class Worker:
    """A thread with one connection. It takes all jobs that are queued and hands them to `carry_out` together."""

    def __init__(
        self,
        name: str,
        connect: Callable[[], sqlite3.Connection],
        carry_out: Callable[[sqlite3.Connection, list[Job]], None],
    ) -> None:
        self._name, self._connect, self._carry_out = name, connect, carry_out
        self._jobs: deque[Job] = deque()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._resting = False
        self._open = False

    async def ask(self, work: Callable[[sqlite3.Connection], T]) -> T:
        loop = asyncio.get_running_loop()
        job = Job(work, loop.create_future(), loop)
        with self._changed:
            if self._closed:
                raise closed()
            self._jobs.append(job)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()
            else:
                self._changed.notify_all()
        result: T = await job.answer
        return result

    def close(self) -> None:
        """Let the thread finish what is queued, and wait for its end."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join(LOCK_WITHIN_S + 1)

    def rest(self) -> bool:
        """Close the connection after the present group and keep it closed until `go_on`; whether that came about."""
        with self._changed:
            self._resting = True
            self._changed.notify_all()
            return self._changed.wait_for(lambda: not self._open, LOCK_WITHIN_S + 1)

    def go_on(self) -> None:
        with self._changed:
            self._resting = False
            self._changed.notify_all()

    def _run(self) -> None:
        while self._carry_out_until_rest():
            with self._changed:
                self._open = False
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._closed or not self._resting)

    def _carry_out_until_rest(self) -> bool:
        """Work with one connection after the other; False when the database is closed."""
        connection: sqlite3.Connection | None = None
        try:
            while jobs := self._next():
                try:
                    if connection is None:
                        connection = self._connect()
                    self._carry_out(connection, jobs)
                except BaseException as problem:
                    for job in jobs:
                        one = problem.again() if isinstance(problem, StateDown) else problem
                        job.result, job.problem = None, one
                if connection is not None and any(isinstance(job.problem, StateDown) for job in jobs):
                    connection.close()
                    connection = None
                answer(jobs)
        finally:
            if connection is not None:
                connection.close()
        return not self._closed

    def _next(self) -> list[Job]:
        """All jobs that somebody still waits for; none when the connection is to be closed."""
        with self._changed:
            while not self._resting:
                jobs: list[Job] = []
                while self._jobs and len(jobs) < LARGEST_GROUP:
                    job = self._jobs.popleft()
                    if not job.answer.cancelled():
                        jobs.append(job)
                if jobs or self._closed:
                    self._open = bool(jobs)
                    return jobs
                self._changed.wait()
            return []


def carry_out_together(connection: sqlite3.Connection, jobs: list[Job]) -> None:
    """All jobs in one transaction; what fails by itself fails alone, what spoils the transaction fails all."""
    begin(connection)
    try:
        for job in jobs:
            attempt(connection, job)
            if not connection.in_transaction:
                raise sqlite3.OperationalError("the transaction was ended by an error")
        connection.execute("COMMIT")
    except BaseException as problem:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        if isinstance(problem, sqlite3.Error):
            raise down(problem, None) from None
        raise


def carry_out_each(connection: sqlite3.Connection, jobs: list[Job]) -> None:
    """Each job by itself, without a transaction around it."""
    for job in jobs:
        attempt(connection, job)


def attempt(connection: sqlite3.Connection, job: Job) -> None:
    try:
        job.result = job.work(connection)
    except sqlite3.DatabaseError as problem:
        out_of_reach = getattr(problem, "sqlite_errorcode", 0) & 0xFF in OUT_OF_REACH
        job.problem = down(problem, None) if out_of_reach else problem
    except Exception as problem:
        job.problem = problem


def begin(connection: sqlite3.Connection) -> None:
    """Become the writer among processes. Raises StateDown after LOCK_WITHIN_S."""
    end = time.monotonic() + LOCK_WITHIN_S
    while True:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as problem:
            if not is_busy(problem) or time.monotonic() > end:
                raise down(problem, None) from None
            time.sleep(random.uniform(0, 2 * LOCK_PAUSE_S))
        else:
            return


def undone_together(work: Callable[[sqlite3.Connection], T]) -> Callable[[sqlite3.Connection], T]:
    """The same work inside a savepoint: all of its statements, or none."""

    def guarded(connection: sqlite3.Connection) -> T:
        connection.execute("SAVEPOINT job")
        try:
            result = work(connection)
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK TO job")
                connection.execute("RELEASE job")
            raise
        connection.execute("RELEASE job")
        return result

    return guarded


def answer(jobs: Iterable[Job]) -> None:
    """Give every job its outcome, on its own loop: one wake-up for each loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Job]] = {}
    for job in jobs:
        by_loop.setdefault(job.loop, []).append(job)
    for loop, done in by_loop.items():
        try:
            loop.call_soon_threadsafe(settle, done)
        except RuntimeError:
            log.debug("the loop that asked has ended")


def settle(jobs: list[Job]) -> None:
    for job in jobs:
        if job.answer.done():
            continue
        if job.problem is not None:
            job.answer.set_exception(job.problem)
        else:
            job.answer.set_result(job.result)


def make_private(path: Path) -> None:
    """Make an empty file that only its owner may read and write, unless there is one, or no folder for it.

    Raises StateDown.
    The file is linked to its name when it is closed already: closing it later would end the locks that this process
    holds on it. Where the file system has no links, it has no modes either, and SQLite makes the file.
    """
    if path.exists() or not path.absolute().parent.is_dir():
        return
    try:
        number, made = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    except OSError as problem:
        raise down(problem, path) from None
    os.close(number)
    try:
        with suppress(OSError):
            os.link(made, path)
    finally:
        Path(made).unlink()


def when_free(work: Callable[[], T]) -> T:
    """Do something with a file, again for LOCK_WITHIN_S while another process holds it.

    SQLite does not wait by itself when two of them switch a new file to write-ahead logging. Raises sqlite3.Error.
    """
    end = time.monotonic() + LOCK_WITHIN_S
    while True:
        try:
            return work()
        except sqlite3.Error as problem:
            if not is_busy(problem) or time.monotonic() > end:
                raise
        time.sleep(random.uniform(0, 0.02))


def is_busy(problem: sqlite3.Error) -> bool:
    """Whether another connection's lock stood in the way."""
    return getattr(problem, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY


def no_folder(path: Path) -> StateDown | None:
    """The error of a database file whose folder does not exist; None when it does."""
    folder = path.absolute().parent
    if folder.is_dir():
        return None
    return StateDown(
        f"SQLite 文件 {path} 的文件夹 {folder} 不存在",
        f"the folder {folder} of the SQLite file {path} does not exist",
        fix_zh=f"mkdir -p {folder}",
        fix_en=f"mkdir -p {folder}",
    )


def down(problem: Exception, path: Path | None) -> StateDown:
    """What SQLite said, without any value."""
    if path and (missing := no_folder(path)):
        return missing
    name = getattr(problem, "sqlite_errorname", None) or type(problem).__name__
    where = f" {path}" if path else ""
    return StateDown(
        f"SQLite 文件{where} 无法读写（{name}）",
        f"the SQLite file{where} cannot be read or written ({name})",
        fix_zh="检查文件的目录、权限和磁盘空间，以及是否有别的程序长时间占用它",
        fix_en="check the file's directory, permissions and disk space, and whether another program holds it for long",
    )


def closed() -> StateDown:
    return StateDown("数据库已关闭", "the database was closed")
