"""Sends pushes over 64 connections as fast as they are answered, and looks at every answer.

    python load.py --port 8000 --mode plain --first 0 --count 20000
    python load.py --port 8000 --mode plain --count 20000 --people 1000 --rate 2000

With `--rate` so many are sent a second, whether or not the ones before are answered, and the time to an answer is
counted from when a push was due. With `--people` so many write in turn; otherwise everybody writes once. With
`--accounts` the pushes go in turn to the addresses /0, /1 and so on. OpenIDs are numbered, or in no order with
`--scattered`.

A program of its own, for a core of its own. No two pushes are alike, within a run or (with `--first`) between
runs: a server that remembers what it has answered must not get away with remembering. Signing happens before
the clock starts. Prints one JSON object: seconds, failures (answers that are not the expected echo in shape),
and the median and 99th percentile of the time to an answer in milliseconds.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import time
from typing import cast
from urllib.parse import urlencode

import uvloop
from credentials import APPID, KEY, TOKEN
from workload import pushes, text

from gongzhong.account import Encryption
from gongzhong.errors import CallbackError
from gongzhong.wire import PushWriter, SealedPush, read_xml

CONNECTIONS = 64
PATIENCE_S = 120.0
LOOKS_EVERY_S = 0.001
CHECKED = 50
"""Answers that are decrypted and compared word by word; of the others status and first bytes."""


def request(push: SealedPush, port: int, path: str = "") -> bytes:
    head = (
        f"POST /{path}?{urlencode(push.query)} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: Mozilla/4.0\r\n"
        f"Accept: */*\r\nContent-Type: text/xml\r\nContent-Length: {len(push.body)}\r\n\r\n"
    )
    return head.encode() + push.body


class Run:
    """The requests still to send, and what came of those that were sent."""

    def __init__(self, requests: list[bytes], port: int, rate: float | None = None) -> None:
        self.requests = requests
        self.port = port
        self.next = 0
        self.idle: list[Connection] = []
        """Connections for which nothing is due."""
        self._pause_s = 1 / rate if rate else 0.0
        self._began = 0.0
        self.failures = 0
        self.answers: list[tuple[int, bytes]] = []
        self.waits: list[float] = []
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def answered(self, number: int, waited_s: float, head: bytes, body: bytes) -> None:
        self.waits.append(waited_s)
        if not head.startswith((b"HTTP/1.1 200", b"HTTP/1.0 200")) or not body.lstrip().startswith(b"<xml>"):
            self.failures += 1
        elif len(self.answers) < CHECKED:
            self.answers.append((number, body))
        if len(self.waits) == len(self.requests) and not self.over.done():
            self.over.set_result(None)

    def begin(self) -> None:
        """Open the connections, and begin to send."""
        self._began = time.perf_counter()
        for _ in range(min(CONNECTIONS, len(self.requests))):
            self.open()
        if self._pause_s:
            self._send_due()

    def due_at(self, number: int) -> float:
        """When a push is to be sent; 0: as soon as a connection is free."""
        return self._began + number * self._pause_s if self._pause_s else 0.0

    def _send_due(self) -> None:
        """Hand what is due to idle connections; again at the next moment."""
        now = time.perf_counter()
        while self.idle and self.next < len(self.requests) and self.due_at(self.next) <= now:
            self.idle.pop().send()
        if self.next < len(self.requests):
            asyncio.get_running_loop().call_later(LOOKS_EVERY_S, self._send_due)

    def open(self) -> None:
        loop = asyncio.get_running_loop()
        task = loop.create_task(self._connect(loop))
        task.add_done_callback(self._connected)

    async def _connect(self, loop: asyncio.AbstractEventLoop) -> None:
        await loop.create_connection(lambda: Connection(self), "127.0.0.1", self.port)

    def _connected(self, task: asyncio.Task[None]) -> None:
        problem = task.exception()
        if problem is not None and not self.over.done():
            self.over.set_exception(problem)


class Connection(asyncio.Protocol):
    """One keep-alive connection: a request, its answer, the next request."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._received = b""
        self._number = -1
        self._sent_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self.send()

    def data_received(self, data: bytes) -> None:
        received = self._received = self._received + data if self._received else data
        end = received.find(b"\r\n\r\n")
        if end < 0:
            return
        head = received[:end]
        if len(received) - end - 4 < _length(head):
            return
        self._received = b""
        number, self._number = self._number, -1
        self._run.answered(number, time.perf_counter() - self._sent_at, head, received[end + 4 :])
        if b"onnection: close" in head:
            self._transport.close()
        else:
            self.send()

    def connection_lost(self, error: Exception | None) -> None:
        run = self._run
        if self._number >= 0 and not run.over.done():
            run.over.set_exception(error or ConnectionError("closed instead of answered"))
        elif run.next < len(run.requests):
            run.open()

    def send(self) -> None:
        """Send the next push, once it is due; with none left, close."""
        run, now = self._run, time.perf_counter()
        if run.next == len(run.requests):
            self._transport.close()
            return
        due_at = run.due_at(run.next)
        if due_at > now:
            run.idle.append(self)
            return
        self._number = run.next
        run.next += 1
        self._sent_at = due_at or now
        self._transport.write(run.requests[self._number])


def _length(head: bytes) -> int:
    lower = head.lower()
    start = lower.index(b"content-length:") + 15
    return int(lower[start:].partition(b"\r")[0])


def wrong(
    answers: list[tuple[int, bytes]], first: int, people: int | None, scattered: bool, writer: PushWriter
) -> int:
    """How many answers do not say to the right person what that person said."""
    count = 0
    for number, body in answers:
        try:
            said = read_xml(writer.open_reply(body.strip()))
        except CallbackError:
            said = {}
        asked = text(first + number, people, scattered)
        expected = (asked.openid, asked.content)
        count += (said.get("ToUserName"), said.get("Content")) != expected
    return count


async def run(
    port: int,
    mode: Encryption,
    first: int,
    count: int,
    people: int | None = None,
    rate: float | None = None,
    accounts: int | None = None,
    scattered: bool = False,
) -> dict[str, float]:
    sealed = pushes(mode, first, count, people, scattered)
    paths = [str(number % accounts) if accounts else "" for number in range(count)]
    requests = [request(push, port, path) for push, path in zip(sealed, paths, strict=True)]
    sending = Run(requests, port, rate)
    gc.collect()
    gc.disable()
    began = time.perf_counter()
    sending.begin()
    async with asyncio.timeout(PATIENCE_S):
        await sending.over
    seconds = time.perf_counter() - began
    waits = sorted(sending.waits)
    return {
        "seconds": seconds,
        "failures": sending.failures
        + wrong(sending.answers, first, people, scattered, PushWriter(TOKEN, KEY, APPID, mode)),
        "median_ms": 1000 * waits[len(waits) // 2],
        "p99_ms": 1000 * waits[len(waits) * 99 // 100],
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--port", type=int, required=True)
    options.add_argument("--mode", choices=("plain", "safe"), required=True)
    options.add_argument("--first", type=int, default=0)
    options.add_argument("--count", type=int, default=10_000)
    options.add_argument("--people", type=int)
    options.add_argument("--rate", type=float)
    options.add_argument("--accounts", type=int)
    options.add_argument("--scattered", action="store_true")
    chosen = options.parse_args()
    print(json.dumps(uvloop.run(run(**vars(chosen)))))


if __name__ == "__main__":
    main()
