"""The callback server against rude peers on real sockets: dripping, half handshakes, ambiguous and mutated requests."""

from __future__ import annotations

import asyncio
import logging
import random
import ssl
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from gongzhong import Account, OfficialAccount, Secret, Text
from gongzhong.running.http_server import CallbackServer, Limits

from ..unit.running.http_server.test_requests import ANSWERED, REFUSED
from .served import DOORS, PROGRAM, TOKEN, ask, push, serving
from .test_serve_connections import certificate

pytestmark = [pytest.mark.anyio, pytest.mark.heavy]

LIMITS = Limits(head_s=3.0, body_s=3.0, idle_s=3.0, write_s=3.0, linger_s=1.0, handshake_s=3.0)
"""Short, but with room for a busy machine: the server looks at its clock once a second."""
HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
"""How a TLS handshake begins."""
DRIPPING = 300
FUZZ_S = 3.0
LONG_FUZZ_S = 120.0


class Counting(OfficialAccount):
    """Echoes texts and knows which it was given; `slow …` takes half a second."""

    def __init__(self) -> None:
        appid = "wx0123456789abcdef"
        super().__init__(Account(appid=appid, token=Secret(TOKEN)), customer_service=False)
        self.asked: Counter[str] = Counter()

        @self.default
        async def echo(message: Text) -> str:
            self.asked[message.content] += 1
            if message.content.startswith("slow"):
                await asyncio.sleep(0.5)
            return f"{message.content} {self.asked[message.content]}"


@asynccontextmanager
async def listening(**options: object) -> AsyncIterator[tuple[CallbackServer, Counting]]:
    oa = Counting()
    server = CallbackServer(oa, **{"limits": LIMITS, **options})  # type: ignore[arg-type]
    await server.start()
    try:
        yield server, oa
    finally:
        await server.stop(0, 0)
        await oa.shutdown()


async def asked(port: int, data: bytes, tls: ssl.SSLContext | None = None) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls)
    writer.write(data)
    try:
        return await asyncio.wait_for(reader.read(), 10)
    finally:
        writer.close()


async def drip(port: int, start: bytes, piece: bytes) -> None:
    """Send a start, and then a piece again and again until the server has enough."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(start)
    with suppress(OSError):
        ended = asyncio.create_task(reader.read())
        while not (await asyncio.wait({ended}, timeout=0.1))[0]:
            writer.write(piece)
        await ended
    writer.close()


DRIPS = {
    "head": (b"POST /?a=1 HTTP/1.1\r\nHost: x\r\nX-A: ", b"a"),
    "headers": (b"POST /?a=1 HTTP/1.1\r\nHost: x\r\n", b"X: y\r\n"),
    "body": (b"POST /?a=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n<x", b"a"),
    "chunks": (b"POST /?a=1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n"),
    "nothing": (b"", b""),
}


@pytest.mark.parametrize("what", DRIPS)
async def test_hundreds_that_drip_are_ended_in_time_and_stop_nobody(what: str) -> None:
    async with listening() as (server, _):
        start, piece = DRIPS[what]
        began = time.monotonic()
        dripping = [asyncio.create_task(drip(server.port, start, piece)) for _ in range(DRIPPING)]
        await until(lambda: server.open == DRIPPING or any(one.done() for one in dripping))
        assert b"hello 1" in await asked(server.port, push("hello"))
        await asyncio.wait_for(asyncio.gather(*dripping), 30)
        assert time.monotonic() - began < 20
        await until(lambda: server.open == 0)


async def until(reached: Callable[[], bool], patience_s: float = 10) -> None:
    async with asyncio.timeout(patience_s):
        while not reached():  # noqa: ASYNC110 (nothing tells of it)
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("sent", [b"", HELLO, b"GET / HTTP/1.1\r\n\r\n", b"\0" * 300])
async def test_half_tls_handshakes_are_ended_in_time_and_stop_nobody(sent: bytes, tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    context = ssl.create_default_context(cafile=cert)
    async with listening(certificate=cert, key=key) as (server, _):
        half = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(300)]
        for _, writer in half:
            writer.write(sent)
        assert b"hello 1" in await asked(server.port, push("hello"), context)
        with suppress(OSError):
            await asyncio.wait_for(asyncio.gather(*(reader.read() for reader, _ in half)), 10)
        for _, writer in half:
            writer.close()
        assert b"hello 2" in await asked(server.port, push("hello", 2), context)


async def test_handshakes_are_counted_and_of_too_many_the_oldest_are_closed(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path)
    context = ssl.create_default_context(cafile=cert)
    limits = Limits(handshakes=50, handshake_s=3.0)
    async with listening(certificate=cert, key=key, limits=limits) as (server, _):
        assert server.handshakes is not None
        half = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(200)]
        await until(lambda: (server.handshakes.open, server.handshakes.ended["dropped"]) == (50, 150))  # type: ignore[union-attr]
        assert server.open == 0, "they are no connections yet"
        oldest, newest = half[0][0], half[-1][0]
        assert await asyncio.wait_for(oldest.read(), 5) == b""
        with suppress(TimeoutError):
            assert await asyncio.wait_for(newest.read(), 0.3) is None
        assert b"hello 1" in await asked(server.port, push("hello"), context)
        assert server.handshakes.ended["done"] == 1
        with suppress(OSError):
            await asyncio.wait_for(newest.read(), 10)
        await until(lambda: server.handshakes.open == 0)  # type: ignore[union-attr]
        assert server.handshakes.ended["failed"] == 49, (
            "all that were left but the one that the push displaced"
        )
        for _, writer in half:
            writer.close()


async def test_a_handshake_that_ends_with_a_request_loses_nothing_of_it(tmp_path: Path) -> None:
    """The client's last message of TLS 1.3 and its request in one segment."""
    cert, key = certificate(tmp_path)
    context = ssl.create_default_context(cafile=cert)
    async with listening(certificate=cert, key=key) as (server, _):
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(incoming, outgoing, server_hostname="127.0.0.1")
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        with suppress(ssl.SSLWantReadError):
            tls.do_handshake()
        writer.write(outgoing.read())
        while True:
            incoming.write(await reader.read(65536))
            with suppress(ssl.SSLWantReadError):
                tls.do_handshake()
                break
        tls.write(push("hello"))
        writer.write(outgoing.read())  # what ends the handshake, and the request
        answer = b""
        while b"hello 1" not in answer:
            received = await asyncio.wait_for(reader.read(65536), 5)
            assert received, answer
            incoming.write(received)
            with suppress(ssl.SSLWantReadError):
                answer += tls.read()
        writer.close()


async def test_one_push_delivered_a_hundred_times_at_once_runs_once_and_is_answered_alike() -> None:
    async with listening() as (server, oa):
        for content in ("slow", "quick"):
            data = push(content, 5 if content == "slow" else 6)
            answers = await asyncio.gather(*(asked(server.port, data) for _ in range(100)))
            bodies = {answer.partition(b"\r\n\r\n")[2] for answer in answers}
            assert oa.asked[content] == 1
            assert len(bodies) == 1
            assert f"{content} 1".encode() in bodies.pop()


@pytest.mark.parametrize("ended", ["half closed", "whole"])
async def test_a_peer_that_says_that_it_sends_no_more_is_answered(ended: str) -> None:
    async with listening() as (server, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(push("quick"))
        if ended == "half closed":
            writer.write_eof()
        answer = await asyncio.wait_for(reader.read(), 10)
        assert answer.startswith(b"HTTP/1.1 200 ")
        writer.close()


HIDDEN = {
    "Content-Length beside chunked": b"POST /?a HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked before Content-Length": b"POST /?a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
    b"Content-Length: 5\r\n\r\n0\r\n\r\n",
    "two lengths": b"POST /?a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: {length}\r\n\r\n",
    "a blank before the colon": b"POST /?a HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n"
    b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "an odd coding": b"POST /?a HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n"
    b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "a coding in a tab": b"POST /?a HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n"
    b"Transfer-Encoding:\tchunked\r\n\r\n0\r\n\r\n",
    "a coding twice": b"POST /?a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\n"
    b"Transfer-Encoding: chunked\r\nContent-Length: {length}\r\n\r\n0\r\n\r\n",
    "a length in a folded line": b"POST /?a HTTP/1.1\r\nHost: x\r\nX: a\r\n Content-Length: {length}\r\n\r\n",
    "a chunk size that ends with LF": b"POST /?a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\n\n",
    "a line that ends with CR": b"POST /?a HTTP/1.1\r\nHost: x\rContent-Length: {length}\r\n\r\n",
    "a length with a sign": b"POST /?a HTTP/1.1\r\nHost: x\r\nContent-Length: +0\r\n\r\n",
}
"""Requests that two servers in a row read differently: for one of them another request follows."""


@pytest.mark.parametrize("door", DOORS)
def test_a_request_that_is_hidden_in_another_is_not_carried_out(door: str) -> None:
    with serving(DOORS[door], program=PROGRAM) as server:
        for what, wrapping in HIDDEN.items():
            hidden = push("smuggled", len(what))
            data = wrapping.replace(b"{length}", str(len(hidden) + 5).encode()) + hidden
            try:
                answer = ask(server.port, data, 20)
            except ConnectionResetError:
                continue
            assert b"smuggled" not in answer, what
        assert "Traceback" not in server.said


def mutated(dice: random.Random, corpus: list[bytes]) -> bytes:
    """One to three requests of the corpus with bytes changed, left out, doubled, or pieces of others put in."""
    data = bytearray(b"".join(dice.choices(corpus, k=dice.randint(1, 3))))
    for _ in range(dice.choice((0, 1, 1, 2, 4, 8))):
        at = dice.randrange(len(data) or 1)
        match dice.randrange(5):
            case 0:
                data[at : at + 1] = bytes([dice.randrange(256)])
            case 1:
                del data[at : at + dice.randint(1, 60)]
            case 2:
                data[at:at] = data[at : at + dice.randint(1, 60)]
            case 3:
                data[at:at] = dice.choice(
                    (b"\r\n", b"\n", b"\0", b" ", b":", b"0\r\n\r\n", b"\xff", b"%", b"&")
                )
            case _:
                other = dice.choice(corpus)
                data[at:at] = other[dice.randrange(len(other) or 1) :][: dice.randint(1, 200)]
    return bytes(data)


async def thrown(port: int, data: bytes, dice: random.Random) -> bytes:
    """Send bytes in pieces of any size, then hang up in one of three ways; gives what came back."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    received = b""
    try:
        for _ in range(dice.choice((1, 1, 3))):
            cut = dice.randint(1, max(1, len(data)))
            writer.write(data[:cut])
            data = data[cut:]
            await asyncio.sleep(0)
        writer.write(data)
        match dice.randrange(3):
            case 0:
                writer.write_eof()
                received = await asyncio.wait_for(reader.read(), 10)
            case 1:
                with suppress(TimeoutError):
                    received = await asyncio.wait_for(reader.read(65536), 0.05)
            case _:
                writer.transport.abort()
    except OSError:
        pass
    finally:
        writer.close()
    return received


async def fuzz(seconds: float, seed: int, log: Callable[[], str]) -> int:
    corpus = [data for data, _ in (*ANSWERED.values(), *REFUSED.values()) if len(data) < 30_000]
    corpus += [push(f"text {number}", number, keep=number % 2 == 0) for number in range(8)]
    dice, count, ends = random.Random(seed), 0, time.monotonic() + seconds
    async with listening() as (server, _):
        while time.monotonic() < ends:
            some = [mutated(dice, corpus) for _ in range(20)]
            throwing: list[Awaitable[bytes]] = [thrown(server.port, data, dice) for data in some]
            for data, answer in zip(some, await asyncio.gather(*throwing), strict=True):
                count += 1
                assert not answer or answer.startswith(b"HTTP/1.1 "), (seed, data)
                assert b"HTTP/1.1 50" not in answer.replace(b"HTTP/1.1 501", b""), (seed, data, answer)
            assert b"hello" in await asked(server.port, push("hello", 10_000 + count))
        await until(lambda: server.open == 0)
    assert "Traceback" not in log()
    return count


async def test_mutated_requests_break_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        assert await fuzz(FUZZ_S, 7, lambda: caplog.text) > 20


@pytest.mark.slow
async def test_mutated_requests_break_nothing_for_long(caplog: pytest.LogCaptureFixture) -> None:
    seed = time.time_ns()
    with caplog.at_level(logging.WARNING):
        assert await fuzz(LONG_FUZZ_S, seed, lambda: caplog.text) > 1000, seed
