"""`gongzhong gateway`: the token centre and API gateway."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import msgspec

from ..errors import SetupError
from .config import File as Config
from .config import read
from .db import Database, named
from .options import flag, option
from .words import err, print_plain, say

if TYPE_CHECKING:
    from ..config.settings import Gateway as Configured
    from ..gateway import Settings

StateAddress = Annotated[
    str | None,
    option(
        "共享状态的地址，默认 GONGZHONG_STATE，否则用数据库",
        "address of the shared state, else GONGZHONG_STATE, else the database",
    ),
]
Host = Annotated[
    str | None,
    option(
        "监听地址，默认 127.0.0.1；0.0.0.0 为所有地址",
        "address to listen on, else 127.0.0.1; 0.0.0.0 for all",
    ),
]
Port = Annotated[int | None, option("端口，默认 8600；0 为自动", "port, else 8600; 0 for any")]
Sns = Annotated[bool | None, flag("也转发 /sns/（网页授权）", "forward /sns/ (web authorization), too")]
AdminAddress = Annotated[
    str | None,
    option(
        "指标和健康检查的地址：127.0.0.1:9101，或 Unix 套接字的路径；默认不开",
        "address of metrics and health: 127.0.0.1:9101, or the path of a unix socket; off by default",
    ),
]
SaysReady = Annotated[
    bool,
    flag("就绪时在标准输出写一行 JSON", "say on standard output as JSON when it is ready", name="--json"),
]
LogJson = Annotated[bool, flag("日志为 JSON", "log as JSON lines")]


def gateway(
    *,
    host: Host = None,
    port: Port = None,
    database: Database = None,
    state: StateAddress = None,
    sns: Sns = None,
    admin: AdminAddress = None,
    config: Config = None,
    json: SaysReady = False,
    log_json: LogJson = False,
) -> None:
    from ..running.gateway import Place, serve_gateway
    from ..running.logs import log_to_stderr

    options = {"gateway.host": host, "gateway.port": port, "gateway.sns": sns, "gateway.admin": admin}
    found = read(config, {**options, "database": database, "state": state})
    log_to_stderr(as_json=log_json or found.settings.log.format == "json")
    wanted = found.settings.gateway
    accounts = [one.account() for one in found.settings.account]
    if not accounts:
        raise SetupError(
            "没有说明网关为哪个公众号服务",
            "no account is named that the gateway is for",
            fix_zh="设置 GONGZHONG_APPID 和 GONGZHONG_SECRET，或在 gongzhong.toml 里写 [[account]]",
            fix_en="set GONGZHONG_APPID and GONGZHONG_SECRET, or write [[account]] into gongzhong.toml",
        )
    kept = named(database, config)
    place = Place(host=wanted.host, port=wanted.port, database=kept, state=found.state, admin=wanted.admin)
    appids = [one.appid for one in accounts]
    serve_gateway(
        accounts, place, _settings(wanted), announce=lambda url: _announce(url, appids, as_json=json)
    )


def _settings(wanted: Configured) -> Settings:
    from ..gateway import Settings

    return Settings(
        timeout_s=wanted.timeout_s,
        sns=wanted.sns,
        trusted_proxies=tuple(one.strip() for one in wanted.trusted_proxies.split(",") if one.strip()),
        kept_calls=wanted.kept_calls,
        kept_days=wanted.kept_days,
    )


def _announce(url: str, appids: list[str], *, as_json: bool) -> None:
    if as_json:
        ready = {"event": "ready", "url": url, "pid": os.getpid(), "accounts": appids}
        print_plain(msgspec.json.encode(ready).decode())
        return
    addresses = [f"{url}/{appid}" for appid in appids]
    err().print(say(f"网关运行在 {'、'.join(addresses)}", f"the gateway is at {', '.join(addresses)}"))
