"""A successful answer ↔ its bytes: the platform writes it, the client reads it.

Answers of writing calls carry `errcode` and `errmsg`, those of reading calls do not; the class of the answer
says which (`Acknowledged`) for the platform; the client asks for neither. Reading is as patient as real answers
demand: numbers as text, text as numbers, raw control characters, half emoji, fields nobody has heard of, optional
fields missing or in another type.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from types import UnionType
from typing import Any, TypeVar, cast, get_args

import msgspec

from ..errors import BadAnswer
from ..reasons import NOT_JSON
from ..wire.surrogates import mended_value
from .lenient import build_answer
from .model import ANY_FILE, Acknowledged, Call, Download, Reply

R = TypeVar("R")


def encode_answer(
    reply: Reply, *, errcode: bool | None = None, fields: Mapping[str, Any] | None = None
) -> bytes:
    """The JSON that the platform sends: `{"errcode":0,"errmsg":"ok",…}` for an acknowledged call.

    `errcode` says whether errcode and errmsg are there, whatever the class; `fields` replaces those of `reply`.
    """
    body = msgspec.json.encode(reply if fields is None else fields)
    if not (isinstance(reply, Acknowledged) if errcode is None else errcode):
        return body
    errmsg = reply.errmsg if isinstance(reply, Acknowledged) else Acknowledged.errmsg
    head = msgspec.json.encode({"errcode": 0, "errmsg": errmsg})
    return head if body == b"{}" else head[:-1] + b"," + body[1:]


def decode_answer(call: type[Call[R]], body: bytes, content_type: str = "", filename: str | None = None) -> R:
    """The typed answer in a body that carries no error; raises BadAnswer when it is not one that WeChat
    gives.

    Where a call may answer a file, JSON of the declared shape becomes that shape, everything else a Download.
    """
    asked: Any = call
    kinds = _kinds(asked)
    documents = [kind for kind in kinds if kind is not Download]
    if Download in kinds:
        found = _first_document(body, documents) if body.lstrip().startswith(b"{") else None
        return cast(R, found or Download(body, content_type or ANY_FILE, filename))
    try:
        return cast(R, msgspec.json.decode(body, type=documents[0], strict=False))
    except NOT_JSON:
        found = _first_document(body, documents)
    if found is None:
        del body  # it may hold a token, and tracebacks may show local variables
        raise _bad_answer(call)
    return cast(R, found)


@cache
def _kinds(call: type[Call[Any]]) -> tuple[Any, ...]:
    is_choice = isinstance(call.returns, UnionType)
    return get_args(call.returns) if is_choice else (call.returns,)


def _first_document(body: bytes, kinds: list[Any]) -> Any | None:
    """The body as the first of these structs whose required fields it has."""
    return next((found for kind in kinds if (found := _as_document(body, kind)) is not None), None)


def _as_document(body: bytes, kind: Any) -> Any | None:
    """The body as a struct, read with patience; None when it is something else."""
    try:
        return build_answer(mended_value(json.loads(body.decode("utf-8", "replace"), strict=False)), kind)
    except (ValueError, RecursionError, msgspec.ValidationError):
        return None


def _bad_answer(call: type[Call[Any]]) -> BadAnswer:
    return BadAnswer(
        f"{call.name()} 的应答不是文档所说的样子",
        f"the answer to {call.name()} is not what the documentation describes",
        fix_zh="检查域名与代理, 确认连接的是微信服务器",
        fix_en="check the host and proxies: is it WeChat's server that answers?",
    )
