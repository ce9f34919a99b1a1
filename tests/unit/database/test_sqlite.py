"""SQLite with one writing thread: groups, faults that stay with whoever made them, and the end."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from pathlib import Path

import pytest

from gongzhong import StateDown
from gongzhong.database import SqliteDatabase, read_url
from gongzhong.errors import SetupError
from gongzhong.store import migrate

pytestmark = pytest.mark.anyio

TABLE = "CREATE TABLE IF NOT EXISTS t (n INTEGER PRIMARY KEY, note TEXT)"


@pytest.fixture
def database(tmp_path: Path) -> SqliteDatabase:
    return SqliteDatabase(tmp_path / "t.db", TABLE)


def insert(db: sqlite3.Connection, n: int) -> int:
    return db.execute("INSERT INTO t (n) VALUES (?)", (n,)).rowcount


def numbers(db: sqlite3.Connection) -> list[int]:
    return [n for (n,) in db.execute("SELECT n FROM t ORDER BY n")]


async def test_what_comes_meanwhile_is_committed_together(database: SqliteDatabase) -> None:
    groups: list[int] = []

    def write(db: sqlite3.Connection, n: int) -> None:
        insert(db, n)
        groups.append(db.total_changes)

    seen: list[int] = []

    def look(db: sqlite3.Connection) -> None:
        db.set_trace_callback(lambda sql: seen.append(1) if sql == "COMMIT" else None)

    await database.write(look)
    await asyncio.gather(*(database.write(lambda db, n=n: write(db, n)) for n in range(200)))
    assert await database.read(numbers) == list(range(200))
    assert len(seen) < 20, "far fewer commits than writes"
    await database.close()


async def test_a_file_is_its_owners_and_so_is_its_log(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        database = SqliteDatabase(tmp_path / "data.db", TABLE)
        await asyncio.gather(database.write(lambda db: insert(db, 1)), database.read(numbers))
        files = [tmp_path / f"data.db{end}" for end in ("", "-wal", "-shm")]
        assert [file.stat().st_mode & 0o777 for file in files] == [0o600] * 3
        await database.close()
        migrate.prepare(read_url(f"sqlite:///{tmp_path / 'made.db'}"))
        migrate.backup(read_url(f"sqlite:///{tmp_path / 'made.db'}"), tmp_path / "copy.db")
        migrate.restore(read_url(f"sqlite:///{tmp_path / 'back.db'}"), tmp_path / "copy.db")
    finally:
        os.umask(before)
    left = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}  # noqa: ASYNC240
    names = ["data.db", "made.db", "copy.db", "back.db"]
    assert left == dict.fromkeys(names, 0o600), "no other file of its making remains"


async def test_a_file_that_is_there_keeps_its_mode_and_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "keys.db"
    for before in ([], [0]):
        database = SqliteDatabase(path, TABLE)
        await database.write(lambda db: insert(db, len(numbers(db))))
        assert await database.read(numbers) == [*before, len(before)]
        path.chmod(0o640)
        await database.close()
    assert path.stat().st_mode & 0o777 == 0o640


async def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "data" / "x.db", TABLE)
    with pytest.raises(StateDown, match=f"{tmp_path}/data") as refused:
        await database.read(numbers)
    assert refused.value.fix_en == f"mkdir -p {tmp_path}/data"
    with pytest.raises(StateDown, match=f"{tmp_path}/data") as refused:
        migrate.prepare(read_url(f"sqlite:///{tmp_path}/data/x.db"))
    migrate.prepare(read_url(f"sqlite:///{tmp_path}/y.db"))
    with pytest.raises(SetupError, match=f"{tmp_path}/data"):
        migrate.backup(read_url(f"sqlite:///{tmp_path}/y.db"), tmp_path / "data" / "copy.db")
    migrate.backup(read_url(f"sqlite:///{tmp_path}/y.db"), tmp_path / "copy.db")
    with pytest.raises(StateDown, match=f"{tmp_path}/data"):
        migrate.restore(read_url(f"sqlite:///{tmp_path}/data/x.db"), tmp_path / "copy.db")
    assert refused.value.fix_en == f"mkdir -p {tmp_path}/data"


async def test_a_write_that_fails_leaves_the_others_of_its_group_alone(database: SqliteDatabase) -> None:
    def fails(db: sqlite3.Connection) -> None:
        raise KeyError("own mistake")

    outcomes = await asyncio.gather(
        database.write(lambda db: insert(db, 1)),
        database.write(lambda db: insert(db, 1)),
        database.write(fails),
        database.write(lambda db: db.execute("no sql")),
        database.write(lambda db: insert(db, 2)),
        return_exceptions=True,
    )
    kinds = [type(outcome) for outcome in outcomes]
    assert kinds == [int, sqlite3.IntegrityError, KeyError, sqlite3.OperationalError, int]
    assert await database.read(numbers) == [1, 2]
    await database.close()


async def test_several_steps_are_undone_together(database: SqliteDatabase) -> None:
    def half(db: sqlite3.Connection) -> None:
        insert(db, 5)
        insert(db, 5)

    outcomes = await asyncio.gather(
        database.write(lambda db: insert(db, 1)),
        database.write(half, steps=2),
        database.write(lambda db: insert(db, 2)),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes] == [int, sqlite3.IntegrityError, int]
    assert await database.read(numbers) == [1, 2]
    await database.close()


async def test_what_was_answered_is_on_the_disk(database: SqliteDatabase) -> None:
    await database.write(lambda db: insert(db, 7))
    assert numbers(sqlite3.connect(database.path)) == [7]
    settings = await database.read(
        lambda db: [db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
    )
    assert settings == ["wal", 2], "synchronous=FULL"
    await database.close()


async def test_a_cancelled_write_that_has_not_begun_is_not_made(database: SqliteDatabase) -> None:
    other = sqlite3.connect(database.path, isolation_level=None)
    await database.write(lambda db: insert(db, 1))
    other.execute("BEGIN IMMEDIATE")
    first = asyncio.create_task(database.write(lambda db: insert(db, 2)))
    await asyncio.sleep(0.05)
    second = asyncio.create_task(database.write(lambda db: insert(db, 3)))
    await asyncio.sleep(0.05)
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)
    other.execute("ROLLBACK")
    assert await first == 1
    assert await database.read(numbers) == [1, 2]
    other.close()
    await database.close()


async def test_closing_finishes_what_is_queued(database: SqliteDatabase) -> None:
    writes = [asyncio.create_task(database.write(lambda db, n=n: insert(db, n))) for n in range(50)]
    await asyncio.sleep(0)
    await database.close()
    assert await asyncio.gather(*writes) == [1] * 50
    with pytest.raises(StateDown):
        await database.write(lambda db: insert(db, 99))
    assert numbers(sqlite3.connect(database.path)) == list(range(50))


async def test_many_may_open_a_new_file_at_the_same_time(tmp_path: Path) -> None:
    """SQLite answers SQLITE_BUSY at once, without waiting, to all but one that switch a file to write-ahead logging."""
    for number in range(5):
        files = [SqliteDatabase(tmp_path / f"{number}.db", TABLE) for _ in range(16)]
        await asyncio.gather(*(one.write(lambda db, n=n: insert(db, n)) for n, one in enumerate(files)))
        assert await files[0].read(numbers) == list(range(16))
        for one in files:
            await one.close()


async def test_an_opening_that_meets_a_lock_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare, refusals = SqliteDatabase._prepare, 3

    def busy_at_first(self: SqliteDatabase, connection: sqlite3.Connection) -> None:
        nonlocal refusals
        refusals -= 1
        if refusals >= 0:
            problem = sqlite3.OperationalError("database is locked")
            problem.sqlite_errorcode = sqlite3.SQLITE_BUSY
            raise problem
        prepare(self, connection)

    monkeypatch.setattr(SqliteDatabase, "_prepare", busy_at_first)
    database = SqliteDatabase(tmp_path / "t.db", TABLE)
    assert await database.write(lambda db: insert(db, 1)) == 1
    await database.close()
