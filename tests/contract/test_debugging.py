"""The interface debugging tool makes every call as the client makes it: the same request, and the same answer."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from gongzhong.catalogue.encoding import Encoded, encode, encode_values
from gongzhong.catalogue.model import Call, Upload
from gongzhong.client.transport import WireRequest
from gongzhong.platform.debugging import trying
from gongzhong.testing.in_process import InProcessTransport

from .catalogue_calls import NEVER_SUCCEEDS, SUCCEEDS
from .catalogue_world import Shop


@pytest.fixture
def shop() -> Iterator[Shop]:
    made = Shop()
    yield made
    made.close()


def name(call: type[Call[Any]]) -> str:
    return call.__name__


def values_of(call: Call[Any]) -> dict[str, Any]:
    """What somebody fills in to get this call."""
    fields = msgspec.structs.fields(type(call))
    given = {field.encode_name: getattr(call, field.name) for field in fields}
    return {
        key: value if isinstance(value, Upload) else msgspec.to_builtins(value)
        for key, value in given.items()
        if value is not None
    }


def comparable(encoded: Encoded) -> Any:
    """A request without the boundary, which is drawn, and without the order of JSON's names."""
    body, kind = bytes(encoded.body or b""), encoded.content_type or ""
    boundary = kind.partition("boundary=")[2]
    if boundary:
        return encoded.query, sorted(body.replace(boundary.encode(), b"").split(b"----")), ""
    return encoded.query, json.loads(body) if kind == "application/json" else body, kind


def without_defaults(call: type[Call[Any]], request: Any) -> Any:
    """What is filled in is sent, also where it is the default; the client leaves it out."""
    query, body, kind = request
    defaults = {field.encode_name: field.default for field in msgspec.structs.fields(call)}
    if isinstance(body, dict):
        body = {key: value for key, value in body.items() if value != defaults.get(key, ...)}
    query = {key: value for key, value in query.items() if str(defaults.get(key, ...)) != value}
    return query, body, kind


@pytest.mark.parametrize("kind", SUCCEEDS, ids=name)
def test_a_form_sends_what_the_client_sends(shop: Shop, kind: type[Call[Any]]) -> None:
    call = SUCCEEDS[kind](shop)
    injected = {wire: f"<{what}>" for wire, what in kind.spec.inject.items()}
    ours = comparable(encode_values(kind, values_of(call), injected))
    assert without_defaults(kind, ours) == without_defaults(kind, comparable(encode(call, injected)))


@pytest.mark.parametrize("kind", SUCCEEDS, ids=name)
def test_a_form_gets_the_answer_of_the_call(shop: Shop, kind: type[Call[Any]]) -> None:
    values = values_of(SUCCEEDS[kind](shop))
    files = {
        key: {"filename": value.filename, "content": base64.b64encode(value.content).decode()}
        for key, value in values.items()
        if isinstance(value, Upload)
    }
    plain = {key: value for key, value in values.items() if key not in files}
    trial = {"call": kind.__name__, "appid": shop.state.appid, "values": plain, "files": files}
    request = WireRequest(
        method="POST",
        url="http://127.0.0.1:8700/_platform/debug/run",
        headers={"content-type": "application/json"},
        body=msgspec.json.encode(trial),
    )
    reply = shop.platform.run(InProcessTransport(shop.platform.server).send(request))
    told = msgspec.json.decode(reply.body)
    assert reply.status == 200, told
    expected = NEVER_SUCCEEDS[kind][0] if kind in NEVER_SUCCEEDS else 0
    if told["answer"]["body"]["file"] is not None:
        assert expected == 0 and told["told"] is None
        return
    assert told["told"]["code"] == expected, told["answer"]["body"]["text"]
    assert told["told"]["meaning"]["zh"] and told["told"]["meaning"]["en"]


def test_problems_are_told_before_anything_is_sent(shop: Shop) -> None:
    from gongzhong.catalogue.customer_messages import SendCustomerMessage
    from gongzhong.catalogue.templates import SendTemplate

    missing = trying.problem_with(SendTemplate, {"touser": "o"})
    assert missing is not None and missing.path == "template_id"
    wrong = trying.problem_with(SendTemplate, {"touser": "o", "template_id": "t", "data": {"thing1": 3}})
    assert wrong is not None and wrong.path.startswith("data")
    between = trying.problem_with(SendCustomerMessage, {"touser": "o", "msgtype": "text"})
    assert between is not None and between.zh and between.en
