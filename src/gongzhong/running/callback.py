"""Asking a callback URL the question that WeChat asks before it saves it (接入指南): return this echo.

The development loop finds with it where an application takes its pushes; the doctor asks it rightly and wrongly.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from urllib.parse import urlencode

from ..platform.delivery.receiver import Answered, Receiver, Unanswered
from ..wire import sign

PATHS = ("/", *(f"/{name}{end}" for name in ("wechat", "wx", "weixin", "callback") for end in ("", "/")))
"""Where applications usually take pushes; asked in this order when no path is given. WeChat follows no redirects, so
a slash at the end makes a different path."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question and what came back: an answer, or the class of silence."""

    echo: str
    answer: Answered | None
    silence: str
    cost_s: float

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
    rightly: bool = True,
    now: float | None = None,
) -> Asked:
    """Send the verification request, with a right or a wrong signature. Raises nothing for silence."""
    echo = str(secrets.randbelow(9 * 10**18) + 10**18)
    stamp = str(int(time.time() if now is None else now))
    nonce = str(secrets.randbelow(9 * 10**9) + 10**9)
    signature = sign(token, stamp, nonce) if rightly else sign(token + "x", stamp, nonce)
    query = {"signature": signature, "timestamp": stamp, "nonce": nonce, "echostr": echo}
    started = time.perf_counter()
    answer, silence = None, ""
    try:
        answer = await receiver.send(
            "GET", with_query(url, query), b"", timeout_s=timeout_s, connect_s=timeout_s
        )
    except Unanswered as problem:
        silence = problem.kind
    return Asked(echo, answer, silence, time.perf_counter() - started)


async def find(receiver: Receiver, base: str, token: str, *, timeout_s: float) -> str | None:
    """The first usual path below `base` that answers as a callback URL does."""
    for path in PATHS:
        asked = await ask(receiver, base + path, token, timeout_s=timeout_s)
        if asked.echoed:
            return base + path
    return None
