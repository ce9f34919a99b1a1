"""Control routes of the reference pages: calls, pushes and return codes, to look up."""

from __future__ import annotations

from typing import Any

import msgspec

from ... import reference
from ...reference import CallEntry, CallPage, CodePage, CodeRow, PushEntry, PushPage
from ...world.refusal import BadInput
from .acts import account_of
from .route import Given, NotFound, Route


class ReferenceCalls(msgspec.Struct, kw_only=True):
    calls: list[CallEntry]


class ReferenceCodes(msgspec.Struct, kw_only=True):
    codes: list[CodeRow]


class ReferencePushes(msgspec.Struct, kw_only=True):
    pushes: list[PushEntry]


async def calls(given: Given[None]) -> ReferenceCalls:
    """全部接口 / every call"""
    return ReferenceCalls(calls=reference.call_rows())


async def call(given: Given[None]) -> CallPage:
    """一个接口的字段、限制和返回码 / the fields, limits and return codes of a call"""
    try:
        return reference.call_page(given.path["name"], given.platform.methods)
    except BadInput as problem:
        raise NotFound(problem.zh, problem.en) from None


async def codes(given: Given[None]) -> ReferenceCodes:
    """全部返回码 / every return code"""
    return ReferenceCodes(codes=reference.code_rows())


async def code(given: Given[None]) -> CodePage:
    """一个返回码的含义、原因和解决办法 / what a return code means, its cause and its fix"""
    text = given.path["code"]
    if not text.removeprefix("-").isdecimal() or len(text) > 10:
        raise NotFound(f"没有返回码 {text}", f"no return code {text}")
    return reference.code_page(int(text), given.query.get("call", ""))


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
    Route(verb="GET", path="/reference/calls", function=calls, answer=ReferenceCalls),
    Route(verb="GET", path="/reference/calls/{name}", function=call, answer=CallPage),
    Route(verb="GET", path="/reference/codes", function=codes, answer=ReferenceCodes),
    Route(verb="GET", path="/reference/codes/{code}", function=code, query=("call",), answer=CodePage),
    Route(verb="GET", path="/reference/pushes", function=pushes, answer=ReferencePushes),
    Route(verb="GET", path="/reference/pushes/{name}", function=push, query=("appid",), answer=PushPage),
]
