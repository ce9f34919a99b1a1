"""Every engine of the shared state, each test with an empty one and a clock that it moves itself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from redis import Redis

from gongzhong import Clock, MovableClock
from gongzhong.database import read_url
from gongzhong.state import MemoryState, State
from gongzhong.state.postgres import PostgresState
from gongzhong.state.redis import RedisState
from gongzhong.state.sqlite import SqliteState


@dataclass(frozen=True)
class Engine:
    """Opens the same state as often as a test likes, all on one clock."""

    name: str
    open: Callable[[], State]
    address: str = ""
    """For other processes; empty where there cannot be any."""


EMPTY = """
DO $$ BEGIN EXECUTE (
    SELECT coalesce('TRUNCATE ' || string_agg(tablename, ','), 'SELECT') FROM pg_tables WHERE schemaname = 'public'
    AND tablename <> 'gongzhong_version');
END $$
"""


ENGINES = ["memory", "sqlite", "postgres", "pgbouncer", "redis"]


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, clock: MovableClock, tmp_path: Path) -> Engine:
    return made(request, clock, tmp_path)


@pytest.fixture(params=ENGINES[1:])
def shared_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    """The engines that processes share, by the wall clock."""
    return made(request, Clock(), tmp_path)


def made(request: pytest.FixtureRequest, clock: Clock, tmp_path: Path) -> Engine:
    if request.param == "sqlite":
        return Engine(
            "sqlite", lambda: SqliteState(tmp_path / "state.db", clock), f"sqlite:///{tmp_path}/state.db"
        )
    if request.param in ("postgres", "pgbouncer"):
        server = request.getfixturevalue("postgres")
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute(EMPTY)
        url = request.getfixturevalue(request.param).url
        return Engine(request.param, lambda: PostgresState(read_url(url), clock), url)
    if request.param == "redis":
        server = request.getfixturevalue("redis")
        with Redis.from_url(server.url) as client:
            client.flushall()
        return Engine("redis", lambda: RedisState(server.url, clock), server.url)
    kept = MemoryState(clock)
    return Engine("memory", lambda: kept)


@pytest.fixture
async def state(engine: Engine) -> AsyncIterator[State]:
    opened = engine.open()
    yield opened
    await opened.close()
