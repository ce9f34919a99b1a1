"""The calls of the catalogue as operations of an OpenAPI document: parameters, body, answers, return codes, example."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, get_args
from urllib.parse import parse_qsl

import msgspec

from ....catalogue import codes
from ....catalogue.model import Acknowledged, Call, Download, Host, Status, Upload
from ....catalogue.registry import chapter_of
from ....openapi import REF
from ...coverage import simulation
from ...examples import request_of

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
FILE = {"type": "string", "format": "binary"}

COMPONENTS: dict[str, Any] = {
    "Refused": {
        "type": "object",
        "required": ["errcode", "errmsg"],
        "properties": {"errcode": {"type": "integer", "not": {"const": 0}}, "errmsg": {"type": "string"}},
    },
    "RefusedInside": {
        "type": "object",
        "required": ["base_resp"],
        "properties": {
            "base_resp": {
                "type": "object",
                "required": ["ret", "err_msg"],
                "properties": {"ret": {"type": "integer"}, "err_msg": {"type": "string"}},
            }
        },
    },
    "Done": {
        "type": "object",
        "required": ["errcode", "errmsg"],
        "properties": {"errcode": {"const": 0}, "errmsg": {"type": "string"}},
    },
}

AnyCall = type[Call[Any]]


def documents(calls: Iterable[AnyCall]) -> list[Any]:
    """Every type of JSON answer, once."""
    return list(dict.fromkeys(kind for call in calls for kind in _json_answers(call)))


def operations(
    calls: Iterable[AnyCall], components: dict[str, Any], by_type: dict[str, Any]
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, verb and operation of each call. Calls that share a path and differ in a query parameter are one."""
    together: dict[tuple[str, str], list[AnyCall]] = {}
    for call in calls:
        path = call.spec.path.partition("?")[0]
        together.setdefault((path, call.spec.verb.lower()), []).append(call)
    for (path, verb), members in together.items():
        yield path, verb, _operation(members, components, by_type)


def _operation(
    calls: Sequence[AnyCall], components: dict[str, Any], by_type: dict[str, Any]
) -> dict[str, Any]:
    first = calls[0]
    spec = first.spec
    operation: dict[str, Any] = {
        "operationId": first.__name__,
        "summary": " · ".join((inspect.getdoc(call) or "").splitlines()[0] for call in calls),
        "description": spec.document,
        "tags": [chapter_of(first)],
        "parameters": _parameters(calls, components),
        "responses": {"200": _answers(calls, by_type), **_page_errors(spec.host)},
        "x-errcodes": _errors(calls),
        "x-platform": simulation(first),
    }
    if spec.verb == "POST" and (content := _body(first, components)):
        operation["requestBody"] = {"required": "img" not in _fields(first), "content": content}
    if spec.status is Status.RETIRED:
        operation["deprecated"] = True
    return operation


def _page_errors(host: Host) -> dict[str, Any]:
    """Pages for browsers say that something is not there as the web does, not by a return code."""
    if host is Host.API:
        return {}
    return {
        "404": {"description": "没有 / not there", "content": {"text/html": {"schema": {"type": "string"}}}}
    }


def _errors(calls: Sequence[AnyCall]) -> list[dict[str, Any]]:
    own = {code: row for call in calls for code, row in call.spec.codes.items()}
    named = dict.fromkeys(code for call in calls for code in call.spec.errors)
    rows = ((code, own.get(code) or codes.lookup(code)) for code in named)
    return [{"code": code, "zh": row.zh, "en": row.en} for code, row in rows if row is not None]


def _fields(call: AnyCall) -> dict[str, msgspec.structs.FieldInfo]:
    return {field.encode_name: field for field in msgspec.structs.fields(call)}


def _schemas(call: AnyCall, components: dict[str, Any]) -> dict[str, Any]:
    """Field → its schema; a call that is only listed has none."""
    properties: dict[str, Any] = components.get(call.__name__, {}).get("properties", {})
    return properties


def _is_file(call: AnyCall, name: str) -> bool:
    kind = _fields(call)[name].type
    return (
        kind is Upload or Upload in get_args(kind) or any(Upload in get_args(part) for part in get_args(kind))
    )


def _parameters(calls: Sequence[AnyCall], components: dict[str, Any]) -> list[dict[str, Any]]:
    spec = calls[0].spec
    found: dict[str, dict[str, Any]] = {}
    if spec.token:
        found["access_token"] = _parameter("access_token", {"type": "string"}, required=True)
    for name in (name for name in spec.inject if spec.in_query(name)):
        found[name] = _parameter(name, {"type": "string"}, required=True)
    fixed = [dict(parse_qsl(call.spec.path.partition("?")[2])) for call in calls]
    for name in fixed[0]:
        choices = {"type": "string", "enum": [values[name] for values in fixed]}
        found[name] = _parameter(name, choices, required=True)
    for call in calls:
        schemas, example = _schemas(call, components), request_of(call)
        for name, field in _fields(call).items():
            if name == spec.rest:
                found[name] = _free_query()
            elif spec.in_query(name) and name not in found:
                found[name] = _parameter(name, schemas[name], required=field.required)
                if name in example:
                    found[name]["example"] = example[name]
    return list(found.values())


def _parameter(name: str, schema: dict[str, Any], *, required: bool) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": required, "schema": schema}


def _free_query() -> dict[str, Any]:
    """Any further parameters: those of a listed call are not described."""
    anything = {"type": "object", "additionalProperties": {"type": "string"}}
    return {"name": "query", "in": "query", "style": "form", "explode": True, "schema": anything}


def _body(call: AnyCall, components: dict[str, Any]) -> dict[str, Any]:
    spec, example = call.spec, request_of(call)
    if spec.whole:
        schema = _schemas(call, components).get(spec.whole, {"type": "object"})
        kind = "text/plain" if schema.get("type") == "string" else JSON
        return {
            kind: {"schema": schema, **({"example": example[spec.whole]} if spec.whole in example else {})}
        }
    fields = {name: field for name, field in _fields(call).items() if not spec.in_query(name)}
    has_file = any(_is_file(call, name) for name in fields)
    schemas = _schemas(call, components)
    properties = {name: FILE if _is_file(call, name) else schemas[name] for name in fields}
    injected = [name for name in spec.inject if not spec.in_query(name)]
    schema = {
        "type": "object",
        "properties": {**properties, **{name: {"type": "string"} for name in injected}},
        "required": [*(name for name, field in fields.items() if field.required), *injected],
    }
    if not schema["properties"]:
        return {}
    if has_file:
        return {"multipart/form-data": {"schema": schema}}
    shown = {name: value for name, value in example.items() if name in fields}
    content = {JSON: {"schema": schema, **({} if injected else {"example": shown})}}
    return {**content, FORM: {"schema": schema}} if spec.forms else content


def _json_answers(call: AnyCall) -> list[Any]:
    if call.returns == dict[str, Any]:
        return []
    return [kind for kind in get_args(call.returns) or (call.returns,) if kind is not Download]


def _answers(calls: Sequence[AnyCall], by_type: dict[str, Any]) -> dict[str, Any]:
    described: list[dict[str, Any]] = []
    for kind in documents(calls):
        schema = by_type[repr(kind)]
        done = {"$ref": REF.format(name="Done")}
        described.append({"allOf": [done, schema]} if issubclass(kind, Acknowledged) else schema)
    if calls[0].returns == dict[str, Any]:
        described.append({"$ref": REF.format(name="Done")})
    refused = "RefusedInside" if calls[0].spec.wrapped else "Refused"
    content: dict[str, Any] = {JSON: {"schema": {"anyOf": [*described, {"$ref": REF.format(name=refused)}]}}}
    if any(Download in (call.returns, *get_args(call.returns)) for call in calls):
        content["*/*"] = {"schema": FILE}
    return {"description": "应答，或返回码 / the answer, or a return code", "content": content}
