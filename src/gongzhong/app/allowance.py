"""How many customer-service messages each user may still get, as far as this process can know.

WeChat opens a window with every message (5 messages, 48 hours) and every click, scan or follow (3 messages,
one minute). Whether windows add up is not documented; here the better one counts. Every message counts that goes
through the account's clients, also those that the program sends by itself. What other programs send is not seen: then
WeChat's own refusal (45047) is the last word.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

import msgspec

from .. import facts
from ..messages import Click, Message, Push, Scan, ScanCodePush, ScanCodeWaitMsg, Subscribe
from ..sharing.person import Windows as Stored
from ..sharing.person import left

AFTER_MESSAGE: Final = (facts.AFTER_MESSAGE, float(facts.AFTER_MESSAGE_S))
AFTER_ACT: Final = (facts.AFTER_ACT, float(facts.AFTER_ACT_S))

ACTS = (Click, Scan, ScanCodePush, ScanCodeWaitMsg, Subscribe)


class Windows(msgspec.Struct, gc=False):
    """What one user's last message and last act allow: how many are left, and until when (unix seconds).

    Invisible to the garbage collector: there is one for every user.
    """

    after_message: int = 0
    message_until: float = 0.0
    after_act: int = 0
    act_until: float = 0.0


class Allowance:
    """Counts per user what pushes allowed and what was sent since. Forgets the users longest silent."""

    def __init__(self, most_users: int = 100_000) -> None:
        self._most = most_users
        self._users: OrderedDict[str, Windows] = OrderedDict()

    def opened(self, push: Push, now: float) -> None:
        """Note what a push allows; `now` in unix seconds."""
        granted = _GRANTED[type(push)]
        if granted is AFTER_MESSAGE and getattr(push, "bizmsgmenuid", None) is not None:
            granted = AFTER_ACT  # a tap on a message that is a menu
        if granted is None:
            return
        users, openid, (messages, lasts_s) = self._users, push.openid, granted
        windows = users.get(openid)
        if windows is None:
            windows = users[openid] = Windows()
            if len(users) > self._most:
                users.popitem(last=False)
        else:
            users.move_to_end(openid)
        if granted is AFTER_MESSAGE:
            windows.after_message, windows.message_until = messages, now + lasts_s
        else:
            windows.after_act, windows.act_until = messages, now + lasts_s

    def left(self, openid: str, now: float) -> int | None:
        """How many may still be sent; None when nothing is known about this user."""
        windows = self._users.get(openid)
        if windows is None:
            return None
        return left(msgspec.structs.astuple(windows), now)

    def until(self, openid: str) -> float | None:
        """When the last of what may be sent expires, in unix seconds; None when nothing is known."""
        windows = self._users.get(openid)
        if windows is None:
            return None
        by_message = windows.message_until if windows.after_message else 0.0
        return max(by_message, windows.act_until if windows.after_act else 0.0)

    def stored(self, openid: str) -> Stored | None:
        """What is known about a user, for another process; None: nothing."""
        windows = self._users.get(openid)
        return None if windows is None else msgspec.structs.astuple(windows)

    def restore(self, openid: str, stored: Stored | None) -> None:
        """Go on from what another process stored."""
        if stored is None:
            self._users.pop(openid, None)
        else:
            self._users[openid] = Windows(*stored)

    def spend(self, openid: str) -> None:
        """Note that one message was sent: it counts in every window."""
        windows = self._users.get(openid)
        if windows is not None:
            windows.after_message = max(0, windows.after_message - 1)
            windows.after_act = max(0, windows.after_act - 1)


class _Granted(dict[type[Push], tuple[int, float] | None]):
    """What each class of pushes allows."""

    def __missing__(self, kind: type[Push]) -> tuple[int, float] | None:
        granted = (
            AFTER_MESSAGE if issubclass(kind, Message) else AFTER_ACT if issubclass(kind, ACTS) else None
        )
        self[kind] = granted
        return granted


_GRANTED: Final = _Granted()
