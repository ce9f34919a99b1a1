"""One push from its first delivery until its answer has gone out: a record, and a pure decision about what comes next.

WeChat waits five seconds for an answer and delivers a push up to three times. All deliveries belong to one claim, so
that the handler runs once; `decide` says for each event what the record becomes and what has to be done. Tasks,
connections and timers are in `window.py`, which carries the acts out.

A record is in one of three phases. RUNNING: no delivery was answered. ANSWERED: a reply was chosen and every delivery
gets it; whether WeChat received it is not sure yet. CLOSED: WeChat has its answer; what else the handler says goes to
the person's line in the outbox, from where customer-service messages or the person's next message take it.

    phase     event                    condition                                   phase     acts
    -         Delivered                the first one                               RUNNING   Start
    RUNNING   Delivered                                                            RUNNING   Wake
    any       Delivered, Tick          an answer was chosen before                 same      Again
    RUNNING   Tick                     WeChat hung up, or (window over) came anew  RUNNING   Release
    RUNNING   Tick                     there is something to answer                ANSWERED  Answer
    RUNNING   Tick                     before the end of the window                RUNNING   Wait, Ask
    RUNNING   Tick (window over)       no reply is shown, or the account may send  CLOSED    HandOver, SendNext
    RUNNING   Tick (window over)       older answers wait for this person          ANSWERED  Answer, and placeholder
    RUNNING   Tick (window over)       last delivery, no holds left, or a fetch    CLOSED    Placeholder, SendNext
    RUNNING   Tick (window over)       otherwise                                   RUNNING   Hold, later Release
    RUNNING   HandedOff                a delivery waits                            RUNNING   -
    RUNNING   HandedOff                none waits                                  RUNNING   Rescue
    RUNNING   FirstResult, LaterResult, Failed, Ended     a delivery waits         RUNNING   Wake
    RUNNING   FirstResult, LaterResult, Failed, Ended     none waits               RUNNING   Rescue
    ANSWERED  FirstResult, LaterResult, Failed, Ended                              ANSWERED  -
    CLOSED    FirstResult, LaterResult, Failed, Ended                              CLOSED    SendNext
    ANSWERED  ConnectionClosed         WeChat surely got the answer                CLOSED    SendNext
    ANSWERED  ConnectionClosed         it may not have, and no delivery waits      ANSWERED  Rescue
    RUNNING   ConnectionClosed         there is something to answer, none waits    RUNNING   Rescue
    RUNNING, ANSWERED   Untaken        no delivery came for it                     CLOSED    HandOver, SendNext
    any       OwnerLost                the handler or a reply is not done          CLOSED    Record

After HandedOff a delivery waits as it would for the handler. Once the claim is CLOSED it has ended: the answer that
comes from elsewhere then goes to the person's line; if the person was told to ask for it, this is remembered (Expect).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any, Final, TypeAlias

import msgspec

from .. import facts
from ..messages import TEXT_MAX_BYTES, Reply
from .pieces import Piece, added, first_message, size

ANSWER_TIMEOUT_S: Final = facts.ANSWER_TIMEOUT_S


class Phase(StrEnum):
    """How far WeChat's side of a push is."""

    RUNNING = "running"
    ANSWERED = "answered"
    CLOSED = "closed"


class Claim(msgspec.Struct, gc=False):
    """What is known of one push. Values only: it can be stored and taken up by another process."""

    key: str
    openid: str
    answerable: bool = True
    """Whether WeChat shows a passive reply to this push."""
    fetches: bool = False
    """Whether the message only asks for an answer that waits, so that no handler runs."""
    articles: int = 1
    """How many articles the passive reply may hold."""
    phase: Phase = Phase.RUNNING
    deliveries: int = 0
    open: int = 0
    """Deliveries that wait for an answer now."""
    held: int = 0
    """The number of the delivery that is held past the window, 0 for none."""
    first: bool = False
    """Whether the handler has given its first result."""
    ended: bool = False
    """Whether the handler has nothing more to say."""
    replies: tuple[Reply, ...] = ()
    """What was said and has not gone out, in order."""
    out: int = 0
    """How many messages went out or were handed to the person's line before these."""
    shown: Reply | None = None
    """The reply that the deliveries are answered with, while it is not sure that WeChat got it."""
    took: bool = False
    """Whether older answers, which waited in the person's line, are in `shown` or `replies`."""
    promised: bool = False
    """Whether the person was told to ask for the rest."""
    elsewhere: bool = False
    """Whether the handler is done and its answer comes from another program (`late.py`)."""


class Rules(msgspec.Struct, frozen=True):
    """The settings that decisions depend on; times in seconds."""

    window_s: float = 4.5
    ask_after_s: float = 1.0
    """A handler that takes this long may need to know whether customer-service messages are allowed."""
    patience_s: float = ANSWER_TIMEOUT_S
    held_s: float = ANSWER_TIMEOUT_S + 2.0
    """When a held connection is let go although no further delivery came, from its start."""
    deliveries: int = facts.DELIVERIES
    placeholder: Reply | None = None
    more: str = ""
    """What stands below a text when more is there to be fetched."""


class Delivered(msgspec.Struct, frozen=True, gc=False):
    """WeChat delivers the push, for the first time or again."""


class Tick(msgspec.Struct, frozen=True, gc=False):
    """A delivery that waits looks again. `now` and `began` in the loop's seconds; the rest is what is known now."""

    number: int
    began: float
    now: float
    may_send: bool | None = None
    """Whether the account may send customer-service messages; None: not known."""
    holds_left: int = 0
    waiting: tuple[Reply, ...] = ()
    """Older answers that wait for this person."""
    gone: bool = False
    """Whether the connection is known to be closed."""


class FirstResult(msgspec.Struct, frozen=True, gc=False):
    """What the handler returned or yielded first; `ended`: it says nothing more."""

    reply: Reply | None
    ended: bool = True


class LaterResult(msgspec.Struct, frozen=True, gc=False):
    """What a generator yielded after that."""

    reply: Reply | None


class Failed(msgspec.Struct, frozen=True, gc=False):
    """The handler failed; `reply` is what the person is told, None for nothing."""

    reply: Reply | None


class Ended(msgspec.Struct, frozen=True, gc=False):
    """A generator has ended."""


class HandedOff(msgspec.Struct, frozen=True, gc=False):
    """The handler has ended without a reply: the answer comes from another program, as a FirstResult."""


class ConnectionClosed(msgspec.Struct, frozen=True, gc=False):
    """A delivery has ended; `sure`: the answer went out in time on a connection that WeChat still had open."""

    sure: bool


class Untaken(msgspec.Struct, frozen=True, gc=False):
    """Nobody came for a finished answer in time."""


class OwnerLost(msgspec.Struct, frozen=True, gc=False):
    """The process that runs the handler stops before it has ended."""


Event: TypeAlias = (
    Delivered
    | Tick
    | FirstResult
    | LaterResult
    | Failed
    | Ended
    | HandedOff
    | ConnectionClosed
    | Untaken
    | OwnerLost
)


class Start(msgspec.Struct, frozen=True, gc=False):
    """Run the handler."""


class Wake(msgspec.Struct, frozen=True, gc=False):
    """Let the deliveries that wait look again."""


class Wait(msgspec.Struct, frozen=True, gc=False):
    """Keep this delivery until something happens, at most until then. `ask`: find out who may send; `hold`: use one."""

    until: float
    ask: bool = False
    hold: bool = False


class Answer(msgspec.Struct, frozen=True, gc=False):
    """Answer this delivery with the reply, None for `success`. `took`: what waited is in it, or in the record."""

    reply: Reply | None
    took: bool = False
    placeholder: bool = False


class Again(msgspec.Struct, frozen=True, gc=False):
    """Answer this delivery as the ones before it, byte for byte."""


class Release(msgspec.Struct, frozen=True, gc=False):
    """Let go of a connection that nobody reads any more."""


class HandOver(msgspec.Struct, frozen=True, gc=False):
    """Answer with `success`, now and from now on."""


class Placeholder(msgspec.Struct, frozen=True, gc=False):
    """Answer with the placeholder, now and from now on."""


class SendNext(msgspec.Struct, frozen=True, gc=False):
    """Put these replies into the person's line, behind or (`ahead`) before what waits there."""

    replies: tuple[Reply, ...]
    ahead: bool = False


class Rescue(msgspec.Struct, frozen=True, gc=False):
    """Give WeChat's next delivery some seconds to come; then it is `Untaken`."""


class Record(msgspec.Struct, frozen=True, gc=False):
    """Note what has not reached its person; without a reply: that there was none."""

    reason: str
    replies: tuple[Reply, ...] = ()


class Expect(msgspec.Struct, frozen=True, gc=False):
    """Remember that the person was told to ask for an answer that is still to come from another program."""


Act: TypeAlias = (
    Start
    | Wake
    | Wait
    | Answer
    | Again
    | Release
    | HandOver
    | Placeholder
    | SendNext
    | Rescue
    | Record
    | Expect
)

_START, _WAKE, _AGAIN, _RELEASE, _RESCUE = Start(), Wake(), Again(), Release(), Rescue()
_EXPECT = Expect()


def decide(claim: Claim, event: Event, rules: Rules) -> tuple[Claim, Sequence[Act]]:
    """What the claim becomes by the event, and what is to be done. Changes nothing that it was given."""
    after: Claim = claim.__copy__()  # type: ignore[attr-defined]  # a third of the time of replace
    acts = _DECISIONS[type(event)](after, event, rules)
    if after.elsewhere and after.phase is Phase.CLOSED and not after.ended:
        after.first = after.ended = True
        if after.promised:
            acts = (*acts, _EXPECT)
    return after, acts


def _delivered(claim: Claim, _event: Delivered, _rules: Rules) -> Sequence[Act]:
    claim.deliveries += 1
    claim.open += 1
    if claim.deliveries == 1:
        return () if claim.fetches else (_START,)
    return (_WAKE,)


def _tick(claim: Claim, event: Tick, rules: Rules) -> Sequence[Act]:
    if claim.phase is not Phase.RUNNING:
        return (_AGAIN,)
    if event.gone:
        return (_RELEASE,)
    if event.now >= event.began + rules.patience_s:
        released = event.began + rules.held_s
        return (_RELEASE,) if event.now >= released else (Wait(released),)
    overdue = event.now >= event.began + rules.window_s
    if _ready(claim, event, overdue):
        answer = _answered(claim, event, rules)
        if answer is not None:
            return (answer,)
    if not overdue:
        asks_at = event.began + rules.ask_after_s
        if event.now < asks_at and rules.ask_after_s < rules.window_s:
            return (Wait(asks_at),)
        return (Wait(event.began + rules.window_s, ask=True),)
    if event.number < claim.deliveries:
        return (_RELEASE,)
    if claim.held == event.number and not event.may_send:
        return (Wait(event.began + rules.held_s),)
    return _overdue(claim, event, rules)


def _ready(claim: Claim, event: Tick, overdue: bool) -> bool:
    if claim.fetches:
        return bool(event.waiting)
    if not claim.first or claim.ended:
        return claim.first
    if claim.replies and isinstance(claim.replies[-1], Piece):
        return overdue or sum(size(reply) for reply in claim.replies) >= TEXT_MAX_BYTES
    if event.may_send is False and claim.answerable:
        return overdue and bool(claim.replies)  # collect: nothing can follow by itself
    return True


def _answered(claim: Claim, event: Tick, rules: Rules) -> Answer | None:
    if not claim.answerable:
        claim.phase = Phase.ANSWERED
        return Answer(None)
    unfinished = not claim.ended
    asked_for = event.may_send is False or claim.fetches
    queue = (*event.waiting, *claim.replies)
    message, rest = first_message(
        queue,
        articles=claim.articles,
        growing=unfinished and bool(claim.replies) and isinstance(claim.replies[-1], Piece),
        more=rules.more if asked_for else "",
        unfinished=unfinished,
        several=asked_for or bool(event.waiting),
    )
    if message is None and queue:
        return None
    claim.phase, claim.replies, claim.shown = Phase.ANSWERED, rest, message
    claim.took = bool(event.waiting)
    claim.out += message is not None
    claim.promised = asked_for and bool(rest or unfinished)
    return Answer(message, took=bool(event.waiting))


def _overdue(claim: Claim, event: Tick, rules: Rules) -> Sequence[Act]:
    if claim.fetches:
        claim.phase = Phase.CLOSED
        return (Placeholder(),)
    if not claim.answerable or event.may_send:
        claim.phase = Phase.CLOSED
        return (HandOver(), *_sent(claim))
    if event.waiting:
        return (_with_placeholder(claim, event, rules),)
    if event.number >= rules.deliveries or event.holds_left <= 0:
        claim.phase, claim.promised = Phase.CLOSED, True
        return (Placeholder(), *_sent(claim))
    claim.held = event.number
    return (Wait(event.began + rules.held_s, hold=True),)


def _with_placeholder(claim: Claim, event: Tick, rules: Rules) -> Answer:
    hint = (rules.placeholder,) if rules.placeholder is not None else ()
    claim.shown, alone = first_message(event.waiting, articles=claim.articles)
    message, rest = first_message((*event.waiting, *hint), articles=claim.articles)
    if rest == hint or not hint:
        message, rest = claim.shown, alone
    elif rest:
        rest = tuple(reply for reply in rest if reply is not rules.placeholder)
    claim.phase, claim.promised, claim.out = Phase.ANSWERED, True, claim.out + 1
    claim.took = True
    claim.replies = (*rest, *claim.replies)
    return Answer(message, took=True, placeholder=True)


def _said(claim: Claim, event: FirstResult | LaterResult | Failed | Ended, _rules: Rules) -> Sequence[Act]:
    acts: list[Act] = []
    reply = None if isinstance(event, Ended) else event.reply
    if not claim.first and reply is not None and not claim.answerable:
        acts.append(Record("not_answerable"))
        reply = None
    claim.first = True
    if not isinstance(event, LaterResult):
        claim.ended = not isinstance(event, FirstResult) or event.ended
    if reply is not None:
        claim.replies = added(claim.replies, reply)
    if claim.phase is Phase.CLOSED:
        acts += _sent(claim)
    elif claim.phase is Phase.RUNNING:
        acts.append(_WAKE if claim.open else _RESCUE)
    return acts


def _handed_off(claim: Claim, _event: HandedOff, rules: Rules) -> Sequence[Act]:
    if not claim.answerable:
        return _said(claim, FirstResult(None), rules)
    claim.elsewhere = True
    return () if claim.open or claim.phase is not Phase.RUNNING else (_RESCUE,)


def _closed(claim: Claim, event: ConnectionClosed, _rules: Rules) -> Sequence[Act]:
    claim.open -= 1
    if claim.phase is Phase.ANSWERED and event.sure:
        claim.phase, claim.shown = Phase.CLOSED, None
        return _sent(claim)
    unsure = claim.phase is Phase.ANSWERED or (
        claim.phase is Phase.RUNNING and (claim.first or claim.elsewhere)
    )
    return (_RESCUE,) if unsure and not claim.open else ()


def _untaken(claim: Claim, _event: Untaken, _rules: Rules) -> Sequence[Act]:
    if claim.phase is Phase.CLOSED or claim.open or not (claim.first or claim.shown or claim.elsewhere):
        return ()
    _take_back(claim)
    claim.phase = Phase.CLOSED
    return (HandOver(), *_sent(claim))


def _owner_lost(claim: Claim, _event: OwnerLost, _rules: Rules) -> Sequence[Act]:
    _take_back(claim)
    done = (claim.ended or claim.elsewhere) and not claim.replies
    replies, claim.replies = claim.replies, ()
    claim.phase, claim.ended = Phase.CLOSED, True
    return () if done else (Record("shutdown", replies),)


def _take_back(claim: Claim) -> None:
    """Put the reply that may not have arrived before what follows it."""
    if claim.shown is not None:
        claim.replies, claim.shown = (claim.shown, *claim.replies), None
        claim.out -= 1


def _sent(claim: Claim) -> Sequence[Act]:
    replies, claim.replies = claim.replies, ()
    ahead, claim.took = claim.took, False
    claim.out += len(replies)
    return (SendNext(replies, ahead),) if replies else ()


_DECISIONS: dict[type, Callable[[Claim, Any, Rules], Sequence[Act]]] = {
    Delivered: _delivered,
    Tick: _tick,
    FirstResult: _said,
    LaterResult: _said,
    Failed: _said,
    Ended: _said,
    HandedOff: _handed_off,
    ConnectionClosed: _closed,
    Untaken: _untaken,
    OwnerLost: _owner_lost,
}
