"""Seeded worlds of several processes that answer together, and faults planted in them that must be found."""

from __future__ import annotations

import gc

import pytest
from tests.simulation.cluster_world import ClusterWorld, drawn
from tests.simulation.room import Mishaps, seeds
from tests.simulation.window_world import Setting

from gongzhong.app import inbox, shared_window, taking
from gongzhong.sharing import members, person

WORLDS = 200
"""In so many of them a planted fault must show."""
GROUPS = 8
"""The seeds are shared out among so many tests, which run in parallel."""


def played(seed: int, mishaps: Mishaps | None = None) -> ClusterWorld:
    setting = Setting(seed // GROUPS % 2 == 0, messages=4, writes_s=90.0, fetches_s=120.0)
    return ClusterWorld(seed, setting, mishaps or drawn(seed)).run()


@pytest.mark.parametrize("group", range(GROUPS))
def test_every_message_is_answered_whatever_befalls_the_processes(group: int) -> None:
    reached: set[str] = set()
    gc.freeze()
    for seed in seeds()[group::GROUPS]:
        world = played(seed)
        assert world.wrong() == [], f"GONGZHONG_FIRST_SEED={seed} GONGZHONG_SEEDS=1"
        reached |= world.reached
        del world
        gc.collect()  # what a dead process left unfinished ends here, not in the middle of the next world
    gc.unfreeze()
    if len(seeds()) >= 500:
        wanted = {"death", "stop", "outage", "passed on", "resumed", "started again", "customer", "passive"}
        assert wanted <= reached


MUTANTS = {
    "nobody is ever taken for dead": lambda patch: patch(members.Member, "dead", _never),
    "two processes may have a person": lambda patch: patch(
        taking, "decide", lambda record, me, dead=None: person.Take(load=False)
    ),
    "accepted messages are not kept": lambda patch: patch(shared_window.SharedWindow, "keep", _nothing),
    "what waits is not kept": lambda patch: patch(inbox.Inbox, "settle", _settled),
    "rows of a dead process are not loaded": lambda patch: patch(inbox.Inbox, "load", _no_rows),
    # That a stopped process trusts its lease shows too rarely here, since slow messages are kept early and all their
    # rows are fenced: tests/unit/app/test_shared_window.py plants that fault.
}


async def _never(self: object, name: str) -> bool:
    return False


async def _nothing(self: object, run: object) -> None:
    return None


async def _settled(self: object, done: object, waiting: object = ()) -> bool:
    return True


async def _no_rows(self: object, openid: str, holder: str) -> list[object]:
    return []


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_planted_fault_is_found(mutant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    MUTANTS[mutant](monkeypatch.setattr)
    for seed in range(WORLDS):
        if played(seed, Mishaps(deaths=3, stops=2) if seed % 2 else Mishaps(stops=4)).wrong():
            return
    pytest.fail(f"not one of {WORLDS} worlds shows it")
