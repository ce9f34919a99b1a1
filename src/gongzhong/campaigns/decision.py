"""What to do next for the recipients of a chunk, and what an answer of WeChat means. Pure; no I/O.

The ledger says of each recipient which attempts named it and what came of each. `state_of` reads that history with the
table below; `decide` says for a whole chunk whom to send to next, whom to give up, and when to look again.

    state      event       next state
    waiting    intent      tried       the intent is committed before the call is made
    waiting    skipped     skipped     the person was erased meanwhile
    tried      skipped     skipped     the same, found just before the call, which was not made
    tried      accepted    accepted    WeChat took the message
    tried      refused     refused     not for this person: no follower, no permission, wrong data …
    tried      again       waiting     surely not carried out: tried again, `most_tries` times where tries are counted
    tried      lost        in doubt    no answer, -1, or nobody works on the attempt any more
    in doubt   intent      retried     only where WeChat carries out the same id once, and while it remembers it
    retried    accepted    accepted
    retried    refused     refused
    retried    again       in doubt    the attempt before may have been carried out
    retried    lost        in doubt
    in doubt   given up    unknown     no result event came in time: shown to a person, never sent again
    in doubt, unknown, accepted: a result event makes it delivered or failed
    in doubt, unknown: an answer that was recorded late makes it accepted or refused
    refused, then another attempt (the refusal was recorded late): retried, what came of that one counts
    in doubt, unknown: a person who knows better settles it as accepted or refused, or lets it be sent again (resend)
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from ..errors import BadAnswer, CallError, GongzhongError, NotReached, SetupError, TransportError


class State(enum.StrEnum):
    """Where one recipient is."""

    WAITING = "waiting"
    TRIED = "tried"
    IN_DOUBT = "in doubt"
    RETRIED = "retried"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"
    DELIVERED = "delivered"
    FAILED = "failed"


class Event(enum.StrEnum):
    """What can happen to one recipient."""

    INTENT = "intent"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    AGAIN = "again"
    SKIPPED = "skipped"
    LOST = "lost"
    GIVEN_UP = "given up"
    DELIVERED = "delivered"
    FAILED = "failed"
    RESEND = "resend"


_TABLE: Final = {
    (State.WAITING, Event.INTENT): State.TRIED,
    (State.WAITING, Event.SKIPPED): State.SKIPPED,
    (State.WAITING, Event.REFUSED): State.REFUSED,
    (State.TRIED, Event.ACCEPTED): State.ACCEPTED,
    (State.TRIED, Event.REFUSED): State.REFUSED,
    (State.TRIED, Event.AGAIN): State.WAITING,
    (State.TRIED, Event.SKIPPED): State.SKIPPED,
    (State.TRIED, Event.LOST): State.IN_DOUBT,
    (State.IN_DOUBT, Event.INTENT): State.RETRIED,
    (State.RETRIED, Event.ACCEPTED): State.ACCEPTED,
    (State.RETRIED, Event.REFUSED): State.REFUSED,
    (State.RETRIED, Event.AGAIN): State.IN_DOUBT,
    (State.RETRIED, Event.LOST): State.IN_DOUBT,
    (State.REFUSED, Event.INTENT): State.RETRIED,
    (State.IN_DOUBT, Event.GIVEN_UP): State.UNKNOWN,
    (State.IN_DOUBT, Event.ACCEPTED): State.ACCEPTED,
    (State.IN_DOUBT, Event.REFUSED): State.REFUSED,
    (State.UNKNOWN, Event.ACCEPTED): State.ACCEPTED,
    (State.UNKNOWN, Event.REFUSED): State.REFUSED,
    (State.TRIED, Event.RESEND): State.WAITING,
    (State.RETRIED, Event.RESEND): State.WAITING,
    (State.IN_DOUBT, Event.DELIVERED): State.DELIVERED,
    (State.IN_DOUBT, Event.FAILED): State.FAILED,
    (State.UNKNOWN, Event.DELIVERED): State.DELIVERED,
    (State.UNKNOWN, Event.FAILED): State.FAILED,
    (State.ACCEPTED, Event.DELIVERED): State.DELIVERED,
    (State.ACCEPTED, Event.FAILED): State.FAILED,
}

SETTLED: Final = frozenset(State) - {State.WAITING, State.TRIED, State.IN_DOUBT, State.RETRIED}
"""States in which nothing more is sent."""


def after(state: State, event: Event) -> State:
    """The next state; what the table does not name changes nothing."""
    return _TABLE.get((state, event), state)


class Verdict(enum.IntEnum):
    """What is recorded of one recipient in one attempt. Where there are several, the last of `WEIGHT` counts."""

    AGAIN = 1
    UNKNOWN = 2
    SKIPPED = 3
    REFUSED = 4
    ACCEPTED = 5
    RESEND = 6
    """A person says that it was not sent and is to be sent again."""


WEIGHT: Final = (
    Verdict.AGAIN,
    Verdict.UNKNOWN,
    Verdict.RESEND,
    Verdict.SKIPPED,
    Verdict.REFUSED,
    Verdict.ACCEPTED,
)

_EVENT_OF: Final = {
    Verdict.AGAIN: Event.AGAIN,
    Verdict.UNKNOWN: Event.GIVEN_UP,
    Verdict.SKIPPED: Event.SKIPPED,
    Verdict.REFUSED: Event.REFUSED,
    Verdict.ACCEPTED: Event.ACCEPTED,
    Verdict.RESEND: Event.RESEND,
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """An intent: which positions of the chunk, as a bitmap, were about to be sent to. `n` counts from 1."""

    n: int
    fence: int
    at: float
    members: int

    def __contains__(self, position: int) -> bool:
        return bool(self.members >> position & 1)

    def positions(self) -> Iterator[int]:
        """In ascending order."""
        left = self.members
        while left:
            lowest = left & -left
            yield lowest.bit_length() - 1
            left ^= lowest


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one attempt for one recipient. `n` 0: of no attempt."""

    position: int
    n: int
    verdict: Verdict
    code: int = 0
    msgid: int = 0
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Result:
    """What WeChat pushed later about one recipient."""

    position: int
    delivered: bool
    status: str = ""
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Rules:
    """How one kind of message may be tried again. Times are seconds."""

    once_s: float = 0.0
    """So long after the first try WeChat carries out the same id only once, less a margin; 0: there is no such id."""
    settle_s: float = 3600.0
    """So long a result event may take; then an attempt in doubt is unknown."""
    most_tries: int = 8
    unit: int = 50
    """Recipients of one attempt."""
    look_again_s: float = 60.0
    """How often a chunk is looked at while something in it is in doubt."""


CLOCKS_S: Final = 120.0
"""So far the clocks of hosts and WeChat may be apart."""


@dataclass(slots=True)
class History:
    """One recipient: where it is, since when it is in doubt, and how often it was tried in vain."""

    state: State = State.WAITING
    doubt_since: float = 0.0
    tries: int = 0
    code: int = 0
    msgid: int = 0
    at: float = 0.0
    n: int = 0
    status: str = ""

    def take(self, event: Event) -> None:
        self.state = after(self.state, event)


@dataclass(slots=True)
class Ledger:
    """What the tables hold about one chunk."""

    jobs: int
    """How many there are to send: recipients, or 1 for a mass message to all of them."""
    attempts: list[Attempt] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)

    def keep_timely_results(self) -> None:
        """Keep of each job's results the first that came within an hour of an attempt, two minutes of difference
        between clocks allowed: the others belong to other messages to the same person."""
        kept: dict[int, Result] = {}
        for result in self.results:
            times = [attempt.at for attempt in self.attempts if result.position in attempt]
            if times and times[0] - CLOCKS_S <= result.at <= times[-1] + Rules().settle_s:
                kept.setdefault(result.position, result)
        self.results = list(kept.values())

    def histories(self) -> list[History]:
        """The state of each job, in order of their positions."""
        final: dict[tuple[int, int], Outcome] = {}
        for outcome in sorted(self.outcomes, key=lambda one: WEIGHT.index(one.verdict)):
            final[outcome.position, outcome.n] = outcome
        found = [History() for _ in range(self.jobs)]
        for position, history in enumerate(found):
            if (skipped := final.get((position, 0))) is not None:
                _record(history, skipped)
        for attempt in self.attempts:
            for position in attempt.positions():
                _try(found[position], attempt, final.get((position, attempt.n)))
        for result in self.results:
            history = found[result.position]
            history.take(Event.DELIVERED if result.delivered else Event.FAILED)
            history.status = result.status
        return found


def tried(histories: Sequence[History], attempt: Attempt, outcomes: Sequence[Outcome]) -> None:
    """Carry histories forward by a new attempt and what came of it: the same as reading the whole ledger again."""
    known = {outcome.position: outcome for outcome in outcomes}
    for position in attempt.positions():
        _try(histories[position], attempt, known.get(position))


def recorded(histories: Sequence[History], outcomes: Sequence[Outcome]) -> None:
    """The same by outcomes of earlier attempts, or of none, that `decide` asked for."""
    for outcome in outcomes:
        _record(histories[outcome.position], outcome)


def _try(history: History, attempt: Attempt, outcome: Outcome | None) -> None:
    if history.state is State.WAITING:
        history.doubt_since = attempt.at
    history.n, history.at = attempt.n, attempt.at
    history.take(Event.INTENT)
    if outcome is None or outcome.verdict is Verdict.UNKNOWN:
        history.take(Event.LOST)
    if outcome is not None:
        _record(history, outcome)


def _record(history: History, outcome: Outcome) -> None:
    if outcome.verdict is Verdict.AGAIN and outcome.code in COUNTED:
        history.tries += 1
    if outcome.verdict is Verdict.RESEND:
        history.tries = 0
    history.take(_EVENT_OF[outcome.verdict])
    history.code, history.at = outcome.code, outcome.at
    history.msgid = outcome.msgid or history.msgid


@dataclass(frozen=True, slots=True)
class Next:
    """What to do for a chunk: record these outcomes, then send to these positions, or wait, or it is done."""

    send: list[int] = field(default_factory=list)
    record: list[Outcome] = field(default_factory=list)
    wait_until: float | None = None

    @property
    def done(self) -> bool:
        return not self.send and self.wait_until is None


def decide(histories: Sequence[History], now: float, rules: Rules) -> Next:
    """The next step for a chunk of which nothing is under way. Those in doubt go first: their id is soon forgotten."""
    again: list[int] = []
    waiting: list[int] = []
    record: list[Outcome] = []
    look_at: list[float] = []
    for position, history in enumerate(histories):
        if history.state is State.WAITING:
            if history.tries >= rules.most_tries:
                record.append(Outcome(position, history.n, Verdict.REFUSED, history.code, at=now))
            else:
                waiting.append(position)
        elif history.state is State.IN_DOUBT:
            remembered = rules.once_s > 0 and now < history.doubt_since + rules.once_s
            if remembered and history.tries < rules.most_tries:
                again.append(position)
            elif now >= history.doubt_since + rules.settle_s:
                record.append(Outcome(position, history.n, Verdict.UNKNOWN, history.code, at=now))
            else:
                look_at.append(min(history.doubt_since + rules.settle_s, now + rules.look_again_s))
    send = (again + waiting)[: rules.unit]
    return Next(send, record, None if send or not look_at else min(look_at))


class Effect(enum.StrEnum):
    """What an answer means beyond the one recipient."""

    GO_ON = "go on"
    SLOW_DOWN = "slow down"
    WAIT_FOR_RESET = "wait for the reset"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer of WeChat, or its absence. `verdict` None: nobody knows whether the call was carried out."""

    verdict: Verdict | None
    effect: Effect = Effect.GO_ON
    code: int = 0
    msgid: int = 0
    reason: str = ""
    """For a person, where the campaign stops."""
    charged: bool = True
    """False: the call surely never reached WeChat, so that it counts to no quota."""


SLOW_DOWN: Final = frozenset({45011, 42010, 45066, 50002})
"""Return codes of a call that was surely not carried out, and that works a moment later."""
WAIT_FOR_RESET: Final = frozenset({45009, 45028})
"""A quota is used up: until midnight in China, or longer."""
COUNTED: Final = frozenset({42010, 50002})
"""Only these count as tries in vain: limits, outages and what stops a campaign say nothing about the recipient."""
ALLOWANCE_SPENT: Final = 45047
"""One customer-service message too many for this person; recorded also where it was known without a call."""
THIS_PERSON: Final = frozenset(
    {
        40003,
        40031,
        40032,
        40130,
        43004,
        43019,
        43101,
        45015,
        ALLOWANCE_SPENT,
        47003,
        48002,
        70000,
        40035,
        45002,
        44004,
    }
)
"""No follower, no permission, outside the window of customer-service messages, data that do not fit the template."""
SUBMITTED_BEFORE: Final = 45065
"""A mass message with this clientmsgid exists; the answer names its msg_id."""


def judge(problem: GongzhongError) -> Answered:
    """What a failed call means."""
    if isinstance(problem, CallError):
        return _judge_code(problem)
    if isinstance(problem, NotReached):
        return Answered(Verdict.AGAIN, Effect.SLOW_DOWN, charged=False)
    if isinstance(problem, BadAnswer | TransportError):
        return Answered(None, Effect.SLOW_DOWN)
    if isinstance(problem, SetupError):
        return Answered(Verdict.AGAIN, Effect.STOP, reason=problem.text(), charged=False)
    return Answered(None, Effect.SLOW_DOWN)


def _judge_code(problem: CallError) -> Answered:
    code = problem.errcode
    if code == SUBMITTED_BEFORE:
        return Answered(Verdict.ACCEPTED, msgid=int(problem.answer.get("msg_id") or 0))
    if code in WAIT_FOR_RESET:
        return Answered(Verdict.AGAIN, Effect.WAIT_FOR_RESET, code)
    if code in SLOW_DOWN:
        return Answered(Verdict.AGAIN, Effect.SLOW_DOWN, code)
    if problem.may_be_done:  # WeChat may answer -1 to what it carried out: repeated only under the same id
        return Answered(None, Effect.SLOW_DOWN, code)
    if code in THIS_PERSON:
        return Answered(Verdict.REFUSED, Effect.GO_ON, code)
    return Answered(Verdict.AGAIN, Effect.STOP, code, reason=problem.text())
