"""How options are declared: what they are for in both languages, and nothing else to say about a flag."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from .words import say


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
