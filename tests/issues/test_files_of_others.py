"""A snapshot that is damaged or hostile changes nothing and says why; its name is a name on every system."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gongzhong.clock import MovableClock
from gongzhong.platform import AccountConfig, PersonConfig, Platform, PlatformConfig, TieConfig
from gongzhong.platform.world.refusal import BadInput
from gongzhong.platform.world.snapshots import NoSnapshot

NOON = 1_789_000_000.0


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    config = PlatformConfig(
        account=[AccountConfig(name="demo", appid="wx1")],
        person=[PersonConfig(name="alice", accounts={"demo": TieConfig(follows=True)})],
    )
    made = Platform(config, tmp_path, clock=MovableClock(NOON, frozen=True))
    yield made
    made.world.close()


def everything(platform: Platform) -> Any:
    """The whole content of the world, and its time."""
    db = platform.world.db
    tables = db.column("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    content = {name: [tuple(row) for row in db.all(f"SELECT * FROM {name}")] for name in tables}
    return content, platform.clock.now(), dict(platform.world.accounts)


def sql(*statements: str) -> Callable[[Path], None]:
    def damage(file: Path) -> None:
        with closing(sqlite3.connect(file)) as connection:
            for statement in statements:
                connection.execute(statement)
            connection.commit()

    return damage


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def noise(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[4096 : len(content) // 2] = b"\xff" * (len(content) // 2 - 4096)
    file.write_bytes(content)


def untyped(statement: str) -> Callable[[Path], None]:
    """A value of the wrong type, as somebody writes it who makes the tables less strict for a moment."""

    def damage(file: Path) -> None:
        def step(*work: tuple[str, tuple[Any, ...]]) -> list[Any]:
            with closing(sqlite3.connect(file)) as connection:
                connection.execute("PRAGMA writable_schema = ON")
                tables = connection.execute(
                    "SELECT sql, name FROM sqlite_schema WHERE type = 'table'"
                ).fetchall()
                for text, values in work:
                    connection.execute(text, values)
                connection.commit()
                return tables

        change = "UPDATE sqlite_schema SET sql = ? WHERE name = ?"
        tables = step(
            ("UPDATE sqlite_schema SET sql = replace(sql, ') STRICT', ')') WHERE type = 'table'", ())
        )
        step((statement, ()))
        step(*((change, (text, name)) for text, name in tables if not name.startswith("sqlite")))

    return damage


DEEP = "[" * 100_000
DAMAGES = {
    "empty": lambda file: file.write_bytes(b""),
    "not a database": lambda file: file.write_bytes(b"GIF89a" * 1000),
    "cut": cut,
    "noise": noise,
    "another version": sql("PRAGMA user_version = 7"),
    "a trigger": sql("CREATE TRIGGER t AFTER INSERT ON chat BEGIN DELETE FROM account; END"),
    "a view": sql("CREATE VIEW v AS SELECT 1"),
    "a table less": sql("DROP TABLE chat"),
    "a text for a number": untyped("UPDATE relation SET subscribed = 'yes'"),
    "bytes for a text": untyped("UPDATE account SET document = x'00ff'"),
    "an account that is none": sql("UPDATE account SET document = '{}'"),
    "nested deeply": sql(f"UPDATE account SET document = '{DEEP}'"),
    "no time": sql("DELETE FROM snapshot_mark"),
    "an endless time": sql("UPDATE snapshot_mark SET now = 9e999"),
    "a time before all": sql("UPDATE snapshot_mark SET now = -1"),
    "a text as time": untyped("UPDATE snapshot_mark SET now = 'now'"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_snapshot_changes_nothing_and_says_why(
    platform: Platform, tmp_path: Path, damage: Callable[[Path], Any]
) -> None:
    platform.snapshots.save("kept")
    platform.snapshots.save("good")
    platform.clock.advance(60)
    before = everything(platform)
    damage(tmp_path / "snapshots" / "kept.sqlite3")
    with pytest.raises(BadInput) as refused:
        platform.load_snapshot("kept")
    assert refused.value.zh
    assert refused.value.en
    assert everything(platform) == before
    assert "good" in {one.name for one in platform.snapshots.listing()}
    assert platform.load_snapshot("good").now == NOON


@pytest.mark.parametrize(
    "name",
    [
        "con",
        "NUL.txt",
        "Com1",
        "lpt9.a.b",
        "-rf",
        ".hidden",
        "end.",
        "名" * 64 + "x",
        "𝒳" * 64,
        "a\u202eb",
        "a\0b",
        "a:b",
        "a\\b",
    ],
)
def test_a_name_that_some_system_cannot_have_is_refused(platform: Platform, name: str) -> None:
    with pytest.raises(BadInput):
        platform.snapshots.save(name)
    assert platform.snapshots.listing() == []


def test_names_that_look_the_same_are_the_same(platform: Platform) -> None:
    platform.snapshots.save("cafe\u0301")
    assert [one.name for one in platform.snapshots.listing()] == ["café"]
    platform.snapshots.load("caf\u00e9")
    platform.snapshots.load("cafe\u0301")
    with pytest.raises(BadInput, match="café"):
        platform.snapshots.save("CAFÉ")
    with pytest.raises(NoSnapshot):
        platform.snapshots.load("CAFÉ")


def test_a_file_with_a_hostile_name_is_not_listed(platform: Platform, tmp_path: Path) -> None:
    platform.snapshots.save("good")
    (tmp_path / "snapshots" / "good.sqlite3").with_name("\x1b[2J.sqlite3").write_bytes(b"")
    assert [one.name for one in platform.snapshots.listing()] == ["good"]
