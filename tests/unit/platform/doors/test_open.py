"""The page that asks the person, and the calls behind it (网页授权)."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import pytest

from gongzhong.platform.doors.asking import COOKIE, FROM_CHAT_COOKIE
from gongzhong.platform.doors.guard import Guard
from gongzhong.platform.doors.http import Request, Response
from gongzhong.platform.doors.open import DECISION_PATH, PATH, OpenDoor
from gongzhong.platform.traffic import Traffic
from gongzhong.platform.world import accounts, people
from gongzhong.platform.world.world import AccountState

from ..conftest import SECRET, Bench

PAGE = "https://shop.example/callback?x=1"


class Phone:
    """Somebody's browser inside WeChat."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.account = bench.account = accounts.change(
            bench.world, bench.account.appid, {"oauth_domain": "shop.example", "open_platform": "group"}
        )
        bench.person("alice")
        self.door = OpenDoor(bench.world, Traffic(), Guard())

    def opens(
        self,
        scope: str = "snsapi_base",
        *,
        person: str = "alice",
        chat: AccountState | None = None,
        decision: str = "",
        query: str = "",
        **changed: str | None,
    ) -> Response:
        values = {"appid": self.account.appid, "redirect_uri": PAGE, "response_type": "code"}
        values |= {"scope": scope, "state": "s1"}
        given = {name: value for name, value in {**values, **changed}.items() if value is not None}
        query = query or "&".join(f"{name}={quote(value, safe='')}" for name, value in given.items())
        cookie = f"{COOKIE}={quote(person)}" + (f"; {FROM_CHAT_COOKIE}={chat.appid}" if chat else "")
        path = DECISION_PATH if decision else PATH
        body = f"decision={decision}".encode()
        return self.door.handle(Request("POST", path, query, {"cookie": cookie}, body, "127.0.0.1"))

    def code(self, scope: str = "snsapi_base", **more: Any) -> str:
        allowed = self.opens(scope, decision="" if scope == "snsapi_base" else "allow", **more)
        return arrived(allowed)["code"]

    def sns(self, path: str, **query: str) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.bench.raw("GET", f"/sns/{path}", query).body)
        return answer

    def exchange(
        self, code: str, account: AccountState | None = None, secret: str = SECRET
    ) -> dict[str, Any]:
        appid = (account or self.account).appid
        given = {"appid": appid, "secret": secret, "code": code}
        return self.sns("oauth2/access_token", grant_type="authorization_code", **given)

    def refresh(self, token: str) -> dict[str, Any]:
        given = {"appid": self.account.appid, "refresh_token": token}
        return self.sns("oauth2/refresh_token", grant_type="refresh_token", **given)

    def profile(self, token: dict[str, Any]) -> dict[str, Any]:
        return self.sns("userinfo", access_token=token["access_token"], openid=token["openid"])


def arrived(response: Response) -> dict[str, str]:
    """What the account's page is given."""
    assert response.status == 302
    target = urlsplit(response.headers["location"])
    assert (target.netloc, target.path) == ("shop.example", "/callback")
    return dict(parse_qsl(target.query))


def number(response: Response) -> int:
    """The number on an error page; 0 and 1 show none."""
    assert response.status == 200
    text = response.body.decode()
    return int(text.partition("错误码 ")[2].partition("<")[0]) if "错误码 " in text else 0


@pytest.fixture
def phone(bench: Bench) -> Phone:
    return Phone(bench)


def test_the_code_comes_back_beside_what_the_address_had(phone: Phone) -> None:
    assert arrived(phone.opens()).keys() == {"x", "code", "state"}
    assert arrived(phone.opens(state="abc123"))["state"] == "abc123"
    assert phone.opens(redirect_uri=f"{PAGE}#part").headers["location"].endswith("#part")


@pytest.mark.parametrize(
    ("changed", "shown"),
    [
        ({"redirect_uri": "https://www.shop.example/"}, 10003),
        ({"redirect_uri": "https://example/"}, 10003),
        ({"redirect_uri": "shop.example"}, 10003),
        ({"redirect_uri": "http://[bad"}, 10003),
        ({"scope": "snsapi_login"}, 10005),
        ({"scope": ""}, 10010),
        ({"redirect_uri": None}, 10011),
        ({"appid": ""}, 10012),
    ],
)
def test_the_numbers_of_page_errors(phone: Phone, changed: dict[str, str | None], shown: int) -> None:
    assert number(phone.opens(**changed)) == shown


@pytest.mark.parametrize("changed", [{"response_type": "token"}, {"appid": "wx1"}])
def test_links_that_cannot_be_opened(phone: Phone, changed: dict[str, str]) -> None:
    assert "链接无法打开" in phone.opens(**changed).body.decode()


def test_the_order_of_the_parameters_matters(phone: Phone) -> None:
    right = f"appid={phone.account.appid}&redirect_uri={quote(PAGE, safe='')}&response_type=code"
    assert phone.opens(query=f"{right}&scope=snsapi_base&state=1").status == 302
    assert phone.opens(query=f"{right}&scope=snsapi_base&state=1&connect_redirect=1").status == 302
    assert "顺序" in phone.opens(query=f"{right}&state=1&scope=snsapi_base").body.decode()


def test_only_somebody_with_wechat_and_an_account_that_may(phone: Phone) -> None:
    assert "微信客户端" in phone.opens(person="").body.decode()
    assert "微信客户端" in phone.opens(person="nobody").body.decode()
    accounts.change(phone.bench.world, phone.account.appid, {"kind": "subscription"})
    assert number(phone.opens()) == 10005


def test_a_test_account_wants_followers(phone: Phone) -> None:
    accounts.change(phone.bench.world, phone.account.appid, {"kind": "test"})
    assert number(phone.opens()) == 10006
    people.follow(phone.bench.world, phone.account, "alice")
    assert phone.opens().status == 302


def test_a_port_counts_when_the_setting_has_one(phone: Phone) -> None:
    assert phone.opens(redirect_uri="https://shop.example:8443/callback").status == 302
    accounts.change(phone.bench.world, phone.account.appid, {"oauth_domain": "shop.example:8443"})
    assert phone.opens(redirect_uri="https://shop.example:8443/callback").status == 302
    assert number(phone.opens(redirect_uri="https://shop.example/callback")) == 10003


def test_a_redirect_stays_one_line_and_plain(phone: Phone) -> None:
    tricky = phone.opens(redirect_uri="https://shop.example/callback?名=值 Set-Cookie: a=b")
    location = tricky.headers["location"]
    assert location.isascii()
    assert not {"\r", "\n", " "} & set(location)


def test_asking_for_the_profile_asks_the_person(phone: Phone) -> None:
    asked = phone.opens("snsapi_userinfo")
    assert asked.status == 200
    assert "oauth-allow" in asked.body.decode()
    assert arrived(phone.opens("snsapi_userinfo", decision="allow"))["code"]
    assert "code" not in arrived(phone.opens("snsapi_userinfo", decision="deny"))


def test_who_comes_from_the_chat_is_not_asked_unless_forced(phone: Phone) -> None:
    assert phone.opens("snsapi_userinfo", chat=phone.account).status == 200
    people.follow(phone.bench.world, phone.account, "alice")
    assert phone.opens("snsapi_userinfo", chat=phone.account).status == 302
    assert phone.opens("snsapi_userinfo", chat=phone.account, forcePopup="true").status == 200


def test_a_code_works_once_within_five_minutes(phone: Phone) -> None:
    code = phone.code()
    phone.bench.clock.advance(299)
    assert phone.exchange(code)["openid"]
    assert phone.exchange(code)["errcode"] == 40163
    late = phone.code()
    phone.bench.clock.advance(300)
    assert phone.exchange(late)["errcode"] == 42003


def test_what_is_no_code(phone: Phone) -> None:
    other = phone.bench.add("other")
    code = phone.code()
    assert phone.exchange("nothing")["errcode"] == 40029
    assert phone.exchange(code, other)["errcode"] == 40029
    assert phone.exchange(code, secret="wrong")["errcode"] == 40125
    assert phone.sns("oauth2/access_token", appid=phone.account.appid, secret=SECRET)["errcode"] in (
        41008,
        40002,
    )
    assert phone.exchange(code)["scope"] == "snsapi_base"


def test_the_silent_scope_tells_who_but_nothing_more(phone: Phone) -> None:
    token = phone.exchange(phone.code())
    assert token.keys() == {"access_token", "expires_in", "refresh_token", "openid", "scope"}
    assert token["openid"] == people.relation(phone.bench.world, phone.account, "alice").openid
    assert phone.profile(token)["errcode"] == 48001


def test_the_profile(phone: Phone) -> None:
    token = phone.exchange(phone.code("snsapi_userinfo"))
    profile = phone.profile(token)
    assert profile == {
        "openid": token["openid"],
        "nickname": "alice",
        "sex": 0,
        "language": "",
        "city": "",
        "province": "",
        "country": "",
        "headimgurl": "",
        "privilege": [],
        "unionid": token["unionid"],
    }


def test_a_token_is_about_one_person(phone: Phone) -> None:
    token = phone.exchange(phone.code("snsapi_userinfo"))
    phone.bench.person("bob")
    other = phone.exchange(phone.code("snsapi_userinfo", person="bob"))
    mixed = {**token, "openid": other["openid"]}
    assert phone.profile(mixed)["errcode"] == 40003
    for path in ("userinfo", "auth"):
        assert phone.sns(path, access_token="88_unknown", openid=token["openid"])["errcode"] == 40001
        assert phone.sns(path, access_token="undefined", openid=token["openid"])["errcode"] == 40014
        assert phone.sns(path, openid=token["openid"])["errcode"] == 41001
        assert phone.sns(path, access_token=token["access_token"])["errcode"] == 41009
    assert phone.sns("auth", access_token=token["access_token"], openid=token["openid"])["errcode"] == 0


def test_tokens_of_pages_and_of_the_api_are_strangers(phone: Phone) -> None:
    token = phone.exchange(phone.code())
    query = {"access_token": token["access_token"]}
    assert json.loads(phone.bench.raw("GET", "/cgi-bin/user/get", query).body)["errcode"] == 40001
    assert phone.sns("auth", access_token=phone.bench.token(), openid=token["openid"])["errcode"] == 40001


def test_refreshing_for_thirty_days(phone: Phone) -> None:
    token = phone.exchange(phone.code("snsapi_userinfo"))
    phone.bench.clock.advance(3600)
    same = phone.refresh(token["refresh_token"])
    assert (same["access_token"], same["expires_in"]) == (token["access_token"], 7200)
    phone.bench.clock.advance(7200)
    assert phone.profile(same)["errcode"] == 42001
    renewed = phone.refresh(same["refresh_token"])
    assert renewed["access_token"] != token["access_token"]
    assert phone.profile(renewed)["nickname"] == "alice"
    phone.bench.clock.advance(days=30, seconds=-10801)
    assert "access_token" in phone.refresh(renewed["refresh_token"])
    phone.bench.clock.advance(1)
    assert phone.refresh(renewed["refresh_token"])["errcode"] == 42002
    assert phone.refresh("nothing")["errcode"] == 40030


def test_a_snapshot_page_shows_nobody_real(phone: Phone) -> None:
    real = phone.exchange(phone.code("snsapi_userinfo"))
    opened = phone.opens("snsapi_userinfo", forceSnapShot="true")
    virtual = phone.exchange(arrived(opened)["code"])
    assert virtual["is_snapshotuser"] == 1
    assert virtual["openid"] != real["openid"]
    assert "unionid" not in virtual
    assert phone.profile(virtual)["nickname"] == "微信用户"
    assert "is_snapshotuser" not in phone.refresh(virtual["refresh_token"])
