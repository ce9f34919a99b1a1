"""`gongzhong serve`: the production server."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from cyclopts import Parameter

from .config import File as Config
from .config import read
from .options import flag, option
from .words import err, print_plain, say

if TYPE_CHECKING:
    from ..config import Configuration, Settings
    from ..running.serve import Options, Ready


Host = Annotated[
    str | None,
    option(
        "监听地址，默认 127.0.0.1；0.0.0.0 为所有地址",
        "address to listen on, else 127.0.0.1; 0.0.0.0 for all",
    ),
]
Port = Annotated[int | None, option("端口，默认 8000；0 为自动", "port, else 8000; 0 for any")]
Workers = Annotated[
    int | None,
    option(
        "工作进程数，默认 1；多个进程需要 database 或 state",
        "worker processes, else 1; several need database or state",
    ),
]
Supervised = Annotated[
    bool | None,
    flag(
        "一个进程时也由监督进程管理，死了或没有反应就换掉；需要 database 或 state",
        "give one worker a supervisor, too, which replaces it when it dies or hangs; needs database or state",
    ),
]
HangAfter = Annotated[
    float,
    option(
        "几个进程时：事件循环被阻塞这么多秒的进程会被替换",
        "with several workers: one whose event loop is blocked for so many seconds is replaced",
    ),
]
Restarts = Annotated[
    int | None,
    option(
        "几个进程时：一分钟内刚启动就结束这么多次则停止，默认每个进程 5 次",
        "with several workers: end after so many that ended right after their start within a minute, else 5 for each",
    ),
]
AdminAddress = Annotated[
    str | None,
    option(
        "指标和健康检查的地址：127.0.0.1:9100，或 Unix 套接字的路径；默认不开",
        "address of metrics and health: 127.0.0.1:9100, or the path of a unix socket; off by default",
    ),
]
UnixSocket = Annotated[Path | None, option("改为监听这个 Unix 套接字", "listen on this unix socket instead")]
Certificate = Annotated[
    Path | None, option("证书（PEM，完整的链）：直接提供 HTTPS", "certificate chain (PEM): serve HTTPS")
]
Key = Annotated[
    Path | None, option("证书的私钥（PEM，没有密码）", "its private key (PEM, without a password)")
]
ReusePort = Annotated[
    bool, flag("允许几个进程监听同一端口，便于交接", "let several processes share the port, to hand it over")
]
LogFormat = Annotated[
    Literal["human", "json"] | None,
    option("日志格式，默认 human", "format of the log, else human", name="--log"),
]
LogLevel = Annotated[
    Literal["debug", "info", "warning", "error"] | None,
    option("记录哪一级及以上，默认 info", "the lowest level that is logged, else info"),
]
AccessLog = Annotated[
    bool | None, flag("每个请求记一行，不含参数", "log one line for each request, without its query")
]
SaysReady = Annotated[
    bool, flag("就绪时在标准输出写一行 JSON", "say on standard output as JSON when it is ready")
]


def serve(
    target: Annotated[str, option("模块:对象，或 文件.py:对象", "module:attribute or file.py:attribute")],
    *,
    config: Config = None,
    host: Host = None,
    port: Port = None,
    workers: Workers = None,
    supervised: Supervised = None,
    hang_after: HangAfter = 30.0,
    restarts: Restarts = None,
    admin: AdminAddress = None,
    unix_socket: UnixSocket = None,
    certificate: Certificate = None,
    key: Key = None,
    reuse_port: ReusePort = False,
    access_log: AccessLog = None,
    log: LogFormat = None,
    log_level: LogLevel = None,
    json: SaysReady = False,
    log_json: Annotated[bool, Parameter(show=False, negative="")] = False,
    quiet: Annotated[bool, flag("不显示启动信息", "say nothing at start")] = False,
    with_parent: Annotated[bool, Parameter(show=False, negative="")] = False,
) -> None:
    from ..running.serve import serve as run

    given = {"host": host, "port": port, "workers": workers, "unix_socket": unix_socket, "admin": admin}
    given |= {"certificate": certificate, "key": key, "access_log": access_log, "supervised": supervised}
    options = {f"serve.{name}": value for name, value in given.items()}
    options |= {"log.format": "json" if log_json else log, "log.level": log_level}
    # What `gongzhong dev` starts must not meet the production database of a file that happens to be here.
    settings = _begin(read(Path(os.devnull) if with_parent else config, options), with_parent)
    wanted = _wanted(settings, reuse_port, hang_after, restarts)
    announce = _announce_json if json else None if quiet else _announce
    run(target, wanted, workers=settings.serve.workers, announce=announce, log=settings.log)


def _begin(found: Configuration, with_parent: bool) -> Settings:
    """Open the log, give the program what the file says, and end with the process that started this one if asked."""
    from ..running.child import end_with_parent
    from ..running.logs import log_to_stderr

    log = found.settings.log
    log_to_stderr(as_json=log.format == "json", level=log.level, with_words=with_parent)
    found.fill(os.environ)
    if found.file is not None:
        os.environ["GONGZHONG_CONFIG"] = str(found.file.resolve())  # for the workers
    if with_parent:
        end_with_parent()
    return found.settings


def _wanted(settings: Settings, reuse_port: bool, hang_s: float, restarts: int | None) -> Options:
    from ..running.serve import Options

    serve = settings.serve
    return Options(
        host=serve.host,
        port=serve.port,
        unix_socket=serve.unix_socket,
        certificate=serve.certificate,
        key=serve.key,
        reuse_port=reuse_port,
        access_log=serve.access_log,
        supervised=serve.supervised,
        hang_s=hang_s,
        deaths_per_minute=restarts or 0,
        admin=serve.admin,
        drain_s=serve.drain_s,
        alarms=settings.alarms,
    )


def _announce(ready: Ready) -> None:
    kinds = {"account": "OfficialAccount", "program": "App", "asgi": "ASGI", "wsgi": "WSGI"}
    spec, kind, several = ready.spec, kinds[ready.kind], ready.workers > 1
    err().print(
        say(
            f"{spec}（{kind}）运行在 {ready.url}" + (f"，{ready.workers} 个工作进程" if several else ""),
            f"{spec} ({kind}) at {ready.url}" + (f", {ready.workers} workers" if several else ""),
        )
    )


def _announce_json(ready: Ready) -> None:
    """One line, so that a program can wait for it and then send its first request."""
    found = {"target": ready.spec, "kind": ready.kind, "url": ready.url, "pid": ready.pid}
    print_plain(msgspec.json.encode({"event": "ready", **found, "workers": ready.workers}).decode())
