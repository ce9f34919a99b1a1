"""What contract tests share: the platform on a port of its own, in a thread of its own; databases; a clock."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from typing import Any, TypeVar

import pytest
from tests.servers import PgBouncer, Postgres, RedisServer

from gongzhong import MovableClock
from gongzhong.platform import AccountConfig, PersonConfig, Platform, PlatformConfig, TieConfig
from gongzhong.platform.doors.server import Server
from gongzhong.running.embedded import EmbeddedServer

T = TypeVar("T")

APPID, SECRET, ORIGINAL_ID = "wx0123456789abcdef", "0123456789abcdef0123456789abcdef", "gh_a1b2c3d4e5f6"
TOKEN, AES_KEY = "contracttoken", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
NOON = 1_790_000_000.0


class LivePlatform:
    """The platform as other programs meet it: `url` for their HTTP, `run` for the test's own steps."""

    def __init__(self, config: PlatformConfig) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.platform, self._server = self.run(self._open(config))
        self.url = f"http://127.0.0.1:{self._server.port}"

    async def _open(self, config: PlatformConfig) -> tuple[Platform, EmbeddedServer]:
        platform = Platform(config)
        server = EmbeddedServer(Server(platform), host="127.0.0.1", port=0)
        await server.start()
        return platform, server

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def close(self) -> None:
        self.run(self._server.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@pytest.fixture
def live() -> Iterator[LivePlatform]:
    """One verified service account with one follower, behind a real port."""
    config = PlatformConfig(
        account=[
            AccountConfig(name="demo", appid=APPID, secret=SECRET, original_id=ORIGINAL_ID, token=TOKEN)
        ],
        person=[PersonConfig(name="alice", nickname="爱丽丝", accounts={"demo": TieConfig(follows=True)})],
    )
    running = LivePlatform(config)
    yield running
    running.close()


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(NOON, frozen=True)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    server = Postgres(tmp_path_factory.mktemp("postgres"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def pgbouncer(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres) -> Iterator[PgBouncer]:
    server = PgBouncer(tmp_path_factory.mktemp("pgbouncer"), postgres)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()
