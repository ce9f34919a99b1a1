"""What WeChat makes of an answer to a push (接收普通消息, 被动回复用户消息).

`success`, nothing at all, or a well-formed reply in the right wrapping with the names swapped: accepted. Everything
else is a response failure, and the person sees WeChat's failure line.
"""

from __future__ import annotations

import msgspec

from ...errors import CallbackError
from ...messages import Push, Reply, parse_reply, reply_problem
from ...wire import PushWriter, read_strict_xml
from ..traffic import Verdict
from ..world.world import AccountState
from .receiver import Answered, FailureClass

NOTHING_TO_SAY = (b"", b"success")


class Judged(msgspec.Struct, frozen=True):
    """The verdict, the reply if there is one to deliver, and its XML after decryption."""

    verdict: Verdict
    reply: Reply | None = None
    xml: bytes | None = None


def _failure(zh: str, en: str, xml: bytes | None = None) -> Judged:
    return Judged(Verdict(False, "response", f"回应失败：{zh}", f"response failure: {en}"), None, xml)


def foreign_file(name: str, media_id: str, judged: Judged) -> Judged:
    """The failure for a reply whose file the account does not have."""
    return _failure(
        f"{name} 不是本账号可用的素材：{media_id}",
        f"{name} is no file of this account: {media_id}",
        judged.xml,
    )


UNANSWERED: dict[FailureClass, Verdict] = {
    "dns": Verdict(False, "dns", "DNS 失败：域名无法解析", "DNS failure: the host name does not resolve"),
    "connect": Verdict(
        False, "connect", "连接失败：连不上开发者服务器", "connection failure: cannot reach the server"
    ),
    "timeout": Verdict(False, "timeout", "请求超时：5 秒内没有回应", "timeout: no answer within 5 seconds"),
}


def judge(account: AccountState, push: Push, writer: PushWriter, answer: Answered) -> Judged:
    """Decide as WeChat does whether the answer counts, and what the person gets."""
    if answer.status != 200:
        return _failure(f"HTTP 状态码 {answer.status}", f"HTTP status {answer.status}")
    if answer.body in NOTHING_TO_SAY:
        return Judged(Verdict(True, "accepted", "已接收，不回复", "accepted, nothing to show"))
    if not answer.body.startswith(b"<xml>"):
        return _failure(
            "既不是 success，也不是以 <xml> 开头的回复",
            "neither `success` nor a reply that starts with <xml>",
        )
    try:
        xml = writer.open_reply(answer.body)
    except CallbackError as problem:
        return _failure(f"回复的封装不对：{problem.zh}", f"the reply's envelope is wrong: {problem.en}")
    try:
        fields = read_strict_xml(xml)
        reply = parse_reply(fields)
    except CallbackError as problem:
        return _failure(problem.zh, problem.en, xml)
    if fields.get("FromUserName") != account.original_id:
        return _failure(
            f"FromUserName 应为 {account.original_id}", f"FromUserName must be {account.original_id}", xml
        )
    if fields.get("ToUserName") != push.openid:
        return _failure("ToUserName 应为用户的 OpenID", "ToUserName must be the user's OpenID", xml)
    return _deliverable(reply, push, xml)


def _deliverable(reply: Reply, push: Push, xml: bytes) -> Judged:
    problem = reply_problem(reply, push)
    if problem is None:
        return Judged(Verdict(True, "replied", "已回复", "replied"), reply, xml)
    if problem.delivered:
        return Judged(
            Verdict(True, "replied", f"已回复，但{problem.zh}", f"replied, but {problem.en}"), reply, xml
        )
    return Judged(
        Verdict(True, "ignored", f"回复未展示：{problem.zh}", f"reply not shown: {problem.en}"), None, xml
    )
