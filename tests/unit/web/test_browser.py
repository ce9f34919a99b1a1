"""The cookie that ties the end of a sign-in to the browser that began it."""

from __future__ import annotations

import re

import pytest

from gongzhong.web.browser import Browser, nonce_of


def test_a_new_browser_gets_a_cookie_that_others_cannot_plant_or_read() -> None:
    browser = Browser.of(None)
    assert browser.set_cookie is not None
    name, attributes = browser.set_cookie.split(f"={browser.nonce}; ")
    assert name == "__Host-gongzhong-browser"
    assert attributes == "Path=/; Max-Age=86400; HttpOnly; SameSite=Lax; Secure"


def test_over_plain_http_the_cookie_has_a_name_that_browsers_accept() -> None:
    browser = Browser.of(None, secure=False)
    assert browser.set_cookie is not None
    assert browser.set_cookie.startswith("gongzhong-browser=")
    assert "Secure" not in browser.set_cookie


def test_a_known_browser_keeps_its_nonce() -> None:
    first = Browser.of("theme=dark")
    sent_back = f"theme=dark; __Host-gongzhong-browser={first.nonce}; lang=zh"
    assert Browser.of(sent_back) == Browser(first.nonce, None)
    assert nonce_of(sent_back) == first.nonce


@pytest.mark.parametrize("value", ["", "short", "x" * 25, "x" * 23 + ";", "x" * 23 + "中", "../" + "x" * 21])
def test_a_nonce_that_was_not_made_here_is_replaced(value: str) -> None:
    header = f"__Host-gongzhong-browser={value}"
    assert nonce_of(header) == ""
    assert Browser.of(header).set_cookie is not None


def test_a_cookie_of_plain_http_does_not_count_over_https() -> None:
    plain = Browser.of(None, secure=False)
    assert nonce_of(f"gongzhong-browser={plain.nonce}", secure=True) == ""


def test_nonces_are_never_the_same() -> None:
    nonces = {Browser.of(None).nonce for _ in range(100)}
    assert len(nonces) == 100
    assert all(re.fullmatch(r"[\w-]{24}", nonce) for nonce in nonces)
