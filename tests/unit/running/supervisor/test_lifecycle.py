"""What the supervisor decides: the table in its docstring, row by row, and what holds whatever happens."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongzhong.running.supervisor.lifecycle import (
    GAVE_UP,
    Act,
    Died,
    Drain,
    End,
    Event,
    Heard,
    Kill,
    Mode,
    News,
    Phase,
    Ready,
    Record,
    Reload,
    Rules,
    Start,
    Stop,
    Tell,
    Tick,
    decide,
)

RULES = Rules(workers=2)


class World:
    """A supervisor whose acts are only collected, and a clock that is moved."""

    def __init__(self, rules: Rules = RULES) -> None:
        self.rules, self.record, self.now = rules, Record(), 100.0
        self.acts: list[Act] = []
        self.take(Tick())

    def take(self, event: Event, after_s: float = 0.0) -> list[Act]:
        self.now += after_s
        self.record, acts = decide(self.record, event, self.now, self.rules)
        self.acts += acts
        return acts

    def heard(self) -> None:
        for worker in self.record.workers:
            if worker.phase in (Phase.STARTING, Phase.SERVING):
                self.take(Heard(worker.number))

    def phases(self) -> list[Phase]:
        return [worker.phase for worker in self.record.workers]

    def news(self) -> list[News]:
        return [act.news for act in self.acts if isinstance(act, Tell)]


def running(rules: Rules = RULES, for_s: float = 60.0) -> World:
    """Two workers that have served for some time."""
    world = World(rules)
    world.take(Ready(1))
    world.take(Ready(2), 1.0)
    world.now += for_s
    world.heard()
    world.acts.clear()
    return world


def test_it_starts_them_all_and_is_ready_with_the_last() -> None:
    world = World()
    assert world.acts == [Start(1), Start(2)]
    assert world.take(Ready(1)) == []
    assert world.take(Ready(2)) == [Tell(News.READY)]
    assert world.record.mode is Mode.RUNNING


def test_one_that_served_is_replaced_at_once() -> None:
    world = running()
    assert world.take(Died(1)) == [Tell(News.DIED, 1), Start(3)]
    assert world.record.early == ()


def test_one_that_died_early_is_replaced_after_a_pause_that_grows() -> None:
    world = running()
    pauses = []
    for number in (2, 3, 4, 5):
        told = world.take(Died(number, chance=0.5))
        assert isinstance(told[0], Tell)
        pauses.append(told[0].pause_s)
        assert not any(isinstance(act, Start) for act in world.take(Tick(), told[0].pause_s * 0.9))
        assert world.take(Tick(), told[0].pause_s * 0.2)[-1:] == [Start(number + 1)] or number == 2
        world.heard()
        if number == 2:  # it had served for long: no pause
            assert told == [Tell(News.DIED, 2), Start(3)]
    assert pauses == [0.0, 0.5, 0.5, 1.0]


def test_one_that_had_served_and_was_killed_by_somebody_is_replaced_at_once() -> None:
    world = World()
    for number in (1, 2):
        world.take(Ready(number))
    for number in range(1, 20):
        assert world.take(Died(number, killed=True), 1.0) == [Tell(News.DIED, number), Start(number + 2)]
        world.take(Ready(number + 2), 0.5)
    assert world.record.early == ()


def test_one_that_was_killed_before_it_served_died_early() -> None:
    world = World()
    assert world.take(Died(1, killed=True)) == [Tell(News.DIED, 1, 0.5)]


def test_a_loop_of_kills_is_slowed_down_and_ended_as_any_other() -> None:
    """Memory that runs out: the kernel kills each worker as soon as it serves."""
    world = World(Rules(workers=1, kills_per_minute=5, deaths_per_minute=3))
    number = 0
    while world.record.mode is not Mode.ENDED and number < 20:
        number = world.record.last_number
        world.take(Ready(number), 0.5)
        world.take(Died(number, killed=True))
        world.take(Tick(), 2.0)
    assert number == 8
    assert world.acts[-1] == End(GAVE_UP)


def test_kills_of_more_than_a_minute_ago_are_forgotten() -> None:
    world = World(Rules(workers=1, kills_per_minute=2))
    for number in range(1, 20):
        world.take(Ready(number))
        assert Start(number + 1) in world.take(Died(number, killed=True), 31.0)
    assert world.record.early == ()


def test_the_pause_is_random_within_bounds() -> None:
    for chance, factor in ((0.0, 0.5), (1.0, 1.5)):
        world = World()
        told = world.take(Died(1, chance=chance))[0]
        assert told == Tell(News.DIED, 1, 0.5 * factor)


def test_it_gives_up_after_too_many_early_deaths_when_none_serves_steadily() -> None:
    world = World(Rules(workers=1, deaths_per_minute=3))
    for number in (1, 2, 3):
        world.take(Died(number), 5.0)
        world.take(Tick(), 5.0)
    assert world.news() == [News.DIED, News.DIED, News.DIED, News.GAVE_UP]
    assert world.acts[-1] == End(GAVE_UP)


def test_it_tries_on_while_another_one_serves() -> None:
    world = running(Rules(workers=2, deaths_per_minute=3))
    world.take(Died(2))
    for _ in range(20):
        world.take(Died(world.record.last_number))
        world.take(Tick(), 25.0)
        world.heard()
    assert News.GAVE_UP not in world.news()
    assert world.record.mode is Mode.RUNNING


def test_a_program_that_fails_at_the_first_start_ends_everything_with_its_status() -> None:
    world = World()
    assert world.take(Died(1, failed=3)) == [Tell(News.FAILED, 1), Drain(2, False)]
    assert world.take(Died(2)) == [End(3)]


def test_one_that_hangs_is_asked_where_and_killed() -> None:
    world = running()
    world.take(Heard(2), 31.0)
    assert world.take(Tick()) == [Tell(News.HUNG, 1), Kill(1, hung=True), Start(3)]
    assert world.take(Died(1)) == []


def test_one_that_takes_too_long_to_start_is_killed_unless_it_says_that_it_waits() -> None:
    world = World()
    world.take(Heard(1), 50.0)
    acts = world.take(Tick(), 20.0)
    assert [act for act in acts if isinstance(act, Kill)] == [Kill(2, hung=True)]


def test_reload_never_has_fewer_serving_and_drains_the_old_one_by_one() -> None:
    world = running()
    assert world.take(Reload()) == [Tell(News.RELOADING), Start(3)]
    assert world.take(Tick(), 5.0) == []
    assert world.take(Ready(3)) == [Drain(1, True), Start(4)]
    assert world.take(Ready(4)) == [Drain(2, True), Tell(News.RELOADED)]
    assert world.take(Died(1)) == world.take(Died(2)) == []
    assert world.phases() == [Phase.SERVING, Phase.SERVING]


def test_a_new_program_that_fails_leaves_the_old_workers_and_can_be_tried_again() -> None:
    world = running()
    world.take(Reload())
    assert world.take(Died(3, failed=3)) == [Tell(News.FAILED, 3), Tell(News.RELOAD_FAILED)]
    assert world.record.mode is Mode.RUNNING
    assert world.phases() == [Phase.SERVING, Phase.SERVING]
    assert world.take(Reload())[-1] == Start(4)


def test_a_reload_during_a_reload_replaces_also_what_the_first_has_started() -> None:
    world = running()
    world.take(Reload())
    world.take(Ready(3))
    world.take(Reload())
    number = 4
    while world.record.mode is Mode.RELOADING:
        world.take(Ready(number))
        for worker in world.record.workers:
            if worker.phase is Phase.DRAINING:
                world.take(Died(worker.number))
        number += 1
    assert {worker.generation for worker in world.record.workers} == {3}
    assert len(world.record.workers) == 2


def test_stop_drains_all_and_a_second_one_kills_them() -> None:
    world = running()
    assert world.take(Stop()) == [Tell(News.STOPPING), Drain(1, False), Drain(2, False)]
    assert world.take(Stop(), 0.1) == [], "the same wish twice"
    assert world.take(Stop(), 1.0) == [Kill(1), Kill(2)]
    world.take(Died(1))
    assert world.take(Died(2)) == [End(0)]


def test_one_that_does_not_finish_is_killed() -> None:
    world = running()
    world.take(Stop())
    assert world.take(Tick(), 79.0) == []
    assert Kill(1) in world.take(Tick(), 2.0)


EVENTS = st.one_of(
    st.builds(Ready, st.integers(1, 12)),
    st.builds(Heard, st.integers(1, 12)),
    st.builds(
        Died,
        st.integers(1, 12),
        failed=st.sampled_from([0, 0, 0, 3]),
        killed=st.booleans(),
        chance=st.floats(0.0, 1.0),
    ),
    st.just(Tick()),
    st.just(Reload()),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(EVENTS, st.floats(0.0, 40.0)), max_size=40), st.integers(1, 4))
def test_whatever_happens_it_comes_to_an_end_when_it_is_asked_to(
    story: list[tuple[Event, float]], workers: int
) -> None:
    world = World(Rules(workers=workers))
    for event, after_s in story:
        world.take(event, after_s)
        living = world.record.count(Phase.STARTING, Phase.SERVING)
        assert living <= workers + 1
        numbers = [worker.number for worker in world.record.workers]
        assert len(set(numbers)) == len(numbers)
    world.take(Stop(), 1.0)
    world.take(Stop(), 2.0)
    for worker in world.record.workers:
        world.take(Died(worker.number))
    assert world.record.mode is Mode.ENDED
    assert [type(act) for act in world.acts].count(End) == 1


@pytest.mark.parametrize("event", [Tick(), Stop(), Reload(), Ready(1), Died(1)])
def test_nothing_happens_after_the_end(event: Event) -> None:
    world = World()
    world.take(Stop())
    for number in (1, 2):
        world.take(Died(number))
    before = world.record
    assert world.take(event) == []
    assert world.record == before
