"""Deliveries that WeChat gave up, behind every server: the answer is kept for one that WeChat still waits for.

Source: 被动回复用户消息 (WeChat waits five seconds, then delivers the push again); DESIGN section 6.
"""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from .served import DOORS, PROGRAM, ask, push, rest_of, serving
from .test_several_workers import run

pytestmark = pytest.mark.heavy

QUICK = PROGRAM.replace("customer_service=False", "customer_service=False, window=0.5")
APPLICATION = QUICK + (
    "\nfrom flask import Flask, request\n"
    "flask = Flask(__name__)\n"
    "asgi, rsgi = app, oa.rsgi\n"
    '@flask.route("/", methods=["POST"])\n'
    "def callback():\n"
    "    answer = oa.handle_blocking(request.args, request.get_data())\n"
    "    return answer.body, answer.status, dict(answer.headers())\n"
)
OTHERS = ["gunicorn threads", "uvicorn", "granian", "granian rsgi"]
SERVERS = [*DOORS, *OTHERS]


class Running:
    """A server that can be stopped and continued as a whole."""

    def __init__(self, port: int, pid: int, *, group: bool) -> None:
        self.port, self._pid, self._group = port, pid, group

    def signal(self, number: int) -> None:
        if self._group:
            os.killpg(self._pid, number)
        else:
            os.kill(self._pid, number)

    def open(self, data: bytes) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), 20)
        connection.sendall(data)
        return connection


@contextmanager
def running(server: str, folder: Path) -> Iterator[Running]:
    if server in DOORS:
        with serving(DOORS[server], program=QUICK) as served:
            yield Running(served.port, served.process.pid, group=False)
        return
    with run(server, 1, folder, APPLICATION) as (port, said, pid):
        ends = time.monotonic() + 40
        while True:
            try:
                if b"ready" in ask(port, push("ready", 99), 5):
                    break
            except OSError:
                time.sleep(0.1)
            assert time.monotonic() < ends, said.read_text("utf-8")
        yield Running(port, pid, group=True)


@pytest.fixture(scope="module", params=SERVERS)
def it(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(request.param, tmp_path_factory.mktemp("served")) as server:
        yield server


def test_an_answer_for_a_peer_that_has_gone_waits_for_the_next_delivery(it: Running) -> None:
    data = push("sleep 1.5", 1)
    given_up = it.open(data)
    time.sleep(0.4)
    given_up.close()
    time.sleep(2)
    assert b"slept" in ask(it.port, data)


PATIENCE = [(1.0, 2.0), pytest.param((5.0, 8.0), marks=pytest.mark.slow)]
"""When the peer gives a delivery up and delivers again, and when the server that was stopped goes on: quick, and as
WeChat does it."""


@pytest.mark.parametrize("patience", PATIENCE, ids=["quick", "WeChat's"])
def test_a_waiting_answer_is_not_given_to_a_delivery_that_was_given_up(
    it: Running, patience: tuple[float, float]
) -> None:
    number = 10 + int(patience[0])
    question = push("sleep 1", number)
    deliveries = [it.open(question) for _ in range(3)]
    assert any("还在处理".encode() in rest_of(one) for one in deliveries)
    time.sleep(1.2)
    stopped_while_asked(it, push("继续", 10 + number, openid=f"o{number}"), patience)


@pytest.mark.parametrize("patience", PATIENCE, ids=["quick", "WeChat's"])
def test_an_answer_that_is_ready_when_a_stopped_server_goes_on_finds_the_open_delivery(
    it: Running, patience: tuple[float, float]
) -> None:
    data = push("sleep 0.8", 30 + int(patience[0]))
    given_up = it.open(data)
    time.sleep(0.4)
    stopped_while_asked(it, data, patience, given_up)


def stopped_while_asked(
    it: Running, data: bytes, patience: tuple[float, float], given_up: socket.socket | None = None
) -> None:
    """Stop the server, deliver, give up, deliver again, and let it go on: the second delivery brings the answer."""
    it.signal(signal.SIGSTOP)
    try:
        given_up = given_up or it.open(data)
        time.sleep(patience[0])
        given_up.close()
        again = it.open(data)
        time.sleep(patience[1] - patience[0])
    finally:
        it.signal(signal.SIGCONT)
    assert b"slept" in rest_of(again)
