"""Programs that share an access_token, in many seeded worlds: WeChat is asked seldom, and no call fails because of it.

A failure names its seed: `GONGZHONG_FIRST_SEED=131 GONGZHONG_SEEDS=1 pytest tests/simulation/test_tokens.py` plays that
world again.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator

import pytest

from gongzhong.client import AsyncClient
from gongzhong.client.token_store import TokenRecord, TokenStore
from gongzhong.client.tokens import Entry, Tokens
from gongzhong.testing.seeded import Process

from .room import seeds
from .token_world import Faults, SharedStore, TokenWorld


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Thousands of warnings about a store that is down would hide the one failure."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def test_tokens_are_shared_whatever_goes_wrong() -> None:
    reached: Counter[str] = Counter()
    for seed in seeds():
        world = TokenWorld(seed, Faults.drawn(seed)).run()
        assert not world.wrong(), f"seed {seed}, {world.faults}: {world.wrong()}"
        reached.update(world.reached)
    if len(seeds()) >= 500:
        assert set(reached) == {"death", "stop", "outage", "jump", "theft", "stall", "lost call"}, reached


def test_the_same_seed_gives_the_same_world() -> None:
    def story(seed: int) -> list[tuple[float, str]]:
        world = TokenWorld(seed, Faults.drawn(seed)).run()
        return [(entry.time, entry.url) for entry in world.room.platform.traffic.everything()]

    for seed in (3, 17, 131):
        first = story(seed)
        assert len(first) > 20
        assert story(seed) == first


class NoLease(SharedStore):
    """Mutant: everybody is told to be the one who fetches."""

    def lease(self, key: str, holder: str, /, *, seconds: float) -> bool:
        super().lease(key, holder, seconds=seconds)
        return True


class NoCompareAndSwap(SharedStore):
    """Mutant: a record is written whatever is stored."""

    def put(self, key: str, record: TokenRecord, /, *, replaces: int) -> bool:
        self._answers()
        self.inner._records[key] = record
        self.written.append(record)
        return True


class Forgetful(Tokens):
    """Mutant: a rejection throws away whatever token there is, also one that is newer than the rejected one."""

    def _set_aside(self, entry: Entry, rejected: TokenRecord, now: float) -> None:
        entry.record, entry.rejected = None, entry.record or rejected


class ForgetfulWorld(TokenWorld):
    def client(self, program: Process, store: TokenStore) -> AsyncClient:
        client = super().client(program, store)
        client.tokens.__class__ = Forgetful
        return client


def caught(world: type[TokenWorld], store: type[SharedStore], faults: Faults, most: int = 60) -> bool:
    """Whether one of the first worlds shows that something is wrong, where nothing is without the mutation."""
    for seed in range(most):
        if world(seed, faults, store).run().wrong():
            return not TokenWorld(seed, faults).run().wrong()
    return False


def test_a_store_without_leases_is_caught() -> None:
    assert caught(TokenWorld, NoLease, Faults())


def test_a_store_without_compare_and_swap_is_caught() -> None:
    assert caught(TokenWorld, NoCompareAndSwap, Faults(stalls=2))


def test_throwing_away_a_newer_token_is_caught() -> None:
    assert caught(ForgetfulWorld, SharedStore, Faults(thefts=3))
