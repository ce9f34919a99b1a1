"""Result events of campaigns in seeded worlds: late, several times, never, before the outcome of their call is known.

Notices are never repeated, so that what became of a send in doubt is known by its event alone; template messages are
repeated under their id. What is right is read from the platform, and from when an event came.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from gongzhong.campaigns import State
from gongzhong.campaigns.contents import Notice, result_kind
from gongzhong.campaigns.decision import Rules
from gongzhong.campaigns.plan import Plan
from gongzhong.campaigns.result_tables import LISTEN_S, ResultTables
from gongzhong.campaigns.results import RESULT_EVENTS, Results
from gongzhong.campaigns.stages import Stage
from gongzhong.messages import Push
from gongzhong.platform.world import notices
from gongzhong.platform.world.world import AccountState
from gongzhong.testing.seeded import Process

from .room import APPID, Mishaps
from .test_campaign import CHUNK, PEOPLE, PLAN, CampaignWorld, drawn, some

NOTICE = Plan(
    content=Notice(
        template_id="n1", data={"character_string1": "1", "thing2": "三体", "date4": "2026年3月1日"}
    ),
    rate=0.5,
)
DELAYS_S = (0.0, 0.5, 30.0, 600.0, 4_500.0)
"""Of events. The last one comes after a send in doubt was given up, and then before nobody listens any more."""


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


class Readers:
    """The people of the world, found by their OpenIDs."""

    account = APPID

    def __init__(self, openids: list[str]) -> None:
        self._openids = openids

    async def find(self, openids: list[str], /) -> list[int | None]:
        return [self._openids.index(one) if one in self._openids else None for one in openids]


class ResultWorld(CampaignWorld):
    """A campaign whose result events a program hears, each drawn times and after a drawn time."""

    def __init__(self, seed: int, mishaps: Mishaps, plan: Plan) -> None:
        super().__init__(seed, mishaps, plan=plan)
        world = self.room.platform.world
        account = world.accounts[APPID]
        notices.add(world, account, "3102", [1, 2, 4], "到货", template_id="n1")
        self.openids = self.people.known
        for openid in self.openids:
            for _ in range(2):
                notices.allow(world, account, openid, notices.find(world, account, "n1"))
        self.app = Process(self.loop, "app")
        self.results = self.listener()
        self.told: set[int] = set()
        """People of whom an event has come."""
        world.outgoing = self._pushed

    def listener(self) -> Results:
        return Results(ResultTables(self.tables.database), Readers(self.openids), self.app.clock)

    def run(self, trouble_s: float = 100.0, calm_s: float = 6_000.0) -> ResultWorld:
        self.send(trouble_s, calm_s)
        self.hear_all()
        return self

    def send(self, trouble_s: float = 100.0, calm_s: float = 6_000.0) -> None:
        """Until the campaign has ended."""
        super().run(trouble_s, calm_s)

    def hear_all(self) -> None:
        """Until the last event has come."""
        self.loop.run_for(DELAYS_S[-1])
        self.histories = self.loop.run_until_complete(self._read())

    async def _read(self) -> list[Any]:
        kind, template = result_kind(self.plan.kind), self.plan.content.template
        ledgers = [
            await self.tables.ledger(self.campaign.id, chunk, CHUNK, kind, template)
            for chunk in range(PEOPLE // CHUNK)
        ]
        return [history for ledger in ledgers for history in ledger.histories()]

    def _pushed(self, account: AccountState, push: Push) -> None:
        assert isinstance(push, RESULT_EVENTS)
        for _ in range(self.random.choice((0, 1, 1, 1, 2, 3))):
            self.loop.call_later(self.random.choice(DELAYS_S), lambda: self.app.start(self._hear(push)))

    async def _hear(self, push: Push) -> None:
        counts = await self._counts()
        await self.results.hear(push)
        if counts:
            self.told.add(self.openids.index(push.openid))

    async def _counts(self) -> bool:
        """Whether an event that comes now is to be kept: for an hour after the end, and with a known number always."""
        found = await self.tables.campaign(self.campaign.id)
        listens = found.stage is Stage.RUNNING or self.app.clock.now() < found.changed_at + LISTEN_S
        return listens or not self.plan.content.template

    def wrong(self) -> list[str]:
        found = [f"an error that nobody saw: {problem}" for problem in self.loop.problems]
        for number, (history, times) in enumerate(zip(self.histories, self.shown(), strict=True)):
            self.reached.add(f"{history.state}")
            allowed = self._allowed(number, len(times))
            if len(times) > 1 or history.state not in allowed:
                told = "told" if number in self.told else "not told"
                found.append(f"person {number}: {history.state}, {told}, saw {len(times)} messages")
        return found

    def _allowed(self, number: int, messages: int) -> set[State]:
        """What may stand in the ledger about a person at the end."""
        if not messages:
            return {State.UNKNOWN}
        if number not in self.told:
            return {State.ACCEPTED, State.UNKNOWN}
        # A template message that was never answered has no number by which its event could name it.
        by_person = bool(self.plan.content.template)
        return {State.DELIVERED} if by_person else {State.DELIVERED, State.UNKNOWN}


@pytest.mark.parametrize("plan", [NOTICE, PLAN])
def test_events_settle_what_is_in_doubt_whenever_they_come_and_however_often(plan: Plan) -> None:
    reached: set[str] = set()
    for seed in some(5_000)[::2]:
        world = ResultWorld(seed, drawn(seed), plan).run()
        assert not world.wrong(), f"seed {seed}, {world.mishaps}: {world.wrong()}"
        reached |= world.reached
    if len(some(5_000)) >= 50 and plan is NOTICE:
        assert {"delivered", "accepted", "unknown"} <= reached


class Late(ResultWorld):
    """Every event comes once, and as late as any."""

    def _pushed(self, account: AccountState, push: Push) -> None:
        self.loop.call_later(DELAYS_S[-1], lambda: self.app.start(self._hear(push)))

    def given_up(self) -> int:
        """How many sends are unknown by now."""
        histories = self.loop.run_until_complete(self._read())
        return sum(history.state is State.UNKNOWN for history in histories)


def test_an_event_that_comes_after_the_send_was_given_up_still_counts() -> None:
    assert Rules().settle_s < DELAYS_S[-1] < Rules().settle_s + LISTEN_S
    settled = 0
    for seed in range(4):
        world = Late(seed, Mishaps(loss=0.2), NOTICE)
        world.send()
        before = world.given_up()
        world.hear_all()
        assert not world.wrong(), f"seed {seed}: {world.wrong()}"
        settled += before - world.given_up()
    assert settled


class Deaf(ResultWorld):
    """Mutant: nobody hears the events."""

    async def _hear(self, push: Push) -> None:
        if await self._counts():
            self.told.add(self.openids.index(push.openid))


class Strangers(ResultWorld):
    """Mutant: events are kept for somebody else."""

    def listener(self) -> Results:
        return Results(ResultTables(self.tables.database), Readers(self.openids[::-1]), self.app.clock)


@pytest.mark.parametrize("mutant", [Deaf, Strangers])
def test_a_mutant_is_caught(mutant: type[ResultWorld]) -> None:
    troubled = Mishaps(deaths=4, stops=2, loss=0.1)
    assert any(mutant(seed, troubled, NOTICE).run().wrong() for seed in range(10))
