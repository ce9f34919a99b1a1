"""Asking a callback URL the question that WeChat asks before it saves it (接入指南): return this echo.

The development loop finds with it where an application takes its pushes; the doctor asks it rightly and wrongly.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from ..platform.delivery.receiver import Answered, Receiver, Unanswered
from ..wire import sign

PATHS = ("/", *(f"/{name}{end}" for name in ("wechat", "wx", "weixin", "callback") for end in ("", "/")))
"""Where applications usually take pushes; asked in this order when no path is given. WeChat follows no redirects, so
a slash at the end makes a different path."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One verification request and what came back: an answer, or the kind of failure and its details."""

    echo: str
    answer: Answered | None
    silence: str
    cost_s: float
    detail: str = ""

    @property
    def echoed(self) -> bool:
        return (
            self.answer is not None and self.answer.status == 200 and self.answer.body == self.echo.encode()
        )


def with_query(url: str, query: dict[str, str]) -> str:
    """The URL with more parameters, whether it has some already or not."""
    return url + ("&" if "?" in url else "?") + urlencode(query)


async def ask(
    receiver: Receiver,
    url: str,
    token: str,
    *,
    timeout_s: float,
    signed: Callable[..., str] = sign,
    now: float | None = None,
) -> Asked:
    """Send the verification request. Raises nothing when no answer comes.

    `signed(token, timestamp, nonce)` makes the signature; the doctor gives wrong ones. The nonce has nine digits, as
    WeChat's often have, and is greater than the timestamp as text but not as a number: a server that sorts the three
    as numbers shows itself.
    """
    echo = str(secrets.randbelow(9 * 10**18) + 10**18)
    stamp = str(int(time.time() if now is None else now))
    nonce = str(secrets.randbelow(7 * 10**8) + 3 * 10**8)
    query = {"signature": signed(token, stamp, nonce), "timestamp": stamp, "nonce": nonce, "echostr": echo}
    started = time.perf_counter()
    answer, silence, detail = None, "", ""
    try:
        answer = await receiver.send(
            "GET", with_query(url, query), b"", timeout_s=timeout_s, connect_s=timeout_s
        )
    except Unanswered as problem:
        silence, detail = problem.kind, problem.detail
    return Asked(echo, answer, silence, time.perf_counter() - started, detail)


async def find(receiver: Receiver, base: str, token: str, *, timeout_s: float) -> str | None:
    """The first usual path below `base` that answers as a callback URL does."""
    for path in PATHS:
        asked = await ask(receiver, base + path, token, timeout_s=timeout_s)
        if asked.echoed:
            return base + path
    return None
