"""Both kinds of access_token: how long each lives, what ends it early, and who gets none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from gongzhong import Account, OfficialAccount, Secret
from gongzhong.errors import CredentialError, PermissionDenied

from .conftest import refused
from .shop import SECRET, Shop

TOKEN, STABLE = "/cgi-bin/token", "/cgi-bin/stable_token"
REPLACED, EXPIRED, NEVER_ONE = 40001, 42001, 40014


@pytest.fixture
def shop() -> Iterator[Shop]:
    with Shop.opened() as shop:
        yield shop


def plain(shop: Shop) -> str:
    return shop.api.base.get_token().access_token


def stable(shop: Shop, *, force: bool = False) -> str:
    return shop.api.base.get_stable_token(force_refresh=force).access_token


def test_a_plain_token_is_new_each_time_and_the_old_one_has_five_minutes(shop: Shop) -> None:
    answer = shop.api.base.get_token()
    assert answer.expires_in == 7200
    first, second = answer.access_token, plain(shop)
    assert first != second
    shop.platform.clock.advance(minutes=4, seconds=59)
    assert (shop.accepts(first), shop.accepts(second)) == (0, 0)
    shop.platform.clock.advance(2)
    assert (shop.accepts(first), shop.accepts(second)) == (REPLACED, 0)


def test_each_predecessor_keeps_its_own_five_minutes(shop: Shop) -> None:
    first, second = plain(shop), plain(shop)
    shop.platform.clock.advance(minutes=4)
    third = plain(shop)
    shop.platform.clock.advance(minutes=2)
    assert [shop.accepts(token) for token in (first, second, third)] == [REPLACED, 0, 0]
    shop.platform.clock.advance(minutes=4)
    assert [shop.accepts(token) for token in (first, second, third)] == [REPLACED, REPLACED, 0]


def test_nothing_outlives_two_hours(shop: Shop) -> None:
    first = plain(shop)
    shop.platform.clock.advance(hours=2, minutes=-1)
    second = plain(shop)
    assert shop.accepts(first) == 0
    shop.platform.clock.advance(minutes=1, seconds=1)
    assert (shop.accepts(first), shop.accepts(second)) == (EXPIRED, 0)


def test_the_stable_token_stays_the_same_until_it_nears_its_end(shop: Shop) -> None:
    first = stable(shop)
    shop.platform.clock.advance(hours=1)
    later = shop.api.base.get_stable_token()
    assert later.access_token == first
    assert 3595 <= later.expires_in <= 3600
    shop.platform.clock.advance(minutes=54, seconds=50)
    last = shop.api.base.get_stable_token()
    assert last.access_token == first
    assert 300 <= last.expires_in <= 310


def test_in_its_last_five_minutes_the_stable_token_has_a_successor(shop: Shop) -> None:
    first = stable(shop)
    shop.platform.clock.advance(hours=1, minutes=56)
    second = shop.api.base.get_stable_token()
    assert second.access_token != first
    assert second.expires_in == 7200
    assert stable(shop) == second.access_token
    assert (shop.accepts(first), shop.accepts(second.access_token)) == (0, 0)
    shop.platform.clock.advance(minutes=4, seconds=1)
    assert (shop.accepts(first), shop.accepts(second.access_token)) == (EXPIRED, 0)


def test_the_two_kinds_do_not_touch_each_other(shop: Shop) -> None:
    lasting, passing = stable(shop), plain(shop)
    for _ in range(2):
        plain(shop)
    shop.platform.clock.advance(minutes=1)
    forced = stable(shop, force=True)
    assert [shop.accepts(token) for token in (lasting, passing, forced)] == [REPLACED, 0, 0]
    shop.platform.clock.advance(minutes=10)
    assert [shop.accepts(token) for token in (passing, forced)] == [REPLACED, 0]
    assert stable(shop) == forced


def test_a_forced_refresh_kills_at_once_but_not_within_thirty_seconds(shop: Shop) -> None:
    first = stable(shop)
    shop.platform.clock.advance(29)
    assert stable(shop, force=True) == first
    shop.platform.clock.advance(2)
    second = stable(shop, force=True)
    assert second != first
    assert (shop.accepts(first), shop.accepts(second)) == (REPLACED, 0)
    assert stable(shop) == second


def force_twenty_times(shop: Shop) -> str:
    """The token that the twentieth forced refresh of today left."""
    last = stable(shop)
    for _ in range(20):
        shop.platform.clock.advance(31)
        before, last = last, stable(shop, force=True)
        assert last != before
    shop.platform.clock.advance(31)
    return last


def test_twenty_forced_refreshes_a_day(shop: Shop) -> None:
    last = force_twenty_times(shop)
    with refused(45009):
        stable(shop, force=True)
    assert stable(shop) == last
    shop.platform.clock.advance(hours=14)
    assert stable(shop, force=True) != last


def test_clearing_the_counts_allows_forcing_again(shop: Shop) -> None:
    last = force_twenty_times(shop)
    shop.api.base.clear_quota_by_secret()
    assert stable(shop, force=True) != last


def test_three_ways_for_a_token_to_be_wrong(shop: Shop) -> None:
    assert shop.accepts("88_" + "x" * 135) == REPLACED
    assert shop.accepts("anything") == NEVER_ONE
    assert shop.accepts("") == 41001
    assert shop.code("GET", "/cgi-bin/get_api_domain_ip") == 41001
    token = plain(shop)
    shop.platform.clock.advance(hours=2)
    assert shop.accepts(token) == EXPIRED


GOOD = {"grant_type": "client_credential", "appid": "wx00000000000000aa", "secret": SECRET}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"appid": "wxffffffffffffffff"}, 40013),
        ({"appid": None}, 41002),
        ({"appid": ""}, 41002),
        ({"secret": "t" * 32}, 40125),
        ({"secret": None}, 41004),
        ({"grant_type": "password"}, 40002),
    ],
)
def test_what_is_wrong_with_the_credentials_is_told_apart(
    shop: Shop, change: dict[str, Any], code: int
) -> None:
    fields = {name: value for name, value in {**GOOD, **change}.items() if value is not None}
    assert shop.code("GET", TOKEN, query=GOOD) == 0
    assert shop.code("GET", TOKEN, query=fields) == code
    assert shop.code("POST", STABLE, json=GOOD) == 0
    assert shop.code("POST", STABLE, json=fields) == code


def test_the_stable_token_takes_json_by_post_only(shop: Shop) -> None:
    assert shop.code("GET", STABLE, query=GOOD) == 43002
    assert shop.code("POST", STABLE, form=GOOD) == 47001
    assert shop.code("POST", TOKEN, form=GOOD) == 43001


def test_a_client_with_a_wrong_secret_says_so_and_keeps_it_to_itself(shop: Shop) -> None:
    wrong = OfficialAccount(
        Account(appid=shop.state.appid, secret=Secret("verysecret" * 3), token=Secret("tok123"))
    )
    with pytest.raises(CredentialError) as error:
        shop.platform.client(wrong).users.list()
    assert error.value.errcode == 40125
    assert "verysecret" not in str(error.value)
    assert re.search(r" rid: [0-9a-f]{8}(-[0-9a-f]{8}){2}$", error.value.errmsg)


def test_only_listed_addresses_get_tokens(shop: Shop) -> None:
    token = plain(shop)
    shop.platform.change(shop.oa, ip_allow_list=["203.0.113.9"], ip_allow_list_scope="token")
    for get in (shop.api.base.get_token, shop.api.base.get_stable_token):
        with pytest.raises(PermissionDenied) as error:
            get()
        assert error.value.errcode == 40164
        assert error.value.errmsg.startswith(
            "invalid ip 127.0.0.1 ipv6 ::ffff:127.0.0.1, not in whitelist rid: "
        )
    assert shop.accepts(token) == 0
    shop.platform.change(shop.oa, ip_allow_list=["203.0.113.9", "127.0.0.1"])
    assert shop.accepts(plain(shop)) == 0


def test_test_accounts_have_no_list_of_addresses() -> None:
    with Shop.opened(kind="test", ip_allow_list=["203.0.113.9"]) as shop:
        assert shop.accepts(plain(shop)) == 0
        assert shop.accepts(stable(shop)) == 0
