"""What a door sends back, whichever server it belongs to: status, body and its type."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import msgspec

from ..background import next_turn
from ..errors import CallbackError, GongzhongError, say
from ..messages import Reply

Seal: TypeAlias = Callable[[Reply], bytes]
"""Turns a reply to this delivery's push into the body for WeChat."""
Gone: TypeAlias = Callable[[], bool]
"""Says whether the peer has closed the connection. A door may begin to watch at the first call."""


async def has_gone(gone: Gone) -> bool:
    """Ask a door whether the peer has gone, with a moment for it to look."""
    if gone():
        return True
    await next_turn()
    await next_turn()
    return gone()


XML = "application/xml; charset=utf-8"
TEXT = "text/plain; charset=utf-8"
ALLOWED = "GET, POST"


class Answer(msgspec.Struct, frozen=True):
    """One HTTP answer to WeChat, or to somebody who is not WeChat."""

    status: int
    body: bytes
    content_type: str = TEXT

    def headers(self) -> list[tuple[str, str]]:
        """The headers to send, names in lower case."""
        fields = [("content-type", self.content_type), ("content-length", str(len(self.body)))]
        if self.status == WrongMethod.status:
            fields.append(("allow", ALLOWED))
        return fields


def refusal(problem: CallbackError) -> Answer:
    """One line that says what is wrong with a request, in the language of this process; never what was right about
    it."""
    line = say(problem.zh, problem.en).replace("\n", " ")
    return Answer(problem.status, line.encode())


class WrongMethod(CallbackError):
    """Neither GET nor POST."""

    status = 405
    reason = "method"


class Incomplete(CallbackError):
    """A signed push that names no sender, receiver or type: nobody could be answered."""

    reason = "incomplete"


class Unreadable(CallbackError):
    """Reading the push failed in a way that nobody foresaw."""

    reason = "unreadable"


class NotAccepted(GongzhongError):
    """A delivery cannot be taken now and must get no answer in time: then WeChat delivers it again, perhaps to another
    process. Whether it does so after an HTTP error, too, is documented nowhere."""

    def __init__(self) -> None:
        super().__init__("现在不能接收这条推送", "this push cannot be taken now")
