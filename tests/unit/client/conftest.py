"""A small stand-in for WeChat behind the transport seam: it gives tokens, remembers requests, answers by path."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

import pytest

from gongzhong.account import Account, Hosts, Secret
from gongzhong.client import AsyncClient, CallPolicy, Client, Tokens, WireReply, WireRequest
from gongzhong.clock import MovableClock

SECRET = "5ec2e75ec2e75ec2e75ec2e75ec2e7ab"

Reaction = WireReply | Exception | dict[str, Any] | bytes


def as_reply(answer: dict[str, Any] | bytes) -> WireReply:
    body = answer if isinstance(answer, bytes) else json.dumps(answer, ensure_ascii=False).encode()
    return WireReply(200, {"content-type": "text/plain"}, body)


class Weixin:
    """`answers[path]` is a queue of reactions, the last of which stays; `valid` are the tokens that calls accept."""

    def __init__(self) -> None:
        self.requests: list[WireRequest] = []
        self.answers: dict[str, deque[Reaction]] = {}
        self.valid: set[str] = set()
        self.current = ""
        self.made = 0
        self.expires_in = 7200
        self.before_answer: Callable[[WireRequest], None] = lambda request: None
        self._lock = threading.Lock()

    def will(self, path: str, *reactions: Reaction) -> None:
        self.answers[path] = deque(reactions)

    def paths(self) -> list[str]:
        return [request.url.partition("//")[2].partition("/")[2] for request in self.requests]

    def fetches(self) -> list[WireRequest]:
        return [request for request in self.requests if request.url.endswith("token")]

    def new_token(self) -> str:
        self.made += 1
        self.current = f"88_t0ken-{self.made}"
        self.valid = {self.current}
        return self.current

    def react(self, request: WireRequest) -> WireReply:
        self.before_answer(request)
        with self._lock:
            self.requests.append(request)
            path = "/" + request.url.partition("//")[2].partition("/")[2]
            queue = self.answers.get(path)
            if queue:
                reaction = queue.popleft() if len(queue) > 1 else queue[0]
                if isinstance(reaction, Exception):
                    raise reaction
                return reaction if isinstance(reaction, WireReply) else as_reply(reaction)
            return as_reply(self._usual(path, request))

    def _usual(self, path: str, request: WireRequest) -> dict[str, Any]:
        if path == "/cgi-bin/stable_token":
            wanted = json.loads(request.body or b"{}")
            if wanted.get("force_refresh") or not self.current:
                self.new_token()
            return {"access_token": self.current, "expires_in": self.expires_in}
        if path == "/cgi-bin/token":
            return {"access_token": self.new_token(), "expires_in": self.expires_in}
        if request.query.get("access_token") not in self.valid:
            return {"errcode": 40001, "errmsg": "invalid credential rid: 65a1b2c3-0d1e2f3a-4b5c6d7e"}
        return {"errcode": 0, "errmsg": "ok"}


class BlockingRoad:
    def __init__(self, weixin: Weixin) -> None:
        self.weixin = weixin
        self.closed = 0

    def send(self, request: WireRequest, /) -> WireReply:
        return self.weixin.react(request)

    def close(self) -> None:
        self.closed += 1


class AwaitingRoad:
    def __init__(self, weixin: Weixin) -> None:
        self.weixin = weixin
        self.closed = 0
        self.gate: Callable[[WireRequest], Any] | None = None

    async def send(self, request: WireRequest, /) -> WireReply:
        if self.gate is not None:
            await self.gate(request)
        return self.weixin.react(request)

    async def close(self) -> None:
        self.closed += 1


class World:
    """One account, one clock, one stand-in, and as many clients as a test likes."""

    def __init__(self) -> None:
        self.weixin = Weixin()
        self.clock = MovableClock(1_700_000_000, frozen=True)
        self.account = Account(
            appid="wx0123456789abcdef", secret=Secret(SECRET), hosts=Hosts.local("http://wx.test")
        )
        self.tokens = Tokens(clock=self.clock)
        self.policy = CallPolicy(pause_s=0)

    def client(self, tokens: Tokens | None = None, account: Account | None = None) -> Client:
        road = BlockingRoad(self.weixin)
        return Client(account or self.account, road, tokens or self.tokens, self.clock, policy=self.policy)

    def aclient(self, tokens: Tokens | None = None, road: AwaitingRoad | None = None) -> AsyncClient:
        road = road or AwaitingRoad(self.weixin)
        return AsyncClient(self.account, road, tokens or self.tokens, self.clock, policy=self.policy)

    def road(self) -> AwaitingRoad:
        return AwaitingRoad(self.weixin)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def secret() -> str:
    return SECRET
