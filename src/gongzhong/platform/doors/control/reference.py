"""Control routes of the reference pages: return codes and pushes, to look up."""

from __future__ import annotations

from typing import Any

import msgspec

from ... import reference
from ...reference import CodePage, CodeRow, PushEntry, PushPage
from ...world.refusal import BadInput
from .acts import account_of
from .route import Given, NotFound, Route


class ReferenceCodes(msgspec.Struct, kw_only=True):
    codes: list[CodeRow]


class ReferencePushes(msgspec.Struct, kw_only=True):
    pushes: list[PushEntry]


async def codes(given: Given[None]) -> ReferenceCodes:
    """全部返回码 / every return code"""
    return ReferenceCodes(codes=reference.code_rows())


async def code(given: Given[None]) -> CodePage:
    """一个返回码的含义、原因和解决办法 / what a return code means, its cause and its fix"""
    text = given.path["code"]
    if not text.removeprefix("-").isdecimal() or len(text) > 10:
        raise NotFound(f"没有返回码 {text}", f"no return code {text}")
    return reference.code_page(int(text))


async def pushes(given: Given[None]) -> ReferencePushes:
    """全部消息和事件 / every message and event"""
    return ReferencePushes(pushes=reference.push_rows())


async def push(given: Given[None]) -> PushPage:
    """一种推送的字段和示例 / the elements of a push, and an example"""
    world = given.platform.world
    wanted = given.query.get("appid", "")
    account = account_of(given, wanted) if wanted else next(iter(world.accounts.values()), None)
    try:
        return reference.push_page(world, account, given.path["name"])
    except BadInput as problem:
        raise NotFound(problem.zh, problem.en) from None


ROUTES: list[Route[Any, Any]] = [
    Route(verb="GET", path="/reference/codes", function=codes, answer=ReferenceCodes),
    Route(verb="GET", path="/reference/codes/{code}", function=code, answer=CodePage),
    Route(verb="GET", path="/reference/pushes", function=pushes, answer=ReferencePushes),
    Route(verb="GET", path="/reference/pushes/{name}", function=push, query=("appid",), answer=PushPage),
]
