"""Test pushes and what follows from their answers: is a right one answered well, are wrong ones refused, if not, why.

When a right push is refused, others show the reason: the server checks the wrong signature, expects another mode, or
has another key.
"""

from __future__ import annotations

from ...account import Account
from ...errors import CallbackError
from ...platform.delivery.receiver import Receiver
from ...platform.delivery.verdict import judge
from ...platform.world import accounts
from ...platform.world.settings import AccountConfig
from ...platform.world.world import AccountState, World
from .answers import is_refusal, problem_of_answer, problem_of_body
from .finding import Finding, ok, warning, wrong
from .pages import Words
from .pushes import ORIGINAL_ID, PushProbe, Sent
from .verification import too_slow, unanswered

CHECK = "push"
FORGED = "push.forged"
SIGNATURE = "push.msg_signature"

WRONG_SIGNATURE_CHECKED: Words = (
    "服务器检查的是 signature，而不是 msg_signature：密文没有得到验证",
    "the server checks `signature` instead of `msg_signature`: the ciphertext is not verified",
    "加密模式下要用 msg_signature 验证 token、timestamp、nonce、Encrypt 四项的签名",
    "in safe mode verify msg_signature over token, timestamp, nonce and Encrypt",
)
SERVER_IS_PLAIN: Words = (
    "服务器运行在明文模式，而这里配置为加密",
    "the server is in plain mode, but encryption is configured here",
    "在程序里填入 EncodingAESKey 并启用安全模式，或在公众平台改为明文模式",
    "give the program the EncodingAESKey and safe mode, or choose plain mode in the console",
)
SERVER_IS_SAFE: Words = (
    "服务器运行在安全模式，而这里配置为明文",
    "the server is in safe mode, but plain mode is configured here",
    "在公众平台选择安全模式，或在程序里改为明文模式",
    "choose safe mode in the console, or plain mode in the program",
)
OTHER_TOKEN: Words = (
    "签名正确的推送被拒绝：Token 不一致",
    "a rightly signed push was refused: the Tokens differ",
    "核对两边的 Token",
    "compare the Tokens",
)
OTHER_KEY: Words = (
    "Token 正确，但加密的推送被拒绝：EncodingAESKey 或 AppID 不一致",
    "the Token fits, but the encrypted push was refused: EncodingAESKey or AppID differ",
    "从公众平台重新复制 EncodingAESKey，并核对程序使用的 AppID",
    "copy the EncodingAESKey again from the console and check the AppID that the program uses",
)
REFUSED_FOR_NO_REASON: Words = (
    "验证请求通过，但推送被拒绝",
    "the verification is answered, but the push was refused",
    "看程序的日志：POST 和 GET 要用同样的方法验证 signature",
    "look into the program's log: POST and GET verify `signature` alike",
)


REPLY_FIX = (
    "回复要么是 success，要么是与推送同样加密方式的 <xml>，收发双方互换",
    "answer `success`, or <xml> in the same mode as the push with both names swapped",
)


async def check_pushes(
    account: Account, url: str, receiver: Receiver, *, limit_s: float, patience_s: float, token_fits: bool
) -> list[Finding]:
    """`token_fits` is what the verification showed: then a refusal has another reason than the Token."""
    probe = PushProbe(account, url, receiver, patience_s=patience_s)
    right = await probe.send()
    if right.answer is not None and is_refusal(right.answer):
        return [wrong(CHECK, *await _why_refused(probe, token_fits))]
    found = [_right(account, url, right, limit_s)]
    if right.taken:
        found.append(_forged(right, await probe.send("forged")))
        if account.encryption != "plain":
            found.append(_signature(right, await probe.send("other_msg_signature")))
    return found


def _right(account: Account, url: str, sent: Sent, limit_s: float) -> Finding:
    if sent.answer is None:
        return unanswered(CHECK, "POST", sent.silence, sent.detail, sent.cost_s)
    if sent.cost_s > limit_s:
        return too_slow(CHECK, sent.cost_s, limit_s)
    words = problem_of_answer(sent.answer, "POST", url)
    judged = judge(_as_platform_sees(account), sent.push, sent.writer, sent.answer)
    if words is None and not judged.verdict.ok:
        words = problem_of_body(sent.answer) or _problem_of_envelope(sent)
    if words is not None:
        return wrong(CHECK, *words)
    if judged.verdict.ok:
        return ok(CHECK, f"推送：{judged.verdict.zh}", f"push: {judged.verdict.en}")
    return wrong(
        CHECK,
        judged.verdict.zh,
        judged.verdict.en,
        *REPLY_FIX,
    )


def _problem_of_envelope(sent: Sent) -> Words | None:
    """What is wrong with the wrapping of a reply: not encrypted, wrongly signed, another key or AppID."""
    body = sent.answer.body if sent.answer else b""
    if not body.startswith(b"<xml>"):
        return None
    try:
        sent.writer.open_reply(body)
    except CallbackError as problem:
        return (
            f"回复的封装不对：{problem.zh}",
            f"the reply is wrapped wrongly: {problem.en}",
            problem.fix_zh or REPLY_FIX[0],
            problem.fix_en or REPLY_FIX[1],
        )
    return None


async def _why_refused(probe: PushProbe, token_fits: bool) -> Words:
    account = probe.account
    encrypted = account.encryption != "plain"
    if encrypted:
        for manner in ("other_msg_signature", "msg_signature_as_signature"):
            if (await probe.send(manner)).taken:
                return WRONG_SIGNATURE_CHECKED
        if (await probe.send(mode="plain")).taken:
            return SERVER_IS_PLAIN
    elif account.aes_key and (await probe.send(mode="safe")).taken:
        return SERVER_IS_SAFE
    if not token_fits:
        return OTHER_TOKEN
    return OTHER_KEY if encrypted else REFUSED_FOR_NO_REASON


def _forged(right: Sent, forged: Sent) -> Finding:
    if forged.answer is None or not forged.taken:
        return ok(FORGED, "伪造签名的推送被拒绝", "a push with a forged signature is refused")
    if forged.replied:
        return wrong(
            FORGED,
            "伪造签名的推送也得到了回复：服务器没有检查推送的签名",
            "a push with a forged signature was replied to: pushes are not verified",
            "每个 POST 都要验证签名，不一致就返回 403",
            "verify each POST and answer 403 when the signature differs",
        )
    if right.replied:
        return ok(FORGED, "伪造签名的推送没有得到回复", "a push with a forged signature gets no reply")
    return warning(
        FORGED,
        "伪造签名的推送得到与真推送一样的回应，看不出是否检查了签名",
        "a forged push is answered like a real one: it cannot be seen whether the signature is checked",
        "签名不一致时返回 403",
        "answer 403 when the signature differs",
    )


def _signature(right: Sent, sent: Sent) -> Finding:
    if sent.taken and (sent.replied or not right.replied):
        return wrong(SIGNATURE, *WRONG_SIGNATURE_CHECKED)
    return ok(SIGNATURE, "msg_signature 得到验证", "msg_signature is verified")


def _as_platform_sees(account: Account) -> AccountState:
    """The account in the form that the platform's judgement takes."""
    world = World()
    config = AccountConfig(
        name="doctor",
        appid=account.appid,
        original_id=ORIGINAL_ID,
        encryption=account.encryption,
        aes_key=account.aes_key.reveal(),
    )
    try:
        return accounts.create(world, config)
    finally:
        world.close()
