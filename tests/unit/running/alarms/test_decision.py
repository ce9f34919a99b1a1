"""What is told about an alarm: each row of the transition table, and never too often whatever the values do."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongzhong.config import Alarms
from gongzhong.running.alarms import Book, Measure, Notice, Seen, decide, measured
from gongzhong.running.alarms.decision import CALM_S, Phase, Record
from gongzhong.running.alarms.measures import KINDS

REPEAT_S = 3600.0
KEY = ("dead_letters", "")


def step(book: Book, value: float | None, now: float) -> tuple[dict[tuple[str, str], Record], list[str]]:
    after, notices = decide(book, [Measure("dead_letters", "", value, 1.0)], now, REPEAT_S)
    return after, [notice.what for notice in notices]


def test_an_alarm_is_raised_repeated_and_cleared() -> None:
    told = []
    book: Book = {}
    for now, value in ((0, 0), (10, 1), (20, 5), (3609, 5), (3610, 5), (3700, 0), (3800, 0), (3820, 0)):
        book, said = step(book, value, float(now))
        told += [(now, one) for one in said]
    assert told == [(10, "raised"), (3610, "repeated"), (3820, "cleared")]
    assert book[KEY].phase is Phase.QUIET
    assert step(book, 0, 3820 + REPEAT_S) == ({}, [])


def test_what_comes_back_soon_is_told_when_it_may_be() -> None:
    cleared = {KEY: Record(phase=Phase.QUIET, since=0, told_at=1000, known=False)}
    book, said = step(cleared, 1, 1100)
    assert (book[KEY].phase, said) == (Phase.RAISED, [])
    assert step(book, 1, 1000 + REPEAT_S)[1] == ["raised"]


def test_what_was_never_told_is_not_told_to_be_over() -> None:
    raised = {KEY: Record(phase=Phase.RAISED, since=1100, told_at=1000, known=False)}
    calming, _ = step(raised, 0, 1200)
    assert calming[KEY].phase is Phase.CALMING
    assert step(calming, 0, 1200 + CALM_S)[1] == []


def test_a_short_rest_is_no_end() -> None:
    book, _ = step({}, 1, 0)
    book, _ = step(book, 0, 10)
    book, said = step(book, 1, 10 + CALM_S - 1)
    assert (book[KEY].phase, book[KEY].since, said) == (Phase.RAISED, 0, [])


def test_what_is_not_known_changes_nothing_and_what_is_gone_is_over() -> None:
    book, _ = step({}, 1, 0)
    assert step(book, None, 5000) == (book, [])
    gone, _ = decide(book, [], 10.0, REPEAT_S)
    _, notices = decide(gone, [], 10.0 + CALM_S, REPEAT_S)
    assert [notice.what for notice in notices] == ["cleared"]


@given(st.lists(st.tuples(st.floats(0, 5000), st.sampled_from([0.0, 2.0, None])), max_size=60))
def test_whatever_the_values_do_the_telling_is_bounded_and_in_order(
    steps: list[tuple[float, float | None]],
) -> None:
    now, book, told = 0.0, {}, []
    for pause, value in steps:
        now += pause
        book, said = step(book, value, now)
        told += [(now, one) for one in said]
    beginnings = [at for at, what in told if what != "cleared"]
    assert all(after - before >= REPEAT_S for before, after in itertools.pairwise(beginnings))
    last = "cleared"
    for _, what in told:
        assert (
            what
            in {
                "cleared": ("raised",),
                "raised": ("repeated", "cleared"),
                "repeated": ("repeated", "cleared"),
            }[last]
        )
        last = what


def values(history: list[Seen], limits: Alarms | None = None) -> dict[tuple[str, str], float | None]:
    return {
        (one.kind, one.subject): one.value for one in measured(history, limits or Alarms()) if one.exceeded
    }


def test_shares_are_those_of_the_last_five_minutes() -> None:
    begin = Seen(at=0, pushes=1000, slow=900, failed=900)
    later = Seen(at=100, pushes=1100, slow=905, failed=904)
    assert values([begin, later]) == {("slow_answers", ""): 0.05}
    assert values([begin, Seen(at=100, pushes=1010, slow=904, failed=904)]) == {}, "four of ten are no trend"
    assert values([begin, Seen(at=10, pushes=5000, slow=905), Seen(at=311, pushes=6000, slow=905)]) == {}


def test_quotas_tokens_and_the_database() -> None:
    seen = Seen(
        at=0,
        quotas={"wx1 message/custom/send": 0.8, "wx1 user/info": 0.79},
        tokens={"wx1": True, "wx2": False},
        dead_letters=1,
        oldest_work_s=59.0,
        oldest_transaction_s=301.0,
        dead_rows=None,
        store_down_s=10.0,
    )
    assert values([seen]).keys() == {
        ("quota", "wx1 message/custom/send"),
        ("token", "wx1"),
        ("dead_letters", ""),
        ("oldest_transaction", ""),
        ("store_down", ""),
    }


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("what", ["raised", "repeated", "cleared"])
def test_every_notice_has_its_words_in_both_languages(kind: object, what: str) -> None:
    name, unit = kind.name, kind.unit  # type: ignore[attr-defined]
    notice = Notice(
        what=what,  # type: ignore[arg-type]
        kind=name,
        subject="wx1",
        value=0.83,
        limit=0.8,
        unit=unit,
        since=0,
        at=0,
    )
    assert "wx1" in notice.text("zh")
    assert "（wx1）" in notice.text("zh")
    assert (": 83%, limit 80%" in notice.text("en")) == (unit == "share" and what != "cleared")
