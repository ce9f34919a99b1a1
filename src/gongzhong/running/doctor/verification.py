"""The question that WeChat asks before it saves a URL, asked with a right and with a wrong signature."""

from __future__ import annotations

from ...account import Account
from ...platform.delivery.receiver import Receiver
from ..callback import Asked, ask
from .answers import REFUSALS, problem_of_body, problem_of_status
from .finding import Finding, ok, warning, wrong

CHECK = "verify"
FORGED = "verify.forged"


async def check_verification(
    account: Account, url: str, receiver: Receiver, *, limit_s: float, patience_s: float
) -> list[Finding]:
    """Two questions, two findings. `limit_s` is how long WeChat waits."""
    token = account.token.reveal()
    right = await ask(receiver, url, token, timeout_s=patience_s)
    forged = await ask(receiver, url, token, timeout_s=patience_s, rightly=False)
    return [_right(right, limit_s), _forged(forged)]


def _right(asked: Asked, limit_s: float) -> Finding:
    if asked.answer is None:
        return unanswered(CHECK, asked.silence, asked.cost_s)
    if asked.echoed:
        if asked.cost_s > limit_s:
            return too_slow(CHECK, asked.cost_s, limit_s)
        return ok(CHECK, "URL 验证通过，原样返回了 echostr", "the verification returns exactly the echostr")
    if asked.answer.status in REFUSALS:
        return wrong(
            CHECK,
            f"签名正确的验证请求被拒绝（HTTP {asked.answer.status}）：Token 不一致",
            f"a rightly signed verification was refused (HTTP {asked.answer.status}): the Tokens differ",
            "核对两边的 Token；签名是 token、timestamp、nonce 按字典序排序后连接的 SHA-1",
            "compare the Tokens; the signature is SHA-1 over token, timestamp and nonce, sorted and joined",
        )
    words = problem_of_status(asked.answer, "GET") or problem_of_body(asked.answer.body)
    if words is not None:
        return wrong(CHECK, *words)
    return wrong(
        CHECK,
        "验证请求的回应不是 echostr",
        "the verification was not answered with the echostr",
        "签名正确时原样返回 echostr；如果返回的是提示文字，多半是两边的 Token 不一致",
        "return the echostr as it came when the signature is right; a message instead hints at different Tokens",
    )


def _forged(asked: Asked) -> Finding:
    if asked.answer is None:
        return unanswered(FORGED, asked.silence, asked.cost_s)
    if asked.echo.encode() in asked.answer.body:
        return wrong(
            FORGED,
            "签名错误的验证请求也通过了：服务器没有检查签名",
            "a wrongly signed verification was answered too: the signature is not checked",
            "先比较 signature，不一致就返回 403",
            "compare `signature` first, and answer 403 when it differs",
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


def unanswered(check: str, silence: str, cost_s: float) -> Finding:
    """Finding for a request that got no answer."""
    if silence == "timeout":
        return wrong(
            check,
            f"{cost_s:.1f} 秒内没有回应",
            f"no answer within {cost_s:.1f} seconds",
            "微信只等 5 秒：先返回，再用客服消息发送结果",
            "WeChat waits 5 seconds: answer first, send the result as a customer-service message",
        )
    return wrong(
        check,
        "连接中断，没有回应",
        "the connection broke without an answer",
        "看程序和反向代理的日志",
        "look into the logs of the program and of the proxy",
    )


def too_slow(check: str, cost_s: float, limit_s: float) -> Finding:
    """Finding for an answer that comes after WeChat has gone."""
    return wrong(
        check,
        f"回应用了 {cost_s:.1f} 秒，微信只等 {limit_s:g} 秒",
        f"the answer took {cost_s:.1f} seconds; WeChat waits {limit_s:g}",
        "把慢的工作放到后台，先返回 success，再用客服消息发送结果",
        "do slow work in the background: answer success, send the result as a customer-service message",
    )
