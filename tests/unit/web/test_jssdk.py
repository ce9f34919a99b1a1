"""Signatures for pages: WeChat's published example, what exactly gets signed, and the card calls."""

from __future__ import annotations

import hashlib

import pytest

from gongzhong.account import Account
from gongzhong.client import AsyncClient, Client
from gongzhong.clock import MovableClock
from gongzhong.errors import WebError
from gongzhong.web.jssdk import AsyncJsSdk, JsSdk, page_address, random_nonce, sign_card, sign_page

from .conftest import TaskTransport, ThreadTransport, WeChat

# 附录1 JS-SDK使用权限签名算法
TICKET = "sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg"
NONCE = "Wm3WZYTPz0wzccnW"
TIMESTAMP = 1414587457
URL = "http://mp.weixin.qq.com?params=value"
SIGNATURE = "0f9de62fce790f9a083d5c99e95740ceb90c27ed"


def test_the_published_example() -> None:
    assert sign_page(TICKET, NONCE, TIMESTAMP, URL) == SIGNATURE


@pytest.mark.parametrize("fragment", ["#", "#wechat_redirect", "#/route?params=other"])
def test_the_fragment_is_not_signed(fragment: str) -> None:
    assert sign_page(TICKET, NONCE, TIMESTAMP, URL + fragment) == SIGNATURE


def test_nothing_is_decoded_or_tidied() -> None:
    address = "https://shop.example/a%20b/%E5%95%86?from=singlemessage&x=%2F&y="
    assert page_address(address) == address


@pytest.mark.parametrize(
    "url", ["", "/cart", "shop.example/cart", "https://shop.example/商品", "https://a b/", "file:///x"]
)
def test_an_address_that_is_not_from_the_address_bar_is_refused(url: str) -> None:
    with pytest.raises(WebError) as error:
        page_address(url)
    assert error.value.reason == "page_url"
    assert TICKET not in str(error.value)


def test_card_values_are_sorted_by_value_and_joined() -> None:
    joined = "1404896688" + "E0o2-at6NcC2OsJiQTlwlOxGpLB" + "pjZ8Yt1XGILfi-FUsewpnnolGgZk"
    expected = hashlib.sha1(joined.encode()).hexdigest()
    assert (
        sign_card("pjZ8Yt1XGILfi-FUsewpnnolGgZk", "1404896688", "", "E0o2-at6NcC2OsJiQTlwlOxGpLB") == expected
    )


def test_nonces_differ_and_fit_in_a_page() -> None:
    nonces = {random_nonce() for _ in range(100)}
    assert len(nonces) == 100
    assert all(len(nonce) == 16 and nonce.isalnum() and nonce.isascii() for nonce in nonces)


CONFIG = {
    "debug": True,
    "appId": "wx0000000000000001",
    "timestamp": TIMESTAMP,
    "nonceStr": NONCE,
    "signature": SIGNATURE,
    "jsApiList": ["scanQRCode", "getLocation"],
    "openTagList": ["wx-open-subscribe"],
}
CARD = {
    "code": "",
    "openid": "oABC",
    "timestamp": str(TIMESTAMP),
    "nonce_str": NONCE,
    "signature": hashlib.sha1(f"{TIMESTAMP}{NONCE}oABCpCard{TICKET}".encode()).hexdigest(),
}
CHOICE = {
    "shopId": "",
    "cardType": "GROUPON",
    "cardId": "",
    "timestamp": TIMESTAMP,
    "nonceStr": NONCE,
    "signType": "SHA1",
    "cardSign": hashlib.sha1(f"{TIMESTAMP}GROUPON{NONCE}{TICKET}wx0000000000000001".encode()).hexdigest(),
}


@pytest.fixture
def tickets(wechat: WeChat) -> WeChat:
    wechat.answers["/cgi-bin/ticket/getticket"] = [
        {"errcode": 0, "errmsg": "ok", "ticket": TICKET, "expires_in": 7200}
    ]
    return wechat


def test_the_objects_that_pages_take(account: Account, tickets: WeChat) -> None:
    client = Client(account, transport=ThreadTransport(tickets))
    sdk = JsSdk(client, clock=MovableClock(TIMESTAMP, frozen=True), nonce=lambda: NONCE)
    config = sdk.config(
        f"{URL}#top", ["scanQRCode", "getLocation"], open_tags=["wx-open-subscribe"], debug=True
    )
    assert config == CONFIG
    assert sdk.add_card("pCard", openid="oABC") == CARD
    assert sdk.choose_card(card_type="GROUPON") == CHOICE


def test_many_pages_need_one_ticket_of_each_kind(account: Account, tickets: WeChat) -> None:
    sdk = JsSdk(Client(account, transport=ThreadTransport(tickets)))
    signatures = {sdk.config(URL)["signature"] for _ in range(5)}
    sdk.add_card("pCard")
    kinds = [request.query["type"] for request in tickets.requests if request.url.endswith("getticket")]
    assert kinds == ["jsapi", "wx_card"]
    assert len(signatures) == 5


def test_a_bad_address_costs_no_ticket(account: Account, tickets: WeChat) -> None:
    sdk = JsSdk(Client(account, transport=ThreadTransport(tickets)))
    with pytest.raises(WebError):
        sdk.config("/cart")
    assert tickets.requests == []


def test_one_name_is_not_a_list_of_letters(account: Account, tickets: WeChat) -> None:
    sdk = JsSdk(Client(account, transport=ThreadTransport(tickets)))
    with pytest.raises(TypeError, match="apis"):
        sdk.config(URL, "scanQRCode")


@pytest.mark.anyio
async def test_awaited_the_same_objects(account: Account, tickets: WeChat) -> None:
    client = AsyncClient(account, transport=TaskTransport(tickets))
    sdk = AsyncJsSdk(client, clock=MovableClock(TIMESTAMP, frozen=True), nonce=lambda: NONCE)
    config = await sdk.config(URL, ["scanQRCode", "getLocation"], open_tags=["wx-open-subscribe"], debug=True)
    assert config == CONFIG
    assert await sdk.add_card("pCard", openid="oABC") == CARD
    assert await sdk.choose_card(card_type="GROUPON") == CHOICE
