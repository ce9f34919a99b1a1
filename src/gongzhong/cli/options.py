"""How options are declared, the options that several commands share, and the account that they name."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import Parameter

from ..errors import SetupError
from .usage import Usage
from .words import say

if TYPE_CHECKING:
    from ..account import Account

BAD_REQUEST: Final = 400


def option(zh: str, en: str, *, name: str | tuple[str, ...] | None = None, dashes: bool = False) -> Parameter:
    """An option with a value. `dashes` lets the value start with a minus."""
    return Parameter(name=name, help=say(zh, en), allow_leading_hyphen=dashes, negative_iterable=())


def flag(zh: str, en: str, *, name: str | None = None) -> Parameter:
    """An option that is off unless it is given; there is no `--no-` form."""
    return Parameter(name=name, help=say(zh, en), negative="", show_default=False)


Data = Annotated[Path | None, option("数据目录，默认只在内存", "directory for state, else in memory")]
AllowHost = Annotated[
    list[str] | None,
    option("还可以用哪个主机名打开平台", "another host name by which the platform may be used"),
]
PlatformUrl = Annotated[
    str | None,
    option(
        "本地平台地址，默认 GONGZHONG_API_BASE 或 http://127.0.0.1:8700",
        "address of the local platform, else GONGZHONG_API_BASE or http://127.0.0.1:8700",
        name="--platform",
    ),
]
AccountName = Annotated[
    str | None,
    option("本地平台上的公众号（名字或 AppID）", "account on the platform", name="--account"),
]
AsJson = Annotated[bool, flag("输出 JSON", "print JSON", name="--json")]


@contextmanager
def wrong_words() -> Iterator[None]:
    """Turns what the platform refuses as senseless (HTTP 400: no such push, field, call …) into a usage error."""
    from ..running.control import Refused

    try:
        yield
    except Refused as problem:
        if problem.status != BAD_REQUEST:
            raise
        raise Usage(problem.zh, problem.en) from None


def account_for(platform: str | None, name: str | None) -> Account:
    """From the platform when `--platform` or `--account` is given, else from the environment.

    Raises SetupError when neither names one, NotReached when there is no platform.
    """
    from ..account import Account
    from ..running.control import Control

    if platform is not None or name is not None:
        return Control(platform).credentials(name)
    require_named(os.environ)
    return Account.from_env()


def require_named(env: Mapping[str, str]) -> None:
    """Raises SetupError when GONGZHONG_APPID is missing."""
    if not env.get("GONGZHONG_APPID"):
        raise SetupError(
            "没有说明是哪个公众号（GONGZHONG_APPID 没有设置）",
            "no account is named (GONGZHONG_APPID is not set)",
            fix_zh="设置 GONGZHONG_APPID 和 GONGZHONG_SECRET，或用 --account 选择本地平台上的公众号",
            fix_en="set GONGZHONG_APPID and GONGZHONG_SECRET, or choose one of a local platform with --account",
        )
