"""What a campaign does next for each recipient: the transition table, doubt, limits, and WeChat's return codes."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongzhong.campaigns import (
    Answered,
    Attempt,
    Effect,
    Event,
    Ledger,
    Next,
    Outcome,
    Result,
    Rules,
    State,
    Verdict,
    after,
    decide,
    decision,
    judge,
)
from gongzhong.catalogue.failures import failure
from gongzhong.catalogue.mass import SendMass
from gongzhong.catalogue.model import Call
from gongzhong.catalogue.templates import SendTemplate
from gongzhong.errors import BadAnswer, GongzhongError, NotReached, OutcomeUnknown, SetupError

NOW = 1_790_000_000.0
ONCE = Rules(once_s=480, settle_s=3600, unit=3)
"""Template messages: WeChat remembers a client_msg_id for ten minutes (发送模板消息), less two minutes."""
BLIND = Rules(once_s=0, settle_s=3600, unit=3)
"""Messages without such an id."""


def step(ledger: Ledger, now: float = NOW, rules: Rules = ONCE) -> Next:
    return decide(ledger.histories(), now, rules)


def tried(*outcomes: Outcome, at: float = NOW, members: int = 1, jobs: int = 1) -> Ledger:
    return Ledger(jobs, [Attempt(1, 1, at, members)], list(outcomes))


def test_the_table_in_the_docstring_is_the_table_of_the_code() -> None:
    rows = re.findall(
        r"^    (waiting|tried|in doubt|retried) +(\w+(?: up)?) +(in doubt|\w+)(?:  |$)",
        decision.__doc__ or "",
        re.M,
    )
    written = {(State(state), Event(event)): State(following) for state, event, following in rows}
    assert len(written) == 13
    assert {pair: after(*pair) for pair in written} == written


def test_nothing_more_is_sent_from_a_settled_state() -> None:
    for state in decision.SETTLED:
        assert decide([decision.History(state)], NOW, ONCE).done
        for event in set(Event) - {Event.INTENT}:
            assert after(state, event) in decision.SETTLED


def test_a_unit_is_as_many_as_the_rules_say_in_order() -> None:
    assert step(Ledger(5)).send == [0, 1, 2]
    done = [Outcome(position, 1, Verdict.ACCEPTED, msgid=9) for position in range(3)]
    assert step(tried(*done, members=0b111, jobs=5)).send == [3, 4]


def test_a_chunk_is_done_when_all_have_ended() -> None:
    ended = [
        Outcome(0, 1, Verdict.ACCEPTED),
        Outcome(1, 1, Verdict.REFUSED, 43004),
        Outcome(2, 0, Verdict.SKIPPED),
    ]
    assert step(tried(*ended, members=0b11, jobs=3)).done


def test_an_attempt_without_outcome_is_repeated_only_while_the_id_is_remembered() -> None:
    assert step(tried(), NOW + 479).send == [0]
    late = step(tried(), NOW + 480)
    assert (late.send, late.wait_until) == ([], NOW + 480 + ONCE.look_again_s)


def test_the_id_is_remembered_from_the_first_try_on() -> None:
    twice = Ledger(1, [Attempt(1, 1, NOW, 1), Attempt(2, 2, NOW + 400, 1)])
    assert step(twice, NOW + 479).send == [0]
    assert step(twice, NOW + 481).send == []


def test_without_an_id_an_attempt_in_doubt_is_never_repeated_and_unknown_in_the_end() -> None:
    ledger = tried()
    assert step(ledger, NOW + 1, BLIND).send == []
    assert step(ledger, NOW + 3599, BLIND).wait_until == NOW + 3600
    (given_up,) = step(ledger, NOW + 3600, BLIND).record
    assert (given_up.position, given_up.n, given_up.verdict) == (0, 1, Verdict.UNKNOWN)
    assert step(tried(given_up), NOW + 3600, BLIND).done


def test_without_an_id_a_clock_set_back_repeats_nothing() -> None:
    """Found by the state machine: the doubt lay in the future then."""
    assert step(tried(), NOW - 1, BLIND).send == []


def test_a_refusal_recorded_late_does_not_hide_what_came_of_another_attempt() -> None:
    """Found by the state machine."""
    attempts = [Attempt(1, 1, NOW, 1), Attempt(2, 2, NOW + 60, 1)]
    late = Outcome(0, 1, Verdict.REFUSED, 43004)
    accepted = Ledger(1, attempts, [Outcome(0, 2, Verdict.ACCEPTED, msgid=7), late])
    assert accepted.histories()[0].state is State.ACCEPTED
    assert Ledger(1, attempts, [late]).histories()[0].state is State.IN_DOUBT


def test_busy_after_doubt_leaves_the_doubt() -> None:
    """The first attempt may have been carried out: what waits until the id is forgotten must not be sent again."""
    ledger = Ledger(
        1, [Attempt(1, 1, NOW, 1), Attempt(2, 1, NOW + 60, 1)], [Outcome(0, 2, Verdict.AGAIN, 45009)]
    )
    assert ledger.histories()[0].state is State.IN_DOUBT
    assert step(ledger, NOW + 40_000).send == []


def test_a_result_event_settles_doubt_and_what_was_given_up() -> None:
    for outcomes in ([], [Outcome(0, 1, Verdict.UNKNOWN)], [Outcome(0, 1, Verdict.ACCEPTED, msgid=7)]):
        ledger = tried(*outcomes)
        ledger.results = [Result(0, delivered=False, status="failed:user block")]
        assert ledger.histories()[0].state is State.FAILED
        assert step(ledger, NOW + 1).done


def test_an_answer_that_is_recorded_late_counts_more_than_unknown() -> None:
    late = tried(Outcome(0, 1, Verdict.ACCEPTED, msgid=7), Outcome(0, 1, Verdict.UNKNOWN))
    assert (late.histories()[0].state, late.histories()[0].msgid) == (State.ACCEPTED, 7)


def test_only_tries_that_say_something_of_this_call_are_counted_as_in_vain() -> None:
    def again(code: int) -> Ledger:
        attempts = [Attempt(n, 1, NOW + n, 1) for n in range(1, 9)]
        return Ledger(1, attempts, [Outcome(0, n, Verdict.AGAIN, code) for n in range(1, 9)])

    (given_up,) = step(again(50002)).record
    assert (given_up.verdict, given_up.code) == (Verdict.REFUSED, 50002)
    for outage_limit_or_stop in (0, -1, 45009, 45011, 48001, 40164):
        assert step(again(outage_limit_or_stop)).send == [0]


def refused(code: int, call: type[Call[Any]] = SendTemplate, **more: object) -> GongzhongError:
    return failure(call, {"errcode": code, "errmsg": "…", **more})


@pytest.mark.parametrize(
    ("code", "verdict", "effect"),
    [
        (-1, None, Effect.SLOW_DOWN),
        (45066, Verdict.AGAIN, Effect.SLOW_DOWN),
        (45011, Verdict.AGAIN, Effect.SLOW_DOWN),
        (45009, Verdict.AGAIN, Effect.WAIT_FOR_RESET),
        (43004, Verdict.REFUSED, Effect.GO_ON),
        (43101, Verdict.REFUSED, Effect.GO_ON),
        (40003, Verdict.REFUSED, Effect.GO_ON),
        (45015, Verdict.REFUSED, Effect.GO_ON),
        (45047, Verdict.REFUSED, Effect.GO_ON),
        (47003, Verdict.REFUSED, Effect.GO_ON),
        (48001, Verdict.AGAIN, Effect.STOP),
        (40037, Verdict.AGAIN, Effect.STOP),
        (43116, Verdict.AGAIN, Effect.STOP),
        (40164, Verdict.AGAIN, Effect.STOP),
        (987654, Verdict.AGAIN, Effect.STOP),
    ],
)
def test_return_codes(code: int, verdict: Verdict | None, effect: Effect) -> None:
    answered = judge(refused(code))
    assert (answered.verdict, answered.effect, answered.code) == (verdict, effect, code)
    assert bool(answered.reason) == (effect is Effect.STOP)


def test_a_mass_message_that_exists_already_was_accepted_the_first_time() -> None:
    """根据标签群发消息: 45065, the answer also has the existing msg_id."""
    answered = judge(refused(45065, SendMass, msg_id=34182))
    assert (answered.verdict, answered.msgid) == (Verdict.ACCEPTED, 34182)


def test_only_what_surely_never_arrived_is_tried_again_without_an_answer() -> None:
    assert judge(NotReached("…", "…")) == Answered(Verdict.AGAIN, Effect.SLOW_DOWN, charged=False)
    assert judge(OutcomeUnknown("…", "…")).verdict is None
    assert judge(BadAnswer("…", "…")).verdict is None
    assert judge(SetupError("…", "…")).effect is Effect.STOP


MARKS = st.sets(
    st.sampled_from([Verdict.AGAIN, Verdict.REFUSED, Verdict.ACCEPTED, Verdict.UNKNOWN]), max_size=2
)


@given(st.lists(MARKS, min_size=1, max_size=5), st.floats(0, 7200))
def test_without_an_id_nobody_is_sent_to_after_a_try_whose_end_is_not_known(
    tries: list[set[Verdict]], s: float
) -> None:
    """Whatever the tables hold: a second send is asked for only if each try before was surely not carried out."""
    attempts = [Attempt(n, 1, NOW, 1) for n in range(1, len(tries) + 1)]
    outcomes = [Outcome(0, n, verdict, -1) for n, marks in enumerate(tries, 1) for verdict in marks]
    if step(Ledger(1, attempts, outcomes), NOW + s, BLIND).send:
        assert all(marks == {Verdict.AGAIN} for marks in tries)
