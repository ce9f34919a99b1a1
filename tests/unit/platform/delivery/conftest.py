"""A developer's server that answers as it is told, and a platform that pushes to it while the clock stands still."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from gongzhong import Account, Secret
from gongzhong.account import Encryption
from gongzhong.clock import MovableClock
from gongzhong.platform import AccountConfig, PersonConfig, Platform, PlatformConfig, TieConfig
from gongzhong.platform.delivery.pusher import Outcome
from gongzhong.platform.delivery.receiver import Answered, FailureClass, Unanswered
from gongzhong.platform.world import accounts, acts, chats, people
from gongzhong.platform.world.acts import Saying
from gongzhong.platform.world.settings import Rules
from gongzhong.platform.world.world import AccountState
from gongzhong.wire import Opened, PushQuery, PushReader

from ..conftest import START

pytestmark = pytest.mark.anyio

APPID, ORIGINAL_ID = "wx0123456789abcdef", "gh_a1b2c3d4e5f6"
TOKEN, AES_KEY = "token123", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
URL = "http://203.0.113.9/wx?shop=1"

Said = bytes | int | FailureClass | Callable[["Arrived"], bytes]
"""An answer: a body, an HTTP status, a silence, or what becomes of the request."""


class Arrived:
    """One request at the developer's server."""

    def __init__(self, method: str, url: str, body: bytes, timeout_s: float) -> None:
        self.method, self.url, self.body, self.timeout_s = method, url, body, timeout_s
        self.query = dict(parse_qsl(urlsplit(url).query))


class Server:
    """Takes pushes; answers what `says` lists, one after another, the last one for ever."""

    def __init__(self) -> None:
        self.says: list[Said] = [b"success"]
        self.arrived: list[Arrived] = []

    async def send(
        self, method: str, url: str, body: bytes, *, timeout_s: float, connect_s: float
    ) -> Answered:
        self.arrived.append(Arrived(method, url, body, timeout_s))
        said = self.says.pop(0) if len(self.says) > 1 else self.says[0]
        if isinstance(said, str):
            raise Unanswered(said, "as told")
        if callable(said):
            said = said(self.arrived[-1])
        status, content = (said, b"oh") if isinstance(said, int) else (200, said)
        return Answered(status, {"content-type": "text/plain"}, content, "203.0.113.9")

    async def close(self) -> None:
        """Nothing is open."""


class Bed:
    """A platform with one account and its follower alice."""

    def __init__(self, **rules: Any) -> None:
        self.clock = MovableClock(START, frozen=True)
        self.server = Server()
        config = PlatformConfig(
            rules=Rules(**{"attempt_gap_s": 0.0, **rules}),
            account=[
                AccountConfig(
                    name="小店",
                    appid=APPID,
                    original_id=ORIGINAL_ID,
                    token=TOKEN,
                    aes_key=AES_KEY,
                    url=URL,
                )
            ],
            person=[PersonConfig(name="alice", accounts={"小店": TieConfig(follows=True)})],
        )
        self.platform = Platform(config, receiver=self.server, clock=self.clock)
        self.world = self.platform.world
        self.openid = people.relation(self.world, self.account, "alice").openid

    @property
    def account(self) -> AccountState:
        return self.world.accounts[APPID]

    def change(self, **changes: Any) -> None:
        accounts.change(self.world, APPID, changes)

    async def says(self, text: str = "在吗") -> Outcome:
        """Alice writes; how the push ended."""
        act = acts.say(self.world, self.account, "alice", Saying(content=text))
        (outcome,) = await self.platform.carry_out(act, wait=True)
        return outcome

    def opened(self, arrived: Arrived, encryption: Encryption) -> Opened:
        """A request as an application in this mode reads it."""
        return self.reader(encryption).open(PushQuery.read(urlsplit(arrived.url).query), arrived.body)

    def sealed(self, encryption: Encryption) -> bytes:
        """A passive reply as an application in this mode sends it."""
        return self.reader(encryption).seal(self.reply())

    def reader(self, encryption: Encryption) -> PushReader:
        account = Account(appid=APPID, token=Secret(TOKEN), aes_key=Secret(AES_KEY), encryption=encryption)
        return PushReader(account)

    def reply(self, inside: str = "<MsgType>text</MsgType><Content>好</Content>", **names: str) -> bytes:
        """A passive reply in plain text; names can be changed."""
        to, by = names.get("to", self.openid), names.get("by", ORIGINAL_ID)
        return (
            f"<xml><ToUserName>{to}</ToUserName><FromUserName>{by}</FromUserName>"
            f"<CreateTime>1</CreateTime>{inside}</xml>"
        ).encode()

    @property
    def screen(self) -> list[tuple[str, str]]:
        """What alice sees: via, and text or type."""
        items = chats.read(self.world, APPID, "alice")
        return [(item["via"], item.get("content", item["type"])) for item in items]


@pytest.fixture
async def bed() -> AsyncIterator[Bed]:
    made = Bed()
    yield made
    await made.platform.close()
