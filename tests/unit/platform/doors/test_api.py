"""The door of the API: what is refused before a call is looked at, and what a refusal leaves behind."""

from __future__ import annotations

import json
import re

import pytest

from gongzhong.catalogue.model import Accounts, Status
from gongzhong.catalogue.registry import CALLS, AnyCall
from gongzhong.platform.world.settings import Kind
from gongzhong.platform.world.world import AccountState

from ..conftest import SECRET, Bench

RID = re.compile(r" rid: ([0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8})$")
LOOK_UP = "/cgi-bin/openapi/rid/get"
KINDS: dict[Accounts, tuple[Kind, bool]] = {
    Accounts.UNVERIFIED_SUBSCRIPTION: ("subscription", False),
    Accounts.VERIFIED_SUBSCRIPTION: ("subscription", True),
    Accounts.UNVERIFIED_SERVICE: ("service", False),
    Accounts.VERIFIED_SERVICE: ("service", True),
    Accounts.TEST: ("test", True),
}
WITH_TOKEN = [call for call in CALLS if call.spec.token and call.spec.status is Status.CURRENT]


def test_an_unknown_path_and_a_wrong_verb(bench: Bench) -> None:
    assert bench.code(bench.get("/cgi-bin/no/such/call")) == 40066
    assert bench.code(bench.post("/cgi-bin/user/get")) == 43001
    assert bench.code(bench.get("/cgi-bin/tags/create")) == 43002


def test_a_body_that_is_missing_or_no_json(bench: Bench) -> None:
    token = {"access_token": bench.token()}
    for body, code in (
        (b"", 44002),
        (b"tag=a", 47001),
        (b"[]", 47001),
        (b'{"tag":', 47001),
        (b"\xff", 47001),
    ):
        assert json.loads(bench.raw("POST", "/cgi-bin/tags/create", token, body).body)["errcode"] == code


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_each_kind_of_account_may_call_what_its_column_says(bench: Bench, kind: Accounts) -> None:
    wanted, verified = KINDS[kind]
    account = bench.add("candidate", kind=wanted, verified=verified)
    refused = {call for call in WITH_TOKEN if unauthorized(bench, account, call)}
    assert refused == {call for call in WITH_TOKEN if kind not in call.spec.accounts}


def unauthorized(bench: Bench, account: AccountState, call: AnyCall) -> bool:
    """A request without parameters is refused for something else once the account may call."""
    answer = bench.raw(call.spec.verb, call.spec.path, {"access_token": bench.token(account)})
    if not answer.body.startswith(b"{"):
        return False
    found = json.loads(answer.body)
    return bool(found.get("errcode", found.get("base_resp", {}).get("ret")) == 48001)


def test_each_refusal_can_be_looked_up(bench: Bench) -> None:
    refused = bench.post("/cgi-bin/tags/create", {"tag": {}})
    rid = RID.search(refused["errmsg"])
    assert rid is not None
    request = bench.post(LOOK_UP, {"rid": rid[1]})["request"]
    assert request["invoke_time"] == int(bench.clock.now())
    assert request["request_body"] == '{"tag": {}}'
    assert json.loads(request["response_body"]) == refused
    assert request["request_url"].startswith("access_token=88_")
    assert bench.token() not in request["request_url"]
    assert request["client_ip"] == "127.0.0.1"


def rid_of(bench: Bench, of: AccountState | None = None) -> str:
    found = RID.search(bench.get("/cgi-bin/no/such/call", of=of)["errmsg"])
    assert found is not None
    return found[1]


def test_a_rid_is_readable_for_seven_days_by_its_account(bench: Bench) -> None:
    other = bench.add("other")
    rid = rid_of(bench)
    assert bench.code(bench.post(LOOK_UP, {"rid": rid}, of=other)) == 76003
    bench.clock.advance(days=7)
    assert bench.code(bench.post(LOOK_UP, {"rid": rid})) == 0
    bench.clock.advance(1)
    assert bench.code(bench.post(LOOK_UP, {"rid": rid})) == 76004


@pytest.mark.parametrize(
    ("rid", "code"),
    [("61725984-6126f6f9-040f19c4", 76001), ("", 76002), ("no rid", 76002), (None, 76002), ({}, 76002)],
)
def test_rids_that_are_none(bench: Bench, rid: object, code: int) -> None:
    assert bench.code(bench.post(LOOK_UP, {"rid": rid})) == code


def test_calls_with_a_dead_token_or_a_wrong_secret_belong_to_their_account(bench: Bench) -> None:
    dead = bench.token()
    bench.clock.advance(hours=3)
    expired = json.loads(bench.raw("GET", "/cgi-bin/user/get", {"access_token": dead}).body)
    wrong = {"grant_type": "client_credential", "appid": bench.account.appid, "secret": "x"}
    mistaken = json.loads(bench.raw("GET", "/cgi-bin/token", wrong).body)
    for refused, code in ((expired, 42001), (mistaken, 40125)):
        assert refused["errcode"] == code
        rid = RID.search(refused["errmsg"])
        assert rid is not None
        assert bench.code(bench.post(LOOK_UP, {"rid": rid[1]})) == 0


def test_secrets_are_cut_in_what_is_remembered(bench: Bench) -> None:
    query = {"grant_type": "client_credential", "appid": bench.account.appid, "secret": SECRET + "x"}
    bench.raw("GET", "/cgi-bin/token", query)
    rows = bench.world.db.all("SELECT query, request, response FROM failure")
    assert rows
    assert not any(SECRET in value for row in rows for value in row)


def test_text_for_numbers_and_numbers_for_text_are_taken(bench: Bench) -> None:
    tag = bench.post("/cgi-bin/tags/create", {"tag": {"name": 2024}})["tag"]
    assert tag["name"] == "2024"
    assert bench.code(bench.post("/cgi-bin/tags/delete", {"tag": {"id": str(tag["id"])}})) == 0


@pytest.mark.parametrize("number", [2**63, 10**30, -(2**70), 1e300])
def test_numbers_that_nothing_can_hold_are_refused(bench: Bench, number: float) -> None:
    assert bench.code(bench.post("/cgi-bin/tags/delete", {"tag": {"id": number}})) != 0
    assert bench.code(bench.post("/cgi-bin/menu/delconditional", {"menuid": number})) != 0
    assert bench.code(bench.post("/cgi-bin/menu/delconditional", {"menuid": str(number)})) != 0
