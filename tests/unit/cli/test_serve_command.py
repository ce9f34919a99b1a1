"""`gongzhong serve` as a process: each kind of target answers, and a stop is clean."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from gongzhong.cli.outcome import SETUP, run
from gongzhong.running.listening import free_port
from gongzhong.wire import sign

pytestmark = pytest.mark.heavy

SOURCES = {
    "served_oa": "from gongzhong.app import OfficialAccount\noa = OfficialAccount.from_env()\n",
    "served_asgi": "from served_oa import oa\napp = oa.asgi\n",
    "served_wsgi": "from served_oa import oa\napplication = oa.wsgi\n",
}
ENV = {"GONGZHONG_APPID": "wx0123456789abcdef", "GONGZHONG_SECRET": "0" * 32, "GONGZHONG_TOKEN": "abc123"}
START_S = 20


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in SOURCES.items():
        (tmp_path / f"{name}.py").write_text(text, "utf-8")
    return tmp_path


def verified(url: str) -> bytes:
    """What the URL answers to WeChat's verification; waits until somebody listens."""
    query = f"signature={sign('abc123', '1', '2')}&timestamp=1&nonce=2&echostr=echo77"
    until = time.monotonic() + START_S
    while True:
        try:
            with urllib.request.urlopen(f"{url}/?{query}", timeout=10) as answer:
                body: bytes = answer.read()
                return body
        except urllib.error.HTTPError:
            raise
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)


@pytest.mark.parametrize("target", ["served_oa:oa", "served_asgi", "served_wsgi", "served_oa.py"])
def test_every_kind_of_target_answers_and_stops(target: str, project: Path) -> None:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "gongzhong", "serve", target, "--port", str(port)],
        cwd=project,
        env={**os.environ, **ENV},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert verified(f"http://127.0.0.1:{port}") == b"echo77"
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 0
    assert f"http://127.0.0.1:{port}" in said
    assert "Traceback" not in said


def test_a_number_that_cannot_be_is_refused_with_its_bounds(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["serve", "served_oa:oa", "--workers", "0"]) == SETUP
    assert "--workers：serve.workers：应为 整数（≥ 1, ≤ 1024），而不是 0" in capsys.readouterr().err


def test_the_configuration_file_says_where_to_listen_and_names_the_account(project: Path) -> None:
    port = free_port()
    (project / "secret").write_text("0" * 32, "utf-8")
    (project / "gongzhong.toml").write_text(
        f"""
        [[account]]
        appid = "wx0123456789abcdef"
        secret_file = "secret"
        token = "abc123"
        [serve]
        port = {port}
        [log]
        format = "json"
        """,
        "utf-8",
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "gongzhong", "serve", "served_oa:oa"],
        cwd=project,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert verified(f"http://127.0.0.1:{port}") == b"echo77"
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 0


def test_a_target_that_is_not_there_is_status_3(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["serve", "no_such_module_here:oa"]) == SETUP
    assert "no_such_module_here" in capsys.readouterr().err
