"""Tracebacks that show local variables hold no secret, whatever goes wrong on a real connection.

Source: DESIGN section 8 (secrets and tokens never appear in messages, logs, reprs or tracebacks).
"""

from __future__ import annotations

import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import pytest

from ..sockets.peers import Act, Connection, Peer, peer

pytestmark = pytest.mark.heavy

__all__ = ["peer"]

SECRET, TOKEN, PASSWORD = "5ec7e7" * 5 + "aa", "88_tokenTOKENtoken0123456789", "pr0xyPASSWORD"
CREDENTIALS = b64encode(f"user:{PASSWORD}".encode()).decode()
GRANTED = f'{{"access_token":"{TOKEN}","expires_in":7200}}'
PAGE = f"<title>no entry for {TOKEN}</title>{SECRET}"
NUMBER = "8812345678901234567890"

TOKEN_ANSWERS = {
    "token page": PAGE,
    "token is a number": f'{{"access_token":{NUMBER},"expires_in":7200}}',
    "token has blanks": f'{{"access_token":"{TOKEN} {TOKEN}","expires_in":7200}}',
    "token lives for ever": f'{{"access_token":"{TOKEN}","expires_in":72000000000}}',
    "token has no life": f'{{"access_token":"{TOKEN}"}}',
    "token in a list": f'{{"access_token":["{TOKEN}"],"expires_in":7200}}',
    "token refused": f'{{"errcode":40125,"errmsg":"invalid appsecret {SECRET}"}}',
}
CALL_ANSWERS = {
    "page": PAGE,
    "refused": f'{{"errcode":40003,"errmsg":"{TOKEN} {SECRET}","more":["{TOKEN}"]}}',
    "another shape": f'{{"ip_list":{{"{TOKEN}":"{SECRET}"}}}}',
    "nested": f'{{"errcode":40003,"errmsg":"{TOKEN}","x":' + "[" * 100_000 + "]" * 100_000 + "}",
    "nested a little": f'{{"errcode":40003,"errmsg":"{TOKEN}","x":' + "[" * 985 + "]" * 985 + "}",
    "cut": "",
}
MODES = [*TOKEN_ANSWERS, *CALL_ANSWERS, "proxy"]
SLOW = ["token has no life", "refused", "cut", "proxy"]
"""What is also shown by renderers that take long."""


def answers(connection: Connection) -> None:
    """What the first part of the path says, or 407 to a request that is for a proxy."""
    while connection.read_request():
        line = connection.head.split(b"\r\n")[0].decode()
        if "//" in line:
            connection.answer(b"", status="407 Proxy Authentication Required")
            continue
        mode = line.split("/")[1].replace("_", " ")
        asks_token = "token" in line and "access_token=" not in line
        body = TOKEN_ANSWERS.get(mode, GRANTED) if asks_token else CALL_ANSWERS[mode]
        if not body:
            return
        connection.answer(body.encode(), "Content-Type: application/json")


CALLS = """
import asyncio, os
from gongzhong import Account, AsyncClient, Client, GongzhongError
from gongzhong.client import CallPolicy, TokenPolicy, Tokens

def account(mode):
    base = "http://wx.example" if mode == "proxy" else f"{os.environ['PEER']}/{mode.replace(' ', '_')}"
    os.environ["GONGZHONG_API_BASE"] = base
    return Account.from_env()

def blocking(mode, kind="stable"):
    with Client(account(mode), tokens=Tokens(policy=TokenPolicy(kind=kind)), policy=CallPolicy(tries=1)) as client:
        client.base.api_addresses()

async def awaited(mode, transport=None):
    async with AsyncClient(account(mode), transport, policy=CallPolicy(tries=1)) as client:
        await client.base.api_addresses()

def plain(mode):
    blocking(mode, "plain")

def awaiting(mode):
    asyncio.run(awaited(mode))

def pyreqwest(mode):
    from gongzhong.client.transports.pyreqwest_transport import PyreqwestTransport
    transport = PyreqwestTransport()
    try:
        with Client(account(mode), transport, policy=CallPolicy(tries=1)) as client:
            client.base.api_addresses()
    finally:
        transport.close()

FACES = [blocking, plain, awaiting, pyreqwest]
"""

RENDERED = f"""
import io, logging, sys, traceback
import structlog
from rich.console import Console
from rich.traceback import Traceback
{CALLS}

def rich():
    Console(width=250).print(Traceback(show_locals=True, locals_max_length=1000, locals_max_string=100_000))

def python():
    print("".join(traceback.TracebackException(*sys.exc_info(), capture_locals=True).format()))

def structlog_text():
    said = structlog.dev.RichTracebackFormatter(show_locals=True, locals_max_string=100_000, width=250)
    structlog.wrap_logger(
        structlog.PrintLogger(sys.stdout),
        processors=[structlog.dev.ConsoleRenderer(exception_formatter=said)],
    ).error("x", exc_info=True)

def structlog_json():
    shown = structlog.tracebacks.ExceptionDictTransformer(show_locals=True, locals_max_string=100_000)
    structlog.wrap_logger(
        structlog.PrintLogger(sys.stdout),
        processors=[structlog.processors.ExceptionRenderer(shown), structlog.processors.JSONRenderer()],
    ).error("x", exc_info=True)

def stdlib():
    logging.getLogger("mine").exception("x")

logging.basicConfig(stream=sys.stdout, level=logging.INFO)
logging.raiseExceptions = True
for face in FACES:
    for mode in sys.argv[1:]:
        try:
            face(mode)
        except GongzhongError:
            print("=====", face.__name__, mode)
            python(); structlog_json(); stdlib()
            if mode in {SLOW}:
                rich(); structlog_text()
            continue
        raise SystemExit(f"{{mode}} did not fail")
"""


def environment(server: Peer) -> dict[str, str]:
    named = {"GONGZHONG_APPID": "wx0123456789abcdef", "GONGZHONG_SECRET": SECRET, "PEER": server.url}
    return {**os.environ, **named, "HTTP_PROXY": f"http://user:{PASSWORD}@127.0.0.1:{server.port}"}


def without_secrets(written: str) -> None:
    place = ""
    for line in written.splitlines():
        place = line if line.startswith("=====") else place
        for value in (SECRET, TOKEN, NUMBER, PASSWORD, CREDENTIALS):
            assert value not in line, f"{place}: {line[:400]}"


@pytest.fixture
def server(peer: Callable[[Act], Peer]) -> Peer:
    return peer(answers)


def test_tracebacks_with_local_variables_hold_no_secret(server: Peer) -> None:
    done = subprocess.run(
        [sys.executable, "-c", RENDERED, *MODES], capture_output=True, timeout=240, env=environment(server)
    )
    written = (done.stdout + done.stderr).decode()
    assert done.returncode == 0, written[-3000:]
    assert written.count("=====") >= 4 * len(MODES) and "locals" in written
    without_secrets(written)


def test_pytest_that_shows_local_variables_shows_no_secret(server: Peer, tmp_path: Path) -> None:
    file = tmp_path / "test_calls.py"
    file.write_text(
        f"{CALLS}\nimport pytest\n@pytest.mark.parametrize('face', FACES)\n"
        f"@pytest.mark.parametrize('mode', {SLOW})\ndef test_call(face, mode):\n    face(mode)\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-l", "-vv", "--showlocals", "-p", "no:cacheprovider", str(file)],
        capture_output=True,
        timeout=240,
        env=environment(server),
        cwd=tmp_path,
    )
    written = done.stdout.decode()
    assert f"{4 * len(SLOW)} failed" in written, written[-3000:] + done.stderr.decode()
    without_secrets(written)
