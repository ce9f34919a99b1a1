"""`gongzhong work`: what is to be done and what went wrong for good. What people wrote is not shown."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from .config import File as Config
from .db import Database, named
from .options import AsJson, flag, option
from .outcome import DONE, FAILED
from .usage import Usage
from .words import err, out, print_json, say

if TYPE_CHECKING:
    from ..store import Work, WorkStore

T = TypeVar("T")
PAGE = 1000

Account = Annotated[str, option("只看这个 AppID", "only of this AppID", name="--account")]
Kind = Annotated[str, option("只看这一种，例如 push", "only of this kind, such as push")]
Numbers = Annotated[int, option("编号", "their numbers")]


def show(
    *,
    dead: Annotated[bool, flag("只看死信", "only dead letters")] = False,
    account: Account = "",
    kind: Kind = "",
    after: Annotated[int, option("从这个编号之后开始", "begin after this number")] = 0,
    limit: Annotated[int, option("最多几条", "how many at most")] = 100,
    database: Database = None,
    config: Config = None,
    json: AsJson = False,
) -> int:
    from ..store import Stage

    stage = Stage.DEAD if dead else None

    async def page(store: WorkStore) -> list[Work]:
        return await store.show(account, kind, stage, after=after, limit=limit)

    found = _asked(database, config, page)
    if json:
        print_json([_described(work) for work in found])
        return DONE
    if not found:
        err().print(say("没有", "there is nothing"))
    for work in found:
        since = time.strftime("%m-%d %H:%M:%S", time.localtime(work.created_at))
        cells = (work.id, since, work.account, work.kind, work.stage, work.attempts, work.line, work.reason)
        out().print("  ".join(str(cell) for cell in cells), markup=False)
    return DONE


def replay(
    *numbers: Numbers,
    all: Annotated[bool, flag("全部死信", "all dead letters")] = False,
    account: Account = "",
    kind: Kind = "",
    rate: Annotated[float, option("每秒几条，0 为一次全部", "how many a second, 0: all at once")] = 0.0,
    database: Database = None,
    config: Config = None,
) -> int:
    every_s = 1 / rate if rate > 0 else 0.0

    async def again(store: WorkStore) -> int:
        return await store.replay(await _chosen(store, numbers, all, account, kind), every_s=every_s)

    return _told(_asked(database, config, again), "条死信会再来一次", "dead letters will be tried again")


def delete(
    *numbers: Numbers,
    all: Annotated[bool, flag("全部死信", "all dead letters")] = False,
    account: Account = "",
    kind: Kind = "",
    database: Database = None,
    config: Config = None,
) -> int:
    async def away(store: WorkStore) -> int:
        return await store.delete(await _chosen(store, numbers, all, account, kind))

    return _told(_asked(database, config, away), "条死信已删除", "dead letters removed")


async def _chosen(
    store: WorkStore, numbers: tuple[int, ...], everything: bool, account: str, kind: str
) -> list[int]:
    """The numbers that were given, or those of all dead letters. Raises Usage for neither and for both."""
    from ..store import Stage

    if bool(numbers) == everything:
        raise Usage("给出编号，或用 --all", "give numbers, or --all")
    if numbers:
        return list(numbers)
    found: list[int] = []
    while page := await store.show(account, kind, Stage.DEAD, after=found[-1] if found else 0, limit=PAGE):
        found += [work.id for work in page]
    return found


def _told(count: int, zh: str, en: str) -> int:
    err().print(say(f"{count} {zh}", f"{count} {en}"))
    return DONE if count else FAILED


def _described(work: Work) -> dict[str, Any]:
    """Everything but what people wrote."""
    return {
        "id": work.id,
        "account": work.account,
        "kind": work.kind,
        "stage": work.stage.value,
        "person": work.line,
        "attempts": work.attempts,
        "due": work.due,
        "created_at": work.created_at,
        "holder": work.holder,
        "reason": work.reason,
        "bytes": len(work.data),
    }


def _asked(database: str | None, config: Path | None, ask: Callable[[WorkStore], Awaitable[T]]) -> T:
    """The answer of the table of work of a database."""
    import asyncio  # tens of milliseconds, which `--help` need not wait for

    async def answer() -> T:
        from ..store import open_store

        store = open_store(named(database, config))
        try:
            return await ask(store)
        finally:
            await store.close()

    return asyncio.run(answer())
