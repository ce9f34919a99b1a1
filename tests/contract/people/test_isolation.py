"""Data of one account through the objects of another: every road is tried, and none leads there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from gongzhong import MovableClock
from gongzhong.people import Audit, DataDamaged, People
from gongzhong.people.sealed import SealedSessions, SealedWork
from gongzhong.state import open_state
from gongzhong.state.sessions import StateSessionStore
from gongzhong.store import NewWork
from gongzhong.store.sql import SqlWork

from .conftest import Places
from .test_erasure import NICKNAME, PHONE, fill, put_back, rows_of
from .test_records import ALICE, BOB, SHOP, purposes

pytestmark = pytest.mark.anyio
OTHER = "wx00000000000000bb"
Road = Callable[[People, int], Awaitable[Any]]

READS: dict[str, Road] = {
    "Records.read": lambda people, number: people.records(OTHER, purposes()).read(ALICE, "phone"),
    "Records.all": lambda people, number: people.records(OTHER, purposes()).all(ALICE),
    "Records.consents": lambda people, number: people.records(OTHER, purposes()).consents(ALICE),
    "Records.export": lambda people, number: people.records(OTHER, purposes()).export(ALICE),
    "Records.withdraw": lambda people, number: people.records(OTHER, purposes()).withdraw(ALICE, ["phone"]),
    "Records.retain": lambda people, number: people.records(OTHER, purposes()).retain(),
    "Vault.find": lambda people, number: people.vault(OTHER).find([ALICE]),
    "Vault.openids": lambda people, number: people.vault(OTHER).openids([number]),
    "Erasure.person": lambda people, number: people.erasure(OTHER).person(ALICE, reason="x"),
    "Erasure.fields": lambda people, number: people.erasure(OTHER).fields(ALICE, ["phone"], reason="x"),
    "Erasure.account": lambda people, number: people.erasure(OTHER).account(reason="x"),
    "Erasure.complete": lambda people, number: people.erasure(OTHER).complete(0),
    "Erasure.replay": lambda people, number: people.erasure(OTHER).replay(),
    "Audit.entries": lambda people, number: Audit(people.vault(OTHER)).entries(),
    "Audit.about": lambda people, number: Audit(people.vault(OTHER)).about(number),
    "Unions.others": lambda people, number: people.unions(OTHER, "wxopen").others(ALICE),
    "PeopleTables.people": lambda people, number: people.tables.people(OTHER, -1, 100),
    "PeopleTables.fields": lambda people, number: people.tables.fields(OTHER, number),
    "PeopleTables.expire": lambda people, number: people.tables.expire(OTHER, "phone", 9e9),
    "PeopleTables.erase": lambda people, number: people.tables.erase(OTHER, [number], [ALICE], running=True),
}


async def test_no_road_leads_to_the_data_of_another_account(people: People) -> None:
    records = await fill(people, ALICE)
    [number] = await people.vault(SHOP).numbers([ALICE])
    await people.vault(OTHER).numbers(["oSomebodyElse"])
    for name, road in READS.items():
        answer = str(await road(people, number))
        assert not any(text in answer for text in (PHONE, NICKNAME, ALICE)), name
        assert await records.all(ALICE) == {"phone": PHONE, "nickname": NICKNAME}, f"{name} changed it"
    assert (await Audit(people.vault(SHOP)).verify()).whole


async def test_rows_that_are_copied_to_another_account_do_not_open(people: People, places: Places) -> None:
    await fill(people, ALICE)
    [number] = await people.vault(SHOP).numbers([ALICE])
    [mine] = await people.vault(OTHER).numbers(["oSomebodyElse"])
    assert mine == number, "the same number, in another account"
    rows = await rows_of(places.data)
    fields = [(OTHER, *row[1:]) for row in rows["person_field"]]
    await put_back(places.data, {"person_field": [*rows["person_field"], *fields]})
    with pytest.raises(DataDamaged):
        await people.records(OTHER, purposes()).all("oSomebodyElse")


async def test_blind_indexes_that_are_moved_give_nobody_anothers_data(
    people: People, places: Places, clock: MovableClock
) -> None:
    """Whoever can write into the database, but has no keys, lets Alice be found as Bob."""
    records = await fill(people)
    work = SealedWork(SqlWork(people.tables.database, clock), people)
    sessions = SealedSessions(StateSessionStore(open_state("memory", clock)), people)
    for openid in (ALICE, BOB):
        await sessions.save(f"{SHOP}:{openid}", openid.encode(), 60)
        await work.add(SHOP, [NewWork(kind="push", data=openid.encode(), line=openid)])
    rows = await rows_of(places.data)
    alice, bob = rows["person"]
    swapped = [(*alice[:2], bob[2], *alice[3:]), (*bob[:2], alice[2], *bob[3:])]
    assert {alice[2], bob[2]} == set(await lookups(people))
    await put_back(places.data, {"person": swapped})
    erasure = people.erasure(SHOP)
    roads: list[Callable[[], Awaitable[Any]]] = [
        lambda: records.all(ALICE),
        lambda: records.read(ALICE, "phone"),
        lambda: records.consents(ALICE),
        lambda: records.export(ALICE),
        lambda: records.withdraw(ALICE, ["phone"]),
        lambda: records.store(ALICE, "phone", "1"),
        lambda: records.consent(ALICE, ["phone"], how="chat"),
        lambda: erasure.person(ALICE, reason="x"),
        lambda: erasure.fields(ALICE, ["phone"], reason="x"),
        lambda: sessions.load(f"{SHOP}:{ALICE}"),
        lambda: people.unions(SHOP, "wxopen").others(ALICE),
    ]
    for road in roads:
        with pytest.raises(DataDamaged):
            await road()
    for row in await work.take_line(SHOP, ["push"], ALICE, "me", 60):
        assert row.data == row.line.encode(), "a message stays with whoever wrote it"
    await put_back(places.data, {"person": rows["person"]})
    assert await records.all(ALICE) == await records.all(BOB) == {"phone": PHONE, "nickname": NICKNAME}


async def lookups(people: People) -> list[str]:
    return [await people.vault(SHOP).lookup("openid", openid) for openid in (ALICE, BOB)]


async def test_sessions_and_waiting_messages_stay_in_their_account(
    people: People, clock: MovableClock
) -> None:
    work = SealedWork(SqlWork(people.tables.database, clock), people)
    sessions = SealedSessions(StateSessionStore(open_state("memory", clock)), people)
    await work.add(SHOP, [NewWork(kind="push", data=b"secret", line=ALICE)])
    await sessions.save(f"{SHOP}:{ALICE}", b"secret", 60)
    assert await sessions.load(f"{OTHER}:{ALICE}") is None
    assert await work.take(OTHER, "push", "me", 10, 60) == []
    assert await work.take_line(OTHER, ["push"], ALICE, "me", 60) == []
    assert await work.in_line(OTHER, "push", ALICE) == []
    assert await work.overdue([OTHER], ["push"], 10) == []
    assert await work.show(OTHER) == []
    assert len(await work.in_line(SHOP, "push", ALICE)) == 1
