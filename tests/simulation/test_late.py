"""Seeded worlds in which every answer comes from elsewhere, and faults planted in them that must be found."""

from __future__ import annotations

import gc

import pytest
from tests.simulation.cluster_world import drawn
from tests.simulation.late_world import LateWorld
from tests.simulation.room import Mishaps, seeds
from tests.simulation.window_world import Setting

from gongzhong.app import inbox, late, window

WORLDS = 100
"""In so many of them a planted fault must show."""
GROUPS = 8


def played(seed: int, mishaps: Mishaps | None = None) -> LateWorld:
    setting = Setting(seed // GROUPS % 2 == 0, people=2, messages=4, writes_s=90.0, fetches_s=150.0)
    return LateWorld(seed, setting, mishaps or drawn(seed)).run()


@pytest.mark.parametrize("group", range(GROUPS))
def test_every_answer_from_elsewhere_reaches_its_person(group: int) -> None:
    reached: set[str] = set()
    for seed in seeds()[group::GROUPS]:
        world = played(seed)
        assert world.wrong() == [], f"GONGZHONG_FIRST_SEED={seed} GONGZHONG_SEEDS=1"
        reached |= world.reached
        del world
        gc.collect()
    if len(seeds()) >= 500:
        wanted = {"death", "stop", "outage", "passed on", "handed off", "refused the second", "fetched"}
        assert wanted | {"passive", "customer"} <= reached


async def _not_added(self: object, *given: object) -> bool:
    return True


MUTANTS = {
    "an answer is not kept": lambda patch: patch(inbox.Inbox, "add_late", _not_added),
    "nobody remembers that an answer is expected": lambda patch: patch(
        late.Expected, "add", lambda self, openid, key, now: None
    ),
    "a handler without a reply has answered": lambda patch: patch(
        late.Elsewhere, "note", lambda self, key: None
    ),
    "names are not looked at": lambda patch: patch(window.ReplyWindow, "come", _twice),
}


def _twice(self: window.ReplyWindow, openid: str, key: str, replies: list[object]) -> None:
    self._outbox.keep(openid, [*replies, *replies])  # type: ignore[list-item]
    self._wake_sender(openid)


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_planted_fault_is_found(mutant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    MUTANTS[mutant](monkeypatch.setattr)
    for seed in range(WORLDS):
        if played(seed, Mishaps(deaths=3, stops=2) if seed % 2 else Mishaps()).wrong():
            return
    pytest.fail(f"not one of {WORLDS} worlds shows it")
