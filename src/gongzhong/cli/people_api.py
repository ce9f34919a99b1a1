"""`gongzhong people serve` and `gongzhong people key`: the people API, and who may use it."""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

import msgspec

from .config import File as Config
from .config import read
from .db import Database, named, with_tables
from .gateway_keys import Accounts, KeyNumber, Networks, Owner, described
from .options import AsJson, flag, option
from .outcome import DONE, FAILED
from .people import declared_by, no_master_key, opened
from .usage import Usage
from .words import err, out, print_json, print_plain, say

if TYPE_CHECKING:
    from ..config import Configuration
    from ..console.people import PeopleKeyTables
    from ..people import Purposes

T = TypeVar("T")

Program = Annotated[
    str, option("程序，例如 demo:oa；retention 需要", "the program, such as demo:oa; for retention")
]
Host = Annotated[
    str | None,
    option(
        "监听地址，默认 127.0.0.1；0.0.0.0 为所有地址",
        "address to listen on, else 127.0.0.1; 0.0.0.0 for all",
    ),
]
Port = Annotated[int | None, option("端口，默认 8650；0 为自动", "port, else 8650; 0 for any")]
SaysReady = Annotated[
    bool,
    flag("就绪时在标准输出写一行 JSON", "say on standard output as JSON when it is ready", name="--json"),
]
Role = Annotated[
    Literal["auditor", "agent", "owner"],
    option("角色：审计、客服、负责人", "its role: who checks, who answers people, who is responsible"),
]


def serve(
    program: Program = "",
    /,
    *,
    host: Host = None,
    port: Port = None,
    database: Database = None,
    config: Config = None,
    json: SaysReady = False,
) -> None:
    from ..running.logs import log_to_stderr
    from ..running.people_api import serve_people

    options = {"people_api.host": host, "people_api.port": port}
    configuration = read(config, {"database": database, **options})
    log_to_stderr(as_json=configuration.settings.log.format == "json")
    configuration.fill(os.environ)
    purposes = _purposes(program, configuration) if program else {}
    people = opened(configuration)
    if people is None:
        raise no_master_key()
    serve_people(
        people,
        named(database, config),
        purposes,
        configuration.settings.people_api,
        state=configuration.state,
        announce=lambda url: _announce(url, as_json=json),
    )


def _purposes(program: str, configuration: Configuration) -> dict[str, Purposes]:
    """What a program declares, by AppID: of its account or, for an `App`, of every account of the configuration and of
    GONGZHONG_APPID. Raises Usage for what is no program of an official account, or where no account is named."""
    purposes, served = declared_by(program)
    if served is not None and served.only is not None:
        return {served.only.account.appid: purposes}
    appids = [*(one.appid for one in configuration.settings.account), os.environ.get("GONGZHONG_APPID", "")]
    if not any(appids):
        raise Usage(
            f"{program} 没有绑定公众号，也没有说明是哪个：设置 GONGZHONG_APPID，或在配置文件里写 [[account]]",
            f"{program} is bound to no account, and none is named: set GONGZHONG_APPID, or write [[account]] into the "
            "configuration",
        )
    return {appid: purposes for appid in appids if appid}


def _announce(url: str, *, as_json: bool) -> None:
    if as_json:
        print_plain(msgspec.json.encode({"event": "ready", "url": url, "pid": os.getpid()}).decode())
        return
    err().print(say(f"个人数据接口运行在 {url}", f"the people API is at {url}"))


def create(
    owner: Owner,
    /,
    *,
    role: Role,
    account: Accounts = None,
    network: Networks = None,
    database: Database = None,
    config: Config = None,
    json: AsJson = False,
) -> int:
    from ..console.people import make_people_key

    mine = [os.environ["GONGZHONG_APPID"]] if os.environ.get("GONGZHONG_APPID") else []
    key, text = make_people_key(owner, role, account or mine, networks=network or [], now=time.time())
    _asked(database, config, lambda tables: tables.add(key))
    if json:
        print_json({**described(key), "key": text.reveal()})
        return DONE
    print_plain(text.reveal())
    err().print(say("只显示这一次，请妥善保存", "it is shown this once: keep it safe"))
    return DONE


def list_(*, database: Database = None, config: Config = None, json: AsJson = False) -> int:
    keys = _asked(database, config, lambda tables: tables.all())
    if json:
        print_json([described(key) for key in keys])
        return DONE
    for key in keys:
        ended = say("已撤销", "revoked") if key.revoked_at else ""
        cells = (key.id, key.name, key.role, ",".join(key.accounts), ",".join(key.networks) or "-", ended)
        out().print("  ".join(cells).rstrip(), markup=False)
    return DONE


def revoke(number: KeyNumber, /, *, database: Database = None, config: Config = None) -> int:
    if _asked(database, config, lambda tables: tables.revoke(number, time.time())):
        err().print(say("已撤销", "it is revoked"))
        return DONE
    err().print(say("没有这个密钥，或已撤销", "there is no such key, or it is revoked already"))
    return FAILED


def _asked(database: str | None, config: Path | None, ask: Callable[[PeopleKeyTables], Awaitable[T]]) -> T:
    """The answer of the keys' table."""
    from ..console.people import PeopleKeyTables

    return with_tables(PeopleKeyTables, database, config, ask)
