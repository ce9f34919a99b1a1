"""Campaigns in seeded worlds: workers that die and are stopped, a store and a WeChat behind a bad network, quotas.

The tables are the real ones, in SQLite in memory, carried out at once. What is right is read from the platform: how
many messages each person was shown.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import sqlite3
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import create_engine

from gongzhong.campaigns import Attempt, Outcome, State
from gongzhong.campaigns.contents import Broadcast, CustomerMessage, TemplateMessage
from gongzhong.campaigns.plan import Plan, day_of, next_day, next_month
from gongzhong.campaigns.stages import Campaign, Stage
from gongzhong.campaigns.tables import CampaignTables, Claim, Limits
from gongzhong.campaigns.worker import CampaignWorker, WorkerPolicy
from gongzhong.client import WireRequest
from gongzhong.client.token_store import MemoryTokenStore
from gongzhong.database import SqliteDatabase
from gongzhong.platform.world import chats, people, templates
from gongzhong.platform.world.faults import Order
from gongzhong.store.schema import metadata
from gongzhong.testing.seeded import EPOCH, Network, Process

from .room import APPID, Mishaps, RemoteStore, Room, seeds

T = TypeVar("T")
PEOPLE, CHUNK = 12, 4
TROUBLE_S, CALM_S = 100.0, 6_000.0
LEASE_S = 15.0
CHINA_S = 8 * 3600
BLIND = Plan(content=CustomerMessage(text="您订的书到了"), rate=0.5)
PLAN = Plan(content=TemplateMessage(template_id="t1", data={"thing1": "{book}"}), rate=0.5)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


class AtOnce(SqliteDatabase):
    """SQLite in memory, each transaction within one step of the loop."""

    def __init__(self) -> None:
        super().__init__(Path("memory"))
        self.connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(":memory:"))
        with engine.connect() as made:
            ours = [t for t in metadata.sorted_tables if "campaign" in t.name or t.name == "person_field"]
            metadata.create_all(made, tables=ours)
            for sql in made.connection.driver_connection.iterdump():  # type: ignore[union-attr]
                self.connection.execute(sql)

    async def write(self, work: Callable[[sqlite3.Connection], T], *, steps: int = 1) -> T:
        self.connection.execute("BEGIN")
        try:
            result = work(self.connection)
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")
        return result


class Plain:
    """People without encryption; who has a number in `erased` is gone."""

    def __init__(self, openids: Sequence[str]) -> None:
        self.known = list(openids)
        self.erased: set[int] = set()

    async def openids(self, numbers: Sequence[int], /) -> list[str | None]:
        return [None if number in self.erased else self.known[number] for number in numbers]

    async def living(self, numbers: Sequence[int], /) -> set[int]:
        return set(numbers) - self.erased

    async def unseal(self, items: list[tuple[int, str, bytes]], /) -> list[bytes | None]:
        return [None if number in self.erased else sealed for number, _, sealed in items]


class CampaignWorld:
    """One campaign to PEOPLE followers, two workers that are replaced when they die."""

    def __init__(
        self,
        seed: int,
        mishaps: Mishaps,
        tables: type[CampaignTables] = CampaignTables,
        plan: Plan = PLAN,
        worker: type[CampaignWorker] = CampaignWorker,
    ):
        self.room, self.mishaps, self.plan, self.worker = Room(seed), mishaps, plan, worker
        self.loop, self.random = self.room.loop, self.room.random
        self.room.open()
        self.database, self.to_store = Process(self.loop, "database"), Network(self.loop)
        self.tables: Any = tables(AtOnce())
        self.tables.clock = self.database.clock
        self.tokens = MemoryTokenStore(self.room.wechat.clock)
        self.poll_s, self.at_once = 5.0, 2
        self.workers: list[Process] = []
        self.reached: set[str] = set()
        world = self.room.platform.world
        account = world.accounts[APPID]
        self.names = [f"person {number}" for number in range(PEOPLE)]
        for name in self.names:
            people.create(world, name)
        ties = [people.follow(world, account, name) for name in self.names]
        self.people = Plain([tie.openid for tie in ties])
        for tie in ties:
            chats.wrote(world, account, tie.openid, 0.0)
        templates.ensure(world, account, "书到了", "书名：{{thing1.DATA}}", "t1", "")

    def run(
        self, trouble_s: float = TROUBLE_S, calm_s: float = CALM_S, ahead_s: float = 0.0
    ) -> CampaignWorld:
        """Until the campaign has ended. `ahead_s`: so much the clocks of workers are ahead of WeChat's."""
        self.loop.run_until_complete(self._fill())
        for number in range(2):
            self._begin(f"worker {number}")
        for worker in self.workers:
            worker.clock.jump(ahead_s)
        self._plan_mishaps(trouble_s)
        self.loop.run_for(trouble_s)
        self.to_store.loss = self.room.network.loss = 0.0
        self.to_store.down = False
        while self.stage() is Stage.RUNNING and self.loop.time() < trouble_s + calm_s:
            self.loop.run_for(50)
        self.histories = self.loop.run_until_complete(self._read())
        return self

    async def _fill(self) -> None:
        plan = msgspec.json.encode(self.plan)
        self.campaign: Campaign = await self.tables.create(APPID, "reminder", self.plan.kind, plan, EPOCH)
        for chunk in range(PEOPLE // CHUNK):
            rows = [(chunk * CHUNK + n, msgspec.json.encode({"book": "三体"})) for n in range(CHUNK)]
            await self.tables.add_chunk(self.campaign.id, chunk, rows)
        found = await self.tables.filled(self.campaign.id, EPOCH)
        for stage in (Stage.APPROVED, Stage.RUNNING):
            found = await self.tables.move(found, stage, EPOCH)

    async def _read(self) -> list[Any]:
        ledgers = [
            await self.tables.ledger(self.campaign.id, chunk, CHUNK, "template")
            for chunk in range(PEOPLE // CHUNK)
        ]
        return [history for ledger in ledgers for history in ledger.histories()]

    def stage(self) -> Stage:
        return self.loop.run_until_complete(self.tables.campaign(self.campaign.id)).stage  # type: ignore[no-any-return]

    def shown(self) -> list[list[float]]:
        """When each person was shown the message, in unix seconds."""
        world = self.room.platform.world
        return [[line["time"] for line in chats.read(world, APPID, name)] for name in self.names]

    def _begin(self, name: str) -> None:
        process = Process(self.loop, name)
        self.workers.append(process)
        store: Any = RemoteStore(self.to_store, self.database, self.tables)
        policy = WorkerPolicy(lease_s=LEASE_S, poll_s=self.poll_s, at_once=self.at_once)
        client = self.room.client(process, self.tokens)
        worker = self.worker(
            store, client, self.people, holder=name, policy=policy, clock=process.clock, source=self.random
        )
        process.start(worker.run())

    def _plan_mishaps(self, trouble_s: float) -> None:
        self.to_store.loss = self.room.network.loss = self.mishaps.loss
        for count, happen in (
            (self.mishaps.deaths, self._die),
            (self.mishaps.stops, self._stop),
            (self.mishaps.outages, self._outage),
        ):
            for _ in range(count):
                self.loop.call_later(self.random.random() * trouble_s * 0.8, happen)

    def _die(self) -> None:
        victim = self.workers.pop(self.random.randrange(len(self.workers)))
        victim.kill()
        self.reached.add("death")
        self._begin(f"{victim.name}'")

    def _stop(self) -> None:
        victim = self.random.choice(self.workers)
        victim.stop()
        self.loop.call_later(self.random.choice((2.0, LEASE_S + 1, 120.0)), victim.resume)
        self.reached.add("stop")

    def _outage(self) -> None:
        self.to_store.down = True
        self.loop.call_later(self.random.choice((3.0, 40.0)), lambda: setattr(self.to_store, "down", False))
        self.reached.add("outage")

    def wrong(self) -> list[str]:
        found = [f"an error that nobody saw: {problem}" for problem in self.loop.problems]
        if self.stage() is not Stage.DONE:
            found.append(f"the campaign is {self.stage()}")
        for number, (history, times) in enumerate(zip(self.histories, self.shown(), strict=True)):
            if history.state is State.ACCEPTED and len(times) == 1:
                continue
            self.reached.add(f"{history.state}")
            if history.state is not State.UNKNOWN or len(times) > 1 or self.mishaps == Mishaps():
                found.append(f"person {number} is {history.state} and saw {len(times)} messages")
        return found


def drawn(seed: int) -> Mishaps:
    return Mishaps() if seed % 10 == 0 else Mishaps.drawn(seed, (0, 1, 4), (0.0, 0.0, 0.1))


def some(most: int) -> range:
    """At most so many seeds: a world here takes longer than the others."""
    return range(seeds().start, seeds().start + max(1, min(most, len(seeds()) // 5)))


def test_everybody_gets_the_message_once_whatever_goes_wrong() -> None:
    for seed in some(20_000):
        world = CampaignWorld(seed, drawn(seed)).run()
        assert not world.wrong(), f"seed {seed}, {world.mishaps}: {world.wrong()}"


def test_without_an_id_nobody_gets_it_twice_and_who_may_have_is_said_to_be_unknown() -> None:
    """Customer-service messages: WeChat carries the same call out as often as it is made."""
    for seed in some(5_000)[::2]:
        world = CampaignWorld(seed, drawn(seed), plan=BLIND).run()
        assert not world.wrong(), f"seed {seed}, {world.mishaps}: {world.wrong()}"


class LateIntent(CampaignTables):
    """The first intent is carried out after its worker, which is stopped meanwhile, has lost the chunk to another."""

    world: Any = None

    async def intend(self, account: str, claim: Claim, *rest: Any, **more: Any) -> Any:
        world, self.world = self.world, None
        if world is not None:
            for worker in world.workers:
                worker.stop()
                world.loop.call_later(60.0, worker.resume)
            world._begin("another worker")
            await asyncio.sleep(50.0)
        return await self.write(account, claim, *rest, **more)

    async def write(self, account: str, claim: Claim, *rest: Any, **more: Any) -> Any:
        return await super().intend(account, claim, *rest, **more)


class NoFence(LateIntent):
    """Mutant: an intent counts whoever has the chunk by now."""

    async def write(self, account: str, claim: Claim, *rest: Any, **more: Any) -> Any:
        sql = "SELECT fence FROM campaign_chunk WHERE campaign = ? AND chunk = ?"
        database: Any = self.database
        place = claim.campaign, claim.chunk
        (fence,) = await database.write(lambda db: db.execute(sql, place).fetchone())
        return await super().write(account, dataclasses.replace(claim, fence=fence), *rest, **more)


class NoLook(CampaignWorker):
    """A worker that only the fence keeps from sending after its lease."""

    def holds(self, claim: Claim) -> bool:
        return True


@pytest.mark.parametrize(("tables", "twice"), [(LateIntent, False), (NoFence, True)])
def test_the_fence_alone_keeps_a_late_worker_from_sending_again(
    tables: type[LateIntent], twice: bool
) -> None:
    world = CampaignWorld(1, Mishaps(), tables, BLIND, NoLook)
    world.tables.world = world
    world.run()
    assert any("2 messages" in line for line in world.wrong()) is twice


class NoIntent(CampaignTables):
    """Mutant: nothing is written before the calls."""

    async def intend(
        self,
        account: str,
        claim: Claim,
        n: int,
        positions: Any,
        now: float,
        limits: Limits,
        *,
        outcomes: Sequence[Outcome] = (),
    ) -> Attempt:
        await self.record(claim.campaign, claim.chunk, outcomes)
        return Attempt(n, claim.fence, now, sum(1 << one for one in positions))


class NewIds(CampaignTables):
    """Mutant: another id by each worker that takes a chunk."""

    async def campaigns(self, account: str, stage: Stage | None = None) -> list[Campaign]:
        found = await super().campaigns(account, stage)
        self.reads = getattr(self, "reads", 0) + 1
        return [replace(one, key=f"{one.key}{self.reads:x}") for one in found]


@pytest.mark.parametrize("mutant", [NoIntent, NewIds])
def test_a_mutant_is_caught(mutant: type[CampaignTables]) -> None:
    troubled = Mishaps(deaths=6, stops=4, outages=1, loss=0.1)
    assert any(CampaignWorld(seed, troubled, mutant).run().wrong() for seed in range(30))


def test_a_used_up_quota_waits_for_midnight_in_china() -> None:
    world = CampaignWorld(3, Mishaps(), plan=replace(PLAN, daily=10, share=0.5))
    world.poll_s = 600.0
    world.run(1.0, 4 * 86_400.0)
    assert not world.wrong()
    days = Counter(int((time + CHINA_S) // 86_400) for times in world.shown() for time in times)
    assert sorted(days.values()) == [2, 5, 5]


@pytest.mark.parametrize("ahead_s", [-100.0, 0.0, 100.0])
def test_wechats_own_quota_waits_for_midnight_in_china_whatever_the_hosts_clocks_say(ahead_s: float) -> None:
    """A host that is ahead asks again before midnight, is refused, and must not take that for the next day's answer."""
    midnight = next_day(EPOCH)
    world = CampaignWorld(3, Mishaps(), plan=replace(PLAN, start_at=midnight - 600))
    world.room.platform.world.accounts[APPID].call_limits["/cgi-bin/message/template/send"] = 5
    world.poll_s = 30.0
    world.run(1.0, midnight - EPOCH + 2.5 * 86_400.0, ahead_s=ahead_s)
    assert not world.wrong()
    seen = [divmod(time - midnight, 86_400) for times in world.shown() for time in times]
    assert Counter(day for day, _ in seen) == {-1: 5, 0: 5, 1: 2}
    assert all(after < 600 for day, after in seen if day >= 0), "soon after WeChat's midnight"


@pytest.mark.parametrize("plan", [PLAN, BLIND])
def test_an_outage_of_two_minutes_loses_nobody_and_uses_no_quota(plan: Plan) -> None:
    world = CampaignWorld(5, Mishaps(), plan=replace(plan, daily=100, rate=0.0))
    world.room.network.down = True
    world.loop.call_later(120.0, lambda: setattr(world.room.network, "down", False))
    world.run()
    assert not world.wrong()
    limits = Limits(quota=f"{plan.kind} {day_of(EPOCH)}", most=100)
    assert world.loop.run_until_complete(world.tables.left(APPID, limits)) == 100 - PEOPLE


@pytest.mark.parametrize(
    ("plan", "path", "unknown"),
    [(PLAN, "/cgi-bin/message/template/send", 0), (BLIND, "/cgi-bin/message/custom/send", 5)],
)
def test_what_wechat_carries_out_and_answers_with_busy_is_not_sent_twice(
    plan: Plan, path: str, unknown: int
) -> None:
    """With an id it is repeated, and WeChat carries it out once; without one a person has to decide."""
    world = CampaignWorld(6, Mishaps(), plan=plan)
    world.room.platform.faults.order(
        Order(side="api", kind="errcode", target=path, errcode=-1, carried_out=True, times=5)
    )
    world.run()
    assert [len(times) for times in world.shown()] == [1] * PEOPLE
    assert [history.state for history in world.histories].count(State.UNKNOWN) == unknown
    assert [history.state for history in world.histories].count(State.ACCEPTED) == PEOPLE - unknown


def test_nothing_is_sent_to_who_was_erased_meanwhile() -> None:
    world = CampaignWorld(4, Mishaps())
    world.people.erased |= {2, 5}
    world.run()
    assert [history.state for history in world.histories].count(State.SKIPPED) == 2
    assert [len(times) for times in world.shown()] == [0 if n in (2, 5) else 1 for n in range(PEOPLE)]


def test_nothing_is_sent_to_who_is_erased_after_their_chunk_was_claimed() -> None:
    last = {3, 7, 11}
    world = CampaignWorld(4, Mishaps())
    world.loop.call_later(4.0, lambda: world.people.erased.update(last))
    world.run()
    assert [len(times) for times in world.shown()] == [0 if n in last else 1 for n in range(PEOPLE)]
    assert {n for n, one in enumerate(world.histories) if one.state is State.SKIPPED} == last
    limits = Limits(quota=f"template {day_of(EPOCH)}", most=100)
    charged = 100 - world.loop.run_until_complete(world.tables.left(APPID, limits))
    assert charged == PEOPLE - len(last)


class Copied(CampaignTables):
    """The variables are copies of a field that everybody has."""

    async def create(self, account: str, *rest: Any) -> Campaign:
        made = await super().create(account, *rest)
        rows = [(account, number, "book", b"", "", EPOCH) for number in range(PEOPLE)]
        sql = "INSERT INTO person_field (account, number, field, sealed, purpose, stored_at) VALUES (?, ?, ?, ?, ?, ?)"
        database: Any = self.database
        database.connection.executemany(sql, rows)
        await self.copies(account, made.id, ["book"])
        return made

    def empty(self, people: set[int]) -> None:
        database: Any = self.database
        for person in people:
            database.connection.execute(
                "UPDATE campaign_recipient SET variables = ? WHERE person = ?", (b"", person)
            )


def test_nothing_is_sent_to_whose_field_is_erased_after_their_chunk_was_claimed() -> None:
    last = {3, 7, 11}
    world = CampaignWorld(4, Mishaps(), Copied)
    world.loop.call_later(4.0, lambda: world.tables.empty(last))
    world.run()
    assert [len(times) for times in world.shown()] == [0 if n in last else 1 for n in range(PEOPLE)]
    assert {n for n, one in enumerate(world.histories) if one.state is State.SKIPPED} == last


class Broadcasts(CampaignWorld):
    """Several messages to everybody, planned at the same time."""

    def __init__(self, seed: int, mishaps: Mishaps, number: int) -> None:
        super().__init__(seed, mishaps, plan=Plan(content=Broadcast(text="新书到店")))
        self.number = number

    async def _fill(self) -> None:
        for number in range(self.number):
            plan = replace(self.plan, content=Broadcast(text=f"新书到店 {number}"))
            encoded = msgspec.json.encode(plan)
            self.campaign = await self.tables.create(APPID, "news", "broadcast", encoded, EPOCH)
            await self.tables.add_chunk(self.campaign.id, 0, [], jobs=1)
            found = await self.tables.filled(self.campaign.id, EPOCH)
            for stage in (Stage.APPROVED, Stage.RUNNING):
                found = await self.tables.move(found, stage, EPOCH)

    def stage(self) -> Stage:
        """Of the one that takes longest."""
        running = self.loop.run_until_complete(self.tables.campaigns(APPID, Stage.RUNNING))
        return Stage.RUNNING if running else super().stage()

    async def _read(self) -> list[Any]:
        """Whether each campaign's message was accepted; not in the order of people."""
        ledgers = [
            await self.tables.ledger(one.id, 0, 1, "mass") for one in await self.tables.campaigns(APPID)
        ]
        return [history for ledger in ledgers for history in ledger.histories()]


@pytest.mark.parametrize("mishaps", [Mishaps(), Mishaps(deaths=6, stops=4, loss=0.2)])
def test_the_fifth_message_to_everybody_waits_for_the_next_month(mishaps: Mishaps) -> None:
    """Reserved here: WeChat is not asked for it before. Its own limit of a day is heard of by its refusals."""
    world = Broadcasts(2, mishaps, number=5)
    world.poll_s = 1_800.0
    world.run(100.0, 40 * 86_400.0)
    assert [history.state for history in world.histories] == [State.ACCEPTED] * 5
    begins = next_month(EPOCH)
    for times in world.shown():
        assert len(times) == 5
        assert [time < begins for time in times] == [True] * 4 + [False]
    asked = world.room.requests("/cgi-bin/message/mass/sendall")
    fourth = max(sorted(world.shown()[0])[3] - EPOCH, 0.0)
    assert not [time for time in asked if fourth + 60 < time < begins - EPOCH - 200]


class Left:
    """How many customer-service messages each person may still get, as a program would count."""

    def __init__(self) -> None:
        self.by_openid: dict[str, int] = {}

    async def reserve(self, openid: str, /) -> bool:
        allowed = self.by_openid[openid] > 0
        self.by_openid[openid] -= allowed
        return allowed

    async def give_back(self, openid: str, /) -> None:
        self.by_openid[openid] += 1


def test_customer_service_messages_keep_within_what_the_program_counts() -> None:
    """Who has none left is refused without a call; what the network surely lost counts no message."""
    left = Left()

    class Counted(CampaignWorker):
        def __init__(self, *values: Any, **named: Any) -> None:
            super().__init__(*values, **named, allowance=left)

    world = CampaignWorld(5, Mishaps(), plan=replace(BLIND, rate=0.0), worker=Counted)
    none_left = {1, 6}
    left.by_openid = {one: 0 if n in none_left else 2 for n, one in enumerate(world.people.known)}
    world.room.network.down = True
    world.loop.call_later(60.0, lambda: setattr(world.room.network, "down", False))
    world.run()
    assert [len(times) for times in world.shown()] == [0 if n in none_left else 1 for n in range(PEOPLE)]
    refused = {n: one.code for n, one in enumerate(world.histories) if one.state is State.REFUSED}
    assert refused == dict.fromkeys(none_left, 45047)
    assert list(left.by_openid.values()) == [0 if n in none_left else 1 for n in range(PEOPLE)]
    assert len(world.room.requests("/cgi-bin/message/custom/send")) == PEOPLE - len(none_left)


def test_a_dead_workers_chunk_does_not_wait_for_all_that_were_not_begun(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The campaign takes longer than WeChat remembers the id of the send in doubt."""
    monkeypatch.setattr(sys.modules[__name__], "CHUNK", 1)
    world = CampaignWorld(8, Mishaps(), plan=replace(PLAN, rate=0.01))
    world.at_once = 1

    def die(process: Process, request: WireRequest) -> None:
        if "template/send" in request.url and not world.reached:
            world.reached.add("death")
            process.kill()
            world.workers.remove(process)
            world._begin("another worker")

    world.room.served = die
    world.run()
    assert world.reached == {"death"}
    assert not world.wrong()
