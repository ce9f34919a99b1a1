"""网页授权 as WeChat answers it: the pages that refuse, the code, the web token, and who may have what."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from gongzhong.catalogue.oauth import WebToken
from gongzhong.client import WireReply, WireRequest
from gongzhong.platform.world import accounts
from gongzhong.testing import LocalPlatform
from gongzhong.testing.in_process import InProcessTransport

from .conftest import Magazine, refused

AUTHORIZE = "/connect/oauth2/authorize"
CALLBACK = "https://shop.example/back?step=2"
PROPER = {
    "appid": "wx00000000000000aa",
    "redirect_uri": CALLBACK,
    "response_type": "code",
    "scope": "snsapi_userinfo",
    "state": "abc123",
}


class Phone:
    """A person's browser on the authorise page; without a name a browser that is not WeChat's."""

    def __init__(self, platform: LocalPlatform, name: str = "alice", from_chat: str = "") -> None:
        self.platform = platform
        self.headers = {"cookie": f"gongzhong_from_chat={from_chat}"}
        if name:
            platform.person(name, nickname="爱丽丝", headimgurl="https://img.example/a.png")
            self.headers["cookie"] += f"; gongzhong_person={quote(name)}"

    def opens(self, query: dict[str, str], decision: str = "") -> WireReply:
        request = WireRequest(
            method="POST" if decision else "GET",
            url=f"http://platform{AUTHORIZE}{'/decision' if decision else ''}",
            query=query,
            headers=self.headers,
            body=f"decision={decision}".encode() if decision else None,
        )
        return self.platform.run(InProcessTransport(self.platform.server).send(request))

    def code(self, **changes: str) -> str:
        return returned(self.opens({**PROPER, **changes}, "allow"))["code"]


def returned(reply: WireReply) -> dict[str, str]:
    """What the redirect carries back."""
    assert reply.status == 302
    return {name: value for name, (value,) in parse_qs(urlsplit(reply.headers["location"]).query).items()}


def page_error(reply: WireReply) -> str:
    assert (reply.status, reply.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "无法打开" in reply.body.decode()
    _, found, number = reply.body.decode().partition("错误码 ")
    return number.partition("<")[0] if found else ""


@pytest.fixture
def shop(platform: LocalPlatform) -> Magazine:
    return Magazine(platform, oauth_domain="shop.example")


@pytest.fixture
def phone(platform: LocalPlatform, shop: Magazine) -> Phone:
    return Phone(platform)


def test_the_page_asks_and_sends_back(phone: Phone, shop: Magazine) -> None:
    asked = phone.opens(PROPER)
    assert asked.status == 200
    for shown in (shop.state.name, "爱丽丝", "允许"):
        assert shown in asked.body.decode()
    target = phone.opens(PROPER, "allow").headers["location"]
    assert target.startswith(f"{CALLBACK}&code=")
    assert target.endswith("&state=abc123")
    assert returned(phone.opens(PROPER, "deny")) == {"step": "2", "state": "abc123"}


def test_the_silent_scope_does_not_ask(phone: Phone) -> None:
    assert returned(phone.opens({**PROPER, "scope": "snsapi_base"}))["code"]


def test_a_follower_from_the_chat_is_not_asked_unless_the_page_insists(
    platform: LocalPlatform, shop: Magazine
) -> None:
    phone = Phone(platform, from_chat=shop.state.appid)
    assert phone.opens(PROPER).status == 200
    platform.person("alice").follows()
    assert returned(phone.opens(PROPER))["code"]
    assert phone.opens({**PROPER, "forcePopup": "true"}).status == 200
    assert Phone(platform).opens(PROPER).status == 200


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        ({"appid": ""}, "10012"),
        ({"redirect_uri": ""}, "10011"),
        ({"scope": ""}, "10010"),
        ({"scope": "snsapi_login"}, "10005"),
        ({"redirect_uri": "https://www.shop.example/back"}, "10003"),
        ({"redirect_uri": "https://example/back"}, "10003"),
        ({"redirect_uri": "https://shop.example.evil.example/back"}, "10003"),
        ({"redirect_uri": "https://shop.example@evil.example/back"}, "10003"),
        ({"redirect_uri": "javascript:alert(1)//shop.example"}, "10003"),
        ({"redirect_uri": "shop.example/back"}, "10003"),
        ({"response_type": "token"}, ""),
        ({"appid": "wxffffffffffffffff"}, ""),
        ({"state": "a" * 129}, ""),
    ],
    ids=str,
)
def test_pages_that_refuse(phone: Phone, changes: dict[str, str], number: str) -> None:
    assert page_error(phone.opens({**PROPER, **changes})) == number
    assert page_error(phone.opens({**PROPER, **changes}, "allow")) == number


@pytest.mark.parametrize("name", ["appid", "redirect_uri", "scope"])
def test_what_is_missing_counts_as_empty(phone: Phone, name: str) -> None:
    numbers = {"appid": "10012", "redirect_uri": "10011", "scope": "10010"}
    query = {key: value for key, value in PROPER.items() if key != name}
    assert page_error(phone.opens(query)) == numbers[name]


@pytest.mark.parametrize(
    "order",
    [
        ["redirect_uri", "appid", "response_type", "scope", "state"],
        ["appid", "redirect_uri", "scope", "response_type", "state"],
        ["state", "appid", "redirect_uri", "response_type", "scope"],
    ],
    ids="-".join,
)
def test_the_order_of_parameters_matters(phone: Phone, order: list[str]) -> None:
    reply = phone.opens({name: PROPER[name] for name in order})
    assert page_error(reply) == ""
    assert "顺序" in reply.body.decode()


def test_a_configured_port_belongs_to_the_host(platform: LocalPlatform) -> None:
    Magazine(platform, oauth_domain="127.0.0.1:8000")
    phone = Phone(platform)
    assert phone.opens({**PROPER, "redirect_uri": "http://127.0.0.1:8000/back"}).status == 200
    assert page_error(phone.opens({**PROPER, "redirect_uri": "http://127.0.0.1:8001/back"})) == "10003"


def test_without_a_domain_nobody_is_sent_anywhere(platform: LocalPlatform) -> None:
    Magazine(platform)
    assert page_error(Phone(platform).opens(PROPER)) == "10003"


@pytest.mark.parametrize(("kind", "verified"), [("subscription", True), ("service", False)])
def test_who_may_not_ask(platform: LocalPlatform, kind: str, verified: bool) -> None:
    Magazine(platform, kind=kind, verified=verified, oauth_domain="shop.example")
    for scope in ("snsapi_base", "snsapi_userinfo"):
        assert page_error(Phone(platform).opens({**PROPER, "scope": scope})) == "10005"


def test_a_test_account_asks_its_followers_only(platform: LocalPlatform) -> None:
    Magazine(platform, kind="test", oauth_domain="shop.example")
    phone = Phone(platform)
    assert page_error(phone.opens(PROPER)) == "10006"
    platform.person("alice").follows()
    assert phone.opens(PROPER).headers["content-type"].startswith("text/html")
    assert returned(phone.opens(PROPER, "allow"))["code"]


@pytest.mark.parametrize("name", ["", "nobody-here"])
def test_another_browser_is_turned_away(platform: LocalPlatform, shop: Magazine, name: str) -> None:
    phone = Phone(platform, "")
    phone.headers["cookie"] += f"; gongzhong_person={name}"
    assert "微信" in phone.opens(PROPER).body.decode()
    assert page_error(phone.opens(PROPER)) == ""


def wire(platform: LocalPlatform) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(platform.calls[-1].response_body)
    return answer


def test_a_code_is_for_one_use_and_one_account(phone: Phone, shop: Magazine) -> None:
    code = phone.code()
    other = Magazine(phone.platform, "wx00000000000000bb")
    for nobodys in (code, "unknown"):
        with refused(40029):
            other.api.oauth.exchange(code=nobodys)
    token = shop.api.oauth.exchange(code=code)
    assert (token.expires_in, token.scope) == (7200, "snsapi_userinfo")
    assert set(wire(phone.platform)) == {"access_token", "expires_in", "refresh_token", "openid", "scope"}
    with refused(40163):
        shop.api.oauth.exchange(code=code)


def test_a_code_waits_five_minutes(phone: Phone, shop: Magazine) -> None:
    first, second = phone.code(), phone.code()
    assert first != second
    phone.platform.clock.advance(minutes=4, seconds=59)
    shop.api.oauth.exchange(code=first)
    phone.platform.clock.advance(seconds=2)
    with refused(42003):
        shop.api.oauth.exchange(code=second)


def test_a_web_token_reads_the_profile_for_two_hours(phone: Phone, shop: Magazine) -> None:
    token = shop.api.oauth.exchange(code=phone.code())
    user = shop.api.oauth.userinfo(access_token=token.access_token, openid=token.openid)
    assert (user.nickname, user.headimgurl) == ("爱丽丝", "https://img.example/a.png")
    assert (user.sex, user.city, user.province, user.country, user.privilege) == (0, "", "", "", [])
    with refused(40003):
        shop.api.oauth.userinfo(access_token=token.access_token, openid="oNobody")
    with refused(40003):
        shop.api.oauth.check(access_token=token.access_token, openid="oNobody")
    phone.platform.clock.advance(hours=2)
    for call in (shop.api.oauth.userinfo, shop.api.oauth.check):
        with refused(42001):
            call(access_token=token.access_token, openid=token.openid)


def test_the_two_kinds_of_token_are_not_exchangeable(phone: Phone, shop: Magazine) -> None:
    token = shop.api.oauth.exchange(code=phone.code())
    basic = shop.api.base.get_token().access_token
    with refused(40001):
        shop.api.oauth.userinfo(access_token=basic, openid=token.openid)


def bind(platform: LocalPlatform, shop: Magazine) -> None:
    """Put the account under an Open Platform account, which gives its people a UnionID."""
    accounts.change(platform.world, shop.state.appid, {"open_platform": "集团"})


def test_the_silent_scope_tells_who_but_not_what(
    phone: Phone, platform: LocalPlatform, shop: Magazine
) -> None:
    bind(platform, shop)
    token = shop.api.oauth.exchange(code=returned(phone.opens({**PROPER, "scope": "snsapi_base"}))["code"])
    assert (token.openid, token.unionid) == (platform.person("alice").openid(), None)
    with refused(48001):
        shop.api.oauth.userinfo(access_token=token.access_token, openid=token.openid)


def test_a_bound_account_learns_the_unionid_of_who_agrees(
    phone: Phone, platform: LocalPlatform, shop: Magazine
) -> None:
    bind(platform, shop)
    token = shop.api.oauth.exchange(code=phone.code())
    user = shop.api.oauth.userinfo(access_token=token.access_token, openid=token.openid)
    platform.person("alice").follows()
    assert token.unionid == user.unionid == shop.api.users.get(openid=token.openid).unionid
    assert token.unionid


def refreshed(shop: Magazine, token: WebToken) -> WebToken:
    return shop.api.oauth.refresh(refresh_token=token.refresh_token)


def test_a_living_token_is_prolonged_and_a_dead_one_replaced(phone: Phone, shop: Magazine) -> None:
    clock = phone.platform.clock
    token = shop.api.oauth.exchange(code=phone.code())
    clock.advance(hours=1)
    same = refreshed(shop, token)
    assert (same.access_token, same.expires_in) == (token.access_token, 7200)
    clock.advance(hours=1, minutes=59)
    shop.api.oauth.check(access_token=token.access_token, openid=token.openid)
    clock.advance(hours=1)
    new = refreshed(shop, same)
    assert new.access_token != token.access_token
    assert (new.openid, new.scope) == (token.openid, token.scope)


def test_after_thirty_days_the_person_is_asked_again(phone: Phone, shop: Magazine) -> None:
    clock = phone.platform.clock
    token = shop.api.oauth.exchange(code=phone.code())
    clock.advance(days=29)
    refreshed(shop, token)
    clock.advance(days=1)
    with refused(42002):
        refreshed(shop, token)


def test_a_refresh_token_of_others(phone: Phone, shop: Magazine) -> None:
    token = shop.api.oauth.exchange(code=phone.code())
    other = Magazine(phone.platform, "wx00000000000000bb")
    with refused(40030):
        refreshed(other, token)
    with refused(40030):
        shop.api.oauth.refresh(refresh_token=token.access_token)
