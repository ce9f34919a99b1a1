"""The verification request that WeChat sends before it saves a URL (接入指南), with right and wrong signatures."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from typing import Final

from ...account import Account
from ...platform.delivery.receiver import Receiver
from ...wire import sign
from ..callback import Asked, ask
from .answers import clock_difference_s, is_refusal, problem_of_answer, problem_of_body
from .finding import Finding, ok, skipped, warning, wrong
from .pages import Words

CHECK = "verify"
FORGED = "verify.forged"
CLOCK = "clock"

CLOCK_TOLERANCE_S: Final = 60.0
CLOCK_REFUSAL_S: Final = 240.0
"""Servers usually refuse timestamps that are five minutes off or more; the Date header is rounded."""


SORTED_WRONGLY: Final = {
    "没有排序": ("not sorted at all", "{token}{timestamp}{nonce}"),
    "按数字大小排序了": ("sorted as numbers, not as text", "{nonce}{timestamp}{token}"),
    "没有按字典序排序（token、nonce、timestamp）": ("not sorted as text", "{token}{nonce}{timestamp}"),
    "没有按字典序排序（timestamp、nonce、token）": ("not sorted as text", "{timestamp}{nonce}{token}"),
    "没有按字典序排序（nonce、token、timestamp）": ("not sorted as text", "{nonce}{token}{timestamp}"),
    "没有按字典序排序（timestamp、token、nonce）": ("not sorted as text", "{timestamp}{token}{nonce}"),
}
TOKEN_WRONGLY_READ: Final = {
    "程序里的 Token 末尾多了换行": ("the program's Token ends with a line break", "{}\n"),
    "程序里的 Token 末尾多了回车换行": ("the program's Token ends with a line break", "{}\r\n"),
    "程序里的 Token 末尾多了空格": ("the program's Token ends with a blank", "{} "),
    "程序里的 Token 开头多了空格": ("the program's Token begins with a blank", " {}"),
    "程序里的 Token 带着引号": ("the program's Token has quotes around it", '"{}"'),
}


def _mistakes() -> Iterator[tuple[Callable[[str, str, str], str], Words]]:
    for zh, (en, form) in SORTED_WRONGLY.items():

        def in_order(token: str, timestamp: str, nonce: str, form: str = form) -> str:
            text = form.format(token=token, timestamp=timestamp, nonce=nonce)
            return hashlib.sha1(text.encode()).hexdigest()

        yield in_order, _computed_wrongly(zh, en)
    for zh, (en, form) in TOKEN_WRONGLY_READ.items():

        def with_token(token: str, timestamp: str, nonce: str, form: str = form) -> str:
            return sign(form.format(token), timestamp, nonce)

        yield with_token, _computed_wrongly(zh, en)
    yield (
        lambda *parts: sign(*parts).upper(),
        _computed_wrongly("比较的是大写的十六进制", "compared in upper case"),
    )


def _computed_wrongly(zh: str, en: str) -> Words:
    return (
        f"程序计算签名的方法不对：{zh}",
        f"the program computes the signature wrongly: {en}",
        "把 token、timestamp、nonce 作为字符串按字典序排序，连接后取 SHA-1 的小写十六进制；Token 首尾不能有空白",
        "sort token, timestamp and nonce as strings, join them, take SHA-1 in lower-case hexadecimal; no blanks around "
        "the Token",
    )


MISTAKES: Final = tuple(_mistakes())
"""Signatures as programs compute them by mistake. A server that takes one of them makes that mistake."""


async def check_verification(
    account: Account, url: str, receiver: Receiver, *, limit_s: float, patience_s: float
) -> list[Finding]:
    """A right and a wrong request; when the right one is refused, others that show why. `limit_s` is WeChat's."""
    token = account.token.reveal()
    right = await ask(receiver, url, token, timeout_s=patience_s)
    forged = await ask(receiver, url, token, timeout_s=patience_s, signed=_forge)
    clock = _clock(right)
    if right.answer is None or not is_refusal(right.answer) or forged.echoed:
        found = _right(right, limit_s, url)
    elif clock is not None and clock.status == "wrong":
        return [clock]
    else:
        found = wrong(CHECK, *await _why_refused(right, url, token, receiver, patience_s))
    return [found, _forged(forged, right, url), *([clock] if clock is not None else [])]


def _forge(token: str, timestamp: str, nonce: str) -> str:
    return sign(token + "x", timestamp, nonce)


async def _why_refused(asked: Asked, url: str, token: str, receiver: Receiver, patience_s: float) -> Words:
    for signed, words in MISTAKES:
        if (await ask(receiver, url, token, timeout_s=patience_s, signed=signed)).echoed:
            return words
    status = asked.answer.status if asked.answer else 0
    return (
        f"签名正确的验证请求被拒绝（HTTP {status}）：Token 不一致",
        f"a rightly signed verification was refused (HTTP {status}): the Tokens differ",
        "核对两边的 Token；签名是 token、timestamp、nonce 按字典序排序后连接的 SHA-1",
        "compare the Tokens; the signature is SHA-1 over token, timestamp and nonce, sorted and joined",
    )


def _right(asked: Asked, limit_s: float, url: str) -> Finding:
    if asked.answer is None:
        return unanswered(CHECK, "GET", asked.silence, asked.detail, asked.cost_s)
    if asked.echoed:
        if asked.cost_s > limit_s:
            return too_slow(CHECK, asked.cost_s, limit_s)
        return ok(CHECK, "URL 验证通过，原样返回了 echostr", "the verification returns exactly the echostr")
    words = problem_of_answer(asked.answer, "GET", url) or problem_of_body(asked.answer, asked.echo.encode())
    if words is not None:
        return wrong(CHECK, *words)
    if not asked.answer.body:
        return wrong(
            CHECK,
            "验证请求得到 HTTP 200，但内容是空的",
            "the verification got HTTP 200 with nothing in it",
            "GET 请求要返回 echostr 参数的值；检查程序是否 return 了它，是否把 GET 也当作推送处理",
            "answer GET with the value of `echostr`; see that it is returned, and that GET is not handled as a push",
        )
    return wrong(
        CHECK,
        "验证请求的回应不是 echostr",
        "the verification was not answered with the echostr",
        "签名正确时原样返回 echostr；如果返回的是提示文字，多半是两边的 Token 不一致",
        "return the echostr as it came when the signature is right; a message instead hints at different Tokens",
    )


def _forged(asked: Asked, right: Asked, url: str) -> Finding:
    if asked.answer is None:
        return unanswered(FORGED, "GET", asked.silence, asked.detail, asked.cost_s)
    if asked.echo.encode() in asked.answer.body:
        return wrong(
            FORGED,
            "签名错误的验证请求也通过了：服务器没有检查签名",
            "a wrongly signed verification was answered too: the signature is not checked",
            "先比较 signature，不一致就返回 403",
            "compare `signature` first, and answer 403 when it differs",
        )
    if right.answer is not None and not right.echoed and right.answer.status == asked.answer.status:
        return skipped(
            FORGED,
            "正确的请求也没有通过，看不出是否检查了签名",
            "the right request fails as well: it cannot be seen whether the signature is checked",
        )
    if asked.answer.status == 200:
        return warning(
            FORGED,
            "签名错误的验证请求得到 HTTP 200（内容不是 echostr）",
            "a wrongly signed verification got HTTP 200, without the echostr",
            "返回 403 更清楚",
            "403 would be clearer",
        )
    return ok(FORGED, "签名错误的验证请求被拒绝", "a wrongly signed verification is refused")


def _clock(asked: Asked) -> Finding | None:
    """A difference between the server's clock and this machine's; None when there is none worth a line."""
    ahead = clock_difference_s(asked.answer, time.time())
    if ahead is None or abs(ahead) < CLOCK_TOLERANCE_S:
        return None
    zh = f"服务器的时钟比本机{'快' if ahead > 0 else '慢'} {abs(ahead):.0f} 秒"
    en = f"the server's clock is {abs(ahead):.0f} seconds {'ahead of' if ahead > 0 else 'behind'} this machine's"
    fix = (
        "两台机器都用 NTP 校准时间（timedatectl set-ntp true）；检查 timestamp 的程序会拒绝微信的推送",
        "set both clocks by NTP (timedatectl set-ntp true); a program that checks timestamps refuses WeChat's pushes",
    )
    refused = asked.answer is not None and is_refusal(asked.answer) and abs(ahead) > CLOCK_REFUSAL_S
    return (
        wrong(CLOCK, f"{zh}，请求被拒绝", f"{en}, and refuses requests", *fix)
        if refused
        else warning(CLOCK, zh, en, *fix)
    )


def unanswered(check: str, verb: str, silence: str, detail: str, cost_s: float) -> Finding:
    """Finding for a request that got no answer. `silence` and `detail` are the receiver's words."""
    if silence == "timeout":
        return wrong(
            check,
            f"{verb} 请求 {cost_s:.1f} 秒内没有得到完整的回应",
            f"no answer within {cost_s:.1f} seconds ({verb}, or not all of it)",
            "微信只等 5 秒：先返回 success，再用客服消息发送结果；如果什么都没做就卡住，检查是否把请求体读了两次",
            "WeChat waits 5 seconds: answer success first and send the result as a customer-service message; if the "
            "program hangs at once, see whether it reads the body twice",
        )
    if "BadStatusLine" in detail or "BadHttpMessage" in detail or "Bad status line" in detail:
        return wrong(
            check,
            f"{verb} 请求的回应不是 HTTP：这个端口上运行的是别的协议",
            f"the answer to {verb} is not HTTP: another protocol is spoken at this port",
            "核对 URL 的 http/https 和端口；确认这里运行的是 Web 服务",
            "check http/https and the port of the URL; see that a web server runs there",
        )
    if "Payload" in detail or "ContentLength" in detail or "TransferEncoding" in detail:
        return wrong(
            check,
            f"{verb} 请求的回应不完整：连接在中途断开，或 Content-Length 大于实际内容",
            f"the answer to {verb} is cut short: the connection broke, or Content-Length promises more",
            "Content-Length 要按字节计算（中文占 3 个字节）；看程序是否在发送时崩溃",
            "count Content-Length in bytes (a Chinese character has 3); see whether the program crashes while sending",
        )
    return wrong(
        check,
        f"{verb} 请求的连接中断，没有回应",
        f"the connection broke without an answer ({verb})",
        "程序可能在处理时崩溃：看程序和反向代理的日志",
        "the program may have crashed while handling it: look into its log and that of the proxy",
    )


def too_slow(check: str, cost_s: float, limit_s: float) -> Finding:
    """Finding for an answer that comes after WeChat's time limit."""
    return wrong(
        check,
        f"回应用了 {cost_s:.1f} 秒，微信只等 {limit_s:g} 秒",
        f"the answer took {cost_s:.1f} seconds; WeChat waits {limit_s:g}",
        "把慢的工作放到后台，先返回 success，再用客服消息发送结果",
        "do slow work in the background: answer success, send the result as a customer-service message",
    )
