"""The table of work and its workers in many seeded worlds: every message answered, in order, one answer each.

`GONGZHONG_FIRST_SEED=17 GONGZHONG_SEEDS=1 pytest tests/simulation/test_work.py` plays one world again.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from gongzhong.store import MemoryWork, Stage, Work

from .room import Mishaps, seeds
from .work_world import WorkWorld, drawn


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def test_every_message_is_answered_whatever_goes_wrong() -> None:
    reached: Counter[str] = Counter()
    for seed in seeds():
        world = WorkWorld(seed, drawn(seed)).run()
        assert not world.wrong(), f"seed {seed}, {world.mishaps}: {world.wrong()}"
        reached.update(world.reached)
    if len(seeds()) >= 500:
        assert set(reached) == {"death", "stop", "outage", "in doubt", "started again", "shown twice"}, (
            reached
        )


class NoFence(MemoryWork):
    """Mutant: whoever held a piece once may still write."""

    def _has(self, work: Work) -> bool:
        return work.id in self._rows


class NoLines(MemoryWork):
    """Mutant: the pieces of a person are taken all at once."""

    def _first_of_lines(self, account: str, kind: str) -> list[Work]:
        return [
            work
            for work in self._rows.values()
            if (work.account, work.kind) == (account, kind) and work.stage is not Stage.DEAD
        ]


class LeaseForEver(MemoryWork):
    """Mutant: a piece stays with whoever took it, dead or alive."""

    def _keep(self, work: Work) -> Work:
        return super()._keep(replace(work, due=work.due + 1e9) if work.stage is Stage.RUNNING else work)


class FinishedBefore(MemoryWork):
    """Mutant: a piece counts as done as soon as it is taken."""

    async def take(self, account: str, kind: str, holder: str, n: int, seconds: float) -> list[Work]:
        taken = await super().take(account, kind, holder, n, seconds)
        for work in taken:
            self._remove(work)
        return taken

    def _has(self, work: Work) -> bool:
        self._rows.setdefault(work.id, work)
        return True


@pytest.mark.parametrize(
    ("table", "mishaps"),
    [
        (NoFence, Mishaps(stops=6)),
        (NoLines, Mishaps()),
        (LeaseForEver, Mishaps(deaths=4)),
        (FinishedBefore, Mishaps(deaths=4)),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_planted_fault_is_caught(table: type[MemoryWork], mishaps: Mishaps) -> None:
    for seed in range(60):
        if WorkWorld(seed, mishaps, table).run().wrong():
            assert not WorkWorld(seed, mishaps).run().wrong()
            return
    pytest.fail("no world showed the fault")
