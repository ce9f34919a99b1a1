"""Numbers for OpenIDs, sealing and keys: the same on SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio

import pytest

from gongzhong import MovableClock
from gongzhong.errors import ArgumentError, SetupError, StateDown
from gongzhong.people import Audit, DataDamaged, LocalMaster, Masters, People, PersonErased

from .conftest import Places

pytestmark = pytest.mark.anyio
SHOP, OTHER = "wx00000000000000aa", "wx00000000000000bb"
OPENIDS = [f"oPerson{number:021d}" for number in range(5)]


async def erase(people: People, account: str, number: int) -> None:
    assert await people.keyring.tables.record_erasure(account, number, b"", 1.0, "person")


async def test_an_openid_has_one_number_and_a_number_its_openid(people: People, places: Places) -> None:
    vault = people.vault(SHOP)
    numbers = await vault.numbers([*OPENIDS, OPENIDS[0]])
    assert len(set(numbers)) == 5
    assert numbers[0] == numbers[5]
    assert await vault.numbers(OPENIDS) == numbers[:5]
    assert await vault.openids([numbers[3], 999, numbers[0]]) == [OPENIDS[3], None, OPENIDS[0]]
    assert await vault.find([OPENIDS[1], "oNobody"]) == [numbers[1], None]
    other_process = places.open()
    assert await other_process.vault(SHOP).openids(numbers[:2]) == OPENIDS[:2]
    await other_process.close()
    with pytest.raises(ArgumentError):
        await vault.numbers([""])


async def test_processes_that_make_the_same_people_agree(people: People, places: Places) -> None:
    other = places.open()
    openids = [f"oTogether{number}" for number in range(200)]
    found = await asyncio.gather(
        people.vault(SHOP).numbers(openids),
        other.vault(SHOP).numbers(openids[::-1]),
        people.vault(SHOP).numbers(openids[10:30]),
    )
    assert found[0] == found[1][::-1]
    assert found[0][10:30] == found[2]
    assert await other.vault(SHOP).openids(found[0]) == openids
    await other.close()


async def test_what_was_sealed_opens_for_its_person_field_and_account_only(people: People) -> None:
    vault, other = people.vault(SHOP), people.vault(OTHER)
    one, two = await vault.numbers(OPENIDS[:2])
    [theirs] = await other.numbers(OPENIDS[:1])
    [sealed, again] = await vault.seal([(one, "phone", b"13800000000"), (one, "phone", b"13800000000")])
    assert sealed != again, "equal values must not be recognizable"
    assert b"138" not in sealed
    assert await vault.unseal([(one, "phone", sealed)]) == [b"13800000000"]
    for number, field, value in [
        (two, "phone", sealed),
        (one, "address", sealed),
        (one, "phone", sealed[:-1]),
        (one, "phone", sealed[:20] + bytes([sealed[20] ^ 1]) + sealed[21:]),
        (one, "phone", b""),
    ]:
        with pytest.raises(DataDamaged) as refused:
            await vault.unseal([(number, field, value)])
        assert "138" not in str(refused.value)
    with pytest.raises(DataDamaged):
        await other.unseal([(theirs, "phone", sealed)])
    assert await vault.lookup("phone", "138") != await other.lookup("phone", "138")


async def test_an_erased_person_cannot_be_read_or_written_by_any_process(
    people: People, places: Places
) -> None:
    vault, other = people.vault(SHOP), places.open()
    one, two = await vault.numbers(OPENIDS[:2])
    sealed = await other.vault(SHOP).seal([(one, "name", b"A"), (two, "name", b"B")])
    await erase(people, SHOP, one)
    for view in (vault, other.vault(SHOP)):
        assert await view.unseal([(one, "name", sealed[0]), (two, "name", sealed[1])]) == [None, b"B"]
        assert await view.openids([one, two]) == [None, OPENIDS[1]]
        with pytest.raises(PersonErased) as refused:
            await view.seal([(two, "name", b"B"), (one, "name", b"A")])
        assert refused.value.numbers == (one,)
    await other.close()


async def test_the_account_key_rotates_while_another_process_works(people: People, places: Places) -> None:
    vault, other = people.vault(SHOP), places.open()
    numbers = await vault.numbers(OPENIDS)
    sealed = await vault.seal([(number, "name", b"x%d" % number) for number in numbers])
    assert await other.vault(SHOP).openids(numbers) == OPENIDS  # it knows the old key now
    before = {
        row.version for row in await people.keyring.tables.account_keys(SHOP) if row.purpose == "people"
    }
    done: list[int] = []
    assert await people.keyring.rotate_account(SHOP, done.append) == 5
    after = {row.version for row in await people.keyring.tables.account_keys(SHOP) if row.purpose == "people"}
    assert done == [5]
    assert len(after) == 1
    assert not before & after
    [new] = await other.vault(SHOP).numbers(["oNew"])  # it still wraps with the old key, and must notice
    assert await vault.openids([new, *numbers]) == ["oNew", *OPENIDS]
    items = [(number, "name", value) for number, value in zip(numbers, sealed, strict=True)]
    assert await other.vault(SHOP).unseal(items) == [b"x%d" % number for number in numbers]
    await other.close()


async def test_the_master_key_rotates_and_the_old_one_is_no_longer_needed(
    people: People, places: Places
) -> None:
    numbers = await people.vault(SHOP).numbers(OPENIDS)
    new = LocalMaster(b"n" * 32)
    stranger = places.open(Masters(new))
    with pytest.raises(SetupError, match=places.master.name):
        await stranger.vault(SHOP).openids(numbers)
    both = places.open(Masters(new, [places.master]))
    assert await both.keyring.rewrap_accounts() == 2
    assert await both.keyring.rewrap_accounts() == 0
    assert await stranger.vault(SHOP).openids(numbers) == OPENIDS
    await both.close()
    await stranger.close()


async def test_keys_of_another_account_do_not_open(people: People) -> None:
    """A row that somebody moved to another account in the key store is refused."""
    tables = people.keyring.tables
    await people.vault(SHOP).numbers(OPENIDS[:1])
    for row in await tables.account_keys(SHOP):
        await tables.add_account_key(OTHER, row, 1.0, first=True)
    with pytest.raises(SetupError):
        await people.vault(OTHER).numbers(OPENIDS[:1])


async def test_a_process_that_goes_on_after_the_account_was_erased_elsewhere_makes_people_that_are_found(
    people: People, places: Places, clock: MovableClock
) -> None:
    """It still holds the keys from before in its memory: blind indexes made with them would be found by nobody."""
    other = places.open()
    await people.vault(SHOP).numbers(OPENIDS)
    await other.vault(SHOP).numbers(OPENIDS)
    await Audit(other.vault(SHOP)).append("before")
    clock.advance(1)
    await people.erasure(SHOP).account(reason="end of service")
    clock.advance(1)
    made = await other.vault(SHOP).numbers(OPENIDS)
    assert await people.vault(SHOP).find(OPENIDS) == made
    assert await other.vault(SHOP).find(OPENIDS) == made
    assert await places.open().vault(SHOP).openids(made) == OPENIDS
    await Audit(other.vault(SHOP)).append("after")
    assert (await Audit(places.open().vault(SHOP)).verify()).whole
    await other.close()


async def test_a_process_that_goes_on_finds_whom_another_one_made_after_the_erasure(
    people: People, places: Places, clock: MovableClock
) -> None:
    other = places.open()
    other.keyring.look_every_s = 0
    await people.vault(SHOP).numbers(OPENIDS)
    await other.vault(SHOP).numbers(OPENIDS)
    clock.advance(1)
    await people.erasure(SHOP).account(reason="end of service")
    clock.advance(1)
    assert await other.vault(SHOP).find(OPENIDS) == [None] * 5
    made = await people.vault(SHOP).numbers(OPENIDS)
    assert await other.vault(SHOP).find(OPENIDS) == made
    assert await other.erasure(SHOP).person(OPENIDS[0], reason="unsubscribe") is not None
    await other.close()


class Service(LocalMaster):
    """A key service that counts what it is asked, and can be out of reach."""

    def __init__(self) -> None:
        super().__init__(b"s" * 32)
        self.asked, self.down = 0, False

    async def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        self.asked += 1
        await asyncio.sleep(0)
        if self.down:
            raise ConnectionResetError
        return await super().unwrap(wrapped, context)


async def test_a_key_service_is_asked_once_however_many_ask_and_its_outage_is_waited_for(
    places: Places,
) -> None:
    service = Service()
    first = places.open(Masters(service))
    await first.vault(SHOP).numbers(OPENIDS)
    service.asked = 0
    people = places.open(Masters(service))
    service.down = True
    with pytest.raises(StateDown, match="ConnectionResetError"):
        await people.vault(SHOP).find(OPENIDS)
    service.down, service.asked = False, 0
    await asyncio.gather(*(people.vault(SHOP).find([openid]) for openid in OPENIDS * 10))
    assert service.asked == 2, "the key that wraps people's, and the index"
    service.down = True
    assert None not in await people.vault(SHOP).find(OPENIDS)
    for one in (first, people):
        await one.close()
