"""Ports that are free, taken, and listened on."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from gongzhong import SetupError
from gongzhong.running import listening
from gongzhong.running.listening import PortInUse, free_port, require_free, until_listening, url_of

pytestmark = pytest.mark.anyio


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_a_port_in_use_is_an_error_with_its_number(taken: int) -> None:
    with pytest.raises(PortInUse, match=str(taken)):
        require_free("127.0.0.1", taken)


def test_a_free_port_and_port_zero_pass() -> None:
    require_free("127.0.0.1", free_port())
    require_free("127.0.0.1", 0)


def test_free_ports_differ_and_are_none_that_the_system_gives_to_connections() -> None:
    ports = [free_port() for _ in range(20)]
    assert len(set(ports)) == 20
    assert max(ports) < 32768


@pytest.mark.skipif(sys.platform != "linux", reason="names in the kernel are Linux's")
def test_processes_that_look_in_the_same_place_are_given_different_ports() -> None:
    """Ids that are 127 apart begin in the same hundred; nobody listens yet when the second one looks."""
    script = (
        "import os, sys; from gongzhong.running.listening import free_port; os.getpid = lambda: 7;"
        "print(*(free_port() for _ in range(20)), flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", script]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    both = [subprocess.Popen(command, **pipes) for _ in range(2)]  # type: ignore[call-overload]
    given = [port for one in both for port in one.stdout.readline().split()]
    for one in both:
        one.communicate()
    assert len(set(given)) == 40


def test_ports_of_connections_that_just_ended_are_free() -> None:
    """A server that closes first leaves its port waiting for late packets (TIME_WAIT) for a minute."""
    for _ in range(120):
        port = free_port()
        with (
            socket.create_server(("127.0.0.1", port)) as server,
            socket.create_connection(("127.0.0.1", port)) as caller,
        ):
            server.accept()[0].close()
            assert caller.recv(1) == b""


def test_when_no_port_is_free_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    monkeypatch.setattr(listening, "FREE_PORTS", range(port, port + 1))
    with socket.create_server(("127.0.0.1", port)), pytest.raises(SetupError, match="没有空闲的端口"):
        free_port()


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 70000), ("203.0.113.9", 8000), ("not a host", 1)])
def test_an_impossible_address_is_a_set_up_error(host: str, port: int) -> None:
    with pytest.raises(SetupError):
        require_free(host, port)


@pytest.mark.parametrize(
    ("host", "url"),
    [("127.0.0.1", "http://127.0.0.1:80"), ("0.0.0.0", "http://127.0.0.1:80"), ("::1", "http://[::1]:80")],
)
def test_the_address_for_a_browser(host: str, url: str) -> None:
    assert url_of(host, 80) == url


async def test_waiting_ends_when_somebody_listens(taken: int) -> None:
    assert await until_listening("127.0.0.1", taken, 5, lambda: True)


async def test_waiting_ends_when_it_is_not_wanted_any_more() -> None:
    port = free_port()
    assert not await asyncio.wait_for(until_listening("127.0.0.1", port, 60, lambda: False), 5)


async def test_waiting_ends_with_the_time() -> None:
    assert not await until_listening("127.0.0.1", free_port(), 0, lambda: True)
