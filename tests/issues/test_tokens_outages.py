"""Outages of the token endpoint, clocks that jump and answers that make no sense.

Right values: issue 6, section 5; 获取接口调用凭据 (expires_in is 7,200 s).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from gongzhong import Account, Client, Clock, GongzhongError, Hosts, Secret
from gongzhong.catalogue.customer_messages import text_message
from gongzhong.client import CallPolicy, WireReply, WireRequest
from gongzhong.client.tokens import Tokens
from gongzhong.errors import BadAnswer, NotReached, OutcomeUnknown, PermissionDenied

TOKEN = {"access_token": "88_token", "expires_in": 7200}
Answer = Callable[[], WireReply]


def reply(body: Any, status: int = 200) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return lambda: WireReply(status, {"content-type": "application/json"}, raw)


def failing(error: GongzhongError) -> Answer:
    def fail() -> WireReply:
        raise error

    return fail


class Turned(Clock):
    """A clock that can be set forward and back."""

    time = 1_700_000_000.0

    def now(self) -> float:
        return self.time


class Endpoint:
    """Answers token requests as `answer` says and everything else with success."""

    def __init__(self) -> None:
        self.answer: Answer = reply(TOKEN)
        self.token_requests = 0

    def send(self, request: WireRequest, /) -> WireReply:
        if "token" not in request.url.rpartition("/")[2]:
            return reply({"errcode": 0, "errmsg": "ok"})()
        self.token_requests += 1
        return self.answer()

    def close(self) -> None: ...


class Bench:
    def __init__(self) -> None:
        self.clock, self.endpoint = Turned(), Endpoint()
        account = Account(
            appid="wx0123456789abcdef", secret=Secret("s" * 32), hosts=Hosts.local("http://wx.test")
        )
        tokens = Tokens(clock=self.clock)
        self.client = Client(account, self.endpoint, tokens, self.clock, policy=CallPolicy(pause_s=0))

    def call(self) -> None:
        self.client.perform(text_message(touser="o1", content="x"))


@pytest.fixture
def bench() -> Bench:
    return Bench()


OUTAGES = {
    "no connection": failing(NotReached("断", "down")),
    "hung up": failing(OutcomeUnknown("断", "cut")),
    "502 page": reply(b"<html>502</html>", 502),
    "login page": reply(b"<html>login</html>"),
    "garbage": reply(b"\x00\xff{{{"),
    "empty": reply(b""),
    "null": reply(b"null"),
    "half": reply(b'{"access_token":"88_t","exp'),
    "redirect": reply(b"", 302),
    "busy": reply({"errcode": -1, "errmsg": "system error"}),
    "no token": reply({"errcode": 0}),
    "deep": reply(b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
}


@pytest.mark.parametrize("kind", OUTAGES)
def test_an_outage_uses_up_no_budget_and_is_over_when_it_is_over(kind: str, bench: Bench) -> None:
    bench.endpoint.answer = OUTAGES[kind]
    for _ in range(80):
        with pytest.raises(GongzhongError) as caught:
            bench.call()
        assert "another program" not in caught.value.text("en")
    if kind != "no connection":  # costs nobody anything
        assert bench.endpoint.token_requests <= 20
    bench.endpoint.answer = reply(TOKEN)
    bench.clock.time += 1
    bench.call()


def test_the_pauses_of_a_long_outage_grow_to_half_a_minute(bench: Bench) -> None:
    bench.endpoint.answer = OUTAGES["502 page"]
    for _ in range(3600):
        with pytest.raises(BadAnswer):
            bench.call()
        bench.clock.time += 1
    assert 120 <= bench.endpoint.token_requests <= 140
    bench.endpoint.answer = reply(TOKEN)
    bench.clock.time += 30
    bench.call()


@pytest.mark.parametrize("life", [0, -1, "soon", 1e300, None, 10**9, "", [7200], float("1e9")])
def test_a_life_that_cannot_be_is_an_error_of_that_answer(life: Any, bench: Bench) -> None:
    bench.endpoint.answer = reply({"access_token": "88_t", "expires_in": life})
    with pytest.raises(BadAnswer):
        bench.call()
    bench.endpoint.answer = reply(TOKEN)
    bench.call()


@pytest.mark.parametrize(
    "value", ["", " ", "a b", "88\r\nX: 1", "微信", "x" * 5_000_000, None, ["x"], 8812345678901234, 1.5, True]
)
def test_a_token_that_cannot_be_is_never_kept(value: Any, bench: Bench) -> None:
    bench.endpoint.answer = reply({"access_token": value, "expires_in": 7200})
    with pytest.raises(BadAnswer):
        bench.call()


@pytest.mark.parametrize("jump", [-3600, -86_400, -3.2e8, 3600, 86_400, 3.2e8])
def test_a_clock_that_jumps_after_a_refusal_blocks_nobody_longer(jump: float, bench: Bench) -> None:
    bench.endpoint.answer = reply({"errcode": 40164, "errmsg": "invalid ip 1.2.3.4"})
    with pytest.raises(PermissionDenied):
        bench.call()
    bench.endpoint.answer = reply(TOKEN)
    bench.clock.time += jump
    try:
        bench.call()
    except PermissionDenied:
        bench.clock.time += 61
        bench.call()


def test_a_clock_set_back_during_a_pause_adds_nothing_to_it(bench: Bench) -> None:
    bench.endpoint.answer = OUTAGES["502 page"]
    for _ in range(10):
        with pytest.raises(BadAnswer):
            bench.call()
    bench.endpoint.answer = reply(TOKEN)
    bench.clock.time -= 86_400
    with pytest.raises(BadAnswer):
        bench.call()
    bench.clock.time += 2
    bench.call()
