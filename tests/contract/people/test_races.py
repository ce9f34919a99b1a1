"""Erasing and withdrawing while somebody writes: what is written in between goes, too."""

from __future__ import annotations

import asyncio
import re

import psycopg
import pytest

from gongzhong import MovableClock
from gongzhong.database import DatabaseUrl
from gongzhong.people import Consent, NoConsent, People
from gongzhong.people.key_tables import KeyTables
from gongzhong.people.tables import ADD_CONSENT, LOCKS, PUT_FIELD, PeopleTables

from .conftest import Places
from .test_erasure import PHONE, fill, rows_of
from .test_records import ALICE, BOB, SHOP, purposes

pytestmark = pytest.mark.anyio


async def test_a_value_that_is_stored_while_its_consent_is_withdrawn_goes_too(
    people: People, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = await fill(people)
    recorded = KeyTables.record_erasure

    async def slow(self: KeyTables, *given: object) -> bool:
        """Between the record of the withdrawal and the end of the consent, half a second later, a value is stored."""
        done = await recorded(self, *given)  # type: ignore[arg-type]
        clock.advance(0.5)
        await records.store(ALICE, "phone", PHONE)
        return done

    with monkeypatch.context() as patched:
        patched.setattr(KeyTables, "record_erasure", slow)
        await records.withdraw(ALICE, ["phone"])
    assert await records.read(ALICE, "phone") is None


async def test_a_value_that_is_stored_after_the_process_of_a_withdrawal_died_goes_at_its_end(
    people: People, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = await fill(people)

    async def die(*_: object, **__: object) -> int:
        raise InterruptedError

    with monkeypatch.context() as patched:
        patched.setattr(PeopleTables, "withdraw", die)
        with pytest.raises(InterruptedError):
            await records.withdraw(ALICE, ["phone"])
    clock.advance(30)
    await records.store(ALICE, "phone", PHONE)
    clock.advance(31)
    await people.erasure(SHOP).complete()
    assert await records.all(ALICE) == {"nickname": "爱丽丝在此"}
    clock.advance(1)
    await records.consent(ALICE, ["phone"], how="chat")
    await records.store(ALICE, "phone", PHONE)
    await people.erasure(SHOP).replay()
    assert await records.read(ALICE, "phone") == PHONE, "what was agreed to afterwards stays"


async def test_a_withdrawal_holds_where_the_clock_of_the_host_that_took_the_consent_is_ahead(
    people: People, places: Places
) -> None:
    places.clock.advance(90)
    ahead = people.records(SHOP, purposes())
    await ahead.consent(ALICE, ["phone"], how="chat")
    await ahead.store(ALICE, "phone", PHONE)
    behind = places.open()
    behind.clock = MovableClock(places.clock.now() - 90)
    records = behind.records(SHOP, purposes())
    assert await records.withdraw(ALICE, ["phone"]) == ["phone"]
    assert [bool(one.withdrawn_at) for one in await ahead.consents(ALICE)] == [True]
    with pytest.raises(NoConsent):
        await ahead.store(ALICE, "phone", PHONE)
    await behind.close()


async def test_a_consent_that_is_written_while_it_is_withdrawn_does_not_stand(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = await fill(people)
    add = PeopleTables.add_consent

    async def late(self: PeopleTables, *given: object) -> bool:
        await records.withdraw(ALICE, ["phone"])
        await records.store(BOB, "phone", PHONE)
        return await add(self, *given)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(PeopleTables, "add_consent", late)
        await records.consent(ALICE, ["phone"], how="web")

    def standing(consents: list[Consent]) -> list[str]:
        return [one.field for one in consents if not one.withdrawn_at]

    assert standing(await records.consents(ALICE)) == ["nickname"]
    assert standing(await records.consents(BOB)) == ["phone", "nickname"]


FIELD = {"field": "phone", "purpose": "送货", "text_version": "1", "sealed": b"late", "service": 0}


@pytest.mark.parametrize("what", ["withdraw", "person", "account"])
@pytest.mark.parametrize("places", ["postgres"], indirect=True)
async def test_what_is_not_committed_yet_is_waited_for(
    people: People, places: Places, clock: MovableClock, what: str
) -> None:
    """Statements of another process, as the program carries them out, in a transaction that is still open when the
    erasure begins."""
    records = people.records(SHOP, purposes())
    await records.consent(ALICE, ["phone", "nickname"], how="chat")
    [number] = await people.vault(SHOP).numbers([ALICE])
    values = {**FIELD, "account": SHOP, "number": number, "now": clock.now(), "shown": b"late"}
    values |= {"purpose": purposes().of("phone").purpose, "text_version": purposes().of("phone").text_version}
    erasure = people.erasure(SHOP)
    with psycopg.connect(places.data.address.reveal()) as other:
        for sql in (PUT_FIELD, ADD_CONSENT)[: 1 if what == "withdraw" else 2]:
            text = re.sub(r":([a-z_]+)", r"%(\1)s", sql.format(**LOCKS))
            assert other.execute(text.encode(), values).fetchall()
        begun = asyncio.create_task(
            {
                "withdraw": lambda: records.withdraw(ALICE, ["phone"]),
                "person": lambda: erasure.person(ALICE, reason="request"),
                "account": lambda: erasure.account(reason="end"),
            }[what]()  # type: ignore[no-untyped-call]
        )
        await until_waiting(places.data)
        assert not begun.done()
        other.commit()
    await begun
    left = await rows_of(places.data)
    if what == "withdraw":
        assert await records.read(ALICE, "phone") is None
        assert [bool(one.withdrawn_at) for one in await records.consents(ALICE)] == [True, False]
    else:
        assert number not in {row[1] for row in left["person_field"]}
        assert number not in {row[2] for row in left["person_consent"]}


async def until_waiting(url: DatabaseUrl) -> None:
    """Until a statement waits for another transaction."""
    waiting = b"""SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'"""
    with psycopg.connect(url.address.reveal(), autocommit=True) as watcher:
        async with asyncio.timeout(20):
            while watcher.execute(waiting).fetchone() == (0,):  # noqa: ASYNC110 (the server tells of no such thing)
                await asyncio.sleep(0.01)
