"""systemd's protocols, played by the test: the datagrams of sd_notify(3), the passed socket of sd_listen_fds(3)."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from .served import ENV, PROGRAM, ask, push
from .test_supervisor import until

pytestmark = [pytest.mark.skipif(sys.platform != "linux", reason="systemd runs on Linux"), pytest.mark.heavy]
WORKERS = [1, 2]


class Manager:
    """What systemd is for a service: the socket that it tells."""

    def __init__(self, path: Path) -> None:
        self.path, self.heard = path, list[str]()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.setblocking(False)

    def has_heard(self, word: str) -> bool:
        while True:
            try:
                self.heard.append(self._socket.recv(4096).decode())
            except BlockingIOError:
                return any(word in one for one in self.heard)

    def close(self) -> None:
        self._socket.close()


def service(folder: Path, workers: int, env: dict[str, str], **settings: object) -> subprocess.Popen[bytes]:
    (folder / "served.py").write_text(PROGRAM, "utf-8")
    env = {**os.environ, **ENV, "GONGZHONG_STATE": f"sqlite:///{folder / 's.db'}", **env}
    serve = [
        sys.executable,
        "-m",
        "gongzhong",
        "serve",
        "served:oa",
        "--port",
        "0",
        "--workers",
        str(workers),
    ]
    # LISTEN_PID is the process that runs the command: known only after the fork
    script = 'LISTEN_PID=$$ exec "$@"' if "LISTEN_FDS" in env else 'exec "$@"'
    return subprocess.Popen(["/bin/sh", "-c", script, "sh", *serve], cwd=folder, env=env, **settings)  # type: ignore[call-overload, no-any-return]


@pytest.mark.parametrize("workers", WORKERS)
def test_a_service_says_when_it_is_ready_alive_and_stopping(workers: int, tmp_path: Path) -> None:
    manager = Manager(tmp_path / "notify")
    process = service(tmp_path, workers, {"NOTIFY_SOCKET": str(manager.path), "WATCHDOG_USEC": "2000000"})
    try:
        until(lambda: manager.has_heard("READY=1"))
        ready = next(one for one in manager.heard if "READY=1" in one)
        assert f"MAINPID={process.pid}" in ready.splitlines()
        until(lambda: manager.has_heard("WATCHDOG=1"))
        if workers > 1:
            manager.heard.clear()
            process.send_signal(signal.SIGHUP)
            until(lambda: manager.has_heard("RELOADING=1\nMONOTONIC_USEC="))
            until(lambda: manager.has_heard("READY=1"))
        process.send_signal(signal.SIGTERM)
        until(lambda: manager.has_heard("STOPPING=1"))
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()
        manager.close()


@pytest.mark.parametrize("workers", WORKERS)
def test_a_passed_socket_is_served_and_left_open(workers: int, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

        def third() -> None:
            os.dup2(listening.fileno(), 3)

        process = service(
            tmp_path, workers, {"LISTEN_FDS": "1"}, preexec_fn=third, pass_fds=(3, listening.fileno())
        )
        try:
            assert b"hello" in ask(port, push("hello"), 60)
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
        finally:
            process.kill()
            process.wait()
