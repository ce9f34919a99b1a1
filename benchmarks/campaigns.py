"""How fast the ledger of campaigns is without any call: claim, intent, outcomes, end, for each chunk.

    python benchmarks/campaigns.py sqlite:////tmp/ledger.db [recipients]
    python benchmarks/campaigns.py postgresql://user@127.0.0.1/test [recipients]

Uses a database of its own: the tables are made there. Prints recipients a second, first for storing them, then for
sending to them with eight tasks of one process.
"""

from __future__ import annotations

import asyncio
import sys
import time

from gongzhong.campaigns.decision import Outcome, Verdict
from gongzhong.campaigns.tables import Campaign, CampaignTables, Claim, Limits, Refused, Stage
from gongzhong.database import read_url
from gongzhong.database.statements import open_database
from gongzhong.store import migrate

CHUNK, UNIT, TASKS = 500, 50, 8
SHOP = "wx00000000000000aa"
DAY = Limits(quota="template benchmark", most=1e12)


async def fill(tables: CampaignTables, recipients: int) -> Campaign:
    campaign = await tables.create(SHOP, "benchmark", "template", b"{}", time.time())
    for chunk in range(recipients // CHUNK):
        rows = [(chunk * CHUNK + n, b"v" * 60) for n in range(CHUNK)]
        await tables.add_chunk(campaign.id, chunk, rows)
    found = await tables.filled(campaign.id, time.time())
    for stage in (Stage.APPROVED, Stage.RUNNING):
        assert found is not None
        found = await tables.move(found, stage, time.time())
    assert found is not None
    return found


async def send(tables: CampaignTables, claim: Claim) -> None:
    """What a worker does for a chunk, with answers that come at once."""
    await tables.ledger(claim.campaign, claim.chunk, claim.jobs, "template")
    await tables.recipients(claim.campaign, claim.chunk)
    outcomes: list[Outcome] = []
    for n, first in enumerate(range(0, CHUNK, UNIT), 1):
        now = time.time()
        unit = range(first, first + UNIT)
        intent = await tables.intend(SHOP, claim, n, unit, now, DAY, outcomes=outcomes)
        assert not isinstance(intent, Refused)
        msgid = (claim.chunk * CHUNK + first) * 10 + 1
        outcomes = [Outcome(place, n, Verdict.ACCEPTED, 0, msgid + place, now) for place in unit]
    await tables.record(claim.campaign, claim.chunk, outcomes)
    assert await tables.finish(claim, {Verdict.ACCEPTED: CHUNK})


async def work(tables: CampaignTables, campaign: Campaign, holder: str) -> None:
    while claims := await tables.claim(campaign.id, holder, 1, time.time(), 60):
        await send(tables, claims[0])


async def main(address: str, recipients: int) -> None:
    url = read_url(address)
    migrate.prepare(url)
    tables = CampaignTables(open_database(url))
    try:
        began = time.perf_counter()
        campaign = await fill(tables, recipients)
        print(f"store: {recipients / (time.perf_counter() - began):,.0f} recipients/s")
        began = time.perf_counter()
        await asyncio.gather(*(work(tables, campaign, f"task {n}") for n in range(TASKS)))
        print(f"send:  {recipients / (time.perf_counter() - began):,.0f} recipients/s")
        assert await tables.complete(campaign.id, time.time())
    finally:
        await tables.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 100_000))
