"""Consent, purpose, retention and export, in both engines."""

from __future__ import annotations

import json

import pytest

from gongzhong import MovableClock
from gongzhong.errors import ArgumentError
from gongzhong.people import (
    Collected,
    NoConsent,
    People,
    Purposes,
    Records,
    SnapshotUser,
    UndeclaredField,
)
from gongzhong.people.records import LONGEST_VALUE

pytestmark = pytest.mark.anyio
SHOP, OTHER = "wx00000000000000aa", "wx00000000000000bb"
ALICE, BOB = "oAlice0000000000000000000001", "oBob000000000000000000000002"


def purposes(text_version: str = "2026-11") -> Purposes:
    declared = Purposes()
    declared.add(
        Collected(
            field="phone", purpose="送货", text_version=text_version, text="只用于联系收货", keep_days=30
        )
    )
    declared.add(Collected(field="nickname", purpose="称呼", text_version="1", item=205))
    declared.add(Collected(field="subscribed", purpose="发送通知", text_version="1", basis="service"))
    return declared


@pytest.fixture
def records(people: People) -> Records:
    return people.records(SHOP, purposes())


async def test_nothing_is_stored_without_a_recorded_consent(records: Records, people: People) -> None:
    with pytest.raises(NoConsent, match="phone") as refused:
        await records.store(ALICE, "phone", "13800000000")
    assert "138" not in str(refused.value)
    assert await people.vault(SHOP).find([ALICE]) == [None], "not even a person was made"
    with pytest.raises(UndeclaredField, match="birthday"):
        await records.store(ALICE, "birthday", "1990-01-01")
    await records.consent(ALICE, ["phone"], how="chat")
    await records.store(ALICE, "phone", "13800000000")
    assert await records.read(ALICE, "phone") == "13800000000"
    with pytest.raises(NoConsent):
        await records.store(ALICE, "nickname", "爱丽丝")
    with pytest.raises(NoConsent):
        await records.store(BOB, "phone", "1")
    await records.store(BOB, "subscribed", True)
    assert await records.all(BOB) == {"subscribed": True}


async def test_what_was_shown_is_recorded(records: Records, clock: MovableClock) -> None:
    text = records.ask(["phone", "nickname"])
    assert text == "phone：送货。只用于联系收货\nnickname：称呼"
    await records.consent(ALICE, ["phone", "nickname"], how="web", text=text)
    first, second = await records.consents(ALICE)
    assert (first.field, first.purpose, first.text_version, first.how) == ("phone", "送货", "2026-11", "web")
    assert first.text == second.text == text
    assert (first.given_at, first.withdrawn_at) == (clock.now(), 0.0)


async def test_a_new_text_version_needs_a_new_consent(records: Records, people: People) -> None:
    await records.consent(ALICE, ["phone"], how="chat")
    changed = people.records(SHOP, purposes("2026-12"))
    with pytest.raises(NoConsent, match="2026-12"):
        await changed.store(ALICE, "phone", "1")
    await changed.consent(ALICE, ["phone"], how="chat")
    await changed.store(ALICE, "phone", "1")


async def test_a_withdrawn_consent_takes_the_value_with_it(records: Records, clock: MovableClock) -> None:
    await records.consent(ALICE, ["phone", "nickname"], how="chat")
    await records.store(ALICE, "phone", "1")
    await records.store(ALICE, "nickname", "爱丽丝")
    clock.advance(60)
    assert await records.withdraw(ALICE, ["phone"]) == ["phone"]
    assert await records.all(ALICE) == {"nickname": "爱丽丝"}
    with pytest.raises(NoConsent):
        await records.store(ALICE, "phone", "1")
    assert [one.withdrawn_at for one in await records.consents(ALICE)] == [clock.now(), 0.0]
    assert await records.withdraw("oNobody", ["phone"]) == []


async def test_virtual_people_of_snapshot_pages_are_never_stored(records: Records, people: People) -> None:
    with pytest.raises(SnapshotUser):
        await records.consent(ALICE, ["phone"], how="web", snapshot=True)
    with pytest.raises(SnapshotUser):
        await records.store(ALICE, "subscribed", True, snapshot=True)
    assert await people.vault(SHOP).find([ALICE]) == [None]


async def test_values_are_deleted_when_their_time_is_over(records: Records, clock: MovableClock) -> None:
    await records.consent(ALICE, ["phone", "nickname"], how="chat")
    await records.store(ALICE, "phone", "1")
    await records.store(ALICE, "nickname", "爱丽丝")
    clock.advance(days=29)
    assert await records.retain() == {}
    await records.consent(BOB, ["phone"], how="chat")
    await records.store(BOB, "phone", "2")
    clock.advance(days=1.5)
    assert await records.retain() == {"phone": 1}
    assert await records.all(ALICE) == {"nickname": "爱丽丝"}
    assert await records.all(BOB) == {"phone": "2"}


async def test_a_person_gets_everything_as_json(records: Records) -> None:
    await records.consent(ALICE, ["phone"], how="chat")
    await records.store(ALICE, "phone", "13800000000")
    export = await records.export(ALICE, by="operator")
    assert export is not None
    assert json.loads(json.dumps(export, ensure_ascii=False)) == export
    assert export["openid"] == ALICE
    assert export["exported_at"] == "2026-09-21T14:13:20Z"
    assert [(one["field"], one["value"]) for one in export["fields"]] == [("phone", "13800000000")]
    assert [one["field"] for one in export["consents"]] == ["phone"]
    assert [one["action"] for one in export["history"]] == ["consent", "export"]
    assert await records.export(BOB) is None


async def test_no_road_leads_to_another_account(records: Records, people: People) -> None:
    """The same OpenID in two accounts is two people, whatever is asked."""
    other = people.records(OTHER, purposes())
    await records.consent(ALICE, ["phone"], how="chat")
    await records.store(ALICE, "phone", "13800000000")
    [number] = await people.vault(SHOP).find([ALICE])
    assert number is not None
    assert await other.all(ALICE) == {}
    assert await other.consents(ALICE) == []
    assert await other.export(ALICE) is None
    assert await other.audit.entries() == []
    with pytest.raises(NoConsent):
        await other.store(ALICE, "phone", "1")
    assert await people.vault(OTHER).openids([number]) == [None]
    assert await other.withdraw(ALICE, ["phone"]) == []
    assert await people.erasure(OTHER).person(ALICE, reason="request") is None
    await people.erasure(OTHER).account(reason="end of service")
    assert await people.erasure(OTHER).replay() == 0
    assert await records.read(ALICE, "phone") == "13800000000"
    assert await people.erasure(SHOP).certificates() == []


async def test_what_cannot_be_stored_is_refused(records: Records, people: People) -> None:
    await records.consent(ALICE, ["phone"], how="chat")
    with pytest.raises(ArgumentError, match="1048578"):
        await records.store(ALICE, "phone", "x" * LONGEST_VALUE)
    assert await records.all(ALICE) == {}
    for odd in ("", "o" * 129, "o\udc80"):
        with pytest.raises(ArgumentError):
            await records.consent(odd, ["phone"], how="chat")
        assert await records.export(odd) is None
