"""Control routes of the interface debugging tool: pushes, made by hand, and the checks of signatures (消息接口调试).

Pushes go to programs of this machine, or to the URL that is configured; nobody can be made to send them elsewhere.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import msgspec

from ....account import Encryption
from ...debugging import pushes, signatures
from ...debugging.pushes import BuiltPush, PushForm, PushRow, PushWish, SentPush, VerifiedUrl
from ...debugging.signatures import Decrypted, Decrypting, PageSignature, PageSigning
from ...delivery.verification import Wanted
from ...world.refusal import BadInput
from ...world.world import AccountState
from ..guard import is_loopback
from .acts import account_of
from .route import Given, Route


class DebugPushes(msgspec.Struct, kw_only=True):
    """Every message and event."""

    pushes: list[PushRow]


class Verifying(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A server URL to verify; URL and Token are the account's where they are left out."""

    appid: str
    url: str = ""
    token: str | None = None
    encryption: Encryption | None = None


async def listing(given: Given[None]) -> DebugPushes:
    """可以构造的推送 / every push that can be built"""
    return DebugPushes(pushes=pushes.listing())


async def form(given: Given[None]) -> PushForm:
    """一种推送的字段和示例值 / the elements of a push, with values to begin with"""
    account = account_of(given, given.query.get("appid", ""))
    return pushes.form_of(
        given.platform.world, account, given.query.get("event", ""), given.query.get("person", "")
    )


async def build(given: Given[PushWish]) -> BuiltPush:
    """构造一个推送，给出每个中间值 / build a push, with every value in between"""
    return pushes.build(given.platform.world, account_of(given, given.body.appid), given.body)


async def send(given: Given[PushWish]) -> SentPush:
    """把构造的推送发给本机的程序 / send a built push to a program of this machine"""
    platform, account = given.platform, account_of(given, given.body.appid)
    require_near(account, given.body.url)
    return await pushes.send(platform.world, platform.traffic, platform.receiver, account, given.body)


async def verify(given: Given[Verifying]) -> VerifiedUrl:
    """验证服务器地址，不保存 / verify a server URL without saving it"""
    platform, body = given.platform, given.body
    account = account_of(given, body.appid)
    require_near(account, body.url)
    wanted = Wanted(
        url=body.url or account.url,
        token=account.token if body.token is None else body.token,
        aes_key=account.aes_key,
        encryption=body.encryption or account.encryption,
    )
    return await pushes.verify(platform.world, platform.traffic, platform.receiver, account, wanted)


def require_near(account: AccountState, url: str) -> None:
    """Raises BadInput for a URL that is neither the configured one nor of this machine."""
    if not url or url == account.url:
        return
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        host = ""
    if not is_loopback(host):
        raise BadInput(
            "只能发到本机（127.0.0.1、localhost）或已配置的服务器地址",
            "pushes go to this machine (127.0.0.1, localhost) or to the configured URL only",
        )


async def decrypt(given: Given[Decrypting]) -> Decrypted:
    """解开密文，给出各部分 / decrypt a ciphertext and take it apart"""
    return signatures.decrypt(account_of(given, given.body.appid), given.body)


async def sign_page(given: Given[PageSigning]) -> PageSignature:
    """JS-SDK 签名校验 / check the signature of a JS-SDK page"""
    return signatures.sign_page(given.platform.world, account_of(given, given.body.appid), given.body)


ROUTES: list[Route[Any, Any]] = [
    Route(verb="GET", path="/debug/pushes", function=listing, answer=DebugPushes),
    Route(verb="GET", path="/debug/push", function=form, query=("event", "appid", "person"), answer=PushForm),
    Route(verb="POST", path="/debug/push", function=build, body=PushWish, answer=BuiltPush),
    Route(verb="POST", path="/debug/push/send", function=send, body=PushWish, answer=SentPush),
    Route(verb="POST", path="/debug/verify", function=verify, body=Verifying, answer=VerifiedUrl),
    Route(verb="POST", path="/debug/decrypt", function=decrypt, body=Decrypting, answer=Decrypted),
    Route(verb="POST", path="/debug/jssdk", function=sign_page, body=PageSigning, answer=PageSignature),
]
