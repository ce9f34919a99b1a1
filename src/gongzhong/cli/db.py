"""`gongzhong db`: the production database from outside, also while programs use it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

from .config import File as Config
from .config import read
from .options import AsJson, option
from .outcome import DONE
from .usage import Usage
from .words import err, out, print_json, say

if TYPE_CHECKING:
    from ..database import DatabaseUrl
    from ..database.statements import Statements
    from ..store import Count
    from ..store.migrate import Status

T = TypeVar("T")
Tables = TypeVar("Tables")

Database = Annotated[
    str | None,
    option(
        "数据库地址，默认 GONGZHONG_DATABASE 或配置文件里的 database",
        "address of the database, else GONGZHONG_DATABASE or database of the configuration file",
        name="--database",
    ),
]
File = Annotated[Path, option("备份文件", "the file of the copy")]


def status(*, database: Database = None, config: Config = None, json: AsJson = False) -> int:
    import asyncio  # tens of milliseconds, which `--help` need not wait for

    from ..store import migrate

    url = named(database, config)
    found = migrate.status(url)
    counts = asyncio.run(_counts(url)) if found.current else []
    if json:
        print_json(
            {
                "place": found.place,
                "version": found.version,
                "wanted": found.wanted,
                "pending": found.pending,
                "work": counts,
            }
        )
        return DONE
    out().print(said(found), markup=False)
    for count in counts:
        out().print(f"  {count.account}  {count.kind}  {count.stage}  {count.number}", markup=False)
    return DONE


def said(found: Status) -> str:
    """How far the tables are, in a sentence."""
    if not found.version:
        return say(f"{found.place}：还没有表", f"{found.place}: no tables yet")
    if found.current:
        return say(
            f"{found.place}：版本 {found.version}，是最新的",
            f"{found.place}: version {found.version}, up to date",
        )
    steps = ", ".join(found.pending)
    return say(
        f"{found.place}：版本 {found.version}，待升级：{steps}",
        f"{found.place}: version {found.version}, to be done: {steps}",
    )


def upgrade(*, database: Database = None, config: Config = None) -> int:
    from ..store import migrate

    before = migrate.upgrade(named(database, config))
    if before.current:
        out().print(say(f"已经是版本 {before.wanted}", f"it is version {before.wanted} already"))
    else:
        out().print(say(f"已升级到版本 {before.wanted}", f"upgraded to version {before.wanted}"))
    return DONE


def backup(file: File, /, *, database: Database = None, config: Config = None) -> int:
    from ..store import migrate

    migrate.backup(named(database, config), file)
    err().print(say(f"已写入 {file}", f"written to {file}"), markup=False)
    return DONE


def restore(file: File, /, *, database: Database = None, config: Config = None) -> int:
    from ..store import migrate

    url = named(database, config)
    migrate.restore(url, file)
    err().print(say(f"已恢复到 {url.place}", f"restored into {url.place}"), markup=False)
    _erase_again(database, config)
    return DONE


def _erase_again(database: str | None, config: Path | None) -> None:
    """Erase what the copy brought back, if data of people is in use and the copy has its tables."""
    import asyncio

    from ..app.export import replay_stored
    from ..store import migrate
    from .people import opened

    given = read(config, {"database": database})
    if not given.settings.people.in_use:
        return
    if not migrate.status(named(database, config)).current:
        err().print(
            say(
                "备份是旧版本：升级后请运行 gongzhong people erase --replay，再次删除已删除过的数据",
                "the copy is of an older version: after the upgrade run gongzhong people erase --replay",
            )
        )
        return
    people = opened(given)
    assert people is not None

    async def again() -> int:
        try:
            return await replay_stored(people, given.state)
        finally:
            await people.close()

    count = asyncio.run(again())
    err().print(
        say(f"再次删除了 {count} 项个人数据", f"{count} erasures of people's data were carried out again")
    )


def named(database: str | None, config: Path | None) -> DatabaseUrl:
    """The database of the option, the environment or the configuration. Raises Usage when none of them names one."""
    from ..database import read_url

    given = read(config, {"database": database}).database
    if not given:
        raise Usage(
            "没有说明是哪个数据库",
            "no database is named",
            fix_zh="用 --database sqlite:///data/gongzhong.db，设置 GONGZHONG_DATABASE，"
            "或在 gongzhong.toml 里写 database",
            fix_en="use --database sqlite:///data/gongzhong.db, set GONGZHONG_DATABASE, or write database into "
            "gongzhong.toml",
        )
    return read_url(given)


def with_tables(
    make: Callable[[Statements], Tables],
    database: str | None,
    config: Path | None,
    ask: Callable[[Tables], Awaitable[T]],
) -> T:
    """What `ask` gives for these tables of the database, which are made if it is new."""
    import asyncio  # tens of milliseconds, which `--help` need not wait for

    from ..database.statements import Statements, open_database
    from ..store import migrate

    url = named(database, config)
    migrate.prepare(url)

    async def answer() -> T:
        statements = Statements(open_database(url))
        try:
            return await ask(make(statements))
        finally:
            await statements.close()

    return asyncio.run(answer())


async def _counts(url: DatabaseUrl) -> list[Count]:
    from ..store import open_store

    store = open_store(url)
    try:
        return await store.counts()
    finally:
        await store.close()
