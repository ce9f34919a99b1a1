"""What the token record in the shared state tells: does somebody else have tokens made for this account?"""

from __future__ import annotations

import time

from ...account import Account
from ...client.token_store import DISPLACED_OFTEN
from ...errors import StateDown
from ...state import State
from ...state.tokens import named, read
from .finding import Finding, ok, skipped, warning, wrong

CHECK = "token.others"


async def check_shared_token(account: Account, state: State) -> list[Finding]:
    """One finding, or none where no program has stored a token in this state yet."""
    try:
        found = await state.get(named(f"{account.hosts.api}|{account.appid}|access_token"))
    except StateDown as problem:
        return [skipped(CHECK, problem.zh, problem.en)]
    record = read(found.data) if found else None
    if record is None:
        return []
    times = record.displaced_lately(time.time())
    if not times:
        return [
            ok(
                CHECK,
                "一小时内没有别的程序换掉 access_token",
                "no other program replaced the token within an hour",
            )
        ]
    zh = f"一小时内，access_token 有 {times} 次没到期就失效：另有程序在为这个公众号取 token"
    en = f"the access_token was refused {times} times within an hour before its end: another program has tokens made"
    fix_zh = "找到它，让它也用 stable_token（不要 force_refresh），或都经过一个网关（gongzhong gateway）"
    fix_en = (
        "find it, and let it use stable_token without force_refresh, or let all use one `gongzhong gateway`"
    )
    judged = wrong if times >= DISPLACED_OFTEN else warning
    return [judged(CHECK, zh, en, fix_zh, fix_en)]
