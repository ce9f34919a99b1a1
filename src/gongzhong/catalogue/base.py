"""Credentials, server addresses, the network check and quotas (基础接口): what every account starts with."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from .. import facts
from .fields import always, coded
from .model import Acknowledged, Call, Masked, Ok, Repeat, Reply, Spec

GrantType = Annotated[Literal["client_credential"], coded(invalid=40002, missing=40002)]
ApiPath = Annotated[str, coded(invalid=76021, missing=76021, min_length=1)]
"""Path of an endpoint with its leading slash, without host."""

TOKEN_ERRORS = (-1, 40001, 40002, 40013, 40125, 40164, 40243, 41002, 41004, 45009, 45011, 50004, 50007, 61024)
CONFIRMATION_ERRORS = (89501, 89503, 89506, 89507)


class AccessToken(Reply, kw_only=True, frozen=True):
    """A token and how many seconds it lives. Keep room for 512 characters."""

    hidden = frozenset({"access_token"})

    access_token: str
    expires_in: int


class GetToken(Call[AccessToken], kw_only=True, frozen=True):
    """Get an access_token of the plain kind (获取接口调用凭据); the previous one dies five minutes later."""

    spec = Spec(
        "GET",
        "/cgi-bin/token",
        document="获取接口调用凭据",
        daily=facts.TOKEN_DAILY,
        daily_test=facts.TOKEN_DAILY_TEST,
        token=False,
        inject={"appid": "appid", "secret": "secret"},
        errors=(*TOKEN_ERRORS, *CONFIRMATION_ERRORS),
    )
    grant_type: GrantType = always("client_credential")


class GetStableToken(Call[AccessToken], kw_only=True, frozen=True):
    """Get the stable access_token (获取稳定版接口调用凭据): one for all who ask, until it nears its end.

    `force_refresh` kills the current one at once; at most 20 times a day and every 30 seconds.
    """

    spec = Spec(
        "POST",
        "/cgi-bin/stable_token",
        document="获取稳定版接口调用凭据",
        daily=facts.STABLE_TOKEN_DAILY,
        per_minute=facts.STABLE_TOKEN_PER_MINUTE,
        token=False,
        inject={"appid": "appid", "secret": "secret"},
        errors=(
            -1,
            40002,
            40013,
            40125,
            40164,
            41002,
            41004,
            43002,
            45009,
            45011,
            47001,
            89503,
            89506,
            89507,
        ),
    )
    grant_type: GrantType = always("client_credential")
    force_refresh: bool = False


class ServerAddresses(Reply, kw_only=True, frozen=True):
    """Addresses; elements may be CIDR blocks."""

    ip_list: list[str]


class GetApiAddresses(Call[ServerAddresses], kw_only=True, frozen=True):
    """Get the addresses that your server talks to (获取微信API服务器IP)."""

    spec = Spec(
        "GET", "/cgi-bin/get_api_domain_ip", document="获取微信API服务器IP", errors=(40001, 40013, 42001)
    )


class GetCallbackAddresses(Call[ServerAddresses], kw_only=True, frozen=True):
    """Get the addresses that pushes come from (获取微信推送服务器IP); read it daily, the list changes."""

    spec = Spec(
        "GET", "/cgi-bin/getcallbackip", document="获取微信推送服务器IP", errors=(40001, 40013, 42001)
    )


class ResolvedAddress(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """One address that the callback's host name resolves to, and its operator."""

    ip: str
    real_operator: str = always("")


class PingResult(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """One ping to the callback server; `package_loss` such as "0%", `time` such as "23.079ms"."""

    ip: str
    from_operator: str = always("")
    package_loss: str = always("")
    time: str = always("")


class CallbackReport(Reply, kw_only=True, frozen=True):
    """What the network check found."""

    dns: list[ResolvedAddress] = msgspec.field(default_factory=list)
    ping: list[PingResult] = msgspec.field(default_factory=list)


class CheckCallback(Call[CallbackReport], kw_only=True, frozen=True):
    """Test name resolution and reachability of the callback URL (网络通信检测)."""

    spec = Spec("POST", "/cgi-bin/callback/check", document="网络通信检测", errors=(40201, 40202, 40203))
    action: Annotated[Literal["dns", "ping", "all"], coded(invalid=40202)]
    check_operator: Annotated[Literal["CHINANET", "UNICOM", "CAP", "DEFAULT"], coded(invalid=40203)]


class ClearQuota(Call[Ok], kw_only=True, frozen=True):
    """Set all daily counters of the account back to zero (重置API调用次数); ten times a month."""

    spec = Spec(
        "POST",
        "/cgi-bin/clear_quota",
        document="重置API调用次数",
        repeat=Repeat.IF_NOT_SENT,
        inject={"appid": "appid"},
        errors=(40013, 48006),
    )


class ClearQuotaBySecret(Call[Ok], kw_only=True, frozen=True):
    """Set all daily counters back to zero without a token (使用AppSecret重置API调用次数).

    For when the token quota itself is used up; it shares the ten clearings a month with ClearQuota.
    """

    spec = Spec(
        "POST",
        "/cgi-bin/clear_quota/v2",
        document="使用AppSecret重置API调用次数",
        repeat=Repeat.IF_NOT_SENT,
        token=False,
        inject={"appid": "appid", "appsecret": "secret"},
        # The page's table says body, its sample and the older page say query: the query is what both editions
        # ran.
        query=frozenset({"appid", "appsecret"}),
        forms=True,
        errors=(-1, 40013, 41002, 41004, 48006),
    )


class DailyQuota(msgspec.Struct, kw_only=True, frozen=True):
    """How often a call may be made today, was made, and may still be made."""

    daily_limit: int
    used: int
    remain: int


class RateLimit(msgspec.Struct, kw_only=True, frozen=True):
    """How many calls fit into a window of `refresh_second` seconds."""

    call_count: int
    refresh_second: int


class ApiQuota(Acknowledged, kw_only=True, frozen=True):
    """Quota of one endpoint; the rates are absent where none applies."""

    quota: DailyQuota
    rate_limit: RateLimit | None = None
    component_rate_limit: RateLimit | None = None


class GetQuota(Call[ApiQuota], kw_only=True, frozen=True):
    """Ask what is left of one endpoint's quota (查询API调用额度)."""

    spec = Spec(
        "POST", "/cgi-bin/openapi/quota/get", document="查询API调用额度", errors=(76003, 76021, 76022)
    )
    cgi_path: ApiPath


class ClearApiQuota(Call[Ok], kw_only=True, frozen=True):
    """Set the counter of one endpoint back to zero (重置指定API调用次数); fifty times a month."""

    spec = Spec(
        "POST",
        "/cgi-bin/openapi/quota/clear",
        document="重置指定API调用次数",
        repeat=Repeat.IF_NOT_SENT,
        errors=(40001, 41001, 48006, 76021, 76022),
    )
    cgi_path: ApiPath


class RidRequest(Masked, kw_only=True, frozen=True, omit_defaults=False):
    """A request as WeChat recorded it; `request_url` is the query string only, with the token in it."""

    hidden = frozenset({"request_url", "request_body", "response_body"})

    invoke_time: int
    cost_in_ms: int
    request_url: str = always("")
    request_body: str = always("")
    response_body: str = always("")
    client_ip: str | None = None


class RidDetails(Acknowledged, kw_only=True, frozen=True):
    """What a rid stands for."""

    request: RidRequest


class GetRid(Call[RidDetails], kw_only=True, frozen=True):
    """Look up a failed call by the rid in its errmsg (查询rid信息), within seven days."""

    spec = Spec(
        "POST", "/cgi-bin/openapi/rid/get", document="查询rid信息", errors=(76001, 76002, 76003, 76004)
    )
    rid: Annotated[str, coded(invalid=76002, missing=76002, pattern=r"^[0-9A-Fa-f]+(-[0-9A-Fa-f]+)+$")]


class OpenAccount(Acknowledged, kw_only=True, frozen=True):
    """The Open Platform account (开放平台账号) that an official account is bound to."""

    open_appid: str


class GetOpenAccount(Call[OpenAccount], kw_only=True, frozen=True):
    """Ask which Open Platform account this account is bound to (获取开放平台账号).

    `appid` may be left out; one that is not the account's own is refused with 40013.
    """

    spec = Spec("POST", "/cgi-bin/open/get", document="获取开放平台账号", errors=(-1, 40001, 40013, 89002))
    appid: str | None = None
