"""The client's transports against slow, chunked, cutting and rude peers on real sockets."""

from __future__ import annotations

import asyncio
import gzip
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from pytest import param

from gongzhong import Account, AsyncClient, Client, Hosts, Secret, SetupError, Upload
from gongzhong.catalogue.multipart import write
from gongzhong.client import CallPolicy, WireReply, WireRequest
from gongzhong.client.answer_file import AnswerFile
from gongzhong.client.transports.aiohttp_transport import AiohttpTransport
from gongzhong.client.transports.asyncio_transport import AsyncioTransport
from gongzhong.client.transports.network import Network
from gongzhong.client.transports.pyreqwest_transport import PyreqwestAsyncTransport, PyreqwestTransport
from gongzhong.client.transports.urllib3_transport import Urllib3Transport
from gongzhong.errors import BadAnswer, GongzhongError, NotReached, OutcomeUnknown, TransportError

from .peers import Act, Connection, Peer, once, peer, whole

pytestmark = pytest.mark.heavy

__all__ = ["peer"]
Start = Callable[[Act], Peer]
DIRECT = Network(proxies={})
JSON = b'{"errcode":0,"errmsg":"ok","padding":"' + b"x" * 300 + b'"}'
DEFAULTS = (Urllib3Transport, AsyncioTransport, AiohttpTransport)
EVERY = (*DEFAULTS, PyreqwestTransport, PyreqwestAsyncTransport)


def exchange(kind: Any, *requests: WireRequest, network: Network = DIRECT) -> list[WireReply]:
    """Send one request after another through a new transport."""
    transport = kind(network=network)
    if not asyncio.iscoroutinefunction(kind.send):
        try:
            return [transport.send(request) for request in requests]
        finally:
            transport.close()

    async def awaiting() -> list[WireReply]:
        try:
            return [await transport.send(request) for request in requests]
        finally:
            await transport.close()

    return asyncio.run(awaiting())


def post(url: str, body: Any = b"{}", **more: Any) -> WireRequest:
    return WireRequest(method="POST", url=f"{url}/x", body=body, **{"timeout_s": 5.0, **more})


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
LENGTH = b"Content-Length: %d\r\n" % len(JSON)
CHUNKED = b"%x\r\n%s\r\n%x;note=1\r\n%s\r\n0\r\nTrailer: 1\r\n\r\n" % (
    60,
    JSON[:60],
    len(JSON) - 60,
    JSON[60:],
)


@pytest.mark.parametrize("kind", EVERY)
@pytest.mark.parametrize(
    "act",
    [
        param(whole(HEAD + LENGTH + b"\r\n" + JSON[:60], JSON[60:200], JSON[200:]), id="three pieces"),
        param(whole(HEAD[:9], HEAD[9:30], HEAD[30:] + LENGTH + b"\r", b"\n" + JSON), id="head in pieces"),
        param(whole(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKED[:70], CHUNKED[70:]), id="chunks"),
        param(once(HEAD + b"\r\n" + JSON[:60], JSON[60:]), id="until it closes"),
        param(once(b"HTTP/1.0 200 OK\r\n\r\n" + JSON[:9], JSON[9:]), id="HTTP/1.0"),
        param(whole(b"HTTP/1.1 100 Continue\r\n\r\n", HEAD + LENGTH + b"\r\n", JSON), id="100 Continue"),
        param(whole(*(bytes([byte]) for byte in HEAD + LENGTH + b"\r\n" + JSON), pause_s=0), id="bytewise"),
    ],
)
def test_an_answer_is_read_to_its_end_however_it_comes(kind: Any, act: Act, peer: Start) -> None:
    server = peer(act)
    assert [reply.body for reply in exchange(kind, post(server.url), post(server.url))] == [JSON, JSON]


@pytest.mark.parametrize("kind", DEFAULTS)
def test_compressed_answers_are_unpacked(kind: Any, peer: Start, tmp_path: Any) -> None:
    packed = gzip.compress(JSON)
    head = HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    server = peer(whole(head + packed[:20], packed[20:]))
    assert exchange(kind, post(server.url))[0].body == JSON
    assert exchange(kind, post(server.url, answer_file=AnswerFile(tmp_path / "file")))[0].body == JSON


@pytest.mark.parametrize("cut", [10, 40, 41, 42, 60])
def test_gzip_in_several_members_is_unpacked_to_its_end(cut: int, peer: Start) -> None:
    """RFC 1952, 2.2: members simply stand one after another."""
    first, second = gzip.compress(JSON[:100], mtime=0), gzip.compress(JSON[100:], mtime=0)
    packed, where = first + second, len(first) - 41 + cut
    head = HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed)
    server = peer(whole(head + packed[:where], packed[where:]))
    for kind in DEFAULTS:
        assert exchange(kind, post(server.url))[0].body == JSON


@pytest.mark.parametrize("kind", DEFAULTS)
def test_a_connection_is_used_again_after_a_whole_answer_only(kind: Any, peer: Start) -> None:
    good = peer(whole(HEAD + LENGTH + b"\r\n" + JSON))
    exchange(kind, post(good.url), post(good.url), post(good.url))
    assert len(good.connections) == 1
    closing = peer(once(HEAD + b"Connection: close\r\n" + LENGTH + b"\r\n" + JSON))
    exchange(kind, post(closing.url), post(closing.url))
    assert len(closing.connections) == 2


CUT = {
    "nothing": (),
    "half a head": (HEAD,),
    "half a body": (HEAD + LENGTH + b"\r\n" + JSON[:100],),
    "half a chunk": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKED[:40],),
    "no last chunk": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKED[:66],),
    "half of gzip": (HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(JSON)[:-9],),
    "broken gzip": (HEAD + b"Content-Encoding: gzip\r\nContent-Length: 9\r\n\r\n" + b"not gzip!",),
    "not HTTP": (b"SSH-2.0-OpenSSH_9\r\n",),
    "a wrong length": (HEAD + b"Content-Length: many\r\n\r\n{}",),
    "a wrong chunk": (HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",),
    "a header of 1 MB": (HEAD + b"X: " + b"y" * 1_000_000 + b"\r\n\r\n",),
}


@pytest.mark.parametrize("kind", DEFAULTS)
@pytest.mark.parametrize("how", CUT)
def test_no_whole_answer_leaves_the_outcome_unknown(kind: Any, how: str, peer: Start) -> None:
    server = peer(once(*CUT[how]))
    with pytest.raises(OutcomeUnknown) as caught:
        exchange(kind, post(server.url))
    assert caught.value.sent is True
    assert caught.value.__cause__ is None and caught.value.__context__ is None


def stuck(connection: Connection) -> None:
    connection.ended.wait(20)


def dripping_head(connection: Connection) -> None:
    connection.read_request()
    connection.say(HEAD)
    connection.drip(b"X-More: 1\r\n")


def dripping_body(connection: Connection) -> None:
    connection.read_request()
    connection.say(HEAD + b"Content-Length: 100000\r\n\r\n")
    connection.drip()


def dripping_chunks(connection: Connection) -> None:
    connection.read_request()
    connection.say(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    connection.drip(b"1\r\n \r\n")


@pytest.mark.parametrize("kind", EVERY)
@pytest.mark.parametrize("act", [stuck, dripping_head, dripping_body, dripping_chunks])
@pytest.mark.parametrize("size", [2, 20_000_000])
def test_the_timeout_bounds_the_whole_exchange(kind: Any, act: Act, size: int, peer: Start) -> None:
    """A peer that never reads, or answers for ever, holds nobody longer than `timeout_s`."""
    server = peer(act)
    started = time.monotonic()
    with pytest.raises(OutcomeUnknown):
        exchange(kind, post(server.url, b"x" * size, timeout_s=0.6))
    assert time.monotonic() - started < 4


@pytest.mark.parametrize("kind", DEFAULTS)
def test_a_file_may_take_longer_than_its_timeout_but_not_for_ever(
    kind: Any, peer: Start, tmp_path: Any
) -> None:
    def steady(connection: Connection) -> None:
        connection.read_request()
        connection.say(b"HTTP/1.1 200 OK\r\nContent-Length: 400000\r\n\r\n")
        connection.say(*[b"x" * 40_000] * 10, pause_s=0.1)

    answer_file = AnswerFile(tmp_path / "file")
    exchange(kind, post(peer(steady).url, answer_file=answer_file, timeout_s=0.5))
    assert answer_file.keep().stat().st_size == 400_000
    with pytest.raises(OutcomeUnknown):
        exchange(
            kind, post(peer(dripping_body).url, answer_file=AnswerFile(tmp_path / "other"), timeout_s=0.5)
        )


@pytest.mark.parametrize("kind", DEFAULTS)
@pytest.mark.parametrize(
    "act",
    [
        param(once(HEAD + b"Content-Length: 10000000000\r\n\r\n" + b" " * 300_000), id="10 GB announced"),
        param(once(HEAD + b"\r\n" + b" " * 300_000), id="no length"),
        param(
            once(HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b" " * 9_000_000)),
            id="small while compressed",
        ),
    ],
)
def test_an_answer_that_is_too_long_is_not_held(kind: Any, act: Act, peer: Start) -> None:
    server = peer(act)
    with pytest.raises(OutcomeUnknown) as caught:
        exchange(kind, post(server.url, limit_bytes=100_000))
    assert "more than 100000 bytes" in caught.value.en and "超过 100000 字节" in caught.value.zh


@pytest.mark.parametrize("kind", DEFAULTS)
def test_an_upload_arrives_whole_at_a_peer_that_reads_slowly(kind: Any, peer: Start) -> None:
    def slow(connection: Connection) -> None:
        time.sleep(0.3)
        connection.read_request()
        connection.answer(JSON)

    server = peer(slow)
    body, _ = write({"media": Upload.of(b"\xff" * 3_000_000)})
    exchange(kind, post(server.url, body))
    assert server.connections[0].body == bytes(body)


# ---- proxies


def proxy() -> Act:
    """A forward proxy that tunnels, or forwards nothing and answers by itself."""

    def act(connection: Connection) -> None:
        if connection.read_request():
            if connection.head.startswith(b"CONNECT"):
                connection.say(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            else:
                connection.answer(JSON)

    return act


CREDENTIALS = b"Basic dXNlcjpwQHNzOndvcmQ="  # user:p@ss:word


@pytest.mark.parametrize("kind", DEFAULTS)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_is_told_user_and_password(kind: Any, scheme: str, peer: Start) -> None:
    server = peer(proxy())
    network = Network(proxies={"all": f"http://user:p%40ss%3Aword@127.0.0.1:{server.port}"})
    if scheme == "http":
        assert exchange(kind, post("http://wx.example"), network=network)[0].body == JSON
        assert server.connections[0].head.startswith(b"POST http://wx.example/x HTTP/1.1")
    else:
        with pytest.raises(NotReached, match="407") as caught:
            exchange(kind, post("https://wx.example"), network=network)
        assert "p@ss" not in str(caught.value)
    assert CREDENTIALS in server.connections[0].head


@pytest.mark.parametrize("kind", DEFAULTS)
def test_a_proxy_that_refuses_a_plain_request_did_not_send_it(kind: Any, peer: Start) -> None:
    server = peer(once(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"))
    network = Network(proxies={"http": f"http://127.0.0.1:{server.port}"})
    with pytest.raises(NotReached, match="407"):
        exchange(kind, post("http://wx.example"), network=network)


def socks(connection: Connection) -> None:
    """A SOCKS5 proxy that wants user and password and answers the request by itself."""
    sock = connection.sock
    sock.recv(64)
    sock.sendall(b"\x05\x02")
    greeting = sock.recv(64)
    assert greeting == b"\x01\x04user\x04pass"
    sock.sendall(b"\x01\x00")
    connection.asked = sock.recv(256)  # type: ignore[attr-defined]
    sock.sendall(b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x50")
    connection.read_request()
    connection.answer(JSON)


@pytest.mark.parametrize("kind", DEFAULTS)
def test_socks_proxies_work_and_look_names_up_themselves(kind: Any, peer: Start) -> None:
    server = peer(socks)
    network = Network(proxies={"all": f"socks5h://user:pass@127.0.0.1:{server.port}"})
    assert exchange(kind, post("http://wx.example"), network=network)[0].body == JSON
    assert server.connections[0].asked == b"\x05\x01\x00\x03\x0awx.example\x00\x50"  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", DEFAULTS)
def test_a_socks_proxy_that_is_not_there_was_sent_nothing(kind: Any) -> None:
    with pytest.raises(NotReached):
        exchange(kind, post("http://wx.example"), network=Network(proxies={"all": "socks5://127.0.0.1:1"}))


@pytest.mark.parametrize("kind", DEFAULTS)
def test_without_its_library_socks_is_an_error_of_the_set_up(
    kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("urllib3.contrib.socks", "aiohttp_socks"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(SetupError, match=r"gongzhong\[socks\]"):
        exchange(kind, post("http://wx.example"), network=Network(proxies={"all": "socks5://127.0.0.1:1"}))


@pytest.mark.parametrize("kind", DEFAULTS)
@pytest.mark.parametrize("address", ["ftp://proxy:1", "http://proxy:port", "http://", "http://[::1"])
def test_an_address_that_is_no_proxy_s_is_an_error_of_the_set_up(kind: Any, address: str) -> None:
    with pytest.raises(SetupError):
        exchange(kind, post("http://wx.example"), network=Network(proxies={"all": address}))


# ---- the public face


@pytest.mark.parametrize("path", ["a b", "x\r\nX-Evil: 1", "微信", "\x00"])
@pytest.mark.parametrize("kind", DEFAULTS)
def test_an_address_cannot_break_out_of_its_line(kind: Any, path: str, peer: Start) -> None:
    server = peer(whole(HEAD + LENGTH + b"\r\n" + JSON))
    exchange(kind, WireRequest(method="GET", url=f"{server.url}/{path}"))
    assert b"\r\nX-Evil" not in server.connections[0].head
    assert server.connections[0].head.split(b"\r\n")[0].count(b" ") == 2


DEEP = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
NESTED = {"deep": DEEP, "deep list": b'{"errcode":40001,"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}"}


@pytest.mark.parametrize("face", ["Client", "AsyncClient"])
@pytest.mark.parametrize("body", NESTED)
def test_deeply_nested_answers_end_in_one_clear_error(face: str, body: str, peer: Start) -> None:
    def act(connection: Connection) -> None:
        while connection.read_request():
            token = b"stable_token" in connection.head
            connection.answer(b'{"access_token":"88_t","expires_in":7200}' if token else NESTED[body])

    server = peer(act)
    account = Account(appid="wx0123456789abcdef", secret=Secret("s" * 32), hosts=Hosts.local(server.url))

    async def awaiting() -> None:
        async with AsyncClient(account) as client:
            await client.base.api_addresses()

    with pytest.raises(BadAnswer):
        if face == "AsyncClient":
            asyncio.run(awaiting())
        else:
            with Client(account) as client:
                client.base.api_addresses()


@pytest.mark.parametrize("kind", [AsyncioTransport, AiohttpTransport])
def test_calls_are_not_starved_by_a_full_default_executor(kind: Any, peer: Start) -> None:
    """Name look-ups have threads of their own: handlers that hang in the loop's threads do not stop calls."""
    server = peer(whole(HEAD + LENGTH + b"\r\n" + JSON))
    free = threading.Event()

    async def main() -> WireReply:
        loop = asyncio.get_running_loop()
        blockers = [loop.run_in_executor(None, free.wait, 20) for _ in range(100)]
        transport = kind(network=DIRECT)
        try:
            async with asyncio.timeout(5):
                return await transport.send(post(f"http://localhost:{server.port}"))
        finally:
            free.set()
            await asyncio.gather(*blockers)
            await transport.close()

    assert asyncio.run(main()).body == JSON


def test_a_policy_bounds_what_is_held(peer: Start) -> None:
    server = peer(once(HEAD + b"\r\n" + b" " * 5_000))
    account = Account(appid="wx0123456789abcdef", secret=Secret("s" * 32), hosts=Hosts.local(server.url))
    policy = CallPolicy(answer_bytes=1_000, tries=1)
    with Client(account, policy=policy) as client, pytest.raises(GongzhongError, match="1000") as caught:
        client.access_token()
    assert isinstance(caught.value, TransportError)
