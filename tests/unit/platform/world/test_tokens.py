"""access_token of both kinds, told by what an application sees of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gongzhong.platform.world import accounts

from ..conftest import SECRET, Bench

ANY_CALL = "/cgi-bin/getcallbackip"


def plain(bench: Bench, ip: str = "127.0.0.1", **changed: Any) -> dict[str, Any]:
    query = {"grant_type": "client_credential", "appid": bench.account.appid, "secret": SECRET, **changed}
    given = {name: value for name, value in query.items() if value is not None}
    answer: dict[str, Any] = json.loads(bench.raw("GET", "/cgi-bin/token", given, ip=ip).body)
    return answer


def stable(bench: Bench, *, force: bool = False, ip: str = "127.0.0.1", **changed: Any) -> dict[str, Any]:
    body = {"grant_type": "client_credential", "appid": bench.account.appid, "secret": SECRET, **changed}
    body = {name: value for name, value in body.items() if value is not None}
    sent = json.dumps({**body, "force_refresh": force}).encode()
    answer: dict[str, Any] = json.loads(bench.raw("POST", "/cgi-bin/stable_token", body=sent, ip=ip).body)
    return answer


def code_of(bench: Bench, token: str | None) -> int:
    query = {} if token is None else {"access_token": token}
    return int(json.loads(bench.raw("GET", ANY_CALL, query).body).get("errcode", 0))


def test_a_new_plain_token_leaves_the_old_one_five_minutes(bench: Bench) -> None:
    first = plain(bench)["access_token"]
    second = plain(bench)["access_token"]
    bench.clock.advance(299)
    assert (code_of(bench, first), code_of(bench, second)) == (0, 0)
    bench.clock.advance(1)
    assert (code_of(bench, first), code_of(bench, second)) == (40001, 0)


def test_a_token_of_either_kind_lives_two_hours(bench: Bench) -> None:
    for fetch in (plain, stable):
        answer = fetch(bench)
        assert answer["expires_in"] == 7200
        bench.clock.advance(7199)
        assert code_of(bench, answer["access_token"]) == 0
        bench.clock.advance(1)
        assert code_of(bench, answer["access_token"]) == 42001


def test_three_wrong_tokens_are_told_apart(bench: Bench) -> None:
    assert code_of(bench, None) == 41001
    assert code_of(bench, "88_looks_like_a_token") == 40001
    assert code_of(bench, "undefined") == 40014


def test_the_stable_token_is_the_same_for_all_until_five_minutes_before_its_end(bench: Bench) -> None:
    first = stable(bench)
    bench.clock.advance(7200 - 301)
    again = stable(bench)
    assert again == {"access_token": first["access_token"], "expires_in": 301}
    bench.clock.advance(1)
    renewed = stable(bench)
    assert renewed["access_token"] != first["access_token"]
    assert renewed["expires_in"] == 7200
    bench.clock.advance(299)
    assert code_of(bench, first["access_token"]) == 0
    bench.clock.advance(1)
    assert code_of(bench, first["access_token"]) in (40001, 42001)


def test_a_forced_refresh_ends_every_older_stable_token_at_once(bench: Bench) -> None:
    first = stable(bench)["access_token"]
    bench.clock.advance(7000)
    second = stable(bench)["access_token"]
    bench.clock.advance(30)
    third = stable(bench, force=True)["access_token"]
    assert [code_of(bench, token) for token in (first, second, third)] == [40001, 40001, 0]


def test_forcing_within_thirty_seconds_changes_nothing(bench: Bench) -> None:
    first = stable(bench, force=True)
    bench.clock.advance(29)
    assert stable(bench, force=True)["access_token"] == first["access_token"]
    bench.clock.advance(1)
    assert stable(bench, force=True)["access_token"] != first["access_token"]


def test_forcing_works_twenty_times_a_day(bench: Bench) -> None:
    for _ in range(20):
        assert "access_token" in stable(bench, force=True)
        bench.clock.advance(30)
    assert stable(bench, force=True)["errcode"] == 45009
    assert "access_token" in stable(bench)
    bench.clock.advance(days=1)
    assert "access_token" in stable(bench, force=True)


def test_the_two_kinds_do_not_touch_each_other(bench: Bench) -> None:
    kept = stable(bench)["access_token"]
    for _ in range(3):
        plain(bench)
    bench.clock.advance(600)
    assert code_of(bench, kept) == 0
    other = plain(bench)["access_token"]
    stable(bench, force=True)
    bench.clock.advance(600)
    assert code_of(bench, other) == 0


@pytest.mark.parametrize("fetch", [plain, stable])
@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"appid": None}, 41002),
        ({"appid": "wx0000000000000000"}, 40013),
        ({"secret": None}, 41004),
        ({"secret": "0" * 32}, 40125),
        ({"grant_type": "password"}, 40002),
        ({"grant_type": None}, 40002),
    ],
)
def test_wrong_credentials(bench: Bench, fetch: Any, changed: dict[str, Any], code: int) -> None:
    assert fetch(bench, **changed)["errcode"] == code


@pytest.mark.parametrize("fetch", [plain, stable])
def test_the_allow_list_names_the_address_it_refuses(bench: Bench, fetch: Any) -> None:
    accounts.change(bench.world, bench.account.appid, {"ip_allow_list": ["203.0.113.5"]})
    refused = fetch(bench, ip="203.0.113.9")
    assert refused["errcode"] == 40164
    assert refused["errmsg"].startswith("invalid ip 203.0.113.9 ipv6 ::ffff:203.0.113.9, not in whitelist")
    assert "access_token" in fetch(bench, ip="203.0.113.5")


def test_a_test_account_has_no_allow_list(bench: Bench) -> None:
    accounts.change(bench.world, bench.account.appid, {"kind": "test", "ip_allow_list": ["203.0.113.5"]})
    assert "access_token" in plain(bench, ip="203.0.113.9")


def test_the_allow_list_is_about_tokens_only(bench: Bench) -> None:
    accounts.change(
        bench.world, bench.account.appid, {"ip_allow_list": ["203.0.113.5"], "ip_allow_list_scope": "token"}
    )
    query = {
        "appid": bench.account.appid,
        "secret": SECRET,
        "code": "none",
        "grant_type": "authorization_code",
    }
    assert json.loads(bench.raw("GET", "/sns/oauth2/access_token", query).body)["errcode"] == 40029


def test_stable_token_takes_json_only(bench: Bench) -> None:
    assert json.loads(bench.raw("GET", "/cgi-bin/stable_token").body)["errcode"] == 43002
    form = b"grant_type=client_credential&appid=a&secret=b"
    answer = bench.raw("POST", "/cgi-bin/stable_token", {}, form, "application/x-www-form-urlencoded")
    assert json.loads(answer.body)["errcode"] == 47001


def test_a_token_has_the_form_of_a_real_one(bench: Bench) -> None:
    token = plain(bench)["access_token"]
    assert token.startswith("88_")
    assert 136 <= len(token) <= 200
