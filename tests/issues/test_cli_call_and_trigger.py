"""Commands against a platform in another process: listed calls, nested fields, misspelt pushes, one account rule."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gongzhong.cli.outcome import DONE, FAILED, SETUP, USAGE, run
from gongzhong.platform.triggers import make
from gongzhong.platform.world.refusal import BadInput

from ..unit.cli.conftest import RunningPlatform, platform
from .door import Door

__all__ = ["platform"]


def test_a_listed_call_is_made(platform: RunningPlatform, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["listed.call", "--path", "/card/create"], ["/card/create"]):
        assert run(["call", *words, "--body", "{}", "--platform", platform.url]) == DONE
        assert json.loads(capsys.readouterr().out)["errcode"] == 0


def test_inner_fields_reach_the_push() -> None:
    door = Door()
    given = {"EventKey": "k", "ScanCodeInfo": {"ScanResult": "价签"}}
    push: Any = make(door.world, door.account, "scancode_push", "alice", given)
    assert push.scan_code_info.scan_result == "价签"
    photos = {"SendPicsInfo": {"PicList": {"item": {"PicMd5Sum": "0f"}}}}
    with pytest.raises(BadInput):
        make(door.world, door.account, "scancode_push", "alice", {"ScanCodeInfo": {"Nonsense": "1"}})
    with pytest.raises(BadInput):
        make(door.world, door.account, "scancode_push", "alice", {"ScanCodeInfo": "text"})
    assert make(door.world, door.account, "pic_sysphoto", "alice", photos)


def test_inner_fields_on_the_command_line(platform: RunningPlatform) -> None:
    line = [
        "trigger",
        "scancode_push",
        "EventKey=k",
        "ScanCodeInfo.ScanResult=价签",
        "--platform",
        platform.url,
    ]
    assert run(line) == FAILED  # understood; there is no callback URL to push to
    assert run([*line, "ScanCodeInfo.Nonsense=1"]) == USAGE


def test_a_misspelt_push_is_told_what_was_meant(
    platform: RunningPlatform, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["trigger", "subscrbe", "--platform", platform.url]) == USAGE
    assert "是不是 subscribe" in "".join(capsys.readouterr().err.replace("│", "").split("\n"))


@pytest.mark.parametrize(
    ("words", "zh", "en"),
    [
        (["text", "Contnt=x"], "Text 没有字段 Contnt。是不是 Content", "Did you mean Content"),
        (["text", "zzz=x"], "有：MsgId、", "There are: MsgId, "),
        (["text", "--person", "小名"], "没有这个人：小名。是不是 小明", "Did you mean 小明"),
        (["text", "--person", "nobody"], "有：小明", "There are: 小明"),
    ],
)
def test_a_wrong_field_or_person_is_told_what_there_is(
    words: list[str], zh: str, en: str, platform: RunningPlatform, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["trigger", *words, "--platform", platform.url, "--json"]) == USAGE
    told = json.loads(capsys.readouterr().out)["error"]
    assert zh in told["zh"] and en in told["en"]


@pytest.mark.parametrize("command", [["token"], ["call", "users.list"]])
def test_no_account_is_the_same_error_everywhere(
    command: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GONGZHONG_APPID", raising=False)
    assert run([*command, "--json"]) == SETUP
    assert json.loads(capsys.readouterr().out)["error"]["zh"].startswith("没有说明是哪个公众号")
