"""`gongzhong serve`: the production server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
from cyclopts import Parameter

from .options import flag, option
from .words import err, print_plain, say

if TYPE_CHECKING:
    from ..running.serve import Ready


Host = Annotated[str, option("监听地址；0.0.0.0 为所有地址", "address to listen on; 0.0.0.0 for all")]
Port = Annotated[int, option("端口，0 为自动", "port, 0 for any")]
Workers = Annotated[
    int,
    Parameter(
        env_var="GONGZHONG_WORKERS",
        help=say(
            "工作进程数；多个进程需要共享的状态（GONGZHONG_STATE）",
            "worker processes; several need a state that they share (GONGZHONG_STATE)",
        ),
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
AccessLog = Annotated[
    bool, flag("每个请求记一行，不含参数", "log one line for each request, without its query")
]
SaysReady = Annotated[
    bool, flag("就绪时在标准输出写一行 JSON", "say on standard output as JSON when it is ready")
]


def serve(
    target: Annotated[str, option("模块:对象，或 文件.py:对象", "module:attribute or file.py:attribute")],
    *,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    workers: Workers = 1,
    hang_after: HangAfter = 30.0,
    restarts: Restarts = None,
    unix_socket: UnixSocket = None,
    certificate: Certificate = None,
    key: Key = None,
    reuse_port: ReusePort = False,
    access_log: AccessLog = False,
    json: SaysReady = False,
    log_json: Annotated[bool, flag("日志为 JSON", "log as JSON lines")] = False,
    quiet: Annotated[bool, flag("不显示启动信息", "say nothing at start")] = False,
    with_parent: Annotated[bool, Parameter(show=False, negative="")] = False,
) -> None:
    from ..running.child import end_with_parent
    from ..running.logs import log_to_stderr
    from ..running.serve import Options
    from ..running.serve import serve as run

    log_to_stderr(as_json=log_json)
    if with_parent:
        end_with_parent()
    options = Options(
        host=host,
        port=port,
        unix_socket=unix_socket,
        certificate=certificate,
        key=key,
        reuse_port=reuse_port,
        access_log=access_log,
        hang_s=hang_after,
        deaths_per_minute=restarts or 0,
    )
    announce = _announce_json if json else None if quiet else _announce
    run(target, options, workers=workers, announce=announce, log_json=log_json)


def _announce(ready: Ready) -> None:
    kinds = {"account": "OfficialAccount", "asgi": "ASGI", "wsgi": "WSGI"}
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
