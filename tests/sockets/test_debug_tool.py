"""The interface debugging tool over real sockets: code that runs as pasted, and calls of "WeChat itself".

WeChat itself is here a second platform, whose account's credentials stand in the environment of the first.
"""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gongzhong.catalogue.answers import decode_answer
from gongzhong.cli.call import without_secrets
from gongzhong.platform import AccountConfig, PersonConfig, PlatformConfig, TieConfig
from gongzhong.platform.config import AgentConfig, MediaConfig, PublishedConfig, TemplateConfig
from gongzhong.platform.debugging import forms
from gongzhong.platform.world.ids import TOKEN_PREFIX
from gongzhong.running.child import without_wechat
from gongzhong.running.listening import free_port
from gongzhong.testing import PNG, LivePlatform

pytestmark = pytest.mark.heavy

SECRET = "5ec4e7" + "0" * 24 + "ff"
REAL = "wx00000000000000cc"
REPRESENTATIVES = (
    *(
        "GetQuota",
        "GetApiAddresses",
        "CreateMenu",
        "SendTemplate",
        "SendCustomerMessage",
        "SetRemark",
        "GetUsers",
    ),
    *("TagUsers", "GetTags", "CreateShortKey", "CheckWebToken", "GetTicket", "UploadMedia", "UploadImage"),
    *("GetMassSpeed", "GetNoticeTemplates", "CountMaterial", "ListDrafts", "ListPublished", "ListComments"),
    *("GetAgents", "GetFollowerTotals", "GetArticleReads", "GetArticleTotals", "GetCardOverview"),
    *("GetSlotStatistics", "Translate", "/card/create", "/cgi-bin/groups/get"),
)
"""At least one of each chapter, and two that are listed only."""
DRAWN = {
    "UploadMedia": ("media_id", "created_at"),
    "UploadImage": ("url",),
    "GetTicket": ("ticket", "expires_in"),
    "SendTemplate": ("msgid",),
    "CreateShortKey": ("short_key",),
    "GetQuota": ("quota",),
}
"""What differs from one time to the next."""


def ask(url: str, path: str, body: Any = None) -> tuple[int, Any]:
    request = urllib.request.Request(
        f"{url}/_platform/debug/{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"content-type": "application/json", "sec-fetch-site": "same-origin"},
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)


def config(folder: Path) -> PlatformConfig:
    """An account with something of everything that the representatives ask for."""
    (folder / "cover.png").write_bytes(PNG)
    article = {"title": "春天", "content": "<p>花开了</p>", "thumb_media_id": "cover", "need_open_comment": 1}
    written = {"account": "shop", "article_id": "spring", "article": [article]}
    return PlatformConfig(
        folder=str(folder),
        account=[AccountConfig(name="shop", wechat_id="shop")],
        person=[
            PersonConfig(name=name, accounts={"shop": TieConfig(follows=True, wrote_s_ago=0)})
            for name in ("alice", "bob")
        ],
        template=[TemplateConfig(account="shop", title="通知", content="商品：{{thing1.DATA}}")],
        media=[MediaConfig(account="shop", media_id="cover", file="cover.png")],
        published=[msgspec.convert(written, PublishedConfig)],
        agent=[AgentConfig(account="shop", kf_account="helper@shop", nickname="小助手")],
    )


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LivePlatform]:
    with LivePlatform(config(tmp_path_factory.mktemp("shop"))) as platform:
        yield platform


def printed(command: list[str], folder: Path, **variables: str) -> str:
    """What a command prints, errors included; `gongzhong` is the one that is tested."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "GONGZHONG_LANG": "zh", "NO_PROXY": "*", **variables}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
    return done.stdout + done.stderr


def runs(code: dict[str, str], folder: Path, **variables: str) -> list[str]:
    """What curl, the command and both forms of Python print."""
    quiet = code["curl"].replace("curl ", "curl -sS ", 1)
    commands = [
        ["bash", "-c", quiet],
        ["bash", "-c", code["cli"]],
        [sys.executable, "-c", code["python"]],
        [sys.executable, "-c", code["python_async"]],
    ]
    return [printed(command, folder, **variables) for command in commands]


def trial_of(shop: LivePlatform, name: str) -> dict[str, Any]:
    """The call with the values that its form begins with, harder ones where a shell could stumble."""
    appid = shop.platform.account("shop").appid
    filled = ask(shop.url, f"form?call={name}&appid={appid}&person=alice")[1]
    fields = filled["form"]["parameters"]["properties"]
    files = [key for key, one in fields.items() if one["x-in"] == "file"]
    values = {key: value for key, value in filled["values"].items() if key not in files}
    if name == "SendCustomerMessage":
        values["text"]["content"] = "It's “你好”\n$HOME `x` \\ \" @"
    if name == "/card/create":
        values = {"body": {"card": {"title": "It's"}}, "query": {"x": "1 2"}}
    content = base64.b64encode(PNG).decode()
    given = {key: {"filename": "a b.png", "content": content, "content_type": "image/png"} for key in files}
    return {"call": name, "appid": appid, "values": values, "files": given}


def alike(name: str, answer: Any) -> Any:
    """An answer without what is drawn anew each time."""
    return {key: value for key, value in answer.items() if key not in DRAWN.get(name, ())}


@pytest.mark.parametrize("name", REPRESENTATIVES)
def test_code_runs_as_pasted_and_gives_the_same_answer(shop: LivePlatform, name: str, tmp_path: Path) -> None:
    trial = trial_of(shop, name)
    made = ask(shop.url, "run", trial)[1]
    answer = json.loads(made["answer"]["body"]["text"])
    curl, cli, *python = runs(ask(shop.url, "code", trial)[1]["code"], tmp_path)
    if code := made["told"]["code"]:
        assert json.loads(curl)["errcode" if "errcode" in answer else "base_resp"]
        assert all(str(code) in output for output in (curl, cli, *python))
        return
    call = forms.find(name)
    assert call is not None
    typed = decode_answer(call, json.dumps(answer).encode(), "application/json", None)
    assert alike(name, json.loads(curl)) == alike(name, answer)
    assert alike(name, json.loads(cli)) == alike(name, without_secrets(typed))
    for output in python:
        if name in DRAWN:
            assert output.startswith(f"{type(typed).__name__}("), output
        else:
            assert output.strip() == repr(typed)


def test_a_file_comes_back_whole_however_it_is_fetched(shop: LivePlatform, tmp_path: Path) -> None:
    trial = {
        "call": "GetMaterial",
        "appid": shop.platform.account("shop").appid,
        "values": {"media_id": "cover"},
    }
    assert base64.b64decode(ask(shop.url, "run", trial)[1]["answer"]["body"]["file"]) == PNG
    code = ask(shop.url, "code", trial)[1]["code"]
    for line in (code["curl"].replace("curl ", "curl -sS ", 1), code["cli"]):
        printed(["bash", "-c", f"({line}) > file"], tmp_path)
        assert (tmp_path / "file").read_bytes() == PNG


# WeChat itself


@pytest.fixture(scope="module")
def wechat() -> Iterator[LivePlatform]:
    """The second platform, which plays WeChat."""
    account = AccountConfig(name="real", appid=REAL, secret=SECRET)
    person = PersonConfig(name="alice", accounts={"real": TieConfig(follows=True, wrote_s_ago=0)})
    with LivePlatform(PlatformConfig(account=[account], person=[person])) as platform:
        yield platform


class Started:
    """`gongzhong platform` with these variables; everything that it ever said is in `said`."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self._log = folder / "log"
        port = str(free_port("127.0.0.1"))
        self.url = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "gongzhong", "platform", "--port", port]
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                command, env={**os.environ, **variables}, stdout=log, stderr=log, cwd=folder
            )
        self.answers = b""

    def wait(self) -> None:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{self.url}/_platform/state", timeout=5).close()
                return
            except OSError:
                assert self.process.poll() is None, self.said
                time.sleep(0.1)
        raise AssertionError(self.said)

    @property
    def said(self) -> str:
        return self._log.read_text()

    def ask(self, path: str, body: Any = None) -> tuple[int, Any]:
        status, told = ask(self.url, path, body)
        self.answers += json.dumps(told).encode()
        return status, told

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)


@pytest.fixture(scope="module")
def tool(wechat: LivePlatform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    """The first platform, with the real account's credentials in its environment."""
    started = Started(
        tmp_path_factory.mktemp("tool"),
        GONGZHONG_WECHAT_APPID=REAL,
        GONGZHONG_WECHAT_SECRET=SECRET,
        GONGZHONG_WECHAT_API_BASE=wechat.url,
    )
    try:
        started.wait()
        yield started
    finally:
        started.stop()


def at_wechat(call: str, **more: Any) -> dict[str, Any]:
    return {"call": call, "target": "wechat", **more}


def test_the_page_learns_which_account_and_where(tool: Started, wechat: LivePlatform) -> None:
    _, told = tool.ask("calls")
    assert told["wechat"] == {"appid": REAL, "base": wechat.url, "prefix": "GONGZHONG_WECHAT_"}


def test_reading_is_done_at_once_and_changing_wants_a_confirmation(
    tool: Started, wechat: LivePlatform
) -> None:
    seen = len(wechat.calls)
    status, told = tool.ask("run", at_wechat("GetTags"))
    assert status == 200 and told["told"]["ok"] and told["seq"] is None
    assert told["request"]["url"] == f"{wechat.url}/cgi-bin/tags/get?access_token=***"
    assert "cgi-bin/tags/get" in [call.title for call in wechat.calls[seen:]]
    change = at_wechat("CreateTag", values={"tag": {"name": "金卡"}})
    seen = len(wechat.calls)
    assert tool.ask("run", change)[0] == 409
    assert len(wechat.calls) == seen
    status, told = tool.ask("run", {**change, "confirmed": True})
    assert status == 200 and told["told"]["ok"]
    assert "金卡" in tool.ask("run", at_wechat("GetTags"))[1]["answer"]["body"]["text"]


def test_nothing_of_it_stands_in_the_platforms_own_traffic(tool: Started) -> None:
    tool.ask("run", at_wechat("GetTags"))
    with urllib.request.urlopen(f"{tool.url}/_platform/traffic", timeout=10) as answer:
        assert json.load(answer)["entries"] == []


def test_refusals_are_explained_and_rids_asked_about_there(tool: Started) -> None:
    change = at_wechat("CreateTag", values={"tag": {}}, confirmed=True)
    told = tool.ask("run", change)[1]["told"]
    assert told["code"] and told["rid"]
    status, found = tool.ask("rid", {"text": told["rid"], "target": "wechat"})
    assert status == 200 and "invoke_time" in found["tried"]["answer"]["body"]["text"]


def test_tokens_are_neither_typed_nor_shown(tool: Started) -> None:
    assert tool.ask("run", at_wechat("GetTags", access_token="x"))[0] == 400
    grant = {"grant_type": "client_credential"}
    for name in ("GetToken", "GetStableToken"):
        status, told = tool.ask("run", at_wechat(name, values=grant, confirmed=True))
        assert status == 200 and told["told"]["ok"]
        assert json.loads(told["answer"]["body"]["text"])["access_token"] == "***"
        assert "secret=***" in told["request"]["url"] or '"secret":"***"' in told["request"]["body"]["text"]
    ticket = tool.ask("run", at_wechat("GetTicket", values={"type": "jsapi"}))[1]
    assert json.loads(ticket["answer"]["body"]["text"])["ticket"] == "***"


def test_its_code_takes_the_credentials_from_the_environment(
    tool: Started, wechat: LivePlatform, tmp_path: Path
) -> None:
    variables = {
        "GONGZHONG_WECHAT_APPID": REAL,
        "GONGZHONG_WECHAT_SECRET": SECRET,
        "GONGZHONG_WECHAT_API_BASE": wechat.url,
    }
    for name in ("GetTags", "GetApiAddresses"):
        answer = tool.ask("run", at_wechat(name))[1]["answer"]["body"]["text"]
        curl, cli, *python = runs(tool.ask("code", at_wechat(name))[1]["code"], tmp_path, **variables)
        assert json.loads(curl) == json.loads(answer)
        assert list(json.loads(cli)) == list(json.loads(answer))
        assert python[0] == python[1] and "Traceback" not in python[0]
    grant = {"grant_type": "client_credential"}
    code = tool.ask("code", at_wechat("GetStableToken", values=grant))[1]["code"]
    assert json.loads(runs(code, tmp_path, **variables)[0])["access_token"].startswith(TOKEN_PREFIX)


def test_a_wrong_secret_and_a_dead_host_are_told_in_words(tmp_path: Path, wechat: LivePlatform) -> None:
    closed = f"http://127.0.0.1:{free_port('127.0.0.1')}"
    for base, secret, word in ((wechat.url, "0" * 32, "40125"), (closed, SECRET, "127.0.0.1")):
        started = Started(
            tmp_path,
            GONGZHONG_WECHAT_APPID=REAL,
            GONGZHONG_WECHAT_SECRET=secret,
            GONGZHONG_WECHAT_API_BASE=base,
        )
        try:
            started.wait()
            status, told = started.ask("run", at_wechat("GetTags"))
            assert status == 200 and told["answer"] is None
            assert word in told["problem"]["zh"]
            assert secret.encode() not in started.answers and secret not in started.said
        finally:
            started.stop()


def test_wrong_credentials_stop_the_start_and_name_the_variable(tmp_path: Path) -> None:
    started = Started(tmp_path, GONGZHONG_WECHAT_APPID="gh_1", GONGZHONG_WECHAT_SECRET=SECRET)
    assert started.process.wait(60) != 0
    assert "GONGZHONG_WECHAT_APPID" in started.said and SECRET not in started.said


def test_programs_that_the_platform_starts_do_not_inherit_it() -> None:
    env = {"GONGZHONG_WECHAT_SECRET": SECRET, "GONGZHONG_APPID": "wx1", "PATH": "/bin"}
    assert without_wechat(env) == {"GONGZHONG_APPID": "wx1", "PATH": "/bin"}


def test_the_secret_and_the_token_were_never_said(tool: Started, wechat: LivePlatform) -> None:
    """After everything above: in no answer of the control API, in no output of the process."""
    tokens = wechat.world.db.column("SELECT value FROM token")
    assert tokens and tool.answers
    with urllib.request.urlopen(f"{tool.url}/_platform/state", timeout=10) as answer:
        state = answer.read()
    for value in (SECRET, *tokens):
        assert value.encode() not in tool.answers + state
        assert value not in tool.said
