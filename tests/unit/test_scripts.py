"""What `make` asks before it starts: its answers are the first thing a newcomer reads."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"


def run(script: str, *arguments: str) -> tuple[int, str]:
    command = [sys.executable, str(SCRIPTS / script), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    return done.returncode, done.stderr


def test_a_free_port_passes_silently() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert run("check_port.py", str(port)) == (0, "")


def test_a_port_in_use_is_named_with_another_to_try() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        code, message = run("check_port.py", str(port))
    assert code == 1
    assert f"端口 {port} 已被占用" in message
    assert f"port {port} is in use" in message
    assert "Traceback" not in message


@pytest.mark.parametrize("text", ["", "0", "65536", "http", "-1", "8080 "])
def test_what_is_not_a_port_is_refused(text: str) -> None:
    code, message = run("check_port.py", text)
    assert code == 1
    assert "PORT" in message


def test_this_python_is_good_enough() -> None:
    assert run("check_python.py") == (0, "")


def test_progress_passes_the_status_on_and_shows_the_output_of_what_failed() -> None:
    command = [sys.executable, str(SCRIPTS / "progress.py"), "试 / trying", sys.executable, "-c"]
    fine = subprocess.run([*command, "print('much')"], capture_output=True, text=True, timeout=30)
    assert fine.returncode == 0
    assert fine.stderr.startswith("试 / trying …\n") and "much" not in fine.stderr
    wrong = subprocess.run(
        [*command, "print('why'); raise SystemExit(7)"], capture_output=True, text=True, timeout=30
    )
    assert wrong.returncode == 7
    assert wrong.stderr.endswith("why\n")


def test_a_python_that_is_not_here_is_named_and_passed_over() -> None:
    command = [sys.executable, str(SCRIPTS / "test_pythons.py"), "3.99"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stderr) == (0, "")
    assert "3.99" in done.stdout
