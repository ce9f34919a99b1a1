"""Credentials, quotas, tickets and web authorisation, as the platform answers for them."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

from ...catalogue import base as base_calls
from ...catalogue import oauth as oauth_calls
from ...catalogue import registry as registry_calls
from ...catalogue import tickets as tickets_calls
from ...catalogue.model import Call, Ok
from ..world import failures, people, quotas, tokens, webauth
from ..world.refusal import Refusal, require
from .registry import Caller, answers

ADDRESSES = ["127.0.0.1"]
NO_URL, MALFORMED_PATH, UNKNOWN_PATH, NOT_YOURS = 40201, 76003, 76021, 76022
WEB_CALLS = "/sns/"
NO_RID, FOREIGN_RID, OLD_RID = 76001, 76003, 76004
WRONG_APPID, NOT_BOUND = 40013, 89002
MINUTE_S = 60


@answers(base_calls.GetToken)
def get_token(caller: Caller, call: base_calls.GetToken) -> base_calls.AccessToken:
    value, left = tokens.issue(caller.world, caller.account)
    return base_calls.AccessToken(access_token=value, expires_in=left)


@answers(base_calls.GetStableToken)
def get_stable_token(caller: Caller, call: base_calls.GetStableToken) -> base_calls.AccessToken:
    value, left = tokens.stable(caller.world, caller.account, force=call.force_refresh)
    return base_calls.AccessToken(access_token=value, expires_in=left)


@answers(base_calls.GetApiAddresses, constant=True)
def get_api_addresses(caller: Caller, call: base_calls.GetApiAddresses) -> base_calls.ServerAddresses:
    return base_calls.ServerAddresses(ip_list=ADDRESSES)


@answers(base_calls.GetCallbackAddresses, constant=True)
def get_callback_addresses(
    caller: Caller, call: base_calls.GetCallbackAddresses
) -> base_calls.ServerAddresses:
    return base_calls.ServerAddresses(ip_list=ADDRESSES)


@answers(base_calls.CheckCallback)
def check_callback(caller: Caller, call: base_calls.CheckCallback) -> base_calls.CallbackReport:
    """Resolves names that need no network; the ping is what one machine gives."""
    require(caller.account.url, NO_URL)
    address = _address(urlsplit(caller.account.url).hostname or "")
    operator = "UNKNOWN" if call.check_operator == "DEFAULT" else call.check_operator
    found = [base_calls.ResolvedAddress(ip=address, real_operator=operator)]
    ping = [base_calls.PingResult(ip=address, from_operator=operator, package_loss="0%", time="0.100ms")]
    return base_calls.CallbackReport(
        dns=found if call.action in ("dns", "all") else [],
        ping=ping if call.action in ("ping", "all") else [],
    )


def _address(host: str) -> str:
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return socket.gethostbyname("localhost") if host == "localhost" else "0.0.0.0"


@answers(base_calls.ClearQuota)
def clear_quota(caller: Caller, call: base_calls.ClearQuota) -> Ok:
    quotas.clear(caller.world, caller.account, "all")
    return Ok()


@answers(base_calls.ClearQuotaBySecret)
def clear_quota_by_secret(caller: Caller, call: base_calls.ClearQuotaBySecret) -> Ok:
    quotas.clear(caller.world, caller.account, "all")
    return Ok()


def _allowed(caller: Caller, path: str) -> type[Call[object]]:
    """The call behind a path, if this account has it; web authorisation is not counted."""
    found = registry_calls.by_path(path, "POST")
    if found is None:
        raise Refusal(UNKNOWN_PATH)
    countable = not path.startswith(WEB_CALLS)
    require(countable and caller.account.type in found.spec.accounts, NOT_YOURS)
    return found


@answers(base_calls.GetQuota)
def get_quota(caller: Caller, call: base_calls.GetQuota) -> base_calls.ApiQuota:
    require(call.cgi_path.startswith("/"), MALFORMED_PATH)
    spec = _allowed(caller, call.cgi_path).spec
    used = quotas.used(caller.world, caller.account, spec.path)
    limit = quotas.grown(caller.world, caller.account, spec) or 0
    rate = (
        base_calls.RateLimit(call_count=spec.per_minute, refresh_second=MINUTE_S) if spec.per_minute else None
    )
    daily = base_calls.DailyQuota(daily_limit=limit, used=used, remain=max(limit - used, 0))
    return base_calls.ApiQuota(quota=daily, rate_limit=rate)


@answers(base_calls.ClearApiQuota)
def clear_api_quota(caller: Caller, call: base_calls.ClearApiQuota) -> Ok:
    spec = _allowed(caller, call.cgi_path).spec
    quotas.clear(caller.world, caller.account, "one", spec.path)
    return Ok()


@answers(base_calls.GetRid)
def get_rid(caller: Caller, call: base_calls.GetRid) -> base_calls.RidDetails:
    failure = failures.find(caller.world, call.rid)
    if failure is None:
        raise Refusal(NO_RID)
    require(failure.appid == caller.account.appid, FOREIGN_RID)
    require(caller.world.now() - failure.time <= caller.world.rules.rid_kept_s, OLD_RID)
    request = base_calls.RidRequest(
        invoke_time=failure.time,
        cost_in_ms=failure.cost_ms,
        request_url=failure.query,
        request_body=failure.request,
        response_body=failure.response,
        client_ip=failure.client_ip,
    )
    return base_calls.RidDetails(request=request)


@answers(tickets_calls.GetTicket)
def get_ticket(caller: Caller, call: tickets_calls.GetTicket) -> tickets_calls.Ticket:
    value, seconds_left = tokens.ticket(caller.world, caller.account, call.type)
    return tickets_calls.Ticket(ticket=value, expires_in=seconds_left)


NOT_AUTHORIZED = 48001


def _answer(caller: Caller, token: webauth.WebToken, *, tells_snapshot: bool = True) -> oauth_calls.WebToken:
    union = None
    if token.scope == webauth.USERINFO and not token.snapshot:
        tie = people.by_openid(caller.world, caller.account, token.openid)
        union = people.unionid(caller.world, caller.account, tie)
    return oauth_calls.WebToken(
        access_token=token.access_token,
        expires_in=int(token.expires_at - caller.world.now()),
        refresh_token=token.refresh_token,
        openid=token.openid,
        scope=token.scope,
        is_snapshotuser=1 if token.snapshot and tells_snapshot else None,
        unionid=union,
    )


@answers(oauth_calls.ExchangeCode)
def exchange_code(caller: Caller, call: oauth_calls.ExchangeCode) -> oauth_calls.WebToken:
    return _answer(caller, webauth.exchange(caller.world, caller.account, call.code))


@answers(oauth_calls.RefreshWebToken)
def refresh_web_token(caller: Caller, call: oauth_calls.RefreshWebToken) -> oauth_calls.WebToken:
    token = webauth.refresh(caller.world, caller.account, call.refresh_token)
    return _answer(caller, token, tells_snapshot=False)


@answers(oauth_calls.GetWebUser)
def get_web_user(caller: Caller, call: oauth_calls.GetWebUser) -> oauth_calls.WebUser:
    token = webauth.check(caller.world, call.access_token, call.openid)
    require(token.scope == webauth.USERINFO, NOT_AUTHORIZED)
    if token.snapshot:
        return oauth_calls.WebUser(openid=token.openid, nickname="微信用户")
    tie = people.by_openid(caller.world, caller.account, token.openid)
    person = people.get(caller.world, tie.person or "")
    return oauth_calls.WebUser(
        openid=token.openid,
        nickname=person.nickname,
        headimgurl=person.headimgurl,
        unionid=people.unionid(caller.world, caller.account, tie),
    )


@answers(oauth_calls.CheckWebToken)
def check_web_token(caller: Caller, call: oauth_calls.CheckWebToken) -> Ok:
    webauth.check(caller.world, call.access_token, call.openid)
    return Ok()


@answers(base_calls.GetOpenAccount)
def get_open_account(caller: Caller, call: base_calls.GetOpenAccount) -> base_calls.OpenAccount:
    require(call.appid in (None, "", caller.account.appid), WRONG_APPID)
    require(caller.account.open_platform, NOT_BOUND)
    return base_calls.OpenAccount(open_appid=caller.account.open_platform)
