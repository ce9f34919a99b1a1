"""`gongzhong platform` as a process: it says where it is, keeps its data, and stops when asked."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from gongzhong.cli.outcome import SETUP, run
from gongzhong.running.control import Control

from .conftest import start_platform

pytestmark = pytest.mark.heavy


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_asked_to_stop(number: signal.Signals) -> None:
    process, told = start_platform()
    with urllib.request.urlopen(f"{told['url']}/_platform/state", timeout=10) as answer:
        assert answer.status == 200
    process.send_signal(number)
    process.send_signal(number)
    assert process.wait(30) == 0


def test_without_a_file_there_are_an_account_and_two_people() -> None:
    process, told = start_platform()
    state = Control(str(told["url"])).get("state")
    process.terminate()
    process.wait(30)
    assert [person["name"] for person in state["people"]] == ["小明", "小红"]
    assert [one["appid"] for one in state["accounts"]] == [one["appid"] for one in told["accounts"]]  # type: ignore[attr-defined]


def test_a_data_directory_survives_a_restart(tmp_path: Path) -> None:
    process, told = start_platform("--data", str(tmp_path / "data"))
    Control(str(told["url"])).post("people", {"name": "小刚"})
    process.terminate()
    process.wait(30)
    again, told = start_platform("--data", str(tmp_path / "data"))
    people = Control(str(told["url"])).get("state")["people"]
    again.terminate()
    again.wait(30)
    assert "小刚" in [person["name"] for person in people]


def test_a_port_in_use_is_status_3(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert run(["platform", "--port", str(port)]) == SETUP
    assert str(port) in capsys.readouterr().err


def test_mistakes_in_the_file_are_status_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "wechat.toml"
    file.write_text("colour = 'red'", "utf-8")
    assert run(["platform", "--config", str(file)]) == SETUP
    assert run(["platform", "--config", str(tmp_path / "absent.toml")]) == SETUP
    said = "".join(capsys.readouterr().err.replace("│", "").split())  # a long path is broken over lines
    assert said.count("wechat.toml") >= 1


def test_the_announcement_for_people_names_address_and_account() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "gongzhong", "platform", "--port", "0"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(4)]
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    assert "http://127.0.0.1:" in lines[1]
    assert "AppID wx" in lines[3]
