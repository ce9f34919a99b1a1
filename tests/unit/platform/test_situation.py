"""What the pages' bar shows of an account, and the way back to this machine's time."""

from __future__ import annotations

import time
from typing import Any

import pytest
from tests.unit.platform.controlling import ask_control

from gongzhong import Account, OfficialAccount, Secret, Text
from gongzhong.clock import MovableClock
from gongzhong.testing import LocalPlatform

APPID = "wx00000000000000aa"


class Bar:
    """An account whose program fails, and the control API."""

    def __init__(self, platform: LocalPlatform) -> None:
        self.platform = platform
        self.oa = OfficialAccount(Account(appid=APPID, secret=Secret("s" * 32), token=Secret("desk")))
        self.oa.default(self.fail)
        platform.connect(self.oa, wechat_id="shop")
        self.alice = platform.person("alice")
        self.alice.follows()

    def fail(self, message: Text) -> str:
        raise RuntimeError("as told")

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        status, told = ask_control(self.platform, method, path, body)
        assert status == 200, told
        return told

    def look(self) -> Any:
        return self.ask("GET", f"/accounts/{APPID}/situation")


@pytest.fixture
def bar(platform: LocalPlatform) -> Bar:
    return Bar(platform)


def test_a_quiet_account(bar: Bar) -> None:
    seen = bar.look()
    assert (seen["faults"], seen["paused_until"], seen["alarms"]) == (0, None, 0)
    assert seen["recording"]["running"] is False
    assert seen["program"]["url"]


def test_faults_of_this_account_and_of_all_are_counted(bar: Bar) -> None:
    for appid in (APPID, ""):
        bar.ask("POST", "/faults", {"side": "push", "kind": "delay", "appid": appid})
    assert bar.look()["faults"] == 2
    bar.ask("DELETE", "/faults")
    assert bar.look()["faults"] == 0


def test_a_recording_is_told(bar: Bar) -> None:
    bar.ask("POST", "/recording/start", {"appid": APPID})
    bar.ask("POST", "/people/alice/unfollow", {"appid": APPID})
    assert bar.look()["recording"] == {"running": True, "appid": APPID, "length": 1}


def test_a_moved_and_frozen_clock_returns_to_this_machines_time() -> None:
    clock = MovableClock(frozen=True)
    clock.advance(days=3)
    moved: list[float] = []
    clock.moved = lambda: moved.append(clock.now())
    assert clock.follow_machine() == pytest.approx(time.time(), abs=5)
    assert not clock.frozen
    assert len(moved) == 1
