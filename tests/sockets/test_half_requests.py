"""A request that is cut in the middle is never carried out: at no door, however its length was announced."""

from __future__ import annotations

import socket
import struct
from urllib.parse import urlsplit

import pytest

from gongzhong.platform.world import people, tags, tokens

from ..contract.conftest import LivePlatform, live

__all__ = ["live"]
TAG = b'{"tag":{"name":"half"}}'
PERSON = b'{"name":"half"}'


def cut(live: LivePlatform, path: str, sent: bytes, head: str, *, reset: bool) -> None:
    """Send a head and part of a body, then hang up: politely, or with a reset."""
    where = urlsplit(live.url)
    with socket.create_connection((where.hostname or "", where.port or 0), timeout=10) as connection:
        lines = f"POST {path} HTTP/1.1\r\nHost: {where.netloc}\r\nContent-Type: application/json\r\n{head}\r\n\r\n"
        connection.sendall(lines.encode() + sent)
        if reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def whole(live: LivePlatform) -> None:
    """Three requests that are answered: whatever came before them has been read."""
    where = urlsplit(live.url)
    for _ in range(3):
        with socket.create_connection((where.hostname or "", where.port or 0), timeout=10) as connection:
            connection.sendall(f"GET /_platform/clock HTTP/1.1\r\nHost: {where.netloc}\r\n\r\n".encode())
            assert b" 200 " in connection.recv(4096)


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
@pytest.mark.parametrize(
    "head", ["Content-Length: {longer}", "Transfer-Encoding: chunked"], ids=["length", "chunked"]
)
def test_half_a_request_changes_nothing(live: LivePlatform, head: str, reset: bool) -> None:
    world, account = live.platform.world, live.platform.account("demo")
    token = tokens.stable(world, account, force=False)[0]
    doors = {f"/cgi-bin/tags/create?access_token={token}": TAG, "/_platform/people": PERSON}
    before = len(tags.listing(world, account))
    for path, body in doors.items():
        sent = b"%x\r\n%s\r\n" % (len(body), body) if "chunked" in head else body
        cut(live, path, sent, head.format(longer=len(body) + 5), reset=reset)
    whole(live)
    assert len(tags.listing(world, account)) == before
    assert [one.name for one in people.everybody(world)] == ["alice"]
