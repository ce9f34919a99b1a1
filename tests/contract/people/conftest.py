"""People's data on each engine: data and keys in databases of their own."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest

from gongzhong import MovableClock
from gongzhong.database import DatabaseUrl, read_url
from gongzhong.people import LocalMaster, Masters, People, open_people
from gongzhong.store import migrate


class Places:
    """Where the data and the keys of one test are, and everything that is needed to open them again."""

    def __init__(self, data: DatabaseUrl, keys: DatabaseUrl, clock: MovableClock) -> None:
        self.data, self.keys, self.clock = data, keys, clock
        self.master = LocalMaster(b"m" * 32)

    def open(self, masters: Masters | None = None, *, data: DatabaseUrl | None = None) -> People:
        """What another process would open."""
        return open_people(
            data or self.data, masters or Masters(self.master), keys=self.keys, clock=self.clock
        )


def new_database(server: str) -> DatabaseUrl:
    """An empty database of a PostgreSQL server."""
    name = f"t{secrets.token_hex(6)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    return read_url(server.rpartition("/")[0] + f"/{name}")


@pytest.fixture(params=["sqlite", "postgres"])
def places(request: pytest.FixtureRequest, clock: MovableClock, tmp_path: Path) -> Places:
    if request.param == "sqlite":
        made = [read_url(f"sqlite:///{tmp_path / name}") for name in ("data.db", "keys.db")]
    else:
        server = request.getfixturevalue("postgres").url
        made = [new_database(server), new_database(server)]
    migrate.prepare(made[0])
    return Places(made[0], made[1], clock)


@pytest.fixture
async def people(places: Places) -> AsyncIterator[People]:
    opened = places.open()
    yield opened
    await opened.close()
