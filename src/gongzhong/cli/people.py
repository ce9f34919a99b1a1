"""`gongzhong people`: consents, export, erasure, retention, the audit trail and keys. For one account at a time."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import msgspec

from .config import File as Config
from .config import read
from .db import Database
from .options import AsJson, flag, option
from .outcome import DONE, FAILED
from .usage import Usage
from .words import err, out, print_json, say

if TYPE_CHECKING:
    from ..account import Account
    from ..app.served import Served
    from ..config import Configuration
    from ..people import Certificate, Directory, Erasure, People, Purposes

T = TypeVar("T")

OpenID = Annotated[str, option("这个人的 OpenID", "the person's OpenID")]
OfAccount = Annotated[
    str | None,
    option("公众号的 AppID，默认 GONGZHONG_APPID", "the AppID, else GONGZHONG_APPID", name="--account"),
]
Everybody = Annotated[
    bool, flag("删除这个公众号所有人的数据，无法恢复", "erase all people of the account, for ever")
]
OnlyFields = Annotated[
    list[str] | None, option("只删除这个字段，可重复", "only this field, repeatable", name="--field")
]
Replay = Annotated[bool, flag("恢复备份之后：再次删除已删除过的", "after a restore: erase again")]
Program = Annotated[str, option("程序，例如 demo:oa", "the program, such as demo:oa")]
By = Annotated[str, option("谁做的，写进记录", "who does it, for the record")]
Why = Annotated[str, option("原因，写进证明", "the reason, for the certificate")]


def consent(
    openid: OpenID,
    /,
    *,
    withdraw: Annotated[
        list[str] | None, option("撤回对这个字段的同意，可重复", "end the consent to a field, repeatable")
    ] = None,
    by: By = "operator",
    account: OfAccount = None,
    database: Database = None,
    config: Config = None,
    json: AsJson = False,
) -> int:
    from ..app.export import stored_records
    from ..people import Consent, Purposes

    state = read(config, {"database": database}).state

    async def answer(people: People, appid: str) -> list[Consent]:
        async with stored_records(people, appid, Purposes(), state) as records:
            if withdraw:
                await records.withdraw(openid, withdraw, by=by)
            return await records.consents(openid)

    found = asked(database, config, account, answer)
    if json:
        print_json([msgspec.structs.asdict(one) for one in found])
        return DONE
    if not found:
        err().print(say("没有记录", "nothing is recorded"))
    for one in found:
        ended = say("已撤回", "withdrawn") if one.withdrawn_at else ""
        cells = (_time(one.given_at), one.field, one.purpose, one.text_version, one.how, ended)
        out().print("  ".join(cells).rstrip(), markup=False)
    return DONE


def export(
    openid: OpenID,
    /,
    *,
    by: By = "operator",
    account: OfAccount = None,
    database: Database = None,
    config: Config = None,
) -> int:
    from ..app.export import export_stored
    from ..people import Purposes

    state = read(config, {"database": database}).state

    async def answer(people: People, appid: str) -> dict[str, Any] | None:
        return await export_stored(people, appid, Purposes(), openid, state=state, by=by)

    found = asked(database, config, account, answer)
    if found is None:
        err().print(say("没有这个人的数据", "nothing is stored about this person"))
        return FAILED
    print_json(found)
    return DONE


def erase(
    openid: OpenID = "",
    /,
    *,
    everybody: Everybody = False,
    field: OnlyFields = None,
    replay: Replay = False,
    reason: Why = "request",
    by: By = "operator",
    account: OfAccount = None,
    database: Database = None,
    config: Config = None,
    json: AsJson = False,
) -> int:
    if sum(map(bool, (openid, everybody, replay))) != 1 or (field and not openid):
        raise Usage(
            "给出一个 OpenID，或用 --everybody、--replay 之一；--field 只和 OpenID 一起用",
            "give an OpenID, or one of --everybody and --replay; --field goes with an OpenID",
        )
    from ..app.export import stored_erasure

    state = read(config, {"database": database}).state

    async def again(people: People, appid: str) -> int:
        async with stored_erasure(people, appid, state) as erasure:
            return await erasure.replay()

    if replay:
        return _replayed(asked(database, config, account, again))

    async def answer(people: People, appid: str) -> Certificate | None:
        async with stored_erasure(people, appid, state) as erasure:
            return await _erased(erasure, openid, field, everybody=everybody, reason=reason, by=by)

    certificate = asked(database, config, account, answer)
    if certificate is None:
        err().print(say("没有可删除的数据", "there was nothing to erase"))
        return FAILED
    _show([certificate], as_json=json)
    return DONE


async def _erased(
    erasure: Erasure, openid: str, fields: list[str] | None, *, everybody: bool, reason: str, by: str
) -> Certificate | None:
    if everybody:
        return await erasure.account(reason=reason, by=by)
    if fields:
        return await erasure.fields(openid, fields, reason=reason, by=by)
    return await erasure.person(openid, reason=reason, by=by)


def certificates(
    *, account: OfAccount = None, database: Database = None, config: Config = None, json: AsJson = False
) -> int:
    found = asked(database, config, account, lambda people, appid: people.erasure(appid).certificates())
    _show(found, as_json=json)
    return DONE


def sync(
    program: Program,
    /,
    *,
    account: OfAccount = None,
    database: Database = None,
    config: Config = None,
    json: AsJson = False,
) -> int:
    from rich.progress import Progress as Bar

    from ..people import Progress

    purposes, _ = declared_by(program, config, account)
    configuration = read(config, {"database": database})

    async def answer(people: People, appid: str) -> Progress:
        with Bar(console=err(), transient=True) as bar:
            task = bar.add_task(say("关注者", "followers"), total=None)

            def told(progress: Progress) -> None:
                bar.update(task, completed=progress.done, total=progress.total or None)

            async with _directory(people, appid, purposes, config, configuration) as directory:
                return await directory.sync(told)

    progress = asked(database, config, account, answer)
    if json:
        print_json({"people": progress.done, "total": progress.total, "ended": progress.ended})
    elif progress.ended:
        err().print(say(f"已同步 {progress.done} 个关注者", f"{progress.done} followers are synchronised"))
    else:
        err().print(say("另一个进程正在同步", "another process is at it"))
    return DONE if progress.ended else FAILED


@asynccontextmanager
async def _directory(
    people: People, appid: str, purposes: Purposes, config: Path | None, configuration: Configuration
) -> AsyncIterator[Directory]:
    """The followers of an account; whoever has unsubscribed is erased, unless the configuration keeps them."""
    from ..app.export import stored_erasure
    from ..client import AsyncClient

    credentials = account_of(config, appid)
    async with (
        AsyncClient(credentials) as api,
        stored_erasure(people, appid, configuration.state) as erasure,
    ):

        async def erased(openid: str) -> None:
            await erasure.person(openid, reason="unsubscribe", by="directory")

        yield people.directory(
            appid,
            purposes,
            api,
            open_platform=_open_platform(config, appid),
            unsubscribed=None if configuration.settings.people.unsubscribe == "keep" else erased,
        )


def _open_platform(config: Path | None, appid: str) -> str:
    """The Open Platform account within which the people of this account are joined; empty: they are not."""
    named = [one for one in read(config, {}).settings.account if one.appid == appid]
    return named[0].open_platform if named else ""


def account_of(config: Path | None, appid: str) -> Account:
    """The account with its credentials, from the configuration or the environment.

    Raises Usage when they have those of other accounts only, SetupError when they have none or wrong ones.
    """
    from ..account import Account

    named = [one for one in read(config, {}).settings.account if one.appid == appid]
    if named:
        return named[0].account()
    account = Account.from_env()
    if account.appid != appid:
        raise Usage(
            f"没有公众号 {appid} 的 AppSecret：环境变量里的公众号是 {account.appid}",
            f"there is no AppSecret of {appid}: the account of the environment is {account.appid}",
            fix_zh="写进配置文件中有 name 的 [[account]]（--config），或设置它的 GONGZHONG_APPID 和 GONGZHONG_SECRET",
            fix_en="write it into an [[account]] with a name in the configuration (--config), or set its"
            " GONGZHONG_APPID and GONGZHONG_SECRET",
        )
    return account


def declared_by(
    program: str, config: Path | None = None, appid: str | None = None
) -> tuple[Purposes, Served | None]:
    """What a program declares, and the same program where it is bound to an account; None for a mere `App`. Of apps by
    the names of their accounts it is the one of this AppID in the configuration.

    Raises Usage when it is no official account's, or that of several at once.
    """
    from ..app import App
    from ..app.served import Served
    from ..running.target import resolve

    value = resolve(program).value
    if isinstance(value, Mapping):
        value = value[_named(value, program, config, appid)]
    served = value if isinstance(value, Served) else None
    if isinstance(value, App):
        return value.purposes, served
    if served is not None and served.only is not None:
        return served.only.app.purposes, served
    raise Usage(f"{program} 不是公众号程序", f"{program} is no official account's program")


def _named(apps: Mapping[str, object], program: str, config: Path | None, appid: str | None) -> str:
    """Which of several apps by name is meant. Raises Usage when that is not said."""
    asked_for = appid or os.environ.get("GONGZHONG_APPID", "")
    names = {one.appid: one.name for one in read(config, {}).settings.account}
    name = names.get(asked_for, next(iter(apps)) if len(apps) == 1 else "")
    if name not in apps:
        shown = ", ".join(apps)
        raise Usage(
            f"{program} 是几个账号的程序（{shown}）：用 --account 给出其中一个的 AppID",
            f"{program} is the programs of several accounts ({shown}): give the AppID of one of them by --account",
        )
    return name


def retention(
    program: Program,
    /,
    *,
    account: OfAccount = None,
    database: Database = None,
    config: Config = None,
    json: AsJson = False,
) -> int:
    from ..app.export import stored_records

    purposes, _ = declared_by(program, config, account)
    state = read(config, {"database": database}).state

    async def answer(people: People, appid: str) -> dict[str, int]:
        async with stored_records(people, appid, purposes, state) as records:
            return await records.retain()

    deleted = asked(database, config, account, answer)
    if json:
        print_json(deleted)
        return DONE
    for field, count in deleted.items():
        out().print(say(f"{field}：删除 {count} 个", f"{field}: {count} deleted"), markup=False)
    if not deleted:
        err().print(say("没有到期的数据", "nothing has reached its end"))
    return DONE


def audit(
    *,
    verify: Annotated[bool, flag("检查有没有被改动", "check whether it was changed")] = False,
    after: Annotated[int, option("从这个编号之后开始", "begin after this number")] = 0,
    limit: Annotated[int, option("最多几条", "how many at most")] = 100,
    account: OfAccount = None,
    database: Database = None,
    config: Config = None,
    json: AsJson = False,
) -> int:
    from ..people import Audit

    if verify:
        report = asked(database, config, account, lambda people, appid: Audit(people.vault(appid)).verify())
        if json:
            print_json({"entries": report.entries, "faults": report.faults})
        elif report.whole:
            out().print(say(f"{report.entries} 条记录，完整", f"{report.entries} entries, whole"))
        for number, fault in [] if json else report.faults:
            out().print(say(f"第 {number} 条：{FAULTS[fault]}", f"entry {number}: {fault}"))
        return DONE if report.whole else FAILED
    entries = asked(
        database,
        config,
        account,
        lambda people, appid: Audit(people.vault(appid)).entries(after=after, limit=limit),
    )
    if json:
        print_json([msgspec.structs.asdict(one) for one in entries])
        return DONE
    for one in entries:
        action = one.action or say("（此人已删除）", "(erased)")
        detail = msgspec.json.encode(one.detail).decode() if one.detail else ""
        cells = (str(one.seq), _time(one.at), str(one.number), action, one.by, detail)
        out().print("  ".join(cells).rstrip(), markup=False)
    return DONE


FAULTS = {"changed": "被改动或插入", "missing": "缺失", "cut off": "末尾被截掉"}


def keys(
    *,
    rotate: Annotated[bool, flag("给公众号换新的密钥", "give the account a new key")] = False,
    account: OfAccount = None,
    database: Database = None,
    config: Config = None,
    json: AsJson = False,
) -> int:
    """Moves every account's keys to the present master key, and rotates one account's key if asked to."""

    async def answer(people: People, appid: str) -> dict[str, int]:
        moved = await people.keyring.rewrap_accounts()
        wrapped = await people.keyring.rotate_account(appid) if rotate else 0
        return {"moved_to_master_key": moved, "wrapped_again": wrapped}

    done = asked(database, config, account, answer)
    if json:
        print_json(done)
        return DONE
    moved, wrapped = done.values()
    out().print(
        say(
            f"{moved} 个账号密钥改由现在的主密钥保护；{wrapped} 个人的密钥重新加密",
            f"{moved} account keys moved to the present master key; {wrapped} people's keys wrapped again",
        )
    )
    return DONE


def _replayed(count: int) -> int:
    err().print(say(f"再次删除了 {count} 项", f"{count} erasures were carried out again"))
    return DONE


def _show(found: list[Certificate], *, as_json: bool) -> None:
    if as_json:
        print_json([msgspec.structs.asdict(one) for one in found])
        return
    for one in found:
        out().print(_certified(one), markup=False)


def _certified(one: Certificate) -> str:
    whom = say(f"{one.number} 号", f"person {one.number}") if one.number else say("全部", "everybody")
    return "  ".join((_time(one.at), one.account, whom, one.scope, one.reason, one.by, ",".join(one.fields)))


def _time(unix_s: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(unix_s))


def no_master_key() -> Usage:
    """The error of a command that needs people's data where it is not in use."""
    return Usage(
        "没有主密钥，个人数据没有启用",
        "there is no master key, so people's data is not in use",
        fix_zh="设置 GONGZHONG_PEOPLE_MASTER_KEY（openssl rand -base64 32），见 docs/people.zh-CN.md",
        fix_en="set GONGZHONG_PEOPLE_MASTER_KEY (openssl rand -base64 32), see docs/people.md",
    )


def opened(configuration: Configuration) -> People | None:
    """People's data as configured; None when it is not in use. A key service may stand in the current folder."""
    import sys

    from ..people import configured

    settings = configuration.settings.people
    here = str(Path.cwd())
    if settings.kms and here not in sys.path:
        sys.path.insert(0, here)
    return configured(settings, configuration.database)


def asked(
    database: str | None,
    config: Path | None,
    account: str | None,
    ask: Callable[[People, str], Awaitable[T]],
) -> T:
    """The answer of the people's data of an account. Raises Usage when account or master key are not named."""
    import asyncio  # tens of milliseconds, which `--help` need not wait for

    configuration = read(config, {"database": database})
    named = [one.appid for one in configuration.settings.account if one.appid]
    appid = account or os.environ.get("GONGZHONG_APPID") or (named[0] if len(named) == 1 else "")
    if not appid:
        raise Usage(
            "没有说明是哪个公众号：用 --account 给出 AppID",
            "no account is named: give its AppID by --account",
        )
    people = opened(configuration)
    if people is None:
        raise no_master_key()

    async def answer() -> T:
        try:
            return await ask(people, appid)
        finally:
            await people.close()

    return asyncio.run(answer())
