"""Sessions and waiting messages of people: encrypted below, unchanged above, gone with the person."""

from __future__ import annotations

import pytest

from gongzhong import MovableClock
from gongzhong.app.inbox import Inbox, Rows, read_late
from gongzhong.messages import TextReply
from gongzhong.people import People
from gongzhong.people.sealed import SealedSessions, SealedWork
from gongzhong.state import open_state
from gongzhong.state.sessions import StateSessionStore
from gongzhong.store import NewWork
from gongzhong.store.sql import SqlWork

from .test_records import ALICE, BOB, SHOP

pytestmark = pytest.mark.anyio
KEY = f"{SHOP}:{ALICE}"


async def test_a_session_is_replaced_only_if_it_is_still_what_was_loaded(
    people: People, clock: MovableClock
) -> None:
    state = open_state("memory", clock)
    below = StateSessionStore(state)
    sessions = SealedSessions(below, people)
    assert await sessions.load(KEY) is None
    assert await sessions.swap(KEY, None, b"one", 60)
    assert not await sessions.swap(KEY, None, b"other", 60)
    assert not await sessions.swap(KEY, b"two", b"other", 60)
    assert await sessions.load(KEY) == b"one"
    [number] = await people.vault(SHOP).numbers([ALICE])
    held = await below.load(f"{SHOP}:{number}")
    assert held is not None
    assert b"one" not in held
    assert await below.load(KEY) is None
    await sessions.save(KEY, b"three", 60)
    assert await sessions.swap(KEY, b"three", None, 60)
    assert await sessions.load(KEY) is None
    await sessions.save(KEY, b"four", 60)
    await people.erasure(SHOP).person(ALICE, reason="request")
    assert await sessions.load(KEY) is None
    await sessions.delete(KEY)
    await state.close()


async def test_rows_of_work_name_nobody_and_vanish_with_their_person(
    people: People, clock: MovableClock
) -> None:
    below = SqlWork(people.tables.database, clock)
    work = SealedWork(below, people)
    for who in (ALICE, BOB):
        await work.add(
            SHOP, [NewWork(kind="push", data=f"Grüße von {who}".encode(), line=who, key=f"{who}:1")]
        )
    stored = await below.show(SHOP)
    assert not [row for row in stored for who in (ALICE, BOB) if who in f"{row.line} {row.key} {row.data!r}"]
    assert await work.add(SHOP, [NewWork(kind="push", data=b"", line=ALICE, key=f"{ALICE}:1")]) == [], (
        "known already"
    )
    [alice] = await work.take_line(SHOP, ["push", "answer"], ALICE, "a", 15)
    assert (alice.line, alice.key, alice.data) == (ALICE, f"{ALICE}:1", f"Grüße von {ALICE}".encode())
    await people.erasure(SHOP).person(ALICE, reason="unsubscribe")
    assert await work.finish(alice), "its holder finishes what it has"
    assert [row.line for row in await work.show(SHOP)] == [BOB]
    await people.erasure(SHOP).person(BOB, reason="request")
    assert await below.show(SHOP) == []


async def test_what_a_dead_process_held_of_an_erased_person_is_removed_by_whoever_takes_it(
    people: People, clock: MovableClock
) -> None:
    below = SqlWork(people.tables.database, clock)
    work = SealedWork(below, people)
    await work.add(SHOP, [NewWork(kind="push", data=b"x", line=who) for who in (ALICE, BOB)])
    assert len(await work.take(SHOP, "push", "dead", 2, 15)) == 2
    await people.erasure(SHOP).person(ALICE, reason="request")
    assert len(await below.show(SHOP)) == 2, "it may still be at work"
    clock.advance(16)
    assert [row.line for row in await work.take(SHOP, "push", "other", 2, 15)] == [BOB]
    assert len(await below.show(SHOP)) == 1


async def test_with_the_wrong_key_store_no_message_is_lost(people: People, clock: MovableClock) -> None:
    below = SqlWork(people.tables.database, clock)
    work = SealedWork(below, people)
    await work.add(SHOP, [NewWork(kind="push", data=b"x", line=ALICE)])
    [number] = await people.vault(SHOP).numbers([ALICE])
    await people.keyring.tables.drop_person_keys(SHOP, [number])
    assert await work.take(SHOP, "push", "me", 2, 15) == []
    assert len(await below.show(SHOP)) == 1


async def test_an_answer_from_elsewhere_names_nobody_below_and_vanishes_with_its_person(
    people: People, clock: MovableClock
) -> None:
    below = SqlWork(people.tables.database, clock)
    work = SealedWork(below, people)
    inbox = Inbox(work, SHOP)
    reply = TextReply(content="只给她看的话")
    assert await inbox.add_late(ALICE, f"{ALICE}:1", [reply], "answer")
    assert not await inbox.add_late(ALICE, f"{ALICE}:1", [reply], "answer"), "known by its name already"
    [stored] = await below.show(SHOP)
    assert not [
        what for what in (ALICE, "只给她看的话") if what.encode() in repr(stored).encode() + stored.data
    ]
    assert await Rows(work).overdue([SHOP]) == [(SHOP, ALICE)]
    [row] = await inbox.load(ALICE, "me")
    assert read_late(row) == (f"{ALICE}:1", [reply])
    assert await work.put_back(row, "stopped")
    await people.erasure(SHOP).person(ALICE, reason="request")
    assert await inbox.load(ALICE, "other") == []
    assert await below.show(SHOP) == []
