"""Whatever body comes to whatever route of the control API: no crash, one form of error, a limit that holds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from msgspec import inspect as shapes

from gongzhong.client import WireReply, WireRequest
from gongzhong.platform import AccountConfig, PersonConfig, PlatformConfig, TieConfig
from gongzhong.platform.doors.control import ROUTES
from gongzhong.platform.doors.control.route import SMALL, Route
from gongzhong.platform.traffic import ENTRY_BYTES, LONGEST_BODY, Exchange, Traffic, TrafficLimits
from gongzhong.testing import LocalPlatform
from gongzhong.testing.in_process import InProcessTransport

from .test_control_api_owner import filled

JSON = {"content-type": "application/json"}
WITH_BODY = [route for route in ROUTES if route.body is not None]
NESTED = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=8),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
WORDS = some.sampled_from(
    ["wx1", "shop", "alice", "text", "http://127.0.0.1:1/", "", "\0", "😀", "-1", "service"]
)


def label(route: Route[Any, Any]) -> str:
    return f"{route.verb} {route.path}"


@pytest.fixture(scope="module")
def shop() -> Iterator[LocalPlatform]:
    platform = LocalPlatform(
        PlatformConfig(
            account=[AccountConfig(name="shop", appid="wx1")],
            person=[PersonConfig(name="alice", accounts={"shop": TieConfig(follows=True)})],
        )
    )
    yield platform
    platform.close()


def ask(platform: LocalPlatform, route: Route[Any, Any], body: bytes) -> WireReply:
    request = WireRequest(
        method=route.verb,  # type: ignore[arg-type]
        url=f"http://127.0.0.1:8700{filled(route)}",
        headers=JSON,
        body=body,
        timeout_s=60,
    )
    return platform.run(InProcessTransport(platform.server).send(request))


def require_one_form(reply: WireReply) -> None:
    assert reply.status < 500, reply.body
    if reply.status >= 400:
        error = json.loads(reply.body)
        assert error.keys() == {"error"}
        assert error["error"].keys() >= {"zh", "en"}
        assert error["error"]["zh"] and error["error"]["en"]


def bodies(route: Route[Any, Any]) -> some.SearchStrategy[bytes]:
    """Objects with the names of the route's body, each with a value of its type, a likely word, or anything."""
    kind = shapes.type_info(route.body)
    assert isinstance(kind, shapes.StructType)
    fields = {field.encode_name: values(field.type) | WORDS | NESTED for field in kind.fields}
    required = {name: fields[name] for name in (field.encode_name for field in kind.fields if field.required)}
    optional = {name: value for name, value in fields.items() if name not in required}
    return some.fixed_dictionaries(required, optional=optional).map(
        lambda body: json.dumps(body, allow_nan=True).encode()
    )


def values(kind: shapes.Type) -> some.SearchStrategy[Any]:
    match kind:
        case shapes.Metadata():
            return values(kind.type)
        case shapes.UnionType():
            return some.one_of([values(one) for one in kind.types])
        case shapes.LiteralType():
            return some.sampled_from(sorted(kind.values, key=str))
        case shapes.BoolType():
            return some.booleans()
        case shapes.IntType():
            return some.integers(-(2**70), 2**70) | some.integers(0, 5)
        case shapes.FloatType():
            return some.floats() | some.integers(0, 5)
        case shapes.ListType():
            return some.lists(values(kind.item_type), max_size=3)
        case _:
            return WORDS | NESTED


@pytest.mark.parametrize("route", WITH_BODY, ids=label)
def test_any_body_is_answered(shop: LocalPlatform, route: Route[Any, Any]) -> None:
    @settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(bodies(route) | NESTED.map(lambda value: json.dumps(value).encode()) | some.binary(max_size=40))
    def tried(body: bytes) -> None:
        require_one_form(ask(shop, route, body))

    tried()


@pytest.mark.parametrize("route", WITH_BODY, ids=label)
def test_a_body_that_is_too_long_is_413(shop: LocalPlatform, route: Route[Any, Any]) -> None:
    if route.largest > SMALL:
        pytest.skip("files of this route may have 64 MB")
    reply = ask(shop, route, b" " * (route.largest + 1))
    assert reply.status == 413
    require_one_form(reply)


def texts(kind: shapes.Type) -> bool:
    return isinstance(kind, shapes.StrType) or (
        isinstance(kind, shapes.UnionType) and any(texts(one) for one in kind.types)
    )


@pytest.mark.parametrize("route", WITH_BODY, ids=label)
def test_nul_is_refused_in_every_text(shop: LocalPlatform, route: Route[Any, Any]) -> None:
    kind = shapes.type_info(route.body)
    assert isinstance(kind, shapes.StructType)
    for field in kind.fields:
        if not texts(field.type):
            continue
        reply = ask(shop, route, msgspec.json.encode({field.encode_name: "a\0b"}))
        assert reply.status == 400, field.encode_name
        assert b"U+0000" in reply.body


def exchange(size: int) -> Exchange:
    return Exchange(kind="api", appid="a", title="", method="POST", url="", request_body=b"x" * size)


def test_the_traffic_log_is_bounded_in_bytes_and_pages_go_on_after_what_is_gone() -> None:
    each = 10_000 + ENTRY_BYTES
    log = Traffic(TrafficLimits(entries=1_000, bytes=10 * each))
    for _ in range(25):
        log.record(exchange(10_000))
    assert len(log) == 10
    assert (log.oldest, log.last) == (16, 25)
    seen, cursor = [], 5
    while True:
        page = log.after(cursor, limit=3)
        seen += [entry.seq for entry in page.entries]
        assert page.dropped == max(0, 15 - cursor)
        if not page.more:
            break
        cursor = page.entries[-1].seq
    assert seen == list(range(16, 26))


def test_the_newest_entry_is_held_whatever_it_weighs() -> None:
    log = Traffic(TrafficLimits(entries=5, bytes=1))
    log.record(exchange(100))
    kept = log.record(exchange(LONGEST_BODY * 3))
    assert len(log) == 1
    assert kept.request_bytes == LONGEST_BODY * 3
    assert len(kept.request_body) < LONGEST_BODY
