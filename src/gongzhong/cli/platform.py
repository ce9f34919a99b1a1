"""`gongzhong platform`: WeChat's side alone, for an SDK in any language; its certificates and its followers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from .options import AccountName, AllowHost, AsJson, Data, PlatformUrl, flag, option
from .outcome import DONE, FAILED, Usage
from .words import err, out, print_json, print_plain, say

if TYPE_CHECKING:
    from ..platform import Platform
    from ..platform.proxy import ForwardProxy

ProxyAllow = Annotated[
    list[str] | None, option("代理还可以转发到的主机", "host that the proxy may pass on to")
]


def platform(
    *,
    host: Annotated[str, option("监听地址", "address to listen on")] = "127.0.0.1",
    port: Annotated[int, option("端口", "port")] = 8700,
    config: Annotated[Path | None, option("配置文件", "configuration file")] = None,
    data: Data = None,
    proxy: Annotated[
        int | None,
        option(
            "同时在这个端口做代理：写死微信域名的程序不用改代码",
            "also be a proxy on this port, for programs with WeChat's addresses built in",
        ),
    ] = None,
    proxy_allow: ProxyAllow = None,
    allow_host: AllowHost = None,
    json: Annotated[bool, flag("以 JSON 输出地址和账号", "print address and accounts as JSON")] = False,
) -> None:
    from ..running.embedded import run_loop
    from ..running.platform_server import (
        authority_folder,
        configuration,
        make_proxy,
        open_platform,
        run_platform,
        with_example_account,
    )

    settings = with_example_account(configuration(config))
    settings.allow_hosts = [*settings.allow_hosts, *(allow_host or ())]
    opened = open_platform(settings, data)
    way = None
    if proxy is not None:
        way = make_proxy(opened, host, proxy, authority_folder(data), proxy_allow or ())
    run_loop(
        run_platform(opened, host, port, proxy=way, announce=lambda url: _announce(opened, url, way, json))
    )


def _announce(platform: Platform, url: str, proxy: ForwardProxy | None, as_json: bool) -> None:
    """Address and accounts. These secrets are this platform's own: another SDK is configured with them."""
    accounts = list(platform.world.accounts.values())
    if as_json:
        listed = [{"name": one.name, "appid": one.appid, "secret": one.secret} for one in accounts]
        more = (
            {} if proxy is None else {"proxy": _address(proxy), "ca": str(proxy.authority.certificate_file)}
        )
        print_json({"url": url, "accounts": listed, **more})
        return
    out().print(f"\n  {say('平台', 'Platform')}  [bold]{url}[/bold]\n", markup=True)
    for one in accounts:
        out().print(f"  {one.name}  AppID {one.appid}  AppSecret {one.secret}")
    if proxy is not None:
        _explain_proxy(proxy)
    hint = say(
        "把 SDK 的接口地址 https://api.weixin.qq.com 换成上面的地址；按 Ctrl-C 停止",
        "point the SDK at this address instead of https://api.weixin.qq.com; Ctrl-C stops",
    )
    out().print(f"\n  {hint}\n", style="dim")


def _address(proxy: ForwardProxy) -> str:
    from ..running.listening import url_of

    return url_of(proxy.host, proxy.port)


def _explain_proxy(proxy: ForwardProxy) -> None:
    from ..running.platform_server import proxy_environment

    out().print(f"\n  {say('代理', 'Proxy')}  [bold]{_address(proxy)}[/bold]\n", markup=True)
    hint = say(
        "写死微信域名的程序，设置这两项即可（变量名因语言而异）：",
        "a program with WeChat's addresses built in needs these two (the second one's name depends on the language):",
    )
    out().print(f"  {hint}", style="dim")
    for name, value in proxy_environment(proxy).items():
        print_plain(f"    export {name}={value}")


def ca(
    *,
    data: Data = None,
    print_path: Annotated[bool, flag("只输出文件的路径", "print the path of the file only")] = False,
) -> None:
    from ..platform.proxy import Authority
    from ..running.platform_server import authority_folder

    file = Authority(authority_folder(data)).certificate_file
    print_plain(str(file.absolute()) if print_path else file.read_text("ascii").rstrip("\n"))


def import_(
    file: Annotated[Path, option("CSV 文件，首行是列名", "CSV file with a heading")],
    /,
    *,
    account: AccountName = None,
    data: Annotated[
        Path | None,
        option(
            "直接写入这个数据目录，而不是运行中的平台", "write into this directory, not a running platform"
        ),
    ] = None,
    platform: PlatformUrl = None,
    json: AsJson = False,
) -> int:
    from rich.progress import Progress

    from ..running import followers
    from ..running.control import Control

    if data is not None and account is None:
        raise Usage("--data 需要 --account", "--data needs --account")
    with Progress(console=err(), transient=True) as progress:
        words = {
            "upload": say("上传", "sending"),
            "check": say("检查", "checking"),
            "store": say("写入", "storing"),
        }
        task = progress.add_task(file.name, total=None)

        def advance(step: str, done: int, of: int) -> None:
            progress.update(task, description=f"{file.name} {words[step]}", completed=done, total=of or None)

        if data is not None and account is not None:
            report = followers.store(file, account, data, advance)
        else:
            report = followers.send(file, account, Control(platform), advance)
    return _show_report(report, json)


def _show_report(report: dict[str, Any], as_json: bool) -> int:
    if as_json:
        print_json(report)
    else:
        added, changed, refused = report["added"], report["changed"], report["refused"]
        out().print(
            say(
                f"共 {report['rows']} 行：新增 {added}，更新 {changed}，跳过 {refused}",
                f"{report['rows']} rows: {added} added, {changed} changed, {refused} left out",
            )
        )
        for problem in report["problems"]:
            column = f" {problem['column']}" if problem["column"] else ""
            place = say(f"第 {problem['line']} 行{column}", f"line {problem['line']}{column}")
            err().print(f"  {place}  {say(problem['zh'], problem['en'])}", markup=False)
    return FAILED if report["refused"] else DONE
