"""Which pushes are being worked on or were just answered, so that a repetition never starts the work twice.

    begun ──► first result known ──► answered ──► settled: only the answer stays ──► forgotten
      │                                 ▲
      └──► past the window: `success` (the answer follows) or a placeholder

A claim belongs to the message, not to a connection: WeChat's second and third delivery find it under the same
key and get the same answer, byte for byte.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict

import msgspec

from ..messages import Push, Reply

KEPT_S = 120.0
"""How long an answer stays for late repetitions; WeChat's attempts span 15 seconds."""
MOST_KEPT = 50_000


class Claim(msgspec.Struct, eq=False):
    """One push, from its first delivery until its answer is forgotten."""

    key: str
    push: Push
    loop: asyncio.AbstractEventLoop
    first: asyncio.Future[Reply | None]
    """The handler's first result; never an exception."""
    answer: bytes | None = None
    """What every delivery is answered with, once that is decided."""
    shown: Reply | None = None
    """The reply inside `answer`, when it is one that the handler made."""
    handed_over: bool = False
    """Whether WeChat was answered before the first result was known: the result goes out another way."""
    gone_out: bool = False
    """Whether the answer left on a connection that WeChat still had open."""
    deliveries: int = 0
    live: int = 0
    """Connections that wait for this answer now."""
    open_until: float = 0.0
    """When WeChat gives up the newest of them, in the loop's time."""
    task: asyncio.Task[None] | None = None
    sending: asyncio.Task[None] | None = None
    """The newest customer-service delivery; the next one waits for it, so that order is kept."""
    _gone_out: asyncio.Future[None] | None = None
    _superseded: asyncio.Future[None] | None = None

    def delivered_again(self) -> int:
        """Count a delivery and release the connection before it. Returns its number, from 1."""
        self.deliveries += 1
        if self._superseded is not None:
            self._superseded.set_result(None)
            self._superseded = None
        return self.deliveries

    def when_superseded(self) -> asyncio.Future[None]:
        """Done when WeChat delivers again, having given up the connection before. For one connection at a time."""
        self._superseded = self.loop.create_future()
        return self._superseded

    def went_out(self) -> None:
        """Note that WeChat got the answer in time."""
        self.gone_out = True
        if self._gone_out is not None and not self._gone_out.done():
            self._gone_out.set_result(None)

    def when_gone_out(self) -> asyncio.Future[None]:
        """Done when WeChat got the answer in time."""
        if self._gone_out is None:
            self._gone_out = self.loop.create_future()
        return self._gone_out

    @property
    def running(self) -> bool:
        return self.task is not None and not self.task.done()

    @property
    def settled(self) -> bool:
        """Whether every further delivery gets the answer that is there, whatever the handler still does."""
        return self.answer is not None and (self.gone_out or self.handed_over)

    @property
    def without_taker(self) -> bool:
        """Whether a first result is known that no open connection has carried and nobody else will send."""
        return not self.gone_out and not self.handed_over and self.first.done()


class Claims:
    """The claims under way, and for `kept_s` the answers of those that are settled, at most `most` of them.

    Of a settled claim only its answer stays: tens of thousands are kept, and whole claims would keep the garbage
    collector busy with them.
    """

    def __init__(self, kept_s: float = KEPT_S, most: int = MOST_KEPT) -> None:
        self._kept_s = kept_s
        self._most = most
        self._claims: dict[str, Claim] = {}
        self._settled: OrderedDict[str, tuple[float, bytes]] = OrderedDict()

    def get(self, key: str) -> Claim | None:
        """The claim under way, if there is one."""
        return self._claims.get(key)

    def answer(self, key: str) -> bytes | None:
        """What a settled claim was answered with, if it is still known."""
        settled = self._settled.get(key)
        return None if settled is None else settled[1]

    def add(self, claim: Claim) -> None:
        self._claims[claim.key] = claim

    def tasks(self) -> list[asyncio.Task[None]]:
        """What runs for the claims under way."""
        return [claim.task for claim in self._claims.values() if claim.task is not None and claim.running]

    def settle(self, claim: Claim, now: float) -> None:
        """Keep only the answer of a claim whose answer no delivery can change; `now` in the loop's time."""
        if claim.answer is None or self._claims.pop(claim.key, None) is None:
            return
        settled = self._settled
        settled[claim.key] = now, claim.answer
        while len(settled) > self._most or next(iter(settled.values()))[0] <= now - self._kept_s:
            settled.popitem(last=False)
