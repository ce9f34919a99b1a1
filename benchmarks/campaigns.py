"""How fast the ledger of campaigns is without any call: claim, intent, outcomes, end, for each chunk.

    python benchmarks/campaigns.py sqlite:////tmp/ledger.db [recipients]
    python benchmarks/campaigns.py postgresql://user@127.0.0.1/test [recipients]

Uses a database of its own: the tables are made there. Prints recipients a second, first for storing them, then for
sending to them with eight tasks of one process. Beside it stands the processor time of one recipient, of this process
and of PostgreSQL's, if that runs on this machine: where other things run, too, the rate says little.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable

from gongzhong.campaigns.decision import Outcome, Verdict
from gongzhong.campaigns.stages import Campaign, Stage
from gongzhong.campaigns.tables import CampaignTables, Claim, Limits, Refused
from gongzhong.database import SqliteDatabase, read_url
from gongzhong.database.statements import open_database
from gongzhong.store import migrate
from servers import cpu_s

CHUNK, UNIT, TASKS = 500, 50, 8
SHOP = "wx00000000000000aa"
DAY = Limits(quota="template benchmark", most=1e12)
BACKENDS = "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"


async def fill(
    tables: CampaignTables, account: str, recipients: int, plan: bytes = b"{}", variables: bytes = b"v" * 60
) -> Campaign:
    """A running campaign."""
    found: Campaign | None = await tables.create(account, "benchmark", "template", plan, time.time())
    assert found is not None
    for chunk in range(recipients // CHUNK):
        rows = [(chunk * CHUNK + n, variables) for n in range(CHUNK)]
        await tables.add_chunk(found.id, chunk, rows)
    found = await tables.filled(found.id, time.time())
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


async def backends_s(tables: CampaignTables) -> float:
    """The processor time of PostgreSQL's processes for this database; 0 for SQLite, and where they run elsewhere."""
    if isinstance(tables.database, SqliteDatabase):
        return 0.0
    [rows] = await tables.database.run((BACKENDS.encode(), []))
    try:
        return sum(cpu_s(pid) for (pid,) in rows)
    except FileNotFoundError:
        return 0.0


async def timed(what: str, tables: CampaignTables, recipients: int, work: Awaitable[object]) -> None:
    """Wait for it, and print how long it took."""
    own, theirs, began = time.process_time(), await backends_s(tables), time.perf_counter()
    await work
    seconds = time.perf_counter() - began
    own, theirs = time.process_time() - own, await backends_s(tables) - theirs
    print(f"{what} {recipients / seconds:,.0f} recipients/s; processor time of one recipient: ", end="")
    print(f"this process {own / recipients * 1e6:.1f} µs, PostgreSQL {theirs / recipients * 1e6:.1f} µs")


async def main(address: str, recipients: int) -> None:
    url = read_url(address)
    migrate.prepare(url)
    tables = CampaignTables(open_database(url))
    try:
        filling = asyncio.ensure_future(fill(tables, SHOP, recipients))
        await timed("store:", tables, recipients, filling)
        campaign = filling.result()
        sending = (work(tables, campaign, f"task {n}") for n in range(TASKS))
        await timed("send: ", tables, recipients, asyncio.gather(*sending))
        assert await tables.complete(campaign.id, time.time())
    finally:
        await tables.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 100_000))
