"""Which requests are answered, which are refused, and with what (RFC 9112; smuggling: its section 11.2)."""

from __future__ import annotations

import pytest

from .wire import Bench, post, settle, statuses

pytestmark = pytest.mark.anyio

HEAD = b"POST /?a=1 HTTP/1.1\r\nHost: x\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"

REFUSED = {
    "Content-Length beside Transfer-Encoding": (
        HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    "Transfer-Encoding before Content-Length": (
        HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        400,
    ),
    "two lengths": (HEAD + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400),
    "the same length twice": (HEAD + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400),
    "a list of lengths": (HEAD + b"Content-Length: 3, 3\r\n\r\nabc", 400),
    "a signed length": (HEAD + b"Content-Length: +3\r\n\r\nabc", 400),
    "a negative length": (HEAD + b"Content-Length: -3\r\n\r\nabc", 400),
    "a hexadecimal length": (HEAD + b"Content-Length: 0x3\r\n\r\nabc", 400),
    "a length of 5,000 digits": (HEAD + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\nabc", 400),
    "an empty length": (HEAD + b"Content-Length: \r\n\r\n", 400),
    "a folded header": (HEAD + b"X: a\r\n b\r\nContent-Length: 3\r\n\r\nabc", 400),
    "a blank before the colon": (HEAD + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400),
    "a line that ends with LF": (HEAD + b"X: y\nContent-Length: 3\r\n\r\nabc", 400),
    "only LF": (b"POST / HTTP/1.1\nHost: x\nContent-Length: 3\n\nabc", 400),
    "a CR inside a header": (HEAD + b"X: a\rb\r\n\r\n", 400),
    "a NUL inside a header": (HEAD + b"X: a\0b\r\n\r\n", 400),
    "a NUL in the address": (b"GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "an address that is not ASCII": (b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "a fragment": (b"GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "two codings": (HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400),
    "an unknown coding": (HEAD + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400),
    "chunked is not last": (HEAD + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", 400),
    "two Transfer-Encodings": (
        HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
        400,
    ),
    "chunked in HTTP/1.0": (b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "a chunk size with 0x": (CHUNKED + b"0x3\r\nabc\r\n0\r\n\r\n", 400),
    "a negative chunk size": (CHUNKED + b"-3\r\nabc\r\n0\r\n\r\n", 400),
    "a chunk size that overflows": (CHUNKED + b"f" * 17 + b"\r\nabc\r\n0\r\n\r\n", 400),
    "a chunk size that ends with LF": (CHUNKED + b"3\nabc\r\n0\r\n\r\n", 400),
    "a chunk longer than its size": (CHUNKED + b"3\r\nabcdef\r\n0\r\n\r\n", 400),
    "a blank after a chunk size": (CHUNKED + b"3 \r\nabc\r\n0\r\n\r\n", 400),
    "no Host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "two Hosts": (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    "HTTP/0.9": (b"GET /\r\n\r\n", 400),
    "HTTP/1.2": (b"GET / HTTP/1.2\r\nHost: x\r\n\r\n", 400),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "TLS on a plain port": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 501),
    "a header without a colon": (HEAD + b"foo\r\n\r\n", 400),
    "a header without a name": (HEAD + b": y\r\n\r\n", 400),
    "an unknown method": (b"BREW / HTTP/1.1\r\nHost: x\r\n\r\n", 501),
    "an unknown expectation": (HEAD + b"Expect: magic\r\nContent-Length: 3\r\n\r\nabc", 417),
    "a long address": (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
    "a head without an end": (b"GET / HTTP/1.1\r\nX: " + b"a" * 20_000, 431),
    "a long head": (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 20_000 + b"\r\n\r\n", 431),
    "a hundred and one headers": (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 100 + b"\r\n", 431),
    "a long body, announced": (HEAD + b"Content-Length: 99999999\r\n\r\n", 413),
    "a long body in chunks": (
        CHUNKED + b"fffff\r\n" + b"a" * 0xFFFFF + b"\r\n" + b"fffff\r\n" + b"a" * 0xFFFFF,
        413,
    ),
    "long trailers": (CHUNKED + b"0\r\n" + b"X: y\r\n" * 200 + b"\r\n", 431),
}


@pytest.mark.parametrize("what", REFUSED)
@pytest.mark.parametrize("size", [1 << 20, 7], ids=["whole", "in pieces"])
async def test_what_could_be_read_in_two_ways_is_refused_and_ends_the_connection(
    what: str, size: int
) -> None:
    data, status = REFUSED[what]
    bench = Bench()
    connection, wire = bench.connect()
    for at in range(0, len(data), size):
        connection.data_received(data[at : at + size])
    connection.data_received(b"GET /second HTTP/1.1\r\nHost: x\r\n\r\n")
    await settle()
    assert bench.app.seen == []
    assert statuses(wire.sent) == [status]
    assert b"connection: close" in wire.sent
    reason = wire.sent.decode().partition("\r\n\r\n")[2]
    assert reason.endswith("\n") and " / " not in reason
    assert wire.half_closed


ANSWERED = {
    "a push": (post(b"abc"), b"POST|a=1|abc"),
    "in chunks": (CHUNKED + b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: u\r\n\r\n", b"POST|a=1|abcde"),
    "an empty body": (post(b""), b"POST|a=1|"),
    "a verification": (b"GET /wx/?echostr=1 HTTP/1.1\r\nHost: x\r\n\r\n", b"GET|echostr=1|"),
    "an address in absolute form": (b"GET http://x/p?q=1 HTTP/1.1\r\nHost: x\r\n\r\n", b"GET|q=1|"),
    "OPTIONS": (b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", b"OPTIONS||"),
    "empty lines before it": (b"\r\n\r\n" + post(b"abc"), b"POST|a=1|abc"),
    "HTTP/1.0": (b"GET /?q HTTP/1.0\r\n\r\n", b"GET|q|"),
    "another protocol offered": (
        b"GET /?q HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
        b"GET|q|",
    ),
}


@pytest.mark.parametrize("what", ANSWERED)
@pytest.mark.parametrize("size", [1 << 20, 1], ids=["whole", "byte by byte"])
async def test_what_is_right_is_answered_however_it_arrives(what: str, size: int) -> None:
    data, body = ANSWERED[what]
    connection, wire = Bench().connect()
    for at in range(0, len(data), size):
        connection.data_received(data[at : at + size])
        await settle()
    assert statuses(wire.sent) == [200]
    assert wire.sent.endswith(b"\r\n\r\n" + body)


async def test_every_request_that_is_cut_off_anywhere_reaches_nobody() -> None:
    bench = Bench()
    for data in (post(b"<xml>abc</xml>"), CHUNKED + b"3\r\nabc\r\n0\r\n\r\n"):
        for end in range(len(data)):
            connection, wire = bench.connect()
            connection.data_received(data[:end])
            connection.eof_received()
            await settle()
            assert wire.closed
    assert bench.app.seen == []


async def test_a_head_is_answered_without_its_body() -> None:
    connection, wire = Bench().connect()
    connection.data_received(b"HEAD /?q HTTP/1.1\r\nHost: x\r\n\r\n")
    await settle()
    assert b"content-length: 7" in wire.sent
    assert wire.sent.endswith(b"\r\n\r\n")


async def test_a_peer_that_asks_first_is_told_to_go_on() -> None:
    connection, wire = Bench().connect()
    head = HEAD + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\n"
    connection.data_received(head)
    assert wire.sent == b"HTTP/1.1 100 Continue\r\n\r\n"
    connection.data_received(b"abc")
    await settle()
    assert statuses(wire.sent) == [200]


async def test_a_body_that_is_too_long_is_refused_before_it_is_asked_for() -> None:
    connection, wire = Bench().connect()
    connection.data_received(HEAD + b"Expect: 100-continue\r\nContent-Length: 99999999\r\n\r\n")
    assert statuses(wire.sent) == [413]
    assert b"100 Continue" not in wire.sent
