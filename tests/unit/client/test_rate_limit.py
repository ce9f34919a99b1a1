"""How often something may be fetched."""

from __future__ import annotations

from gongzhong.client.rate_limit import RateLimit


def test_a_burst_is_allowed_and_then_one_in_a_while() -> None:
    budget = RateLimit(3, 100)
    assert [budget.spend(0) for _ in range(4)] == [True, True, True, False]
    assert not budget.spend(99)
    assert budget.spend(100)
    assert not budget.spend(101)


def test_a_long_rest_brings_back_no_more_than_the_burst() -> None:
    budget = RateLimit(2, 10)
    budget.spend(0)
    assert [budget.spend(10_000) for _ in range(3)] == [True, True, False]


def test_it_tells_when_the_next_one_comes() -> None:
    budget = RateLimit(1, 60)
    budget.spend(0)
    assert round(budget.next_in_s(20), 6) == 40


def test_what_did_not_happen_is_given_back() -> None:
    budget = RateLimit(1, 60)
    budget.spend(0)
    budget.give_back()
    assert budget.spend(0)


def test_a_clock_that_is_set_back_takes_nothing_away() -> None:
    budget = RateLimit(2, 10)
    budget.spend(1000)
    assert budget.spend(500)
