"""`gongzhong serve`: the production server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from .options import flag, option
from .words import err, say

if TYPE_CHECKING:
    from ..running.target import Target


def serve(
    target: Annotated[str, option("模块:对象，或 文件.py:对象", "module:attribute or file.py:attribute")],
    *,
    host: Annotated[
        str, option("监听地址；0.0.0.0 为所有地址", "address to listen on; 0.0.0.0 for all")
    ] = "127.0.0.1",
    port: Annotated[int, option("端口，0 为自动", "port, 0 for any")] = 8000,
    workers: Annotated[int, option("进程数", "number of processes")] = 1,
    log_json: Annotated[bool, flag("日志为 JSON", "log as JSON lines")] = False,
    quiet: Annotated[bool, flag("不显示启动信息", "say nothing at start")] = False,
    with_parent: Annotated[bool, Parameter(show=False, negative="")] = False,
) -> None:
    from ..running.child import end_with_parent
    from ..running.logs import log_to_stderr
    from ..running.serve import serve as run

    log_to_stderr(as_json=log_json)
    if with_parent:
        end_with_parent()
    run(target, host, port, workers=workers, announce=None if quiet else _announce)


def _announce(target: Target, url: str) -> None:
    kinds = {"account": "OfficialAccount", "asgi": "ASGI", "wsgi": "WSGI"}
    err().print(
        say(
            f"{target.spec}（{kinds[target.kind]}）运行在 {url}",
            f"{target.spec} ({kinds[target.kind]}) at {url}",
        )
    )
