"""The platform on a port: made from a configuration file or from nothing, announced, stopped cleanly.

Without a file there are two people and one account, so that the first command already gives something to play with.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import SetupError
from ..platform.config import PersonConfig, PlatformConfig, load
from ..platform.world.settings import AccountConfig
from .collector import spare_the_collector
from .embedded import EmbeddedServer, run
from .listening import EVERY_ADDRESS, url_of
from .wechat import wechat_of

if TYPE_CHECKING:
    from ..platform import Platform
    from ..platform.proxy import ForwardProxy

PORT = 8700
CA_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "CURL_CA_BUNDLE")
"""What OpenSSL and Python, requests, Node and curl read the authority's address from."""
EXAMPLE_PEOPLE = ("小明", "小红")
EXAMPLE_ACCOUNT = "示例公众号"


def configuration(file: Path | None = None) -> PlatformConfig:
    """The declared test bed; people are added when the file declares none. Raises SetupError."""
    config = load(file) if file is not None else PlatformConfig()
    if not config.person:
        config.person = [PersonConfig(name=name) for name in EXAMPLE_PEOPLE]
    return config


def open_platform(config: PlatformConfig, data: Path | None = None) -> Platform:
    """A platform that keeps its state in the directory `data`, or in memory. Raises SetupError.

    A reset brings back the accounts that it has now, also those of an earlier run. With credentials of a real account
    in the environment (`wechat.py`) its interface debugging tool can call WeChat itself.
    """
    from ..platform import Platform
    from ..platform.world.refusal import BadInput

    try:
        platform = Platform(config) if data is None else Platform(config, data)
    except BadInput as problem:
        raise SetupError(problem.zh, problem.en) from None
    platform.remember_start()
    try:
        platform.outside = wechat_of(os.environ)
    except SetupError:
        platform.snapshots.close()
        platform.world.close()
        raise
    return platform


def application(platform: Platform, host: str = "127.0.0.1") -> Any:
    """The platform with its pages, as an ASGI application for a socket that listens at `host`."""
    from ..platform.doors.server import Server
    from .coverage import plain_methods

    platform.methods = plain_methods()
    hosts = () if host in EVERY_ADDRESS else (host,)
    if find_spec("gongzhong.console.pages") is None:
        return Server(platform, hosts=hosts)
    from ..console.pages import Pages

    return Server(platform, Pages(), hosts)


def found_at(platform: Platform, url: str) -> None:
    """Tell the platform its own address, unless the configuration names the public one."""
    if not platform.config.public_url:
        platform.world.origin = url


async def run_platform(
    platform: Platform,
    host: str = "127.0.0.1",
    port: int = PORT,
    *,
    announce: Callable[[str], None] | None = None,
    stop: asyncio.Event | None = None,
    proxy: ForwardProxy | None = None,
) -> None:
    """Serve until Ctrl-C, SIGTERM or `stop`, then close the platform. `announce` is given the URL.

    With a `proxy` the platform also answers for WeChat's own host names, to whoever uses it.

    Raises PortInUse or another SetupError when it cannot listen.
    """
    server = EmbeddedServer(application(platform, host), host=host, port=port)
    url = url_of(host, server.port)
    found_at(platform, url)
    ready = None if announce is None else lambda: announce(url)
    spare_the_collector()
    if proxy is None:
        await run(server, stop=stop, ready=ready)
        return
    await proxy.start()
    try:
        await run(server, stop=stop, ready=ready)
    finally:
        await proxy.stop()


def make_proxy(
    platform: Platform, host: str, port: int, folder: Path, allowed: Iterable[str] = ()
) -> ForwardProxy:
    """A proxy for a platform with the authority in `folder`. Raises SetupError when that cannot be used."""
    from ..platform.doors.server import Server
    from ..platform.proxy import Authority, ForwardProxy

    return ForwardProxy(Server(platform), Authority(folder), host=host, port=port, allowed=allowed)


def proxy_environment(proxy: ForwardProxy) -> dict[str, str]:
    """The variables with which a program that has WeChat's host names built in finds the platform through `proxy`."""
    authority = dict.fromkeys(CA_VARIABLES, str(proxy.authority.certificate_file))
    return {"HTTPS_PROXY": url_of(proxy.host, proxy.port), **authority}


def authority_folder(data: Path | None = None) -> Path:
    """Where the certificate authority is kept: with the data, else among the user's settings."""
    if data is not None:
        return data / "ca"
    if sys.platform == "win32":
        settings = Path(os.environ.get("APPDATA", Path.home() / "AppData" / "Roaming"))
    elif sys.platform == "darwin":
        settings = Path.home() / "Library" / "Application Support"
    else:
        settings = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return settings / "gongzhong" / "ca"


def with_example_account(config: PlatformConfig) -> PlatformConfig:
    """The same test bed, with one account when it declares none."""
    if not config.account:
        config.account = [AccountConfig(name=EXAMPLE_ACCOUNT)]
    return config
