"""The table of work, the same for every engine: nothing lost, nothing taken twice, order in each line."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest

from gongzhong import MovableClock
from gongzhong.database import SqliteDatabase, read_url
from gongzhong.database.postgres import PostgresDatabase
from gongzhong.people import LocalMaster, Masters, open_people
from gongzhong.people.sealed import SealedWork
from gongzhong.store import MemoryWork, NewWork, Stage, Work, WorkStore, migrate
from gongzhong.store.sql import SqlWork

from ..conftest import NOON

pytestmark = pytest.mark.anyio
SHOP, OTHER = "wx00000000000000aa", "wx00000000000000bb"


@pytest.fixture(params=["memory", "sqlite", "sealed", "postgres", "pgbouncer"])
async def store(
    request: pytest.FixtureRequest, clock: MovableClock, tmp_path: Path
) -> AsyncIterator[WorkStore]:
    opened: WorkStore
    if request.param == "memory":
        opened = MemoryWork(clock)
    elif request.param in ("sqlite", "sealed"):
        url = read_url(f"sqlite:///{tmp_path / 'work.db'}")
        migrate.prepare(url)
        opened = SqlWork(SqliteDatabase(url.path), clock)
        if request.param == "sealed":
            opened = SealedWork(opened, open_people(url, Masters(LocalMaster(b"m" * 32)), clock=clock))
    else:
        direct = request.getfixturevalue("postgres").url
        migrate.upgrade(read_url(direct))
        with psycopg.connect(direct, autocommit=True) as connection:
            connection.execute("TRUNCATE work")
        url = read_url(request.getfixturevalue(request.param).url)
        opened = SqlWork(PostgresDatabase(url), clock)
    yield opened
    await opened.close()


def piece(text: str, line: str = "", key: str = "", due: float = 0.0, kind: str = "push") -> NewWork:
    return NewWork(kind=kind, data=text.encode(), line=line, key=key, due=due)


async def take(store: WorkStore, n: int = 10, holder: str = "a", kind: str = "push") -> list[Work]:
    return await store.take(SHOP, kind, holder, n, 30)


def said(works: list[Work]) -> list[str]:
    return [work.data.decode() for work in works]


async def test_pieces_are_taken_once_in_the_order_in_which_they_became_due(
    store: WorkStore, clock: MovableClock
) -> None:
    await store.add(SHOP, [piece("later", due=NOON + 5), piece("一"), piece("二"), piece("三")])
    assert said(await take(store, 2)) == ["一", "二"]
    assert said(await take(store, holder="b")) == ["三"]
    assert await take(store) == []
    clock.advance(5)
    (later,) = await take(store)
    assert (later.data, later.attempts, later.fence, later.holder) == (b"later", 1, 1, "a")
    assert later.due == NOON + 35


async def test_each_line_gives_one_piece_at_a_time(store: WorkStore) -> None:
    await store.add(
        SHOP, [piece("a1", "alice"), piece("a2", "alice"), piece("b1", "bob"), piece("x"), piece("y")]
    )
    first = await take(store)
    assert said(first) == ["a1", "b1", "x", "y"]
    assert await take(store, holder="b") == []
    assert await store.finish(first[0])
    assert said(await take(store, holder="b")) == ["a2"]
    assert said(await store.in_line(SHOP, "push", "alice")) == ["a2"]


async def test_a_piece_that_waits_for_its_time_holds_its_line_back(
    store: WorkStore, clock: MovableClock
) -> None:
    await store.add(SHOP, [piece("a1", "alice"), piece("a2", "alice")])
    (first,) = await take(store)
    assert await store.put_back(first, "busy", due=NOON + 60, data=b"a1 again")
    assert await take(store) == []
    clock.advance(60)
    (again,) = await take(store)
    assert (again.data, again.reason, again.attempts) == (b"a1 again", "busy", 2)


async def test_what_a_holder_loses_another_one_gets_and_the_fence_keeps_the_first_out(
    store: WorkStore, clock: MovableClock
) -> None:
    await store.add(SHOP, [piece("一")])
    (mine,) = await take(store, holder="a")
    clock.advance(29)
    assert await take(store, holder="b") == []
    clock.advance(1)
    (yours,) = await take(store, holder="b")
    assert yours.fence > mine.fence
    assert not await store.finish(mine, [piece("answer", kind="answer")])
    assert not await store.put_back(mine, "late")
    assert not await store.bury(mine, "late")
    assert await take(store, kind="answer") == []
    assert await store.finish(yours, [piece("answer", kind="answer")])
    assert said(await take(store, kind="answer")) == ["answer"]
    assert not await store.finish(yours)


async def test_renewing_keeps_everything_of_a_holder(store: WorkStore, clock: MovableClock) -> None:
    await store.add(SHOP, [piece("一"), piece("二"), piece("三")])
    mine = await take(store, 2, holder="a")
    (yours,) = await take(store, holder="b")
    clock.advance(25)
    assert await store.renew("a", 30) == {work.id for work in mine}
    clock.advance(10)
    assert [work.id for work in await take(store, holder="c")] == [yours.id]
    assert await store.renew("b", 30) == set()
    assert all([await store.finish(work) for work in mine])


async def test_a_key_is_added_once_while_it_is_there(store: WorkStore) -> None:
    (kept,) = await store.add(SHOP, [piece("一", key="m1")])
    assert await store.add(SHOP, [piece("again", key="m1"), piece("二", key="m2")]) != []
    assert await store.add(OTHER, [piece("other account", key="m1")]) != []
    assert said(await store.show(SHOP)) == ["一", "二"]
    (work, _) = await take(store)
    assert work.id == kept.id
    await store.finish(work)
    assert await store.add(SHOP, [piece("new", key="m1")]) != []


async def test_work_that_was_begun_already_is_held(store: WorkStore, clock: MovableClock) -> None:
    (mine,) = await store.add(SHOP, [piece("一", "alice")], holder="a", seconds=10)
    assert (mine.stage, mine.attempts, mine.holder) == (Stage.RUNNING, 1, "a")
    assert await take(store, holder="b") == []
    clock.advance(10)
    (yours,) = await take(store, holder="b")
    assert yours.attempts == 2
    assert not await store.finish(mine)


async def test_dead_pieces_free_their_line_are_listed_replayed_and_deleted(
    store: WorkStore, clock: MovableClock
) -> None:
    await store.add(SHOP, [piece("毒", "alice"), piece("a2", "alice"), piece("毒二")])
    poison, other = await take(store)
    assert await store.bury(poison, "ValueError") and await store.bury(other, "ValueError")
    assert said(await take(store)) == ["a2"]
    dead = await store.show(SHOP, stage=Stage.DEAD)
    assert [(work.data.decode(), work.reason) for work in dead] == [
        ("毒", "ValueError"),
        ("毒二", "ValueError"),
    ]
    assert await store.show(SHOP, stage=Stage.DEAD, after=dead[0].id) == dead[1:]
    assert await store.show(OTHER) == [] and await store.show(SHOP, "answer") == []
    assert await store.replay([dead[0].id, dead[1].id, 10_000], every_s=10) == 2
    (again,) = await take(store)
    assert (again.data, again.attempts) == ("毒".encode(), 1)
    clock.advance(10)
    (second,) = await take(store)
    await store.bury(second, "again")
    assert await store.delete([second.id, again.id]) == 1


async def test_accounts_and_kinds_are_apart(store: WorkStore) -> None:
    await store.add(SHOP, [piece("一", "alice"), piece("答", "alice", kind="answer")])
    await store.add(OTHER, [piece("另", "alice")])
    assert said(await store.take(OTHER, "push", "a", 10, 30)) == ["另"]
    assert said(await take(store)) == ["一"]
    assert said(await take(store, kind="answer")) == ["答"]


async def test_counts_say_what_there_is_and_since_when(store: WorkStore, clock: MovableClock) -> None:
    await store.add(SHOP, [piece("一")])
    clock.advance(7)
    await store.add(SHOP, [piece("二"), piece("三", kind="answer")])
    await take(store, 1)
    found = {(count.kind, count.stage): (count.number, count.oldest) for count in await store.counts()}
    assert found == {
        ("answer", Stage.WAITING): (1, NOON + 7),
        ("push", Stage.RUNNING): (1, NOON),
        ("push", Stage.WAITING): (1, NOON + 7),
    }


async def test_many_who_take_at_once_share_without_overlap(store: WorkStore) -> None:
    await store.add(SHOP, [piece(str(number), f"person {number % 10}") for number in range(100)])
    done: list[str] = []

    async def work(holder: str) -> None:
        while len(done) < 100:
            for mine in await take(store, 3, holder):
                assert await store.finish(mine)
                done.append(mine.data.decode())
            await asyncio.sleep(0)

    async with asyncio.timeout(60):
        await asyncio.gather(*(work(f"holder {number}") for number in range(8)))
    assert sorted(done, key=int) == [str(number) for number in range(100)]
    for person in range(10):
        mine = [int(text) for text in done if int(text) % 10 == person]
        assert mine == sorted(mine)


async def test_a_line_is_taken_whole_whoever_holds_it(store: WorkStore, clock: MovableClock) -> None:
    await store.add(SHOP, [piece("1", "li"), piece("2", "li"), piece("3", "wang")])
    [before] = await store.take(SHOP, "push", "a", 1, 15)
    taken = await store.take_line(SHOP, ["push"], "li", "b", 15)
    assert [work.data for work in taken] == [b"1", b"2"]
    assert {work.holder for work in taken} == {"b"}
    assert [work.attempts for work in taken] == [2, 1]
    taken = await store.take_line(SHOP, ["push"], "li", "b", 15)
    assert [work.attempts for work in taken] == [2, 1], "it was there already"
    assert not await store.finish(before), "another one has it"
    assert await store.settle(taken, SHOP)
    assert [work.data for work in await store.show()] == [b"3"]
    assert await store.take_line(SHOP, ["push"], "nobody", "b", 15) == []


async def test_a_line_is_taken_with_all_kinds_that_are_named(store: WorkStore) -> None:
    added = [piece("1", "li"), piece("a", "li", kind="answer"), piece("r", "li", kind="retention")]
    await store.add(SHOP, [*added, piece("b", "wang", kind="answer")])
    taken = await store.take_line(SHOP, ["answer", "push"], "li", "b", 15)
    assert [work.data for work in taken] == [b"1", b"a"]
    assert await store.overdue([SHOP], ["push", "answer"], 10) == [(SHOP, "wang")]
    assert await store.overdue([SHOP], ["retention", "answer"], 1) == [(SHOP, "li")]


async def test_lines_with_pieces_that_nobody_holds_any_more_are_named(
    store: WorkStore, clock: MovableClock
) -> None:
    later = piece("4", "zhao", due=clock.now() + 60)
    await store.add(SHOP, [piece("1", "li"), later, piece("x", "")])
    await store.add(SHOP, [piece("2", "wang"), piece("3", "wang")], holder="a", seconds=15)
    assert await store.overdue([SHOP], ["push"], 10) == [(SHOP, "li")]
    clock.advance(16)
    assert await store.overdue([OTHER, SHOP], ["push"], 10) == [(SHOP, "li"), (SHOP, "wang")]
    assert await store.overdue([SHOP], ["push"], 1) == [(SHOP, "li")]
    assert await store.overdue([OTHER], ["push"], 10) == await store.overdue([SHOP], ["answer"], 10) == []
    assert await store.overdue([], ["push"], 10) == []


async def test_lines_with_something_in_them_are_named_also_what_is_held(store: WorkStore) -> None:
    lines = ["li", "wang", "o'brien\\\"{},", "nobody"]
    await store.add(SHOP, [piece("1", "li"), piece("2", "li"), piece("3", "o'brien\\\"{},", kind="answer")])
    await store.add(SHOP, [piece("4", "wang")], holder="a", seconds=15)
    assert await store.occupied(SHOP, ["push", "answer"], lines) == set(lines) - {"nobody"}
    assert await store.occupied(SHOP, ["push"], lines[1:]) == {"wang"}
    assert await store.occupied(SHOP, ["retention"], lines) == set()
    assert await store.occupied(OTHER, ["push"], lines) == set()
    [dead] = await store.take_line(SHOP, ["answer"], lines[2], "b", 15)
    assert await store.bury(dead, "test")
    assert await store.occupied(SHOP, ["push", "answer"], lines) == {"li", "wang"}


async def test_several_pieces_are_settled_together_or_not_at_all(store: WorkStore) -> None:
    mine = await store.add(SHOP, [piece("1", "li"), piece("2", "li")], holder="a", seconds=15)
    other = await store.add(SHOP, [piece("3", "wang")], holder="a", seconds=15)
    await store.take_line(SHOP, ["push"], "wang", "b", 15)
    then = [piece("a", "li", kind="answer"), piece("b", "li", kind="answer")]
    assert not await store.settle([*mine, *other], SHOP, then)
    assert [work.data for work in await store.show()] == [b"1", b"2", b"3"]
    assert await store.settle(mine, SHOP, then)
    assert [work.data for work in await store.show()] == [b"3", b"a", b"b"]
    assert await store.settle([], SHOP, [piece("c", "li", kind="answer")])
    assert [work.data for work in await store.in_line(SHOP, "answer", "li")] == [b"a", b"b", b"c"]
    assert not await store.settle(mine, SHOP), "they are gone"


async def test_health_tells_of_dead_letters_and_of_work_that_nobody_does(
    store: WorkStore, clock: MovableClock
) -> None:
    found = await store.health()
    assert (found.dead, found.oldest_due_s) == (0, 0.0)
    in_postgres = not isinstance(store, MemoryWork) and found.dead_rows is not None
    assert (found.oldest_transaction_s is not None) == in_postgres
    await store.add(SHOP, [piece("1", "li"), piece("2", "wang", due=clock.now() + 100)])
    await store.add(SHOP, [piece("3", "zhao")], holder="a", seconds=15)
    clock.advance(20)
    (held,) = await store.take(SHOP, "push", "b", 1, 60)
    assert (await store.health()).oldest_due_s == 5.0, "the lease of what holder a began is over for 5 s"
    await store.bury(held, "poison")
    assert (await store.health()).dead == 1
