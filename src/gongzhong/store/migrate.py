"""The schema's version: make it, bring it up to date, tell it, keep a copy of everything.

A new database is made at first use. An older one is brought up to date by `gongzhong db upgrade`, not by itself: on
several hosts the new program must not start on one while the old one runs on another. All of `upgrade` is one
transaction.
"""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event, exc

from ..database import DatabaseUrl
from ..database.sqlite import make_private, no_folder, when_free
from ..errors import SetupError, StateDown
from .version import VERSION_TABLE

logging.getLogger("alembic").setLevel(
    logging.WARNING
)  # its notes of each step are of no use in a program's log

ONE_AT_A_TIME: Final = "SELECT pg_advisory_xact_lock(7061502)"
"""Two hosts that upgrade at the same time do it one after the other; the second finds nothing left to do."""


class Status(msgspec.Struct, frozen=True):
    """Where a database is: its version (empty: no tables), the program's, and the steps in between."""

    place: str
    version: str
    wanted: str
    pending: list[str]

    @property
    def current(self) -> bool:
        return self.version == self.wanted


def status(url: DatabaseUrl) -> Status:
    """Raises StateDown when the database cannot be reached, SetupError when a newer program has written it."""
    with _connected(url) as connection:
        return _status(url, connection)


def upgrade(url: DatabaseUrl) -> Status:
    """Bring the tables up to date; gives what was there before. Raises as `status`."""
    with _connected(url) as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(ONE_AT_A_TIME)
        before = _status(url, connection)
        if not before.current:
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
        return before


def prepare(url: DatabaseUrl) -> None:
    """Make the tables of a new database. Raises SetupError for one that an older or newer program has written."""
    found = status(url)
    if not found.version:
        upgrade(url)
    elif not found.current:
        raise SetupError(
            f"{url.place} 的表是旧版本 {found.version}，程序需要 {found.wanted}",
            f"the tables of {url.place} are version {found.version}, the program needs {found.wanted}",
            fix_zh="先停下旧程序，备份（gongzhong db backup），再运行 gongzhong db upgrade",
            fix_en="stop the old program, make a copy (gongzhong db backup), then run gongzhong db upgrade",
        )


def backup(url: DatabaseUrl, file: Path) -> None:
    """Write a copy of everything to a new file, for its owner only, while others go on. PostgreSQL needs its program
    pg_dump.

    Raises SetupError when the file exists or pg_dump is missing, StateDown when the database cannot be read.
    """
    if file.exists():
        raise SetupError(
            f"{file} 已存在，备份不会覆盖它", f"{file} exists already, a copy does not replace it"
        )
    if missing := no_folder(file):
        raise SetupError(missing.zh, missing.en, fix_zh=missing.fix_zh, fix_en=missing.fix_en)
    if url.kind == "sqlite":
        _require_file(url)
    make_private(file)
    if url.kind == "postgresql":
        _postgres_tool("pg_dump", url, ["--format=custom", "--no-owner", f"--file={file}"])
        return
    with closing(sqlite3.connect(url.path)) as source, closing(sqlite3.connect(file)) as target:
        try:
            source.backup(target)
            target.execute("PRAGMA journal_mode = DELETE").fetchall()
        except sqlite3.Error as problem:
            file.unlink(missing_ok=True)
            raise _unreadable(url.path, problem) from None


def restore(url: DatabaseUrl, file: Path) -> None:
    """Fill an empty database from a copy.

    Raises SetupError when it is not empty, or the file is no such copy, StateDown when it cannot be written.
    """
    if not file.is_file():
        raise SetupError(f"没有文件 {file}", f"there is no file {file}")
    if url.kind == "sqlite" and (missing := no_folder(Path(url.path))):
        raise missing
    if url.kind == "sqlite" and not Path(url.path).exists():
        _restore_file(url, file)
        return
    if status(url).version:
        raise SetupError(
            f"{url.place} 里已经有数据，没有恢复任何东西",
            f"{url.place} holds data already, nothing was restored",
            fix_zh="恢复到一个新的文件或空的数据库，再把 --database 指向它",
            fix_en="restore into a new file or an empty database, then let --database name that one",
        )
    if url.kind == "postgresql":
        _postgres_tool(
            "pg_restore", url, ["--no-owner", "--exit-on-error", "--single-transaction", str(file)]
        )
    else:
        _restore_file(url, file)


def _restore_file(url: DatabaseUrl, file: Path) -> None:
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as source:
            if source.execute("PRAGMA quick_check").fetchone() != ("ok",):
                raise sqlite3.DatabaseError("damaged")
            source.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchone()
            make_private(Path(url.path))
            with closing(sqlite3.connect(url.path)) as target:
                source.backup(target)
    except sqlite3.Error as problem:
        raise SetupError(
            f"{file} 不是可用的备份（{type(problem).__name__}），没有恢复任何东西",
            f"{file} is no copy that can be used ({type(problem).__name__}), nothing was restored",
        ) from None


def _status(url: DatabaseUrl, connection: sa.Connection) -> Status:
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    version = context.get_current_revision() or ""
    steps = ScriptDirectory.from_config(_config())
    known = [step.revision for step in steps.walk_revisions()][::-1]
    if version and version not in known:
        raise SetupError(
            f"{url.place} 由更新的 gongzhong 写成（版本 {version}）",
            f"{url.place} was written by a newer gongzhong (version {version})",
            fix_zh="升级程序，或从旧的备份恢复",
            fix_en="install the newer program, or restore an older copy",
        )
    pending = known[known.index(version) + 1 :] if version else known
    return Status(url.place, version, known[-1], pending)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return config


@contextmanager
def _connected(url: DatabaseUrl) -> Iterator[sa.Connection]:
    """A connection in one transaction. Raises StateDown when there is none to be had."""
    engine = _sqlite(url) if url.kind == "sqlite" else _postgres(url)
    try:
        with engine.begin() as connection:
            yield connection
    except exc.DatabaseError as problem:
        if not isinstance(problem, exc.OperationalError) and type(problem.orig) is not sqlite3.DatabaseError:
            raise  # sqlite3 says the latter of a file that is no database
        if url.kind == "sqlite" and (missing := no_folder(Path(url.path))):
            raise missing from None
        raise StateDown(
            f"数据库 {url.place} 无法使用（{type(problem.orig).__name__}）",
            f"the database {url.place} cannot be used ({type(problem.orig).__name__})",
            fix_zh="检查它是否在运行、地址、密码、文件的目录和权限",
            fix_en="check that it runs, the address, the password, the file's directory and permissions",
        ) from None
    finally:
        engine.dispose()


def _sqlite(url: DatabaseUrl) -> sa.Engine:
    make_private(Path(url.path))
    engine = sa.create_engine(sa.URL.create("sqlite", database=url.path), hide_parameters=True)

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the next function begins transactions
        when_free(lambda: connection.execute("PRAGMA journal_mode = WAL").fetchall())

    @event.listens_for(engine, "begin")
    def begun(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _postgres(url: DatabaseUrl) -> sa.Engine:
    address = sa.make_url(url.address.reveal()).set(drivername="postgresql+psycopg")
    return sa.create_engine(
        address, hide_parameters=True, connect_args={"prepare_threshold": None, "connect_timeout": 5}
    )


def _postgres_tool(name: str, url: DatabaseUrl, arguments: list[str]) -> None:
    """Run a program of PostgreSQL's. The password goes by its environment, where other users cannot read it."""
    path = shutil.which(name)
    if path is None:
        raise SetupError(
            f"没有找到 PostgreSQL 的程序 {name}",
            f"PostgreSQL's program {name} was not found",
            fix_zh="安装 postgresql-client",
            fix_en="install postgresql-client",
        )
    address = sa.make_url(url.address.reveal())
    password = address.password or ""
    shown = address.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    done = subprocess.run(
        [path, f"--dbname={shown}", *arguments],
        env={**os.environ, **({"PGPASSWORD": str(password)} if password else {})},
        capture_output=True,
        check=False,
    )
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise StateDown(f"{name} 失败：{said[-1:] or ''}", f"{name} failed: {said[-1:] or ''}")


def _require_file(url: DatabaseUrl) -> None:
    if not Path(url.path).is_file():
        raise SetupError(f"没有文件 {url.path}", f"there is no file {url.path}")


def _unreadable(path: str, problem: sqlite3.Error) -> StateDown:
    name = type(problem).__name__
    return StateDown(f"{path} 无法读取（{name}）", f"{path} cannot be read ({name})")
