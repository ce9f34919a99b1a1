"""Stopping `gongzhong serve`, politely and not: answers that are under way, the port, and what is left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gongzhong.running.listening import free_port

from .served import DOORS, ENV, PROGRAM, ask, push, serving
from .test_hostile_connections import listening

pytestmark = pytest.mark.heavy


def asked_in_threads(port: int, pushes: list[bytes]) -> tuple[list[threading.Thread], list[bytes]]:
    answers: list[bytes] = []
    threads = [threading.Thread(target=lambda one=one: answers.append(ask(port, one))) for one in pushes]
    for thread in threads:
        thread.start()
    return threads, answers


@pytest.mark.parametrize("door", DOORS)
def test_what_is_under_way_is_answered_and_the_port_stays_open_until_then(door: str) -> None:
    with serving(DOORS[door]) as server:
        threads, answers = asked_in_threads(server.port, [push("sleep 3", number) for number in range(1, 5)])
        time.sleep(1)
        server.terminate()
        time.sleep(0.5)
        assert b"meanwhile" in ask(server.port, push("meanwhile", 9))
        for thread in threads:
            thread.join()
        assert [b"slept" in answer for answer in answers] == [True] * 4
        assert server.ended() == 0
        assert "Traceback" not in server.said


@pytest.mark.parametrize("door", DOORS)
def test_an_idle_server_stops_at_once_whatever_is_connected(door: str) -> None:
    with serving(DOORS[door]) as server:
        idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(20)]
        for connection in idle[:10]:
            connection.sendall(b"GET /?x=1 HTTP/1.1\r\nHost: x\r\n\r\n")
        began = time.monotonic()
        server.terminate()
        assert server.ended() == 0
        assert time.monotonic() - began < 8
        for connection in idle:
            connection.close()


def test_a_delivery_that_wechat_gave_up_finds_the_same_server_again() -> None:
    with serving(DOORS["account"]) as server:
        given_up = socket.create_connection(("127.0.0.1", server.port))
        given_up.sendall(push("sleep 2", 7))
        time.sleep(0.5)
        server.terminate()
        given_up.close()
        time.sleep(0.2)
        assert b"slept" in ask(server.port, push("sleep 2", 7))
        assert server.ended() == 0


def test_an_answer_for_a_peer_that_has_gone_waits_for_the_next_delivery() -> None:
    with serving(DOORS["account"]) as server:
        given_up = socket.create_connection(("127.0.0.1", server.port))
        given_up.sendall(push("sleep 2", 7))
        time.sleep(0.5)
        given_up.close()
        time.sleep(2.5)
        assert b"slept" in ask(server.port, push("sleep 2", 7))


@pytest.mark.parametrize("door", DOORS)
def test_a_killed_server_leaves_nothing_that_keeps_the_port(door: str) -> None:
    with serving(DOORS[door]) as server:
        assert b"hello" in ask(server.port, push("hello"))
        server.process.kill()
        server.ended()
        with socket.socket() as trial, pytest.raises(ConnectionRefusedError):
            trial.connect(("127.0.0.1", server.port))


def test_a_new_process_takes_the_port_over_before_the_old_one_goes() -> None:
    port = free_port()
    with serving(DOORS["account"], "--reuse-port", port=port) as old:
        threads, answers = asked_in_threads(port, [push("sleep 2", 1)])
        time.sleep(0.5)
        with serving(DOORS["account"], "--reuse-port", port=port) as new:
            old.terminate()
            time.sleep(0.5)
            for number in range(2, 12):
                assert b"hello" in ask(port, push("hello", number))
            threads[0].join()
            assert b"slept" in answers[0]
            assert old.ended() == 0
            assert new.process.poll() is None


@pytest.mark.anyio
@pytest.mark.parametrize("others_serve", [False, True], ids=["alone", "others serve"])
@pytest.mark.parametrize("already", [0, 30], ids=["nothing yet", "part of the head"])
async def test_a_peer_that_was_let_in_before_the_stop_is_answered(others_serve: bool, already: int) -> None:
    request = push("on its way", 1)
    async with listening() as (server, _):
        server.others_serve = others_serve
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(request[:already])
        while not server.open:  # noqa: ASYNC110 (nothing tells of it)
            await asyncio.sleep(0.01)
        stop = asyncio.create_task(server.stop())
        await asyncio.sleep(0.2)
        writer.write(request[already:])
        assert b"on its way" in await asyncio.wait_for(reader.read(), 10)
        await stop
        writer.close()


def test_the_programs_process_ends_with_the_development_loop_however_that_ends(tmp_path: Path) -> None:
    (tmp_path / "served.py").write_text(PROGRAM, "utf-8")
    port, app_port = free_port(), free_port()
    command = [sys.executable, "-m", "gongzhong", "dev", "served:oa", "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--app-port", str(app_port), "--no-open"],
        cwd=tmp_path,
        env={**os.environ, **ENV},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until(lambda: listens(app_port), 60)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    until(lambda: not listens(app_port), 15)


def listens(port: int) -> bool:
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", port)) == 0


def until(reached: Callable[[], bool], patience_s: float) -> None:
    ends = time.monotonic() + patience_s
    while not reached():
        assert time.monotonic() < ends
        time.sleep(0.1)
