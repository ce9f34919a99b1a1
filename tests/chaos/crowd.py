"""People who write to an account all at once, and what they must have seen in the end."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field

from gongzhong.platform.world import accounts, acts, chats, people
from gongzhong.platform.world.acts import Saying
from gongzhong.testing.live_platform import LivePlatform

FETCH = "继续"


@dataclass
class Report:
    """What came of it. Lists of messages."""

    written: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    reordered: list[str] = field(default_factory=list)
    failed: int = 0
    """How often WeChat told a person that the service is out of order."""
    alarms: list[str] = field(default_factory=list)
    roads: Counter[str] = field(default_factory=Counter)


class Crowd:
    """`people` persons who write `messages` messages each within about `seconds`; handlers take up to `slowest_s`."""

    def __init__(
        self, bed: LivePlatform, seed: int, *, people: int, messages: int, seconds: float, slowest_s: float
    ) -> None:
        self.bed, self.random = bed, random.Random(seed)
        self.messages, self.seconds, self.slowest_s = messages, seconds, slowest_s
        self.wrote: dict[str, list[str]] = {f"person {number}": [] for number in range(people)}

    def write(self) -> None:
        """Let everybody write, and wait until everything was answered, or nothing more comes."""
        self.bed.carry_out(self._write())

    async def _write(self) -> None:
        await asyncio.gather(*(self._live(person) for person in self.wrote))

    async def _live(self, person: str) -> None:
        world = self.bed.platform.world
        account = next(iter(world.accounts.values()))
        people.create(world, person)
        await self.bed.platform.carry_out(acts.follow(world, account, person), wait=True)
        for number in range(self.messages):
            await asyncio.sleep(self.random.expovariate(self.messages / self.seconds))
            text = f"{person.split()[1]}-{number}@{self._duration():.1f}"
            self.wrote[person].append(text)
            await self._say(person, text)
        for _ in range(round((self.slowest_s + 60) / 3)):
            if not self._unanswered(person):
                return
            await asyncio.sleep(3)
            if not account.verified and self._promised(person):
                await self._say(person, FETCH)

    def _duration(self) -> float:
        """Most handlers are quick; some take up to the longest time."""
        return self.random.choice((0.0, 0.0, 0.1, 1.0, self.random.random() * self.slowest_s))

    async def _say(self, person: str, text: str) -> None:
        world = self.bed.platform.world
        account = next(iter(world.accounts.values()))
        act = acts.say(world, account, person, Saying(type="text", content=text))
        await self.bed.platform.carry_out(act, wait=self.random.random() < 0.7)

    def _lines(self, person: str) -> list[tuple[str, str, str]]:
        world = self.bed.platform.world
        appid = next(iter(world.accounts))
        return [(item["side"], item["via"], chats.spoken(item)) for item in chats.read(world, appid, person)]

    def _answers(self, person: str) -> list[str]:
        """The messages whose answers a person saw, as often as they saw them."""
        return [
            part.removeprefix("答")
            for side, _, text in self._lines(person)
            if side == "account"
            for part in text.split("\n")
            if part.startswith("答") and part != f"答{FETCH}"
        ]

    def _unanswered(self, person: str) -> list[str]:
        seen = set(self._answers(person))
        return [text for text in self.wrote[person] if text not in seen]

    def _promised(self, person: str) -> bool:
        """Whether the last line asks the person to fetch an answer."""
        lines = self._lines(person)
        return bool(lines) and FETCH in lines[-1][2] and lines[-1][0] == "account"

    def report(self) -> Report:
        """What everybody saw."""
        return self.bed.look(self._report)

    def _report(self) -> Report:
        found = Report()
        for person, wrote in self.wrote.items():
            answers, lines = self._answers(person), self._lines(person)
            found.written += len(wrote)
            found.lost += [text for text in wrote if text not in answers]
            found.doubled += [text for text, count in Counter(answers).items() if count > 1]
            found.failed += sum(side == "system" and "故障" in text for side, _, text in lines)
            found.roads.update(via for side, via, _ in lines if side == "account")
        world = self.bed.platform.world
        found.alarms = [str(alarm) for alarm in accounts.alarms(world, next(iter(world.accounts)))]
        return found
