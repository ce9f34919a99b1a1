"""Calls without behaviour: held to their declaration, answered with the least, marked everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

import msgspec
import pytest

from gongzhong import Account, OfficialAccount, Secret
from gongzhong.catalogue.fields import check
from gongzhong.catalogue.model import Call, Download, Status
from gongzhong.catalogue.registry import CALLS, listed_calls
from gongzhong.client.transport import WireReply, WireRequest
from gongzhong.errors import PermissionDenied
from gongzhong.platform import AccountConfig, PlatformConfig
from gongzhong.platform.calls import BEHAVIOURS
from gongzhong.platform.doors.api import FALLBACK_HEADER
from gongzhong.platform.examples import answer_of, smallest
from gongzhong.platform.world import tokens
from gongzhong.testing import LocalPlatform
from gongzhong.testing.in_process import InProcessTransport


class Caller:
    """Sends bare requests with a good token."""

    def __init__(self, kind: Any = "service") -> None:
        config = PlatformConfig(account=[AccountConfig(name="demo", kind=kind)])
        self.platform = LocalPlatform(config)
        account = self.platform.account_of()
        self.token, _ = tokens.issue(self.platform.world, account)
        self._transport = InProcessTransport(self.platform.server)

    def send(self, verb: str, path: str, body: bytes = b"", **query: str) -> WireReply:
        request = WireRequest(
            method=verb, url=f"http://api.test{path}", query={"access_token": self.token, **query}, body=body
        )
        return self.platform.run(self._transport.send(request))


@pytest.fixture
def caller() -> Iterator[Caller]:
    made = Caller()
    yield made
    made.platform.close()


def code(reply: WireReply) -> int:
    found: int = msgspec.json.decode(reply.body)["errcode"]
    return found


def test_a_listed_call_is_answered_and_marked(caller: Caller) -> None:
    reply = caller.send("POST", "/card/create", b'{"card":{}}')
    assert msgspec.json.decode(reply.body) == {"errcode": 0, "errmsg": "ok"}
    assert reply.headers["x-gongzhong-fallback"] == "1"
    (entry,) = caller.platform.calls
    assert (entry.verdict.ok, entry.verdict.kind) == (True, "fallback")
    assert "not simulated" in entry.verdict.en


@pytest.mark.parametrize(
    ("verb", "path", "body", "refusal"),
    [
        ("POST", "/card/create", b"", 44002),
        ("POST", "/card/create", b"[]", 47001),
        ("POST", "/card/create", b"{", 47001),
        ("GET", "/card/create", b"", 43002),
        ("POST", "/card/getcolors", b"{}", 43001),
        ("POST", "/card/invoice/platform/setpdf", b"{}", 41005),
        ("POST", "/bizwifi/shop/list", b"{}", 48001),
        ("POST", "/cgi-bin/groups/create", b"{}", 45106),
        ("POST", "/customservice/work/get", b"{}", 48001),
        ("POST", "/card/unheard_of", b"{}", 40066),
    ],
)
def test_nothing_wrong_is_answered_ok(
    caller: Caller, verb: str, path: str, body: bytes, refusal: int
) -> None:
    reply = caller.send(verb, path, body)
    assert code(reply) == refusal
    assert "x-gongzhong-fallback" not in reply.headers


def test_permission_and_token_come_first() -> None:
    test_account = Caller("test")
    assert code(test_account.send("POST", "/card/create", b"{}")) == 48001
    test_account.token = "nonsense"
    assert code(test_account.send("POST", "/card/create", b"{}")) == 40014
    test_account.platform.close()


def test_what_has_behaviour_is_not_marked(caller: Caller) -> None:
    reply = caller.send("GET", "/cgi-bin/user/get")
    assert not set(FALLBACK_HEADER) & set(reply.headers)


ANSWERED = [call for call in CALLS if get_args(call.returns) or call.returns is not Download]


@pytest.mark.parametrize("call", ANSWERED, ids=lambda call: call.__name__)
def test_the_least_answer_is_valid(call: type[Call[Any]]) -> None:
    answer = answer_of(call)
    assert check(answer) is None
    assert msgspec.json.decode(msgspec.json.encode(answer), type=type(answer)) == answer


def test_a_file_is_answered_empty() -> None:
    files = [call for call in CALLS if call.returns is Download]
    assert files
    assert all(answer_of(call) == Download(b"") for call in files)


def test_every_listed_call_that_lives_is_answered(caller: Caller) -> None:
    living = [call for call in listed_calls() if call.spec.status is Status.CURRENT and call.spec.accounts]
    state = caller.platform.account_of()
    for call in living:
        if call in BEHAVIOURS or state.type not in call.spec.accounts or not call.spec.whole:
            continue
        assert code(caller.send(call.spec.verb, call.spec.path, b"{}")) == 0, call.spec.path


def test_the_client_sends_a_listed_call_and_gives_back_what_came(platform: LocalPlatform) -> None:
    keys = Account(appid="wx00000000000000ef", secret=Secret("s" * 32), token=Secret("tok123"))
    oa = OfficialAccount(keys)
    platform.connect(oa)
    client = platform.client(oa)
    assert client.listed.call("/card/create", {"card": {}}) == {"errcode": 0, "errmsg": "ok"}
    assert client.listed.call("card/getcolors", query={"a": "b"}) == {"errcode": 0, "errmsg": "ok"}
    with pytest.raises(PermissionDenied) as refused:
        client.listed.call("/bizwifi/shop/list", {"pageindex": 1})
    assert refused.value.errcode == 48001
    assert [entry.verdict.kind for entry in platform.calls][-3:] == ["fallback", "fallback", "48001"]


class Limited(msgspec.Struct):
    name: str
    count: int
    items: list[str]
    note: str | None = None


def test_required_fields_are_there_and_empty() -> None:
    assert smallest(Limited) == Limited(name="", count=0, items=[])
