"""Tokens, addresses, the network check and quotas (基础接口), as the platform answers them."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

from ...catalogue import base, registry
from ...catalogue.model import Call, Ok
from ..world import quotas, tokens
from ..world.refusal import Refusal, require
from .registry import Caller, answers

# Our own addresses: pushes and answers come from this machine.
ADDRESSES = ["127.0.0.1"]
NO_URL, MALFORMED_PATH, UNKNOWN_PATH, NOT_YOURS = 40201, 76003, 76021, 76022
WEB_CALLS = "/sns/"
NO_RID, FOREIGN_RID, OLD_RID = 76001, 76003, 76004
MINUTE_S = 60


@answers(base.GetToken)
def get_token(caller: Caller, call: base.GetToken) -> base.AccessToken:
    tokens.admit(caller.account, caller.ip)
    value, left = tokens.issue(caller.world, caller.account)
    return base.AccessToken(access_token=value, expires_in=left)


@answers(base.GetStableToken)
def get_stable_token(caller: Caller, call: base.GetStableToken) -> base.AccessToken:
    tokens.admit(caller.account, caller.ip)
    value, left = tokens.stable(caller.world, caller.account, force=call.force_refresh)
    return base.AccessToken(access_token=value, expires_in=left)


@answers(base.GetApiAddresses)
def get_api_addresses(caller: Caller, call: base.GetApiAddresses) -> base.ServerAddresses:
    return base.ServerAddresses(ip_list=ADDRESSES)


@answers(base.GetCallbackAddresses)
def get_callback_addresses(caller: Caller, call: base.GetCallbackAddresses) -> base.ServerAddresses:
    return base.ServerAddresses(ip_list=ADDRESSES)


@answers(base.CheckCallback)
def check_callback(caller: Caller, call: base.CheckCallback) -> base.CallbackReport:
    """Resolves names that need no network; the ping is what one machine gives."""
    require(caller.account.url, NO_URL)
    address = _address(urlsplit(caller.account.url).hostname or "")
    operator = "UNKNOWN" if call.check_operator == "DEFAULT" else call.check_operator
    found = [base.ResolvedAddress(ip=address, real_operator=operator)]
    ping = [base.PingResult(ip=address, from_operator=operator, package_loss="0%", time="0.100ms")]
    return base.CallbackReport(
        dns=found if call.action in ("dns", "all") else [],
        ping=ping if call.action in ("ping", "all") else [],
    )


def _address(host: str) -> str:
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return socket.gethostbyname("localhost") if host == "localhost" else "0.0.0.0"


@answers(base.ClearQuota)
def clear_quota(caller: Caller, call: base.ClearQuota) -> Ok:
    quotas.clear(caller.world, caller.account, "all")
    return Ok()


@answers(base.ClearQuotaBySecret)
def clear_quota_by_secret(caller: Caller, call: base.ClearQuotaBySecret) -> Ok:
    quotas.clear(caller.world, caller.account, "all")
    return Ok()


def _allowed(caller: Caller, path: str) -> type[Call[object]]:
    """The call behind a path, if this account has it; web authorisation is not counted."""
    found = registry.by_path(path, "POST")
    if found is None:
        raise Refusal(UNKNOWN_PATH)
    countable = not path.startswith(WEB_CALLS)
    require(countable and caller.account.type in found.spec.accounts, NOT_YOURS)
    return found


@answers(base.GetQuota)
def get_quota(caller: Caller, call: base.GetQuota) -> base.ApiQuota:
    require(call.cgi_path.startswith("/"), MALFORMED_PATH)
    spec = _allowed(caller, call.cgi_path).spec
    used = quotas.used(caller.world, caller.account, spec.path)
    limit = quotas.grown(caller.world, caller.account, spec) or 0
    rate = base.RateLimit(call_count=spec.per_minute, refresh_second=MINUTE_S) if spec.per_minute else None
    daily = base.DailyQuota(daily_limit=limit, used=used, remain=max(limit - used, 0))
    return base.ApiQuota(quota=daily, rate_limit=rate)


@answers(base.ClearApiQuota)
def clear_api_quota(caller: Caller, call: base.ClearApiQuota) -> Ok:
    spec = _allowed(caller, call.cgi_path).spec
    quotas.clear(caller.world, caller.account, "one", spec.path)
    return Ok()


@answers(base.GetRid)
def get_rid(caller: Caller, call: base.GetRid) -> base.RidDetails:
    row = caller.world.db.one("SELECT * FROM failure WHERE rid = ?", call.rid.lower())
    if row is None:
        raise Refusal(NO_RID)
    require(row["appid"] == caller.account.appid, FOREIGN_RID)
    require(caller.world.now() - row["time"] <= caller.world.rules.rid_kept_s, OLD_RID)
    request = base.RidRequest(
        invoke_time=row["time"],
        cost_in_ms=row["cost_ms"],
        request_url=row["query"],
        request_body=row["request"],
        response_body=row["response"],
        client_ip=row["client_ip"],
    )
    return base.RidDetails(request=request)
