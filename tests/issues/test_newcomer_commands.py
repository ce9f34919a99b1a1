"""What a newcomer types in the first hour: a mistake is named with its file, line and fix, in one language."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from gongzhong import Account, NotReached, SetupError
from gongzhong.cli.outcome import DONE, FAILED, SETUP, USAGE, run
from gongzhong.cli.screen import Terminal
from gongzhong.client.answer_file import AnswerFile
from gongzhong.client.transport import WireReply, WireRequest
from gongzhong.platform.config import load
from gongzhong.platform.world.database import Database
from gongzhong.reasons import in_words
from gongzhong.running.dev import Running
from gongzhong.running.doctor import Finding, diagnose
from gongzhong.running.doctor.settings import AsGiven

pytestmark = pytest.mark.heavy

GOOD = {
    "GONGZHONG_APPID": "wx0123456789abcdef",
    "GONGZHONG_SECRET": "0" * 32,
    "GONGZHONG_TOKEN": "abc123",
}
OA = "from gongzhong import OfficialAccount\noa = OfficialAccount.from_env()\n"
BROKEN = {
    "syntax": ("x = 1\noa = OfficialAccount(\n", 2, "SyntaxError: '(' was never closed"),
    "raises": ("import json\n\n\njson.loads('{')\n", 4, "json.decoder.JSONDecodeError"),
    "import": ("import no_such_library_anywhere\n", 1, "No module named 'no_such_library_anywhere'"),
    "account": ("from gongzhong import Account\nAccount(appid='gh_1')\n", 2, ""),
}


def gongzhong(*words: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """One command as a process, without the account of this environment."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("GONGZHONG_")}
    return subprocess.run(
        [sys.executable, "-m", "gongzhong", *words],
        cwd=folder,
        env={**env, "GONGZHONG_LANG": "zh", **variables},
        capture_output=True,
        text=True,
        timeout=60,
    )


def chinese(text: str) -> bool:
    return any("\u4e00" <= letter <= "\u9fff" for letter in text)


@pytest.mark.parametrize("kind", BROKEN)
def test_a_program_that_cannot_be_imported_is_shown_with_its_own_lines(kind: str, tmp_path: Path) -> None:
    source, line, words = BROKEN[kind]
    file = tmp_path / "broken.py"
    file.write_text(source, "utf-8")
    done = gongzhong("serve", "broken.py:oa", "--json", folder=tmp_path, **GOOD)
    assert done.returncode == SETUP
    assert "Traceback" not in done.stderr and "runpy" not in done.stderr and "importlib" not in done.stderr
    assert words in done.stderr
    told = json.loads(done.stdout)["error"]
    assert (told["kind"], told["file"], told["line"]) == ("ProgramError", str(file), line)
    assert chinese(told["zh"]) and not chinese(told["en"])


@pytest.mark.parametrize("target", ["nope.py:oa", "nope:oa"])
def test_dev_of_a_program_that_is_not_there_ends(target: str, tmp_path: Path) -> None:
    done = gongzhong("dev", target, "--port", "0", "--no-open", folder=tmp_path)
    assert done.returncode == SETUP
    assert "nope" in done.stderr and done.stdout == ""


def test_dev_of_a_broken_program_ends_unless_it_is_to_be_reloaded(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("x = = 1\n", "utf-8")
    done = gongzhong("dev", "broken.py:oa", "--port", "0", "--no-open", folder=tmp_path)
    assert done.returncode == SETUP
    assert "第1行有语法错误" in "".join(done.stderr.replace("│", "").split())
    assert "--reload" in done.stderr


def test_serve_without_the_secret_is_refused_at_start(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(OA, "utf-8")
    env = {name: value for name, value in GOOD.items() if name != "GONGZHONG_SECRET"}
    done = gongzhong("serve", "shop.py:oa", "--port", "0", "--json", folder=tmp_path, **env)
    assert done.returncode == SETUP
    assert "GONGZHONG_SECRET" in json.loads(done.stdout)["error"]["en"]


def test_all_wrong_settings_are_told_at_once() -> None:
    env = {"GONGZHONG_APPID": "wx1", "GONGZHONG_TOKEN": "a b", "GONGZHONG_AES_KEY": "short"}
    with pytest.raises(SetupError) as caught:
        Account.from_env({**env, "GONGZHONG_API_BASE": "localhost"})
    for lang in ("zh", "en"):
        text = caught.value.text(lang)  # type: ignore[arg-type]
        assert all(name in text for name in [*env, "GONGZHONG_API_BASE"])
        assert "a b" not in text


@pytest.mark.parametrize(
    ("token", "said"),
    [
        ("a b", "it has 1 other character (blank, punctuation, Chinese …)"),
        ("ab", "its length is 2"),
        ("令" * 40, "it has 40 other characters (blank, punctuation, Chinese …), and its length is 40"),
    ],
)
def test_a_wrong_token_is_told_what_is_wrong_with_it(token: str, said: str) -> None:
    with pytest.raises(SetupError) as caught:
        Account(appid=GOOD["GONGZHONG_APPID"], token=token)
    assert said in caught.value.en
    assert ("长度" in caught.value.zh) == ("length" in said)


@pytest.mark.parametrize("missing", ["certificate", "key"])
def test_a_missing_certificate_is_named(missing: str, tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(OA, "utf-8")
    for name in ("certificate", "key"):
        if name != missing:
            (tmp_path / f"{name}.pem").write_text("", "utf-8")
    words = ["--certificate", "certificate.pem", "--key", "key.pem"]
    done = gongzhong("serve", "shop.py:oa", "--port", "0", *words, "--json", folder=tmp_path, **GOOD)
    assert done.returncode == SETUP
    told = json.loads(done.stdout)["error"]
    assert f"{missing}.pem：没有这个文件或目录" in told["zh"]
    assert f"{missing}.pem: No such file or directory" in told["en"]


def test_an_article_comes_from_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO("<p>你好</p>".encode())))
    assert run(["article", "check", "-", "--json"]) == DONE
    assert json.loads(capsys.readouterr().out)["valid"]


def test_an_article_that_cannot_be_read_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["article", "check", "nope.html", "--json"]) == USAGE
    told = json.loads(capsys.readouterr().out)["error"]
    assert told["zh"] == "不能读取 nope.html：没有这个文件或目录"


@pytest.mark.parametrize(
    ("value", "zh", "en"),
    [
        ("{bad", "第 1 行第 2 列）：对象里的名字要用双引号括起来", "line 1, column 2"),
        ('{"a": {"value": "茶"},\n "b" 1}', "第 2 行第 6 列）：应为 “:”", "line 2, column 6"),
        ('{"a": 1', "内容不完整", "truncated"),
        ('["a"]', "应为 对象，而不是 数组", "Expected `object`, got `array`"),
    ],
)
def test_json_on_the_command_line_is_judged_in_words(
    value: str, zh: str, en: str, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ["call", "template.send", "--touser", "o", "--template_id", "T", "--data", value, "--json"]
    assert run(line) == USAGE
    told = json.loads(capsys.readouterr().out)["error"]
    assert zh in told["zh"] and en in told["en"]


@pytest.mark.parametrize(
    ("toml", "zh", "en"),
    [
        ("a = = 1\n", "第 1 行第 5 列：值的写法不对", "line 1, column 5: Invalid value"),
        ("seed = 1\nseed = 2\n", "第 2 行第 9 列：这个名字已经写过", "line 2, column 9"),
        ("seed = [1\n", "文件末尾：数组没有写完", "at the end: Unclosed array"),
        ("x y\n", "第 1 行第 3 列：名字后面应为 “=”", "line 1, column 3"),
        ("seed = 'a'\n", "seed：应为 整数，而不是 文字", "seed: Expected `int`, got `str`"),
        (
            '[[account]]\nname = "a"\nkind = "servce"\n',
            "account[0].kind：没有这个选项：'servce'，是不是 service？（可用：service、subscription、test）",
            "did you mean service? (there are: service, subscription, test)",
        ),
    ],
)
def test_a_mistake_in_the_configuration_is_said_with_its_place(
    toml: str, zh: str, en: str, tmp_path: Path
) -> None:
    file = tmp_path / "wechat.toml"
    file.write_text(toml, "utf-8")
    with pytest.raises(SetupError) as caught:
        load(file)
    assert zh in caught.value.zh and en in caught.value.en
    assert not chinese(caught.value.en)


def test_the_systems_reasons_are_in_both_languages(tmp_path: Path) -> None:
    problems: list[Exception] = [ConnectionRefusedError(111, "Connection refused"), TimeoutError()]
    for name in (tmp_path / "none", tmp_path):
        try:
            name.read_bytes()
        except OSError as problem:
            problems.append(problem)
    assert len(problems) == 4
    for one in problems:
        zh, en = in_words(one)
        assert chinese(zh) and not chinese(en)


def test_labels_and_values_of_the_banner_are_apart(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for lang, label in (("en", "Callback URL"), ("zh", "回调地址")):
        monkeypatch.setenv("GONGZHONG_LANG", lang)
        Terminal(opens=False).ready(
            Running(
                phone_url="http://p", app_url="http://a", callback_url="http://c", account="a", appid="wx"
            )
        )
        assert f"{label}  " in capsys.readouterr().out


class Api:
    """A transport that answers as the API does without a token, or fails."""

    def __init__(self, problem: Exception | None = None) -> None:
        self.problem, self.asked = problem, list[str]()

    async def send(self, request: WireRequest) -> WireReply:
        self.asked.append(request.url)
        if self.problem is not None:
            raise self.problem
        return WireReply(200, {}, b'{"errcode": 41001, "errmsg": "access_token missing"}')

    async def close(self) -> None: ...


def by_check(findings: list[Finding]) -> dict[str, str]:
    return {one.check: one.status for one in findings}


@pytest.mark.anyio
async def test_the_doctor_looks_at_what_it_can_without_an_account() -> None:
    nobody, api = AsGiven(appid=""), Api()
    assert by_check(await diagnose(nobody, transport=api)) == {
        "appid": "wrong",
        "url": "skipped",
        "api": "ok",
        "credentials": "skipped",
    }
    assert api.asked == ["https://api.weixin.qq.com/cgi-bin/get_api_domain_ip"]
    away = await diagnose(
        nobody, transport=Api(NotReached("连不上", "not reached", fix_zh="网络", fix_en="net"))
    )
    assert by_check(away)["api"] == "wrong"


@pytest.mark.anyio
async def test_the_doctor_looks_at_a_url_without_a_token(serve_http: Any) -> None:
    from http.server import BaseHTTPRequestHandler

    from gongzhong import Hosts

    class Server(BaseHTTPRequestHandler):
        def log_message(self, *words: object) -> None: ...

    url = serve_http(Server) + "/wx"
    here = AsGiven(appid="", hosts=Hosts.local("http://127.0.0.1:9"))
    found = by_check(await diagnose(here, url, transport=Api()))
    assert (found["url"], found["dns"], found["connect"], found["token"]) == ("ok", "ok", "ok", "wrong")


def test_the_doctor_command_runs_without_an_account(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    without: Mapping[str, str] = {n: v for n, v in os.environ.items() if not n.startswith("GONGZHONG_")}
    monkeypatch.setattr(os, "environ", {**without, "GONGZHONG_API_BASE": "http://127.0.0.1:9"})
    assert run(["doctor", "--json"]) == FAILED
    told = json.loads(capsys.readouterr().out)
    assert {"appid", "api", "url"} <= {one["check"] for one in told["findings"]}


def test_a_data_directory_and_a_folder_that_are_not_there_are_named_in_both_languages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(SetupError) as refused:
        Database(tmp_path / "file" / "data")
    assert refused.value.zh.endswith("路径中有一段不是目录")
    assert refused.value.en.endswith("Not a directory")
    monkeypatch.setenv("GONGZHONG_LANG", "zh")
    with pytest.raises(FileNotFoundError, match="没有这个文件或目录"):
        AnswerFile(tmp_path / "no" / "picture.jpg")
