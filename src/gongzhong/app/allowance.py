"""How many customer-service messages each user may still get, as far as this process can know.

WeChat opens a window with every message (5 messages, 48 hours) and every click, scan or follow (3 messages,
one minute). Whether windows add up is not documented; here the better one counts. Messages that the program
sends by itself through the API are not seen: then WeChat's own refusal (45047) is the last word.
"""

from __future__ import annotations

from collections import OrderedDict

from ..messages import Click, Message, Push, Scan, ScanCodePush, ScanCodeWaitMsg, Subscribe
from .rules import AFTER_ACT, AFTER_MESSAGE

ACTS = (Click, Scan, ScanCodePush, ScanCodeWaitMsg, Subscribe)


class Allowance:
    """Counts per user what pushes allowed and what was sent since. Forgets the users longest silent."""

    def __init__(self, most_users: int = 100_000) -> None:
        self._most = most_users
        self._users: OrderedDict[str, list[Window]] = OrderedDict()

    def opened(self, push: Push, now: float) -> None:
        """Note what a push allows; `now` in unix seconds."""
        granted = _granted(push)
        if granted is None:
            return
        windows = self._users.setdefault(push.openid, [])
        for window in windows:
            if window.granted is granted:
                window.open(now)
                break
        else:
            windows.append(Window(granted, now))
        self._users.move_to_end(push.openid)
        if len(self._users) > self._most:
            self._users.popitem(last=False)

    def left(self, openid: str, now: float) -> int | None:
        """How many may still be sent; None when nothing is known about this user."""
        windows = self._users.get(openid)
        if windows is None:
            return None
        return max((window.left for window in windows if now < window.until), default=0)

    def spend(self, openid: str) -> None:
        """Note that one message was sent: it counts in every window."""
        for window in self._users.get(openid, []):
            window.left = max(0, window.left - 1)


class Window:
    """One permission to send: how many are left, and until when (unix seconds)."""

    __slots__ = ("granted", "left", "until")

    def __init__(self, granted: tuple[int, float], now: float) -> None:
        self.granted = granted
        self.open(now)

    def open(self, now: float) -> None:
        """Begin anew: the whole count, for the whole time."""
        self.left, self.until = self.granted[0], now + self.granted[1]


def _granted(push: Push) -> tuple[int, float] | None:
    if isinstance(push, Message):
        tapped_menu_message = getattr(push, "bizmsgmenuid", None) is not None
        return AFTER_ACT if tapped_menu_message else AFTER_MESSAGE
    return AFTER_ACT if isinstance(push, ACTS) else None
