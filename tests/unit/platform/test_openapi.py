"""The OpenAPI document shows what the code declares: nothing missing, nothing dangling."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from gongzhong.catalogue.fields import check
from gongzhong.catalogue.lenient import build
from gongzhong.catalogue.model import Call, Status
from gongzhong.catalogue.registry import CALLS, listed_calls
from gongzhong.platform.doors.control import ROUTES
from gongzhong.platform.doors.control.openapi import document
from gongzhong.platform.doors.control.route import BASE
from gongzhong.platform.examples import request_of

DOCUMENT: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(document(ROUTES)))
each_call = pytest.mark.parametrize("call", CALLS, ids=lambda call: call.__name__)


def operation(call: type[Call[Any]]) -> dict[str, Any]:
    found: dict[str, Any] = DOCUMENT["paths"][call.spec.path.partition("?")[0]][call.spec.verb.lower()]
    return found


def nodes(value: Any) -> Iterator[Any]:
    yield value
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for child in children:
        yield from nodes(child)


def body(call: type[Call[Any]]) -> dict[str, Any]:
    (content, *_) = operation(call).get("requestBody", {"content": {"": {"schema": {}}}})["content"].values()
    schema: dict[str, Any] = content["schema"]
    return schema


def test_every_reference_leads_somewhere() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    named = {node["$ref"] for node in nodes(DOCUMENT) if isinstance(node, dict) and "$ref" in node}
    assert named
    assert {name for name in named if name.removeprefix("#/components/schemas/") not in schemas} == set()


def test_operations_have_names_of_their_own() -> None:
    names = [one["operationId"] for path in DOCUMENT["paths"].values() for one in path.values()]
    assert len(names) == len(set(names))
    assert not [path for path in DOCUMENT["paths"] if "?" in path]


@each_call
def test_every_field_of_a_call_is_described(call: type[Call[Any]]) -> None:
    spec, shown = call.spec, operation(call)
    parameters = {one["name"]: one for one in shown["parameters"]}
    properties = body(call).get("properties", {})
    for field in msgspec.structs.fields(call):
        name = field.encode_name
        if name == spec.whole:
            assert body(call)["type"] in ("string", "object")
        elif spec.in_query(name):
            assert parameters[name]["required"] == field.required
        else:
            assert (name in body(call)["required"]) == field.required
            assert properties[name]
    assert "access_token" in parameters or not spec.token
    assert [one["code"] for one in shown["x-errcodes"]][: len(spec.errors)] == [*spec.errors]
    assert shown.get("deprecated", False) == (spec.status is Status.RETIRED)


@each_call
def test_the_example_is_a_valid_request(call: type[Call[Any]]) -> None:
    assert check(build(request_of(call), call)) is None


def test_limits_in_bytes_and_codes_are_told() -> None:
    button = DOCUMENT["components"]["schemas"]["Button"]["properties"]["name"]
    told = next(node for node in nodes(button) if isinstance(node, dict) and "x-max-bytes" in node)
    assert told["x-max-bytes"] > 0
    assert {40018, 40025} & {told["x-code-invalid"]}


def test_the_shapes_that_differ() -> None:
    paths = DOCUMENT["paths"]
    upload = paths["/cgi-bin/media/upload"]["post"]["requestBody"]["content"]["multipart/form-data"]
    assert upload["schema"]["properties"]["media"] == {"type": "string", "format": "binary"}
    text = paths["/cgi-bin/media/voice/translatecontent"]["post"]["requestBody"]["content"]["text/plain"]
    assert text["schema"]["x-max-bytes"] == 600
    assert not paths["/cv/ocr/comm"]["post"]["requestBody"]["required"]
    secret = body_of("/cgi-bin/stable_token")
    assert {"appid", "secret"} <= set(secret["required"])
    assert "*/*" in paths["/cgi-bin/media/get"]["get"]["responses"]["200"]["content"]
    assert paths["/card/create"]["post"]["x-platform"] == "fallback"
    assert paths["/cgi-bin/shorturl"]["post"]["deprecated"]


def body_of(path: str) -> dict[str, Any]:
    schema: dict[str, Any] = DOCUMENT["paths"][path]["post"]["requestBody"]["content"]["application/json"][
        "schema"
    ]
    return schema


def test_listed_calls_and_control_routes_are_there() -> None:
    assert all(operation(call)["summary"] for call in listed_calls())
    for control in ROUTES:
        shown = DOCUMENT["paths"][BASE + control.path][control.verb.lower()]
        assert ("requestBody" in shown) == (control.body is not None or control.streamed)
