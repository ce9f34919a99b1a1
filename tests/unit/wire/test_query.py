from __future__ import annotations

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongzhong.errors import CallbackError
from gongzhong.wire import PushQuery

RAW = "signature=s1&timestamp=1700000000&nonce=n1&openid=o_-1&encrypt_type=aes&msg_signature=m1&echostr=e1"
READ = PushQuery(
    signature="s1",
    timestamp="1700000000",
    nonce="n1",
    openid="o_-1",
    encrypt_type="aes",
    msg_signature="m1",
    echostr="e1",
)


def test_raw_query_string() -> None:
    assert PushQuery.read(RAW) == READ
    assert PushQuery.read(RAW.encode()) == READ


def test_mapping_of_a_framework() -> None:
    assert PushQuery.read(dict(parse_qsl(RAW))) == READ


def test_missing_is_empty_and_unknown_is_ignored() -> None:
    assert PushQuery.read("nonce=n1&tenant=7&flag&=&tenant=8") == PushQuery(nonce="n1")
    assert PushQuery.read({"nonce": "n1", "tenant": "7"}) == PushQuery(nonce="n1")
    assert PushQuery.read("") == PushQuery()


def test_escapes() -> None:
    assert PushQuery.read("echostr=a%2Bb+c%3D&nonce=%E6%B1%89") == PushQuery(echostr="a+b c=", nonce="汉")


@pytest.mark.parametrize("name", ["signature", "timestamp", "nonce", "msg_signature"])
def test_a_parameter_given_twice_is_refused(name: str) -> None:
    with pytest.raises(CallbackError, match=name):
        PushQuery.read(f"{RAW}&{name}=other")


@given(st.binary(max_size=60) | st.text(max_size=60))
def test_nothing_else_is_raised(raw: bytes | str) -> None:
    assert isinstance(PushQuery.read(raw), PushQuery)
