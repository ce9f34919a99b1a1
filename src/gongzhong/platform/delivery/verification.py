"""Saving a server URL: WeChat asks it once, with GET, to return an echo (接入指南).

Nothing is saved unless the answer within five seconds is HTTP 200 and exactly the echo. What is wrong is said
in words that name the setting to mend.
"""

from __future__ import annotations

import re
import time
from typing import get_args
from urllib.parse import urlencode

import msgspec

from ... import facts
from ...account import Encryption
from ...addresses import split_address
from ...wire import sign
from ..traffic import Exchange, Traffic, Verdict
from ..world import accounts
from ..world.world import AccountState, World
from .receiver import Answered, Receiver, Unanswered
from .verdict import UNANSWERED

TOKEN = re.compile(facts.SERVER_TOKEN_FORM)
AES_KEY = re.compile(facts.AES_KEY_FORM)
DEFAULT_PORTS = {"http": 80, "https": 443}

VERIFIED = Verdict(True, "ok", "配置成功", "verified and saved")


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """The form of the console: 服务器配置."""

    url: str
    token: str
    aes_key: str = ""
    encryption: str = "plain"


def problem_with(wanted: Wanted, *, any_port: bool) -> Verdict | None:
    """What the form itself says before anything is sent."""

    def wrong(zh: str, en: str) -> Verdict:
        return Verdict(False, "form", zh, en)

    parts = split_address(wanted.url)
    if parts is None:
        return wrong(
            "URL 必须是 http:// 或 https:// 开头的完整地址，端口（如果有）是 1 到 65535 的数字",
            "the URL must be a whole address that starts with http:// or https://; a port is a number up to 65535",
        )
    if not any_port and parts.port not in (None, DEFAULT_PORTS[parts.scheme]):
        return wrong(
            "仅支持 80 端口（http）和 443 端口（https）", "only port 80 (http) and 443 (https) are possible"
        )
    if not TOKEN.fullmatch(wanted.token):
        return wrong("Token 必须为 3-32 位字母或数字", "the Token must be 3 to 32 letters or digits")
    if wanted.encryption not in get_args(Encryption):
        return wrong("加解密方式只能是 plain、compatible、safe", "the mode must be plain, compatible or safe")
    if (wanted.aes_key or wanted.encryption != "plain") and not AES_KEY.fullmatch(wanted.aes_key):
        return wrong(
            "EncodingAESKey 必须为 43 位字母或数字", "the EncodingAESKey must be 43 letters or digits"
        )
    return None


async def configure(
    world: World, traffic: Traffic, receiver: Receiver, account: AccountState, wanted: Wanted
) -> tuple[Verdict, int | None]:
    """Verify and save. Returns the verdict and the number of the traffic entry, if a request went out."""
    problem = problem_with(wanted, any_port=world.rules.any_port)
    if problem is not None:
        return problem, None
    entry = await ask(world, traffic, receiver, account, wanted)
    if entry.verdict.ok:
        accounts.change(world, account.appid, msgspec.to_builtins(wanted))
    return entry.verdict, entry.seq


async def ask(
    world: World, traffic: Traffic, receiver: Receiver, account: AccountState, wanted: Wanted
) -> Exchange:
    """Send the verification to the URL and judge the answer; saves nothing. Returns the traffic entry."""
    echo = world.ids.fresh(19, "123456789")
    timestamp, nonce = str(world.seconds()), world.ids.fresh(10, "123456789")
    query = {
        "signature": sign(wanted.token, timestamp, nonce),
        "timestamp": timestamp,
        "nonce": nonce,
        "echostr": echo,
    }
    url = wanted.url + ("&" if "?" in wanted.url else "?") + urlencode(query)
    entry = Exchange(kind="verify", appid=account.appid, title="URL", method="GET", url=url, time=world.now())
    started = time.perf_counter()
    try:
        answer = await receiver.send(
            "GET", url, b"", timeout_s=world.rules.answer_timeout_s, connect_s=world.rules.connect_timeout_s
        )
        entry.status, entry.response_headers, entry.response_body = answer.status, answer.headers, answer.body
        entry.verdict = _judge(answer, echo)
    except Unanswered as silence:
        entry.verdict = UNANSWERED[silence.kind]
    entry.cost_ms = (time.perf_counter() - started) * 1000
    return traffic.record(entry)


def _judge(answer: Answered, echo: str) -> Verdict:
    if answer.status in (401, 403):
        return Verdict(
            False,
            "token",
            f"token 验证失败：服务器拒绝了签名（HTTP {answer.status}），请核对两边的 Token",
            f"Token verification failed: the server refused the signature (HTTP {answer.status}); compare the Tokens",
        )
    if answer.status != 200:
        return Verdict(
            False, "status", f"服务器返回 HTTP {answer.status}", f"the server answered HTTP {answer.status}"
        )
    if answer.body == echo.encode():
        return VERIFIED
    return Verdict(
        False,
        "echo",
        "token 验证失败：返回内容必须恰好是 echostr（不带引号、空白、BOM）",
        "Token verification failed: the answer must be exactly the echostr (no quotes, blanks or BOM)",
    )
