"""When a single field goes, what quotes it goes as well: replies in the shared state, messages and answers that wait,
and what others keep. On every road: withdrawal, erasure of a field, retention, an erasure whose process died."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import msgspec
import pytest

from gongzhong import Account, MovableClock, Secret
from gongzhong.app import App, Services
from gongzhong.app.binding import Binding
from gongzhong.app.export import replay_stored, stored_erasure, stored_records
from gongzhong.app.inbox import ANSWER, KeptAnswer
from gongzhong.people import Audit, People, Purposes
from gongzhong.people.sealed import SealedSessions, SealedWork
from gongzhong.people.tables import PeopleTables
from gongzhong.sharing.person import Answered, PersonRecord, record_key, written
from gongzhong.state import open_state
from gongzhong.state.sessions import StateSessionStore
from gongzhong.store import NewWork
from gongzhong.store.sql import SqlWork

from .conftest import Places
from .test_erasure import fill, put_back, rows_of
from .test_records import ALICE, BOB, SHOP, purposes

pytestmark = pytest.mark.anyio
PHONE = "13900000046"
"""Told nowhere but here: replies in a shared state are bytes of its files."""


@dataclass
class Shop:
    """An account whose people have a phone number, stored a hundred days ago, and what quotes it elsewhere."""

    people: People
    places: Places
    address: str
    binding: Binding

    async def said(self, openid: str) -> str:
        """What the shared state holds of the last replies."""
        state = open_state(self.address, self.places.clock)
        found = await state.get(record_key(SHOP, openid))
        await state.close()
        return "" if found is None else found.data.decode(errors="replace")

    async def waiting(self, openid: str) -> list[str]:
        store = SealedWork(SqlWork(self.people.tables.database, self.places.clock), self.people)
        rows = [row for row in await store.show(SHOP, ANSWER) if row.line == openid]
        return [msgspec.msgpack.decode(row.data, type=KeptAnswer).reply["content"] for row in rows]


def answer(openid: str, text: str, now: float) -> NewWork:
    kept = KeptAnswer("TextReply", {"content": text}, "replied", now, "")
    return NewWork(kind=ANSWER, data=msgspec.msgpack.encode(kept), line=openid)


@pytest.fixture
async def shop(people: People, places: Places, clock: MovableClock) -> Shop:
    for openid in (ALICE, BOB):
        records = await fill(people, openid)
        await records.store(openid, "phone", PHONE)
    clock.advance(100 * 86400)
    address = places.data.address.reveal() or places.data.place
    store = SealedWork(SqlWork(people.tables.database, clock), people)
    state = open_state(address, clock)
    for openid in (ALICE, BOB):
        record = PersonRecord(answered=[Answered("k", f"号码 {PHONE}".encode(), clock.now())])
        await state.put(record_key(SHOP, openid), written(record), replaces=0, ttl_s=3600)
        waiting = [answer(openid, text, clock.now()) for text in (f"已改为 {PHONE}", "书到了")]
        await store.add(SHOP, waiting)
    [dead] = await store.take(SHOP, ANSWER, "me", 1, 60)
    assert await store.bury(dead, "failed")
    await state.close()
    account = Account(appid=SHOP, secret=Secret("s" * 32), token=Secret("shoptoken"))
    services = Services(clock=clock, state=address, store=address, people=people)
    app = App()
    app.collects("phone", purpose="送货时联系您", text_version="1", keep_days=90)
    return Shop(people, places, address, app.bind(account, services))


async def withdrawn(shop: Shop) -> object:
    return await shop.binding.records.withdraw(ALICE, ["phone"])


async def erased(shop: Shop) -> object:
    return await shop.binding.erase(ALICE, fields=["phone"])


async def erased_by_command(shop: Shop) -> object:
    async with stored_erasure(shop.people, SHOP, shop.address) as erasure:
        return await erasure.fields(ALICE, ["phone"], reason="request")


async def withdrawn_by_command(shop: Shop) -> object:
    async with stored_records(shop.people, SHOP, purposes(), shop.address) as records:
        return await records.withdraw(ALICE, ["phone"])


async def ended(shop: Shop) -> object:
    """The process that withdrew dies right after the record of it; another one does what is due."""

    async def die(*_: object, **__: object) -> int:
        raise InterruptedError

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(PeopleTables, "withdraw", die)
        patched.setattr("gongzhong.people.erasure.forget_quotes", die)
        with pytest.raises(InterruptedError):
            await shop.binding.records.withdraw(ALICE, ["phone"])
    shop.places.clock.advance(61)
    return await shop.people.upkeep(
        SHOP, Purposes(), lambda: shop.binding.api, elsewhere=shop.binding.kept_elsewhere
    ).step()


async def restored(shop: Shop) -> object:
    copy = await rows_of(shop.places.data)
    await shop.people.erasure(SHOP).fields(ALICE, ["phone"], reason="request")
    await put_back(shop.places.data, copy)
    store = SealedWork(SqlWork(shop.people.tables.database, shop.places.clock), shop.people)
    await store.add(SHOP, [answer(ALICE, f"已改为 {PHONE}", shop.places.clock.now())])
    return await replay_stored(shop.people, shop.address)


ROADS = (withdrawn, erased, erased_by_command, withdrawn_by_command, ended, restored)


@pytest.mark.parametrize("road", ROADS, ids=[road.__name__ for road in ROADS])
async def test_what_quotes_a_field_goes_with_it(
    shop: Shop, road: Callable[[Shop], Awaitable[object]]
) -> None:
    assert PHONE in await shop.said(ALICE)
    assert await shop.waiting(ALICE) == [f"已改为 {PHONE}", "书到了"]
    assert await road(shop)
    assert PHONE not in await shop.said(ALICE)
    assert await shop.waiting(ALICE) == ["书到了"]
    assert PHONE in await shop.said(BOB)
    assert await shop.waiting(BOB) == [f"已改为 {PHONE}", "书到了"]
    await shop.binding.shutdown()


async def test_what_quotes_a_field_goes_at_the_end_of_its_time(shop: Shop) -> None:
    assert await shop.binding.records.retain() == {"phone": 2}
    for openid in (ALICE, BOB):
        assert PHONE not in await shop.said(openid)
        assert await shop.waiting(openid) == ["书到了"]
    await shop.binding.shutdown()


async def test_others_are_told_which_fields_of_whom_went(people: People, clock: MovableClock) -> None:
    told: list[tuple[object, ...]] = []

    class Others:
        async def forget_fields(self, account: str, numbers: Sequence[int], fields: Sequence[str]) -> None:
            told.append((account, sorted(numbers), list(fields)))

        async def forget_account(self, account: str) -> None:
            told.append((account,))

    await fill(people)
    [alice, bob] = await people.vault(SHOP).numbers([ALICE, BOB])
    records = people.records(SHOP, purposes(), [Others()])
    erasure = people.erasure(SHOP, elsewhere=[Others()])
    await records.withdraw(ALICE, ["nickname", "unheard-of"])
    await erasure.fields(BOB, ["nickname"], reason="revoke")
    clock.advance(400 * 86400)
    await records.retain()
    await erasure.account(reason="end of service")
    assert told == [
        (SHOP, [alice], ["nickname"]),
        (SHOP, [bob], ["nickname"]),
        (SHOP, [alice, bob], ["phone"]),
        (SHOP,),
    ]


async def test_the_end_of_an_account_leaves_nothing_in_the_shared_state(shop: Shop) -> None:
    state = open_state(shop.address, shop.places.clock)
    sessions = SealedSessions(StateSessionStore(state), shop.people)
    await sessions.save(f"{SHOP}:{ALICE}", b"remembered", 3600)
    [alice] = await shop.people.vault(SHOP).numbers([ALICE])
    async with stored_erasure(shop.people, SHOP, shop.address) as erasure:
        await erasure.account(reason="end of service")
    assert await StateSessionStore(state).load(f"{SHOP}:{alice}") is None
    assert PHONE not in await shop.said(ALICE) + await shop.said(BOB)
    await state.close()
    await shop.binding.shutdown()


async def test_rows_from_a_host_whose_clock_is_ahead_go_with_their_account(
    people: People, places: Places
) -> None:
    places.clock.advance(90)
    await fill(people)
    behind = places.open()
    behind.clock = MovableClock(places.clock.now() - 90)
    await behind.erasure(SHOP).account(reason="end of service")
    left = await rows_of(places.data)
    assert {name: len(rows) for name, rows in left.items()} == dict.fromkeys(left, 0)
    await fill(people)
    assert (await Audit(people.vault(SHOP)).verify()).whole
    await behind.close()
