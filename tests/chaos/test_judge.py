"""The judge of a run finds each kind of fault that is planted in a record; the plan of a seed is always the same."""

from __future__ import annotations

import dataclasses

from .judge import SILENT_S, Fate, Report, Seen, Step, judge
from .plan import Message, Plan, Size, drawn

SIZE = Size(people=3, messages=4, seconds=20.0, slowest_s=5.0, trouble_every_s=2.0, restarts=3)
ONE, TWO = Message("person 0", 0.0, "one", 1.0), Message("person 0", 1.0, "two", 1.0)
PLAN = Plan(1, dataclasses.replace(SIZE, people=1), (ONE, TWO), (), ())
WROTE = {"one": 100.0, "two": 110.0}
STARTS, SAID = (
    [Step(7, 100.0, "one"), Step(8, 110.0, "two")],
    [Step(7, 101.0, "one"), Step(8, 111.0, "two")],
)


def seen(text: str, at: float, place: int, part: int = 0) -> Seen:
    return Seen("person 0", text, at, place, part, "passive")


RIGHT = [seen("one", 101.1, 3), seen("two", 111.1, 5)]


def judged(
    shown: list[Seen], starts: list[Step] = STARTS, said: list[Step] = SAID, fates: tuple[Fate, ...] = ()
) -> Report:
    return judge(PLAN, WROTE, shown, starts, said, fates, late_s=5.0)


def test_what_is_right_has_no_verdict() -> None:
    report = judged(RIGHT)
    assert (report.lost, report.doubled, report.reordered, report.late) == ([], [], [], [])
    assert (report.unfounded, report.again, report.roads) == ([], 0, {"passive": 2})
    assert "lost                    0" in report.table("a run")


def test_a_lost_answer_is_found() -> None:
    assert judged(RIGHT[:1]).lost == ["two"]


def test_an_answer_that_was_shown_twice_is_found() -> None:
    report = judged([*RIGHT, seen("one", 120.0, 6)])
    assert report.doubled == report.doubled_without_reason == ["one"]


def test_a_death_between_start_and_second_sight_is_a_reason_for_it_and_a_later_one_is_not() -> None:
    shown = [*RIGHT, seen("one", 120.0, 6)]
    assert judged(shown, fates=(Fate(7, 101.2),)).doubled_without_reason == []
    assert judged(shown, fates=(Fate(7, 121.0),)).doubled_without_reason == ["one"]
    assert judged(shown, fates=(Fate(8, 101.2),)).doubled_without_reason == ["one"]


def test_a_late_answer_is_found() -> None:
    assert judged([seen("one", 106.1, 3), RIGHT[1]]).late == ["one"]


def test_an_answer_that_only_the_next_message_can_bring_is_late_after_that_message() -> None:
    shown = [seen("one", 116.0, 3), RIGHT[1]]
    for times, late in (([100.0, 110.0], ["one"]), ([100.0, 112.0], [])):
        report = judge(PLAN, WROTE, shown, STARTS, SAID, (), late_s=5.0, chances={"person 0": times})
        assert report.late == late


def test_answers_in_another_order_than_they_were_said_are_found() -> None:
    assert judged([seen("two", 111.1, 4), seen("one", 111.2, 5)]).reordered == ["one"]
    assert judged([seen("two", 111.1, 4, 0), seen("one", 111.1, 4, 1)]).reordered == ["one"]


def test_answers_said_at_nearly_the_same_time_may_come_in_any_order() -> None:
    said = [Step(7, 110.5, "one"), SAID[1]]
    assert judged([seen("two", 111.1, 4), seen("one", 111.2, 5)], said=said).reordered == []


def test_a_second_start_needs_the_death_or_a_long_stop_of_the_process_before() -> None:
    starts = [*STARTS, Step(9, 113.0, "two")]
    reasons = {
        Fate(8, 112.0): [],
        Fate(8, 114.0): ["two"],
        Fate(9, 112.0): ["two"],
        Fate(8, 113.0 - SILENT_S, 130.0): [],
        Fate(8, 111.0, 130.0): ["two"],
        Fate(8, 105.0, 109.0): ["two"],
    }
    for fate, unfounded in reasons.items():
        report = judged(RIGHT, starts, fates=(fate,))
        assert (report.unfounded, report.again) == (unfounded, 1), fate


def test_the_plan_of_a_seed_is_always_the_same() -> None:
    assert drawn(7, SIZE) == drawn(7, SIZE)
    assert drawn(7, SIZE) != drawn(8, SIZE)


def test_faults_do_not_change_the_messages_of_a_seed() -> None:
    calm = dataclasses.replace(SIZE, trouble_every_s=0.0, restarts=0)
    plan = drawn(7, calm)
    assert (plan.messages, plan.faults, plan.restarts) == (drawn(7, SIZE).messages, (), ())


def test_each_message_of_a_plan_has_a_text_of_its_own() -> None:
    plan = drawn(7, SIZE)
    assert len({message.text for message in plan.messages}) == SIZE.people * SIZE.messages
    assert {fault.kind for fault in drawn(7, dataclasses.replace(SIZE, seconds=200.0)).faults} == {
        "kill",
        "stop",
    }
    assert [restart.how for restart in plan.restarts] == ["shut down", "shut down", "kill"]
