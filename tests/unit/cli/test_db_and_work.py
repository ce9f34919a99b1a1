"""`gongzhong db` and `gongzhong work` over a real file, and the schema held to its migrations."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from gongzhong.cli.outcome import DONE, FAILED, NETWORK, SETUP, USAGE, run
from gongzhong.database import SqliteDatabase, read_url
from gongzhong.store import NewWork, migrate
from gongzhong.store.schema import metadata
from gongzhong.store.sql import SqlWork

APPID = "wx00000000000000aa"
VERSIONS = sorted(path.name[1:5] for path in Path(migrate.__file__).parent.glob("migrations/versions/m*.py"))


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "data 1.db"
    monkeypatch.setenv("GONGZHONG_DATABASE", f"sqlite:///{path}")
    monkeypatch.setenv("GONGZHONG_LANG", "en")
    return path


def bury(file: Path, *texts: str) -> None:
    """Put dead letters into the file."""

    async def work() -> None:
        store = SqlWork(SqliteDatabase(file))
        await store.add(APPID, [NewWork(kind="push", data=text.encode(), line="oAlice") for text in texts])
        while taken := await store.take(APPID, "push", "test", 10, 30):
            for one in taken:
                await store.bury(one, "ValueError")
        await store.close()

    asyncio.run(work())


def test_the_schema_is_what_the_migrations_make(file: Path) -> None:
    migrate.upgrade(read_url(f"sqlite:///{file}"))
    with sa.create_engine(sa.URL.create("sqlite", database=str(file))).connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": migrate.VERSION_TABLE})
        assert compare_metadata(context, metadata) == []


def test_upgrade_and_status_tell_the_version(file: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["db", "status", "--json"]) == DONE
    assert json.loads(capfd.readouterr().out)["pending"] == VERSIONS
    assert run(["db", "upgrade"]) == DONE
    assert f"upgraded to version {VERSIONS[-1]}" in capfd.readouterr().out
    assert run(["db", "upgrade"]) == DONE
    assert "already" in capfd.readouterr().out
    bury(file, "hello")
    assert run(["db", "status", "--json"]) == DONE
    told = json.loads(capfd.readouterr().out)
    assert (told["version"], told["wanted"], told["pending"]) == (VERSIONS[-1], VERSIONS[-1], [])
    assert told["work"][0]["number"] == 1


def test_a_database_of_a_newer_program_is_left_alone(file: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run(["db", "upgrade"])
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE gongzhong_version SET version_num = '9999'")
    assert run(["db", "upgrade"]) == SETUP
    assert "newer gongzhong" in capfd.readouterr().err


def test_backup_and_restore_carry_everything(
    file: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    run(["db", "upgrade"])
    bury(file, "hello", "again")
    copy, other = tmp_path / "copy.db", f"sqlite:///{tmp_path / 'other.db'}"
    assert run(["db", "backup", str(copy)]) == DONE
    assert run(["db", "backup", str(copy)]) == SETUP  # never over another copy
    assert run(["db", "restore", str(copy), "--database", other]) == DONE
    assert run(["db", "restore", str(copy), "--database", other]) == SETUP  # it holds data now
    capfd.readouterr()
    assert run(["work", "list", "--json", "--database", other]) == DONE
    assert [work["reason"] for work in json.loads(capfd.readouterr().out)] == ["ValueError"] * 2


def test_a_damaged_copy_restores_nothing(
    file: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    damaged = tmp_path / "damaged.db"
    damaged.write_bytes(b"SQLite format 3\x00" + b"\x17" * 5000)
    assert run(["db", "restore", str(damaged)]) == SETUP
    assert "nothing was restored" in capfd.readouterr().err
    assert not file.exists()


def test_dead_letters_are_listed_replayed_and_deleted(file: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run(["db", "upgrade"])
    bury(file, "a secret wish", "another", "a third")
    capfd.readouterr()
    assert run(["work", "--dead", "--json"]) == DONE
    dead = json.loads(capfd.readouterr().out)
    assert [work["stage"] for work in dead] == ["dead"] * 3
    assert run(["work", "list", "--dead"]) == DONE
    assert "secret" not in capfd.readouterr().out  # what people wrote is not shown
    assert run(["work", "replay", str(dead[0]["id"])]) == DONE
    assert run(["work", "delete", str(dead[0]["id"])]) == FAILED  # it is not dead any more
    assert run(["work", "replay", "--all", "--rate", "2"]) == DONE
    assert "2 dead letters" in capfd.readouterr().err
    assert run(["work", "replay"]) == USAGE
    bury(file, "a fourth")
    assert run(["work", "delete", "--all"]) == DONE


def test_a_place_that_cannot_be_used_is_said_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GONGZHONG_LANG", "en")
    monkeypatch.delenv("GONGZHONG_DATABASE", raising=False)
    assert run(["db", "status"]) == USAGE
    assert run(["db", "status", "--database", f"sqlite:///{tmp_path}/no/such/folder/x.db"]) in (
        FAILED,
        NETWORK,
    )
    assert run(["db", "status", "--database", "postgresql://app:hush@127.0.0.1:1/x"]) in (FAILED, NETWORK)
    assert "hush" not in capfd.readouterr().err
