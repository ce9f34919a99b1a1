"""A whole deployment, as its configuration describes it: every account, and what they stand on."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from ...addresses import split_address
from ...client.transport import AsyncTransport
from ...config import AccountSettings, Configuration, WrongConfiguration, read
from ...errors import GongzhongError, SetupError
from ...platform.delivery.receiver import Receiver
from ...state import State, open_state
from .api_hosts import CHECK as API_HOST
from .clocks import CHECK as API_CLOCK
from .diagnosis import diagnose
from .finding import Finding, failed, ok, unknown, warning, wrong
from .services import check_services, missing_file, no_file

OF_THE_MACHINE: Final = (f"{API_HOST}.", API_CLOCK)
"""The beginnings of checks that are not about an account."""
AT_ONCE: Final = 8
"""So many accounts are checked at the same time."""


async def diagnose_deployment(
    file: str | Path | None = None,
    base: str | None = None,
    *,
    only: str = "",
    receiver: Receiver | None = None,
    transport: AsyncTransport | None = None,
) -> list[Finding]:
    """Check the configuration, the services that it names, and all of its accounts.

    `base` is the public address of the server, such as `https://example.com`: with the path of an account it is that
    account's callback URL; a single account without an address has it as it is. `only` names the one account to check.
    Nothing is changed anywhere. Raises nothing for what it finds.
    """
    try:
        found = read(file)
    except WrongConfiguration as problem:
        return [wrong("config", one.text("zh"), one.text("en")) for one in problem.mistakes]
    except SetupError as problem:
        return [failed("config", problem, "unknown")]
    findings = _read(found)
    accounts = [one for one in found.settings.account if only in ("", one.name, one.appid)]
    if not accounts:
        return [*findings, _no_account(only)]
    state, told = _state(found)
    findings += told
    try:
        findings += await _guarded("services", check_services(found, state))
        limit = asyncio.Semaphore(AT_ONCE)
        each = [_account(found, one, base, state, receiver, transport, limit) for one in accounts]
        return [*findings, *_said_once(await asyncio.gather(*each))]
    finally:
        if state is not None:
            await state.close()


def _said_once(accounts: Sequence[Sequence[Finding]]) -> Iterator[Finding]:
    """The findings of all accounts; what is about this machine's ways to WeChat stands there once if it is the same
    for several, without the name of one."""
    seen: set[tuple[str, str]] = set()
    for finding in (one for of_one in accounts for one in of_one):
        if not finding.check.startswith(OF_THE_MACHINE):
            yield finding
        elif (finding.check, finding.status) not in seen:
            seen.add((finding.check, finding.status))
            yield msgspec.structs.replace(finding, account="")


def _read(found: Configuration) -> list[Finding]:
    """That a configuration was read, and what is odd in it."""
    where = found.file or "GONGZHONG_…"
    right = ok("config", f"配置 {where} 可以使用", f"the configuration {where} can be used")
    return [right, *(warning("config", one.zh, one.en) for one in found.notes)]


def _state(found: Configuration) -> tuple[State | None, list[Finding]]:
    """The shared state, and what keeps it from being asked."""
    if not found.state:
        return None, []
    if missing := missing_file(found.state):
        return None, [] if found.state == found.database else [no_file("state", missing)]
    try:
        return open_state(found.state), []
    except SetupError as problem:
        return None, [failed("state", problem)]


async def _account(
    found: Configuration,
    account: AccountSettings,
    base: str | None,
    state: State | None,
    receiver: Receiver | None,
    transport: AsyncTransport | None,
    limit: asyncio.Semaphore,
) -> list[Finding]:
    """Everything about one account, each finding with its name when there are several."""
    alone = len(found.settings.account) == 1
    url = callback_url(account, base, alone=alone)
    async with limit:
        work = diagnose(account.account(), url, receiver=receiver, transport=transport, state=state)
        findings = await _guarded("account", work)
    if not account.secret:
        findings.append(_no_secret())
    name = "" if alone else account.name or account.appid
    return [msgspec.structs.replace(one, account=name) for one in findings]


def callback_url(account: AccountSettings, base: str | None, *, alone: bool) -> str | None:
    """Where WeChat sends the pushes of an account, as far as configuration and `base` tell; None: not known.

    An account with a `host` of its own has it there, over https unless `base` says otherwise. `alone`: there is no
    other account, and it answers at every address.
    """
    parts = split_address(base or "https://any.host")
    if parts is None:
        return base  # the doctor says what is wrong with it
    if account.host:
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.scheme}://{account.host}{port}{account.path or '/'}"
    if base is None or alone:
        return base
    return f"{parts.scheme}://{parts.netloc}{account.path}" if account.path else None


async def _guarded(check: str, work: Coroutine[Any, Any, list[Finding]]) -> list[Finding]:
    """What a check finds. A check that fails itself must not hide what the others find."""
    try:
        return await work
    except Exception as problem:
        if isinstance(problem, GongzhongError):
            return [failed(check, problem, "unknown")]
        kind = type(problem).__name__
        return [
            unknown(
                check,
                f"检查本身出错（{kind}），没能查完",
                f"the check itself failed ({kind}) and found nothing out",
            )
        ]


def _no_secret() -> Finding:
    return warning(
        "secret",
        "没有 AppSecret：超过 5 秒的回复和接口调用都需要它",
        "there is no AppSecret: replies after 5 seconds and API calls need it",
        "取得 AppSecret 写进配置；只发被动回复的程序写 customer_service=False",
        "take it from the console; a program that only replies passively says customer_service=False",
    )


def _no_account(only: str) -> Finding:
    if only:
        return unknown("account", f"配置里没有账号 {only}", f"the configuration has no account {only}")
    return unknown(
        "account",
        "配置里没有账号",
        "the configuration names no account",
        "写一个 [[account]]，或设置 GONGZHONG_APPID",
        "add an [[account]], or set GONGZHONG_APPID",
    )
