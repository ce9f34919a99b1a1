"""The seam to the developer's server: how one push attempt leaves the platform.

Failures are told apart the way WeChat's alarms are: the name does not resolve, no connection comes about, no answer
comes in time.

What can befall a push on its way when a fault was ordered: late, twice, overtaken, or lost at the first attempt.
"""

from __future__ import annotations

import asyncio
import math
import ssl
from collections.abc import Awaitable, Callable, Mapping
from typing import Literal, Protocol, TypeVar

import aiohttp
import msgspec

from ..world.faults import Fault

FailureClass = Literal["dns", "connect", "timeout"]
ANSWER_BYTES = 1024 * 1024


class Answered(msgspec.Struct, frozen=True):
    status: int
    headers: Mapping[str, str]
    body: bytes
    ip: str = ""


class Unanswered(Exception):
    """No answer; `kind` is the class that the alarms count."""

    def __init__(self, kind: FailureClass, detail: str) -> None:
        super().__init__(detail)
        self.kind: FailureClass = kind
        self.detail = detail


class Receiver(Protocol):
    """Sends requests to an account's server: over HTTP, or to an app in this process."""

    async def send(
        self, method: str, url: str, body: bytes, *, timeout_s: float, connect_s: float
    ) -> Answered:
        """Send one request and return its answer. Raises Unanswered when none comes in time."""
        ...

    async def close(self) -> None: ...


class HttpReceiver:
    """Pushes over real sockets, as WeChat does: no redirects, no compression, certificate checked."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0),
                auto_decompress=False,
                headers={"User-Agent": "Mozilla/4.0"},
                skip_auto_headers=("Accept-Encoding",),
            )
        return self._session

    async def send(
        self, method: str, url: str, body: bytes, *, timeout_s: float, connect_s: float
    ) -> Answered:
        # Without the threshold aiohttp would round five seconds up to a whole second of the clock.
        limits = aiohttp.ClientTimeout(total=timeout_s, sock_connect=connect_s, ceil_threshold=math.inf)
        headers = {"Content-Type": "text/xml"} if method == "POST" else {}
        try:
            async with self._open().request(
                method, url, data=body or None, headers=headers, timeout=limits, allow_redirects=False
            ) as response:
                peer = _peer(response)
                content = await _whole(response)
                found = {name.lower(): value for name, value in response.headers.items()}
                return Answered(response.status, found, content, peer)
        except aiohttp.ConnectionTimeoutError as problem:
            raise Unanswered("connect", str(problem)) from None
        except TimeoutError:
            raise Unanswered("timeout", f"{timeout_s:g} s") from None
        except aiohttp.ClientConnectorDNSError as problem:
            raise Unanswered("dns", str(problem)) from None
        except (aiohttp.ClientError, ssl.SSLError, OSError, ValueError) as problem:
            raise Unanswered("connect", f"{type(problem).__name__}: {problem}") from None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None


async def _whole(response: aiohttp.ClientResponse) -> bytes:
    """The answer to its end, in however many pieces it comes; of a longer one the first `ANSWER_BYTES`."""
    content = bytearray()
    async for piece in response.content.iter_any():
        content += piece
        if len(content) >= ANSWER_BYTES:
            response.close()
            break
    return bytes(content[:ANSWER_BYTES])


def _peer(response: aiohttp.ClientResponse) -> str:
    """The address that answered; empty when the connection is already back in the pool."""
    transport = response.connection.transport if response.connection else None
    address = transport.get_extra_info("peername") if transport else None
    return str(address[0]) if address else ""


T = TypeVar("T")


class FirstLost:
    """A receiver whose first attempt is lost: before it arrived, or after it was answered."""

    def __init__(self, receiver: Receiver, *, arrives: bool) -> None:
        self._receiver, self._arrives = receiver, arrives
        self._first = True

    async def send(
        self, method: str, url: str, body: bytes, *, timeout_s: float, connect_s: float
    ) -> Answered:
        lost, self._first = self._first, False
        if lost and not self._arrives:
            raise Unanswered("connect", "ordered fault")
        answer = await self._receiver.send(method, url, body, timeout_s=timeout_s, connect_s=connect_s)
        if lost:
            raise Unanswered("timeout", "ordered fault")
        return answer

    async def close(self) -> None:
        """The receiver inside belongs to somebody else."""


class Mishaps:
    """Carries out the faults that concern the order and the number of pushes."""

    def __init__(self) -> None:
        self._held: dict[str, list[asyncio.Event]] = {}

    async def meet(self, fault: Fault, appid: str, deliver: Callable[[], Awaitable[T]]) -> T:
        """Deliver as the fault has it; of two deliveries the first one's outcome counts."""
        if fault.kind == "delay":
            await asyncio.sleep(fault.delay_s)
        elif fault.kind == "reorder":
            await self._until_overtaken(appid, fault.delay_s)
        outcome = await deliver()
        if fault.kind == "duplicate":
            await deliver()
        return outcome

    async def _until_overtaken(self, appid: str, patience_s: float) -> None:
        overtaken = asyncio.Event()
        self._held.setdefault(appid, []).append(overtaken)
        try:
            async with asyncio.timeout(patience_s):
                await overtaken.wait()
        except TimeoutError:
            # Nobody came; somebody may have, in this very moment.
            if overtaken in self._held.get(appid, []):
                self._held[appid].remove(overtaken)

    def passed(self, appid: str) -> None:
        """A push has arrived: those that waited for it may go."""
        for overtaken in self._held.pop(appid, []):
            overtaken.set()
