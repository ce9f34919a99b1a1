"""The platform's pushes and the proxy's tunnels against peers that take their time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest

from gongzhong.platform.delivery.receiver import ANSWER_BYTES, Answered, HttpReceiver, Unanswered
from gongzhong.platform.proxy import Authority, ForwardProxy, server

from .peers import Act, Connection, Peer, once, peer, whole

__all__ = ["peer"]
pytestmark = pytest.mark.anyio
Start = Callable[[Act], Peer]
XML = b"<xml><Content><![CDATA[" + "你好".encode() * 40 + b"]]></Content></xml>"
HEAD = b"HTTP/1.1 200 OK\r\n"
LENGTH = b"Content-Length: %d\r\n\r\n" % len(XML)


async def pushed(url: str, times: int = 1, timeout_s: float = 5) -> list[Answered]:
    receiver = HttpReceiver()
    try:
        return [
            await receiver.send("POST", url, b"<xml/>", timeout_s=timeout_s, connect_s=5)
            for _ in range(times)
        ]
    finally:
        await receiver.close()


@pytest.mark.parametrize(
    "act",
    [
        whole(HEAD + LENGTH + XML[:60], XML[60:100], XML[100:]),
        whole(HEAD[:5], HEAD[5:] + LENGTH[:9], LENGTH[9:] + XML[:1], XML[1:]),
        whole(HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n" + XML[:5], b"\r\n%x\r\n" % (len(XML) - 5),
              XML[5:] + b"\r\n0\r\n\r\n"),
        once(HEAD + b"\r\n" + XML[:70], XML[70:]),
        whole(b"HTTP/1.1 100 Continue\r\n\r\n", HEAD + LENGTH, XML),
    ],
    ids=["three pieces", "head in pieces", "chunks", "until it closes", "100 Continue"],
)  # fmt: skip
async def test_a_reply_is_read_to_its_end_however_it_comes(act: Act, peer: Start) -> None:
    assert [answer.body for answer in await pushed(peer(act).url, 2)] == [XML, XML]


async def test_a_reply_without_end_is_cut_at_its_limit(peer: Start) -> None:
    server = peer(once(HEAD + b"\r\n" + b"x" * (ANSWER_BYTES + 70_000)))
    assert [len(answer.body) for answer in await pushed(server.url)] == [ANSWER_BYTES]


async def test_a_reply_that_drips_is_late_at_the_end_of_the_window(peer: Start) -> None:
    def drips(connection: Connection) -> None:
        connection.read_request()
        connection.say(HEAD + b"Content-Length: 9999\r\n\r\n")
        connection.drip()

    with pytest.raises(Unanswered) as caught:
        await pushed(peer(drips).url, timeout_s=0.4)
    assert caught.value.kind == "timeout"


async def app(scope: object, receive: object, send: object) -> None:
    raise AssertionError("nothing is answered here")


@pytest.mark.parametrize("from_client", [False, True], ids=["download", "upload"])
async def test_a_tunnel_in_which_bytes_flow_one_way_stays_open(
    from_client: bool, tmp_path: Path, peer: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Idle is what neither direction moves: a long download is no idle tunnel."""
    monkeypatch.setattr(server, "IDLE_S", 0.3)
    received = bytearray()

    def far(connection: Connection) -> None:
        if from_client:
            while piece := connection.sock.recv(100):
                received.extend(piece)
        else:
            connection.sock.recv(100)
            connection.say(*[b"x" * 10] * 10, pause_s=0.1)

    target = peer(far)
    proxy = ForwardProxy(app, Authority(tmp_path), allowed=["127.0.0.1"])  # type: ignore[arg-type]
    await proxy.start()
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        writer.write(f"CONNECT 127.0.0.1:{target.port} HTTP/1.1\r\n\r\n".encode())
        await reader.readuntil(b"\r\n\r\n")
        if from_client:
            for _ in range(10):
                writer.write(b"x" * 10)
                await asyncio.sleep(0.1)
            writer.write_eof()
        else:
            writer.write(b"go\n")
        async with asyncio.timeout(5):
            received.extend(await reader.read())
        writer.close()
    finally:
        await proxy.stop()
    assert bytes(received) == b"x" * 100


async def test_a_tunnel_in_which_nothing_moves_is_closed(
    tmp_path: Path, peer: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "IDLE_S", 0.2)
    target = peer(lambda connection: connection.ended.wait(20) and None)
    proxy = ForwardProxy(app, Authority(tmp_path), allowed=["127.0.0.1"])  # type: ignore[arg-type]
    await proxy.start()
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        writer.write(f"CONNECT 127.0.0.1:{target.port} HTTP/1.1\r\n\r\n".encode())
        await reader.readuntil(b"\r\n\r\n")
        async with asyncio.timeout(5):
            with contextlib.suppress(ConnectionError):
                assert await reader.read() == b""
        writer.close()
    finally:
        await proxy.stop()
