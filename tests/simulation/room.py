"""A platform, a network and some programs under one seeded loop: what every simulated world begins with."""

from __future__ import annotations

import os
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from gongzhong import Account, Secret
from gongzhong.client import AsyncClient, WireRequest
from gongzhong.client.token_store import TokenStore
from gongzhong.client.tokens import TokenPolicy, Tokens
from gongzhong.client.transport import WireReply
from gongzhong.errors import NotReached, OutcomeUnknown, StateDown
from gongzhong.platform import Platform, PlatformConfig
from gongzhong.platform.delivery.receiver import Receiver
from gongzhong.platform.doors.server import Server
from gongzhong.platform.world import accounts
from gongzhong.testing.in_process import InProcessTransport
from gongzhong.testing.seeded import EPOCH, Network, Process, SeededLoop
from gongzhong.testing.simulated import EVERYTHING, account_config

APPID = "wx00000000000000aa"
SECRET = "s" * 32


def seeds() -> range:
    """The seeds of this run: GONGZHONG_SEEDS of them, 500 by default, from GONGZHONG_FIRST_SEED on."""
    first = int(os.environ.get("GONGZHONG_FIRST_SEED", "0"))
    return range(first, first + int(os.environ.get("GONGZHONG_SEEDS", "500")))


class Wire:
    """An `AsyncTransport` from one process through the network to the platform."""

    def __init__(self, room: Room, process: Process) -> None:
        self._room, self._process = room, process

    async def send(self, request: WireRequest, /) -> WireReply:
        async def served() -> WireReply:
            reply = await InProcessTransport(self._room.server).send(request)
            self._room.served(self._process, request)
            return reply

        return await self._room.network.call(self._room.wechat, served)

    async def close(self) -> None:
        """Nothing is open."""


@dataclass(frozen=True)
class Mishaps:
    """What befalls the processes and their store, and how often; `loss` is the share of calls to it that are lost."""

    deaths: int = 0
    stops: int = 0
    outages: int = 0
    loss: float = 0.0

    @classmethod
    def drawn(cls, seed: int, counts: Sequence[int], losses: Sequence[float]) -> Mishaps:
        """What goes wrong in the world of a seed: each as often as one of the counts says."""
        chance = random.Random(seed)
        deaths, stops, outages = (chance.choice(counts) for _ in range(3))
        return cls(deaths, stops, outages, chance.choice(losses))


class RemoteStore:
    """A store as a process sees it: behind a network that may be down, or lose calls and answers."""

    shared = True

    def __init__(self, network: Network, server: Process, inner: Any) -> None:
        self._network, self._server, self._inner = network, server, inner
        self.clock = inner.clock

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        operation = getattr(self._inner, name)

        async def call(*values: Any, **named: Any) -> Any:
            try:
                return await self._network.call(self._server, lambda: operation(*values, **named))
            except (NotReached, OutcomeUnknown):
                raise StateDown("存储没有应答", "the store does not answer") from None

        return call


class Room:
    """One world: its loop, WeChat as a process, and the network between WeChat and everybody else."""

    def __init__(self, seed: int) -> None:
        self.loop = SeededLoop(seed)
        self.random = self.loop.random
        self.wechat = Process(self.loop, "wechat")
        self.network = Network(self.loop)
        self.served: Callable[[Process, WireRequest], None] = lambda process, request: None
        """Called when WeChat has carried out a request of a process, before the answer is on its way."""

    def open(self, receiver: Receiver | None = None, **settings: Any) -> None:
        """Begin the platform, with one account."""
        config = PlatformConfig(traffic=EVERYTHING, start=EPOCH)
        self.platform = Platform(config, receiver=receiver, clock=self.wechat.clock)
        self.server = Server(self.platform)
        about = {"name": "shop", "appid": APPID, "secret": SECRET, "token": "tok123"}
        about |= {"kind": "service", "verified": True, **settings}
        accounts.create(self.platform.world, account_config(about))

    def client(self, process: Process, store: TokenStore) -> AsyncClient:
        """A client that runs in the process and shares its tokens through the store."""
        account = Account(appid=APPID, secret=Secret(SECRET), token=Secret("tok123"))
        tokens = Tokens(store, process.clock, TokenPolicy())
        wire, clock = Wire(self, process), process.clock
        return AsyncClient(account, transport=wire, tokens=tokens, clock=clock, chance=lambda: 0.5)

    def requests(self, path: str) -> list[float]:
        """When WeChat got requests for the path, in seconds from the beginning."""
        return [
            entry.time - EPOCH
            for entry in self.platform.traffic.everything()
            if entry.kind == "api" and path in entry.url
        ]

    def issued(self) -> list[str]:
        """Every access_token that WeChat ever issued, oldest first."""
        return self._issued

    def close(self) -> None:
        rows = self.platform.world.db.all("SELECT value FROM token ORDER BY issued_at, rowid")
        self._issued = [row["value"] for row in rows]
        self.loop.run_until_complete(self.wechat.start(self.platform.close()))
        self.loop.close()
