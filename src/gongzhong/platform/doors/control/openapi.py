"""The OpenAPI document, made from the declarations: the control routes and every call of the catalogue."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from typing import Any, get_args

import msgspec

from ....catalogue.model import Answer, Call, Download, Upload
from ....catalogue.registry import CALLS
from ....version import VERSION
from .route import BASE, Control

REF = "#/components/schemas/{name}"


def document(controls: Iterable[Control]) -> dict[str, Any]:
    """OpenAPI 3.1 of everything the platform answers."""
    controls = list(controls)
    bodies = [control.body for control in controls if control.body is not None]
    structs = [call for call in CALLS if _has_json_body(call)]
    answers = list({kind for call in CALLS for kind in _json_answers(call)})
    schemas, components = msgspec.json.schema_components([*bodies, *structs, *answers], ref_template=REF)
    by_type = dict(zip([*bodies, *structs, *answers], schemas, strict=True))
    paths: dict[str, Any] = {}
    for control in controls:
        paths.setdefault(BASE + control.path, {})[control.verb.lower()] = _control(control, by_type)
    for call in CALLS:
        paths.setdefault(call.spec.path, {})[call.spec.verb.lower()] = _call(call, by_type)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "gongzhong platform",
            "version": VERSION,
            "description": "微信公众号本地平台 / WeChat Official Accounts on this machine",
        },
        "paths": paths,
        "components": {"schemas": {**components, "Refused": _REFUSED}},
    }


_REFUSED = {
    "type": "object",
    "required": ["errcode", "errmsg"],
    "properties": {"errcode": {"type": "integer"}, "errmsg": {"type": "string"}},
}


def _json_answers(call: type[Call[Any]]) -> list[Any]:
    kinds = get_args(call.returns) or (call.returns,)
    return [kind for kind in kinds if kind is not Download]


def _has_json_body(call: type[Call[Any]]) -> bool:
    return call.spec.verb == "POST" and not _has_file(call)


def _has_file(call: type[Call[Any]]) -> bool:
    return any(_is_file(field.type) for field in msgspec.structs.fields(call))


def _is_file(kind: Any) -> bool:
    return kind is Upload or any(_is_file(part) for part in get_args(kind))


def _parameter(name: str, place: str, *, required: bool) -> dict[str, Any]:
    return {"name": name, "in": place, "required": required, "schema": {"type": "string"}}


def _control(control: Control, by_type: dict[Any, Any]) -> dict[str, Any]:
    names = re.findall(r"{(\w+)}", control.path)
    operation: dict[str, Any] = {
        "operationId": control.function.__name__,
        "summary": (
            inspect.getdoc(control.function) or control.function.__name__.replace("_", " ")
        ).splitlines()[0],
        "tags": ["control"],
        "parameters": [
            *(_parameter(name, "path", required=True) for name in names),
            *(_parameter(name, "query", required=False) for name in control.query),
        ],
        "responses": {
            "200": {"description": "done", "content": {"application/json": {}}},
            "4XX": {"description": "refused: {error: {zh, en}}", "content": {"application/json": {}}},
        },
    }
    if control.body is not None:
        operation["requestBody"] = {"content": {"application/json": {"schema": by_type[control.body]}}}
    return operation


def _call(call: type[Call[Any]], by_type: dict[Any, Any]) -> dict[str, Any]:
    spec = call.spec
    fields = msgspec.structs.fields(call)
    parameters = [
        _parameter(field.encode_name, "query", required=field.required)
        for field in fields
        if spec.in_query(field.encode_name)
    ]
    if spec.token:
        parameters.insert(0, _parameter("access_token", "query", required=True))
    parameters += [_parameter(name, "query", required=True) for name in spec.inject if spec.in_query(name)]
    answers = [by_type[kind] for kind in _json_answers(call)]
    content: dict[str, Any] = {
        "application/json": {"schema": {"anyOf": [*answers, {"$ref": REF.format(name="Refused")}]}}
    }
    if spec.answer is Answer.BYTES:
        content["application/octet-stream"] = {"schema": {"type": "string", "format": "binary"}}
    operation: dict[str, Any] = {
        "operationId": call.__name__,
        "summary": (inspect.getdoc(call) or "").splitlines()[0],
        "tags": [call.__module__.rpartition(".")[2]],
        "parameters": parameters,
        "responses": {"200": {"description": "the answer, or a return code", "content": content}},
    }
    if spec.verb == "POST":
        operation["requestBody"] = {"content": _body(call, by_type)}
    return operation


def _body(call: type[Call[Any]], by_type: dict[Any, Any]) -> dict[str, Any]:
    if call in by_type:
        return {"application/json": {"schema": by_type[call]}}
    properties = {
        field.encode_name: {"type": "string", "format": "binary"}
        if _is_file(field.type)
        else {"type": "string"}
        for field in msgspec.structs.fields(call)
        if not call.spec.in_query(field.encode_name)
    }
    return {"multipart/form-data": {"schema": {"type": "object", "properties": properties}}}
