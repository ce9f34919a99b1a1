"""The seeded loop: any order, the same one again, processes that die or are stopped, calls that are lost."""

from __future__ import annotations

import asyncio

import pytest

from gongzhong.errors import NotReached, OutcomeUnknown
from gongzhong.testing.seeded import EPOCH, Network, Process, SeededLoop, Stuck


def order(seed: int) -> list[int]:
    loop, seen = SeededLoop(seed), list[int]()

    async def note(number: int) -> None:
        seen.append(number)

    for number in range(4):
        loop.create_task(note(number))
    loop.run_for(1)
    loop.close()
    return seen


def test_a_seed_decides_the_order() -> None:
    assert len({tuple(order(seed)) for seed in range(300)}) == 24  # every order of four
    assert order(5) == order(5)


def test_time_jumps_and_timers_fire_in_their_order() -> None:
    loop = SeededLoop(0)

    async def sleepy() -> tuple[float, float]:
        await asyncio.sleep(3600)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await asyncio.Event().wait()
        return loop.time(), Process(loop, "any").clock.now()

    assert loop.run_until_complete(sleepy()) == (3605, EPOCH + 3605)


def test_a_dead_process_runs_no_finally_and_a_stopped_one_goes_on_later() -> None:
    loop, seen = SeededLoop(0), list[str]()

    async def work(name: str) -> None:
        try:
            await asyncio.sleep(10)
            seen.append(f"{name} {loop.time():g}")
        finally:
            seen.append(f"{name} tidied up")

    dies, stops = Process(loop, "dies"), Process(loop, "stops")
    dies.start(work("dies"))
    stops.start(work("stops"))
    loop.call_later(5, dies.kill)
    loop.call_later(6, stops.stop)
    loop.call_later(60, stops.resume)
    loop.run_for(100)
    assert seen == ["stops 60", "stops tidied up"]


def test_a_process_has_a_clock_that_can_be_wrong() -> None:
    loop = SeededLoop(0)
    one, other = Process(loop, "one"), Process(loop, "other")
    one.clock.jump(-600)
    assert other.clock.now() - one.clock.now() == 600


def test_calls_cross_the_network_or_are_lost_on_either_way() -> None:
    loop, served = SeededLoop(1), list[int]()
    server, network = Process(loop, "server"), Network(loop, loss=0.3)

    async def serve(number: int) -> int:
        served.append(number)
        return number

    async def ask() -> dict[str, list[int]]:
        ends: dict[str, list[int]] = {"answered": [], "never came": [], "unknown": []}
        for number in range(200):
            try:
                ends["answered"].append(await network.call(server, lambda number=number: serve(number)))  # type: ignore[misc]
            except NotReached:
                ends["never came"].append(number)
            except OutcomeUnknown:
                ends["unknown"].append(number)
        return ends

    ends = loop.run_until_complete(ask())
    assert all(ends.values())
    assert sorted(ends["answered"] + ends["unknown"]) == served
    assert network.lost == len(ends["never came"]) + len(ends["unknown"])


def test_waiting_for_nothing_is_an_error() -> None:
    with pytest.raises(Stuck):
        SeededLoop(0).run_until_complete(asyncio.Event().wait())
