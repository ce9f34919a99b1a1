"""One line of traffic says everything at a glance."""

from __future__ import annotations

from typing import Any

import pytest

from gongzhong.cli.screen import Terminal, traffic_line
from gongzhong.running.dev import Running

ENTRY: dict[str, Any] = {
    "seq": 12,
    "time": 0.0,
    "kind": "push",
    "title": "event:CLICK",
    "person": "小明",
    "attempt": 2,
    "of": 3,
    "verdict": {"ok": False, "class": "timeout", "zh": "请求超时", "en": "timeout"},
    "cost_ms": 5001.4,
}


def test_a_push_shows_direction_person_attempt_verdict_and_number() -> None:
    assert traffic_line(ENTRY).plain[8:] == " → event:CLICK 小明 (2/3)  请求超时  5001 ms  #12"


def test_a_call_comes_from_the_other_side() -> None:
    call = {**ENTRY, "kind": "api", "title": "cgi-bin/token", "person": None, "attempt": None, "of": None}
    assert traffic_line(call).plain[8:] == " ← cgi-bin/token  请求超时  5001 ms  #12"


@pytest.mark.parametrize("callback", ["http://127.0.0.1:2/", None])
def test_the_banner_names_every_address(callback: str | None, capsys: pytest.CaptureFixture[str]) -> None:
    running = Running(
        phone_url="http://127.0.0.1:1",
        app_url="http://127.0.0.1:2",
        callback_url=callback,
        account="demo",
        appid="wx1",
    )
    Terminal(opens=False).ready(running)
    text = capsys.readouterr().out
    assert "http://127.0.0.1:1\n" in text
    assert (callback or "未配置") in text
    assert "demo  wx1" in text
