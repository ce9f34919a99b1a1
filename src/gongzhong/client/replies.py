"""What an HTTP answer means: done, refused with a code, or not an answer of WeChat's at all.

Neither the status (200 also for errors) nor the content type (JSON is often labelled text) can be trusted:
an answer is an error exactly when it is a JSON object with an errcode other than zero.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, Final, TypeVar

import msgspec

from ..account import Secret
from ..catalogue.answers import decode_answer
from ..catalogue.failures import failure, head_of
from ..catalogue.fields import check
from ..catalogue.model import Answer, BaseResp, Call
from ..errors import BadAnswer, CallError
from ..reasons import NOT_JSON
from ..wire.masking import masked
from .transport import WireReply

R = TypeVar("R")

_TITLE: Final = re.compile(r"<title[^>]*>\s*([^<]{1,80})", re.IGNORECASE)

_OPAQUE: Final = re.compile(r"[A-Za-z0-9_\-+/=]{16,}")
"""Text that may be a token, although it is none that this process knows."""


class Head(msgspec.Struct):
    """The return code of an answer, and where the calls on advertisements put theirs."""

    errcode: int = 0
    errmsg: str = ""
    base_resp: BaseResp | None = None

    @property
    def code(self) -> int:
        return self.errcode or (self.base_resp.ret if self.base_resp else 0)


_HEAD: Final = msgspec.json.Decoder(Head, strict=False)


def errcode_of(call: Call[Any], reply: WireReply) -> int:
    """The return code, 0 for success; raises `BadAnswer` for what WeChat would not send."""
    body = reply.body.lstrip()[:1]
    if call.spec.answer is Answer.BYTES and body != b"{":
        if reply.status != 200 or reply.content_type == "text/html":
            raise bad_answer(call, reply)
        return 0
    if body != b"{":
        raise bad_answer(call, reply)
    try:
        code = _HEAD.decode(reply.body).code
    except NOT_JSON:
        code = _lenient_errcode(call, reply)
    if code == 0 and reply.status != 200:
        raise bad_answer(call, reply)
    return code


def refusal(call: Call[Any], reply: WireReply, secrets: Iterable[Secret]) -> CallError:
    """The exception for an answer with a return code; `secrets` are taken out of what it quotes.

    Raises BadAnswer when the rest of the answer cannot be read.
    """
    text = masked(reply.body.decode("utf-8", "replace"), (secret.reveal() for secret in secrets))
    try:
        answer = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        answer = None
    if answer is None:
        raise bad_answer(call, reply)
    return failure(type(call), answer)


def refuse_early(call: Call[Any]) -> None:
    """Raise what WeChat would answer to a call that breaks a declared limit.

    Where sources contradict each other about a limit, WeChat has the last word: the call goes out.
    """
    violation = check(call)
    if violation is not None and violation.certain:
        raise failure(type(call), {"errcode": violation.code, "errmsg": violation.en})


def result(call: Call[R], reply: WireReply) -> R:
    """The typed answer of a successful call; raises `BadAnswer` when its shape is another."""
    return decode_answer(type(call), reply.body, reply.content_type, _filename(reply))


def bad_answer(call: Call[Any], reply: WireReply) -> BadAnswer:
    """The error for what WeChat would not send. Only a page's title is quoted: the rest may hold a token."""
    title = _TITLE.search(reply.body[:4096].decode("utf-8", "replace"))
    what = f"HTTP {reply.status}, {reply.content_type or '?'}, {len(reply.body)} B"
    if title and "=" not in title[1]:
        what += f", “{_OPAQUE.sub('***', masked(title[1].strip()))}”"
    return BadAnswer(
        f"{call.name()} 收到的不是微信的应答（{what}）",
        f"what answered {call.name()} was not WeChat ({what})",
        fix_zh="检查 GONGZHONG_API_BASE、代理和网关：是谁在应答？发送类接口可能已经执行，先查询结果",
        fix_en="check GONGZHONG_API_BASE, proxies and gateways: who answered? A send may have been done",
    )


def _lenient_errcode(call: Call[Any], reply: WireReply) -> int:
    try:
        answer = json.loads(reply.body.decode("utf-8", "replace"), strict=False)
        return head_of(answer)[0]
    except (ValueError, TypeError, OverflowError, RecursionError):  # a code of 4e999 is infinite
        pass
    if call.spec.answer is Answer.BYTES and reply.status == 200:
        return 0
    raise bad_answer(call, reply)


def _filename(reply: WireReply) -> str | None:
    disposition = reply.headers.get("content-disposition")
    if disposition is None:
        return None
    from email.message import Message  # loads twenty modules for what only downloads need

    header = Message()
    header["content-disposition"] = disposition
    return header.get_filename()
