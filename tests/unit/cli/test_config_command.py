"""`gongzhong config` says what is wrong, and where each value comes from, without secrets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gongzhong.cli.outcome import DONE, SETUP, run

SECRET = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GONGZHONG_SECRET", SECRET)
    found = tmp_path / "gongzhong.toml"
    found.write_text(
        'database = "sqlite:///data/app.db"\n[[account]]\nappid = "wx1234567890abcdef"\n[serve]\nport = 8080\n'
    )
    return found


def test_check(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["config", "check", "--json"]) == DONE
    assert json.loads(capsys.readouterr().out) == {"ok": True, "mistakes": [], "notes": []}
    file.write_text("[serve]\nprot = 1\n")
    assert run(["config", "check", "--json"]) == SETUP
    (mistake,) = json.loads(capsys.readouterr().out)["mistakes"]
    assert (mistake["key"], mistake["place"]) == ("serve.prot", "gongzhong.toml:2")
    assert run(["config"]) == SETUP
    assert "port？" in capsys.readouterr().err


def test_show(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["config", "show", "--json"]) == DONE
    found = json.loads(capsys.readouterr().out)
    by_key = {one["key"]: (one["value"], one["source"], one["place"]) for one in found["settings"]}
    assert found["file"] == "gongzhong.toml"
    assert by_key["serve.port"] == ("8080", "file", "gongzhong.toml:5")
    assert by_key["account.secret"] == ("***", "variable", "GONGZHONG_SECRET")
    assert by_key["database"] == ("sqlite:///data/app.db", "file", "gongzhong.toml:1")
    assert run(["config", "show"]) == DONE
    shown = capsys.readouterr().out
    assert "gongzhong.toml:5" in shown
    assert SECRET not in shown
