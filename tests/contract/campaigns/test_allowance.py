"""Customer-service messages of campaigns count together with the answers of a program, in the shared state."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from gongzhong import MovableClock
from gongzhong.campaigns.allowances import SharedAllowance
from gongzhong.sharing.mail import Sent
from gongzhong.sharing.person import PersonRecord, Windows, read, record_key, written
from gongzhong.state import State, open_state

pytestmark = pytest.mark.anyio
SHOP, ALICE = "wx00000000000000aa", "oALICE"


@pytest.fixture
async def state(tmp_path: Path, clock: MovableClock) -> AsyncIterator[State]:
    opened = open_state(f"sqlite:///{tmp_path / 'state.db'}", clock)
    yield opened
    await opened.close()


async def put(state: State, windows: Windows | None, owner: str = "") -> None:
    record = PersonRecord(owner=owner, windows=windows)
    assert await state.put(record_key(SHOP, ALICE), written(record), replaces=0, ttl_s=600)


async def stored(state: State) -> Windows | None:
    found = await state.get(record_key(SHOP, ALICE))
    assert found is not None
    return read(found.data).windows


async def test_what_a_campaign_sends_is_taken_from_what_the_program_may_send(
    state: State, clock: MovableClock
) -> None:
    until = clock.now() + 3600
    await put(state, (2, until, 0, 0.0))
    allowance = SharedAllowance(state, SHOP)
    assert await allowance.reserve(ALICE) and await allowance.reserve(ALICE)
    assert await stored(state) == (0, until, 0, 0.0)
    assert not await allowance.reserve(ALICE)
    await allowance.give_back(ALICE)
    assert await allowance.reserve(ALICE), "one of them was not sent after all"


async def test_a_window_that_is_over_allows_nothing(state: State, clock: MovableClock) -> None:
    await put(state, (5, clock.now() + 60, 3, clock.now() + 60))
    clock.advance(61)
    assert not await SharedAllowance(state, SHOP).reserve(ALICE)


async def test_nothing_is_forbidden_to_whom_nothing_is_known_of(state: State) -> None:
    allowance = SharedAllowance(state, SHOP)
    assert await allowance.reserve(ALICE)
    await put(state, None)
    assert await allowance.reserve(ALICE)


async def test_a_process_that_has_the_person_is_told(state: State, clock: MovableClock) -> None:
    windows = (5, clock.now() + 60, 0, 0.0)
    await put(state, windows, owner="worker 1")
    assert await SharedAllowance(state, SHOP).reserve(ALICE)
    assert await stored(state) == windows, "that process counts, and writes it when it lays the person down"
    [letter] = await state.take("to|worker 1", 10)
    assert msgspec.msgpack.decode(letter, type=Sent) == Sent(ALICE, 1, SHOP)


async def test_giving_back_never_makes_more_than_wechat_allows(state: State, clock: MovableClock) -> None:
    windows = (5, clock.now() + 60, 3, clock.now() + 60)
    await put(state, windows)
    await SharedAllowance(state, SHOP).give_back(ALICE)
    assert await stored(state) == windows
