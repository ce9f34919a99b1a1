"""The authorisation link to the letter, and what a callback may and may not say."""

from __future__ import annotations

import re

import pytest

from gongzhong.account import Account, Hosts, Secret
from gongzhong.clock import MovableClock
from gongzhong.errors import WebError
from gongzhong.web.signin import SignIn, SignInFailed

ACCOUNT = Account(appid="wx0000000000000001", secret=Secret("app-secret-of-the-tests"))
CALLBACK = "https://shop.example/wechat/callback?from=menu"
BROWSER = "browser-one"


def sign_in(account: Account = ACCOUNT) -> SignIn:
    return SignIn(account, clock=MovableClock(1_700_000_000, frozen=True))


def state_in(url: str) -> str:
    found = re.search(r"state=([a-zA-Z0-9]{1,128})[&#]", url)
    assert found
    return found[1]


def test_the_link_has_the_order_and_the_fragment_that_wechat_demands() -> None:
    url = sign_in().authorize_url(CALLBACK, browser_nonce=BROWSER)
    assert re.fullmatch(
        r"https://open\.weixin\.qq\.com/connect/oauth2/authorize"
        r"\?appid=wx0000000000000001"
        r"&redirect_uri=https%3A%2F%2Fshop\.example%2Fwechat%2Fcallback%3Ffrom%3Dmenu"
        r"&response_type=code&scope=snsapi_base&state=[a-zA-Z0-9]{1,128}#wechat_redirect",
        url,
    )


def test_options_follow_the_state() -> None:
    url = sign_in().authorize_url(
        CALLBACK, browser_nonce=BROWSER, scope="snsapi_userinfo", force_popup=True, force_snapshot=True
    )
    assert "&scope=snsapi_userinfo&state=" in url
    assert url.endswith("&forcePopup=true&forceSnapShot=true#wechat_redirect")


def test_the_link_leads_to_the_platform_that_the_account_lives_on() -> None:
    local = Account(
        appid="wx0123456789abcdef", secret=ACCOUNT.secret, hosts=Hosts.local("http://127.0.0.1:8080")
    )
    url = sign_in(local).authorize_url(CALLBACK, browser_nonce=BROWSER)
    assert url.startswith("http://127.0.0.1:8080/connect/oauth2/authorize?appid=wx0123456789abcdef&")


@pytest.mark.parametrize(
    "uri", ["", "/callback", "//shop.example/cb", "ftp://shop.example", "https://shop.example/#x"]
)
def test_a_callback_address_that_wechat_cannot_use_is_refused(uri: str) -> None:
    with pytest.raises(WebError) as error:
        sign_in().authorize_url(uri, browser_nonce=BROWSER)
    assert error.value.reason == "redirect_uri"


@pytest.mark.parametrize("as_text", [True, False])
def test_a_callback_gives_the_code_and_the_way_back(as_text: bool) -> None:
    rules = sign_in()
    state = state_in(rules.authorize_url(CALLBACK, browser_nonce=BROWSER, return_path="/cart?id=7"))
    query = f"from=menu&code=081abc&state={state}" if as_text else {"code": "081abc", "state": state}
    arrival = rules.arrive(query, BROWSER)
    assert (arrival.code, arrival.return_path) == ("081abc", "/cart?id=7")


def test_the_code_stays_out_of_logs() -> None:
    rules = sign_in()
    state = state_in(rules.authorize_url(CALLBACK, browser_nonce=BROWSER))
    assert "081abc" not in repr(rules.arrive({"code": "081abc", "state": state}, BROWSER))


def test_an_answer_is_shared_only_between_the_same_code_in_the_same_browser() -> None:
    rules = sign_in()

    def key(code: str, browser: str) -> str:
        state = state_in(rules.authorize_url(CALLBACK, browser_nonce=browser))
        return rules.arrive({"code": code, "state": state}, browser).key

    assert key("one", BROWSER) == key("one", BROWSER)
    assert len({key("one", BROWSER), key("two", BROWSER), key("one", "browser-two")}) == 3


def test_a_user_who_declines_is_not_an_attack() -> None:
    rules = sign_in()
    state = state_in(rules.authorize_url(CALLBACK, browser_nonce=BROWSER, return_path="/cart"))
    with pytest.raises(SignInFailed) as error:
        rules.arrive({"state": state}, BROWSER)
    assert (error.value.reason, error.value.return_path) == ("denied", "/cart")


def test_without_a_good_state_the_code_is_not_even_looked_at() -> None:
    for query, reason in (("code=081abc", "state_missing"), ("code=081abc&state=forged", "state_forged")):
        with pytest.raises(WebError) as error:
            sign_in().arrive(query, BROWSER)
        assert error.value.reason == reason
