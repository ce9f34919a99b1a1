"""The IP allow-list (API IP 白名单; limits.md section 3): what it guards, entries, delay, order, code."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gongzhong.errors import SetupError
from gongzhong.platform.world import accounts
from gongzhong.platform.world.settings import Rules

from ..unit.platform.conftest import SECRET, Bench

HERE, THERE = "203.0.113.9", "198.51.100.7"


class Caller:
    """A program that calls from an address of its choice."""

    def __init__(self, rules: Rules | None = None, **settings: Any) -> None:
        self.bench = Bench(rules)
        self.account = self.bench.account
        if settings:
            self.change(**settings)

    def change(self, **settings: Any) -> None:
        self.account = accounts.change(self.bench.world, self.account.appid, settings)

    def code(self, ip: str, secret: str = SECRET) -> int:
        """The return code of fetching a token."""
        query = {"grant_type": "client_credential", "appid": self.account.appid, "secret": secret}
        answer = json.loads(self.bench.raw("GET", "/cgi-bin/token", query, ip=ip).body)
        return int(answer.get("errcode", 0))

    def call(self, ip: str, token: str = "") -> int:
        """The return code of a call with the token."""
        query = {"access_token": token or self.bench.token(self.account)}
        return int(
            json.loads(self.bench.raw("GET", "/cgi-bin/tags/get", query, ip=ip).body).get("errcode", 0)
        )


def test_by_default_every_call_is_guarded() -> None:
    caller = Caller(ip_allow_list=[HERE])
    assert (caller.code(HERE), caller.call(HERE)) == (0, 0)
    assert (caller.code(THERE), caller.call(THERE)) == (40164, 40164)


def test_the_other_reading_guards_the_calls_that_fetch_tokens() -> None:
    caller = Caller(ip_allow_list=[HERE], ip_allow_list_scope="token", ip_refusal_code=61004)
    assert (caller.code(THERE), caller.call(THERE)) == (61004, 0)


@pytest.mark.parametrize("ip", ["203.0.113.1", "203.0.113.254", "::ffff:203.0.113.9"])
def test_ranges_cover_their_addresses(ip: str) -> None:
    caller = Caller(ip_allow_list=["203.0.113.1/24", "2001:db8::/32"])
    assert caller.code(ip) == 0
    assert caller.code("2001:db8::9") == 0
    assert caller.code("203.0.114.1") == 40164


@pytest.mark.parametrize("entry", ["172.0.0.*", "203.0.113.9:80", "shop.example", "203.0.113.9/99", ""])
def test_entries_of_another_form_are_refused_in_words(entry: str) -> None:
    with pytest.raises(SetupError) as refused:
        Caller(ip_allow_list=[entry])
    assert "ip_allow_list" in refused.value.zh
    assert repr(entry) in refused.value.en


def test_the_order_is_secret_then_address_then_token() -> None:
    caller = Caller()
    token = caller.bench.token(caller.account)
    caller.change(ip_allow_list=[HERE])
    assert caller.code(THERE, "0" * 32) == 40125
    caller.bench.clock.advance(hours=3)
    assert caller.call(THERE, token) == 40164
    assert caller.call(HERE, token) == 42001


def test_a_changed_list_counts_after_the_delay() -> None:
    caller = Caller(Rules(ip_allow_list_delay_s=300))
    caller.change(ip_allow_list=[HERE])
    assert caller.code(THERE) == 0
    caller.bench.clock.advance(299)
    caller.change(name="another change moves nothing")
    assert caller.code(THERE) == 0
    caller.bench.clock.advance(1)
    assert caller.code(THERE) == 40164
    caller.change(ip_allow_list=[])
    assert caller.code(THERE) == 40164
    caller.bench.clock.advance(300)
    assert caller.code(THERE) == 0


def test_the_refusal_says_which_address() -> None:
    caller = Caller(ip_allow_list=[HERE])
    query = {"grant_type": "client_credential", "appid": caller.account.appid, "secret": SECRET}
    answer = json.loads(caller.bench.raw("GET", "/cgi-bin/token", query, ip=THERE).body)
    assert answer["errmsg"].startswith(f"invalid ip {THERE} ipv6 ::ffff:{THERE}, not in whitelist rid: ")


def test_a_test_account_has_no_list() -> None:
    assert Caller(ip_allow_list=[HERE], kind="test").code(THERE) == 0
