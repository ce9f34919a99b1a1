"""`gongzhong platform`: WeChat's side alone, for an SDK in any language."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from .options import flag, option
from .words import out, print_json, say

if TYPE_CHECKING:
    from ..platform import Platform


def platform(
    *,
    host: Annotated[str, option("监听地址", "address to listen on")] = "127.0.0.1",
    port: Annotated[int, option("端口", "port")] = 8700,
    config: Annotated[Path | None, option("配置文件", "configuration file")] = None,
    data: Annotated[
        Path | None, option("数据目录，默认只在内存", "directory for state, else in memory")
    ] = None,
    json: Annotated[bool, flag("以 JSON 输出地址和账号", "print address and accounts as JSON")] = False,
) -> None:
    from ..running.embedded import run_loop
    from ..running.platform_server import configuration, open_platform, run_platform, with_example_account

    opened = open_platform(with_example_account(configuration(config)), data)
    run_loop(run_platform(opened, host, port, announce=lambda url: _announce(opened, url, json)))


def _announce(platform: Platform, url: str, as_json: bool) -> None:
    """Address and accounts. These secrets are this platform's own: another SDK is configured with them."""
    accounts = list(platform.world.accounts.values())
    if as_json:
        listed = [{"name": one.name, "appid": one.appid, "secret": one.secret} for one in accounts]
        print_json({"url": url, "accounts": listed})
        return
    out().print(f"\n  {say('平台', 'Platform')}  [bold]{url}[/bold]\n")
    for one in accounts:
        out().print(f"  {one.name}  AppID {one.appid}  AppSecret {one.secret}")
    hint = say(
        "把 SDK 的接口地址 https://api.weixin.qq.com 换成上面的地址；按 Ctrl-C 停止",
        "point the SDK at this address instead of https://api.weixin.qq.com; Ctrl-C stops",
    )
    out().print(f"\n  [dim]{hint}[/dim]\n")
