"""Shared state between processes, event loops and threads, after a fork, and while its server is away."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.servers import PgBouncer, Postgres, RedisServer, Server

from gongzhong import StateDown
from gongzhong.database import read_url
from gongzhong.database.postgres import PostgresDatabase, set_up_once
from gongzhong.state import State, open_state
from gongzhong.state.postgres import PostgresState, tables
from gongzhong.state.redis import RedisState

from .conftest import Engine

pytestmark = pytest.mark.heavy

PROGRAM = Path(__file__).with_name("process.py")
PROCESSES = 4
BOUNDED_S = 4.0
"""Two seconds for an operation, and as much again for a busy machine."""


def begin(action: str, address: str, times: int = 0) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, str(PROGRAM), action, address, str(times)], stderr=subprocess.PIPE
    )


def ended(process: subprocess.Popen[bytes]) -> str:
    """What it wrote to stderr; nothing when all went well."""
    _, errors = process.communicate(timeout=60)
    return errors.decode() if process.returncode or errors else ""


def everywhere(action: str, address: str, times: int) -> None:
    processes = [begin(action, address, times) for _ in range(PROCESSES)]
    assert [ended(process) for process in processes] == [""] * PROCESSES


async def number(state: State) -> int:
    found = await state.get("number")
    return int(found.data) if found else 0


@pytest.mark.anyio
async def test_what_holds_for_tasks_holds_for_processes(shared_engine: Engine) -> None:
    await asyncio.to_thread(everywhere, "compete", shared_engine.address, 50)
    state = shared_engine.open()
    assert await number(state) == PROCESSES * 50, "no increment is lost"
    assert await state.add("allowed", 0, None, 600) == 100, "a limit holds for all together"
    fences = [int(item) for item in await state.take("fences", 1000)]
    assert len(fences) == PROCESSES * 25
    assert fences == sorted(set(fences)), "every grant of a lease has a higher number than all before"
    await state.close()


@pytest.mark.anyio
async def test_a_change_in_another_process_ends_the_wait(shared_engine: Engine) -> None:
    state = shared_engine.open()
    process = begin("tell", shared_engine.address)
    found = await state.wait("awaited", 0, 30)
    assert found is not None
    assert found.data == b"here"
    assert ended(process) == ""
    await state.close()


@pytest.mark.anyio
@pytest.mark.parametrize("name", ["postgres", "redis"])
async def test_a_wake_up_does_not_wait_for_the_next_look(name: str, request: pytest.FixtureRequest) -> None:
    """LISTEN and pub/sub: with a look only every 60 s the news still arrives at once."""
    server: Postgres | RedisServer = request.getfixturevalue(name)
    states: list[State] = [
        PostgresState(read_url(server.url), poll_s=60)
        if name == "postgres"
        else RedisState(server.url, poll_s=60)
        for _ in range(2)
    ]
    waiting = [asyncio.create_task(states[0].wait(f"news {n}", 0, 50)) for n in range(5)]
    await asyncio.sleep(0.5)
    began = time.monotonic()
    for n in range(5):
        await states[1].put(f"news {n}", b"%d" % n, replaces=0, ttl_s=60)
    found = await asyncio.gather(*waiting)
    assert [value.data for value in found if value] == [b"%d" % n for n in range(5)]
    assert time.monotonic() - began < 5
    for state in states:
        await state.close()


def test_parent_and_children_go_on_after_a_fork(shared_engine: Engine) -> None:
    assert ended(begin("fork", shared_engine.address, 20)) == ""
    state = shared_engine.open()
    assert asyncio.run(number(state)) == 2 + 5 * 20
    if shared_engine.name == "sqlite":
        path = read_url(shared_engine.address).path
        assert sqlite3.connect(path).execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_loops_of_several_threads_share_one_state(shared_engine: Engine) -> None:
    state = shared_engine.open()
    threads = [threading.Thread(target=asyncio.run, args=(add(state, 20),)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert asyncio.run(add(state, 1)) == 121


def test_a_state_outlives_its_first_loop(shared_engine: Engine) -> None:
    """One event loop per request is what some WSGI programs do."""
    state = shared_engine.open()
    assert [asyncio.run(add(state, 1)) for _ in range(5)] == [1, 2, 3, 4, 5]


async def add(state: State, times: int) -> int | None:
    counts = [await state.add("c", 1, None, 600) for _ in range(times)]
    return counts[-1]


@pytest.mark.anyio
async def test_nothing_is_asked_after_close(shared_engine: Engine) -> None:
    state = shared_engine.open()
    await state.add("c", 1, None, 60)
    await state.close()
    with pytest.raises(StateDown):
        await state.get("k")


@pytest.fixture(params=["postgres", "pgbouncer", "redis"])
def lonely(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Server, State]]:
    """A server that only this test uses, so that it may be stopped."""
    servers: list[Server] = []
    if request.param == "redis":
        servers.append(RedisServer(tmp_path / "redis"))
    else:
        servers.append(Postgres(tmp_path / "postgres"))
        servers[-1].start()
    if request.param == "pgbouncer":
        assert isinstance(servers[0], Postgres)
        servers.append(PgBouncer(tmp_path / "pgbouncer", servers[0]))
    if request.param != "postgres":
        servers[-1].start()
    assert isinstance(servers[-1], Postgres | PgBouncer | RedisServer)
    yield servers[0], open_state(servers[-1].url)
    for server in reversed(servers):
        server.stop()


async def settled(state: State) -> float:
    """Ask until the state answers again; how long that took."""
    began = time.monotonic()
    while True:
        try:
            await state.get("k")
        except StateDown:
            assert time.monotonic() - began < 15
            await asyncio.sleep(0.05)
        else:
            return time.monotonic() - began


@pytest.mark.anyio
async def test_a_server_that_stops_is_an_error_in_bounded_time(lonely: tuple[Server, State]) -> None:
    server, state = lonely
    version = await state.put("k", b"before", replaces=0, ttl_s=600)
    fence = await state.lease("l", "a", 1)
    waiting = asyncio.create_task(state.wait("k", version or 0, 60))
    await asyncio.to_thread(server.stop)
    began = time.monotonic()
    outcomes = await asyncio.gather(
        *(state.get("k") for _ in range(20)),
        state.put("k", b"x", replaces=version or 0, ttl_s=600),
        state.add("c", 1, None, 60),
        return_exceptions=True,
    )
    assert {type(outcome) for outcome in outcomes} == {StateDown}
    assert time.monotonic() - began < BOUNDED_S
    await asyncio.to_thread(server.start)
    assert await settled(state) < 10
    assert await state.add("c", 1, None, 60) == 1
    await asyncio.sleep(1)
    again = await state.lease("l", "b", 30)
    assert again is not None
    assert fence is not None
    assert again > fence, "also when the server forgot everything"
    found = await state.get("k")
    await state.put("k", b"after", replaces=found.version if found else 0, ttl_s=600)
    heard = await asyncio.wait_for(waiting, 10)
    assert heard is not None
    assert heard.data == b"after"
    await state.close()


@pytest.mark.anyio
async def test_a_server_that_hangs_is_an_error_in_bounded_time(lonely: tuple[Server, State]) -> None:
    server, state = lonely
    await state.add("c", 1, None, 600)
    server.signal(signal.SIGSTOP)
    for _ in range(2):
        began = time.monotonic()
        outcomes = await asyncio.gather(*(state.get("k") for _ in range(10)), return_exceptions=True)
        assert {type(outcome) for outcome in outcomes} == {StateDown}
        assert time.monotonic() - began < BOUNDED_S
    server.signal(signal.SIGCONT)
    assert await settled(state) < 10
    assert await state.add("c", 1, None, 600) == 2
    await state.close()


@pytest.mark.anyio
async def test_a_locked_file_is_an_error_in_bounded_time(tmp_path: Path) -> None:
    state = open_state(f"sqlite:///{tmp_path}/state.db")
    assert await state.add("c", 1, None, 600) == 1
    other = sqlite3.connect(tmp_path / "state.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    with pytest.raises(StateDown):
        await state.add("c", 1, None, 600)
    assert time.monotonic() - began < BOUNDED_S
    assert await state.get("k") is None, "reading goes on"
    other.execute("ROLLBACK")
    await settled(state)
    assert await state.add("c", 1, None, 600) in (2, 3), "what had no answer may have been carried out"
    await state.close()


@pytest.mark.anyio
async def test_a_folder_that_is_missing_is_an_error_until_it_is_there(tmp_path: Path) -> None:
    state = open_state(f"sqlite:///{tmp_path}/later/state.db")
    with pytest.raises(StateDown, match=r"state\.db"):
        await state.add("c", 1, None, 600)
    (tmp_path / "later").mkdir()
    assert await state.add("c", 1, None, 600) == 1
    await state.close()


@pytest.mark.anyio
async def test_a_full_or_foreign_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "state.db").write_bytes(b"this is no database" * 500)
    state = open_state(f"sqlite:///{tmp_path}/state.db")
    with pytest.raises(StateDown, match="SQLITE_NOTADB"):
        await state.add("c", 1, None, 600)
    await state.close()


@pytest.mark.anyio
async def test_a_process_that_finds_the_tables_made_locks_none_of_them(postgres: Postgres) -> None:
    """Two processes see an empty database; the slower one must not wait for those who write already."""
    database = PostgresDatabase(read_url(postgres.url))
    late = set_up_once(tables(1), "state_item")
    await database.run(late)
    writing = await database.connect()
    async with writing.transaction():
        await writing.execute("INSERT INTO state_value VALUES ('held', '', 1, 0)")
        await asyncio.wait_for(database.run(late), 1)
    await writing.close()
    await database.close()
