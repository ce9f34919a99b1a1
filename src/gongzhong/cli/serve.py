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
    host: Annotated[
        str, option("监听地址；0.0.0.0 为所有地址", "address to listen on; 0.0.0.0 for all")
    ] = "127.0.0.1",
    port: Annotated[int, option("端口，0 为自动", "port, 0 for any")] = 8000,
    workers: Annotated[int, option("进程数", "number of processes")] = 1,
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
    )
    run(target, options, workers=workers, announce=_announce_json if json else None if quiet else _announce)


def _announce(ready: Ready) -> None:
    kinds = {"account": "OfficialAccount", "asgi": "ASGI", "wsgi": "WSGI"}
    spec, kind = ready.target.spec, kinds[ready.target.kind]
    err().print(say(f"{spec}（{kind}）运行在 {ready.url}", f"{spec} ({kind}) at {ready.url}"))


def _announce_json(ready: Ready) -> None:
    """One line, so that a program can wait for it and then send its first request."""
    found = {"target": ready.target.spec, "kind": ready.target.kind, "url": ready.url, "pid": ready.pid}
    print_plain(msgspec.json.encode({"event": "ready", **found}).decode())
