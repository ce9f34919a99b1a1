"""The interface debugging tool: every call has a form, examples are right, and what is sent is what was filled in."""

from __future__ import annotations

import base64
import subprocess
from typing import Any

import msgspec
import pytest
from tests.unit.platform.controlling import ask_control

from gongzhong import Account, OfficialAccount, Secret
from gongzhong.catalogue.encoding import encode, encode_values
from gongzhong.catalogue.fields import check
from gongzhong.catalogue.lenient import build
from gongzhong.catalogue.model import Call, Upload
from gongzhong.catalogue.registry import CALLS, CHAPTERS, listed_calls
from gongzhong.platform.debugging import code, examples, forms
from gongzhong.platform.world import templates
from gongzhong.platform.world.world import AccountState
from gongzhong.running.coverage import plain_methods
from gongzhong.testing import LocalPlatform

EVERY = (*CALLS, *listed_calls())
WEEK_S = 7 * 86400


class Bench:
    """A service account with one follower and a template, and the control API as a page sees it."""

    def __init__(self, platform: LocalPlatform) -> None:
        self.platform, self.world = platform, platform.world
        self.oa = OfficialAccount(
            Account(appid="wx00000000000000aa", secret=Secret("s" * 32), token=Secret("debugtoken"))
        )
        self.account: AccountState = platform.connect(self.oa)
        self.alice, self.bob = platform.person("alice"), platform.person("bob")
        self.alice.follows(self.oa)
        self.bob.follows(self.oa)
        self.template = templates.add(self.world, self.account, "43218", ["变动金额", "账户余额"])

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        return ask_control(self.platform, method, path, body, by_page=True)

    def form(self, call: str, person: str = "") -> Any:
        status, told = self.ask("GET", f"/debug/form?call={call}&appid={self.account.appid}&person={person}")
        assert status == 200, told
        return told

    def run(self, call: str, values: dict[str, Any], **more: Any) -> Any:
        body = {"call": call, "appid": self.account.appid, "values": values, **more}
        status, told = self.ask("POST", "/debug/run", body)
        assert status == 200, told
        return told


@pytest.fixture
def bench(platform: LocalPlatform) -> Bench:
    return Bench(platform)


def test_every_call_is_listed_once_by_chapter_in_both_languages(bench: Bench) -> None:
    status, told = bench.ask("GET", "/debug/calls")
    rows = [row for chapter in told["chapters"] for row in chapter["calls"]]
    assert status == 200 and told["wechat"] is None
    assert sorted(row["name"] for row in rows) == sorted(call.__name__ for call in EVERY)
    assert len(rows) == len({row["name"] for row in rows}) >= 400
    assert {chapter["name"] for chapter in told["chapters"] if not chapter["listed"]} == {
        module.__name__.rpartition(".")[2] for module in CHAPTERS
    }
    assert all(one["zh"] and one["en"] for one in [*rows, *told["chapters"]])
    assert not [
        row["en"] for row in rows if any(letter >= "\u4e00" for letter in row["en"] if letter < "\ua000")
    ]


@pytest.mark.parametrize("call", EVERY, ids=lambda call: call.__name__)
def test_every_call_has_a_form_with_remarks(call: type[Call[Any]]) -> None:
    form = forms.form_of(call, plain_methods())
    properties = form.parameters["properties"]
    names = [field.encode_name for field in msgspec.structs.fields(call)]
    assert list(properties) == names
    assert [
        name for name, schema in properties.items() if schema["x-in"] not in ("query", "body", "file")
    ] == []
    listed_file = {name for name in names if name not in forms.remarks() and call in listed_calls()}
    assert {name for name, schema in properties.items() if "x-words" not in schema} == listed_file
    assert form.accounts.zh and form.accounts.en
    references = msgspec.json.encode(form.parameters).decode().split('"#/$defs/')[1:]
    assert {one.partition('"')[0] for one in references} <= set(form.parameters.get("$defs", {}))


def test_no_remark_is_about_nothing() -> None:
    known = {field.encode_name for call in EVERY for field in msgspec.structs.fields(call)}
    nested = {
        name
        for call in CALLS
        for part in forms.parameters_of(call).get("$defs", {}).values()
        for name in part.get("properties", {})
    }
    by_call = {
        f"{call.__name__}.{field.encode_name}" for call in CALLS for field in msgspec.structs.fields(call)
    }
    assert set(forms.remarks()) - known - nested - by_call == set()


def test_examples_of_every_call_are_right(bench: Bench) -> None:
    wrong = []
    for call in EVERY:
        values = examples.values_for(bench.world, bench.account, call, "alice")
        if check(build(values, call)) is not None:
            wrong.append(call.__name__)
    assert wrong == []


def test_examples_are_what_the_world_holds(bench: Bench) -> None:
    alice, bob = (one.openid(bench.oa) for one in (bench.alice, bench.bob))
    values = bench.form("SendTemplate", "bob")["values"]
    assert (values["touser"], values["template_id"]) == (bob, bench.template)
    assert list(values["data"]) == ["amount1", "amount3"]
    assert bench.form("GetUser", "alice")["values"]["openid"] == alice
    uploaded = bench.run("UploadMedia", {"type": "image"}, files=_files("media"))
    media_id = msgspec.json.decode(uploaded["answer"]["body"]["text"])["media_id"]
    assert bench.form("GetMedia")["values"]["media_id"] == media_id
    assert bench.run("SendTemplate", values)["told"]["ok"]


def _files(name: str) -> dict[str, Any]:
    png = b"\x89PNG\r\n\x1a\n" + bytes(32)
    content = base64.b64encode(png).decode()
    return {name: {"filename": "a.png", "content": content, "content_type": "image/png"}}


def test_a_call_goes_through_the_door_and_leaves_what_any_call_leaves(bench: Bench) -> None:
    openid = bench.alice.openid(bench.oa)
    told = bench.run("SetRemark", {"openid": openid, "remark": "老客户"})
    assert told["answer"]["line"] == "HTTP/1.1 200 OK"
    assert msgspec.json.decode(told["answer"]["body"]["text"])["errcode"] == 0
    assert told["quota"] == {"used": 1, "daily": 10_000}
    entry = bench.ask("GET", f"/traffic/{told['seq']}")[1]
    assert entry["title"] == "cgi-bin/user/info/updateremark"
    assert bench.run("GetUser", {"openid": openid})["answer"]["body"]["text"].count("老客户") == 1


def test_a_refusal_is_explained_and_its_rid_looked_up(bench: Bench) -> None:
    told = bench.run("SetRemark", {"openid": "nobody", "remark": "x"})
    found = told["told"]
    assert (found["code"], found["ok"], found["fields"]) == (40003, False, ["openid"])
    assert found["cause"]["zh"] and found["fix"]["en"]
    whole = told["answer"]["body"]["text"]
    status, story = bench.ask("POST", "/debug/rid", {"text": f"{whole} 00000000-00000000-00000000"})
    assert status == 200
    story = story["story"]
    assert (story["rid"], story["call"]["name"]) == (found["rid"], "SetRemark")
    assert story["told"]["code"] == 40003 and story["forgotten_at"] > story["time"]
    assert "***" in story["query"] or "…" in story["query"]
    bench.platform.clock.advance(seconds=WEEK_S + 60)
    status, told = bench.ask("POST", "/debug/rid", {"text": found["rid"]})
    assert (status, "7 天" in told["error"]["zh"]) == (400, True)
    assert bench.ask("POST", "/debug/rid", {"text": "nothing"})[0] == 400


def test_wrong_values_go_out_all_the_same(bench: Bench) -> None:
    assert bench.run("CreateTag", {"tag": {"name": "x" * 40}})["told"]["code"] == 45158
    assert bench.run("CreateTag", {})["told"]["code"] != 0
    assert bench.run("GetUser", {"openid": 7, "lang": "klingon"})["told"]["code"] != 0


def test_a_token_may_be_chosen(bench: Bench) -> None:
    told = bench.run("GetMenu", {}, access_token="88_nonsense")
    assert told["told"]["code"] == 40001
    assert bench.run("GetMenu", {}, access_token="")["told"]["code"] == 41001


def test_files_come_and_go(bench: Bench) -> None:
    uploaded = bench.run("UploadMedia", {"type": "image"}, files=_files("media"))
    media_id = msgspec.json.decode(uploaded["answer"]["body"]["text"])["media_id"]
    fetched = bench.run("GetMedia", {"media_id": media_id})["answer"]["body"]
    assert fetched["file"] == _files("media")["media"]["content"]
    assert (fetched["content_type"], fetched["text"]) == ("image/png", None)
    status, told = bench.ask(
        "POST", "/debug/run", {"call": "GetMenu", "appid": bench.account.appid, "files": _files("media")}
    )
    assert status == 400 and "media" in told["error"]["zh"]


def test_a_fault_that_breaks_the_connection_is_told(bench: Bench) -> None:
    order = {"side": "api", "kind": "drop", "appid": bench.account.appid}
    status, told = bench.ask("POST", "/faults", order)
    assert status == 200, told
    told = bench.run("GetTags", {})
    assert told["answer"] is None and "故障" in told["problem"]["zh"]


def test_listed_calls_go_by_path_with_any_body(bench: Bench) -> None:
    told = bench.run("/card/create", {"body": {"card": {}}, "query": {"x": "1"}})
    assert told["answer"]["headers"]["x-gongzhong-fallback"] == "1"
    assert "x=1" in told["request"]["url"] and told["request"]["body"]["text"] == '{"card":{}}'


def test_nobody_calls_wechat_without_credentials(bench: Bench) -> None:
    body = {"call": "GetMenu", "target": "wechat"}
    for path in ("run", "code"):
        status, told = bench.ask("POST", f"/debug/{path}", body)
        assert (status, "GONGZHONG_WECHAT_SECRET" in told["error"]["en"]) == (409, True)


def test_changes_are_told_from_reading() -> None:
    reading = {call.__name__ for call in EVERY if forms.reads(call)}
    assert {"GetMenu", "ListFollowers", "GetUser", "CardGet"} <= reading
    changing = {
        "DeleteMenu",
        "GetToken",
        "GetStableToken",
        "SendMass",
        "ClearQuota",
        "CardCreate",
        "PreviewMass",
    }
    assert not changing & reading
    assert not {call.__name__ for call in EVERY if call.spec.once_by} & reading


def test_code_of_every_call_compiles(bench: Bench) -> None:
    shell = []
    caller = code.Caller(base="http://127.0.0.1:8700", appid="wx0", secret="s", token="t")
    outside = code.Caller(base="https://api.weixin.qq.com", appid="wx0", prefix="GONGZHONG_WECHAT_")
    for call in EVERY:
        values = examples.values_for(bench.world, bench.account, call)
        for one in (caller, outside):
            for method in (plain_methods().get(call.__name__, ""), ""):
                written = code.code_of(call, values, one, method)
                compile(written.python, call.__name__, "exec")
                compile(written.python_async, call.__name__, "exec")
                shell += [written.curl, written.cli]
    assert subprocess.run(["bash", "-n"], input="\n".join(shell), text=True).returncode == 0


def test_code_for_wechat_holds_no_secret_but_names_the_variables() -> None:
    caller = code.Caller(base="https://api.weixin.qq.com", appid="wx0", prefix="GONGZHONG_WECHAT_")
    for name in ("GetToken", "GetStableToken", "ClearQuotaBySecret"):
        call = forms.find(name)
        assert call is not None
        written = code.code_of(call, {}, caller, "")
        assert '"$GONGZHONG_WECHAT_SECRET"' in written.curl and "\0" not in written.curl
        assert 'prefix="GONGZHONG_WECHAT_"' in written.python


def test_values_are_encoded_as_the_client_encodes_the_call() -> None:
    call = forms.find("UploadMedia")
    assert call is not None
    values = {"type": "image", "media": Upload(b"x", "a")}
    made = encode(build(values, call))
    assert encode_values(call, values).query == made.query


def test_a_recording_holds_the_programs_calls_and_not_those_made_by_hand(bench: Bench) -> None:
    client = bench.platform.client(bench.oa)
    bench.ask("POST", "/recording/start", {"appid": bench.account.appid})
    say = {"appid": bench.account.appid, "type": "text", "content": "在吗"}
    bench.ask("POST", "/people/alice/say?wait=1", say)
    bench.run("GetTags", {})
    client.users.get(openid=bench.alice.openid(bench.oa))
    recording = bench.platform.platform.recording
    recording.stop()
    source = recording.test_file("app:oa")
    assert "cgi-bin/user/info" in source and "cgi-bin/tags/get" not in source


def test_a_row_of_the_traffic_fills_the_form(bench: Bench) -> None:
    openid = bench.alice.openid(bench.oa)
    bench.run("SetRemark", {"openid": openid, "remark": "老客户"})
    bench.run("UploadMedia", {"type": "image"}, files=_files("media"))
    bench.run("/card/create", {"body": {"card": {"a": 1}}, "query": {"x": "1"}})
    bench.alice.says("在吗", to=bench.oa)
    rows = bench.ask("GET", "/rows")[1]["rows"]
    told = [bench.ask("GET", f"/debug/rows/{row['number']}")[1] for row in rows]
    calls = {one["call"]: one["values"] for one in told if one.get("call")}
    assert calls["SetRemark"] == {"openid": openid, "remark": "老客户"}
    assert calls["UploadMedia"]["media"]["content"] == _files("media")["media"]["content"]
    assert calls["CardCreate"] == {"query": {"x": "1"}, "body": {"card": {"a": 1}}}
    pushes = {one["push"]: one["xml"] for one in told if one.get("push")}
    assert "在吗" in pushes["text"] and "<Event>" in pushes["subscribe"]
    assert bench.ask("GET", "/debug/rows/99999")[0] == 404
