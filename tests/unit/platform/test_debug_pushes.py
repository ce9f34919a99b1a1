"""The interface debugging tool: pushes built step by step, sent and judged; ciphertexts and page signatures."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from tests.unit.platform.controlling import ask_control

from gongzhong import Account, OfficialAccount, Secret, Text
from gongzhong.messages import encode, parse
from gongzhong.platform.triggers import CATALOGUE
from gongzhong.platform.world import tokens
from gongzhong.platform.world.world import AccountState
from gongzhong.testing import LocalPlatform
from gongzhong.wire import Cipher, PushQuery, PushReader, read_xml
from gongzhong.wire.cipher import look_inside

KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
TOKEN = "debugtoken"
APPID = "wx00000000000000aa"


class Bench:
    """An account in safe mode whose program repeats what it is told, and the control API as a page sees it."""

    def __init__(self, platform: LocalPlatform) -> None:
        self.platform, self.world = platform, platform.world
        self.oa = OfficialAccount(
            Account(
                appid=APPID,
                secret=Secret("s" * 32),
                token=Secret(TOKEN),
                aes_key=Secret(KEY),
                encryption="safe",
            )
        )

        @self.oa.on(Text)
        def repeat(message: Text) -> str:
            return f"说了 {message.content}"

        self.account: AccountState = platform.connect(self.oa)
        self.alice = platform.person("alice")
        self.alice.follows(self.oa)

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        return ask_control(self.platform, method, path, body, by_page=True)

    def post(self, path: str, **body: Any) -> Any:
        status, told = self.ask("POST", f"/debug/{path}", {"appid": APPID, **body})
        assert status == 200, told
        return told

    def reader(self, **account: Any) -> PushReader:
        wanted = {"token": TOKEN, "aes_key": KEY, "encryption": "safe", **account}
        return PushReader(Account(appid=APPID, **wanted))


@pytest.fixture
def bench(platform: LocalPlatform) -> Bench:
    return Bench(platform)


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_push_has_a_form_whose_values_make_it(bench: Bench, name: str) -> None:
    status, form = bench.ask("GET", f"/debug/push?event={name}&appid={APPID}&person=alice")
    assert status == 200 and form["push"]["name"] == name
    assert set(form["values"]) <= set(form["elements"]["properties"])
    built = bench.post("push", event=name, person="alice", fields=form["values"])
    push = parse(read_xml(built["xml"].encode()))
    assert isinstance(push, CATALOGUE[name].cls)
    assert encode(push) == built["xml"].encode()
    opened = bench.reader().open(PushQuery.read(built["query"]), built["body"].encode())
    assert opened.xml == built["xml"].encode()


def test_every_value_in_between_is_the_real_one(bench: Bench) -> None:
    built = bench.post("push", person="alice", random="0123456789abcdef", nonce="42", timestamp="1700000000")
    steps = built["steps"]
    assert steps["sorted"] == sorted([TOKEN, "42", "1700000000"])
    assert (
        hashlib.sha1(steps["joined"].encode()).hexdigest()
        == steps["signature"]
        == built["query"]["signature"]
    )
    assert hashlib.sha1(steps["msg_joined"].encode()).hexdigest() == steps["msg_signature"]
    assert built["query"]["msg_signature"] == steps["msg_signature"]
    whole = bytes.fromhex("".join(part["hex"] for part in steps["buffer"]))
    assert [part["name"] for part in steps["buffer"]] == ["random", "length", "message", "appid", "padding"]
    assert whole == look_inside(KEY, steps["ciphertext"]).plain and len(whole) % 32 == 0
    assert steps["buffer"][0]["text"] == "0123456789abcdef" and steps["buffer"][2]["text"] == built["xml"]
    assert steps["ciphertext"] == Cipher(KEY, APPID).encrypt(built["xml"].encode(), b"0123456789abcdef")
    again = bench.post(
        "push", xml=built["xml"], random="0123456789abcdef", nonce="42", timestamp="1700000000"
    )
    assert again == built


def test_plain_mode_and_a_token_of_somebody_elses(bench: Bench) -> None:
    built = bench.post("push", person="alice", encryption="plain", token="other")
    assert built["body"] == built["xml"] and built["steps"]["buffer"] == []
    assert "other" in built["steps"]["sorted"]
    reader = bench.reader(token="other", aes_key="", encryption="plain")
    assert reader.open(PushQuery.read(built["query"]), built["body"].encode()).fields["Content"]


def test_messages_of_wechats_tool_begin_with_the_url(bench: Bench) -> None:
    built = bench.post("push", person="alice", url="http://127.0.0.1:9/wx", url_element=True)
    assert built["xml"].startswith("<xml><URL><![CDATA[http://127.0.0.1:9/wx]]></URL><ToUserName>")
    assert isinstance(parse(read_xml(built["xml"].encode())), Text)


@pytest.mark.parametrize("url_element", [False, True])
def test_a_push_is_sent_and_its_reply_judged(bench: Bench, url_element: bool) -> None:
    told = bench.post("push/send", person="alice", fields={"Content": "你好"}, url_element=url_element)
    assert (told["ok"], told["kind"], told["status"]) == (True, "replied", 200)
    assert "说了 你好" in told["decrypted"] and "<Encrypt>" in told["answer"]
    entry = bench.ask("GET", f"/traffic/{told['seq']}")[1]
    assert (entry["kind"], entry["verdict"]["class"]) == ("push", "replied")


def test_a_wrong_token_shows_as_a_refusal(bench: Bench) -> None:
    told = bench.post("push/send", person="alice", token="wrong")
    assert (told["ok"], told["kind"]) == (False, "response")
    assert told["status"] == 403 and "403" in told["verdict"]["zh"]


@pytest.mark.parametrize(
    "url", ["http://example.com/wx", "http://10.0.0.1/", "http://127.0.0.1.evil.example/", "x"]
)
@pytest.mark.parametrize("path", ["push/send", "verify"])
def test_pushes_leave_for_this_machine_only(bench: Bench, url: str, path: str) -> None:
    status, told = bench.ask("POST", f"/debug/{path}", {"appid": APPID, "url": url})
    assert (status, "127.0.0.1" in told["error"]["zh"]) == (400, True)


def test_a_url_is_verified_without_being_saved(bench: Bench) -> None:
    told = bench.post("verify")
    assert told["ok"] and told["answer"] == told["echostr"]
    assert hashlib.sha1(told["steps"]["joined"].encode()).hexdigest() == told["steps"]["signature"]
    refused = bench.post("verify", token="wrongtoken")
    assert not refused["ok"] and "Token" in refused["verdict"]["zh"]
    assert bench.platform.platform.account(APPID).token == TOKEN


@pytest.mark.parametrize("form", ["bare", "xml", "json"])
def test_a_ciphertext_is_taken_apart(bench: Bench, form: str) -> None:
    built = bench.post("push", person="alice")
    ciphertext = built["steps"]["ciphertext"]
    given = {"bare": ciphertext, "xml": built["body"], "json": f'{{"Encrypt": "{ciphertext}"}}'}[form]
    query = {name: built["query"][name] for name in ("msg_signature", "timestamp", "nonce")}
    told = bench.post("decrypt", ciphertext=given, **query)
    assert (told["ok"], told["signed"], told["appid"]) == (True, True, APPID)
    assert told["message"] == built["xml"] and told["parts"] == built["steps"]["buffer"]
    assert bench.post("decrypt", ciphertext=given, **{**query, "nonce": "1"})["signed"] is False


def test_what_a_ciphertext_does_not_fit_is_told(bench: Bench) -> None:
    ciphertext = Cipher(KEY, "wx00000000000000bb").encrypt(b"<xml></xml>")
    told = bench.post("decrypt", ciphertext=ciphertext)
    assert not told["ok"] and "wx00000000000000bb" in told["verdict"]["zh"]
    assert not bench.post("decrypt", ciphertext=ciphertext, aes_key=KEY[::-1])["ok"]
    for wrong in ({"ciphertext": "nonsense"}, {"ciphertext": ciphertext, "aes_key": "short"}):
        assert bench.ask("POST", "/debug/decrypt", {"appid": APPID, **wrong})[0] == 400


def test_a_page_signature_is_computed_and_compared(bench: Bench) -> None:
    page = {"url": "http://shop.example/?a=1#top", "noncestr": "n", "timestamp": "1700000000"}
    ticket = tokens.ticket(bench.world, bench.account, "jsapi")[0]
    string1 = f"jsapi_ticket={ticket}&noncestr=n&timestamp=1700000000&url=http://shop.example/?a=1"
    told = bench.post("jssdk", **page)
    assert told["string1"] == string1 and told["same"] is None
    assert told["signature"] == hashlib.sha1(string1.encode()).hexdigest()
    assert bench.post("jssdk", **page, signature=told["signature"])["same"] is True
    with_hash = hashlib.sha1(f"{string1}#top".encode()).hexdigest()
    wrong = bench.post("jssdk", **page, signature=with_hash)
    assert wrong["same"] is False and "#" in wrong["reason"]["zh"]
    # The official example (JS-SDK使用权限签名算法).
    sample = bench.post(
        "jssdk",
        ticket="sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg",
        noncestr="Wm3WZYTPz0wzccnW",
        timestamp="1414587457",
        url="http://mp.weixin.qq.com?params=value",
    )
    assert sample["signature"] == "0f9de62fce790f9a083d5c99e95740ceb90c27ed"
