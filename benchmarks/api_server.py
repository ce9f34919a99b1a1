"""WeChat's API as fast as Python can pretend it: every token request gets a token, every other call succeeds.

    python benchmarks/api_server.py PORT

It must never be what a client waits for, so it looks at nothing but the length of a request and its path.
"""

from __future__ import annotations

import asyncio
import re
import sys
from typing import cast

import uvloop

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
TOKEN_PATHS = (b"GET /cgi-bin/token", b"POST /cgi-bin/stable_token")


def answer(body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


GRANTED = answer(b'{"access_token":"BENCHMARK-TOKEN","expires_in":7200}')
SENT = answer(b'{"errcode":0,"errmsg":"ok","msgid":200228332}')


class Door(asyncio.Protocol):
    """One connection: answers each request when it is complete."""

    def __init__(self) -> None:
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        received = self._received + data if self._received else data
        while True:
            head, blank, rest = received.partition(b"\r\n\r\n")
            length = LENGTH.search(head)
            size = int(length[1]) if length else 0
            if not blank or len(rest) < size:
                break
            self._transport.write(GRANTED if head.startswith(TOKEN_PATHS) else SENT)
            received = rest[size:]
            if not received:
                break
        self._received = received


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Door, "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
