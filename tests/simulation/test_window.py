"""The reply window in many seeded worlds: each message answered once, by one run of its handler, as the person sees it.

`GONGZHONG_FIRST_SEED=17 GONGZHONG_SEEDS=1 pytest tests/simulation/test_window.py` plays one world again.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from gongzhong.app import claims, reception, window
from gongzhong.app.outbox import Outbox

from .room import seeds
from .window_world import Setting, WindowWorld


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def test_every_message_is_answered_once() -> None:
    reached: Counter[str] = Counter()
    for seed in seeds():
        world = WindowWorld(seed, Setting.drawn(seed)).run()
        assert not world.wrong(), f"seed {seed}, {world.setting}: {world.wrong()}"
        reached.update(world.reached)
    if len(seeds()) >= 500:
        assert set(reached) == {"passive", "customer", "fetched", "failed three times"}, reached


def no_joins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mutant: WeChat's repeat of a push is a push of its own."""
    numbers = iter(range(10**9))
    key = reception.dedup_key
    monkeypatch.setattr(reception, "dedup_key", lambda push: f"{key(push)} {next(numbers)}")


def answers_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mutant: what is finished after the placeholder is thrown away."""
    monkeypatch.setattr(Outbox, "keep", lambda *_values, **_named: None)


def answers_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mutant: a waiting answer that was shown goes on waiting."""
    monkeypatch.setattr(Outbox, "take", lambda *_values: None)


def no_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mutant: every slow answer is held over all three deliveries, whatever the alarm's count."""
    monkeypatch.setattr(window.Holds, "left", lambda *_values: 99)
    decided: Callable[..., Any] = claims._DECISIONS[claims.Tick]
    monkeypatch.setitem(
        claims._DECISIONS, claims.Tick, lambda claim, event, rules: _patient(decided, claim, event, rules)
    )


def _patient(
    decided: Callable[..., Any], claim: claims.Claim, event: claims.Tick, rules: claims.Rules
) -> Any:
    if claim.phase is claims.Phase.RUNNING and event.now >= event.began + rules.window_s and not claim.first:
        return (claims.Wait(event.began + 60.0),)
    return decided(claim, event, rules)


@pytest.mark.parametrize(
    "plant", [no_joins, answers_dropped, answers_kept, no_holds], ids=lambda plant: plant.__name__
)
def test_a_planted_fault_is_caught(
    plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    assert any(WindowWorld(seed, Setting(may_send=False)).run().wrong() for seed in range(30))
