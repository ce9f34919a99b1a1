"""People who write to an account as a plan says, and what they saw of it in the end."""

from __future__ import annotations

import asyncio
import itertools
import time

from gongzhong.platform.world import accounts, acts, chats, people
from gongzhong.platform.world.acts import Saying
from gongzhong.platform.world.world import AccountState, World
from gongzhong.testing.live_platform import LivePlatform

from .judge import Seen
from .plan import Message, Plan

FETCH = "继续"
LOOKS_EVERY_S = 1.0
FETCHES_EVERY_S = 3.0
WRITES_AGAIN_AFTER_S = 20.0
"""Without any answer to a message for so long after its handler could be done, its person writes 继续 by themselves."""
BEATS_EVERY_S = 0.1
ANSWER = "答"
"""What the program under test puts before the text that it answers."""


class Crowd:
    """The people of a plan at the platform's only account."""

    def __init__(self, bed: LivePlatform, plan: Plan) -> None:
        self.bed, self.plan = bed, plan
        self.wrote: dict[str, float] = {}
        """When each message was written, in unix seconds."""
        self.asked: dict[str, list[float]] = {person: [] for person in plan.people}
        """When each person asked for an answer with 继续."""
        self.lag_s = 0.0
        """How late WeChat's own event loop was at the most: a machine that is too busy to be WeChat shows here."""

    @property
    def _world(self) -> World:
        return self.bed.platform.world

    @property
    def _account(self) -> AccountState:
        return next(iter(self._world.accounts.values()))

    def write(self, ends_s: float) -> None:
        """Let everybody write; until everybody has all answers, `ends_s` seconds from now at most."""
        self.bed.carry_out(self._write(ends_s))

    async def _write(self, ends_s: float) -> None:
        began = asyncio.get_running_loop().time()
        beating = asyncio.create_task(self._beat())
        await asyncio.gather(*(self._live(person, began, began + ends_s) for person in self.plan.people))
        beating.cancel()

    async def _beat(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + BEATS_EVERY_S
            await asyncio.sleep(BEATS_EVERY_S)
            self.lag_s = max(self.lag_s, loop.time() - due)

    async def _live(self, person: str, began: float, ends: float) -> None:
        loop = asyncio.get_running_loop()
        people.create(self._world, person)
        await self.bed.platform.carry_out(acts.follow(self._world, self._account, person))
        for message in self.plan.of(person):
            await asyncio.sleep(max(0.0, began + message.at_s - loop.time()))
            self.wrote[message.text] = time.time()
            await self._say(person, message.text)
        asks_at = 0.0
        while loop.time() < ends and (open_ := self._unanswered(person)):
            await asyncio.sleep(LOOKS_EVERY_S)
            if loop.time() >= asks_at and (self._promised(person) or self._waited_enough(open_)):
                asks_at = loop.time() + FETCHES_EVERY_S
                self.asked[person].append(time.time())
                await self._say(person, FETCH)

    async def _say(self, person: str, text: str) -> None:
        act = acts.say(self._world, self._account, person, Saying(type="text", content=text))
        await self.bed.platform.carry_out(act)

    def _waited_enough(self, unanswered: list[Message]) -> bool:
        return all(
            time.time() > self.wrote[message.text] + message.takes_s + WRITES_AGAIN_AFTER_S
            for message in unanswered
        )

    def _answers(self, person: str) -> list[Seen]:
        """The answers that a person saw."""
        found = []
        for place, line in enumerate(chats.read(self._world, self._account.appid, person)):
            if line["side"] == "account":
                for part, text in enumerate(chats.spoken(line).split("\n")):
                    if text.startswith(ANSWER) and text != f"{ANSWER}{FETCH}":
                        text = text.removeprefix(ANSWER)
                        found.append(Seen(person, text, line["time"], place, part, line["via"]))
        return found

    def _unanswered(self, person: str) -> list[Message]:
        seen = {answer.text for answer in self._answers(person)}
        return [message for message in self.plan.of(person) if message.text not in seen]

    def _promised(self, person: str) -> bool:
        """Whether the last line asks the person to fetch an answer."""
        lines = chats.read(self._world, self._account.appid, person)
        return bool(lines) and lines[-1]["side"] == "account" and FETCH in chats.spoken(lines[-1])

    def chances(self) -> dict[str, list[float]] | None:
        """When an answer that waits could be shown: whenever its person wrote. None where the account may send by
        itself."""
        if self._account.verified:
            return None
        return {
            person: sorted([*times, *(self.wrote[message.text] for message in self.plan.of(person))])
            for person, times in self.asked.items()
        }

    def seen(self) -> list[Seen]:
        """What everybody saw."""
        return self.bed.look(
            lambda: list(itertools.chain.from_iterable(map(self._answers, self.plan.people)))
        )

    def carried(self, person: str, text: str) -> str:
        """Every request between WeChat and the program that held this text or failed for its person, for the story of
        a message that was lost; times are seconds from its writing."""

        def found() -> list[str]:
            words = text.encode()
            return [
                f"{entry.time - self.wrote[text]:+.1f} {entry.kind} {entry.title} #{entry.attempt or 1} "
                f"{entry.status} {entry.verdict.kind} {entry.cost_ms / 1000:.1f} s"
                for entry in self.bed.platform.traffic.everything()
                if words in (entry.decrypted or entry.request_body)
                or words in (entry.response_decrypted or entry.response_body)
                or (entry.person == person and not entry.verdict.ok)
            ]

        return "; ".join(self.bed.look(found))

    def failures(self) -> int:
        """How often WeChat told somebody that the service is out of order."""

        def count() -> int:
            appid = self._account.appid
            lines = (line for person in self.plan.people for line in chats.read(self._world, appid, person))
            return sum(line["type"] == "failure" for line in lines)

        return self.bed.look(count)

    def alarms(self) -> list[str]:
        """The alarms that WeChat raised."""
        return self.bed.look(
            lambda: [str(alarm) for alarm in accounts.alarms(self._world, self._account.appid)]
        )
