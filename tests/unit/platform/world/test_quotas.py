"""What may be called how often, and what happens then."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gongzhong.catalogue.customer_messages import SendCustomerMessage
from gongzhong.catalogue.model import TEST
from gongzhong.catalogue.registry import CALLS
from gongzhong.platform.world import accounts

from ..conftest import SECRET, Bench

LIST = "/cgi-bin/user/get"
CLEAR, CLEAR_V2, CLEAR_ONE = "/cgi-bin/clear_quota", "/cgi-bin/clear_quota/v2", "/cgi-bin/openapi/quota/clear"
ASK = "/cgi-bin/openapi/quota/get"


def limited(bench: Bench, path: str = LIST, most: int = 2) -> None:
    bench.account = accounts.change(bench.world, bench.account.appid, {"call_limits": {path: most}})


def clear(bench: Bench) -> int:
    return bench.code(bench.post(CLEAR, {"appid": bench.account.appid}))


def test_the_call_after_the_last_is_refused_until_midnight_in_china(bench: Bench) -> None:
    limited(bench)
    assert [bench.code(bench.get(LIST)) for _ in range(4)] == [0, 0, 45009, 45009]
    bench.clock.advance(hours=21, minutes=59)  # 23:59
    assert bench.code(bench.get(LIST)) == 45009
    bench.clock.advance(minutes=1)
    assert bench.code(bench.get(LIST)) == 0


def test_refused_calls_are_not_counted(bench: Bench) -> None:
    limited(bench)
    for _ in range(5):
        bench.get(LIST)
    assert bench.post(ASK, {"cgi_path": LIST})["quota"] == {"daily_limit": 2, "used": 2, "remain": 0}


def test_a_limit_of_nothing_allows_nothing(bench: Bench) -> None:
    limited(bench, most=0)
    assert bench.code(bench.get(LIST)) == 45009


def test_calls_that_fail_count_as_well(bench: Bench) -> None:
    limited(bench)
    assert [bench.code(bench.get(LIST, next_openid="nobody")) for _ in range(3)] == [40003, 40003, 45009]


def test_a_test_account_has_the_smaller_limits(bench: Bench) -> None:
    trial = bench.add("trial", kind="test")
    for call in CALLS:
        spec = call.spec
        if spec.daily_test is None or TEST not in spec.accounts or spec.path.startswith("/sns/"):
            continue
        for account, daily in ((bench.account, spec.daily), (trial, spec.daily_test)):
            answer = bench.post(ASK, {"cgi_path": spec.path}, of=account)
            assert answer["quota"]["daily_limit"] == daily, spec.path


def test_clearing_gives_everything_back_ten_times_a_month(bench: Bench) -> None:
    limited(bench, most=1)
    for _ in range(10):
        assert bench.code(bench.get(LIST)) == 0
        assert bench.code(bench.get(LIST)) == 45009
        assert clear(bench) == 0
    assert clear(bench) == 48006
    bench.clock.advance(days=31)
    assert clear(bench) == 0


def test_clearing_needs_the_appid_of_the_token(bench: Bench) -> None:
    other = bench.add("other")
    assert bench.code(bench.post(CLEAR, {"appid": other.appid})) == 40013
    assert bench.code(bench.post(CLEAR, {})) == 40013


@pytest.mark.parametrize("where", ["query", "json", "form"])
def test_clearing_by_secret_takes_its_parameters_from_anywhere(bench: Bench, where: str) -> None:
    limited(bench, "/cgi-bin/token", 1)
    fetch = {"grant_type": "client_credential", "appid": bench.account.appid, "secret": SECRET}
    fetched = [json.loads(bench.raw("GET", "/cgi-bin/token", fetch).body) for _ in range(2)]
    assert fetched[1]["errcode"] == 45009
    given = {"appid": bench.account.appid, "appsecret": SECRET}
    sent: dict[str, Any] = {
        "query": {"query": given},
        "json": {"body": json.dumps(given).encode()},
        "form": {
            "body": "&".join(f"{name}={value}" for name, value in given.items()).encode(),
            "content_type": "application/x-www-form-urlencoded",
        },
    }[where]
    assert json.loads(bench.raw("POST", CLEAR_V2, **sent).body)["errcode"] == 0
    assert "access_token" in json.loads(bench.raw("GET", "/cgi-bin/token", fetch).body)


def test_both_ways_of_clearing_share_the_ten(bench: Bench) -> None:
    given = {"appid": bench.account.appid, "appsecret": SECRET}
    for _ in range(5):
        assert clear(bench) == 0
        assert json.loads(bench.raw("POST", CLEAR_V2, given).body)["errcode"] == 0
    assert clear(bench) == 48006
    assert json.loads(bench.raw("POST", CLEAR_V2, given).body)["errcode"] == 48006


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({}, 41002),
        ({"appid": "wx0"}, 40013),
        ({"appid": "ours"}, 41004),
        ({"appid": "ours", "appsecret": "x"}, 40125),
    ],
)
def test_clearing_by_secret_with_wrong_credentials(bench: Bench, given: dict[str, str], code: int) -> None:
    given = {name: bench.account.appid if value == "ours" else value for name, value in given.items()}
    assert json.loads(bench.raw("POST", CLEAR_V2, given).body)["errcode"] == code


def test_one_call_can_be_cleared_fifty_times(bench: Bench) -> None:
    limited(bench, most=1)
    bench.get("/cgi-bin/tags/get")
    for _ in range(50):
        bench.get(LIST)
        assert bench.code(bench.post(CLEAR_ONE, {"cgi_path": LIST})) == 0
    assert bench.post(ASK, {"cgi_path": "/cgi-bin/tags/get"})["quota"]["used"] == 1
    assert bench.code(bench.post(CLEAR_ONE, {"cgi_path": LIST})) == 48006
    assert clear(bench) == 0


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/cgi-bin/nothing/here", 76021),
        ("/sns/userinfo", 76022),
        ("cgi-bin/user/get", 76003),
        ("", 76021),
    ],
)
def test_asking_about_what_is_no_call(bench: Bench, path: str, code: int) -> None:
    assert bench.code(bench.post(ASK, {"cgi_path": path})) == code


def test_asking_about_a_call_that_the_account_does_not_have(bench: Bench) -> None:
    plain = bench.add("plain", kind="subscription", verified=False)
    path = SendCustomerMessage.spec.path
    assert bench.code(bench.post(ASK, {"cgi_path": path}, of=plain)) == 76022
    assert bench.code(bench.post(CLEAR_ONE, {"cgi_path": path}, of=plain)) == 76022


def test_asking_tells_the_rate_where_there_is_one(bench: Bench) -> None:
    answer = bench.post(ASK, {"cgi_path": "/cgi-bin/stable_token"})
    assert answer["quota"]["daily_limit"] == 500_000
    assert answer["rate_limit"] == {"call_count": 10_000, "refresh_second": 60}
    assert "rate_limit" not in bench.post(ASK, {"cgi_path": LIST})


def test_asking_and_clearing_work_when_everything_is_used_up(bench: Bench) -> None:
    bench.account = accounts.change(
        bench.world, bench.account.appid, {"call_limits": dict.fromkeys((ASK, CLEAR, CLEAR_ONE), 0)}
    )
    assert bench.code(bench.post(ASK, {"cgi_path": LIST})) == 0
    assert clear(bench) == 0
    assert bench.code(bench.post(CLEAR_ONE, {"cgi_path": LIST})) == 0
