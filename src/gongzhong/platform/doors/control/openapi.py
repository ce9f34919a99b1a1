"""The OpenAPI document, made from the declarations: the control routes and every call of the catalogue.

Limits that JSON Schema cannot say stand beside it: `x-max-bytes` (UTF-8), and the return codes of a wrong or missing
value (`x-code-invalid`, `x-code-missing`).
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec

from ....catalogue.registry import CALLS, listed_calls
from ....version import version
from .openapi_calls import COMPONENTS, documents, operations
from .route import BASE, Otherwise, Route

REF = "#/components/schemas/{name}"
DESCRIPTION = """微信公众号本地平台：控制接口与全部服务端接口，由代码里的声明生成。

WeChat Official Accounts on this machine: the control API and every server-side call, made from the declarations in
the code. Business errors are HTTP 200 with `errcode`; `x-errcodes` lists those that the official page names.
`x-platform` says whether a call has behaviour here, is only checked (`fallback`), or was withdrawn (`retired`)."""


@cache
def document(controls: tuple[Route[Any, Any], ...]) -> dict[str, Any]:
    """OpenAPI 3.1 of everything the platform answers."""
    calls = (*CALLS, *listed_calls())
    kinds = [*_bodies_and_answers(controls), *CALLS, *documents(CALLS)]
    schemas, components = msgspec.json.schema_components(kinds, ref_template=REF)
    by_type = dict(zip(map(_key, kinds), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for control in controls:
        paths.setdefault(BASE + control.path, {})[control.verb.lower()] = _control(control, by_type)
    for path, verb, operation in operations(calls, {**components}, by_type):
        paths.setdefault(path, {})[verb] = operation
    requests = {call.__name__ for call in CALLS}
    kept = {name: schema for name, schema in components.items() if name not in requests}
    return {
        "openapi": "3.1.0",
        "info": {"title": "gongzhong platform", "version": version(), "description": DESCRIPTION},
        "paths": paths,
        "components": {"schemas": {**kept, **COMPONENTS, "Mistake": _MISTAKE}},
    }


_MISTAKE = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["zh", "en"],
            "properties": {"zh": {"type": "string"}, "en": {"type": "string"}},
        }
    },
}

_MISTAKE_CONTENT = {"application/json": {"schema": {"$ref": REF.format(name="Mistake")}}}
_OF_CHANGES = {
    "413": {"description": "请求体太大 / body too long", "content": _MISTAKE_CONTENT},
    "415": {"description": "Content-Type 不对 / wrong Content-Type", "content": _MISTAKE_CONTENT},
}


def _key(kind: Any) -> str:
    return repr(kind)


def _bodies_and_answers(controls: Sequence[Route[Any, Any]]) -> list[Any]:
    bodies = [control.body for control in controls if control.body is not None]
    answers = [control.answer for control in controls if not isinstance(control.answer, Otherwise)]
    return [*bodies, *answers]


def _control(control: Route[Any, Any], by_type: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": re.sub(r"\W+", "_", f"{control.verb.lower()}{control.path}").strip("_"),
        "summary": _summary(control),
        "tags": ["control"],
        "parameters": [
            *(_parameter(name, "path") for name in re.findall(r"{(\w+)}", control.path)),
            *(_parameter(name, "query") for name in control.query),
        ],
        "responses": {
            **_success(control, by_type),
            "400": {"description": "请求有误 / mistake in the request", "content": _MISTAKE_CONTENT},
            "404": {"description": "没有 / not there", "content": _MISTAKE_CONTENT},
            "409": {"description": "现在不能做 / not possible now", "content": _MISTAKE_CONTENT},
            **({} if control.verb == "GET" else _OF_CHANGES),
            "421": {"description": "不认识这个主机名 / unknown host name", "content": _MISTAKE_CONTENT},
            "403": {"description": "其他网站不能操作 / not for other sites", "content": _MISTAKE_CONTENT},
        },
    }
    if control.body is not None:
        schema = by_type[_key(control.body)]
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    elif control.streamed:
        operation["requestBody"] = {"content": {"text/csv": {"schema": {"type": "string"}}}}
    return operation


def _summary(control: Route[Any, Any]) -> str:
    words = inspect.getdoc(control.function) or control.function.__name__.replace("_", " ")
    return words.splitlines()[0]


def _parameter(name: str, place: str) -> dict[str, Any]:
    return {"name": name, "in": place, "required": place == "path", "schema": {"type": "string"}}


def _success(control: Route[Any, Any], by_type: dict[str, Any]) -> dict[str, Any]:
    answer = control.answer
    if isinstance(answer, Otherwise):
        content = {answer.content_type: {"schema": {"type": "string"}}} if answer.content_type else {}
        return {str(answer.status): {"description": answer.words, "content": content}}
    schema = by_type[_key(answer)]
    return {"200": {"description": "好了 / done", "content": {"application/json": {"schema": schema}}}}
