"""When one of WeChat's API hosts is dead, hangs or cuts, calls go to the next: on real sockets, by both clients."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

from gongzhong import Account, AsyncClient, Client, Hosts, Secret
from gongzhong.catalogue.base import GetApiAddresses
from gongzhong.catalogue.customer_messages import text_message
from gongzhong.catalogue.model import Call
from gongzhong.client import CallPolicy
from gongzhong.client.hosts import AGAIN_S
from gongzhong.clock import MovableClock
from gongzhong.errors import BadAnswer, NotReached, OutcomeUnknown

from .peers import Act, Connection, Peer, peer

__all__ = ["peer"]

Start = Callable[[Act], Peer]
READ: Call[Any] = GetApiAddresses()
SEND: Call[Any] = text_message(touser="o1", content="x")
TOKEN = {"access_token": "88_abcdefgh", "expires_in": 7200}
DONE = {"errcode": 0, "errmsg": "ok", "ip_list": ["203.0.113.1"]}
POLICY = CallPolicy(pause_s=0.01, connect_s=0.5, timeout_s=5)


def wechat(connection: Connection) -> None:
    """Answers tokens and calls as WeChat does."""
    while connection.read_request():
        answer = TOKEN if b"stable_token" in connection.head.split(b"\r\n")[0] else DONE
        connection.answer(json.dumps(answer).encode(), "Content-Type: application/json")


def unavailable(connection: Connection) -> None:
    while connection.read_request():
        connection.answer(
            b"<html><title>502</title></html>", "Content-Type: text/html", status="502 Bad Gateway"
        )


def cuts(connection: Connection) -> None:
    """Takes requests and closes without an answer; tokens are given, so that the call gets so far."""
    while connection.read_request():
        if b"stable_token" not in connection.head.split(b"\r\n")[0]:
            return
        connection.answer(json.dumps(TOKEN).encode(), "Content-Type: application/json")


def says_nothing(connection: Connection) -> None:
    connection.ended.wait(10)


def dead_address() -> str:
    """An address of this machine at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


class Made:
    """Calls with one of the clients, on a clock that stands still unless it is moved."""

    def __init__(self, kind: str, first: str, *others: str) -> None:
        self.kind, self.clock = kind, MovableClock()
        hosts = Hosts(api=first, api_others=others)
        self.account = Account(appid="wx0123456789abcdef", secret=Secret("5" * 32), hosts=hosts)

    def calls(self, *calls: Call[Any]) -> list[Any]:
        """What each call gave or raised, one after another, by one client."""
        if self.kind == "blocking":
            with Client(self.account, clock=self.clock, policy=POLICY) as client:
                return [self._outcome(lambda call=call: client.perform(call)) for call in calls]
        return asyncio.run(self._awaiting(calls))

    def _outcome(self, act: Callable[[], Any]) -> Any:
        try:
            return act()
        except Exception as error:
            return type(error)

    async def _awaiting(self, calls: tuple[Call[Any], ...]) -> list[Any]:
        found: list[Any] = []
        async with AsyncClient(self.account, clock=self.clock, policy=POLICY) as client:
            for call in calls:
                try:
                    found.append(await client.perform(call))
                except Exception as error:
                    found.append(type(error))
        return found


KINDS = pytest.mark.parametrize("kind", ["blocking", "awaiting"])


def asked(server: Peer) -> int:
    return len(server.connections)


@KINDS
@pytest.mark.parametrize("call", [READ, SEND], ids=["read", "send"])
def test_a_host_where_nobody_listens_is_left_for_the_next(kind: str, call: Call[Any], peer: Start) -> None:
    good = peer(wechat)
    outcomes = Made(kind, dead_address(), good.url).calls(call, call)
    assert all(not isinstance(outcome, type) for outcome in outcomes)


@KINDS
@pytest.mark.parametrize("call", [READ, SEND], ids=["read", "send"])
def test_a_host_that_hangs_in_the_handshake_costs_a_moment_once(
    kind: str, call: Call[Any], peer: Start
) -> None:
    hanging, good = peer(says_nothing), peer(wechat)
    started = time.monotonic()
    outcomes = Made(kind, hanging.url.replace("http:", "https:"), good.url).calls(call, call, call)
    assert all(not isinstance(outcome, type) for outcome in outcomes)
    assert asked(hanging) == 1, "and it is remembered"
    assert time.monotonic() - started < POLICY.timeout_s


@KINDS
def test_a_host_whose_tls_fails_is_left_for_the_next(kind: str, peer: Start) -> None:
    plain, good = peer(wechat), peer(wechat)
    outcomes = Made(kind, plain.url.replace("http:", "https:"), good.url).calls(SEND)
    assert not isinstance(outcomes[0], type)


@KINDS
def test_a_page_of_502_sends_reading_calls_elsewhere_and_ends_a_send(kind: str, peer: Start) -> None:
    """The send may have arrived behind the gateway; the next call goes to the other host at once."""
    bad, good = peer(unavailable), peer(wechat)
    made = Made(kind, bad.url, good.url)
    assert all(not isinstance(outcome, type) for outcome in made.calls(READ, SEND, READ))
    assert asked(bad) == 1, "the token was asked for there, and nothing after it"

    def breaks(connection: Connection) -> None:
        if connection.read_request():
            connection.answer(json.dumps(TOKEN).encode(), "Connection: close")
        while connection.read_request():
            connection.answer(b"<html>", "Content-Type: text/html", status="503 Unavailable")

    later = peer(lambda connection: breaks(connection) if asked(later) == 1 else unavailable(connection))
    assert Made(kind, later.url, good.url).calls(SEND, SEND)[0] is BadAnswer


@KINDS
def test_a_cut_off_call_is_repeated_elsewhere_only_where_that_is_safe(kind: str, peer: Start) -> None:
    cutting, good = peer(cuts), peer(wechat)
    outcomes = Made(kind, cutting.url, good.url).calls(READ)
    assert not isinstance(outcomes[0], type)
    cutting, good = peer(cuts), peer(wechat)
    outcomes = Made(kind, cutting.url, good.url).calls(SEND)
    assert outcomes == [OutcomeUnknown]
    assert asked(good) == 0, "what may have been carried out is sent to nobody else"


def test_after_a_while_the_first_host_is_used_again(peer: Start) -> None:
    broken, seen = True, [0, 0]

    def counted(number: int) -> Act:
        def act(connection: Connection) -> None:
            while connection.read_request():
                seen[number] += 1
                if broken and number == 0:
                    connection.answer(b"<html>", "Content-Type: text/html", status="504 Gateway Timeout")
                else:
                    connection.answer(json.dumps(TOKEN | DONE).encode(), "Content-Type: application/json")

        return act

    made = Made("blocking", peer(counted(0)).url, peer(counted(1)).url)
    with Client(made.account, clock=made.clock, policy=POLICY) as client:
        client.perform(READ)
        assert seen == [1, 2], "the token was asked for at both"
        broken = False
        client.perform(READ)
        assert seen == [1, 3]
        made.clock.advance(AGAIN_S + 1)
        client.perform(READ)
        client.perform(READ)
        assert seen == [3, 3]


@KINDS
def test_when_no_host_is_reached_the_error_names_the_first_and_blames_none(kind: str) -> None:
    dead, other = dead_address(), dead_address()
    made = Made(kind, dead, other)
    assert made.calls(READ) == [NotReached]
    with Client(made.account, clock=made.clock, policy=POLICY) as client:
        with pytest.raises(NotReached, match=dead.removeprefix("http://")):
            client.perform(READ)
        assert client._caller.hosts.choose() == dead


@KINDS
def test_the_secret_of_a_gateway_goes_to_no_host_of_weixin_s(kind: str) -> None:
    made = Made(kind, dead_address())
    assert made.account.hosts.api_hosts == (made.account.hosts.api,)
    assert made.calls(READ) == [NotReached]
