"""Commands that speak to a platform in another terminal: trigger, resend, call, token, doctor."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gongzhong.cli.call import without_secrets
from gongzhong.cli.outcome import DONE, FAILED, USAGE, run

from .conftest import RunningPlatform

OPENID = "oMing00000000000000000000000"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc0000003"
    "0101005a4d7ff10000000049454e44ae426082"
)


@pytest.fixture(autouse=True)
def here(platform: RunningPlatform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GONGZHONG_API_BASE", platform.url)
    monkeypatch.setenv("COLUMNS", "200")


def test_a_push_without_a_url_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["trigger", "text", "Content=你好", "--json"]) == FAILED
    told = json.loads(capsys.readouterr().out)["error"]
    assert (told["kind"], told["en"]) == ("NotPushed", "not pushed: no server URL is configured")
    assert "gongzhong dev" in told["fix_zh"] and "gongzhong dev" in told["fix_en"]


def test_what_can_be_triggered_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["trigger", "--list", "--json"]) == DONE
    names = {event["name"] for event in json.loads(capsys.readouterr().out)}
    assert {"text", "subscribe"} <= names
    assert run(["trigger", "--list"]) == DONE
    assert "subscribe" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [[], ["text", "no-equals-sign"], ["text", "--scene", "vip"]],
)
def test_wrong_triggers_are_wrong_usage(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["trigger", *words]) == USAGE
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("words", [["nonsense"], ["text", "Colour=red"], ["text", "--person", "nobody"]])
def test_what_means_nothing_is_wrong_usage(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["trigger", *words]) == USAGE
    assert words[-1].partition("=")[0] in capsys.readouterr().err


def test_a_call_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["call", "users.get", "--openid", OPENID, "--account", "商城"]) == DONE
    assert json.loads(capsys.readouterr().out)["openid"] == OPENID


def test_a_call_that_is_only_listed(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["call", "listed.call", "--path", "/card/create", "--body", "{}", "--account", "商城"]
    assert run(words) == DONE
    assert json.loads(capsys.readouterr().out)["errcode"] == 0


def test_an_answer_of_any_shape_is_shown_without_secrets() -> None:
    answer = {"list": [{"jsapi_ticket": "S" * 20, "n": 1}], "access_token": {"any": "shape"}, "ok": "plain"}
    assert without_secrets(answer) == {
        "list": [{"jsapi_ticket": "***", "n": 1}],
        "access_token": "***",
        "ok": "plain",
    }


def test_a_call_through_all_pages(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["call", "users.walk", "--account", "商城"]) == DONE
    assert json.loads(capsys.readouterr().out) == OPENID


def test_a_file_goes_up_and_comes_down(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture, copy = tmp_path / "a.png", tmp_path / "b.png"
    picture.write_bytes(PNG)
    assert (
        run(["call", "media.upload", "--type", "image", "--media", f"@{picture}", "--account", "商城"])
        == DONE
    )
    media_id = json.loads(capsys.readouterr().out)["media_id"]
    assert (
        run(["call", "media.get", "--media_id", media_id, "--output", str(copy), "--account", "商城"]) == DONE
    )
    assert copy.read_bytes() == PNG


def test_a_refused_call_is_a_failure_with_cause_and_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["call", "users.get", "--openid", "oNobody", "--account", "商城", "--json"]) == FAILED
    captured = capsys.readouterr()
    assert json.loads(captured.out)["error"]["errcode"] == 40003
    assert "40003" in captured.err


def test_a_dry_run_sends_nothing(capsys: pytest.CaptureFixture[str], platform: RunningPlatform) -> None:
    assert run(["call", "base.get_token", "--dry-run", "--account", "商城"]) == DONE
    text = capsys.readouterr().out
    assert text.startswith(f"GET {platform.url}/cgi-bin/token?")
    assert platform.secret not in text


def test_the_calls_are_listed_and_described(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["call", "--list", "--json"]) == DONE
    listed = {one["name"]: one for one in json.loads(capsys.readouterr().out)}
    assert listed["template.send"]["parameters"][0] == {"name": "touser", "type": "text", "required": True}
    assert run(["call", "template.send", "--help"]) == DONE
    assert "--template_id" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words", [[], ["template.sned"], ["users.get"], ["users.get", "oX"], ["users.get", "--colour", "red"]]
)
def test_wrong_calls_are_wrong_usage(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["call", *words]) == USAGE
    assert capsys.readouterr().err


def test_a_token_is_shown_only_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["token", "--account", "商城"]) == DONE
    short = capsys.readouterr().out
    assert run(["token", "--show", "--account", "商城"]) == DONE
    whole = capsys.readouterr().out.strip()
    assert len(whole) > 100
    assert short.startswith(whole[:8])
    assert whole not in short
    assert run(["call", "base.get_stable_token", "--account", "商城"]) == DONE
    assert whole not in capsys.readouterr().out


def test_the_environment_is_an_account_too(
    platform: RunningPlatform, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GONGZHONG_APPID", platform.appid)
    monkeypatch.setenv("GONGZHONG_SECRET", platform.secret)
    assert run(["token", "--json"]) == DONE
    told = json.loads(capsys.readouterr().out)
    assert told["appid"] == platform.appid
    assert 0 < told["expires_in"] <= 7200


def test_the_doctor_reports_for_scripts_and_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "--account", "商城", "--json"]) == DONE
    report = json.loads(capsys.readouterr().out)
    assert report["ok"] is True
    assert {"check": "credentials", "status": "ok"}.items() <= report["findings"][2].items()
    assert run(["doctor", "--account", "商城", "--secret", "0" * 32]) == FAILED
    text = capsys.readouterr().out
    assert "40125" in text and "→" in text and "1 处不对" in text
