"""Answers that have not reached their person, in one line per person, and a record of those that never will.

A line is in the order in which the answers were said. Whoever delivers takes from its front: customer-service messages
(`sender.py`) or the reply to the person's next message (`window.py`); so nothing overtakes, whatever the road. What
cannot be delivered any more (too old, too many, refused, perhaps sent already) is kept as a record. Both are bounded,
both show in `oa.undelivered`; nothing is dropped without a record.
"""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import Iterable, KeysView, Sequence
from enum import StrEnum

import msgspec

from ..clock import Clock
from ..messages import Event, Message, Push, Reply
from .pieces import Piece, added

WAITS_S = 24 * 3600.0
WAITING_PER_USER = 100
WAITING_USERS = 10_000
STUCK = 1_000


class Reason(StrEnum):
    """Why an answer has not reached its user."""

    SLOW = "slow"  # finished after WeChat's last attempt
    ALLOWANCE = "allowance"  # the user's customer-service messages are used up
    QUOTA = "quota"  # the account's calls of the day or the minute are used up
    NOT_PERMITTED = "not_permitted"  # the account may not send customer-service messages
    REFUSED = "refused"  # WeChat refused the customer-service message
    NOT_REACHED = "not_reached"  # WeChat could not be reached
    IN_DOUBT = "in_doubt"  # sent, but no answer came or "system busy" (-1): repeating could show it twice
    NO_FORM = "no_form"  # this kind of reply does not exist as a customer-service message
    SHUTDOWN = "shutdown"  # the process stopped first


class Undelivered(msgspec.Struct, frozen=True, kw_only=True):
    """One answer, whose it is, since when (unix seconds) and why it is still here."""

    openid: str
    reply: Reply | None
    """None when the handler was cut off before it had an answer."""
    reason: Reason
    since: float
    detail: str = ""
    waiting: bool = True
    """Whether it goes out with the user's next message by itself."""
    key: str = ""
    """The push that it answers (`messages.dedup_key`); "" when that is not known."""


class Line:
    """The answers that wait for one person, oldest first."""

    def __init__(self) -> None:
        self.items: deque[Undelivered] = deque()
        self.going: set[str] = set()
        """Keys of the claims whose handlers still add to it."""
        self.sending: asyncio.Task[None] | None = None
        self.in_flight: Undelivered | None = None
        """The message that an API call carries now: nothing may overtake it."""
        self.last_sent = 0.0
        """When the last message was sent, in the loop's seconds."""
        self.quiet_since = 0.0
        """Since when nothing was added, in the loop's seconds; kept while the line is being sent."""
        self._changed: asyncio.Future[None] | None = None

    def when_changed(self) -> asyncio.Future[None]:
        """Done when something was added, or a handler has ended."""
        if self._changed is None or self._changed.done():
            self._changed = asyncio.get_running_loop().create_future()
        return self._changed

    def change(self) -> None:
        if self._changed is not None and not self._changed.done():
            self._changed.set_result(None)

    def restart(self) -> None:
        """Go on in another event loop. What was being sent then goes on waiting, though it may have arrived."""
        if self.in_flight is not None:
            self.items.appendleft(self.in_flight)
        self.in_flight = self.sending = self._changed = None
        self.going.clear()
        self.last_sent = self.quiet_since = 0.0

    @property
    def empty(self) -> bool:
        return not (self.items or self.going or self.in_flight)


class Outbox:
    """The lines of one account, and the record."""

    def __init__(
        self,
        clock: Clock,
        *,
        waits_s: float = WAITS_S,
        per_user: int = WAITING_PER_USER,
        users: int = WAITING_USERS,
        stuck: int = STUCK,
    ) -> None:
        self._clock = clock
        self._waits_s = waits_s
        self._per_user = per_user
        self._users = users
        self._lines: OrderedDict[str, Line] = OrderedDict()
        self._stuck: deque[Undelivered] = deque(maxlen=stuck)

    def line(self, openid: str) -> Line:
        """The person's line, made if there is none."""
        line = self._lines.get(openid)
        if line is None:
            line = self._lines[openid] = Line()
            while len(self._lines) > self._users:
                _, crowded_out = self._lines.popitem(last=False)
                for old in crowded_out.items:
                    self.record(old)
                crowded_out.items.clear()
        return line

    def keep(self, openid: str, replies: Iterable[Reply], key: str = "", *, ahead: bool = False) -> None:
        """Put replies to the push with this key into their person's line: behind what waits, or before it."""
        line, now = self.line(openid), self._clock.now()
        new = [
            Undelivered(openid=openid, reply=reply, reason=Reason.SLOW, since=now, key=key)
            for reply in replies
        ]
        if ahead:
            line.items.extendleft(reversed(new))
        else:
            for item in new:
                self._append(line, item)
        while len(line.items) > self._per_user:
            self.record(line.items.popleft())
        line.change()

    def _append(self, line: Line, item: Undelivered) -> None:
        last = line.items[-1] if line.items else None
        if last is not None and isinstance(item.reply, Piece) and isinstance(last.reply, Piece):
            (joined,) = added((last.reply,), item.reply)
            line.items[-1] = msgspec.structs.replace(last, reply=joined)
        else:
            line.items.append(item)

    def record(self, item: Undelivered) -> None:
        """Note an answer that will not go out by itself."""
        self._stuck.append(msgspec.structs.replace(item, waiting=False))

    def waiting(self, openid: str) -> tuple[Reply, ...]:
        """What the person's next message may take: nothing while a message of theirs is being sent."""
        line = self._lines.get(openid)
        if line is None:
            return ()
        self._expire(openid, line)
        if line.in_flight is not None:
            return ()
        return tuple(item.reply for item in line.items if item.reply is not None)

    def take(self, openid: str) -> None:
        """The answers that wait are the caller's now."""
        line = self._lines.get(openid)
        if line is not None:
            line.items.clear()
            self.tidy(openid)

    def take_items(self, openid: str) -> list[Undelivered]:
        """The same with everything that is known of them."""
        line = self._lines.get(openid)
        items = list(line.items) if line is not None else []
        self.take(openid)
        return items

    def restore(self, item: Undelivered) -> None:
        """Put an answer that was kept elsewhere behind what waits."""
        self.line(item.openid).items.append(item)

    def drop(self, openid: str) -> None:
        """Forget a person's line: another process has it."""
        line = self._lines.pop(openid, None)
        if line is not None:
            if line.sending is not None:
                line.sending.cancel()
            line.items.clear()
            line.going.clear()
            line.in_flight = None

    def tidy(self, openid: str) -> None:
        """Forget a line in which nothing is left."""
        line = self._lines.get(openid)
        if line is not None and line.empty and (line.sending is None or line.sending.done()):
            del self._lines[openid]

    def find(self, openid: str) -> Line | None:
        """The person's line, if there is one."""
        return self._lines.get(openid)

    def people(self) -> KeysView[str]:
        """Those who have a line."""
        return self._lines.keys()

    def lines(self) -> list[Line]:
        return list(self._lines.values())

    def undelivered(self) -> list[Undelivered]:
        """Everything that waits and everything on record, oldest first."""
        for openid, line in list(self._lines.items()):
            self._expire(openid, line)
        waiting = [item for line in self._lines.values() for item in (*_flying(line), *line.items)]
        return sorted([*self._stuck, *waiting], key=lambda item: item.since)

    def summary(self) -> str:
        """How many answers wait or are lost, by reason: `slow 3, shutdown 1`."""
        counts = Counter(item.reason.value for item in self.undelivered())
        return ", ".join(f"{reason} {count}" for reason, count in sorted(counts.items()))

    def _expire(self, openid: str, line: Line) -> None:
        horizon = self._clock.now() - self._waits_s
        while line.items and line.items[0].since <= horizon:
            self.record(line.items.popleft())
        self.tidy(openid)


def _flying(line: Line) -> Sequence[Undelivered]:
    return () if line.in_flight is None else (line.in_flight,)


class PushName(str):
    """How a push is named in a log line. The log reads `push` from it, to leave out what the user wrote."""

    __slots__ = ("push",)
    push: Push


def about(push: Push) -> PushName:
    """How a push is named in a log line: kind, sender, time and number; nothing that the person said."""
    parts = [type(push).__name__, f"openid={push.openid}", f"time={push.create_time}"]
    if isinstance(push, Message):
        parts.append(f"msg_id={push.msg_id}")
    elif isinstance(push, Event):
        parts.append(f"event={push.event}")
    name = PushName(" ".join(parts))
    name.push = push
    return name
