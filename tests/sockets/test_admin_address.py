"""The admin address of a served program: metrics and health, of one process and of several workers."""

from __future__ import annotations

import os
import re
import signal
import socket
import sys
from pathlib import Path

import pytest

from gongzhong.running.listening import free_port

from .served import DOORS, ask, push, rest_of, serving
from .test_supervisor import children, supervised, until

pytestmark = pytest.mark.heavy

linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


def told(admin: Path, request: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(20)
        connection.connect(str(admin))
        connection.sendall(request)
        return rest_of(connection)


def get(admin: Path, path: str, method: str = "GET") -> tuple[int, str]:
    """Status and body of the admin address."""
    answer = told(admin, f"{method} {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()).decode()
    head, _, body = answer.partition("\r\n\r\n")
    return int(head.split()[1]), body


def value(admin: Path, name: str, **labels: str) -> float:
    """The sum of all series of a name that have these labels."""
    found = 0.0
    for line in get(admin, "/metrics")[1].splitlines():
        series, _, number = line.rpartition(" ")
        if series.partition("{")[0] == name and all(
            f'{key}="{one}"' in series for key, one in labels.items()
        ):
            found += float(number)
    return found


@pytest.mark.parametrize("door", DOORS)
def test_one_process_tells_what_it_did(door: str, tmp_path: Path) -> None:
    admin = tmp_path / "admin.sock"
    with serving(DOORS[door], "--admin", str(admin)) as server:
        for number in range(3):
            assert b"hello" in ask(server.port, push("hello", number))
        assert ask(server.port, b"GET /?signature=x&timestamp=1&nonce=1 HTTP/1.0\r\n\r\n")
        assert get(admin, "/healthz") == (200, '{"status":"ok"}\n')
        assert get(admin, "/readyz")[0] == 200
        assert value(admin, "gongzhong_pushes_total", type="Text") == 3
        assert value(admin, "gongzhong_outcomes_total", outcome="passive") == 3
        assert value(admin, "gongzhong_refused_total") == 1
        assert value(admin, "gongzhong_http_request_seconds_count") == 4
        assert value(admin, "gongzhong_handler_seconds_count", handler="echo") == 3
        assert value(admin, "gongzhong_worker_resident_bytes") > 10_000_000
        assert "hello" not in get(admin, "/metrics")[1]
        assert get(admin, "/nothing")[0] == 404
        assert get(admin, "/metrics", "POST")[0] == 405
        assert get(admin, "/metrics", "HEAD") == (200, "")
        assert told(admin, b"x" * 20_000 + b"\r\n\r\n") == b""
        assert b"gongzhong_" not in ask(server.port, b"GET /metrics HTTP/1.0\r\n\r\n"), (
            "never on the public port"
        )
        server.terminate()
        assert server.ended() == 0
        assert not admin.exists()


def test_a_port_of_its_own() -> None:
    port = free_port()
    with serving(DOORS["account"], "--admin", f"127.0.0.1:{port}"):
        assert b"gongzhong_info" in ask(port, b"GET /metrics HTTP/1.1\r\n\r\n")


@linux
def test_counts_of_workers_are_added_up_and_outlive_them(tmp_path: Path) -> None:
    admin = tmp_path / "admin.sock"
    with supervised(tmp_path, "--admin", str(admin)) as server:
        for number in range(20):
            assert b"hello" in ask(server.port, push("hello", number))
        until(lambda: value(admin, "gongzhong_pushes_total", type="Text") == 20)
        assert value(admin, "gongzhong_workers", phase="serving") == 2
        workers = children(server.process.pid)
        os.kill(min(workers), signal.SIGKILL)
        until(lambda: value(admin, "gongzhong_worker_deaths_total") == 1)
        until(lambda: value(admin, "gongzhong_workers", phase="serving") == 2)
        assert value(admin, "gongzhong_pushes_total", type="Text") == 20
        until(lambda: value(admin, "gongzhong_state_up") == 2)
        numbers = set(re.findall(r'resident_bytes\{worker="(\d+)"\}', get(admin, "/metrics")[1]))
        assert len(numbers) == 2 and "3" in numbers
        assert get(admin, "/readyz")[0] == 200
        server.process.send_signal(signal.SIGHUP)
        until(lambda: value(admin, "gongzhong_reloads_total", result="ok") == 1)
        assert value(admin, "gongzhong_pushes_total", type="Text") == 20


@linux
def test_not_ready_while_it_stops(tmp_path: Path) -> None:
    admin = tmp_path / "admin.sock"
    with supervised(tmp_path, "--admin", str(admin)) as server:
        waiting = socket.create_connection(("127.0.0.1", server.port))
        waiting.sendall(push("sleep 3", 1))
        until(lambda: value(admin, "gongzhong_requests_open") == 1)
        server.terminate()
        until(lambda: get(admin, "/readyz")[0] == 503)
        assert "stopping" in get(admin, "/readyz")[1]
        assert get(admin, "/healthz")[0] == 200
        assert b"slept" in rest_of(waiting)
        waiting.close()
        assert server.ended() == 0
