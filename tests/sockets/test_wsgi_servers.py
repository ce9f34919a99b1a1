"""Pushes in chunks and in pieces over real sockets, through the WSGI servers that people use."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlencode

import pytest

from gongzhong.messages import Text, encode
from gongzhong.wire import PushWriter, read_xml

pytestmark = pytest.mark.heavy

APPLICATION = """
import os
import sys

from flask import Flask, request

from gongzhong import Account, OfficialAccount, Secret, Text
from gongzhong.app import loops

loops.LOOK_AFTER_S = 0.5
oa = OfficialAccount(
    Account(appid="wx00000000000000aa", secret=Secret("s" * 32), token=Secret("tok123")), customer_service=False
)


@oa.on(Text)
def echo(message: Text) -> str:
    return f"听到：{message.content}"


app = oa.wsgi
flask = Flask(__name__)


@flask.route("/", methods=["GET", "POST"])
def callback():
    answer = oa.handle_blocking(request.args, request.get_data(), request.method)
    return answer.body, answer.status, dict(answer.headers())


loop_per_request = Flask(__name__ + "_loop")


@loop_per_request.route("/", methods=["GET", "POST"])
async def awaited():
    answer = await oa.handle(request.args, request.get_data(), request.method)
    return answer.body, answer.status, dict(answer.headers())


if "ANSWERED_AT_IMPORT" in os.environ:  # as a program that tries itself: the background loop runs before the fork
    oa.handle_blocking("", b"", "GET")

if __name__ == "__main__":
    kind, fd = sys.argv[1], int(sys.argv[2])
    if kind == "waitress":
        import socket

        import waitress

        waitress.serve(app, sockets=[socket.socket(fileno=fd)])
    else:
        from werkzeug.serving import make_server

        make_server("127.0.0.1", 0, {"werkzeug": app, "flask": flask}[kind], threaded=True, fd=fd).serve_forever()
"""
GUNICORN = [sys.executable, "-m", "gunicorn", "--log-level", "error", "--graceful-timeout", "1"]
SERVERS = {
    "gunicorn sync": [*GUNICORN, "-b", "fd://{fd}", "-k", "sync", "application:app"],
    "gunicorn gthread": [*GUNICORN, "-b", "fd://{fd}", "-k", "gthread", "--threads", "4", "application:app"],
    "gunicorn gevent": [*GUNICORN, "-b", "fd://{fd}", "-k", "gevent", "application:app"],
    "gunicorn gevent flask": [*GUNICORN, "-b", "fd://{fd}", "-k", "gevent", "application:flask"],
    "gunicorn preload": [*GUNICORN, "-b", "fd://{fd}", "--preload", "application:app"],
    "gunicorn preload flask": [
        *GUNICORN,
        "-b",
        "fd://{fd}",
        "--preload",
        "--threads",
        "4",
        "application:flask",
    ],
    "gunicorn, a loop per request, flask": [
        *GUNICORN,
        "-b",
        "fd://{fd}",
        "--threads",
        "4",
        "application:loop_per_request",
    ],
    "waitress": [sys.executable, "application.py", "waitress", "{fd}"],
    "werkzeug": [sys.executable, "application.py", "werkzeug", "{fd}"],
    "flask": [sys.executable, "application.py", "flask", "{fd}"],
}
ENVIRONMENT = {**os.environ, "ANSWERED_AT_IMPORT": "1"}
QUERY, BODY = PushWriter("tok123", "", "wx00000000000000aa", "plain").seal(
    encode(Text(to_user_name="gh_1", from_user_name="o1", create_time=1, msg_id=7, content="你好" * 2000)),
    int(time.time()),
    "n",
    "o1",
)
TARGET = f"/?{urlencode(QUERY)}"


@pytest.fixture(scope="module", params=SERVERS)
def address(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, int]]:
    """A server that listens on a socket of ours, so that nobody has to wait until it is up."""
    folder: Path = tmp_path_factory.mktemp("wsgi")
    (folder / "application.py").write_text(APPLICATION, "utf-8")
    with socket.create_server(("127.0.0.1", 0), backlog=32) as listening:
        fd = listening.fileno()
        command = [part.format(fd=fd) for part in SERVERS[request.param]]
        process = subprocess.Popen(
            command, cwd=folder, pass_fds=[fd], stderr=subprocess.DEVNULL, env=ENVIRONMENT
        )
        try:
            yield listening.getsockname()
        finally:
            process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(5)
            process.kill()
            process.wait()


def heard(response: http.client.HTTPResponse) -> str:
    assert response.status == 200
    return str(read_xml(response.read())["Content"])


def test_a_body_of_announced_length(address: tuple[str, int]) -> None:
    connection = http.client.HTTPConnection(*address, timeout=20)
    connection.request("POST", TARGET, BODY)
    assert heard(connection.getresponse()).startswith("听到：你好")
    connection.close()


def test_a_body_in_chunks(address: tuple[str, int]) -> None:
    connection = http.client.HTTPConnection(*address, timeout=20)
    pieces = iter([BODY[:1], BODY[1:700], BODY[700:]])
    connection.request("POST", TARGET, pieces, {"Transfer-Encoding": "chunked"}, encode_chunked=True)
    assert heard(connection.getresponse()).startswith("听到：你好")
    connection.close()


def test_a_body_that_arrives_in_pieces(address: tuple[str, int]) -> None:
    with socket.create_connection(address, timeout=20) as peer:
        head = (
            f"POST {TARGET} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {len(BODY)}\r\n\r\n"
        )
        peer.sendall(head.encode())
        for start in range(0, len(BODY), 4000):
            peer.sendall(BODY[start : start + 4000])
            time.sleep(0.02)  # so that the server sees the pieces one by one
        answer = http.client.HTTPResponse(peer)
        answer.begin()
        assert heard(answer).startswith("听到：你好")


@pytest.mark.parametrize("framing", [f"Content-Length: {len(BODY)}", "Transfer-Encoding: chunked"])
def test_a_peer_that_leaves_in_the_middle_hurts_nobody(
    address: tuple[str, int], framing: str, request: pytest.FixtureRequest
) -> None:
    reads_itself = "flask" in request.node.name  # request.get_data() fails before our code is reached
    with socket.create_connection(address, timeout=20) as peer:
        start = BODY[:500] if "Length" in framing else b"1f4\r\n" + BODY[:200]
        peer.sendall(f"POST {TARGET} HTTP/1.1\r\nHost: a\r\n{framing}\r\n\r\n".encode() + start)
        peer.shutdown(socket.SHUT_WR)
        with suppress(OSError):
            answer = peer.recv(4096)
            assert reads_itself or not answer or b" 4" in answer[:12], answer
    test_a_body_of_announced_length(address)


@pytest.mark.parametrize("length", ["-1", "1e3", "9" * 5000])
def test_a_length_that_is_none_is_refused(address: tuple[str, int], length: str) -> None:
    with socket.create_connection(address, timeout=20) as peer:
        head = f"POST {TARGET} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
        peer.sendall(head.encode())
        peer.shutdown(socket.SHUT_WR)
        with suppress(OSError):
            answer = peer.recv(4096)
            assert not answer or b" 4" in answer[:12], answer
    test_a_body_of_announced_length(address)
