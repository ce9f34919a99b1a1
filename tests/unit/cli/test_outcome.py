"""Errors become words and an exit status, never a traceback."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import msgspec
import pytest

from gongzhong.cli.outcome import (
    FAILED,
    NETWORK,
    SETUP,
    USAGE,
    Usage,
    run,
    show_foreign,
    status_of,
)
from gongzhong.errors import GongzhongError, NotReached, OutcomeUnknown, PermissionDenied, SetupError
from gongzhong.running.listening import PortInUse, free_port
from gongzhong.running.target import PACKAGE, is_foreign


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Usage("", ""), USAGE),
        (SetupError("", ""), SETUP),
        (PortInUse("", ""), SETUP),
        (NotReached("", ""), NETWORK),
        (OutcomeUnknown("", ""), NETWORK),
        (PermissionDenied("", "", call="c", errcode=48001, errmsg=""), FAILED),
        (GongzhongError("", ""), FAILED),
    ],
)
def test_each_kind_of_error_has_its_status(error: GongzhongError, status: int) -> None:
    assert status_of(error) == status


def test_an_error_is_a_panel_with_the_fix(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["resend", "1", "--platform", f"http://127.0.0.1:{free_port()}"]) == NETWORK
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "gongzhong" in captured.err
    assert "Traceback" not in captured.err


def test_scripts_get_the_error_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    run(["resend", "1", "--json", "--platform", f"http://127.0.0.1:{free_port()}"])
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["kind"] == "NotReached"
    assert error["en"] and error["zh"] and error["fix_en"]


def test_debug_lets_the_error_through() -> None:
    with pytest.raises(NotReached):
        run(["--debug", "resend", "1", "--platform", f"http://127.0.0.1:{free_port()}"])


def test_a_missing_account_is_a_set_up_error(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GONGZHONG_APPID", raising=False)
    assert run(["token"]) == SETUP
    assert "GONGZHONG_APPID" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("filename", "foreign"),
    [
        ("/home/me/shop/bot.py", True),
        (str(PACKAGE / "running" / "serve.py"), False),
        (asyncio.__file__, False),
        (str(Path(msgspec.__file__)), False),
        ("<frozen importlib._bootstrap>", False),
        ("uvloop/loop.pyx", False),
    ],
)
def test_whose_line_it_is(filename: str, foreign: bool) -> None:
    assert is_foreign(filename) is foreign


def test_a_mistake_of_ours_is_not_hidden() -> None:
    try:
        msgspec.json.decode(b"{")
    except msgspec.DecodeError as error:
        error.__traceback__ = None
        assert not show_foreign(error)
