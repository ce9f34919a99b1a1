"""`gongzhong gateway`: the token centre and API gateway, its keys, and who called what."""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import msgspec

from .db import Database, named
from .options import AsJson, flag, option
from .outcome import DONE, FAILED
from .words import err, out, print_json, print_plain, say

if TYPE_CHECKING:
    from ..account import Account
    from ..gateway import CallRecord, GatewayTables, Key

T = TypeVar("T")
PREFIXES = "GONGZHONG_"
HOUR_S = 3600.0

Prefix = Annotated[
    list[str] | None,
    option(
        "账号的环境变量前缀，可重复：NEWS_ 读 NEWS_APPID、NEWS_SECRET",
        "how the variables of an account begin, repeatable: NEWS_ reads NEWS_APPID, NEWS_SECRET",
        name="--account-env",
    ),
]
StateAddress = Annotated[
    str | None,
    option(
        "共享状态的地址，默认 GONGZHONG_STATE，否则用数据库",
        "address of the state, else GONGZHONG_STATE, else the database",
    ),
]
Proxies = Annotated[
    list[str] | None,
    option(
        "信任这个网段的反向代理写的 X-Forwarded-For，可重复",
        "believe the X-Forwarded-For of reverse proxies in this network, repeatable",
        name="--trusted-proxy",
    ),
]


def gateway(
    *,
    host: Annotated[
        str, option("监听地址；0.0.0.0 为所有地址", "address to listen on; 0.0.0.0 for all")
    ] = "127.0.0.1",
    port: Annotated[int, option("端口，0 为自动", "port, 0 for any")] = 8600,
    account_env: Prefix = None,
    database: Database = None,
    state: StateAddress = None,
    sns: Annotated[bool, flag("也转发 /sns/（网页授权）", "forward /sns/ (web authorization), too")] = False,
    timeout: Annotated[float, option("等微信应答几秒", "seconds to wait for an answer of WeChat")] = 20.0,
    trusted_proxy: Proxies = None,
    json: Annotated[
        bool,
        flag("就绪时在标准输出写一行 JSON", "say on standard output as JSON when it is ready", name="--json"),
    ] = False,
    log_json: Annotated[bool, flag("日志为 JSON", "log as JSON lines")] = False,
) -> None:
    from ..gateway import Settings
    from ..running.gateway import Place, serve_gateway
    from ..running.logs import log_to_stderr

    log_to_stderr(as_json=log_json)
    url = named(database)
    address = state or os.environ.get("GONGZHONG_STATE", "") or _address(database)
    accounts = _accounts(account_env)
    settings = Settings(timeout_s=timeout, sns=sns, trusted_proxies=tuple(trusted_proxy or ()))

    def ready(at: str) -> None:
        if json:
            print_plain(
                msgspec.json.encode(
                    {
                        "event": "ready",
                        "url": at,
                        "pid": os.getpid(),
                        "accounts": [one.appid for one in accounts],
                    }
                ).decode()
            )
        else:
            lines = [f"{at}/{one.appid}" for one in accounts]
            err().print(say(f"网关运行在 {'、'.join(lines)}", f"the gateway is at {', '.join(lines)}"))

    serve_gateway(
        accounts, Place(host=host, port=port, database=url, state=address), settings, announce=ready
    )


def create(
    name: Annotated[str, option("谁用这个密钥", "who uses the key")],
    /,
    *,
    account: Annotated[
        list[str] | None,
        option(
            "可用于这个 AppID，可重复；* 为全部", "for this AppID, repeatable; * for all", name="--account"
        ),
    ] = None,
    scope: Annotated[
        list[str] | None,
        option(
            "可以调用什么，可重复：路径的开头、一组接口、* 或 token",
            "what it may call, repeatable: a beginning of paths, a group, * or token",
            name="--scope",
        ),
    ] = None,
    network: Annotated[
        list[str] | None,
        option(
            "只能从这个地址或网段使用，可重复",
            "may be used only from this address or network, repeatable",
            name="--from",
        ),
    ] = None,
    per_minute: Annotated[int, option("每分钟最多几次，0 为不限", "calls a minute, 0 for any number")] = 0,
    daily: Annotated[int, option("每天（北京时间）最多几次", "calls a day (China time)")] = 0,
    database: Database = None,
    json: AsJson = False,
) -> int:
    from ..gateway import make_key

    key, text = make_key(
        name,
        account or ([os.environ["GONGZHONG_APPID"]] if os.environ.get("GONGZHONG_APPID") else []),
        scope or [],
        networks=network or [],
        per_minute=per_minute,
        daily=daily,
        now=time.time(),
    )
    _asked(database, lambda tables: tables.add_key(key))
    if json:
        print_json({**_described(key), "key": text.reveal()})
    else:
        print_plain(text.reveal())
        err().print(
            say(
                f"密钥“{key.name}”（编号 {key.id}）只显示这一次，请保存好",
                f"the key “{key.name}” (number {key.id}) is shown only now: keep it",
            )
        )
    return DONE


def list_(*, database: Database = None, json: AsJson = False) -> int:
    found = _asked(database, lambda tables: tables.keys())
    if json:
        print_json([_described(key) for key in found])
        return DONE
    if not found:
        err().print(say("没有密钥", "there are no keys"))
    for key in found:
        cells = [key.id, key.name, ",".join(key.accounts), ",".join(key.scopes)]
        cells += [",".join(key.networks)] if key.networks else []
        cells += [say("已撤销", "revoked")] if key.revoked_at else []
        out().print("  ".join(cells), markup=False)
    return DONE


def revoke(
    key_id: Annotated[str, option("密钥的编号（list 可查）", "number of the key, see list")],
    /,
    *,
    database: Database = None,
) -> int:
    if _asked(database, lambda tables: tables.revoke(key_id, time.time())):
        err().print(
            say(f"密钥 {key_id} 已撤销，几秒内失效", f"the key {key_id} is revoked and ends within seconds")
        )
        return DONE
    err().print(say(f"没有可用的密钥 {key_id}", f"there is no key {key_id} that is in use"))
    return FAILED


def audit(
    *,
    key: Annotated[str, option("只看这个密钥（编号）", "only of this key (its number)")] = "",
    account: Annotated[str, option("只看这个 AppID", "only of this AppID", name="--account")] = "",
    hours: Annotated[float, option("最近几小时", "of the last hours")] = 24.0,
    failed: Annotated[bool, flag("只看没有成功的", "only those that did not succeed")] = False,
    before: Annotated[int, option("从这个编号之前开始", "begin before this number")] = 0,
    limit: Annotated[int, option("最多几条", "how many at most")] = 100,
    database: Database = None,
    json: AsJson = False,
) -> int:
    since = time.time() - hours * HOUR_S

    async def ask(tables: GatewayTables) -> list[CallRecord]:
        return await tables.calls(
            key=key, appid=account, since=since, failed=failed, before=before, limit=limit
        )

    found = _asked(database, ask)
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


def _accounts(prefixes: list[str] | None) -> list[Account]:
    from ..account import Account

    return [Account.from_env(prefix=prefix) for prefix in prefixes or [PREFIXES]]


def _address(database: str | None) -> str:
    return database or os.environ["GONGZHONG_DATABASE"]


def _described(key: Key) -> dict[str, Any]:
    """Everything but the digest."""
    words = msgspec.structs.asdict(key)
    del words["digest"]
    return words


def _asked(database: str | None, ask: Callable[[GatewayTables], Awaitable[T]]) -> T:
    """The answer of the gateway's tables, which are made if the database is new."""
    import asyncio  # tens of milliseconds, which `--help` need not wait for

    from ..database.statements import Statements, open_database
    from ..gateway import GatewayTables
    from ..store import migrate

    url = named(database)
    migrate.prepare(url)

    async def answer() -> T:
        tables = GatewayTables(Statements(open_database(url)))
        try:
            return await ask(tables)
        finally:
            await tables.close()

    return asyncio.run(answer())
