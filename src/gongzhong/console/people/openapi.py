"""The OpenAPI document of the people API, made from the declarations of its actions."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from ...openapi import content, mistake, parameter, schemas_of
from ...openapi import document as whole
from .actions import ACTIONS, Action
from .keys import ROLES

DESCRIPTION: Final = """个人数据接口：同意、导出、删除、审计，按密钥的角色开放。由代码里的声明生成。

What operators do with people's data, over HTTP, with keys and roles. Made from the declarations in the code. An
operation names the roles that may call it (`x-roles`). After a refusal nothing was done."""
REFUSALS: Final = {
    "401": "没有密钥，或密钥无效 / no key, or it is not valid",
    "403": "密钥的角色、公众号或地址不允许 / the key is not for this role, account or address",
    "404": "没有这个公众号的数据 / nothing is stored of this account",
    "409": "现在不能做 / not possible now",
    "413": "请求太长 / the request is too long",
    "415": "请求须是 application/json / the request must be application/json",
    "422": "请求不对 / the request is wrong",
    "429": "这个密钥这一分钟的次数用完了 / the key has used up this minute's requests",
    "500": "出错了 / a failure",
    "503": "数据库或密钥库不可用 / database or key store cannot be reached",
}


@cache
def document() -> dict[str, Any]:
    """OpenAPI 3.1 of everything that the people API answers."""
    kinds = [kind for action in ACTIONS.values() for kind in (action.body, action.answer)]
    by_type, components = schemas_of(kinds)
    paths: dict[str, Any] = {
        f"/{{appid}}/people/{name}": {"post": _operation(name, action, by_type)}
        for name, action in ACTIONS.items()
    }
    paths["/healthz"] = {"get": _open("healthz", "进程是否活着 / whether the process lives")}
    paths["/openapi.json"] = {"get": _open("openapi", "本文档 / this document")}
    made = whole("gongzhong people API", DESCRIPTION, paths, components, "reason")
    made["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    return made


def _operation(name: str, action: Action[Any, Any], by_type: dict[str, Any]) -> dict[str, Any]:
    return {
        "operationId": name.replace("-", "_"),
        "summary": f"{action.zh} / {action.en}",
        "tags": ["people"],
        "security": [{"key": []}],
        "x-roles": [role for role, actions in ROLES.items() if name in actions],
        "parameters": [parameter("appid", "path")],
        "requestBody": {"required": True, "content": content(by_type[repr(action.body)])},
        "responses": {
            "200": {"description": "好了 / done", "content": content(by_type[repr(action.answer)])},
            **{status: mistake(words) for status, words in REFUSALS.items()},
        },
    }


def _open(name: str, summary: str) -> dict[str, Any]:
    """Something that is answered without a key."""
    answer = {"description": "好了 / done", "content": content({"type": "object"})}
    return {"operationId": name, "summary": summary, "tags": ["open"], "responses": {"200": answer}}
