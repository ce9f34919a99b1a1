"""The platform on a port: made from a configuration file or from nothing, announced, stopped cleanly.

Without a file there are two people and one account, so that the first command already gives something to play with.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import SetupError
from ..platform.config import AccountConfig, PersonConfig, PlatformConfig, load
from .embedded import EmbeddedServer, run
from .listening import url_of

if TYPE_CHECKING:
    from ..platform import Platform

PORT = 8700
EXAMPLE_PEOPLE = ("小明", "小红")
EXAMPLE_ACCOUNT = "示例公众号"


def configuration(file: Path | None = None) -> PlatformConfig:
    """The declared test bed; people are added when the file declares none. Raises SetupError."""
    config = load(file) if file is not None else PlatformConfig()
    if not config.person:
        config.person = [PersonConfig(name=name) for name in EXAMPLE_PEOPLE]
    return config


def open_platform(config: PlatformConfig, data: Path | None = None) -> Platform:
    """A platform that keeps its state in the directory `data`, or in memory. Raises SetupError."""
    from ..platform import Platform

    try:
        return Platform(config) if data is None else Platform(config, data)
    except (OSError, sqlite3.Error) as problem:
        reason = getattr(problem, "strerror", None) or str(problem)
        raise SetupError(
            f"不能使用数据目录 {data}：{reason}", f"cannot use the data directory {data}: {reason}"
        ) from None
    except ValueError as problem:
        zh, _, en = str(problem).partition(" / ")
        raise SetupError(zh, en or zh) from None


def application(platform: Platform) -> Any:
    """The platform with its pages, as an ASGI application."""
    from ..platform.doors.server import Server

    if find_spec("gongzhong.console.pages") is None:
        return Server(platform)
    from ..console.pages import Pages

    return Server(platform, Pages())


async def run_platform(
    platform: Platform,
    host: str = "127.0.0.1",
    port: int = PORT,
    *,
    announce: Callable[[str], None] | None = None,
    stop: asyncio.Event | None = None,
) -> None:
    """Serve until Ctrl-C, SIGTERM or `stop`, then close the platform. `announce` is given the URL.

    Raises PortInUse or another SetupError when it cannot listen.
    """
    server = EmbeddedServer(application(platform), interface="asgi", host=host, port=port)
    url = url_of(host, server.port)
    await run(server, stop=stop, ready=None if announce is None else lambda: announce(url))


def with_example_account(config: PlatformConfig) -> PlatformConfig:
    """The same test bed, with one account when it declares none."""
    if not config.account:
        config.account = [AccountConfig(name=EXAMPLE_ACCOUNT)]
    return config
