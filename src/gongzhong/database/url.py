"""Where the data is: `sqlite:///path` or `postgresql://user:password@host/database`. Passwords are never printed."""

from __future__ import annotations

from typing import Literal
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from ..account import Secret
from ..errors import SetupError

Kind = Literal["sqlite", "postgresql"]
KINDS: dict[str, Kind] = {"sqlite": "sqlite", "postgresql": "postgresql", "postgres": "postgresql"}


class DatabaseUrl(msgspec.Struct, frozen=True, kw_only=True):
    """A checked address. `place` may be shown: it is the address without the password and without options."""

    kind: Kind
    place: str
    path: str = ""
    """SQLite: the file's path."""
    address: Secret = msgspec.field(default_factory=lambda: Secret(""))
    """PostgreSQL: the whole address, as libpq reads it."""


def is_database(url: str) -> bool:
    """Whether an address names a database, by its scheme."""
    return url.strip().partition(":")[0].partition("+")[0].lower() in KINDS


def read_url(url: str) -> DatabaseUrl:
    """Raises SetupError, which never quotes the address, for one that cannot be used."""
    scheme, separator, rest = url.strip().partition("://")
    kind = KINDS.get(scheme.partition("+")[0].lower())
    if not separator or kind is None:
        raise wrong_url("开头须为 sqlite:/// 或 postgresql://", "it begins with sqlite:/// or postgresql://")
    return _sqlite(rest) if kind == "sqlite" else _postgresql(url.strip())


def _sqlite(rest: str) -> DatabaseUrl:
    if not rest.startswith("/"):
        raise wrong_url(
            "SQLite 地址须有三条斜线（相对路径）或四条（绝对路径）",
            "a SQLite address has three slashes (a relative path) or four (an absolute one)",
        )
    path = unquote(rest[1:])
    if not path or path == ":memory:" or "\0" in path:
        raise wrong_url(
            "SQLite 地址里没有文件名：各进程要共用一个文件",
            "the SQLite address names no file, and processes share one by its name",
        )
    if "?" in path:
        raise wrong_url("SQLite 地址不带参数", "a SQLite address takes no options")
    return DatabaseUrl(kind="sqlite", place=f"sqlite:///{path}", path=path)


def _postgresql(url: str) -> DatabaseUrl:
    _, _, rest = url.partition("://")
    try:
        parts = urlsplit(f"postgresql://{rest}")
        host, port, user = parts.hostname or "", parts.port, unquote(parts.username or "")
        options = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    except ValueError:
        raise wrong_url(
            "主机、端口或参数无法辨认；密码中的特殊字符（@ : / ? #）须写成 %40 这样的编码",
            "host, port or options cannot be told apart; write odd characters of the password (@ : / ? #) as %40 etc.",
        ) from None
    if parts.fragment:
        raise wrong_url("密码中的 # 须写成 %23", "write # in the password as %23")
    database = unquote(parts.path.removeprefix("/")) or options.get("dbname", "")
    if not database or "/" in database:
        raise wrong_url("没有数据库名", "it names no database")
    where = f"{options.get('host', host)}{f':{port}' if port else ''}"
    place = f"postgresql://{user + '@' if user else ''}{where}/{database}"
    return DatabaseUrl(kind="postgresql", place=place, address=Secret(f"postgresql://{rest}"))


def wrong_url(zh: str, en: str) -> SetupError:
    """The error for an address, with an example of each kind."""
    return SetupError(
        f"数据库地址写得不对：{zh}",
        f"the address of the database is wrong: {en}",
        fix_zh="例如 sqlite:///data/gongzhong.db，postgresql://user:password@127.0.0.1:5432/gongzhong",
        fix_en="examples: sqlite:///data/gongzhong.db, postgresql://user:password@127.0.0.1:5432/gongzhong",
    )
