"""What a Redis that keeps the shared state must be set up for: its clock, a file that it writes, and no evictions."""

from __future__ import annotations

import time
from typing import Final

from ...errors import StateDown
from .clocks import judge_difference
from .finding import Finding, failed, ok, skipped, warning

HOSTS_DIFFER_S: Final = 1.0
"""Leases are times: the clocks of all hosts must agree so closely."""


async def check_redis(address: str) -> list[Finding]:
    """Three findings; one if the server does not answer. `address` is a Redis's."""
    from ...state.redis import ask_server  # an extra

    before = time.time()
    try:
        facts = await ask_server(address)
    except StateDown as problem:
        return [failed("state.redis", problem)]
    here = (before + time.time()) / 2
    clock = judge_difference("state.clock", facts.time - here, "Redis", "Redis", tolerance_s=HOSTS_DIFFER_S)
    return [_appends(facts.appends), _evicts(facts.evicts), clock]


def _appends(appends: bool | None) -> Finding:
    check = "state.appendonly"
    if appends is None:
        return skipped(check, "Redis 没有说明是否写文件", "Redis does not say whether it writes a file")
    if appends:
        return ok(
            check, "Redis 把改动写进文件（appendonly）", "Redis writes what changes to a file (appendonly)"
        )
    return warning(
        check,
        "Redis 不写 appendonly 文件：重启后会忘记谁在处理哪个用户、见过的推送和会话",
        "Redis writes no appendonly file: after a restart it has forgotten who has whom, pushes seen and sessions",
        "在 redis.conf 里写 appendonly yes，再执行 CONFIG SET appendonly yes",
        "write appendonly yes into redis.conf, and run CONFIG SET appendonly yes",
    )


def _evicts(evicts: bool | None) -> Finding:
    check = "state.evictions"
    if evicts is None:
        return skipped(
            check, "Redis 没有说明内存用完时怎么办", "Redis does not say what it does without memory"
        )
    if not evicts:
        return ok(check, "Redis 不会因内存不足丢掉数据", "Redis throws nothing away when memory is short")
    return warning(
        check,
        "Redis 内存用完时会丢掉数据：租约提前消失，同一条消息可能处理两遍",
        "Redis throws data away when memory is short: a lease that vanishes lets a message be handled twice",
        "设置 maxmemory-policy noeviction",
        "set maxmemory-policy noeviction",
    )
