"""Which of WeChat's API hosts are reached from here, and how fast they answer."""

from __future__ import annotations

import asyncio
import time

from ...account import Account
from ...catalogue.base import GetApiAddresses
from ...client.flow import UNAVAILABLE
from ...client.transport import AsyncTransport, WireRequest
from ...errors import GongzhongError
from .finding import Finding, Status

CHECK = "api_host"
PATIENCE_S = 3.0


async def check_api_hosts(account: Account, transport: AsyncTransport) -> list[Finding]:
    """One finding for each host, the one that calls go to first; nothing where there is only one.

    Each is asked once, without a token. A host that is out of reach is a warning at most: calls go to the others.
    """
    bases = account.hosts.api_hosts
    if len(bases) < 2:
        return []
    return await asyncio.gather(
        *(_check(base, transport, first=number == 0) for number, base in enumerate(bases))
    )


async def _check(base: str, transport: AsyncTransport, *, first: bool) -> Finding:
    check, name = f"{CHECK}.{base.partition('://')[2]}", base.partition("://")[2]
    request = WireRequest(method="GET", url=base + GetApiAddresses.spec.path, timeout_s=PATIENCE_S)
    began = time.monotonic()
    bad: Status = "warning" if first else "note"
    fix_zh = "调用会自动改用能连上的域名；检查出口防火墙和 DNS 是否放行它" if first else ""
    fix_en = (
        "calls go to a host that is reached; see whether firewall and DNS let this one through"
        if first
        else ""
    )
    try:
        reply = await transport.send(request)
    except GongzhongError as problem:
        return Finding(check, bad, problem.zh, problem.en, fix_zh, fix_en)
    took_ms = (time.monotonic() - began) * 1000
    if reply.status in UNAVAILABLE:
        said = f"{name}：HTTP {reply.status}", f"{name}: HTTP {reply.status}"
        return Finding(check, bad, *said, fix_zh, fix_en)
    return Finding(
        check, "ok", f"{name} 在 {took_ms:.0f} 毫秒内应答", f"{name} answers within {took_ms:.0f} ms"
    )
