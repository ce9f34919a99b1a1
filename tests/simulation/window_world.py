"""People who write to an account whose handlers take up to a minute, while connections break.

Everything between the phone and the handler is real: the platform's pushes and repeats, verification, reply window,
outbox, customer-service messages. What is right is read from the chats: each message answered once, by one run of its
handler, no line that says that the service failed, no alarm.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from gongzhong import Account, OfficialAccount, Secret, Text
from gongzhong.app import Services
from gongzhong.app.answer import Answer
from gongzhong.app.binding import Binding
from gongzhong.client.token_store import MemoryTokenStore
from gongzhong.errors import TransportError
from gongzhong.facts import DELIVERIES
from gongzhong.platform.delivery.receiver import Answered, Unanswered
from gongzhong.platform.world import accounts, acts, chats, people
from gongzhong.platform.world.acts import Saying
from gongzhong.testing.seeded import Network, Process

from .room import APPID, SECRET, Room

FETCH = "继续"
CALM_S = 60.0
"""After the last word everything must come to an end."""


@dataclass(frozen=True)
class Setting:
    """What kind of account it is, how long people write and ask for answers (seconds), and what goes wrong."""

    may_send: bool
    people: int = 2
    messages: int = 8
    writes_s: float = 400.0
    fetches_s: float = 300.0
    loss: float = 0.0
    """The share of push attempts that do not arrive, or whose answer is lost."""

    @classmethod
    def drawn(cls, seed: int) -> Setting:
        chance = Random(seed)
        return cls(seed % 2 == 0, loss=chance.choice((0.0, 0.0, 0.05)))


class Door:
    """The platform's way to the app: through a network, with WeChat's own patience."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self.apps: Callable[[], list[tuple[Process, Binding]]] = list
        """The processes that may be asked, in the order of preference."""
        self.attempts: Counter[bytes] = Counter()
        self.given: dict[bytes, str] = {}
        """The last answer to each push."""
        self.unseen: list[str] = []
        """Last answers that were lost on the way, no delivery coming after them: nobody can know of that."""

    async def send(
        self, method: str, url: str, body: bytes, *, timeout_s: float, connect_s: float
    ) -> Answered:
        query = url.partition("?")[2]
        process, binding = self.apps()[0]
        hung_up = False
        self.attempts[body] += 1

        async def handled() -> Answer:
            answer = await binding.handle(query, body, method, gone=lambda: hung_up)
            self.given[body] = answer.body.decode()
            return answer

        try:
            async with asyncio.timeout(timeout_s):
                answer = await self._network.call(process, handled)
        except (TimeoutError, TransportError):
            hung_up = True
            if self.attempts[body] == DELIVERIES:
                self.unseen.append(self.given.get(body, ""))
            raise Unanswered("timeout", f"{timeout_s:g} s") from None
        return Answered(answer.status, {"content-type": answer.content_type}, answer.body, "127.0.0.1")

    async def close(self) -> None:
        """Nothing is open."""


class WindowWorld:
    """The world of one seed. `run` plays it; then `wrong` says what is not as it should be."""

    def __init__(self, seed: int, setting: Setting) -> None:
        self.setting = setting
        self.room = room = Room(seed)
        self.random = room.random
        self.to_app = Network(room.loop, loss=setting.loss)
        self.door = Door(self.to_app)
        kind = "service" if setting.may_send else "subscription"
        room.open(receiver=self.door, kind=kind, verified=setting.may_send, url="http://shop.test/")
        self.started: Counter[str] = Counter()
        self.asked: dict[str, int] = {}
        self.wrote: dict[str, list[str]] = {f"person {number}": [] for number in range(setting.people)}
        self.reached: set[str] = set()
        self.begin()

    def begin(self) -> None:
        """Start the program: one process."""
        process = Process(self.room.loop, "app")
        bound = self.bound(process)
        self.door.apps = lambda: [(process, bound)]

    def bound(self, process: Process, **services: Any) -> Binding:
        """The program in one process."""
        account = Account(appid=APPID, secret=Secret(SECRET), token=Secret("tok123"))
        oa = OfficialAccount(account)

        @oa.text()
        async def answer(message: Text) -> str:
            self.begun(message.content, process)
            await asyncio.sleep(self.random.choice((0.0, 0.2, 3.0, 6.0, 12.0, 20.0, 50.0)))
            return f"答{message.content}"

        api = self.room.client(process, MemoryTokenStore(process.clock))
        return oa.bind(account, Services(clock=process.clock, api=api, **services))

    def begun(self, text: str, process: Process) -> None:
        """The handler of a message has begun."""
        self.started[text] += 1

    def run(self) -> WindowWorld:
        lives = [self.room.wechat.start(self._live(person)) for person in self.wrote]
        for life in lives:
            self.room.loop.run_until_complete(life)
        self.room.loop.run_for(CALM_S)
        self._found = self._judged()
        self.chats = {person: self._lines(person) for person in self.wrote}
        self.room.close()
        return self

    def wrong(self) -> list[str]:
        return self._found

    async def _live(self, person: str) -> None:
        """Follow, write now and then, and ask for what was promised."""
        world = self.room.platform.world
        account = next(iter(world.accounts.values()))
        people.create(world, person)
        await self.room.platform.carry_out(acts.follow(world, account, person), wait=True)
        for number in range(self.setting.messages):
            await asyncio.sleep(self.random.expovariate(self.setting.messages / self.setting.writes_s))
            text = f"{person[-1]}-{number}"
            self.wrote[person].append(text)
            await self._say(person, text)
        for _ in range(round(self.setting.fetches_s / 15)):
            await asyncio.sleep(15)
            if not self._unanswered(person):
                return
            if not self.setting.may_send:
                self.reached.add("fetched")
                await self._say(person, FETCH)

    async def _say(self, person: str, text: str) -> None:
        world = self.room.platform.world
        account = next(iter(world.accounts.values()))
        act = acts.say(world, account, person, Saying(type="text", content=text))
        await self.room.platform.carry_out(act, wait=self.random.random() < 0.7)

    def _lines(self, person: str) -> list[tuple[str, str, str]]:
        """Side, way and text of every line of a person's chat."""
        items = chats.read(self.room.platform.world, APPID, person)
        return [(item["side"], item["via"], chats.spoken(item)) for item in items]

    def _unanswered(self, person: str) -> list[str]:
        said = "\n".join(text for side, _, text in self._lines(person) if side == "account")
        return [text for text in self.wrote[person] if f"答{text}" not in said]

    # ---- what must hold

    def _judged(self) -> list[str]:
        found = [f"an error that nobody saw: {problem}" for problem in self.room.loop.problems]
        for person in self.wrote:
            found += self._chat_wrong(person)
        again = [text for text, count in self.started.items() if count > 1 and text != FETCH]
        if again:
            found.append(f"handlers ran more than once: {again}")
        if not self.setting.loss and self.raised:
            found.append(f"WeChat raised alarms: {self.raised}")
        return found

    @property
    def raised(self) -> list[str]:
        world = self.room.platform.world
        return [str(alarm) for alarm in accounts.alarms(world, APPID)]

    @property
    def excused(self) -> bool:
        """Whether WeChat may have given up on a message."""
        return bool(self.setting.loss)

    @property
    def may_see_twice(self) -> bool:
        """Whether what was shown may be shown again because nobody could know that it was."""
        return False

    def _chat_wrong(self, person: str) -> list[str]:
        found = []
        lines = self._lines(person)
        answers = [
            part.removeprefix("答")
            for side, via, text in lines
            if side == "account"
            for part in text.split("\n")
            if part.startswith("答")
        ]
        self.reached |= {via for side, via, _ in lines if side == "account"}
        twice = [text for text, count in Counter(answers).items() if count > 1 and text != FETCH]
        if twice and not self.may_see_twice:
            found.append(f"{person} saw answers twice: {twice}")
        unseen = "".join(self.door.unseen)
        missing = [text for text in self.wrote[person] if text not in answers and f"答{text}" not in unseen]
        failures = sum(side == "system" and "故障" in text for side, _, text in lines)
        if failures:
            self.reached.add("failed three times")
        if failures and not self.excused:
            found.append(f"{person} was told that the service failed, {failures} times")
        if len(missing) > failures:
            found.append(f"{person} never saw the answers to {missing}")
        return found
