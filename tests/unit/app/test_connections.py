"""What bindings open together is opened once, and closed when the last of them stops."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import pytest

from gongzhong import Account, App, SetupError
from gongzhong.app import Binding, Services
from gongzhong.app.connections import Connections
from gongzhong.errors import StateDown

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def nothing(_: object) -> None: ...


def bound(number: int, folder: Path, connections: Connections | None) -> Binding:
    account = Account(appid=f"wx{number:016x}", secret="0" * 32, token="token")
    database = f"sqlite:///{folder / 'data.db'}"
    return App().bind(account, Services(state=database, store=database, connections=connections))


async def test_accounts_share_what_they_open_and_the_last_one_closes_it(tmp_path: Path) -> None:
    connections = Connections()
    one, other = (bound(number, tmp_path, connections) for number in (1, 2))
    assert one.state is other.state and one.state is not None
    assert one.store is other.store
    assert one.api.budgets is other.api.budgets
    await one.shutdown()
    assert await other.state.get("x") is None  # type: ignore[union-attr]
    assert await other.store.counts() == []
    state, store = one.state, one.store  # taken again: it is the same
    assert state is other.state and store is other.store
    await one.shutdown()
    await other.shutdown()
    assert len(connections) == 0
    with pytest.raises(StateDown):
        await state.get("x")  # type: ignore[union-attr]


async def test_accounts_by_themselves_share_nothing(tmp_path: Path) -> None:
    one, other = (bound(number, tmp_path, None) for number in (1, 2))
    assert one.state is not other.state and one.store is not other.store
    await one.shutdown()
    await other.shutdown()


async def test_memory_is_each_account_s_own() -> None:
    connections = Connections()
    account = Account(appid="wx0123456789abcdef", token="token")
    one, other = (App().bind(account, Services(state="memory:", connections=connections)) for _ in range(2))
    assert one.state is not other.state
    await one.shutdown()
    await other.shutdown()
    assert len(connections) == 0


async def test_what_cannot_be_opened_leaves_nothing_behind() -> None:
    connections = Connections()

    def fail() -> object:
        raise SetupError("不行", "no")

    for _ in range(2):
        with pytest.raises(SetupError):
            connections.take("x", fail, nothing)
    assert len(connections) == 0
    assert connections.take("x", lambda: 1, nothing) == 1
    await connections.give_back("unknown")
    assert len(connections) == 1


def test_what_many_threads_ask_for_is_made_once() -> None:
    connections, made, begun = Connections(), list[int](), threading.Barrier(8)
    slow = threading.Event()

    def make() -> object:
        made.append(1)
        slow.wait(0.1)
        return object()

    def take() -> None:
        begun.wait(10)
        found.append(connections.take("x", make, nothing))

    found: list[object] = []
    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert (len(made), len(found), len(set(map(id, found)))) == (1, 8, 1)


async def test_what_is_being_made_keeps_nobody_from_something_else() -> None:
    connections, making, go_on = Connections(), threading.Event(), threading.Event()

    def make() -> int:
        making.set()
        go_on.wait(10)
        return 1

    thread = threading.Thread(target=lambda: connections.take("slow", make, nothing))
    thread.start()
    assert making.wait(10)
    assert connections.take("quick", lambda: 2, nothing) == 2
    go_on.set()
    thread.join(10)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
def test_a_forked_child_opens_anew() -> None:
    connections = Connections()
    connections.take("x", lambda: "parent's", nothing)
    child = os.fork()
    if child == 0:
        os._exit(0 if connections.take("x", lambda: "own", nothing) == "own" and len(connections) == 1 else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert connections.take("x", lambda: "other", nothing) == "parent's"
