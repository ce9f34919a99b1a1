"""Signatures for pages: WeChat's published example, what exactly gets signed, and the card calls."""

from __future__ import annotations

import hashlib

import pytest

from gongzhong.errors import WebError
from gongzhong.web.jssdk import page_address, random_nonce, sign_card, sign_page

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
