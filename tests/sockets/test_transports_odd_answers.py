"""Answers that no server should give and some give: before the request is read, packed twice, with trailers."""

from __future__ import annotations

import gzip
import zlib
from typing import Any

import pytest

from gongzhong import OutcomeUnknown, Upload
from gongzhong.catalogue.multipart import write
from gongzhong.client.transports.asyncio_transport import AsyncioTransport
from gongzhong.client.transports.urllib3_transport import Urllib3Transport

from .peers import Connection, once, peer, whole
from .test_transports import DEFAULTS, JSON, Start, exchange, post

__all__ = ["peer"]
OWN = (Urllib3Transport, AsyncioTransport)
"""Those that read answers with code of our own."""


@pytest.mark.parametrize("kind", OWN)
@pytest.mark.parametrize("in_pieces", [True, False])
def test_an_answer_to_a_request_that_is_not_read_arrives(kind: Any, in_pieces: bool, peer: Start) -> None:
    """RFC 9110, 10.1.1 and 15.5.14: a server may answer 413 at once and read nothing; nginx does."""

    def refuse(connection: Connection) -> None:
        connection.sock.recv(64)
        connection.say(b"HTTP/1.1 100 Continue\r\n\r\n")
        connection.answer(b"too large", status="413 Content Too Large")
        connection.ended.wait(8)

    server = peer(refuse)
    body, _ = write({"media": Upload.of(b"\xff" * 20_000_000)})
    sent = body if in_pieces else bytes(body)
    reply = exchange(kind, post(server.url, sent, timeout_s=6.0))[0]
    assert (reply.status, reply.body) == (413, b"too large")


def encoded(body: bytes, *encodings: str) -> bytes:
    lines = "".join(f"Content-Encoding: {one}\r\n" for one in encodings)
    return f"HTTP/1.1 200 OK\r\n{lines}Content-Length: {len(body)}\r\n\r\n".encode() + body


@pytest.mark.parametrize("kind", DEFAULTS)
def test_an_answer_that_is_packed_twice_is_unpacked_twice(kind: Any, peer: Start) -> None:
    """RFC 9110, 8.4: encodings are listed in the order in which they were applied."""
    server = peer(whole(encoded(gzip.compress(zlib.compress(JSON)), "deflate, gzip")))
    assert exchange(kind, post(server.url))[0].body == JSON
    assert exchange(kind, post(peer(whole(encoded(JSON, "identity"))).url))[0].body == JSON


@pytest.mark.parametrize("kind", DEFAULTS)
@pytest.mark.parametrize("encoding", ["br", "gzip, br", "gzip, gzip, gzip"])
def test_an_answer_that_cannot_be_unpacked_is_never_taken_for_plain(
    kind: Any, encoding: str, peer: Start
) -> None:
    with pytest.raises(OutcomeUnknown) as caught:
        exchange(kind, post(peer(whole(encoded(b"\x0b\x02\x80", encoding))).url))
    assert encoding in caught.value.zh and "压缩" in caught.value.zh
    assert f"packed as '{encoding}'" in caught.value.en


@pytest.mark.parametrize("kind", OWN)
def test_trailers_replace_nothing_that_the_head_said(kind: Any, peer: Start) -> None:
    """RFC 9110, 6.5.1: trailer fields must not be merged into the header section."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    tail = b"2\r\n{}\r\n0\r\nContent-Type: text/plain\r\nX-More: 1\r\n\r\n"
    reply = exchange(kind, post(peer(whole(head, tail)).url))[0]
    assert reply.content_type == "application/json" and "x-more" not in reply.headers


@pytest.mark.parametrize("kind", OWN)
@pytest.mark.parametrize(
    ("answer", "zh", "en"),
    [
        (b"SSH-2.0-OpenSSH_9.6\r\n", "应答不是合格的 HTTP", "the answer is no HTTP"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000, "应答头超过 131072 字节", "has over 131072 bytes"),
        (encoded(b"no gzip at all", "gzip"), "压缩内容已损坏", "is damaged"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", "应答不完整", "before the whole answer"),
        (
            b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
            "改用其他协议",
            "another protocol",
        ),
    ],
)
def test_the_reason_is_said_in_words(kind: Any, answer: bytes, zh: str, en: str, peer: Start) -> None:
    with pytest.raises(OutcomeUnknown) as caught:
        exchange(kind, post(peer(once(answer)).url))
    assert zh in caught.value.zh and en in caught.value.en
    assert "Error" not in caught.value.zh
