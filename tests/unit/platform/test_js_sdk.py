"""What the platform grants the script of a page, and what it says about one that is set up wrongly."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import pytest
from tests.unit.platform.controlling import ask_control

from gongzhong import Account, CallError, OfficialAccount, Secret
from gongzhong.catalogue.tickets import JS_APIS, OPEN_TAGS
from gongzhong.platform.world import js_sdk, recognition
from gongzhong.platform.world.domains import covers
from gongzhong.testing import PNG, LocalPlatform
from gongzhong.web import JsSdk

PAGE = "http://shop.example.cn:8000/goods/1?from=menu"
TABLE = Path(__file__).parents[3] / "web" / "src" / "jweixin" / "apis.ts"
VOICE = b"#!AMR\n" + b"\x7c" * 100


def account(appid: str = "wx00000000000000ab") -> OfficialAccount:
    return OfficialAccount(Account(appid=appid, secret=Secret("s" * 32), token=Secret("tok123")))


class Shop:
    """A service account with web pages, and somebody who looks at them."""

    def __init__(self, platform: LocalPlatform, **settings: Any) -> None:
        self.platform, self.oa = platform, account()
        self.account = platform.connect(self.oa, js_domains=["example.cn"], **settings)
        self.api = platform.client(self.oa)
        self.alice = platform.person("alice")

    def config(self, url: str = PAGE, *apis: str, **changes: Any) -> dict[str, Any]:
        signed = JsSdk(self.api, clock=self.platform.clock).config(url, apis or ["chooseImage"])
        return {**signed, **changes}

    def opened(self, url: str = PAGE, config: dict[str, Any] | None = None) -> js_sdk.Rights:
        return self.alice.opens_page(url, config or self.config())

    def why(self, config: dict[str, Any], url: str = PAGE) -> str:
        rights = self.opened(url, config)
        assert rights.reason is not None
        return f"{rights.err_msg} | {rights.reason.en}"

    def ask(self, path: str, body: Any = None) -> tuple[int, Any]:
        return ask_control(self.platform, "GET" if body is None else "POST", f"/{path}", body)


@pytest.fixture
def shop(platform: LocalPlatform) -> Shop:
    return Shop(platform)


def signature(ticket: str, config: dict[str, Any], url: str, nonce: str = "noncestr") -> str:
    text = f"jsapi_ticket={ticket}&{nonce}={config['nonceStr']}&timestamp={config['timestamp']}&url={url}"
    return hashlib.sha1(text.encode()).hexdigest()


def test_a_right_configuration_is_granted_also_below_the_bound_domain(shop: Shop) -> None:
    rights = shop.opened(f"{PAGE}#part", shop.config(PAGE, "chooseImage", "chooseWXPay"))
    assert (rights.err_msg, rights.apis) == ("config:ok", ["chooseImage", "chooseWXPay"])


@pytest.mark.parametrize("name", ["appId", "timestamp", "nonceStr", "signature", "jsApiList"])
def test_a_missing_parameter_is_named(shop: Shop, name: str) -> None:
    config = shop.config()
    del config[name]
    assert shop.why(config) == f"config:fail | wx.config lacks parameters: {name}"


def test_open_tags_alone_are_enough(shop: Shop) -> None:
    rights = shop.opened(PAGE, shop.config(jsApiList=[], openTagList=["wx-open-audio", "wx-open-door"]))
    assert (rights.err_msg, rights.open_tags, rights.unknown) == (
        "config:ok",
        ["wx-open-audio"],
        ["wx-open-door"],
    )


@pytest.mark.parametrize(
    ("url", "domains", "any_port", "expected"),
    [
        ("http://example.cn/", ["example.cn"], False, True),
        ("http://www.example.cn/", ["example.cn"], False, True),
        ("http://badexample.cn/", ["example.cn"], False, False),
        ("http://example.cn/", ["www.example.cn"], False, False),
        ("http://example.cn:8000/", ["example.cn"], True, True),
        ("http://example.cn:8000/", ["example.cn"], False, False),
        ("https://example.cn:443/", ["example.cn"], False, True),
        ("http://127.0.0.1:8000/", ["127.0.0.1:8000"], False, True),
        ("http://127.0.0.1:8001/", ["127.0.0.1:8000"], True, False),
        ("http://EXAMPLE.cn/", ["Example.CN"], False, True),
        ("ftp://example.cn/", ["example.cn"], True, False),
        ("http://example.cn:port/", ["example.cn"], True, False),
        ("http://example.cn/", [""], True, False),
    ],
)
def test_which_pages_a_domain_covers(url: str, domains: list[str], any_port: bool, expected: bool) -> None:
    assert covers(domains, url, any_port=any_port) is expected


def test_a_page_of_another_host_is_refused(shop: Shop) -> None:
    url = "http://example.com/"
    assert shop.why(shop.config(url), url).startswith(
        "config:invalid url domain | http://example.com/ is not"
    )


def test_an_unknown_account_is_refused(shop: Shop) -> None:
    assert shop.why(shop.config(appId="wx9")) == "config:fail | there is no appId wx9"


@pytest.mark.parametrize(
    ("signed", "words"),
    [
        (f"{PAGE}#part", "keeps what follows #"),
        (PAGE.partition("?")[0], "lacks the query"),
        (PAGE.replace("http:", "https:"), "has another scheme"),
        (PAGE.replace(":8000", ""), "lacks the port"),
        (f"{PAGE}/", "has a / too many"),
        ("http://shop.example.cn:8000", "is only the host"),
        ("http%3A%2F%2Fshop.example.cn%3A8000%2Fgoods%2F1%3Ffrom%3Dmenu", "was encoded"),
    ],
)
def test_a_wrongly_signed_address_is_recognised(shop: Shop, signed: str, words: str) -> None:
    config = shop.config()
    config["signature"] = signature(shop.api.ticket("jsapi"), config, signed)
    why = shop.why(config, f"{PAGE}#part")
    assert why.startswith("config:invalid signature")
    assert words in why


def test_a_misspelt_name_and_capital_letters_are_recognised(shop: Shop) -> None:
    config = shop.config()
    config["signature"] = signature(shop.api.ticket("jsapi"), config, PAGE, "nonceStr")
    assert "noncestr in lower case" in shop.why(config)
    right = signature(shop.api.ticket("jsapi"), config, PAGE)
    assert "hexadecimal in lower case" in shop.why({**config, "signature": right.upper()})


def test_tickets_that_do_not_count_are_recognised(shop: Shop) -> None:
    config = shop.config()
    card = signature(shop.api.ticket("wx_card"), config, PAGE)
    assert "signed with the wx_card ticket" in shop.why({**config, "signature": card})
    other = account("wx00000000000000cd")
    shop.platform.connect(other)
    foreign = signature(shop.platform.client(other).ticket("jsapi"), config, PAGE)
    assert "ticket of another account (wx00000000000000cd)" in shop.why({**config, "signature": foreign})
    shop.platform.clock.advance(hours=2, seconds=1)
    assert "has expired" in shop.why(config)


def test_without_any_ticket_it_says_to_fetch_one(shop: Shop) -> None:
    config = {
        "appId": shop.account.appid,
        "timestamp": 1,
        "nonceStr": "n",
        "signature": "s",
        "jsApiList": ["x"],
    }
    assert "call ticket/getticket first" in shop.why(config)


def test_otherwise_it_shows_what_to_compare_but_never_the_ticket(shop: Shop) -> None:
    config, ticket = shop.config(), shop.api.ticket("jsapi")
    why = shop.why({**config, "signature": "0" * 40})
    assert signature(ticket, config, PAGE) in why
    assert f"&url={PAGE}" in why
    assert ticket not in why


@pytest.mark.parametrize(
    ("settings", "granted"),
    [
        ({"verified": False}, ["chooseImage"]),
        ({"kind": "subscription"}, ["chooseImage", "updateAppMessageShareData"]),
        ({"kind": "service"}, ["chooseImage", "updateAppMessageShareData", "chooseWXPay"]),
    ],
)
def test_what_is_granted_depends_on_the_account(
    platform: LocalPlatform, settings: dict[str, Any], granted: list[str]
) -> None:
    shop = Shop(platform, **settings)
    asked = ["chooseImage", "updateAppMessageShareData", "chooseWXPay", "openTheDoor"]
    rights = shop.opened(PAGE, shop.config(PAGE, *asked))
    assert rights.apis == granted
    assert rights.denied == [name for name in asked[:-1] if name not in granted]
    assert rights.unknown == ["openTheDoor"]


def test_a_test_account_wants_to_be_followed(platform: LocalPlatform) -> None:
    shop = Shop(platform, kind="test")
    assert shop.why(shop.config()).startswith("config:require subscribe")
    shop.alice.follows(shop.oa)
    assert shop.opened().granted


def test_an_uploaded_picture_is_fetched_with_the_api(shop: Shop) -> None:
    server_id = shop.alice.uploads("image", PNG)
    assert shop.api.media.get(media_id=server_id).content == PNG
    with pytest.raises(CallError) as refused:
        shop.api.media.get_voice(media_id=server_id)
    assert refused.value.errcode == 40007


def test_an_uploaded_voice_has_the_better_quality_too(shop: Shop) -> None:
    server_id = shop.alice.uploads("voice", VOICE)
    assert shop.api.media.get(media_id=server_id).content == VOICE
    assert shop.api.media.get_voice(media_id=server_id).content_type == "voice/speex"


def test_the_routes_of_the_phone(shop: Shop) -> None:
    appid = shop.account.appid
    status, rights = shop.ask("people/alice/jssdk/config", {**shop.config(), "url": PAGE, "beta": True})
    assert (status, rights["errMsg"], rights["apis"]) == (200, "config:ok", ["chooseImage"])
    assert [entry.verdict.ok for entry in shop.platform.traffic if entry.kind == "web"] == [True]
    status, answer = shop.ask("people/alice/jssdk/config", {"url": PAGE, "timestamp": "1"})
    assert (status, answer["errMsg"]) == (200, "config:fail")
    last = shop.platform.traffic[-1]
    assert (last.verdict.ok, last.person) == (False, "alice")
    assert "wx.config 缺少参数" in last.verdict.zh

    _, uploaded = shop.ask("people/alice/jssdk/upload", {"appid": appid, "kind": "voice", "file": VOICE})
    wanted = {"appid": appid, "kind": "voice", "server_id": uploaded["server_id"]}
    assert shop.ask("people/alice/jssdk/download", wanted)[1]["content_type"] == "audio/amr"
    assert shop.ask("people/alice/jssdk/download", {**wanted, "kind": "image"})[0] == 409
    bad = {"appid": appid, "kind": "image", "file": b"no picture"}
    assert shop.ask("people/alice/jssdk/upload", bad)[0] == 409


def test_a_voice_says_what_was_declared(shop: Shop) -> None:
    recognition.teach(
        shop.platform.world, "voice", recognition.digest(VOICE), {"result": "开门", "is_end": True}
    )
    assert shop.ask("people/alice/jssdk/translate", {"file": VOICE}) == (200, {"words": "开门"})
    assert shop.ask("people/alice/jssdk/translate", {"file": PNG})[1]["words"].startswith("[zh_CN] ")


def test_a_shared_page_reaches_the_friend(shop: Shop) -> None:
    bob = shop.platform.person("bob")
    card = {"appid": shop.account.appid, "page": PAGE, "title": "好东西", "description": "看看", "to": "bob"}
    _, made = shop.ask("people/alice/jssdk/share", {**card, "link": "http://example.cn/other"})
    assert made["link"] == "http://example.cn/other"
    (line,) = bob.screen
    assert (line.side, line.type, line.content["url"]) == ("system", "link", "http://example.cn/other")
    assert line.content["sharer"] == "alice"
    _, listed = shop.ask(f"accounts/{shop.account.appid}/shares")
    assert listed["shares"] == [made]


def test_a_link_to_a_foreign_page_shares_the_page_itself(shop: Shop) -> None:
    card = {"appid": shop.account.appid, "page": PAGE, "target": "timeline", "link": "http://example.com/"}
    _, made = shop.ask("people/alice/jssdk/share", card)
    assert (made["link"], made["title"], made["receiver"]) == (PAGE, PAGE, "")
    assert shop.ask("people/alice/jssdk/share", {**card, "to": "nobody"})[0] == 404


def test_the_script_knows_the_same_names() -> None:
    source = TABLE.read_text("utf-8")
    names = set(re.findall(r"'([\w-]+)'", source.partition("JS_APIS")[2].partition("] as const")[0]))
    tags = set(re.findall(r"'([\w-]+)'", source.partition("OPEN_TAGS")[2].partition("] as const")[0]))
    assert (names, tags) == (set(JS_APIS), set(OPEN_TAGS))
