"""`gongzhong gateway key` and `gongzhong gateway audit`: who may use the gateway, and who did what."""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import msgspec

from .config import File as Config
from .db import Database, with_tables
from .options import AsJson, flag, option
from .outcome import DONE, FAILED
from .words import err, out, print_json, print_plain, say

if TYPE_CHECKING:
    from ..console.people import PeopleKey
    from ..gateway import CallRecord, GatewayTables, Key

T = TypeVar("T")
HOUR_S = 3600.0

Owner = Annotated[str, option("谁用这个密钥", "who uses the key")]
KeyNumber = Annotated[str, option("密钥的编号（list 可查）", "number of the key, see list")]
Accounts = Annotated[
    list[str] | None,
    option("可用于这个 AppID，可重复；* 为全部", "for this AppID, repeatable; * for all", name="--account"),
]
Scopes = Annotated[
    list[str] | None,
    option(
        "可以调用什么，可重复：路径的开头、一组接口、* 或 token",
        "what it may call, repeatable: a beginning of paths, a group, * or token",
        name="--scope",
    ),
]
Networks = Annotated[
    list[str] | None,
    option(
        "只能从这个地址或网段使用，可重复",
        "may be used only from this address or network, repeatable",
        name="--from",
    ),
]
PerMinute = Annotated[int, option("每分钟最多几次，0 为不限", "calls a minute, 0 for any number")]
Daily = Annotated[
    int, option("每天（北京时间）最多几次，0 为不限", "calls a day (China time), 0 for any number")
]
OfKey = Annotated[str, option("只看这个密钥（编号）", "only of this key (its number)")]
OfAccount = Annotated[str, option("只看这个 AppID", "only of this AppID", name="--account")]
Hours = Annotated[float, option("最近几小时", "of the last hours")]
Failed = Annotated[bool, flag("只看没有成功的", "only those that did not succeed")]
Before = Annotated[int, option("从这个编号之前开始", "begin before this number")]
Limit = Annotated[int, option("最多几条", "how many at most")]


def create(
    owner: Owner,
    /,
    *,
    account: Accounts = None,
    scope: Scopes = None,
    network: Networks = None,
    per_minute: PerMinute = 0,
    daily: Daily = 0,
    database: Database = None,
    config: Config = None,
    json: AsJson = False,
) -> int:
    from ..gateway import make_key

    key, text = make_key(
        owner,
        account or ([os.environ["GONGZHONG_APPID"]] if os.environ.get("GONGZHONG_APPID") else []),
        scope or [],
        networks=network or [],
        per_minute=per_minute,
        daily=daily,
        now=time.time(),
    )
    _asked(database, config, lambda tables: tables.add_key(key))
    if json:
        print_json({**described(key), "key": text.reveal()})
    else:
        print_plain(text.reveal())
        err().print(
            say(
                f"密钥“{key.name}”（编号 {key.id}）只显示这一次，请保存好",
                f"the key “{key.name}” (number {key.id}) is shown only now: keep it",
            )
        )
    return DONE


def list_(*, database: Database = None, config: Config = None, json: AsJson = False) -> int:
    found = _asked(database, config, lambda tables: tables.keys())
    if json:
        print_json([described(key) for key in found])
        return DONE
    if not found:
        err().print(say("没有密钥", "there are no keys"))
    for key in found:
        cells = [key.id, key.name, ",".join(key.accounts), ",".join(key.scopes)]
        cells += [",".join(key.networks)] if key.networks else []
        cells += [say("已撤销", "revoked")] if key.revoked_at else []
        out().print("  ".join(cells), markup=False)
    return DONE


def revoke(key_id: KeyNumber, /, *, database: Database = None, config: Config = None) -> int:
    if _asked(database, config, lambda tables: tables.revoke(key_id, time.time())):
        err().print(
            say(f"密钥 {key_id} 已撤销，几秒内失效", f"the key {key_id} is revoked and ends within seconds")
        )
        return DONE
    err().print(say(f"没有可用的密钥 {key_id}", f"there is no key {key_id} that is in use"))
    return FAILED


def audit(
    *,
    key: OfKey = "",
    account: OfAccount = "",
    hours: Hours = 24.0,
    failed: Failed = False,
    before: Before = 0,
    limit: Limit = 100,
    database: Database = None,
    config: Config = None,
    json: AsJson = False,
) -> int:
    since = time.time() - hours * HOUR_S

    async def ask(tables: GatewayTables) -> list[CallRecord]:
        return await tables.calls(
            key=key, appid=account, since=since, failed=failed, before=before, limit=limit
        )

    found = _asked(database, config, ask)
    if json:
        print_json([msgspec.structs.asdict(call) for call in found])
        return DONE
    if not found:
        err().print(say("没有", "there is nothing"))
    for call in found:
        at = time.strftime("%m-%d %H:%M:%S", time.localtime(call.at))
        cells = (call.id, at, call.key or "-", call.peer, call.appid, call.verb, call.path)
        result = f"{call.status} {call.errcode}  {call.seconds * 1000:.0f} ms"
        out().print("  ".join([*(str(cell) for cell in cells), result]), markup=False)
    return DONE


def described(key: Key | PeopleKey) -> dict[str, Any]:
    """Everything but the digest."""
    words = msgspec.structs.asdict(key)
    del words["digest"]
    return words


def _asked(database: str | None, config: Path | None, ask: Callable[[GatewayTables], Awaitable[T]]) -> T:
    """The answer of the gateway's tables."""
    from ..gateway import GatewayTables

    return with_tables(GatewayTables, database, config, ask)
