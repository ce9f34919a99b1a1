"""Answers that have not reached their user, and where they go from here.

Two shelves. What *waits* goes out as the reply to the user's next message: the answers that a slow handler
finished after WeChat's last attempt, and what WeChat refused to send for now. What is *stuck* stays to be
looked at: too old, crowded out, refused, or perhaps sent already. Both are bounded, both
show in `oa.undelivered`; nothing is dropped without a record.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from enum import StrEnum

import msgspec

from ..clock import Clock
from ..messages import Reply

WAITS_S = 24 * 3600.0
WAITING_PER_USER = 5
WAITING_USERS = 10_000
STUCK = 1_000


class Reason(StrEnum):
    """Why an answer has not reached its user."""

    SLOW = "slow"  # finished after WeChat's last attempt
    ALLOWANCE = "allowance"  # the user's customer-service messages are used up
    NOT_PERMITTED = "not_permitted"  # the account may not send customer-service messages
    REFUSED = "refused"  # WeChat refused the customer-service message
    NOT_REACHED = "not_reached"  # WeChat could not be reached
    IN_DOUBT = "in_doubt"  # sent, but no answer came: repeating could show it twice
    NO_FORM = "no_form"  # this kind of reply does not exist as a customer-service message
    SHUTDOWN = "shutdown"  # the process stopped first


class Undelivered(msgspec.Struct, frozen=True, kw_only=True):
    """One answer, whose it is, since when (unix seconds) and why it is still here."""

    openid: str
    reply: Reply
    reason: Reason
    since: float
    detail: str = ""
    waiting: bool = True
    """Whether it goes out with the user's next message by itself."""


class Outbox:
    """Both shelves of one account."""

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
        self._waiting: OrderedDict[str, list[Undelivered]] = OrderedDict()
        self._stuck: deque[Undelivered] = deque(maxlen=stuck)

    def keep(self, item: Undelivered) -> None:
        """Let an answer wait for its user's next message."""
        waiting = self._waiting.setdefault(item.openid, [])
        waiting.append(item)
        if len(waiting) > self._per_user:
            self.record(waiting.pop(0))
        while len(self._waiting) > self._users:
            _, crowded_out = self._waiting.popitem(last=False)
            for old in crowded_out:
                self.record(old)

    def record(self, item: Undelivered) -> None:
        """Note an answer that will not go out by itself."""
        self._stuck.append(msgspec.structs.replace(item, waiting=False))

    def waits_for(self, openid: str) -> bool:
        self._expire(openid)
        return openid in self._waiting

    def take(self, openid: str) -> list[Reply]:
        """The answers that wait for this user, oldest first; they are the caller's now."""
        if openid not in self._waiting:
            return []
        self._expire(openid)
        return [item.reply for item in self._waiting.pop(openid, [])]

    def clear(self) -> None:
        self._waiting.clear()
        self._stuck.clear()

    def undelivered(self) -> list[Undelivered]:
        """Everything on both shelves, oldest first."""
        for openid in list(self._waiting):
            self._expire(openid)
        waiting = [item for items in self._waiting.values() for item in items]
        return sorted([*self._stuck, *waiting], key=lambda item: item.since)

    def _expire(self, openid: str) -> None:
        waiting = self._waiting.get(openid, [])
        horizon = self._clock.now() - self._waits_s
        while waiting and waiting[0].since <= horizon:
            self.record(waiting.pop(0))
        if not waiting:
            self._waiting.pop(openid, None)
