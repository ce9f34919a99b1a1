"""Counts of calls that processes and hosts share: one budget, clearing included, also after a restart."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from gongzhong.account import Account, Hosts, Secret
from gongzhong.catalogue.base import ClearQuota
from gongzhong.catalogue.customer_messages import text_message
from gongzhong.client import CallPolicy, Client, WireReply, WireRequest
from gongzhong.client.budgets import Budgets, QuotaStore, Word
from gongzhong.clock import MovableClock
from gongzhong.errors import QuotaError, QuotaSpent
from gongzhong.state import State
from gongzhong.state.quotas import StateQuotaStore

from .conftest import Engine

SEND = "/cgi-bin/message/custom/send"
OWNER, DAY = "http://wx.test|wx0123456789abcdef", 20_000
ACCOUNT = Account(appid="wx0123456789abcdef", secret=Secret("5" * 32), hosts=Hosts.local("http://wx.test"))


class WeChat:
    """Answers calls until its daily quota is used up; counts what came in."""

    def __init__(self, limit: int) -> None:
        self.limit, self.used = limit, 0
        self.seen: list[str] = []

    def send(self, request: WireRequest, /) -> WireReply:
        self.seen.append(request.path)
        return WireReply(200, {}, json.dumps(self._answer(request.path)).encode())

    def _answer(self, path: str) -> dict[str, Any]:
        if path.endswith("stable_token"):
            return {"access_token": "88_abcdefgh", "expires_in": 7200}
        if path.endswith("quota/get"):
            left = {"daily_limit": self.limit, "used": self.used, "remain": max(0, self.limit - self.used)}
            return {"errcode": 0, "errmsg": "ok", "quota": left}
        if path.endswith("clear_quota"):
            self.used = 0
            return {"errcode": 0, "errmsg": "ok"}
        if self.used >= self.limit:
            return {"errcode": 45009, "errmsg": "reach max api daily quota limit"}
        self.used += 1
        return {"errcode": 0, "errmsg": "ok"}

    def close(self) -> None: ...


class Workers:
    """Clients that share nothing but the state; each `open` is another process, as far as counts go."""

    def __init__(self, engine: Engine, clock: MovableClock, wechat: WeChat) -> None:
        self._engine, self._clock, self._wechat = engine, clock, wechat
        self._state = engine.open()

    def open(self) -> Client:
        budgets = Budgets(StateQuotaStore(self._state), self._clock)
        policy = CallPolicy(pause_s=0)
        return Client(ACCOUNT, self._wechat, clock=self._clock, policy=policy, budgets=budgets)


@pytest.fixture
def store(engine: Engine) -> StateQuotaStore:
    return StateQuotaStore(engine.open())


def call(client: Client) -> None:
    client.perform(text_message(touser="o1", content="x"))


def test_a_count_is_added_up_by_all(store: QuotaStore) -> None:
    assert store.report(OWNER, SEND, DAY, 0, 3).used == 3
    assert store.report(OWNER, SEND, DAY, 0, 2).used == 5
    assert store.report(OWNER, SEND, DAY + 1, 0, 1).used == 1
    assert store.report(OWNER, "/other", DAY, 0, 1).used == 1
    assert store.report("http://wx.test|wx00", SEND, DAY, 0, 1).used == 1
    store.correct(OWNER, SEND, DAY, 0, 40)
    assert store.report(OWNER, SEND, DAY, 0, 0).used == 40
    store.correct(OWNER, SEND, DAY, 0, 7)
    assert store.report(OWNER, SEND, DAY, 0, 0).used == 7


def test_wechat_s_word_is_passed_on(store: QuotaStore) -> None:
    assert store.report(OWNER, SEND, DAY, 0, 1).word is None
    word = Word(limit=10, spent=True, asked_at=5.0, same=2)
    store.note(OWNER, SEND, DAY, 0, word)
    assert store.report(OWNER, SEND, DAY, 0, 1).word == word


@pytest.mark.parametrize("path", [None, SEND])
def test_a_clearing_begins_a_new_count_for_all(store: QuotaStore, path: str | None) -> None:
    store.report(OWNER, SEND, DAY, 0, 9)
    store.note(OWNER, SEND, DAY, 0, Word(spent=True))
    store.clear(OWNER, path)
    known = store.report(OWNER, SEND, DAY, 0, 4)
    assert (known.used, known.epoch, known.word) == (0, 1, None), "calls before the clearing do not count"
    assert store.report(OWNER, SEND, DAY, 1, 4).used == 4
    assert store.report(OWNER, "/other", DAY, 0, 1).epoch == (1 if path is None else 0)


def test_one_worker_s_45009_stops_the_others_before_they_call(engine: Engine, clock: MovableClock) -> None:
    wechat = WeChat(limit=3)
    workers = Workers(engine, clock, wechat)
    one, other = workers.open(), workers.open()
    for _ in range(3):
        call(one)
    with pytest.raises(QuotaError):
        call(one)
    with pytest.raises(QuotaSpent):
        call(one)
    before = wechat.seen.count(SEND)
    with pytest.raises(QuotaSpent) as caught:
        call(other)
    assert wechat.seen.count(SEND) == before
    assert caught.value.limit == 3


def test_what_is_known_survives_a_restart(engine: Engine, clock: MovableClock) -> None:
    wechat = WeChat(limit=2)
    workers = Workers(engine, clock, wechat)
    one = workers.open()
    for _ in range(2):
        call(one)
    for _ in range(2):
        with pytest.raises(QuotaError):
            call(one)
    before = len(wechat.seen)
    with pytest.raises(QuotaSpent):
        call(workers.open())
    assert [path for path in wechat.seen[before:] if path == SEND] == []


def test_a_clearing_by_one_is_known_to_the_others(engine: Engine, clock: MovableClock) -> None:
    wechat = WeChat(limit=1)
    workers = Workers(engine, clock, wechat)
    one, other = workers.open(), workers.open()
    call(one)
    for client in (one, one, other):
        with pytest.raises(QuotaError):
            call(client)
    one.perform(ClearQuota())
    clock.advance(1)
    call(other)


def test_a_state_that_is_down_refuses_nothing(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "gongzhong.client")

    class Down:
        def __getattr__(self, name: str) -> Callable[..., Any]:
            def fails(*args: Any) -> Any:
                raise ConnectionError("redis://:hunter2@db")

            return fails

    store: Any = Down()
    clock = MovableClock(1_790_000_000, frozen=True)
    client = Client(ACCOUNT, WeChat(limit=9), clock=clock, budgets=Budgets(store, clock))
    for _ in range(3):
        call(client)
    assert "going on without it" in caplog.text
    assert "hunter2" not in caplog.text
    assert client.budgets.usages()[0].used == 3


def test_counts_are_passed_on_in_steps(clock: MovableClock) -> None:
    """A quota of half a million is not worth a question to the store for every call."""
    asked = []

    class Counting(StateQuotaStore):
        def report(self, *args: Any) -> Any:
            asked.append(args[-1])
            return super().report(*args)

    from gongzhong.state.memory import MemoryState

    state: State = MemoryState(clock)
    client = Client(ACCOUNT, WeChat(limit=500_000), clock=clock, budgets=Budgets(Counting(state), clock))
    for _ in range(200):
        call(client)
    assert len(asked) <= 8
    clock.advance(1)
    call(client)
    assert sum(asked) == 201
