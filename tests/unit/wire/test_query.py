from __future__ import annotations

import io
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs, parse_qsl

import multidict
import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import QueryParams
from werkzeug.datastructures import ImmutableMultiDict, MultiDict

from gongzhong.errors import CallbackError
from gongzhong.wire import PushQuery, sign
from gongzhong.wire.query import body_bytes

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


DJANGO = SimpleNamespace(DEFAULT_CHARSET="utf-8", DATA_UPLOAD_MAX_NUMBER_FIELDS=1000)


def django(raw: str) -> QueryDict:
    """Without Django's settings, which one process can be given only once."""
    with patch("django.http.request.settings", DJANGO):
        return QueryDict(raw)


SHAPES: dict[str, Callable[[str], Any]] = {
    "text": str,
    "text with a question mark": lambda raw: f"?{raw}",
    "bytes": str.encode,
    "bytearray": lambda raw: bytearray(raw.encode()),
    "memoryview": lambda raw: memoryview(raw.encode()),
    "dict": lambda raw: dict(parse_qsl(raw)),
    "dict of lists": parse_qs,
    "dict of tuples": lambda raw: {name: tuple(values) for name, values in parse_qs(raw).items()},
    "dict of bytes": lambda raw: {name.encode(): value.encode() for name, value in parse_qsl(raw)},
    "dict of byte lists": lambda raw: parse_qs(raw.encode()),
    "pairs": parse_qsl,
    "iterator of pairs": lambda raw: iter(parse_qsl(raw)),
    "werkzeug": lambda raw: MultiDict(parse_qsl(raw)),
    "flask": lambda raw: ImmutableMultiDict(parse_qsl(raw)),
    "starlette": QueryParams,
    "django": django,
    "aiohttp": lambda raw: multidict.MultiDictProxy(multidict.MultiDict(parse_qsl(raw))),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_that_frameworks_hand_over(shape: str) -> None:
    make = SHAPES[shape]
    assert PushQuery.read(make(RAW)) == READ
    assert PushQuery.read(make(RAW + "&tenant=7&tenant=8&flag=")) == READ
    assert PushQuery.read(make("nonce=a%2Bb+c%3D")) == PushQuery(nonce="a+b c=")


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape not in ("dict", "dict of bytes")])
def test_a_parameter_given_twice_is_refused_in_every_shape_that_can_say_it(shape: str) -> None:
    with pytest.raises(CallbackError, match="nonce"):
        PushQuery.read(SHAPES[shape](f"{RAW}&nonce=other"))


@pytest.mark.parametrize("source", [None, "", "?", b"", {}, [], django("")])
def test_no_parameters(source: Any) -> None:
    assert PushQuery.read(source) == PushQuery()


def test_numbers_and_absent_values_of_a_dict() -> None:
    given = {"timestamp": 1700000000, "nonce": None, "signature": ["s1"], "openid": []}
    assert PushQuery.read(given) == PushQuery(timestamp="1700000000", signature="s1")


@pytest.mark.parametrize(
    "source", [1, 1.5, True, object(), ["a"], [("a", "b", "c")], [1], {"nonce": {}}, {"nonce": 1.5}, {"nonce": True},
               {"nonce": [["a"]]}, io.StringIO("a"), type]
)  # fmt: skip
def test_what_is_no_query_is_refused_in_words(source: Any) -> None:
    with pytest.raises(CallbackError) as caught:
        PushQuery.read(source)
    assert caught.value.status == 400
    assert caught.value.zh
    assert caught.value.en


def test_escapes_in_signed_parameters() -> None:
    nonce = "a+b/c= 汉"
    raw = f"signature={sign('t', '17', nonce)}&timestamp=17&nonce=a%2Bb%2Fc%3D+%E6%B1%89"
    query = PushQuery.read(raw)
    assert query.signature == sign("t", query.timestamp, query.nonce)


def test_bodies_of_frameworks() -> None:
    for body in (b"<xml/>", bytearray(b"<xml/>"), memoryview(b"<xml/>"), "<xml/>"):
        assert body_bytes(body) == b"<xml/>"
    assert body_bytes(None) == b""
    for wrong in ({}, 1, io.BytesIO(b"<xml/>"), [b"<xml/>"]):
        with pytest.raises(CallbackError):
            body_bytes(wrong)


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


NAMES = st.sampled_from([*PushQuery.__struct_fields__, "a", "", b"nonce", 1, None])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.binary(), st.lists, max_leaves=3
)


@given(
    st.binary(max_size=60)
    | st.text(max_size=60)
    | st.dictionaries(NAMES, VALUES, max_size=4)
    | st.lists(st.tuples(NAMES, VALUES) | VALUES, max_size=4)
    | VALUES
)
def test_nothing_else_is_raised(source: Any) -> None:
    try:
        query = PushQuery.read(source)
    except CallbackError as problem:
        assert problem.status == 400
    else:
        assert all(isinstance(getattr(query, name), str) for name in query.__struct_fields__)
