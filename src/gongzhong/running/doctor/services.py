"""What a deployment stands on, besides its accounts: database, shared state, workers, gateway keys, people, alarms.

Every check reads only. A database file that is not there yet is not made; in a database that is there, the tables of
the shared state are made at their first use, as by any program.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ...config import Configuration
from ...database import DatabaseUrl, is_database, read_url
from ...database.statements import Statements, open_database
from ...errors import GongzhongError, SetupError, StateDown, missing_extra
from ...gateway import GatewayTables
from ...gateway.keys import EVERYTHING
from ...people import configured as configured_people
from ...people.files import files_open_to_others
from ...state import REDIS
from ..alarms import senders_of
from .clocks import judge_difference
from .finding import Finding, failed, note, ok, skipped, warning, wrong
from .redis_server import HOSTS_DIFFER_S, check_redis

if TYPE_CHECKING:
    from ...gateway import Key
    from ...state import State
    from ...store.migrate import Status

SLOW_S: Final = 0.1
"""A state that takes longer for one operation delays every push."""
READ: Final = "gongzhong:doctor"
"""A key that nobody writes."""


async def check_services(found: Configuration, state: State | None) -> list[Finding]:
    """Database, state, workers, people's data and alarms. `state` is that of the configuration, if it names one."""
    findings = [finding async for finding in _database(found)]
    findings += [finding async for finding in _state(found, state)]
    return [*findings, *_files(found), _workers(found, state), *_people(found), _alarms(found)]


async def _database(found: Configuration) -> AsyncIterator[Finding]:
    if not found.database:
        yield note(
            "database",
            "没有 database：已经接收的消息和等待的答复随进程结束而丢失",
            "there is no database: accepted messages and waiting answers end with the process",
            "生产环境设置 database（GONGZHONG_DATABASE），见 docs/production.zh-CN.md",
            "set database (GONGZHONG_DATABASE) in production, see docs/production.md",
        )
        return
    url = read_url(found.database)
    if missing := missing_file(found.database):
        yield no_file("database", missing)
        return
    try:
        from ...store import migrate  # an extra

        status = await asyncio.to_thread(migrate.status, url)
    except (GongzhongError, ImportError) as problem:
        known = problem if isinstance(problem, GongzhongError) else missing_extra(problem)
        if known is None:
            raise
        yield failed("database", known)
        return
    yield ok("database", f"{status.place} 可以使用", f"{status.place} can be used")
    yield _version(status)
    if url.kind == "postgresql" and (finding := await _database_clock(url)):
        yield finding
    if status.current:
        yield await _gateway(found, url)


def missing_file(address: str) -> Path | None:
    """The file of an SQLite database that is not there; None where there is one, or none is needed."""
    if not is_database(address) or (url := read_url(address)).kind != "sqlite" or Path(url.path).exists():
        return None
    return Path(url.path)


def no_file(check: str, path: Path) -> Finding:
    """What it means: it would be made at the start, by the user that runs the program, not by the doctor."""
    folder = path.absolute().parent
    if folder.is_dir() and os.access(folder, os.W_OK):
        return note(
            check,
            f"{path} 还不存在，第一次启动时创建",
            f"{path} does not exist yet: it is made at the first start",
        )
    return wrong(
        check,
        f"不能创建 {path}：目录 {folder} 不存在或不能写",
        f"{path} cannot be made: the directory {folder} does not exist or cannot be written",
        f"mkdir -p {folder}，并让运行程序的用户能写",
        f"mkdir -p {folder}, and let the user that runs the program write there",
    )


def _version(status: Status) -> Finding:
    check = "database.version"
    if status.current:
        return ok(
            check, f"表是最新的（版本 {status.version}）", f"the tables are up to date ({status.version})"
        )
    if not status.version:
        return note(check, "还没有表，第一次启动时创建", "no tables yet: they are made at the first start")
    return wrong(
        check,
        f"表是旧版本 {status.version}，程序需要 {status.wanted}，不会启动",
        f"the tables are version {status.version}, the program needs {status.wanted} and does not start",
        "先停下旧程序，备份（gongzhong db backup），再运行 gongzhong db upgrade",
        "stop the old program, make a copy (gongzhong db backup), then run gongzhong db upgrade",
    )


async def _database_clock(url: DatabaseUrl) -> Finding | None:
    statements = Statements(open_database(url))
    try:
        before = time.time()
        there = await statements.server_time()
        here = (before + time.time()) / 2
    except StateDown as problem:
        return failed("database.clock", problem)
    finally:
        await statements.close()
    if there is None:
        return None
    return judge_difference(
        "database.clock", there - here, "数据库服务器", "the database server", tolerance_s=HOSTS_DIFFER_S
    )


async def _gateway(found: Configuration, url: DatabaseUrl) -> Finding:
    tables = GatewayTables(Statements(open_database(url)))
    try:
        keys = [key for key in await tables.keys() if not key.revoked_at]
    except StateDown as problem:
        return failed("gateway.keys", problem)
    finally:
        await tables.close()
    return judge_keys(keys, {account.appid for account in found.settings.account})


def judge_keys(keys: list[Key], appids: set[str]) -> Finding:
    """What the gateway's valid keys let their clients do."""
    check = "gateway.keys"
    if not keys:
        return skipped(check, "网关没有密钥", "the gateway has no keys")
    if lost := [key for key in keys if not any(key.may_use(appid) for appid in appids)]:
        names = "、".join(key.name for key in lost), ", ".join(key.name for key in lost)
        return warning(
            check,
            f"网关密钥 {names[0]} 只能用于配置里没有的账号",
            f"the gateway's keys {names[1]} are for accounts only that the configuration does not have",
            "收回它们（gongzhong gateway key revoke），或把账号写进配置",
            "revoke them (gongzhong gateway key revoke), or add the accounts to the configuration",
        )
    if wide := [
        key for key in keys if EVERYTHING in key.accounts and EVERYTHING in key.scopes and not key.networks
    ]:
        names = "、".join(key.name for key in wide), ", ".join(key.name for key in wide)
        return warning(
            check,
            f"网关密钥 {names[0]} 可以从任何地址、为任何账号调用一切",
            f"the gateway's keys {names[1]} may call everything for every account from everywhere",
            "换成只有所需账号、接口和网段的密钥（--account、--scope、--from）",
            "replace them by keys for the accounts, calls and networks that are needed (--account, --scope, --from)",
        )
    return ok(check, f"网关有 {len(keys)} 个有效的密钥", f"the gateway has {len(keys)} valid keys")


async def _state(found: Configuration, state: State | None) -> AsyncIterator[Finding]:
    if state is None:
        return
    try:
        await state.get(READ)  # connects
        began = time.monotonic()
        await state.get(READ)
        took_s = time.monotonic() - began
    except StateDown as problem:
        yield failed("state", problem)
        return
    zh, en = (
        f"共享状态在 {took_s * 1000:.0f} 毫秒内应答",
        f"the shared state answers within {took_s * 1000:.0f} ms",
    )
    if took_s < SLOW_S:
        yield ok("state", zh, en)
    else:
        yield warning(
            "state",
            f"{zh}，每条推送都要等它",
            f"{en}, and every push waits for it",
            "把它放在离程序近的地方",
            "move it closer to the program",
        )
    if found.state.strip().partition(":")[0].lower() in REDIS:
        for finding in await check_redis(found.state):
            yield finding


def _files(found: Configuration) -> Iterator[Finding]:
    """Files of databases that other users of the machine may read or write; new ones are made for their owner only."""
    for key, path in files_open_to_others(found.settings):
        yield (wrong if key == "people.keys" else warning)(
            f"{key}.mode",
            f"{path} 别的用户也能读写",
            f"other users may read or write {path}",
            f"chmod 600 {path}",
            f"chmod 600 {path}",
        )


def _workers(found: Configuration, state: State | None) -> Finding:
    workers = found.settings.serve.workers
    if workers > 1 and (not found.state or (state is not None and not state.shared)):
        return wrong(
            "workers",
            f"{workers} 个工作进程，状态却只在进程的内存里：serve 会拒绝启动",
            f"{workers} workers, but the state is in the memory of each: serve refuses to start",
            "设置 database 或 state（sqlite:///…、postgresql://…、redis://…），或 workers = 1",
            "set database or state (sqlite:///…, postgresql://…, redis://…), or workers = 1",
        )
    return ok("workers", f"{workers} 个工作进程", f"{workers} worker{'s' * (workers > 1)}")


def _people(found: Configuration) -> list[Finding]:
    if not found.settings.people.in_use:
        return []
    try:
        configured_people(found.settings.people, found.database)
    except SetupError as problem:
        return [failed("people", problem)]
    return [ok("people", "个人数据的密钥设置正确", "the keys of people's data are set up")]


def _alarms(found: Configuration) -> Finding:
    try:
        senders = senders_of(found.settings.alarms)
    except SetupError as problem:
        return failed("alarms", problem)
    if senders:
        return ok("alarms", "告警有接收人", "alarms have a receiver")
    return note(
        "alarms",
        "告警只写进日志，没有人会收到",
        "alarms stand in the log only, and nobody receives them",
        "设置 [alarms] 的 webhook 或 email_to",
        "set webhook or email_to of [alarms]",
    )
