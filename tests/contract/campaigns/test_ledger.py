"""The ledger of campaigns, the same in SQLite and PostgreSQL: who may send, what was intended, what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest

from gongzhong.campaigns import Attempt, Outcome, State, Verdict
from gongzhong.campaigns.result_tables import Heard, ResultTables
from gongzhong.campaigns.stages import Campaign, Stage
from gongzhong.campaigns.tables import CLAIM, CampaignTables, Claim, Limits, Refused
from gongzhong.database import SqliteDatabase, read_url
from gongzhong.database.postgres import PostgresDatabase
from gongzhong.database.statements import statement
from gongzhong.store import migrate

from ..conftest import NOON

pytestmark = pytest.mark.anyio
SHOP = "wx00000000000000aa"
TABLES = ("attempt", "budget", "chunk", "field", "outcome", "recipient", "result")


@pytest.fixture(params=["sqlite", "postgres"])
async def tables(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[CampaignTables]:
    if request.param == "sqlite":
        url = read_url(f"sqlite:///{tmp_path / 'campaigns.db'}")
        migrate.prepare(url)
        opened = CampaignTables(SqliteDatabase(url.path))
    else:
        direct = request.getfixturevalue("postgres").url
        migrate.upgrade(read_url(direct))
        with psycopg.connect(direct, autocommit=True) as connection:
            names = ", ".join(["campaign", *(f"campaign_{name}" for name in TABLES)])
            connection.execute(f"TRUNCATE {names}".encode())
        opened = CampaignTables(PostgresDatabase(read_url(direct)))
    yield opened
    await opened.close()


async def running(tables: CampaignTables, chunks: int = 1, size: int = 3, kind: str = "template") -> Campaign:
    campaign = await tables.create(SHOP, "reminder", kind, b"{}", NOON)
    for chunk in range(chunks):
        await tables.add_chunk(campaign.id, chunk, [(chunk * size + n + 1, b"\x00v") for n in range(size)])
    for moved in (Stage.PLANNED, Stage.APPROVED, Stage.RUNNING):
        if moved is Stage.PLANNED:
            found = await tables.filled(campaign.id, NOON)
        else:
            found = await tables.move(campaign, moved, NOON)
        assert found is not None
        campaign = found
    return campaign


async def claimed(tables: CampaignTables, campaign: Campaign, holder: str = "a", at: float = NOON) -> Claim:
    (claim,) = await tables.claim(campaign.id, holder, 1, at, 30)
    return claim


async def test_nothing_is_sent_before_it_was_approved_or_after_a_pause(tables: CampaignTables) -> None:
    planned = await tables.create(SHOP, "reminder", "template", b"{}", NOON)
    await tables.add_chunk(planned.id, 0, [(1, b"")])
    claim = await claimed(tables, planned)
    assert await tables.intend(SHOP, claim, 1, [0], NOON, Limits()) is Refused.CAMPAIGN
    filled = await tables.filled(planned.id, NOON)
    assert filled is not None and (filled.stage, filled.recipients) == (Stage.PLANNED, 1)
    assert await tables.move(filled, Stage.RUNNING, NOON) is None
    approved = await tables.move(filled, Stage.APPROVED, NOON)
    assert approved is not None
    assert await tables.move(filled, Stage.APPROVED, NOON) is None, "somebody else changed it meanwhile"
    started = await tables.move(approved, Stage.RUNNING, NOON + 5)
    assert started is not None and started.started_at == NOON + 5
    assert isinstance(await tables.intend(SHOP, claim, 1, [0], NOON, Limits()), Attempt)
    paused = await tables.move(started, Stage.PAUSED, NOON + 6, "Friday")
    assert paused is not None and paused.reason == "Friday"
    assert await tables.intend(SHOP, claim, 2, [0], NOON, Limits()) is Refused.CAMPAIGN


async def test_a_chunk_belongs_to_one_holder_until_its_lease_ends(tables: CampaignTables) -> None:
    campaign = await running(tables, chunks=3)
    first = await tables.claim(campaign.id, "a", 2, NOON, 30)
    assert [(claim.chunk, claim.fence, claim.jobs) for claim in first] == [(0, 1, 3), (1, 1, 3)]
    assert [claim.chunk for claim in await tables.claim(campaign.id, "b", 9, NOON, 30)] == [2]
    assert await tables.renew(campaign.id, "a", NOON + 20, 30) == {0, 1}
    again = await tables.claim(campaign.id, "b", 9, NOON + 40, 30)
    assert [(claim.chunk, claim.fence) for claim in again] == [(2, 2)]
    taken = await tables.claim(campaign.id, "b", 1, NOON + 60, 30)
    assert [(claim.chunk, claim.fence) for claim in taken] == [(0, 2)]
    assert await tables.intend(SHOP, first[0], 1, [0], NOON + 60, Limits()) is Refused.LEASE
    assert not await tables.release(first[0], NOON)
    assert not await tables.finish(first[0], {})
    assert await tables.renew(campaign.id, "a", NOON + 60, 30) == {1}


async def test_claims_at_the_same_time_get_different_chunks(tables: CampaignTables) -> None:
    campaign = await running(tables, chunks=6, size=1)
    found = await asyncio.gather(*(tables.claim(campaign.id, f"w{n}", 2, NOON, 30) for n in range(4)))
    chunks = [claim.chunk for claims in found for claim in claims]
    assert len(chunks) == len(set(chunks))


async def test_an_intent_asked_again_is_found_and_another_of_the_same_number_is_not(
    tables: CampaignTables,
) -> None:
    campaign = await running(tables)
    claim = await claimed(tables, campaign)
    written = await tables.intend(SHOP, claim, 1, [0, 2], NOON, Limits())
    assert await tables.intend(SHOP, claim, 1, [0, 2], NOON, Limits()) == written
    newer = await claimed(tables, campaign, "b", NOON + 31)
    assert await tables.intend(SHOP, newer, 1, [1], NOON + 31, Limits()) not in (written, None)
    ledger = await tables.ledger(campaign.id, 0, claim.jobs, "template")
    assert [(one.n, one.fence, one.members) for one in ledger.attempts] == [(1, 1, 0b101)]
    assert [one.state for one in ledger.histories()] == [State.IN_DOUBT, State.WAITING, State.IN_DOUBT]


async def test_a_quota_is_charged_with_the_intent_and_never_beyond(tables: CampaignTables) -> None:
    campaign = await running(tables, chunks=4)
    claims = await tables.claim(campaign.id, "a", 4, NOON, 30)
    day = Limits(quota="template 2026-11-29", most=7)
    asked = [tables.intend(SHOP, claim, 1, [0, 1, 2], NOON, day) for claim in claims]
    given = await asyncio.gather(*asked)
    assert sorted(str(one) for one in given if one is Refused.QUOTA) == ["quota", "quota"]
    spare = claims[[one is Refused.QUOTA for one in given].index(True)]
    assert isinstance(await tables.intend(SHOP, spare, 1, [0], NOON, day), Attempt)
    assert await tables.intend(SHOP, spare, 2, [1], NOON, day) is Refused.QUOTA
    fresh = Limits(quota="template 2026-11-30", most=7)
    assert isinstance(await tables.intend(SHOP, spare, 2, [1], NOON, fresh), Attempt)
    await tables.used_up(SHOP, fresh.quota, fresh.most)
    assert await tables.intend(SHOP, spare, 3, [2], NOON, fresh) is Refused.QUOTA


async def test_a_rate_holds_for_all_holders_together(tables: CampaignTables) -> None:
    campaign = await running(tables, chunks=2, size=10)
    one, two = await tables.claim(campaign.id, "a", 2, NOON, 30)
    rate = Limits(rate=5.0, ahead_s=1.0)
    assert isinstance(await tables.intend(SHOP, one, 1, range(10), NOON, rate), Attempt)
    assert await tables.intend(SHOP, two, 1, [0], NOON, rate) is Refused.RATE
    assert await tables.intend(SHOP, two, 1, [0], NOON + 0.9, rate) is Refused.RATE
    assert isinstance(await tables.intend(SHOP, two, 1, [0], NOON + 1, rate), Attempt)


async def test_outcomes_are_appended_once_and_count_also_when_they_come_late(tables: CampaignTables) -> None:
    campaign = await running(tables)
    claim = await claimed(tables, campaign)
    await tables.intend(SHOP, claim, 1, range(3), NOON, Limits())
    await claimed(tables, campaign, "b", NOON + 31)
    came = [
        Outcome(0, 1, Verdict.ACCEPTED, msgid=2_001_234_567_890_123_456, at=NOON + 1.5),
        Outcome(1, 1, Verdict.REFUSED, 43004, at=NOON + 1),
    ]
    for _ in range(2):
        await tables.record(campaign.id, 0, came)
    ledger = await tables.ledger(campaign.id, 0, 3, "template")
    assert sorted(ledger.outcomes, key=lambda one: one.position) == came
    assert [one.state for one in ledger.histories()] == [State.ACCEPTED, State.REFUSED, State.IN_DOUBT]


async def test_a_result_may_come_before_the_answer_is_recorded_and_twice(tables: CampaignTables) -> None:
    campaign = await running(tables, size=1)
    claim = await claimed(tables, campaign)
    results = ResultTables(tables.database)
    heard = [
        await results.hear(SHOP, result(77, status, delivered=status == "success"), "", NOON)
        for status in ("failed:user block", "success")
    ]
    assert heard == [True, False]
    await tables.intend(SHOP, claim, 1, [0], NOON, Limits())
    await tables.record(campaign.id, 0, [Outcome(0, 1, Verdict.ACCEPTED, msgid=77)])
    (history,) = (await tables.ledger(campaign.id, 0, 1, "template")).histories()
    assert (history.state, history.status) == (State.FAILED, "failed:user block")
    (other,) = (await tables.ledger(campaign.id, 0, 1, "mass")).histories()
    assert other.state is State.ACCEPTED


def result(msgid: int, status: str = "success", *, delivered: bool = True, kind: str = "template") -> Heard:
    return Heard(kind, msgid, 1, "t1" if kind == "notice" else "", NOON, delivered, status)


async def test_results_that_no_campaign_sent_are_ignored_or_go_after_a_day(tables: CampaignTables) -> None:
    results = ResultTables(tables.database)
    assert not await results.hear(SHOP, result(1), "", NOON), "there is no campaign"
    campaign = await running(tables, size=1)
    assert not await results.hear("wx00000000000000bb", result(2), "", NOON)
    assert not await results.hear(SHOP, result(3, kind="mass"), "broadcast", NOON)
    assert await results.hear(SHOP, result(4), "", NOON + 5), "its outcome may not be recorded yet"
    claim = await claimed(tables, campaign)
    await tables.intend(SHOP, claim, 1, [0], NOON, Limits())
    await tables.record(campaign.id, 0, [Outcome(0, 1, Verdict.ACCEPTED, msgid=77)])
    found = await tables.campaign(campaign.id)
    assert found is not None and await tables.move(found, Stage.CANCELLED, NOON + 10)
    assert not await results.hear(SHOP, result(5), "", NOON + 3700), "it ended an hour ago"
    assert await results.hear(SHOP, result(77), "", NOON + 90_000), "late, but its own"
    assert await results.purge(SHOP, NOON) == 0
    assert await results.purge(SHOP, NOON + 1) == 1
    (history,) = (await tables.ledger(campaign.id, 0, 1, "template")).histories()
    assert history.state is State.DELIVERED


async def test_a_notice_is_found_by_person_template_and_time(tables: CampaignTables) -> None:
    campaign = await running(tables, kind="notice", size=2)
    claim = await claimed(tables, campaign)
    await tables.intend(SHOP, claim, 1, [0], NOON, Limits())
    results = ResultTables(tables.database)
    for msgid, at in ((8, NOON - 500), (9, NOON + 2), (10, NOON + 9)):
        heard = Heard("notice", msgid, 1, "t1", at, msgid == 9, f"of {msgid}")
        assert await results.hear(SHOP, heard, "", NOON)
    one, other = (await tables.ledger(campaign.id, 0, 2, "notice", "t1")).histories()
    assert (one.state, one.status, other.state) == (State.DELIVERED, "of 9", State.WAITING)
    [none, _] = (await tables.ledger(campaign.id, 0, 2, "notice", "t2")).histories()
    assert none.state is State.IN_DOUBT
    assert await results.purge(SHOP, NOON + 100) == 0


async def test_outcomes_are_recorded_with_the_next_intent_also_when_that_is_refused(
    tables: CampaignTables,
) -> None:
    campaign = await running(tables)
    claim = await claimed(tables, campaign)
    await tables.intend(SHOP, claim, 1, [0], NOON, Limits())
    came = [Outcome(0, 1, Verdict.ACCEPTED, msgid=7, at=NOON)]
    await claimed(tables, campaign, "b", NOON + 31)
    assert await tables.intend(SHOP, claim, 2, [1], NOON + 31, Limits(), outcomes=came) is Refused.LEASE
    ledger = await tables.ledger(campaign.id, 0, 3, "template")
    assert (ledger.outcomes, len(ledger.attempts)) == (came, 1)


async def test_what_a_person_lets_be_sent_again_is_open_again(tables: CampaignTables) -> None:
    campaign = await running(tables, size=1)
    claim = await claimed(tables, campaign)
    await tables.intend(SHOP, claim, 1, [0], NOON, Limits())
    await tables.record(campaign.id, 0, [Outcome(0, 1, Verdict.UNKNOWN, at=NOON + 3600)])
    assert await tables.finish(claim, {Verdict.UNKNOWN: 1}) and await tables.complete(
        campaign.id, NOON + 3600
    )
    results = ResultTables(tables.database)
    progress = await results.progress(campaign.id)
    assert (progress.done, progress.unknown, progress.open) == (1, 1, 0)
    await tables.record(campaign.id, 0, [Outcome(0, 1, Verdict.RESEND, at=NOON + 4000)])
    await results.reopen(campaign.id, [0], NOON + 4000)
    found = await tables.campaign(campaign.id)
    assert found is not None and found.stage is Stage.PAUSED
    assert await tables.move(found, Stage.RUNNING, NOON + 4001)
    again = await claimed(tables, campaign, at=NOON + 4001)
    ledger = await tables.ledger(campaign.id, 0, 1, "template")
    assert ledger.histories()[0].state is State.WAITING
    assert isinstance(await tables.intend(SHOP, again, 2, [0], NOON + 4001, Limits()), Attempt)
    await tables.record(campaign.id, 0, [Outcome(0, 1, Verdict.ACCEPTED, msgid=7)])
    ledger = await tables.ledger(campaign.id, 0, 1, "template")
    assert ledger.histories()[0].state is State.ACCEPTED, "the answer to the first attempt came after all"


async def test_what_is_sent_again_while_a_worker_has_the_chunk_is_read_by_the_next_one(
    tables: CampaignTables,
) -> None:
    """The worker read the ledger before the decision, and would finish the chunk without it."""
    campaign = await running(tables, size=1)
    claim = await claimed(tables, campaign)
    await tables.intend(SHOP, claim, 1, [0], NOON, Limits())
    await tables.record(campaign.id, 0, [Outcome(0, 1, Verdict.UNKNOWN, at=NOON)])
    await tables.record(campaign.id, 0, [Outcome(0, 1, Verdict.RESEND, at=NOON + 5)])
    await ResultTables(tables.database).reopen(campaign.id, [0], NOON + 5)
    assert not await tables.finish(claim, {Verdict.UNKNOWN: 1})
    assert await tables.renew(campaign.id, "a", NOON + 10, 30) == set()
    assert await tables.claim(campaign.id, "b", 1, NOON + 29, 30) == [], "its calls may be under way"
    again = await claimed(tables, campaign, "b", NOON + 30)
    assert (await tables.ledger(campaign.id, 0, 1, "template")).histories()[0].state is State.WAITING
    assert isinstance(await tables.intend(SHOP, again, 2, [0], NOON + 31, Limits()), Attempt)


async def test_a_campaign_ends_when_all_its_chunks_have(tables: CampaignTables) -> None:
    campaign = await running(tables, chunks=2)
    one, two = await tables.claim(campaign.id, "a", 2, NOON, 30)
    assert await tables.finish(one, {Verdict.ACCEPTED: 2, Verdict.REFUSED: 1})
    assert not await tables.complete(campaign.id, NOON)
    assert await tables.release(two, NOON + 60)
    assert await tables.claim(campaign.id, "a", 2, NOON + 59, 30) == []
    again = await claimed(tables, campaign, at=NOON + 60)
    assert await tables.finish(again, {})
    assert await tables.complete(campaign.id, NOON)
    found = await tables.campaign(campaign.id)
    assert found is not None and found.stage is Stage.DONE
    assert [one.id for one in await tables.campaigns(SHOP, Stage.DONE)] == [campaign.id]
    assert await tables.campaigns("wx00000000000000bb") == []
    assert await tables.recipients(campaign.id, 1) == [(4, b"\x00v"), (5, b"\x00v"), (6, b"\x00v")]


async def test_a_claim_looks_at_no_recipient(tables: CampaignTables) -> None:
    """Asked of the database itself: the plan of a claim names the small table of chunks and its index only."""
    database = tables.database
    values = {"campaign": 1, "holder": "a", "n": 4, "now": NOON, "until": NOON + 30}
    if isinstance(database, SqliteDatabase):
        asked_sqlite = f"EXPLAIN QUERY PLAN {CLAIM.format(lock='')}"
        rows = await database.read(lambda db: db.execute(asked_sqlite, values).fetchall())
        plan = "\n".join(row[3] for row in rows)
        assert "campaign_chunk_due" in plan
    else:
        asked = statement(f"EXPLAIN {CLAIM.format(lock='FOR UPDATE SKIP LOCKED')}", **values)
        [found] = await database.run(asked)
        plan = "\n".join(row[0] for row in found)
    assert "campaign_chunk" in plan
    for name in TABLES:
        assert name == "chunk" or f"campaign_{name}" not in plan


async def test_what_was_begun_goes_before_what_was_not(tables: CampaignTables) -> None:
    """Of a chunk whose worker died some recipients may be in doubt, and WeChat forgets their ids within minutes: it
    must not wait until every other chunk of a long campaign had its turn."""
    campaign = await running(tables, chunks=4)
    first, second = await tables.claim(campaign.id, "dies", 2, NOON, 30)
    await tables.release(second, NOON + 5)
    assert [one.chunk for one in await tables.claim(campaign.id, "a", 2, NOON + 6, 30)] == [1, 2]
    [taken] = await tables.claim(campaign.id, "a", 1, NOON + 31, 30)
    assert (taken.chunk, taken.fence) == (first.chunk, first.fence + 1)
    assert [one.chunk for one in await tables.claim(campaign.id, "a", 9, NOON + 31, 30)] == [3]
