"""The phases of a connection: order, bounds, deadlines on a moved clock, and who gives way when the server is full."""

from __future__ import annotations

import asyncio

import pytest

from gongzhong.app.answer import Answer
from gongzhong.running.http_server import Limits, Phase
from gongzhong.running.http_server.connection import TRANSITIONS

from .wire import Bench, Handler, echo, post, settle, statuses

pytestmark = pytest.mark.anyio


def held() -> tuple[Handler, asyncio.Event]:
    """A handler that answers when the event is set."""
    go_on = asyncio.Event()

    async def handler(query: bytes, body: bytes, method: str) -> Answer:
        await go_on.wait()
        return await echo(query, body, method)

    return handler, go_on


async def test_pipelined_requests_are_answered_one_after_the_other() -> None:
    handler, go_on = held()
    bench = Bench(handler)
    connection, wire = bench.connect()
    connection.data_received(b"".join(post(b"%d" % number) for number in range(5)))
    await settle()
    assert len(bench.app.seen) == 1
    assert wire.sent == b""
    go_on.set()
    await settle()
    await settle()
    assert statuses(wire.sent) == [200] * 5
    assert [body for _, _, body in bench.app.seen] == [b"%d" % number for number in range(5)]
    assert wire.sent.index(b"|0") < wire.sent.index(b"|4")


async def test_a_thousand_that_are_answered_at_once_need_no_depth() -> None:
    connection, wire = Bench().connect()
    connection.data_received(post(b"x") * 3000)
    await settle()
    assert statuses(wire.sent) == [200] * 3000


async def test_a_peer_that_sends_on_and_on_is_not_read_any_more() -> None:
    handler, go_on = held()
    bench = Bench(handler, Limits(pipelined=4))
    connection, wire = bench.connect()
    for _ in range(5):
        connection.data_received(post())
    assert wire.paused
    go_on.set()
    await settle()
    await settle()
    assert not wire.paused
    assert statuses(wire.sent) == [200] * 5


async def test_a_bad_request_behind_good_ones_is_refused_after_their_answers() -> None:
    handler, go_on = held()
    connection, wire = Bench(handler).connect()
    connection.data_received(post() + post() + b"nonsense\r\n\r\n")
    await settle()
    assert wire.sent == b""
    go_on.set()
    await settle()
    await settle()
    assert statuses(wire.sent) == [200, 200, 501]


async def test_a_peer_that_does_not_read_gets_nothing_more_and_is_given_up() -> None:
    bench = Bench()
    connection, wire = bench.connect()
    connection.data_received(post())
    connection.pause_writing()
    await settle()
    connection.data_received(post() * 3)
    assert wire.paused
    assert statuses(wire.sent) == [200]
    assert connection.phase is Phase.FLUSHING
    bench.pass_s(16)
    await settle()
    assert wire.aborted
    assert bench.server.open == 0


async def test_it_goes_on_when_the_peer_reads_again() -> None:
    connection, wire = Bench().connect()
    connection.data_received(post())
    connection.pause_writing()
    await settle()
    connection.data_received(post() * 3)
    connection.resume_writing()
    await settle()
    assert statuses(wire.sent) == [200] * 4
    assert not wire.paused


@pytest.mark.parametrize(
    ("received", "seconds", "answers"),
    [
        (b"", 11, []),
        (b"POST / HT", 11, [408]),
        (post(b"abcdef")[:-3], 16, [408]),
        (post(), 76, [200]),
        (post() + b"GET", 11, [200, 408]),
    ],
    ids=["silent", "half a head", "half a body", "kept alive", "half a second head"],
)
async def test_nobody_waits_for_ever(received: bytes, seconds: float, answers: list[int]) -> None:
    bench = Bench()
    connection, wire = bench.connect()
    connection.data_received(received)
    await settle()
    bench.pass_s(seconds - 2)
    assert not wire.closed
    bench.pass_s(2)
    await settle()
    assert statuses(wire.sent) == answers
    bench.pass_s(3)
    await settle()
    assert wire.closed
    assert bench.server.open == 0


async def test_a_byte_now_and_then_buys_no_time() -> None:
    bench = Bench()
    connection, wire = bench.connect()
    for _ in range(11):
        connection.data_received(b"G")
        bench.pass_s(1)
        if connection.phase is Phase.LINGERING:
            break
    assert statuses(wire.sent) in ([408], [501])


async def test_an_answer_that_never_comes_ends_the_connection() -> None:
    handler, _ = held()
    bench = Bench(handler)
    connection, wire = bench.connect()
    connection.data_received(post())
    await settle()
    bench.pass_s(61)
    await settle()
    assert wire.aborted
    assert bench.server.open == 0


async def test_a_peer_that_has_said_all_still_gets_its_answers() -> None:
    handler, go_on = held()
    connection, wire = Bench(handler).connect()
    connection.data_received(post() + post())
    await settle()
    assert not connection.gone()
    assert connection.eof_received()
    assert connection.gone()
    go_on.set()
    await settle()
    await settle()
    assert statuses(wire.sent) == [200, 200]
    assert wire.closed


async def test_an_answer_for_a_connection_that_is_gone_is_dropped() -> None:
    handler, go_on = held()
    bench = Bench(handler)
    connection, wire = bench.connect()
    connection.data_received(post())
    await settle()
    connection.connection_lost(ConnectionResetError())
    assert connection.gone()
    go_on.set()
    await settle()
    assert wire.sent == b""
    assert bench.server.open == 0


async def test_when_the_server_is_full_the_one_that_waited_longest_gives_way() -> None:
    handler, _ = held()
    bench = Bench(handler, Limits(connections=3))
    bench.server._most = 3
    working, _ = bench.connect()
    working.data_received(post())
    await settle()
    _, older = bench.connect()
    _, newer = bench.connect()
    _, newest = bench.connect()
    await settle()
    assert (older.closed, newer.closed, newest.closed) == (True, False, False)
    assert working.phase is Phase.ANSWERING


async def test_when_all_are_being_answered_a_new_one_is_told_so() -> None:
    handler, go_on = held()
    bench = Bench(handler, Limits(connections=2))
    bench.server._most = 2
    wires = []
    for _ in range(2):
        connection, wire = bench.connect()
        connection.data_received(post())
        wires.append(wire)
    await settle()
    _, refused = bench.connect()
    await settle()
    assert statuses(refused.sent) == [503]
    assert refused.closed
    go_on.set()
    await settle()
    assert [statuses(wire.sent) for wire in wires] == [[200], [200]]


async def test_an_application_that_raises_gets_500_and_ends_the_connection(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def broken(query: bytes, body: bytes, method: str) -> Answer:
        await asyncio.sleep(0)
        raise RuntimeError("no")

    connection, wire = Bench(broken).connect()
    connection.data_received(post() + post())
    await settle()
    assert statuses(wire.sent) == [500]
    assert "RuntimeError" in caplog.text


async def test_a_cancelled_answer_is_no_silence() -> None:
    async def cancelled(query: bytes, body: bytes, method: str) -> Answer:
        await asyncio.get_running_loop().create_future()
        raise AssertionError

    connection, wire = Bench(cancelled).connect()
    connection.data_received(post())
    await settle()
    assert connection._task is not None
    connection._task.cancel()
    await settle()
    assert statuses(wire.sent) == [503]


async def test_the_application_may_use_what_tasks_may_once_it_waits() -> None:
    async def timed(query: bytes, body: bytes, method: str) -> Answer:
        await asyncio.wait({asyncio.ensure_future(asyncio.sleep(0))})
        async with asyncio.timeout(5):
            await asyncio.sleep(0.01)
        assert asyncio.current_task() is not None
        try:
            async with asyncio.timeout(0.01):
                await asyncio.sleep(5)
        except TimeoutError:
            return Answer(200, b"timed out as it should")
        raise AssertionError

    connection, wire = Bench(timed).connect()
    connection.data_received(post())
    await asyncio.sleep(0.1)
    assert wire.sent.endswith(b"timed out as it should")


def test_every_phase_has_its_transitions() -> None:
    assert set(TRANSITIONS) == set(Phase)
    assert all(Phase.CLOSED in then for phase, then in TRANSITIONS.items() if phase is not Phase.CLOSED)
