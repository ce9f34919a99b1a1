"""Seeded worlds of several processes that answer together, and faults planted in them that must be found."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from contextvars import Context
from typing import Any

import pytest
from tests.simulation import cluster_world
from tests.simulation.cluster_world import ClusterWorld, drawn
from tests.simulation.room import Mishaps, seeds
from tests.simulation.window_world import FETCH, Setting

from gongzhong.app import inbox, shared_window, taking
from gongzhong.sharing import members, person
from gongzhong.state.protocol import Write
from gongzhong.testing.seeded import Process

WORLDS = 200
"""In so many of them a planted fault must show."""
GROUPS = 8
"""The seeds are shared out among so many tests, which run in parallel."""


def played(seed: int, mishaps: Mishaps | None = None) -> ClusterWorld:
    """In every fifth world so many people write at once that several are taken and laid down in one step."""
    crowded = seed // GROUPS % 5 == 4
    people, messages, writes_s = (6, 2, 3.0) if crowded else (2, 4, 90.0)
    may_send = seed // GROUPS % 2 == 0
    setting = Setting(may_send, people=people, messages=messages, writes_s=writes_s, fetches_s=120.0)
    return ClusterWorld(seed, setting, mishaps or drawn(seed)).run()


@pytest.mark.parametrize("group", range(GROUPS))
def test_every_message_is_answered_whatever_befalls_the_processes(group: int) -> None:
    reached: set[str] = set()
    for seed in seeds()[group::GROUPS]:
        world = played(seed)
        assert world.wrong() == [], f"GONGZHONG_FIRST_SEED={seed} GONGZHONG_SEEDS=1"
        reached |= world.reached
        del world
        gc.collect()  # what a dead process left unfinished ends here, not in the middle of the next world
    if len(seeds()) >= 500:
        wanted = {"death", "stop", "outage", "passed on", "resumed", "started again", "customer", "passive"}
        wanted |= {"several in one step", "some refused"}
        assert wanted <= reached


class ThreeDeaths(ClusterWorld):
    """Whoever works on a message dies half a second after its beginning, in each of WeChat's three deliveries; all
    processes are on one machine, where that is seen at once."""

    def begin(self) -> None:
        self.dead: set[str] = set()
        super().begin()

    def begun(self, text: str, process: Process) -> None:
        super().begun(text, process)
        if text != FETCH and self.started[text] <= 3:
            self.room.loop.call_later(0.5, self._end, process)

    def _end(self, process: Process) -> None:
        for place, (one, _) in enumerate(self.alive):
            if one is process:
                shared = self.end(place).shared
                assert shared is not None
                self.dead.add(shared.member.name)
                return


@pytest.mark.parametrize("may_send", [True, False])
def test_a_message_outlives_three_processes_that_die_within_a_second(
    may_send: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A repeated delivery, and one for somebody whose process has died, show that there is trouble: the message is kept
    at once, and its answer comes after WeChat's line that the service failed."""
    setting, deaths = Setting(may_send, people=1, messages=1, writes_s=5.0, fetches_s=300.0), 0
    for seed in range(40):
        world = ThreeDeaths(seed, setting, Mishaps())
        monkeypatch.setattr(members, "has_ended", world.dead.__contains__)
        world.run()
        answered = "\n".join(text for _, _, text in world.chats["person 0"])
        assert [text for text in world.wrote["person 0"] if f"答{text}" not in answered] == [], seed
        deaths = max(deaths, *world.started.values())
        del world
        gc.collect()
    assert deaths > 3, "no handler was slow enough"


class StoppedForAWhile(ClusterWorld):
    """The process that works on a person's first message is stopped for less than its lease, while more come."""

    stopped = False

    def begun(self, text: str, process: Process) -> None:
        super().begun(text, process)
        if not self.stopped:
            self.stopped = True
            process.stop()
            self.room.loop.call_later(
                5.8, process.resume, context=Context()
            )  # the world's, not the process's


def test_messages_to_somebody_whose_process_is_stopped_are_kept_for_it() -> None:
    """WeChat gets its answer in time, and each handler runs once, when the process goes on."""
    setting, left = Setting(True, people=1, messages=6, writes_s=6.0, fetches_s=300.0), 0
    for seed in range(60):
        world = StoppedForAWhile(seed, setting, Mishaps()).run()
        answers = "\n".join(text for side, _, text in world.chats["person 0"] if side == "account").split(
            "\n"
        )
        said = [text.removeprefix("答") for text in answers if text.startswith("答")]
        assert sorted(said) == sorted(world.wrote["person 0"]), f"seed {seed}"
        assert set(world.started.values()) == {1}, f"seed {seed}: {world.started}"
        left += sum(binding.counters["left"] for _, binding in world.alive)
        del world
        gc.collect()
    assert left > 30


class StoppedBeforeItsEnd(ClusterWorld):
    """The process that begins a message is stopped soon after, longer than its lease, so that most handlers end while
    others have taken over. The way to the database is slow, so that it does not learn of that at once."""

    def begin(self) -> None:
        super().begin()
        self.to_database.slowest_s = 1.0

    def begun(self, text: str, process: Process) -> None:
        super().begun(text, process)
        if self.started[text] == 1 and text != FETCH:
            self.room.loop.call_later(5.5, process.stop, context=Context())
            self.room.loop.call_later(18.0, process.resume, context=Context())

    @property
    def may_see_twice(self) -> bool:
        """Nothing had been shown when the process was stopped."""
        return False


@pytest.mark.parametrize("trusts", [False, True], ids=["as it is", "trusting its lease for ever"])
def test_a_process_that_was_stopped_trusts_its_lease_no_more(
    trusts: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if trusts:
        monkeypatch.setattr(members.Member, "sure_s", 60.0)
    wrong = list[str]()
    for seed in range(30):
        setting = Setting(True, people=1, messages=2, writes_s=60.0, fetches_s=150.0)
        world = StoppedBeforeItsEnd(seed, setting, Mishaps(stops=0)).run()
        wrong += [f"seed {seed}: {line}" for line in world.wrong() if "twice" in line]
        del world
        gc.collect()
    assert bool(wrong) is trusts, wrong


MUTANTS = {
    "nobody is ever taken for dead": lambda patch: patch(members.Member, "dead", _never),
    "two processes may have a person": lambda patch: patch(
        taking, "decide", lambda record, me, dead=None: person.Take(load=False)
    ),
    "accepted messages are not kept": lambda patch: patch(shared_window.SharedWindow, "keep", _nothing),
    "what waits is not kept": lambda patch: patch(inbox.Inbox, "settle", _settled),
    "rows of a dead process are not loaded": lambda patch: patch(inbox.Inbox, "load", _no_rows),
    "who is refused is taken all the same": lambda patch: patch(cluster_world.Steps, "put_many", _blindly),
}


async def _never(self: object, name: str) -> bool:
    return False


async def _nothing(self: object, run: object) -> None:
    return None


async def _settled(self: object, done: object, waiting: object = ()) -> bool:
    return True


async def _blindly(self: cluster_world.Steps, writes: Sequence[Write], *, ttl_s: float) -> list[Any]:
    """Write whatever is stored."""
    outcomes = []
    for key, data, _ in writes:
        found = await self.get(key)
        outcomes.append(await self.put(key, data, replaces=found.version if found else 0, ttl_s=ttl_s))
    return outcomes


async def _no_rows(self: object, openid: str, holder: str) -> list[object]:
    return []


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_planted_fault_is_found(mutant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    MUTANTS[mutant](monkeypatch.setattr)
    for seed in range(WORLDS):
        if played(seed, Mishaps(deaths=3, stops=2) if seed % 2 else Mishaps(stops=4)).wrong():
            return
    pytest.fail(f"not one of {WORLDS} worlds shows it")
