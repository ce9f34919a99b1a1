"""What the awaiting client's own connections must do besides carrying requests: be kept, shared and given up."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import threading
import time
import warnings
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import uvloop

from gongzhong.client import WireReply, WireRequest
from gongzhong.client.answer_file import AnswerFile
from gongzhong.client.transports import asyncio_transport
from gongzhong.client.transports.asyncio_transport import AsyncioTransport
from gongzhong.errors import NotReached, OutcomeUnknown

from .peers import Act, Connection, Peer, once, peer, whole
from .test_transports import DIRECT, HEAD, JSON, LENGTH, post

pytestmark = pytest.mark.heavy

__all__ = ["peer"]
Start = Callable[[Act], Peer]
GOOD = whole(HEAD + LENGTH + b"\r\n" + JSON, pause_s=0)
LOOPS = pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])


def using(
    act: Callable[[AsyncioTransport], Awaitable[Any]], run: Callable[..., Any] = asyncio.run, most: int = 100
) -> Any:
    async def main() -> Any:
        transport = AsyncioTransport(network=DIRECT, connections=most)
        try:
            return await act(transport)
        finally:
            await transport.close()

    return run(main())


def hears_the_end(connection: Connection) -> bool:
    """Whether the other side closes this connection within two seconds."""
    connection.sock.settimeout(2)
    try:
        while connection.sock.recv(65536):
            pass
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False
    return True


def good_until(ended: threading.Event, count: int = 1) -> Act:
    """Answer every request; `ended` is set when the other side has closed `count` connections."""
    left = iter(range(count - 1))

    def act(connection: Connection) -> None:
        GOOD(connection)
        if next(left, None) is None:
            ended.set()

    return act


@LOOPS
def test_no_more_than_the_limit_are_open_and_the_others_wait(run: Any, peer: Start) -> None:
    server = peer(GOOD)

    async def act(transport: AsyncioTransport) -> list[WireReply]:
        return await asyncio.gather(*(transport.send(post(server.url)) for _ in range(40)))

    assert [reply.body for reply in using(act, run, most=3)] == [JSON] * 40
    assert len(server.connections) <= 3


@LOOPS
def test_whoever_waits_for_a_connection_in_vain_has_sent_nothing(run: Any, peer: Start) -> None:
    def silent(connection: Connection) -> None:
        connection.ended.wait(20)

    server = peer(silent)

    async def act(transport: AsyncioTransport) -> Any:
        first = asyncio.create_task(transport.send(post(server.url, timeout_s=1.0)))
        await asyncio.sleep(0.1)
        second = transport.send(post(server.url, timeout_s=0.2))
        return await asyncio.gather(first, second, return_exceptions=True)

    first, second = using(act, run, most=1)
    assert (type(first), type(second)) == (OutcomeUnknown, NotReached)
    assert len(server.connections) == 1


@LOOPS
def test_a_cancelled_call_closes_its_connection_and_gives_its_place_to_the_next(
    run: Any, peer: Start
) -> None:
    closed = threading.Event()

    def first_silent(connection: Connection) -> None:
        connection.read_request()
        if len(server.connections) == 1:
            if hears_the_end(connection):
                closed.set()
        else:
            connection.answer(JSON)

    server = peer(first_silent)

    async def act(transport: AsyncioTransport) -> WireReply:
        call = asyncio.create_task(transport.send(post(server.url)))
        await asyncio.sleep(0.2)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        return await transport.send(post(server.url))

    assert using(act, run, most=1).body == JSON
    assert closed.wait(2)


@LOOPS
def test_a_connection_that_the_server_closed_meanwhile_is_not_used(run: Any, peer: Start) -> None:
    server = peer(once(HEAD + LENGTH + b"\r\n" + JSON))

    async def act(transport: AsyncioTransport) -> None:
        for _ in range(3):
            assert (await transport.send(post(server.url))).body == JSON
            await asyncio.sleep(0.2)

    using(act, run)
    assert len(server.connections) == 3


@LOOPS
def test_a_connection_that_was_closed_while_the_loop_was_busy_is_not_used(run: Any, peer: Start) -> None:
    server = peer(once(HEAD + LENGTH + b"\r\n" + JSON))

    async def act(transport: AsyncioTransport) -> None:
        for _ in range(3):
            assert (await transport.send(post(server.url))).body == JSON
            time.sleep(0.2)  # noqa: ASYNC251 (a handler that computes: the loop hears of nothing)

    using(act, run)
    assert len(server.connections) == 3


@LOOPS
def test_after_many_cancelled_calls_every_place_is_free_and_no_connection_is_in_use(
    run: Any, peer: Start
) -> None:
    def answers_the_first(connection: Connection) -> None:
        while connection.read_request():
            if len(server.connections) % 2:
                connection.answer(JSON)
            elif hears_the_end(connection):
                return

    server = peer(answers_the_first)

    async def act(transport: AsyncioTransport) -> None:
        calls = [asyncio.create_task(transport.send(post(server.url))) for _ in range(60)]
        for call in calls:
            await asyncio.sleep(0.005)
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        pool = transport._pools[asyncio.get_running_loop()]
        assert not pool._turns.locked()
        for idle in pool._idle.values():
            assert all(connection._answer is None and connection.silent for connection in idle)

    using(act, run, most=4)


@LOOPS
def test_calls_that_wait_when_the_client_is_closed_end_in_an_error_and_open_nothing(
    run: Any, peer: Start
) -> None:
    def silent(connection: Connection) -> None:
        connection.read_request()
        hears_the_end(connection)

    server = peer(silent)

    async def act(transport: AsyncioTransport) -> list[Any]:
        calls = [asyncio.create_task(transport.send(post(server.url))) for _ in range(6)]
        await asyncio.sleep(0.2)
        await transport.close()
        return await asyncio.gather(*calls, return_exceptions=True)

    ended = using(act, run, most=2)
    assert sorted(type(one).__name__ for one in ended) == ["NotReached"] * 4 + ["OutcomeUnknown"] * 2
    assert len(server.connections) == 2


@LOOPS
@pytest.mark.parametrize("extra", [b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n", b"\x00"])
def test_what_nobody_asked_for_ends_the_connection_and_answers_nobody(
    run: Any, extra: bytes, peer: Start
) -> None:
    def talkative(connection: Connection) -> None:
        while connection.read_request():
            connection.answer(JSON)
            time.sleep(0.05)
            connection.sock.sendall(extra)

    server = peer(talkative)

    async def act(transport: AsyncioTransport) -> None:
        for _ in range(3):
            assert (await transport.send(post(server.url))).body == JSON
            await asyncio.sleep(0.2)

    using(act, run)
    assert len(server.connections) == 3


@LOOPS
def test_an_answer_before_the_end_of_the_upload_is_the_answer(run: Any, peer: Start) -> None:
    def refuses(connection: Connection) -> None:
        connection.sock.recv(1000)
        connection.answer(b"{}", status="413 Content Too Large")
        connection.ended.wait(5)

    server = peer(refuses)

    async def act(transport: AsyncioTransport) -> tuple[WireReply, float]:
        began = time.monotonic()
        reply = await transport.send(post(server.url, b"x" * 50_000_000))
        return reply, time.monotonic() - began

    reply, seconds = using(act, run)
    assert reply.status == 413 and seconds < 3


@LOOPS
def test_idle_connections_are_closed_after_a_while(
    run: Any, peer: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asyncio_transport, "IDLE_S", 0.2)
    ended = threading.Event()

    def listening(connection: Connection) -> None:
        connection.read_request()
        connection.answer(JSON)
        if hears_the_end(connection):
            ended.set()

    server = peer(listening)

    async def act(transport: AsyncioTransport) -> bool:
        await transport.send(post(server.url))
        return await asyncio.to_thread(ended.wait, 2)

    assert using(act, run)


@LOOPS
def test_closing_waits_for_the_connections_and_leaves_nothing_open(run: Any, peer: Start) -> None:
    ended = threading.Event()
    server = peer(good_until(ended, count=8))

    async def act(transport: AsyncioTransport) -> None:
        await asyncio.gather(*(transport.send(post(server.url)) for _ in range(8)))

    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        using(act, run)
        gc.collect()
    assert ended.wait(2)


def test_a_forked_child_does_not_share_its_parent_s_connections(peer: Start) -> None:
    server = peer(GOOD)
    transport = AsyncioTransport(network=DIRECT)

    async def parent() -> int:
        await transport.send(post(server.url))
        return os.fork()

    runner = asyncio.Runner()
    child = runner.run(parent())
    if child == 0:
        try:
            reply = asyncio.Runner().run(transport.send(post(server.url)))
            os._exit(0 if reply.body == JSON else 1)
        finally:
            os._exit(2)
    assert os.waitpid(child, 0)[1] == 0
    assert runner.run(transport.send(post(server.url))).body == JSON
    assert len(server.connections) == 2
    runner.run(transport.close())
    runner.close()


def test_loops_in_several_threads_each_have_their_own_connections(peer: Start) -> None:
    server = peer(GOOD)
    transport = AsyncioTransport(network=DIRECT)

    async def calls() -> None:
        for _ in range(20):
            assert (await transport.send(post(server.url))).body == JSON

    threads = [threading.Thread(target=asyncio.run, args=(calls(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(server.connections) == 4
    asyncio.run(transport.close())


def test_the_next_address_is_tried_when_the_first_takes_no_connection(
    peer: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host with several addresses, of which the first does not answer."""
    server = peer(GOOD)
    asked = []

    def two_addresses(host: str, port: int, **options: Any) -> list[Any]:
        asked.append(host)
        ends = [("127.0.0.1", 1), ("127.0.0.1", server.port)]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", end) for end in ends]

    monkeypatch.setattr(socket, "getaddrinfo", two_addresses)

    async def act(transport: AsyncioTransport) -> None:
        requests = [post("http://wx.example") for _ in range(10)]
        for reply in await asyncio.gather(*(transport.send(request) for request in requests)):
            assert reply.body == JSON

    using(act)
    assert asked == ["wx.example"], "however many ask at once, the name is looked up once"


def test_user_and_password_of_an_address_go_into_a_header(peer: Start) -> None:
    server = peer(GOOD)
    url = server.url.replace("//", "//user:p%40ss@")
    using(lambda transport: transport.send(post(url)))
    head = server.connections[0].head
    assert b"Authorization: Basic dXNlcjpwQHNz\r\n" in head
    assert b"Host: 127.0.0.1:%d\r\n" % server.port in head and b"p%40ss" not in head
    with pytest.raises(NotReached) as refused:
        using(lambda transport: transport.send(post("http://user:p%40ss@127.0.0.1:1")))
    assert "p%40ss" not in str(refused.value) + repr(post(url))


@pytest.mark.parametrize("url", ["http://", "http://host:port", "http://..", "http://a" * 40, "http://[::1"])
def test_what_is_no_address_was_not_reached(url: str) -> None:
    with pytest.raises(NotReached):
        using(lambda transport: transport.send(WireRequest(method="GET", url=f"{url}/x", timeout_s=3)))


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "\x00", "a\nb"])
def test_a_header_that_would_break_out_of_its_line_is_not_sent(value: str, peer: Start) -> None:
    server = peer(GOOD)
    with pytest.raises(NotReached):
        using(lambda transport: transport.send(post(server.url, headers={"X-Name": value})))
    assert server.connections == []


@LOOPS
def test_a_full_disk_is_told_as_such_and_closes_the_connection(
    run: Any, peer: Start, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = threading.Event()
    server = peer(good_until(ended))

    def full(self: AnswerFile, piece: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(AnswerFile, "_write", full)

    async def act(transport: AsyncioTransport) -> None:
        with pytest.raises(Exception, match="No space left"):
            await transport.send(post(server.url, answer_file=AnswerFile(tmp_path / "file")))

    using(act, run)
    assert ended.wait(2)


@LOOPS
def test_a_request_that_was_given_up_does_not_arrive_later(run: Any) -> None:
    """What the system has not brought to the peer is forgotten: it must not arrive when a cable is joined again."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"

        async def act(transport: AsyncioTransport) -> None:
            with pytest.raises(OutcomeUnknown):
                await transport.send(post(url, timeout_s=0.3))

        using(act, run)
        connection, _ = listener.accept()
        with connection, pytest.raises(ConnectionResetError):
            while connection.recv(65536):
                pass
