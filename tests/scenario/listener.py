"""A developer's server that answers as a test has it, and a platform whose pushes go there."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from gongzhong.account import Account, Encryption, Secret
from gongzhong.clock import MovableClock
from gongzhong.messages import parse
from gongzhong.platform import AccountConfig, PersonConfig, Platform, PlatformConfig, TieConfig
from gongzhong.platform.delivery.pusher import Outcome
from gongzhong.platform.delivery.receiver import Answered, FailureClass, Unanswered
from gongzhong.platform.world import acts, chats, people
from gongzhong.platform.world.settings import Rules
from gongzhong.wire import PushQuery, PushReader

APPID, NAME = "wx00000000000000aa", "花店"
TOKEN, KEY = "tok123", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
URL = "http://shop.test/wx?shop=7"
START = 1_800_000_000

Request = tuple[str, str, bytes]
Script = bytes | Answered | FailureClass | Callable[[PushQuery, bytes], bytes]


def answered(body: bytes, status: int = 200) -> Answered:
    return Answered(status, {"content-type": "text/xml"}, body, "203.0.113.9")


class Listener:
    """Plays the server: each request gets the next line of the script, then the last one again and again."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self._script: deque[Script] = deque([b"success"])

    def will(self, *script: Script) -> None:
        self._script = deque(script)

    async def send(
        self, method: str, url: str, body: bytes, *, timeout_s: float, connect_s: float
    ) -> Answered:
        self.requests.append((method, url, body))
        line = self._script.popleft() if len(self._script) > 1 else self._script[0]
        if isinstance(line, str):
            raise Unanswered(line, "as the test has it")
        if isinstance(line, Answered):
            return line
        return answered(line if isinstance(line, bytes) else line(query_of(url), body))

    async def close(self) -> None:
        """Nothing is open."""


def query_of(url: str) -> PushQuery:
    return PushQuery.read(urlsplit(url).query)


class Bed:
    """A platform with one account, one follower and a scripted server; its clock stands still."""

    def __init__(self, encryption: Encryption = "plain", url: str = URL, **rules: Any) -> None:
        self.listener = Listener()
        config = PlatformConfig(
            rules=Rules(**{"attempt_gap_s": 0.0, **rules}),
            account=[
                AccountConfig(
                    name=NAME, appid=APPID, token=TOKEN, aes_key=KEY, encryption=encryption, url=url
                )
            ],
            person=[
                PersonConfig(name="alice", accounts={NAME: TieConfig(follows=True, reports_location=True)})
            ],
        )
        self.clock = MovableClock(START, frozen=True)
        self.platform = Platform(config, receiver=self.listener, clock=self.clock)
        self.world = self.platform.world
        self.reader = PushReader(
            Account(appid=APPID, token=Secret(TOKEN), aes_key=Secret(KEY), encryption=encryption),
            clock=self.clock,
        )

    @property
    def account(self) -> Any:
        return self.platform.account(NAME)

    @property
    def openid(self) -> str:
        return people.relation(self.world, self.account, "alice").openid

    async def does(self, act: acts.Act) -> list[Outcome]:
        return await self.platform.carry_out(act, wait=True)

    async def says(self, text: str = "在吗") -> Outcome:
        saying = acts.Saying(type="text", content=text)
        (outcome,) = await self.does(acts.say(self.world, self.account, "alice", saying))
        return outcome

    def screen(self) -> list[tuple[str, str]]:
        """Side and words of each line that alice sees."""
        return [(item["side"], chats.spoken(item)) for item in chats.read(self.world, APPID, "alice")]

    def complaints(self) -> int:
        """How often alice was told that the service is out of order."""
        return self.screen().count(("system", chats.FAILURE_LINE))

    def replies(self, write: Callable[[dict[str, Any]], bytes]) -> Script:
        """A line of the script: answer with what `write` makes of the push, in the wrapping of the mode."""

        def line(query: PushQuery, body: bytes) -> bytes:
            opened = self.reader.open(query, body)
            return self.reader.seal(write(dict(opened.fields)), opened=opened)

        return line

    def pushes(self) -> list[Any]:
        """Every request so far as the server understands it; a wrong signature raises."""
        return [
            parse(self.reader.open(query_of(url), body).fields) for _, url, body in self.listener.requests
        ]
