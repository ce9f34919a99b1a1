"""`gongzhong dev` as a process: Ctrl-C ends it and the program that it started."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from gongzhong.cli.outcome import SETUP

pytestmark = pytest.mark.heavy

BOT = "from gongzhong.app import OfficialAccount\noa = OfficialAccount.from_env()\n"


def start(folder: Path, text: str) -> subprocess.Popen[str]:
    (folder / "dev_cli_bot.py").write_text(text, "utf-8")
    return subprocess.Popen(
        [sys.executable, "-m", "gongzhong", "dev", "dev_cli_bot:oa", "--port", "0", "--no-open"],
        cwd=folder,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def banner(process: subprocess.Popen[str]) -> dict[str, str]:
    """The lines of the banner by their labels, read until the last one."""
    assert process.stdout is not None
    found: dict[str, str] = {}
    for line in process.stdout:
        label, _, value = line.strip().partition(" ")
        found[label] = value.strip()
        if label == "按":
            break
    return found


def listens(url: str) -> bool:
    parts = urlsplit(url)
    with socket.socket() as trial:
        return trial.connect_ex((parts.hostname or "", parts.port or 0)) == 0


def test_ctrl_c_ends_both(tmp_path: Path) -> None:
    process = start(tmp_path, BOT)
    shown = banner(process)
    assert listens(shown["手机页面"])
    assert listens(shown["你的程序"])
    assert shown["回调地址"] == shown["你的程序"] + "/"
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "Traceback" not in said
    assert not listens(shown["手机页面"])
    assert not listens(shown["你的程序"])


def test_the_program_does_not_outlive_a_killed_session(tmp_path: Path) -> None:
    process = start(tmp_path, BOT)
    program = banner(process)["你的程序"]
    process.kill()
    process.communicate(timeout=30)
    until = time.monotonic() + 20
    while listens(program) and time.monotonic() < until:
        time.sleep(0.02)
    assert not listens(program)


def test_a_broken_program_shows_its_own_lines_only(tmp_path: Path) -> None:
    process = start(tmp_path, "def load():\n    raise RuntimeError('broken')\n\nload()\n")
    _, said = process.communicate(timeout=30)
    assert said.count("File ") == 2
    assert "RuntimeError: broken" in said
    assert "Traceback" not in said
    assert process.returncode == SETUP
