"""Several worker processes over one account in memory: recognised behind every server, and said."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gongzhong.running.listening import free_port

from .served import ENV, ask, push

pytestmark = pytest.mark.heavy

APPLICATION = """
from flask import Flask, request
from gongzhong import OfficialAccount, Text
from gongzhong.app import loops

loops.LOOK_AFTER_S = 0.3
oa = OfficialAccount.from_env(customer_service=False)


@oa.default
async def echo(message: Text) -> str:
    return message.content


async def asgi(scope, receive, send):
    await oa.asgi(scope, receive, send)


rsgi = oa.rsgi
wsgi = oa.wsgi
flask = Flask(__name__)


@flask.route("/", methods=["POST"])
def callback():
    answer = oa.handle_blocking(request.args, request.get_data())
    return answer.body, answer.status, dict(answer.headers())
"""
SAID = "服务器有多个进程"
GUNICORN = ["-m", "gunicorn", "--log-level", "error", "--graceful-timeout", "1", "-b", "127.0.0.1:{port}"]
GRANIAN = ["-m", "granian", "--port", "{port}", "--workers", "{workers}", "--log-level", "error"]
UVICORN = ["-m", "uvicorn", "--port", "{port}", "--workers", "{workers}", "--log-level", "error"]
SERVERS = {
    "gunicorn": [*GUNICORN, "-w", "{workers}", "application:wsgi"],
    "gunicorn threads": [*GUNICORN, "-w", "{workers}", "--threads", "8", "application:wsgi"],
    "gunicorn flask": [*GUNICORN, "-w", "{workers}", "application:flask"],
    "gunicorn gevent flask": [*GUNICORN, "-w", "{workers}", "-k", "gevent", "application:flask"],
    "uvicorn": [*UVICORN, "application:asgi"],
    "granian": [*GRANIAN, "--interface", "asgi", "application:asgi"],
    "granian rsgi": [*GRANIAN, "--interface", "rsgi", "application:rsgi"],
    "granian wsgi": [*GRANIAN, "--interface", "wsgi", "application:flask"],
}
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who listens where")


@contextmanager
def run(
    server: str, workers: int, folder: Path, application: str = APPLICATION
) -> Iterator[tuple[int, Path, int]]:
    """A server of others on a port; gives the port, the file with what it says, and its process group."""
    pytest.importorskip(server.split()[0])
    (folder / "application.py").write_text(application, "utf-8")
    port, said = free_port(), folder / "said"
    arguments = [part.format(port=port, workers=workers) for part in SERVERS[server]]
    with said.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=folder,
            env={**os.environ, **ENV},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield port, said, process.pid
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def pushed(port: int, number: int) -> bool:
    try:
        return b"hello" in ask(port, push("hello", number), 10)
    except OSError:
        return False


@linux
@pytest.mark.parametrize("server", SERVERS)
def test_two_workers_are_named(server: str, tmp_path: Path) -> None:
    with run(server, 2, tmp_path) as (port, said, _):
        ends, number = time.monotonic() + 40, 0
        while SAID not in said.read_text("utf-8"):
            assert time.monotonic() < ends, said.read_text("utf-8")
            number += pushed(port, number + 1)
            time.sleep(0.1)
        assert number


@linux
@pytest.mark.parametrize("server", ["gunicorn", "gunicorn flask", "uvicorn", "granian"])
def test_one_worker_is_not(server: str, tmp_path: Path) -> None:
    with run(server, 1, tmp_path) as (port, said, _):
        ends, answered = time.monotonic() + 40, 0
        while answered < 15:  # a second and a half: the look was long ago
            assert time.monotonic() < ends, said.read_text("utf-8")
            answered += pushed(port, answered + 1)
            time.sleep(0.1)
        assert SAID not in said.read_text("utf-8")
