"""One contract for every engine that keeps shared state: what `gongzhong.state.protocol` promises, one by one."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from gongzhong import MovableClock
from gongzhong.state import State, Versioned
from gongzhong.state.protocol import (
    FENCE_KEPT_S,
    LARGEST_COUNT,
    LARGEST_VALUE,
    LONGEST_KEY,
    LONGEST_LEASE_S,
    MOST_TOGETHER,
)

from .conftest import Engine

pytestmark = pytest.mark.anyio

ODD_KEYS = [
    "claim|wx1|用户:👩‍👩‍👧",
    "a b\tc\nd",
    "%s $1 ? :x {}",
    "'\"\\;--",
    "*[a]?",
    "\u00e9",
    "e\u0301",
    "k" * LONGEST_KEY,
]
"""Among them two that differ only in their Unicode normal form."""


async def put(state: State, key: str, data: bytes, replaces: int = 0, **more: Any) -> int:
    version = await state.put(key, data, replaces=replaces, ttl_s=60, **more)
    assert version is not None
    return version


async def data_of(state: State, key: str) -> bytes | None:
    found = await state.get(key)
    return found.data if found else None


async def test_a_value_is_read_as_it_was_written(state: State, clock: MovableClock) -> None:
    assert await state.get("k") is None
    version = await put(state, "k", b"one")
    found = await state.get("k")
    assert found is not None
    assert (found.data, found.version) == (b"one", version)
    assert found.expires_at == pytest.approx(clock.now() + 60, abs=0.001)


async def test_of_two_writers_with_the_same_version_one_is_late(state: State) -> None:
    first = await put(state, "k", b"one")
    assert await state.put("k", b"new", replaces=0, ttl_s=60) is None
    second = await put(state, "k", b"two", replaces=first)
    assert second > first
    assert await state.put("k", b"late", replaces=first, ttl_s=60) is None
    assert await state.put("k", b"early", replaces=second + 1, ttl_s=60) is None
    assert await data_of(state, "k") == b"two"


async def test_a_write_over_nothing_needs_zero(state: State) -> None:
    assert await state.put("k", b"x", replaces=7, ttl_s=60) is None
    assert await state.get("k") is None


async def test_a_version_never_comes_back(state: State, clock: MovableClock) -> None:
    """Else a writer that slept through a deletion would overwrite what came after it."""
    first = await put(state, "k", b"one")
    assert await state.delete("k", replaces=first)
    second = await put(state, "k", b"two")
    clock.advance(61)
    third = await put(state, "k", b"three")
    assert first < second < third
    assert await state.put("k", b"old", replaces=first, ttl_s=60) is None


async def test_numbers_grow_while_the_clock_is_set_back(state: State, clock: MovableClock) -> None:
    first = await put(state, "k", b"one")
    fence = await state.lease("k", "a", 30)
    assert fence is not None
    await state.release("k", fence)
    clock.turn_to(clock.now() - 1000)
    assert await put(state, "k", b"two", replaces=first) > first
    again = await state.lease("k", "b", 30)
    assert again is not None
    assert again > fence


async def test_a_value_ends_with_its_time_to_live(state: State, clock: MovableClock) -> None:
    version = await put(state, "k", b"one")
    clock.advance(59.9)
    assert await data_of(state, "k") == b"one"
    clock.advance(0.2)
    assert await state.get("k") is None
    assert await state.put("k", b"x", replaces=version, ttl_s=60) is None
    assert not await state.delete("k", replaces=version)
    await put(state, "k", b"new")


async def test_a_write_gives_a_new_time_to_live(state: State, clock: MovableClock) -> None:
    version = await put(state, "k", b"one")
    clock.advance(50)
    await put(state, "k", b"two", replaces=version)
    clock.advance(50)
    assert await data_of(state, "k") == b"two"


async def test_many_values_are_written_together(state: State, clock: MovableClock) -> None:
    writes = [(f"k{number}", b"%d" % number, 0) for number in range(150)]
    versions = await state.put_many(writes, ttl_s=60)
    assert len(set(versions)) == 150
    for (key, data, _), version in zip(writes, versions, strict=True):
        found = await state.get(key)
        assert found is not None
        assert (found.data, found.version) == (data, version)
        assert found.expires_at == pytest.approx(clock.now() + 60, abs=0.001)
    assert await state.put_many([], ttl_s=60) == []


async def test_what_is_refused_leaves_the_others_alone(state: State, clock: MovableClock) -> None:
    first = await put(state, "a", b"one")
    second = await put(state, "b", b"one")
    gone = await put(state, "d", b"one")
    assert await state.delete("d", replaces=gone)
    writes = [
        ("a", b"two", first),
        ("b", b"x", second + 1),
        ("c", b"new", 0),
        ("d", b"x", gone),
        ("e", b"x", 7),
    ]
    [a, b, c, d, e] = await state.put_many(writes, ttl_s=60)
    assert isinstance(a, int)
    assert isinstance(c, int)
    assert isinstance(b, Versioned)
    assert (b.data, b.version, b.expires_at) == (b"one", second, pytest.approx(clock.now() + 60, abs=0.001))
    assert (d, e) == (None, None)
    assert [await data_of(state, key) for key in "abcde"] == [b"two", b"one", b"new", None, None]
    assert await state.put("a", b"three", replaces=a, ttl_s=60)
    [late] = await state.put_many([("c", b"x", 0)], ttl_s=60)
    assert isinstance(late, Versioned)
    assert late.version == c


async def test_what_is_written_together_expires_and_gets_new_versions(
    state: State, clock: MovableClock
) -> None:
    [first] = await state.put_many([("k", b"one", 0)], ttl_s=60)
    assert isinstance(first, int)
    clock.turn_to(clock.now() - 1000)
    [second] = await state.put_many([("k", b"two", first)], ttl_s=60)
    assert isinstance(second, int)
    assert second > first
    clock.advance(61)
    assert await state.put_many([("k", b"x", second)], ttl_s=60) == [None]
    [third] = await state.put_many([("k", b"three", 0)], ttl_s=60)
    assert isinstance(third, int)
    assert third > second
    assert await state.put("k", b"four", replaces=third, ttl_s=60)


async def test_many_writers_of_the_same_keys_each_win_once(engine: Engine) -> None:
    """In any order of keys, and beside single writes: nobody waits in a circle, and of all versions one follows
    another."""
    states = [engine.open() for _ in range(3)]

    async def write(number: int) -> list[int]:
        state, won = states[number % 3], []
        stored: dict[str, int] = {}
        for _ in range(10):
            keys = [f"k{key}" for key in range(20)][:: 1 if number % 2 else -1]
            outcomes = await state.put_many([(key, b"x", stored.get(key, 0)) for key in keys], ttl_s=60)
            for key, outcome in zip(keys, outcomes, strict=True):
                if isinstance(outcome, int):
                    won.append(outcome)
                    stored[key] = outcome
                else:
                    stored[key] = outcome.version if outcome else 0
            await state.put("k7", b"y", replaces=stored["k7"], ttl_s=60)
        return won

    won = [version for versions in await asyncio.gather(*map(write, range(9))) for version in versions]
    assert len(won) == len(set(won)) >= 20
    for state in states:
        await state.close()


async def test_what_cannot_be_written_together_is_refused_before(state: State) -> None:
    for writes in (
        [("k", b"", 0), ("k", b"", 0)],
        [(f"k{number}", b"", 0) for number in range(MOST_TOGETHER + 1)],
        [("", b"", 0)],
        [("k", b"x" * (LARGEST_VALUE + 1), 0)],
        [("k", b"", LARGEST_COUNT + 1)],
    ):
        with pytest.raises(ValueError):
            await state.put_many(writes, ttl_s=60)
    odd = await state.put_many([(key, key.encode(), 0) for key in ODD_KEYS], ttl_s=60)
    assert [
        (await data_of(state, key), kind) for key, kind in zip(ODD_KEYS, map(type, odd), strict=True)
    ] == [(key.encode(), int) for key in ODD_KEYS]


async def test_deletion_needs_the_version(state: State) -> None:
    version = await put(state, "k", b"one")
    assert not await state.delete("k", replaces=version + 1)
    assert not await state.delete("k", replaces=0)
    assert await state.delete("k", replaces=version)
    assert await state.get("k") is None
    assert not await state.delete("k", replaces=version)


async def test_one_holder_at_a_time(state: State, clock: MovableClock) -> None:
    fence = await state.lease("l", "a", 30)
    assert fence is not None
    assert await state.lease("l", "b", 30) is None
    clock.advance(20)
    assert await state.lease("l", "a", 30) == fence
    clock.advance(29)
    assert await state.lease("l", "b", 30) is None
    clock.advance(2)
    other = await state.lease("l", "b", 30)
    assert other is not None
    assert other > fence


async def test_a_short_request_does_not_take_a_long_lease_away(state: State) -> None:
    assert await state.lease("l", "a", 3000) is not None
    assert await state.lease("l", "b", 1) is None


async def test_a_released_lease_is_free_and_its_fence_worthless(state: State) -> None:
    fence = await state.lease("l", "a", 30)
    assert fence is not None
    assert not await state.release("l", fence - 1)
    assert await state.release("l", fence)
    assert not await state.release("l", fence)
    assert await state.put("k", b"x", replaces=0, ttl_s=60, fence=("l", fence)) is None
    again = await state.lease("l", "a", 30)
    assert again is not None
    assert again > fence


async def test_a_holder_that_comes_back_after_its_time_gets_a_new_number(
    state: State, clock: MovableClock
) -> None:
    fence = await state.lease("l", "a", 30)
    clock.advance(31)
    again = await state.lease("l", "a", 30)
    assert fence is not None
    assert again is not None
    assert again > fence


async def test_writes_of_a_former_holder_are_refused(state: State, clock: MovableClock) -> None:
    old = await state.lease("l", "a", 30)
    assert old is not None
    version = await put(state, "k", b"by a", fence=("l", old))
    clock.advance(31)
    new = await state.lease("l", "b", 30)
    assert new is not None
    assert await state.put("k", b"late", replaces=version, ttl_s=60, fence=("l", old)) is None
    assert not await state.delete("k", replaces=version, fence=("l", old))
    assert await state.push("q", b"late", ttl_s=60, fence=("l", old)) is None
    assert not await state.release("l", old)
    version = await put(state, "k", b"by b", replaces=version, fence=("l", new))
    assert await state.push("q", b"by b", ttl_s=60, fence=("l", new)) == 1
    assert await state.delete("k", replaces=version, fence=("l", new))


async def test_a_holder_that_nobody_followed_may_still_write_for_an_hour(
    state: State, clock: MovableClock
) -> None:
    fence = await state.lease("l", "a", 30)
    assert fence is not None
    clock.advance(30 + FENCE_KEPT_S - 1)
    version = await put(state, "k", b"x", fence=("l", fence))
    clock.advance(2)
    assert await state.put("k", b"y", replaces=version, ttl_s=60, fence=("l", fence)) is None


async def test_a_fence_of_no_lease_is_refused(state: State) -> None:
    assert await state.put("k", b"x", replaces=0, ttl_s=60, fence=("l", 1)) is None


async def test_a_lease_from_before_the_clock_was_set_back_far_is_free(
    state: State, clock: MovableClock
) -> None:
    assert await state.lease("l", "a", 30) is not None
    clock.turn_to(clock.now() - 10)
    assert await state.lease("l", "b", 30) is None, "a few seconds are what clocks of hosts differ by"
    clock.turn_to(clock.now() - LONGEST_LEASE_S - 60)
    assert await state.lease("l", "b", 30) is not None


async def test_a_counter_stops_at_its_limit(state: State, clock: MovableClock) -> None:
    assert await state.add("c", 0, 3, 60) == 0
    assert await state.add("c", 2, 3, 60) == 2
    assert await state.add("c", 2, 3, 60) is None
    assert await state.add("c", 1, 3, 60) == 3
    assert await state.add("c", 0, 3, 60) == 3
    assert await state.add("c", 1, None, 60) == 4
    assert await state.add("c", -2, 3, 60) == 2
    assert await state.add("c", -9, 3, 60) == 0
    clock.advance(59)
    assert await state.add("c", 1, 3, 60) == 1, "the window began with the first addition"
    clock.advance(2)
    assert await state.add("c", 3, 3, 60) == 3


async def test_what_is_refused_starts_no_window(state: State, clock: MovableClock) -> None:
    assert await state.add("c", 4, 3, 60) is None
    assert await state.add("c", -1, 3, 60) == 0
    assert await state.add("c", 0, 3, 60) == 0
    clock.advance(30)
    assert await state.add("c", 1, 3, 60) == 1
    clock.advance(45)
    assert await state.add("c", 1, 3, 60) == 2


async def test_counters_count_exactly_up_to_the_largest(state: State) -> None:
    assert await state.add("c", LARGEST_COUNT - 1, LARGEST_COUNT, 60) == LARGEST_COUNT - 1
    assert await state.add("c", 1, LARGEST_COUNT, 60) == LARGEST_COUNT
    assert await state.add("c", 1, LARGEST_COUNT, 60) is None


async def test_a_queue_gives_the_oldest_first(state: State) -> None:
    assert await state.take("q", 5) == []
    for number in range(5):
        assert await state.push("q", b"%d" % number, ttl_s=60) == number + 1
    assert await state.take("q") == [b"0"]
    assert await state.take("q", 3) == [b"1", b"2", b"3"]
    assert await state.push("q", b"5", ttl_s=60, limit=2) == 2
    assert await state.push("q", b"6", ttl_s=60, limit=2) is None
    assert await state.take("q", 0) == []
    assert await state.take("q", 9) == [b"4", b"5"]
    assert await state.take("q", 9) == []


async def test_items_expire_one_by_one(state: State, clock: MovableClock) -> None:
    await state.push("q", b"long", ttl_s=100)
    await state.push("q", b"short", ttl_s=10)
    await state.push("q", b"middle", ttl_s=50)
    clock.advance(11)
    assert await state.push("q", b"last", ttl_s=10) == 3
    clock.advance(40)
    assert await state.take("q", 9) == [b"long"]


async def test_the_four_kinds_do_not_meet(state: State) -> None:
    await put(state, "same", b"value")
    assert await state.lease("same", "a", 30) is not None
    assert await state.add("same", 3, None, 60) == 3
    assert await state.push("same", b"item", ttl_s=60) == 1
    assert await data_of(state, "same") == b"value"
    assert await state.take("same") == [b"item"]


async def test_odd_keys_are_kept_apart(state: State) -> None:
    for number, key in enumerate(ODD_KEYS):
        await put(state, key, b"%d" % number)
        assert await state.lease(key, f"holder {key}"[: LONGEST_KEY // 4], 30) is not None
        assert await state.add(key, number, None, 60) == number
        assert await state.push(key, b"%d" % number, ttl_s=60) == 1
    for number, key in enumerate(ODD_KEYS):
        assert await data_of(state, key) == b"%d" % number
        assert await state.take(key) == [b"%d" % number]


@pytest.mark.parametrize("data", [b"", b"\0", bytes(range(256)), b"\xff" * LARGEST_VALUE], ids=len)
async def test_any_bytes_are_kept(state: State, data: bytes) -> None:
    await put(state, "k", data)
    assert await data_of(state, "k") == data
    await state.push("q", data, ttl_s=60)
    assert await state.take("q") == [data]


@pytest.mark.parametrize("key", ["", "a\0b", "\ud800", "k" * (LONGEST_KEY + 1), "好" * 171])
async def test_keys_that_not_every_engine_can_keep_are_refused(state: State, key: str) -> None:
    for attempt in (
        state.get(key),
        state.put(key, b"", replaces=0, ttl_s=1),
        state.put("k", b"", replaces=0, ttl_s=1, fence=(key, 1)),
        state.delete(key, replaces=1),
        state.lease(key, "a", 1),
        state.lease("l", key, 1),
        state.release(key, 1),
        state.add(key, 1, None, 1),
        state.push(key, b"", ttl_s=1),
        state.take(key),
        state.wait(key, 0, 0),
    ):
        with pytest.raises(ValueError, match="512"):
            await attempt


async def test_what_is_out_of_bounds_is_refused(state: State) -> None:
    for attempt in (
        state.put("k", b"x" * (LARGEST_VALUE + 1), replaces=0, ttl_s=1),
        state.put("k", b"", replaces=0, ttl_s=0),
        state.put("k", b"", replaces=0, ttl_s=float("nan")),
        state.put("k", b"", replaces=0, ttl_s=float("inf")),
        state.put("k", b"", replaces=LARGEST_COUNT + 1, ttl_s=1),
        state.lease("l", "a", -1),
        state.lease("l", "a", LONGEST_LEASE_S + 1),
        state.add("c", LARGEST_COUNT + 1, None, 1),
        state.add("c", 1, None, 0),
        state.push("q", b"", ttl_s=-5),
    ):
        with pytest.raises(ValueError):
            await attempt
    with pytest.raises(TypeError):
        await state.put("k", "text", replaces=0, ttl_s=1)  # type: ignore[arg-type]


async def test_of_many_tasks_one_writes(state: State) -> None:
    versions = await asyncio.gather(*(state.put("k", b"%d" % n, replaces=0, ttl_s=60) for n in range(50)))
    won = [number for number, version in enumerate(versions) if version is not None]
    assert len(won) == 1
    assert await data_of(state, "k") == b"%d" % won[0]


async def test_of_many_holders_one_gets_the_lease(state: State) -> None:
    fences = await asyncio.gather(*(state.lease("l", f"h{n}", 30) for n in range(50)))
    assert len([fence for fence in fences if fence is not None]) == 1


async def test_a_limit_holds_for_many_tasks(state: State) -> None:
    counts = await asyncio.gather(*(state.add("c", 1, 20, 60) for _ in range(50)))
    assert sorted(count for count in counts if count is not None) == list(range(1, 21))
    lengths = await asyncio.gather(*(state.push("q", b"%d" % n, ttl_s=60, limit=20) for n in range(50)))
    assert sorted(length for length in lengths if length is not None) == list(range(1, 21))
    taken = await asyncio.gather(*(state.take("q", 2) for _ in range(20)))
    items = [item for part in taken for item in part]
    assert len(items) == len(set(items)) == 20


async def test_many_keys_at_once(state: State) -> None:
    versions = await asyncio.gather(*(put(state, f"k{n}", b"%d" % n) for n in range(300)))
    assert len(set(versions)) == 300
    found = await asyncio.gather(*(data_of(state, f"k{n}") for n in range(300)))
    assert found == [b"%d" % n for n in range(300)]


async def test_waiting_ends_with_a_new_version(state: State) -> None:
    first = await put(state, "k", b"one")
    waiting = [asyncio.create_task(state.wait("k", first, 5)) for _ in range(3)]
    other = asyncio.create_task(state.wait("other", 0, 0.3))
    await asyncio.sleep(0.05)
    assert not any(task.done() for task in waiting)
    began = time.monotonic()
    second = await put(state, "k", b"two", replaces=first)
    for found in await asyncio.gather(*waiting):
        assert found is not None
        assert (found.data, found.version) == (b"two", second)
    assert time.monotonic() - began < 1
    assert await other is None


async def test_waiting_for_a_first_value(state: State) -> None:
    waiting = asyncio.create_task(state.wait("k", 0, 5))
    await asyncio.sleep(0.05)
    await put(state, "k", b"one")
    found = await waiting
    assert found is not None
    assert found.data == b"one"


async def test_what_changed_before_is_seen_at_once(state: State) -> None:
    first = await put(state, "k", b"one")
    await put(state, "k", b"two", replaces=first)
    found = await state.wait("k", first, 0)
    assert found is not None
    assert found.data == b"two"


async def test_a_deletion_does_not_end_the_wait(state: State) -> None:
    first = await put(state, "k", b"one")
    waiting = asyncio.create_task(state.wait("k", first, 5))
    await asyncio.sleep(0.02)
    await state.delete("k", replaces=first)
    await asyncio.sleep(0.2)
    assert not waiting.done()
    await put(state, "k", b"two")
    found = await waiting
    assert found is not None
    assert found.data == b"two"


async def test_nothing_comes_within_the_time(state: State) -> None:
    first = await put(state, "k", b"one")
    began = time.monotonic()
    assert await state.wait("k", first, 0.2) is None
    assert 0.15 < time.monotonic() - began < 2


async def test_a_cancelled_operation_leaves_the_next_ones_alone(state: State) -> None:
    for _ in range(20):
        task = asyncio.create_task(state.add("c", 1, None, 60))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    before = await state.add("c", 0, None, 60)
    assert before is not None
    assert await state.add("c", 1, None, 60) == before + 1
