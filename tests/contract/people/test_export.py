"""An export holds everything: fields, consents, history, the session, and what waits."""

from __future__ import annotations

import json
from base64 import b64decode

import msgspec
import pytest

from gongzhong import Account, MovableClock, Secret
from gongzhong.app import App, Services
from gongzhong.app.export import export_stored, stored_erasure
from gongzhong.app.inbox import ANSWER, PUSH, KeptAnswer, KeptPush
from gongzhong.app.sessions import PLACE
from gongzhong.campaigns.audience import Recipient
from gongzhong.campaigns.campaigns import Campaigns
from gongzhong.campaigns.contents import MassMessage, TemplateMessage
from gongzhong.campaigns.decision import Attempt, Outcome, Verdict
from gongzhong.campaigns.plan import Plan
from gongzhong.campaigns.stages import Stage
from gongzhong.campaigns.tables import CampaignTables, Limits
from gongzhong.database.statements import Statements
from gongzhong.messages import Text, encode
from gongzhong.people import People
from gongzhong.people.sealed import SealedSessions, SealedWork
from gongzhong.sharing.person import Answered, PersonRecord, record_key, written
from gongzhong.state import open_state
from gongzhong.state.sessions import StateSessionStore
from gongzhong.store import NewWork
from gongzhong.store.sql import SqlWork

from .conftest import Places
from .test_erasure import PHONE, fill
from .test_records import ALICE, BOB, SHOP, purposes

pytestmark = pytest.mark.anyio


async def test_an_export_holds_what_campaigns_sent_and_with_which_variables(
    people: People, places: Places, clock: MovableClock
) -> None:
    await fill(people, ALICE, BOB)
    tables = CampaignTables(people.tables.database)
    campaigns = Campaigns(SHOP, tables, people.vault(SHOP), clock)
    other = Campaigns("wx00000000000000bb", tables, people.vault("wx00000000000000bb"), clock)
    reminder = Plan(content=TemplateMessage(template_id="t" * 43, data={"thing1": "{书名}"}))
    given = [Recipient(who, {"书名": f"{who}的书"}) for who in (BOB, ALICE)]
    made = await campaigns.plan("提醒", reminder, given)
    news = Plan(content=MassMessage(text="新书到店"))
    await campaigns.plan("新书", news, [Recipient(who, {}) for who in (BOB, ALICE)])
    await other.plan("别处", reminder, [Recipient(ALICE, {"书名": "别处的书"})])
    [(chunk, jobs, _)] = await tables.chunks(made.id)
    for stage in (Stage.APPROVED, Stage.RUNNING):
        made = await tables.move(made, stage, clock.now())
        assert made is not None
    [claim] = await tables.claim(made.id, "holder", 1, clock.now(), 60)
    assert isinstance(await tables.intend(SHOP, claim, 1, range(jobs), clock.now(), Limits()), Attempt)
    outcomes = [Outcome(position, 1, Verdict.ACCEPTED, at=clock.now()) for position in range(jobs)]
    await tables.record(made.id, chunk, outcomes)

    found = await export_stored(people, SHOP, purposes(), ALICE, state="")
    assert found is not None
    assert json.loads(json.dumps(found, ensure_ascii=False)) == found
    sent, waiting = found["campaigns"]
    assert (sent["campaign"], sent["kind"], sent["state"]) == ("提醒", "template", "accepted")
    assert sent["variables"] == {"书名": f"{ALICE}的书"}
    assert sent["content"]["data"] == {"thing1": "{书名}"}
    assert sent["at"] == found["exported_at"]
    assert (waiting["campaign"], waiting["state"], waiting["at"]) == ("新书", "waiting", None)
    assert waiting["variables"] == {}
    await people.records(SHOP, purposes()).consent("oNew", ["phone"], how="chat")
    new = await export_stored(people, SHOP, purposes(), "oNew", state="")
    assert new is not None and new["campaigns"] == []


async def test_an_export_holds_what_is_remembered_and_what_waits(
    people: People, places: Places, clock: MovableClock
) -> None:
    await fill(people, ALICE, BOB)
    address = places.data.address.reveal() or places.data.place
    state = open_state(address, clock)
    sessions = SealedSessions(StateSessionStore(state), people)
    await sessions.save(f"{SHOP}:{ALICE}", json.dumps({"title": "三体", PLACE: None}).encode(), 60)
    await sessions.save(f"{SHOP}:{BOB}", b'{"title": "secret of Bob"}', 60)
    work = SealedWork(SqlWork(people.tables.database, clock), people)
    said = Text(to_user_name="gh_1", from_user_name=ALICE, create_time=1, content="我的书呢", msg_id=1)
    push = msgspec.msgpack.encode(KeptPush(encode(said), "k", False))
    reply = msgspec.msgpack.encode(KeptAnswer("TextReply", {"content": "明天到"}, "quota", clock.now(), ""))
    await work.add(SHOP, [NewWork(kind=PUSH, data=push, line=ALICE, key="k")])
    await work.add(SHOP, [NewWork(kind=ANSWER, data=reply, line=ALICE)])
    await work.add(SHOP, [NewWork(kind=PUSH, data=push, line=BOB, key="b")])
    record = PersonRecord(answered=[Answered("k", "您的地址是".encode(), clock.now())])
    for openid in (ALICE, BOB):
        await state.put(record_key(SHOP, openid), written(record), replaces=0, ttl_s=60)
    await state.close()

    found = await export_stored(people, SHOP, purposes(), ALICE, state=address, by="店长")
    assert found is not None
    assert PHONE in [one["value"] for one in found["fields"]]
    assert found["session"] == {"title": "三体"}, "without the place in a dialogue"
    assert [one["kind"] for one in found["waiting"]] == ["message", "answer"]
    assert found["waiting"][1]["content"]["content"] == "明天到"
    assert found["waiting"][0]["content"]["Content"] == "我的书呢"
    assert "secret of Bob" not in json.dumps(found, ensure_ascii=False)
    without = await export_stored(people, SHOP, purposes(), ALICE, state="")
    assert without is not None and without["session"] == {}
    assert await export_stored(people, SHOP, purposes(), "oNobody", state=address) is None
    async with stored_erasure(people, SHOP, address) as erasure:
        assert await erasure.person(ALICE, reason="request") is not None
    left = open_state(address, clock)
    below = StateSessionStore(left)
    numbers = await people.tables.people(SHOP, -1, 10)
    assert [await below.load(f"{SHOP}:{number}") is not None for number in (*numbers, numbers[0] - 1)] == [
        True,
        False,
    ]
    said = [await left.get(record_key(SHOP, openid)) for openid in (ALICE, BOB)]
    assert [found is not None and "地址".encode() in found.data for found in said] == [False, True]
    await left.close()


async def test_a_program_that_erases_somebody_removes_what_was_said_from_the_shared_state(
    people: People, places: Places, clock: MovableClock
) -> None:
    await fill(people, ALICE)
    address = places.data.address.reveal() or places.data.place
    state = open_state(address, clock)
    record = PersonRecord(answered=[Answered("k", "您的地址是".encode(), clock.now())])
    await state.put(record_key(SHOP, ALICE), written(record), replaces=0, ttl_s=60)
    shop = Account(appid=SHOP, secret=Secret("s" * 32), token=Secret("shoptoken"))
    binding = App().bind(shop, Services(clock=clock, state=address, store=address, people=people))
    assert await binding.erase(ALICE) is not None
    await binding.shutdown()
    found = await state.get(record_key(SHOP, ALICE))
    assert found is not None and "地址".encode() not in found.data
    await state.close()


async def test_a_row_that_cannot_be_read_stands_in_the_export_as_it_is(
    people: People, places: Places
) -> None:
    """Of a newer version, or changed in the database; it is put aside only when its turn comes."""
    await fill(people, ALICE)
    below = SqlWork(people.tables.database, places.clock)
    store = SealedWork(below, people)
    texts = (b"from a newer version", b"changed later", b"whole")
    [_, changed, _] = await store.add(SHOP, [NewWork(kind=ANSWER, data=text, line=ALICE) for text in texts])
    [taken, *_] = [row for row in await below.show(SHOP) if row.id == changed.id]
    statements = Statements(people.tables.database)
    damage = {"data": taken.data[:-1] + b"x", "id": changed.id}
    await statements.run(("UPDATE work SET data = :data WHERE id = :id", damage))
    found = await export_stored(people, SHOP, purposes(), ALICE, state="")
    assert found is not None
    assert [b64decode(one["unreadable"]) for one in found["waiting"]] == [texts[0], b"", texts[2]]
    rows = await store.take_line(SHOP, [ANSWER], ALICE, "me", 60)
    assert [row.data for row in rows] == [texts[0], b"", texts[2]], "one damaged row stops no other"
