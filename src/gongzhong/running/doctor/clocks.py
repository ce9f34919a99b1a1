"""How far this machine's clock is from others': WeChat's, by the Date header of its answers, and the database's."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from typing import Final

from ...account import Account
from ...catalogue.base import GetApiAddresses
from ...client.transport import AsyncTransport, WireRequest
from ...errors import GongzhongError
from .finding import Finding, ok, warning, wrong

CHECK: Final = "clock.api"
DATE_ROUNDS_S: Final = 2.0
"""The Date header has whole seconds, and the answer was on its way."""
REFUSED_S: Final = 300.0
"""Programs that check timestamps usually refuse pushes that differ by so much."""


async def check_api_clock(account: Account, transport: AsyncTransport) -> list[Finding]:
    """One finding; none where the API does not answer or its answers have no date."""
    request = WireRequest(method="GET", url=account.hosts.api + GetApiAddresses.spec.path)
    try:
        before = time.time()
        reply = await transport.send(request)
        here = (before + time.time()) / 2
        headers = {name.lower(): value for name, value in reply.headers.items()}
        there = parsedate_to_datetime(headers["date"]).timestamp()
    except (GongzhongError, KeyError, ValueError):
        return []
    return [judge_difference(CHECK, there - here, "微信", "WeChat", tolerance_s=DATE_ROUNDS_S)]


def judge_difference(check: str, ahead_s: float, zh: str, en: str, *, tolerance_s: float) -> Finding:
    """What it means that the clock of somebody is so many seconds ahead of this machine's."""
    off_s = abs(ahead_s)
    if off_s <= tolerance_s:
        return ok(check, f"本机时钟与{zh}一致", f"this machine's clock agrees with that of {en}")
    judged = wrong if off_s >= REFUSED_S else warning
    return judged(
        check,
        f"本机时钟比{zh}{'慢' if ahead_s > 0 else '快'} {off_s:.1f} 秒",
        f"this machine's clock is {off_s:.1f} s {'behind' if ahead_s > 0 else 'ahead of'} that of {en}",
        "用 NTP 校准时间（timedatectl set-ntp true）：租约和推送的时间戳都靠时钟",
        "set it by NTP (timedatectl set-ntp true): leases and the timestamps of pushes depend on it",
    )
