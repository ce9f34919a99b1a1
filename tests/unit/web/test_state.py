"""`state` fits WeChat's alphabet and length, belongs to one browser, expires, and never leaves the site."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongzhong.account import Account, Secret
from gongzhong.clock import MovableClock
from gongzhong.errors import SetupError, WebError
from gongzhong.web.state import States, check_return_path

ACCOUNT = Account(appid="wx0000000000000001", secret=Secret("app-secret-of-the-tests"))
BROWSER, OTHER_BROWSER = "browser-one", "browser-two"


def states(clock: MovableClock | None = None, secret: str = "0123456789abcdef") -> States:
    return States(ACCOUNT, secret, clock or MovableClock(1_700_000_000, frozen=True))


def reason_of(error: pytest.ExceptionInfo[WebError]) -> str:
    return error.value.reason


@given(st.text(st.characters(categories=["L", "N", "P", "S"], exclude_characters="\\/"), max_size=24))
def test_any_short_path_comes_back_as_it_may_stand_in_a_header(tail: str) -> None:
    path = f"/{tail}"
    try:
        sealed = states().seal(path, BROWSER)
    except WebError as error:
        assert error.reason == "return_too_long"
        assert len(check_return_path(path)) > 70
        return
    assert re.fullmatch(r"[a-zA-Z0-9]{1,128}", sealed)
    assert states().open(sealed, BROWSER) == check_return_path(path)


def test_chinese_paths_are_percent_encoded_once() -> None:
    assert check_return_path("/商品/1?名=a%20b#评") == "/%E5%95%86%E5%93%81/1?%E5%90%8D=a%20b#%E8%AF%84"


def test_the_longest_path_that_fits() -> None:
    fits = next(n for n in range(128, 0, -1) if not too_long("/" + "a" * n))
    assert fits >= 70
    assert states().open(states().seal("/" + "a" * fits, BROWSER), BROWSER) == "/" + "a" * fits


def too_long(path: str) -> bool:
    try:
        states().seal(path, BROWSER)
    except WebError as error:
        return error.reason == "return_too_long"
    return False


@pytest.mark.parametrize(
    "path",
    [
        "",
        "cart",
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example",
        "/\t/evil.example",
        "\n//evil.example",
        "/a b",
        "/a\r\nSet-Cookie: x=1",
        "/a\u3000b",
        "/a\u2028b",
        "/\ud800",
        "javascript:alert(1)",
    ],
)
def test_addresses_that_could_leave_the_site_are_refused(path: str) -> None:
    with pytest.raises(WebError) as error:
        states().seal(path, BROWSER)
    assert reason_of(error) == "redirect_refused"


def test_another_browser_cannot_use_it() -> None:
    sealed = states().seal("/cart", BROWSER)
    with pytest.raises(WebError) as error:
        states().open(sealed, OTHER_BROWSER)
    assert reason_of(error) == "state_forged"


def test_another_secret_or_account_did_not_make_it() -> None:
    sealed = states().seal("/cart", BROWSER)
    other_account = Account(appid="wx0000000000000002")
    for other in (
        states(secret="fedcba9876543210"),
        States(other_account, "0123456789abcdef", MovableClock(1_700_000_000)),
    ):
        with pytest.raises(WebError) as error:
            other.open(sealed, BROWSER)
        assert reason_of(error) == "state_forged"


def test_it_works_until_its_deadline_and_not_after() -> None:
    clock = MovableClock(1_700_000_000, frozen=True)
    sealed = states(clock).seal("/cart", BROWSER)
    clock.advance(600)
    assert states(clock).open(sealed, BROWSER) == "/cart"
    clock.advance(1)
    with pytest.raises(WebError) as error:
        states(clock).open(sealed, BROWSER)
    assert reason_of(error) == "state_expired"


def test_every_changed_letter_is_noticed() -> None:
    sealed = states().seal("/cart", BROWSER)
    for position, letter in enumerate(sealed):
        changed = sealed[:position] + ("A" if letter != "A" else "B") + sealed[position + 1 :]
        with pytest.raises(WebError) as error:
            states().open(changed, BROWSER)
        assert reason_of(error) == "state_forged"


@given(st.text(max_size=140))
def test_anything_else_is_forged_or_missing(text: str) -> None:
    with pytest.raises(WebError) as error:
        states().open(text, BROWSER)
    assert reason_of(error) == ("state_forged" if text else "state_missing")


def test_without_the_cookie_nothing_is_sealed_or_opened() -> None:
    sealed = states().seal("/cart", BROWSER)
    with pytest.raises(WebError) as error:
        states().seal("/cart", "")
    assert reason_of(error) == "cookie_missing"
    with pytest.raises(WebError) as error:
        states().open(sealed, "")
    assert reason_of(error) == "cookie_missing"


def test_the_app_secret_serves_when_no_other_is_given() -> None:
    clock = MovableClock(1_700_000_000, frozen=True)
    sealed = States(ACCOUNT, None, clock).seal("/cart", BROWSER)
    assert States(ACCOUNT, ACCOUNT.secret, clock).open(sealed, BROWSER) == "/cart"


@pytest.mark.parametrize("secret", ["", "short", Secret("fifteen bytes..")])
def test_a_guessable_secret_is_refused_at_start(secret: str | Secret) -> None:
    with pytest.raises(SetupError):
        States(ACCOUNT, secret, MovableClock())


def test_an_account_without_a_secret_needs_one() -> None:
    with pytest.raises(SetupError):
        States(Account(appid="wx0000000000000001"), None, MovableClock())
