"""A row in full: explained, sealed step by step, as code that runs, sent again, exported."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha1
from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests

from gongzhong import OfficialAccount, Text
from gongzhong.testing import LivePlatform
from gongzhong.wire import read_xml


class Client(requests.Session):
    """Asks the control API by the ends of its paths."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self.base, self.trust_env = base, False

    def request(self, method: str, url: str, *args: Any, **options: Any) -> requests.Response:  # type: ignore[override]
        return super().request(method, self.base + url, *args, timeout=60, **options)


@pytest.fixture
def oa() -> OfficialAccount:
    oa = OfficialAccount.from_env()

    @oa.text("客服")
    async def asks(message: Text) -> str:
        await oa.api.customer.send_text(touser=message.openid, content="两秒之后")
        return "这一条是被动回复。"

    return oa


@pytest.fixture
def control(live_platform: LivePlatform, oa: OfficialAccount) -> Iterator[Client]:
    live_platform.connect(oa)
    xiaoming = live_platform.person("小明")
    xiaoming.follows()
    xiaoming.says("客服")
    with Client(f"{live_platform.url}/_platform/") as client:
        yield client


def found(control: Client, q: str, **query: Any) -> list[dict[str, Any]]:
    answer = control.get("rows", params={"q": q, **query})
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()["rows"]
    return rows


def said(row: dict[str, Any], lang: str = "zh") -> str:
    return " ".join(part[lang] for part in row["words"])


def detail(control: Client, number: int) -> dict[str, Any]:
    answer: dict[str, Any] = control.get(f"rows/{number}").json()
    return answer


def test_the_kit_says_because_of_which_push_it_calls(control: Client) -> None:
    (push,) = found(control, "kind:text person:小明")
    (sent,) = found(control, "kind:api 两秒之后")
    assert sent["cause"] == {"number": push["number"], "known": True}
    assert said(push) == "小明 说 「客服」 → 「这一条是被动回复。」"
    assert said(sent) == "发送客服消息 给 小明 「两秒之后」"
    assert said(sent, "en") == "Send a free message to 小明 “两秒之后”"
    whole = detail(control, push["number"])
    assert sent["number"] in [row["number"] for row in whole["caused"]]
    assert detail(control, sent["number"])["cause"]["number"] == push["number"]


def test_the_seal_holds_real_values_and_hides_the_token(control: Client, live_platform: LivePlatform) -> None:
    (push,) = found(control, "kind:text")
    whole = detail(control, push["number"])
    (seal,) = whole["seals"]
    token = live_platform.world.accounts[push["appid"]].token
    assert token not in str(whole)
    assert [part["name"] for part in seal["buffer"]] == ["random", "length", "message", "appid", "padding"]
    assert seal["buffer"][2]["text"] == whole["body"]
    hidden = next(part for part in seal["sorted"] if "…" in part or "*" in part)
    real = [token if part == hidden else part for part in seal["sorted"]]
    assert sha1("".join(sorted(real)).encode()).hexdigest() == seal["signature"]
    assert read_xml(whole["body"].encode())["Content"] == "客服"


def test_a_failed_call_is_explained_as_the_command_does(control: Client, live_platform: LivePlatform) -> None:
    address = f"{live_platform.url}/cgi-bin/message/custom/send?access_token=wrong"
    answer = requests.post(address, json={}, timeout=10)
    assert answer.json()["errcode"] == 40014
    (row,) = found(control, "errcode:40014")
    explained = detail(control, row["number"])["explained"]
    assert (row["state"], explained["tone"]) == ("bad", "bad")
    assert explained["headline"]["zh"].startswith("40014 ")
    assert explained["cause"]["zh"]
    assert explained["fix"]["en"]


def test_code_runs_as_pasted(control: Client, live_platform: LivePlatform, tmp_path: Path) -> None:
    (sent,) = found(control, "kind:api 两秒之后")
    code = control.post(f"rows/{sent['number']}/code", json={}).json()
    env = {**os.environ, "NO_PROXY": "127.0.0.1"}
    ran = subprocess.run(["bash", "-ec", code["curl"]], capture_output=True, text=True, env=env, timeout=60)
    assert msgspec.json.decode(ran.stdout)["errcode"] == 0, ran.stdout + ran.stderr
    for name in ("python", "python_async"):
        subprocess.run([sys.executable, "-c", code[name]], check=True, env=env, cwd=tmp_path, timeout=60)
    cli = code["cli"].replace("gongzhong ", f"{sys.executable} -m gongzhong ", 1)
    subprocess.run(["bash", "-ec", cli], check=True, env=env, cwd=tmp_path, timeout=60)
    assert len(found(control, "kind:api 两秒之后 errcode:0")) == 5
    compile(code["test"], "test.py", "exec")


def test_a_push_runs_again_as_curl_and_is_written_as_a_test(control: Client) -> None:
    (push,) = found(control, "kind:text")
    code = control.post(f"rows/{push['number']}/code", json={}).json()
    ran = subprocess.run(["bash", "-ec", code["curl"]], capture_output=True, text=True, timeout=60)
    assert "<Encrypt>" in ran.stdout, ran.stderr
    assert 'somebody.says("客服")' in code["test"]
    compile(code["test"], "test.py", "exec")


def test_sent_again_as_it_was_and_edited(control: Client) -> None:
    (push,) = found(control, "kind:text")
    again = control.post(f"rows/{push['number']}/resend", json={}).json()
    assert again["ok"]
    body = detail(control, push["number"])["body"].replace("客服", "别的")
    edited = control.post(f"rows/{push['number']}/resend", json={"body": body}).json()
    assert said(detail(control, edited["row"])["row"]).startswith("小明 说 「别的」")
    assert control.post(f"rows/{push['number']}/resend", json={"body": "<xml>"}).status_code == 400
    (call,) = found(control, "kind:api 两秒之后", after=0, before=again["row"])
    repeated = control.post(f"rows/{call['number']}/resend", json={}).json()
    assert (repeated["ok"], repeated["row"]) == (True, repeated["entries"][0])
    wrong = control.post(f"rows/{call['number']}/resend", json={"body": "{}"}).json()
    assert not wrong["ok"]


def test_of_an_account_that_is_gone_a_row_is_told_and_not_sent(
    control: Client, live_platform: LivePlatform
) -> None:
    (push,) = found(control, "kind:text")
    (call,) = found(control, "kind:api 两秒之后")
    live_platform.look(live_platform.world.accounts.clear)
    for row in (push, call):
        assert detail(control, row["number"])["row"]["number"] == row["number"]
        assert control.post(f"rows/{row['number']}/code", json={}).status_code == 200
    assert control.post(f"rows/{push['number']}/resend", json={}).status_code == 404
    assert not control.post(f"rows/{call['number']}/resend", json={}).json()["ok"]


def test_exports(control: Client) -> None:
    answer = control.get("rows/export", params={"q": "kind:api", "form": "har"})
    assert "attachment" in answer.headers["content-disposition"]
    log = answer.json()["log"]
    assert log["version"] == "1.2"
    sent = next(entry for entry in log["entries"] if "custom/send" in entry["request"]["url"])
    assert sent["request"]["url"].startswith("http://127.0.0.1:")
    assert sent["response"]["content"]["text"].startswith('{"errcode":0')
    assert set(sent) >= {"startedDateTime", "time", "request", "response", "cache", "timings"}
    whole = control.get("rows/export", params={"form": "json"}).json()
    assert [one["row"]["kind"] for one in whole][:1] in (["verify"], ["push"], ["api"])
    assert control.get("rows/export", params={"form": "xml"}).status_code == 400


def test_a_chat_line_leads_to_its_row(control: Client, live_platform: LivePlatform) -> None:
    (push,) = found(control, "kind:text")
    (sent,) = found(control, "kind:api 两秒之后")
    appid = push["appid"]
    lines = control.get(f"people/小明/chats/{appid}").json()["items"]
    rows = {line.get("content"): line["row"] for line in lines}
    assert rows["客服"] == rows["这一条是被动回复。"] == push["number"]
    assert rows["两秒之后"] == sent["number"]


def test_long_answers_are_compressed(control: Client) -> None:
    answer = control.get("rows", headers={"accept-encoding": "gzip"}, stream=True)
    assert answer.headers["content-encoding"] == "gzip"
    assert b'"rows"' in gzip.decompress(answer.raw.read(decode_content=False))
    assert "content-encoding" not in control.get("clock", headers={"accept-encoding": "gzip"}).headers


def test_no_such_row(control: Client) -> None:
    assert control.get("rows/99999").status_code == 404
    assert control.get("rows/abc").status_code == 404
    assert control.get("rows", params={"among": "1,x"}).status_code == 400
