"""`gongzhong serve` as a real process, spoken to over real sockets."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from gongzhong import Account
from gongzhong.messages import Text, encode
from gongzhong.testing.live_platform import LivePlatform
from gongzhong.wire import sign

TOKEN = "abc123"
ENV = {"GONGZHONG_APPID": "wx0123456789abcdef", "GONGZHONG_TOKEN": TOKEN, "GONGZHONG_ENCRYPTION": "plain"}
START_S = 60
PROGRAM = '''
"""Texts: `sleep 2` answers after two seconds, `all 1000` when a thousand have asked, anything else at once."""
import asyncio
from gongzhong import OfficialAccount, Text

oa = OfficialAccount.from_env(customer_service=False)
arrived, complete = 0, asyncio.Event()

@oa.text("sleep (?P<seconds>.+)")
async def slow(message: Text, seconds: str) -> str:
    await asyncio.sleep(float(seconds))
    return "slept"

@oa.text("all (?P<wanted>.+)")
async def crowd(message: Text, wanted: str) -> str:
    global arrived
    arrived += 1
    if arrived == int(wanted):
        complete.set()
    await complete.wait()
    return "all here"

@oa.on(Text)
async def echo(message: Text) -> str:
    return message.content

async def app(scope, receive, send):
    await oa.asgi(scope, receive, send)

def wsgi(environ, start_response):
    return oa.wsgi(environ, start_response)
'''


def variables(account: Account, url: str) -> dict[str, str]:
    """What tells a program its account, and the platform's address."""
    return {
        "GONGZHONG_APPID": account.appid,
        "GONGZHONG_SECRET": account.secret.reveal(),
        "GONGZHONG_TOKEN": account.token.reveal(),
        "GONGZHONG_AES_KEY": account.aes_key.reveal(),
        "GONGZHONG_API_BASE": url,
    }


def credentials(platform: LivePlatform, **more: str) -> dict[str, str]:
    """The environment of a program that answers for the platform's account."""
    return {**os.environ, **variables(platform.account, platform.url), **more}


DOORS = {"account": "served:oa", "asgi": "served:app", "wsgi": "served:wsgi"}
"""An account by itself, and applications with the account in them."""


class Served:
    """A running server: where it is, and what it says."""

    def __init__(self, process: subprocess.Popen[bytes], ready: dict[str, Any], errors: Path) -> None:
        self.process, self.ready = process, ready
        self._errors = errors

    @property
    def port(self) -> int:
        return int(self.ready["url"].rpartition(":")[2])

    @property
    def said(self) -> str:
        """Standard error until now."""
        return self._errors.read_text("utf-8")

    def ended(self, within_s: float = 30) -> int:
        return self.process.wait(within_s)

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)


@contextmanager
def serving(
    target: str,
    *options: str,
    program: str = PROGRAM,
    port: int = 0,
    env: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Iterator[Served]:
    """Serve a program until the end of the block; in `folder`, or in one of its own."""
    with tempfile.TemporaryDirectory() as own:
        folder = folder or Path(own)
        Path(folder, "served.py").write_text(program, "utf-8")
        errors = Path(folder, "errors")
        with errors.open("wb") as to:
            process = subprocess.Popen(
                [sys.executable, "-m", "gongzhong", "serve", target, "--port", str(port), "--json", *options],
                cwd=folder,
                env={**os.environ, **ENV, **(env or {})},
                stdout=subprocess.PIPE,
                stderr=to,
            )
        try:
            assert process.stdout is not None
            watchdog = threading.Timer(START_S, process.kill)
            watchdog.start()
            line = process.stdout.readline()
            watchdog.cancel()
            assert line, errors.read_text("utf-8")
            assert line.startswith(b'{"event"'), errors.read_text("utf-8")
            yield Served(process, json.loads(line), errors)
        finally:
            process.kill()
            process.communicate()


def push(content: str, number: int = 1, *, keep: bool = False, openid: str = "") -> bytes:
    """A signed text as a request; each number is another person, if none is named."""
    openid = openid or f"o{number}"
    now = str(int(time.time()))
    query = {"signature": sign(TOKEN, now, "n"), "timestamp": now, "nonce": "n", "openid": openid}
    said = Text(
        to_user_name="gh_1", from_user_name=openid, create_time=int(now), content=content, msg_id=number
    )
    body = encode(said)
    after = "" if keep else "Connection: close\r\n"
    head = f"POST /?{urlencode(query)} HTTP/1.1\r\nHost: x\r\n{after}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def ask(port: int, data: bytes, timeout_s: float = 20) -> bytes:
    """Everything that comes back until the server closes."""
    with socket.create_connection(("127.0.0.1", port), timeout_s) as connection:
        connection.sendall(data)
        return rest_of(connection)


def rest_of(connection: socket.socket) -> bytes:
    received = b""
    while piece := connection.recv(65536):
        received += piece
    return received
