"""The decision about a push: the transition table, row by row, and what holds in every order of events."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gongzhong.app.claims import (
    Act,
    Again,
    Answer,
    Claim,
    ConnectionClosed,
    Delivered,
    Ended,
    Event,
    Expect,
    Failed,
    FirstResult,
    HandedOff,
    HandOver,
    LaterResult,
    OwnerLost,
    Phase,
    Placeholder,
    Record,
    Release,
    Rescue,
    Rules,
    SendNext,
    Start,
    Tick,
    Untaken,
    Wait,
    Wake,
    decide,
)
from gongzhong.app.pieces import Piece
from gongzhong.messages import Reply, TextReply

RULES = Rules(placeholder=TextReply(content="稍等"), more="（还有）")
NO, RUNNING, ANSWERED, CLOSED = None, Phase.RUNNING, Phase.ANSWERED, Phase.CLOSED


def text(content: str) -> TextReply:
    return TextReply(content=content)


A, B, OLD, PART = text("一"), text("二"), text("旧"), Piece("半")


def claim(phase: Phase = RUNNING, **fields: object) -> Claim:
    made = Claim("k", "o1", phase=phase, deliveries=1, open=1)
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def tick(now: float = 0.0, number: int = 1, **known: object) -> Tick:
    return msgspec.structs.replace(Tick(number, 0.0, now), **known)


LATE = 4.5
TABLE: list[tuple[Claim, Event, Phase, list[Act]]] = [
    (Claim("k", "o1"), Delivered(), RUNNING, [Start()]),
    (Claim("k", "o1", fetches=True), Delivered(), RUNNING, []),
    (claim(), Delivered(), RUNNING, [Wake()]),
    (claim(ANSWERED), tick(), ANSWERED, [Again()]),
    (claim(CLOSED), tick(LATE), CLOSED, [Again()]),
    (claim(), tick(), RUNNING, [Wait(1.0)]),
    (claim(), tick(1.0), RUNNING, [Wait(LATE, ask=True)]),
    (claim(first=True, ended=True, replies=(A,)), tick(), ANSWERED, [Answer(A)]),
    (claim(first=True, ended=True), tick(), ANSWERED, [Answer(None)]),
    (claim(first=True, ended=True, replies=(A,)), tick(gone=True), RUNNING, [Release()]),
    (
        claim(first=True, ended=True, replies=(A,)),
        tick(waiting=(OLD,)),
        ANSWERED,
        [Answer(text("旧\n\n一"), True)],
    ),
    (claim(first=True, replies=(A,)), tick(), ANSWERED, [Answer(A)]),
    (claim(first=True, replies=(A, B)), tick(may_send=True), ANSWERED, [Answer(A)]),
    (claim(first=True, replies=(A, B)), tick(may_send=False), RUNNING, [Wait(1.0)]),
    (
        claim(first=True, replies=(A, B)),
        tick(LATE, may_send=False),
        ANSWERED,
        [Answer(text("一\n\n二\n\n（还有）"))],
    ),
    (claim(first=True, replies=(Piece("半"),)), tick(), RUNNING, [Wait(1.0)]),
    (
        claim(first=True, replies=(Piece("句。半"),)),
        tick(LATE, may_send=True),
        ANSWERED,
        [Answer(text("句。"))],
    ),
    (
        claim(first=True, replies=(Piece("半"),)),
        tick(LATE, may_send=True),
        CLOSED,
        [HandOver(), SendNext((Piece("半"),))],
    ),
    (claim(), tick(LATE, may_send=True), CLOSED, [HandOver()]),
    (claim(answerable=False), tick(LATE), CLOSED, [HandOver()]),
    (claim(), tick(LATE, waiting=(OLD,)), ANSWERED, [Answer(text("旧\n\n稍等"), True, True)]),
    (claim(), tick(LATE, holds_left=0), CLOSED, [Placeholder()]),
    (claim(deliveries=3), tick(LATE, 3, holds_left=9), CLOSED, [Placeholder()]),
    (claim(fetches=True, first=True, ended=True), tick(LATE, holds_left=9), CLOSED, [Placeholder()]),
    (claim(fetches=True, first=True, ended=True), tick(waiting=(OLD,)), ANSWERED, [Answer(OLD, True)]),
    (claim(), tick(LATE, holds_left=9), RUNNING, [Wait(7.0, hold=True)]),
    (claim(held=1), tick(4.6, holds_left=9), RUNNING, [Wait(7.0)]),
    (claim(held=1, first=True, ended=True, replies=(A,)), tick(5.5), RUNNING, [Wait(7.0)]),
    (claim(held=1), tick(4.8, may_send=True), CLOSED, [HandOver()]),
    (claim(held=1), tick(4.8, may_send=False), RUNNING, [Wait(7.0)]),
    (claim(held=1), tick(7.0), RUNNING, [Release()]),
    (claim(deliveries=2, open=2), tick(LATE, 1, holds_left=9), RUNNING, [Release()]),
    (claim(), FirstResult(A), RUNNING, [Wake()]),
    (claim(open=0), FirstResult(A), RUNNING, [Rescue()]),
    (claim(answerable=False), FirstResult(A), RUNNING, [Record("not_answerable"), Wake()]),
    (claim(ANSWERED, first=True), LaterResult(B), ANSWERED, []),
    (claim(CLOSED), FirstResult(A), CLOSED, [SendNext((A,))]),
    (claim(CLOSED, first=True), LaterResult(B), CLOSED, [SendNext((B,))]),
    (claim(CLOSED, first=True), Failed(B), CLOSED, [SendNext((B,))]),
    (claim(CLOSED, first=True), Ended(), CLOSED, []),
    (claim(ANSWERED, shown=A, replies=(B,)), ConnectionClosed(True), CLOSED, [SendNext((B,))]),
    (
        claim(ANSWERED, shown=OLD, replies=(A,), took=True),
        ConnectionClosed(True),
        CLOSED,
        [SendNext((A,), True)],
    ),
    (claim(ANSWERED, shown=A, replies=(B,)), ConnectionClosed(False), ANSWERED, [Rescue()]),
    (claim(ANSWERED, open=2), ConnectionClosed(False), ANSWERED, []),
    (claim(first=True, replies=(A,)), ConnectionClosed(False), RUNNING, [Rescue()]),
    (claim(), ConnectionClosed(False), RUNNING, []),
    (claim(ANSWERED, shown=A, replies=(B,), open=0), Untaken(), CLOSED, [HandOver(), SendNext((A, B))]),
    (claim(first=True, replies=(A,), open=0), Untaken(), CLOSED, [HandOver(), SendNext((A,))]),
    (claim(open=0), Untaken(), RUNNING, []),
    (claim(CLOSED, open=0), Untaken(), CLOSED, []),
    (claim(), HandedOff(), RUNNING, []),
    (claim(open=0), HandedOff(), RUNNING, [Rescue()]),
    (claim(answerable=False), HandedOff(), RUNNING, [Wake()]),
    (claim(CLOSED), HandedOff(), CLOSED, []),
    (claim(CLOSED, promised=True), HandedOff(), CLOSED, [Expect()]),
    (claim(elsewhere=True), tick(LATE, may_send=True), CLOSED, [HandOver()]),
    (claim(elsewhere=True), tick(LATE, holds_left=0), CLOSED, [Placeholder(), Expect()]),
    (claim(elsewhere=True), tick(LATE, holds_left=9), RUNNING, [Wait(7.0, hold=True)]),
    (claim(elsewhere=True), FirstResult(A), RUNNING, [Wake()]),
    (claim(elsewhere=True), ConnectionClosed(False), RUNNING, [Rescue()]),
    (claim(elsewhere=True, open=0), Untaken(), CLOSED, [HandOver()]),
    (claim(elsewhere=True), OwnerLost(), CLOSED, []),
    (claim(CLOSED), OwnerLost(), CLOSED, [Record("shutdown")]),
    (claim(ANSWERED, shown=A, replies=(B,), ended=True), OwnerLost(), CLOSED, [Record("shutdown", (A, B))]),
    (claim(CLOSED, first=True, ended=True), OwnerLost(), CLOSED, []),
]


@pytest.mark.parametrize(("before", "event", "phase", "acts"), TABLE, ids=lambda value: type(value).__name__)
def test_the_transition_table(before: Claim, event: Event, phase: Phase, acts: list[Act]) -> None:
    untouched = msgspec.structs.replace(before)
    after, done = decide(before, event, RULES)
    assert (after.phase, list(done)) == (phase, acts)
    assert before == untouched


def test_every_event_stands_in_the_table() -> None:
    said = {FirstResult, LaterResult, Failed, Ended, HandedOff}
    events = {Delivered, Tick, ConnectionClosed, Untaken, OwnerLost} | said
    assert {type(event) for _, event, _, _ in TABLE} == events


class AnyOrder(RuleBasedStateMachine):
    """A handler that says 1, 2, 3 …, deliveries that come and go in any order, and an account that may or may not send.

    What is read on a connection that was surely open, and what goes into the person's line, is what was said: each
    once, in its order.
    """

    def __init__(self) -> None:
        super().__init__()
        self.claim = Claim("k", "o1")
        self.may_send: bool | None = None
        self.now = 0.0
        self.said = 0
        self.open: dict[int, tuple[float, TextReply | None]] = {}
        self.answered: set[int] = set()
        self.read: list[str] = []
        self.line: list[str] = []
        self.body: Reply | str | None = None
        self.apply(Delivered())
        self.open[1] = 0.0, None

    def apply(self, event: Event) -> list[Act]:
        self.claim, acts = decide(self.claim, event, RULES)
        for act in acts:
            if isinstance(act, SendNext):
                words = [word for reply in act.replies for word in numbers(reply)]
                self.line = words + self.line if act.ahead else self.line + words
        return list(acts)

    @rule(seconds=st.sampled_from([0.1, 1.0, 2.5, 5.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule(may_send=st.sampled_from([True, False, None]))
    def permission_is_found_out(self, may_send: bool | None) -> None:
        self.may_send = may_send

    @precondition(lambda self: not self.claim.ended)
    @rule(last=st.booleans(), piece=st.booleans())
    def handler_says(self, last: bool, piece: bool) -> None:
        self.said += 1
        word = f"{self.said};"
        reply = Piece(content=f"{word}。") if piece else text(word)
        self.apply(LaterResult(reply) if self.claim.first else FirstResult(reply, last))
        if last and not self.claim.ended:
            self.apply(Ended())

    @precondition(lambda self: not (self.claim.first or self.claim.elsewhere or self.claim.ended))
    @rule()
    def handler_hands_off(self) -> None:
        self.apply(HandedOff())

    @rule()
    def wechat_delivers(self) -> None:
        self.apply(Delivered())
        self.open[self.claim.deliveries] = self.now, None

    @precondition(lambda self: self.open)
    @rule(which=st.integers(0, 9), gone=st.booleans(), holds=st.integers(0, 1))
    def a_delivery_looks(self, which: int, gone: bool, holds: int) -> None:
        number = sorted(self.open)[which % len(self.open)]
        began, _ = self.open[number]
        (act, *_) = self.apply(Tick(number, began, self.now, self.may_send, holds, (), gone))
        if isinstance(act, Wait):
            return
        del self.open[number]
        if isinstance(act, Answer | Placeholder | HandOver):
            assert self.body is None, "one push, two answers"
            self.body = act.reply if isinstance(act, Answer) else "success"
        sure = not gone and self.now < began + RULES.patience_s and not isinstance(act, Release)
        first_time = self.claim.phase is Phase.ANSWERED
        if sure and first_time and isinstance(self.body, Reply):
            self.read += numbers(self.body)
        self.apply(ConnectionClosed(sure))

    @precondition(lambda self: not self.open)
    @rule()
    def nobody_came(self) -> None:
        self.apply(Untaken())

    @invariant()
    def everything_once_and_in_order(self) -> None:
        kept = [*([self.claim.shown] if self.claim.shown else []), *self.claim.replies]
        pending = [word for reply in kept for word in numbers(reply)]
        expected = [str(number + 1) for number in range(self.said)]
        assert sorted(self.read + self.line + pending) == sorted(expected)
        assert self.read + pending == expected[: len(self.read)] + pending
        if self.claim.phase is not Phase.CLOSED:
            assert pending == expected
        else:
            assert self.read + self.line == expected

    def teardown(self) -> None:
        for _ in range(len(self.open)):
            self.apply(ConnectionClosed(False))
        if not self.claim.ended:
            self.apply(Failed(None))
        self.apply(Untaken())
        assert self.claim.phase is Phase.CLOSED, "a finished handler whose answer nobody looks after"


def numbers(reply: Reply) -> list[str]:
    assert isinstance(reply, TextReply)
    return [word.strip("。\n（还有） ") for word in reply.content.split(";") if word.strip("。\n（还有） ")]


AnyOrder.TestCase.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)
TestAnyOrder = AnyOrder.TestCase


def outcome(mutant: type[RuleBasedStateMachine]) -> str:
    """What the invariants say about a version of the decision that is wrong."""
    mutant.TestCase.settings = settings(
        max_examples=300, stateful_step_count=25, deadline=None, database=None
    )
    try:
        mutant.TestCase("runTest").runTest()
    except BaseException as problem:
        return type(problem).__name__
    return "nothing"


def test_a_broken_order_is_caught() -> None:
    class Reversed(AnyOrder):
        def apply(self, event: Event) -> list[Act]:
            if (
                isinstance(event, LaterResult)
                and self.claim.phase is Phase.RUNNING
                and event.reply is not None
            ):
                self.claim = msgspec.structs.replace(self.claim, replies=(event.reply, *self.claim.replies))
                return []
            return super().apply(event)

    assert outcome(Reversed) != "nothing"


def test_an_answer_given_twice_is_caught() -> None:
    class Twice(AnyOrder):
        def apply(self, event: Event) -> list[Act]:
            before = self.claim.shown
            acts = super().apply(event)
            if isinstance(event, ConnectionClosed) and event.sure and before is not None:
                self.line = numbers(before) + self.line
            return acts

    assert outcome(Twice) != "nothing"


@given(st.integers(0, 4))
def test_a_record_can_be_stored(number: int) -> None:
    made = claim(replies=(), promised=bool(number % 2), deliveries=number)
    assert msgspec.json.decode(msgspec.json.encode(made), type=Claim) == made
