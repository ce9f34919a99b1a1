"""Whatever arrives, in whatever pieces, while time passes and peers stop reading: what a connection always keeps.

* nothing raises, nothing is answered with 500
* no request is answered twice, none that reached the application is answered out of order or not at all while the
  connection stays
* only transitions of the table happen
* when nothing more arrives, the connection ends within the limits
"""

from __future__ import annotations

import asyncio
import itertools

import hypothesis.strategies as st
from hypothesis import example, given, settings

from gongzhong.app.answer import Answer
from gongzhong.running.http_server import Limits, Phase
from gongzhong.running.http_server.connection import TRANSITIONS

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
