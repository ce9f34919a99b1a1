"""Which host a request goes to: the first that works, with a way back."""

from __future__ import annotations

import pytest

from gongzhong.account import Hosts
from gongzhong.client.hosts import AGAIN_S, LONGEST_S, HostChoice
from gongzhong.clock import MovableClock
from gongzhong.errors import SetupError

A, B, C = "http://a.test", "http://b.test", "http://c.test"


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(1_700_000_000, frozen=True)


@pytest.fixture
def choice(clock: MovableClock) -> HostChoice:
    return HostChoice((A, B, C), clock)


def test_the_first_host_is_used_while_it_works(choice: HostChoice) -> None:
    choice.answered(A)
    assert choice.choose() == A


def test_after_a_failure_the_next_is_used_for_a_while_and_then_one_request_looks_again(
    choice: HostChoice, clock: MovableClock
) -> None:
    choice.failed(A, surely=True)
    assert [choice.choose(), choice.choose()] == [B, B]
    clock.advance(AGAIN_S)
    assert [choice.choose(), choice.choose()] == [A, B]
    choice.answered(A)
    assert choice.choose() == A


def test_a_host_that_stays_away_is_tried_ever_more_seldom(choice: HostChoice, clock: MovableClock) -> None:
    pauses = []
    for _ in range(7):
        choice.failed(A, surely=True)
        waited = 0
        while choice.choose() != A:
            clock.advance(1)
            waited += 1
        pauses.append(waited)
    assert pauses == [30, 60, 120, 240, 480, LONGEST_S, LONGEST_S]


def test_one_unknown_outcome_may_be_a_slow_call_two_in_a_row_are_not(choice: HostChoice) -> None:
    choice.failed(A, surely=False)
    assert choice.choose() == A
    choice.answered(A)
    choice.failed(A, surely=False)
    assert choice.choose() == A
    choice.failed(A, surely=False)
    assert choice.choose() == B


def test_a_call_tries_each_host_once(choice: HostChoice) -> None:
    choice.failed(B, surely=True)
    assert choice.choose({A}) == C
    assert choice.choose({A, C}) == B
    assert choice.choose({A, B, C}) is None


def test_what_failed_everywhere_is_no_host_s_fault(choice: HostChoice) -> None:
    for host in (A, B, C):
        choice.failed(host, surely=True)
    choice.forget()
    assert choice.choose() == A


def test_a_clock_that_is_set_back_does_not_keep_a_host_down(choice: HostChoice, clock: MovableClock) -> None:
    choice.failed(A, surely=True)
    clock.turn_to(clock.now() - 86_400)
    assert choice.choose() == B
    clock.advance(AGAIN_S + 1)
    assert choice.choose() == A


def test_weixin_s_own_hosts_stand_in_for_each_other_and_nobody_else_s() -> None:
    assert Hosts().api_hosts == (
        "https://api.weixin.qq.com",
        "https://api2.weixin.qq.com",
        "https://sh.api.weixin.qq.com",
        "https://sz.api.weixin.qq.com",
        "https://hk.api.weixin.qq.com",
    )
    assert Hosts(api="https://gateway.example.com").api_hosts == ("https://gateway.example.com",)
    assert Hosts.local("http://127.0.0.1:8700/").api_hosts == ("http://127.0.0.1:8700",)
    assert Hosts(api_others=()).api_hosts == ("https://api.weixin.qq.com",)
    assert Hosts(api=A, api_others=(B, A, B)).api_hosts == (A, B)


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(SetupError, match="api_others"):
        Hosts(api_others=("sh.api.weixin.qq.com",))
