"""`gongzhong dev`: the development loop on a terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from .options import AllowHost, Data, flag, option
from .screen import Terminal, somebody_looks


def dev(
    target: Annotated[str, option("模块:对象，或 文件.py:对象", "module:attribute or file.py:attribute")],
    *,
    host: Annotated[str, option("监听地址", "address to listen on")] = "127.0.0.1",
    port: Annotated[int, option("平台和手机页面的端口", "port of platform and phone page")] = 8700,
    app_port: Annotated[int, option("你的程序的端口，0 为自动", "port of your program, 0 for any")] = 0,
    path: Annotated[str | None, option("回调路径，默认自动寻找", "callback path, found if left out")] = None,
    account: Annotated[str | None, option("使用哪个公众号", "which account to use")] = None,
    kind: Annotated[
        Literal["service", "subscription", "test"] | None,
        option("账号类型，默认服务号", "kind of account, service by default"),
    ] = None,
    verified: Annotated[
        bool | None, option("是否已认证，默认是", "verified or not; it is by default")
    ] = None,
    config: Annotated[Path | None, option("平台配置文件", "configuration file of the platform")] = None,
    data: Data = None,
    allow_host: AllowHost = None,
    open_: Annotated[bool | None, option("打开浏览器", "open the browser", name="--open")] = None,
    reload: Annotated[bool, flag("文件改动后重启程序", "restart when files change")] = False,
) -> None:
    from ..running.dev import Wishes, develop
    from ..running.embedded import run_loop

    wishes = Wishes(
        target=target,
        host=host,
        port=port,
        app_port=app_port,
        path=path,
        account=account,
        kind=kind,
        verified=verified,
        config=config,
        data=data,
        allow_hosts=tuple(allow_host or ()),
        reload=reload,
    )
    run_loop(develop(wishes, Terminal(opens=somebody_looks() if open_ is None else open_)))
