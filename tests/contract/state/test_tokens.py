"""One token for all processes of an account, through any engine of the shared state (issue 7, "shown by" 3).

Right values: 获取稳定版接口调用凭据 (one token until shortly before its end, old and new valid together), 全局返回码.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from tests.servers import RedisServer

from gongzhong import Account, AsyncClient, Client, Hosts, MovableClock, Secret
from gongzhong.catalogue.customer_messages import text_message
from gongzhong.client import CallPolicy
from gongzhong.client.token_store import TokenRecord
from gongzhong.client.tokens import Tokens
from gongzhong.state import State, open_state
from gongzhong.state.tokens import StateTokenStore

from ..conftest import NOON
from .conftest import Engine

pytestmark = pytest.mark.heavy

PROGRAM = Path(__file__).with_name("token_processes.py")
APPID = "wx0123456789abcdef"
WRONG_SECRET = {"errcode": 40125, "errmsg": "invalid appsecret"}


class WeChat:
    """Answers as stable_token does: one token for `life_s`, a new one from half of it on, both valid meanwhile."""

    def __init__(self, life_s: float = 7200, now: Callable[[], float] = time.monotonic) -> None:
        self.life_s, self._now = life_s, now
        self.refuses: dict[str, Any] | None = None
        self.requests = 0
        self._issued: list[float] = []
        self._lock = threading.Lock()

    def token(self) -> dict[str, Any]:
        with self._lock:
            self.requests += 1
            if self.refuses:
                return self.refuses
            if not self._issued or self._now() >= self._issued[-1] + self.life_s / 2:
                self._issued.append(self._now())
            left_s = self._issued[-1] + self.life_s - self._now()
            return {"access_token": f"token-{len(self._issued)}", "expires_in": math.ceil(left_s)}

    def send(self, token: str) -> dict[str, Any]:
        with self._lock:
            number = int(token.removeprefix("token-") or 0)
            valid = 0 < number <= len(self._issued) and self._now() < self._issued[number - 1] + self.life_s
        return (
            {"errcode": 0, "errmsg": "ok"} if valid else {"errcode": 42001, "errmsg": "access_token expired"}
        )

    def handler(self) -> type[BaseHTTPRequestHandler]:
        wechat = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                path, _, query = self.path.partition("?")
                token = query.removeprefix("access_token=")
                answer = wechat.token() if path.endswith("stable_token") else wechat.send(token)
                body = json.dumps(answer).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None: ...

        return Handler


Serve = Callable[[type[BaseHTTPRequestHandler]], str]


def call_from(processes: int, engine: Engine, api: str, seconds: float) -> dict[str, int]:
    command = [sys.executable, str(PROGRAM), engine.address, api, str(processes), str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert done.stderr == ""
    outcomes: dict[str, int] = json.loads(done.stdout)
    assert outcomes.pop("processes") == processes, "some ended without a report"
    return outcomes


def test_fifty_processes_that_begin_at_once_fetch_one_token(shared_engine: Engine, serve_http: Serve) -> None:
    wechat = WeChat()
    outcomes = call_from(50, shared_engine, serve_http(wechat.handler()), 0)
    assert outcomes == {"ok": 50}
    assert wechat.requests == 1


@pytest.mark.parametrize("shared_engine", ["sqlite", "redis"], indirect=True)
def test_a_token_that_ends_under_load_is_fetched_once_and_fails_no_call(
    shared_engine: Engine, serve_http: Serve
) -> None:
    wechat = WeChat(life_s=6)
    began = time.monotonic()
    outcomes = call_from(8, shared_engine, serve_http(wechat.handler()), 7)
    renewals = (time.monotonic() - began) // 3
    assert list(outcomes) == ["ok"]
    assert outcomes["ok"] > 100
    assert 2 <= wechat.requests <= 1 + renewals


@pytest.mark.parametrize("shared_engine", ["sqlite", "redis"], indirect=True)
def test_a_wrong_secret_is_one_clear_error_and_a_bounded_number_of_requests(
    shared_engine: Engine, serve_http: Serve
) -> None:
    wechat = WeChat()
    wechat.refuses = WRONG_SECRET
    outcomes = call_from(10, shared_engine, serve_http(wechat.handler()), 3)
    assert list(outcomes) == ["CredentialError 40125"]
    assert outcomes["CredentialError 40125"] > 50
    assert wechat.requests <= 10, "each process remembers the refusal for a minute"


class Worker:
    """One of several workers in this process: its own store, its own memory of tokens."""

    def __init__(self, state: State, api: str, clock: MovableClock) -> None:
        account = Account(appid=APPID, secret=Secret("s" * 32), hosts=Hosts.local(api))
        tokens = Tokens(StateTokenStore(state), clock)
        self.client = Client(account, tokens=tokens, clock=clock, policy=CallPolicy(pause_s=0))

    def call(self) -> None:
        self.client.perform(text_message(touser="o1", content="x"))


def test_calls_go_on_while_the_store_is_away_and_agree_again_afterwards(
    tmp_path: Path, serve_http: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR, "gongzhong.client")
    clock = MovableClock(NOON, frozen=True)
    wechat = WeChat(now=clock.now)
    api = serve_http(wechat.handler())
    server = RedisServer(tmp_path / "redis")
    server.start()
    workers = [Worker(open_state(server.url, clock), api, clock) for _ in range(6)]
    for worker in workers:
        worker.call()
    assert wechat.requests == 1
    server.stop()
    clock.advance(7200 - 300)  # in the minute in which the store is away the token is due for renewal
    for _ in range(6):
        clock.advance(10)
        for worker in workers:
            worker.call()
    assert wechat.requests <= 1 + 2 * len(workers), "each worker fetches for itself"
    server.start()
    clock.advance(7200 - 290)
    before = wechat.requests
    for worker in workers:
        worker.call()
    assert wechat.requests == before + 1, "and again one for all"
    server.stop()


@pytest.fixture
def store(engine: Engine) -> StateTokenStore:
    return StateTokenStore(engine.open())


def record(generation: int, value: str = "secret-value", life_s: float = 7200) -> TokenRecord:
    return TokenRecord(value=Secret(value), generation=generation, fetched_at=NOON, expires_at=NOON + life_s)


def test_a_record_is_kept_as_it_is(store: StateTokenStore, clock: MovableClock) -> None:
    assert store.get("k") is None
    assert store.put("k", record(1), replaces=0)
    assert store.get("k") == record(1)
    assert not store.put("k", record(1), replaces=0)
    assert not store.put("k", record(3), replaces=2)
    assert store.put("k", record(2), replaces=1)
    clock.advance(7300)
    assert store.get("k") == record(2), "an expired one is still there for its generation"
    store.close()


def test_one_holder_fetches(store: StateTokenStore, clock: MovableClock) -> None:
    assert store.lease("k", "a", seconds=30)
    assert store.lease("k", "a", seconds=30)
    assert not store.lease("k", "b", seconds=30)
    store.release("k", "b")
    assert not store.lease("k", "b", seconds=30)
    store.release("k", "a")
    assert store.lease("k", "b", seconds=30)
    clock.advance(31)
    assert store.lease("k", "a", seconds=30)
    store.close()


def test_a_fetcher_that_slept_writes_nothing(engine: Engine, clock: MovableClock) -> None:
    slow, quick = StateTokenStore(engine.open()), StateTokenStore(engine.open())
    assert slow.lease("k", "slow", seconds=30)
    clock.advance(31)
    assert quick.lease("k", "quick", seconds=30)
    assert not slow.put("k", record(1, "old"), replaces=0)
    assert quick.put("k", record(1, "new"), replaces=0)
    assert quick.get("k") == record(1, "new")
    slow.close()
    quick.close()


def test_the_record_can_be_read_by_other_programs(engine: Engine) -> None:
    """The layout that docs/serving.md states."""
    state = engine.open()
    store = StateTokenStore(state)
    store.put("https://api.weixin.qq.com|wx1|access_token", record(3), replaces=0)
    found = asyncio.run(state.get("token|https://api.weixin.qq.com|wx1|access_token"))
    assert found is not None
    assert json.loads(found.data) == {
        "value": "secret-value",
        "generation": 3,
        "fetched_at": NOON,
        "expires_at": NOON + 7200,
        "displaced": [],
    }
    store.close()


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"value": 5}', b"\xff"])
def test_a_record_of_somebody_else_is_as_none(engine: Engine, data: bytes) -> None:
    state = engine.open()
    store = StateTokenStore(state)
    asyncio.run(state.put("token|k", data, replaces=0, ttl_s=60))
    assert store.get("k") is None
    assert store.put("k", record(1), replaces=0)
    assert store.get("k") == record(1)
    store.close()


@pytest.mark.anyio
async def test_an_awaiting_client_on_the_same_loop_as_the_state(engine: Engine, serve_http: Serve) -> None:
    wechat = WeChat()
    account = Account(appid=APPID, secret=Secret("s" * 32), hosts=Hosts.local(serve_http(wechat.handler())))
    state = engine.open()
    async with AsyncClient(account, tokens=Tokens(StateTokenStore(state))) as client:
        await asyncio.gather(*(client.perform(text_message(touser="o1", content="x")) for _ in range(20)))
    assert wechat.requests == 1
    await state.close()


def test_no_secret_is_shown(store: StateTokenStore, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    store.put("k", record(1, "very-secret-value"), replaces=0)
    assert "very-secret-value" not in repr(store.get("k")) + repr(vars(store)) + caplog.text
    store.close()
