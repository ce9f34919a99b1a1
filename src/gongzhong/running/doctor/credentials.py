"""Whether WeChat takes the credentials, and what this account may do: asked with calls that change nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from ...account import Account
from ...catalogue.base import GetApiAddresses, GetQuota
from ...catalogue.customer_messages import SendCustomerMessage
from ...catalogue.media import UploadMedia
from ...catalogue.menus import CreateMenu
from ...catalogue.model import Call
from ...catalogue.qrcodes import CreateQRCode
from ...catalogue.tags import CreateTag
from ...catalogue.templates import SendTemplate
from ...catalogue.tickets import GetTicket
from ...catalogue.users import GetUser, ListFollowers
from ...client import AsyncClient
from ...client.transport import AsyncTransport, WireRequest
from ...client.transports.aiohttp_transport import AiohttpTransport
from ...errors import CallError, GongzhongError, PermissionDenied
from .api_hosts import check_api_hosts
from .clocks import check_api_clock
from .finding import Finding, Status, ok, skipped, wrong

CHECK = "credentials"

MAIN_CALLS: tuple[tuple[type[Call[Any]], str, str], ...] = (
    (CreateMenu, "自定义菜单", "custom menu"),
    (SendCustomerMessage, "客服消息", "customer-service messages"),
    (SendTemplate, "模板消息", "template messages"),
    (ListFollowers, "用户列表", "list of followers"),
    (GetUser, "用户信息", "user details"),
    (CreateTag, "用户标签", "tags"),
    (CreateQRCode, "带参数二维码", "QR codes with a parameter"),
    (UploadMedia, "临时素材", "temporary media"),
    (GetTicket, "JS-SDK", "JS-SDK"),
)


async def check_credentials(account: Account, transport: AsyncTransport | None = None) -> list[Finding]:
    """Hosts, AppID, AppSecret and address by asking for a token; then each main call's quota.

    Without an AppID only whether the API is reached at all.
    """
    if not account.appid:
        left = (
            "没有 AppID，不检查凭据和权限",
            "there is no AppID: credentials and permissions are not checked",
        )
        return [await _reached(account, transport or AiohttpTransport()), skipped(CHECK, *left)]
    if not account.secret:
        left = "没有 AppSecret，不检查接口调用", "no AppSecret was given: API calls are not checked"
        return [skipped(CHECK, *left)]
    async with AsyncClient(account, transport) as client:
        hosts = await check_api_hosts(account, client.transport)
        clock = await check_api_clock(account, client.transport)
        try:
            await client.perform(GetApiAddresses())
        except GongzhongError as problem:
            return [
                *hosts,
                wrong(_code(problem), problem.zh, problem.en, problem.fix_zh, problem.fix_en),
                *clock,
            ]
        first = ok(
            CHECK, f"凭据正确，{account.hosts.api} 可以调用", f"the credentials work at {account.hosts.api}"
        )
        return [*hosts, first, *[finding async for finding in _permissions(client)], *clock]


async def _reached(account: Account, transport: AsyncTransport) -> Finding:
    """Whether the API answers a call without a token, as it does with 41001."""
    address = account.hosts.api
    try:
        await transport.send(WireRequest(method="GET", url=address + GetApiAddresses.spec.path))
    except GongzhongError as problem:
        return wrong("api", problem.zh, problem.en, problem.fix_zh, problem.fix_en)
    finally:
        await transport.close()
    return ok("api", f"{address} 可以访问", f"{address} is reached")


def _code(problem: GongzhongError) -> str:
    return f"{CHECK}.{problem.errcode}" if isinstance(problem, CallError) else CHECK


async def _permissions(client: AsyncClient) -> AsyncIterator[Finding]:
    for call, zh, en in MAIN_CALLS:
        check = f"permission.{call.name()}"
        try:
            quota = (await client.perform(GetQuota(cgi_path=call.spec.path))).quota
        except PermissionDenied:
            yield Finding(check, "note", f"{zh}：这个账号没有权限", f"{en}: not open to this account")
        except GongzhongError as problem:
            yield Finding(check, "note", f"{zh}：{problem.zh}", f"{en}: {problem.en}")
        else:
            zh_count = f"，今天还有 {quota.remain}/{quota.daily_limit} 次" if quota.daily_limit else ""
            en_count = f", {quota.remain} of {quota.daily_limit} left today" if quota.daily_limit else ""
            used_up = quota.daily_limit > 0 and quota.remain <= 0
            status: Status = "warning" if used_up else "ok"
            yield Finding(check, status, f"{zh}：可以调用{zh_count}", f"{en}: may be called{en_count}")
