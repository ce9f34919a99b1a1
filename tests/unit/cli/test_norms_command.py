"""`gongzhong norms`: exit codes for CI, both languages, the gateway's keys, and texts that WeChat holds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gongzhong.cli.outcome import DONE, FAILED, SETUP, USAGE, run

SECRET = "8f3b2c9d71e64a05b8c2f9e07d1a6b34"
PROGRAM = """
from gongzhong import OfficialAccount

oa = OfficialAccount.from_env()


@oa.text("你好")
async def hello(message) -> str:
    return "{said}"
"""


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GONGZHONG_LANG", "en")
    file = tmp_path / "shop_program.py"
    file.write_text(PROGRAM.replace("{said}", "欢迎"), "utf-8")
    return file


def test_a_program_that_keeps_the_norms(program: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["norms", "shop_program.py:oa"]) == DONE
    assert "0 broken, 0 doubtful" in capsys.readouterr().out


def test_what_is_broken_is_named_with_its_mend_and_fails(
    program: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    program.write_text(PROGRAM.replace("{said}", "分享领红包"), "utf-8")
    Path("settings.txt").write_text(f"secret = '{SECRET}'\n", "utf-8")
    assert run(["norms", "shop_program.py:oa"]) == FAILED
    shown = capsys.readouterr().out
    assert (
        "settings.txt:1" in shown and "shop_program.py:9" in shown and "→ do not make people share" in shown
    )
    assert SECRET not in shown
    monkeypatch.setenv("GONGZHONG_LANG", "zh")
    assert run(["norms", "shop_program.py:oa", "--json"]) == FAILED
    told = json.loads(capsys.readouterr().out)
    found = {(one["norm"], one["where"]) for one in told["findings"] if one["verdict"] == "broken"}
    assert told["ok"] is False
    assert found == {("protection", "settings.txt:1"), ("content", "shop_program.py:9")}


def test_strict_fails_for_doubts(program: Path) -> None:
    with program.open("a", encoding="utf-8") as file:
        file.write("\n\nTRACKER = 'https://hm.baidu.com/hm.js'\n")
    assert run(["norms", "shop_program.py:oa"]) == DONE
    assert run(["norms", "shop_program.py:oa", "--strict"]) == FAILED


def test_keys_of_the_gateway_are_looked_at_and_nothing_is_made(
    program: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GONGZHONG_DATABASE", "sqlite:///data.db")
    assert run(["norms", "shop_program.py:oa"]) == DONE
    assert not Path("data.db").exists()
    assert (
        run(["gateway", "key", "create", "all", "--account", "*", "--scope", "*", "--from", "0.0.0.0/0"])
        == DONE
    )
    Path("data.db").chmod(0o600)
    capsys.readouterr()
    assert run(["norms", "shop_program.py:oa"]) == FAILED
    assert "allows 0.0.0.0/0" in capsys.readouterr().out


def test_wrong_words_and_programs(program: Path) -> None:
    assert run(["norms"]) == USAGE
    assert run(["norms", "nothing_here:oa"]) == SETUP
