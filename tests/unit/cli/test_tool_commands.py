"""Commands of a tester against a platform in another process: faults, snapshots, recordings, followers, a proxy."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from gongzhong.cli.application import COMMANDS
from gongzhong.cli.outcome import DONE, FAILED, SETUP, USAGE, run

from .conftest import OPENID_OF_MING as OPENID
from .conftest import RunningPlatform, start_platform

pytestmark = pytest.mark.heavy

TEXT = (Path(__file__).parents[3] / "docs" / "cli.md").read_text("utf-8")


@pytest.fixture(autouse=True)
def here(platform: RunningPlatform, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("GONGZHONG_API_BASE", platform.url)
    monkeypatch.setenv("COLUMNS", "200")
    yield
    run(["faults", "clear"])


def call(platform: RunningPlatform) -> int:
    return run(["call", "users.get", "--openid", OPENID, "--account", "商城"])


def test_a_fault_strikes_is_listed_and_ends(
    platform: RunningPlatform, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["faults"]) == DONE
    words = ["errcode", "users.get", "--code", "45009", "--times", "1", "--account", "商城", "--json"]
    assert run(["faults", "add", *words]) == DONE
    (fault,) = json.loads(capsys.readouterr().out.split("\n", 1)[1])
    assert (fault["target"], fault["errcode"], fault["times"]) == ("/cgi-bin/user/info", 45009, 1)
    assert call(platform) == FAILED
    assert "45009" in capsys.readouterr().err
    assert call(platform) == DONE
    capsys.readouterr()
    assert run(["faults"]) == DONE
    assert "1/1" in capsys.readouterr().out
    assert run(["faults", "clear", str(fault["id"])]) == DONE
    assert run(["faults", "clear", str(fault["id"])]) == FAILED


def test_a_connection_is_really_cut(platform: RunningPlatform) -> None:
    token = requests.get(
        f"{platform.url}/cgi-bin/token",
        params={"grant_type": "client_credential", "appid": platform.appid, "secret": platform.secret},
        timeout=10,
    ).json()["access_token"]
    url = f"{platform.url}/cgi-bin/user/info?access_token={token}&openid={OPENID}"
    assert run(["faults", "add", "drop", "user/info", "--times", "1"]) == DONE
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        requests.get(url, timeout=10)
    assert requests.get(url, timeout=10).json()["subscribe"] == 1


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["errcode", "no.such"], USAGE),
        (["errcode", "text", "--push"], USAGE),
        (["errcode", "no/such/path"], USAGE),
        (["duplicate", "NOSUCHEVENT"], USAGE),
        (["errcode", "--code", "0"], USAGE),
        (["sneeze"], USAGE),
    ],
)
def test_an_impossible_fault_is_refused(
    words: list[str], status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["faults", "add", *words]) == status
    assert capsys.readouterr().err


def test_a_snapshot_is_saved_listed_loaded_and_deleted(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["snapshot", "save", "下单前"]) == DONE
    assert run(["snapshot", "list", "--json"]) == DONE
    out = capsys.readouterr().out
    assert [one["name"] for one in json.loads(out.split("\n", 1)[1])] == ["下单前"]
    assert (
        run(["call", "users.set_remark", "--openid", OPENID, "--remark", "改了", "--account", "商城"]) == DONE
    )
    assert run(["snapshot", "load", "下单前"]) == DONE
    capsys.readouterr()
    assert run(["call", "users.get", "--openid", OPENID, "--account", "商城"]) == DONE
    assert json.loads(capsys.readouterr().out)["remark"] == ""
    assert run(["snapshot"]) == DONE
    assert "下单前" in capsys.readouterr().out
    assert run(["snapshot", "delete", "下单前"]) == DONE
    for verb in ("load", "delete"):
        assert run(["snapshot", verb, "下单前"]) == FAILED
    assert run(["snapshot", "save", "../x"]) == FAILED


def test_a_recording_becomes_a_file(
    platform: RunningPlatform,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Talk(io.StringIO):
        """Somebody who plays on the page before pressing Enter."""

        def readline(self, *_: object) -> str:  # type: ignore[override]
            act = {"appid": platform.appid, "content": "你好"}
            requests.post(f"{platform.url}/_platform/people/小明/say", json=act, timeout=10)
            return "\n"

    monkeypatch.setattr(sys, "stdin", Talk())
    file = tmp_path / "tests" / "test_x.py"
    assert run(["record", "--output", str(file), "--app", "shop:oa"]) == DONE
    source = file.read_text("utf-8")
    assert 'oa = load_account("shop:oa", near=__file__)' in source
    assert '小明.says("你好")' in source
    assert run(["record", "-o", str(file)]) == USAGE
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n"))
    assert run(["record", "-o", str(tmp_path / "empty.py")]) == FAILED
    assert not (tmp_path / "empty.py").exists()


def test_followers_come_in_over_the_wire(
    platform: RunningPlatform, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "followers.csv"
    file.write_text("openid,remark\n" + "".join(f"oWire{n:04d},第{n}位\n" for n in range(3000)), "utf-8")
    assert run(["platform", "import", str(file), "--account", "商城", "--json"]) == DONE
    assert json.loads(capsys.readouterr().out)["added"] == 3000
    file.write_text("openid\n不行\n", "utf-8")
    assert run(["platform", "import", str(file)]) == FAILED
    captured = capsys.readouterr()
    assert "跳过 1" in captured.out
    assert "第 2 行" in captured.err
    file.write_text("nickname\n", "utf-8")
    assert run(["platform", "import", str(file)]) == FAILED
    assert run(["platform", "import", str(tmp_path / "absent.csv")]) == SETUP


def test_followers_come_into_a_directory(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, data = tmp_path / "followers.csv", tmp_path / "data"
    file.write_text("openid\no1\no2\n", "utf-8")
    words = ["platform", "import", str(file), "--data", str(data)]
    assert run(words) == USAGE
    assert run([*words, "--account", "新店", "--json"]) == DONE
    assert json.loads(capsys.readouterr().out)["added"] == 2
    assert run([*words, "--account", "新店", "--json"]) == DONE
    assert json.loads(capsys.readouterr().out)["changed"] == 2
    file.write_bytes("openid\n备注".encode("gbk"))
    assert run([*words, "--account", "新店"]) == FAILED
    assert "UTF-8" in capsys.readouterr().err


def test_the_authority_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["platform", "ca", "--data", str(tmp_path)]
    assert run(words) == DONE
    text = capsys.readouterr().out
    assert text.startswith("-----BEGIN CERTIFICATE-----")
    assert run([*words, "--print-path"]) == DONE
    assert Path(capsys.readouterr().out.strip()).read_text("ascii") == text


def test_without_a_data_directory_the_authority_is_among_the_users_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("XDG_CONFIG_HOME", "APPDATA", "HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    assert run(["platform", "ca", "--print-path"]) == DONE
    assert Path(capsys.readouterr().out.strip()).is_relative_to(tmp_path)


def test_a_platform_with_a_proxy_says_where_it_is_and_answers(tmp_path: Path) -> None:
    process, told = start_platform("--proxy", "0", "--data", str(tmp_path))
    try:
        answer = requests.get(
            "https://api.weixin.qq.com/cgi-bin/user/get",
            proxies={"https": str(told["proxy"])},
            verify=str(told["ca"]),
            timeout=10,
        )
        assert answer.json()["errcode"] == 41001
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def test_what_to_set_is_told_to_people(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "gongzhong",
        "platform",
        "--port",
        "0",
        "--proxy",
        "0",
        "--data",
        str(tmp_path),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ}) as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if "Ctrl-C" in line:
                break
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    text = "".join(lines)
    assert "export HTTPS_PROXY=http://127.0.0.1:" in text
    assert f"export NODE_EXTRA_CA_CERTS={tmp_path / 'ca' / 'ca.pem'}" in text


def test_parts_of_commands_are_documented() -> None:
    parts = [f"{command.name} {part.name}" for command in COMMANDS for part in command.parts]
    assert {"platform import", "faults add", "snapshot save"} <= set(parts)
    assert [part for part in parts if part not in TEXT] == []
