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

from ....catalogue.registry import CALLS, listed_calls
from ....openapi import content, mistake, parameter, schemas_of
from ....openapi import document as whole
from .openapi_calls import COMPONENTS, documents, operations
from .route import BASE, Otherwise, Route

DESCRIPTION = """微信公众号本地平台：控制接口与全部服务端接口，由代码里的声明生成。

WeChat Official Accounts on this machine: the control API and every server-side call, made from the declarations in
the code. Business errors are HTTP 200 with `errcode`; `x-errcodes` lists those that the official page names.
`x-platform` says whether a call has behaviour here, is only checked (`fallback`), or was withdrawn (`retired`)."""


@cache
def document(controls: tuple[Route[Any, Any], ...]) -> dict[str, Any]:
    """OpenAPI 3.1 of everything the platform answers."""
    calls = (*CALLS, *listed_calls())
    by_type, components = schemas_of([*_bodies_and_answers(controls), *CALLS, *documents(CALLS)])
    paths: dict[str, dict[str, Any]] = {}
    for control in controls:
        paths.setdefault(BASE + control.path, {})[control.verb.lower()] = _control(control, by_type)
    for path, verb, operation in operations(calls, {**components}, by_type):
        paths.setdefault(path, {})[verb] = operation
    requests = {call.__name__ for call in CALLS}
    kept = {name: schema for name, schema in components.items() if name not in requests}
    return whole("gongzhong platform", DESCRIPTION, paths, {**kept, **COMPONENTS})


_OF_CHANGES = {
    "413": mistake("请求体太大 / body too long"),
    "415": mistake("Content-Type 不对 / wrong Content-Type"),
}


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
            *(parameter(name, "path") for name in re.findall(r"{(\w+)}", control.path)),
            *(parameter(name, "query") for name in control.query),
        ],
        "responses": {
            **_success(control, by_type),
            "400": mistake("请求有误 / mistake in the request"),
            "404": mistake("没有 / not there"),
            "409": mistake("现在不能做 / not possible now"),
            **({} if control.verb == "GET" else _OF_CHANGES),
            "421": mistake("不认识这个主机名 / unknown host name"),
            "403": mistake("其他网站不能操作 / not for other sites"),
        },
    }
    if control.body is not None:
        schema = by_type[repr(control.body)]
        operation["requestBody"] = {"required": True, "content": content(schema)}
    elif control.streamed:
        operation["requestBody"] = {"content": {"text/csv": {"schema": {"type": "string"}}}}
    return operation


def _summary(control: Route[Any, Any]) -> str:
    words = inspect.getdoc(control.function) or control.function.__name__.replace("_", " ")
    return words.splitlines()[0]


def _success(control: Route[Any, Any], by_type: dict[str, Any]) -> dict[str, Any]:
    answer = control.answer
    if isinstance(answer, Otherwise):
        kind = "object" if answer.content_type == "application/json" else "string"
        text = {answer.content_type: {"schema": {"type": kind}}} if answer.content_type else {}
        return {str(answer.status): {"description": answer.words, "content": text}}
    schema = by_type[repr(answer)]
    return {"200": {"description": "好了 / done", "content": content(schema)}}
