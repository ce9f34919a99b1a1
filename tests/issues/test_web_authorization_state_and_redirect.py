"""What WeChat's authorise page takes as `state` and `redirect_uri` (网页授权; limits.md section 4, api/web.md).

People use UUIDs, base64url and paths as `state`; what the page refuses is its length. A `redirect_uri` that is no
address is refused in words. Domains: at most two, a host or a host with a path, with a port only where it may have one.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest

from gongzhong.errors import SetupError
from gongzhong.platform.doors.asking import COOKIE
from gongzhong.platform.doors.guard import Guard
from gongzhong.platform.doors.http import Request, Response
from gongzhong.platform.doors.open import DECISION_PATH, PATH, OpenDoor
from gongzhong.platform.traffic import Traffic
from gongzhong.platform.world import accounts, people
from gongzhong.platform.world.settings import Rules

from ..unit.platform.conftest import Bench


class Page:
    """The authorise page, opened by one person for one account."""

    def __init__(self, rules: Rules | None = None, **settings: Any) -> None:
        self.bench = Bench(rules)
        self.account = self.bench.add("web", **{"oauth_domain": "shop.example", **settings})
        self.bench.person("alice")
        self.door = OpenDoor(self.bench.world, Traffic(), Guard())

    def opens(self, query_string: str = "", path: str = PATH, **changed: str | None) -> Response:
        asked: dict[str, str | None] = {
            "appid": self.account.appid,
            "redirect_uri": "https://shop.example/cb",
            "response_type": "code",
            "scope": "snsapi_base",
            "state": "s",
            **changed,
        }
        query = query_string or urlencode({name: value for name, value in asked.items() if value is not None})
        return self.door.handle(
            Request(
                "POST" if path == DECISION_PATH else "GET",
                path,
                query,
                {"cookie": f"{COOKIE}=alice"},
                b"decision=allow",
                "",
            )
        )

    def sent_to(self, redirect_uri: str) -> bool:
        return self.opens(redirect_uri=redirect_uri).status == 302


def back(response: Response) -> dict[str, list[str]]:
    assert response.status == 302
    return parse_qs(urlsplit(response.headers["location"]).query, keep_blank_values=True)


@pytest.mark.parametrize(
    "state",
    [
        "abc123",
        "0b7c2f9e-5a41-4c1d-9f2e-7d3a6c8b1e55",
        "Zm9v_YmFy-QQ==",
        "/cart?id=1&from=menu",
        '{"next":"/首页"}',
        "a" * 128,
        "",
    ],
)
def test_a_state_comes_back_as_it_was(state: str) -> None:
    answer = back(Page().opens(state=state))
    assert answer["state"] == [state]
    assert answer["code"]


def test_a_missing_state_comes_back_empty() -> None:
    assert back(Page().opens(state=None))["state"] == [""]


def test_the_page_may_be_set_to_demand_a_state() -> None:
    strict = Page(Rules(web_state_required=True))
    for state in (None, ""):
        assert "10013" in strict.opens(state=state).body.decode()


@pytest.mark.parametrize("state", ["a" * 129, "好" * 43])
def test_a_long_state_is_refused_with_the_pages_words(state: str) -> None:
    shown = Page().opens(state=state).body.decode()
    assert "state 参数过长" in shown
    assert "128" in shown


@pytest.mark.parametrize(
    "redirect_uri",
    [
        "not an address",
        "http://",
        "http://[",
        "http://[::1",
        "http://shop.example:port/",
        "http://shop.example:99999999999999999999/",
        "https://shop.example/\r\nSet-Cookie: a=b",
        "https://shop.example\\@evil.example/",
        "https://evil.example\\@shop.example/",
        "javascript:alert(1)//shop.example",
        "shop.example/cb",
        "http://℀.example/",
        "\x00",
    ],
)
@pytest.mark.parametrize("path", [PATH, DECISION_PATH])
def test_what_is_no_address_is_refused_in_words(redirect_uri: str, path: str) -> None:
    shown = Page().opens(path=path, redirect_uri=redirect_uri)
    assert shown.status == 200
    assert "redirect_uri 不是网址" in shown.body.decode()
    assert "10003" in shown.body.decode()


def test_bytes_that_are_no_text_do_not_break_the_page() -> None:
    page = Page()
    for bytes_ in ("%ff%fe", "%ED%A0%80", "%00"):
        query = f"appid={page.account.appid}&redirect_uri={bytes_}&response_type=code&scope=snsapi_base&state={bytes_}"
        assert page.opens(query).status == 200
        query = query.replace(
            f"redirect_uri={bytes_}", f"redirect_uri={quote('https://shop.example/')}{bytes_}"
        )
        assert page.opens(query).status in (200, 302)


def test_two_domains_each_by_its_full_host() -> None:
    page = Page(second_oauth_domain="m.shop.example")
    for known in ("https://shop.example/a", "http://m.shop.example/b"):
        assert page.sent_to(known)
    for other in ("https://www.shop.example/", "https://example/", "https://a.m.shop.example/"):
        assert not page.sent_to(other)


def test_a_domain_with_a_path_means_addresses_below_it() -> None:
    page = Page(oauth_domain="shop.example/wx")
    assert page.sent_to("https://shop.example/wx")
    assert page.sent_to("https://shop.example/wx/cb?step=2")
    assert not page.sent_to("https://shop.example/wxyz")
    assert not page.sent_to("https://shop.example/")


@pytest.mark.parametrize(
    ("kind", "domain", "usable"),
    [
        ("service", "shop.example", True),
        ("service", "shop.example/mp/a", True),
        ("service", "shop.example/a/b/c/d", False),
        ("service", "shop.example//a", False),
        ("service", "shop.example:8000", False),
        ("service", "192.0.2.7", False),
        ("service", "https://shop.example", False),
        ("service", "shop example", False),
        ("test", "shop.example:8000", True),
        ("test", "192.0.2.7:8000", True),
        ("test", "192.0.2.7:0", False),
    ],
)
def test_the_form_of_a_domain_by_kind_of_account(kind: str, domain: str, usable: bool) -> None:
    page = Page(Rules(any_port=False), kind=kind)
    change = {"oauth_domain": domain}
    if usable:
        assert accounts.change(page.bench.world, page.account.appid, change).oauth_domains == [domain]
        return
    with pytest.raises(SetupError) as refused:
        accounts.change(page.bench.world, page.account.appid, change)
    assert "oauth_domain" in refused.value.zh
    assert domain in refused.value.en


def test_five_safe_domains_and_three_business_domains() -> None:
    page = Page()
    for name, most in (("js_domains", 5), ("business_domains", 3)):
        hosts = [f"h{number}.example" for number in range(most + 1)]
        accounts.change(page.bench.world, page.account.appid, {name: hosts[:most]})
        with pytest.raises(SetupError):
            accounts.change(page.bench.world, page.account.appid, {name: hosts})


def test_a_subscription_account_may_be_given_the_right() -> None:
    assert "10005" in Page(kind="subscription").opens().body.decode()
    assert "10005" in Page(kind="subscription", verified=False, web_authorization=True).opens().body.decode()
    page = Page(kind="subscription", web_authorization=True)
    code = back(page.opens())["code"][0]
    token = page.bench.get(
        "/sns/oauth2/access_token",
        page.account,
        appid=page.account.appid,
        secret=page.account.secret,
        code=code,
        grant_type="authorization_code",
    )
    assert token["scope"] == "snsapi_base"


@pytest.mark.parametrize("number", [10004, 10009, 10015, 10016])
def test_page_errors_that_a_setting_provokes(number: int) -> None:
    """api/web.md, the complete list of page errors."""
    page = Page(page_error=number)
    assert f"{number}" in page.opens().body.decode()
    accounts.change(page.bench.world, page.account.appid, {"page_error": 0})
    assert page.sent_to("https://shop.example/cb")


def test_a_domain_may_be_an_ipv6_address_of_a_test_account() -> None:
    page = Page(kind="test", oauth_domain="[2001:db8::7]:8000")
    people.follow(page.bench.world, page.account, "alice")
    assert page.sent_to("http://[2001:db8::7]:8000/cb")
    for other in ("http://[2001:db8::7]:8001/cb", "http://[2001:db8::8]:8000/cb", "http://shop.example/cb"):
        assert not page.sent_to(other)
    with pytest.raises(SetupError):
        accounts.change(page.bench.world, page.account.appid, {"oauth_domain": "[2001:db8::zz]"})
