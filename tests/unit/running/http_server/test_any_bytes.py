"""Whatever arrives, in whatever pieces, while time passes and peers stop reading: what a connection always keeps.

* nothing raises, nothing is answered with 500
* no request is answered twice, none that reached the application is answered out of order or not at all while the
  connection stays
* only transitions of the table happen
* when nothing more arrives, the connection ends within the limits
* what is read without llhttp, llhttp reads identically
"""

from __future__ import annotations

import asyncio
import itertools

import hypothesis.strategies as st
import pytest
from hypothesis import example, given, settings

from gongzhong.app.answer import Answer
from gongzhong.running.http_server import Limits, Phase, Refusal, Request, RequestReader
from gongzhong.running.http_server.connection import TRANSITIONS
from gongzhong.running.http_server.reading import Part

from .test_requests import ANSWERED, CHUNKED, REFUSED
from .wire import Bench, post, settle, statuses

CORPUS = [data for data, _ in (*ANSWERED.values(), *REFUSED.values()) if len(data) < 30_000]
LONGEST_S = 200
"""More than any phase may last, one after the other."""


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """A few requests of the corpus, one after the other, with bytes changed, removed, repeated or put in."""
    data = bytearray(b"".join(draw(st.lists(st.sampled_from(CORPUS), min_size=1, max_size=4))))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        match draw(st.sampled_from(["change", "remove", "repeat", "insert"])):
            case "change":
                data[at : at + 1] = bytes([draw(st.integers(0, 255))])
            case "remove":
                del data[at : at + draw(st.integers(1, 40))]
            case "repeat":
                data[at:at] = data[at : at + draw(st.integers(1, 40))]
            case _:
                data[at:at] = draw(
                    st.sampled_from([b"\r\n", b"\n", b"\0", b" ", b":", b"0\r\n\r\n", b"\xff", b"\t"])
                )
    return bytes(data)


USUAL_LINES = (
    b"Host: x",
    b"Content-Length: 6",
    b"content-length: 0006",
    b"Content-Length: 7",
    b"User-Agent: Mozilla/4.0",
    b"Accept: */*",
    b"Connection: Keep-Alive",
    b"Connection: close",
    b"Pragma: no-cache ",
    b"X-Forwarded-For: 1.2.3.4, 5.6.7.8",
    b"Content-Lengths: 9",
    b"Host-Name: y",
    b"Transfer-Encoding: chunked",
    b"Upgrade: h2c",
    b"Expect: 100-continue",
    b"Empty:",
    b"Tab:\tx",
)


@st.composite
def usual_requests(draw: st.DrawFn) -> bytes:
    """A POST of nearly usual headers in any order, with a byte changed now and then."""
    lines = draw(st.lists(st.sampled_from(USUAL_LINES), max_size=6))
    lines += draw(
        st.sampled_from([[b"Host: x", b"Content-Length: 6"], [b"Content-Length: 6", b"Host: x"], []])
    )
    data = b"\r\n".join((b"POST /wx?a=1&b=%2F HTTP/1.1", *draw(st.permutations(lines)), b"", b"<xml/>"))
    if draw(st.booleans()):
        at = draw(st.integers(0, len(data) - 1))
        return (
            data[:at] + draw(st.sampled_from([b"\n", b"\0", b" ", b":", b"#", b"\xff", b""])) + data[at + 1 :]
        )
    return data


def _by_llhttp(data: bytes, limits: Limits) -> tuple[list[Request], RequestReader | None]:
    """The requests that llhttp finds, and the reader behind the last byte; None: refused."""
    found: list[Request] = []
    reader = RequestReader(limits, found.append)
    try:
        reader.feed(data)
    except Refusal:
        return found, None
    return found, reader


@settings(max_examples=600, deadline=None)
@given(
    usual_requests() | requests(), st.sampled_from([Limits(), Limits(headers=3, target=12), Limits(body=5)])
)
@example(post(b"<xml/>"), Limits())
@example(post(b"<xml/>", b"a#b"), Limits())
@example(post(b"<xml/>", b"a=\xff"), Limits())
def test_what_is_taken_whole_is_what_llhttp_reads(data: bytes, limits: Limits) -> None:
    request = RequestReader(limits, lambda _request: None).whole(data)
    if request is not None:
        found, reader = _by_llhttp(data, limits)
        assert reader is not None
        assert found == [request]
        assert reader.part is Part.START
        assert not reader.ended


@pytest.mark.parametrize(
    "lines",
    [
        [b"User-Agent: Mozilla/4.0", b"Accept: */*", b"Host: x", b"Pragma: no-cache", b"Content-Length: 6"],
        [b"content-length: 6", b"X-Forwarded-For: 1.2.3.4, 5.6.7.8", b"host: x", b"connection: Keep-Alive"],
    ],
)
def test_a_push_in_the_usual_shape_needs_no_llhttp(lines: list[bytes]) -> None:
    data = b"\r\n".join((b"POST /wx?a=1 HTTP/1.1", *lines, b"", b"<xml/>"))
    reader = RequestReader(Limits(), lambda _request: None)
    assert reader.whole(data) == Request("POST", b"/wx?a=1", b"<xml/>", keep_alive=True, host=b"x")
    assert reader.whole(data[:-1]) is None
    assert reader.whole(data + b"P") is None


Steps = st.lists(
    st.sampled_from(["bytes", "bytes", "bytes", "time", "answer", "pause", "resume"]), max_size=30
)


@settings(max_examples=300, deadline=None)
@given(requests(), Steps, st.integers(1, 3000), st.booleans())
@example(post() * 20, ["bytes"] * 3, 3000, True)
@example(CHUNKED + b"3\r\nab", ["bytes", "time", "time"], 3000, False)
def test_whatever_arrives(data: bytes, steps: list[str], size: int, ends: bool) -> None:
    asyncio.run(_run(data, steps, size, ends))


async def _run(data: bytes, steps: list[str], size: int, ends: bool) -> None:
    numbers = itertools.count()
    turns = asyncio.Semaphore(0)

    async def numbered(query: bytes, body: bytes, method: str) -> Answer:
        number = next(numbers)
        if number % 2:
            await turns.acquire()
        return Answer(200, b"number %d;" % number)

    bench = Bench(numbered, Limits(pipelined=3))
    connection, wire = bench.connect()
    paused = False
    for step in steps:
        if step == "bytes" and not wire.paused and not wire.closed:
            piece, data = data[:size], data[size:]
            if piece:
                connection.data_received(piece)
        elif step == "time":
            bench.pass_s(3)
        elif step == "answer":
            turns.release()
        elif step == "pause" and not paused and not wire.closed:
            paused = True
            connection.pause_writing()
        elif step == "resume" and paused and not wire.closed:
            paused = False
            connection.resume_writing()
        await settle()
    for _ in range(50):
        turns.release()
    await settle()
    if ends and not wire.closed:
        connection.eof_received()
    for _ in range(LONGEST_S):
        bench.pass_s(1)
        await settle()
    _check(bench, wire.sent, connection.phases, wire.closed)


def _check(bench: Bench, sent: bytes, phases: list[Phase], closed: bool) -> None:
    found = statuses(sent)
    assert 500 not in found
    assert found.count(200) <= len(bench.app.seen)
    assert all(status == 200 for status in found[:-1])
    bodies = [int(part.rpartition(b"number ")[2]) for part in sent.split(b";")[:-1] if b"number " in part]
    assert bodies == sorted(set(bodies))
    assert closed
    assert bench.server.open == 0
    assert phases[-1] is Phase.CLOSED
    assert all(after in TRANSITIONS[before] for before, after in itertools.pairwise(phases)), phases
