"""A campaign from its ledger to the platform and back: how many recipients a second one worker sends to.

    python benchmarks/campaign_sends.py [recipients]

The platform has the first core, the worker with its SQLite ledger the second. Beside the rate stands the processor time
of each for one recipient: on a machine that is busy with other things the rate says little, and the greater of the two
says what stands in the way. All messages go to one follower, so that nothing but sending is measured.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import msgspec
import uvloop
from campaigns import fill
from local_platform import OPENID, TEMPLATE, Bed, platform

from gongzhong import AsyncClient
from gongzhong.campaigns.contents import TemplateMessage
from gongzhong.campaigns.plan import Plan
from gongzhong.campaigns.tables import CampaignTables
from gongzhong.campaigns.worker import CampaignWorker
from gongzhong.database import SqliteDatabase, read_url
from gongzhong.store import migrate
from servers import cores, cpu_s

RECIPIENTS = 20_000
CONTENT: Final = TemplateMessage(template_id=TEMPLATE, data={"thing1": "{book}", "amount2": "18元"})
PLAN: Final = Plan(content=CONTENT, daily=10**8)
VARIABLES: Final = msgspec.json.encode({"book": "三体"})


class People:
    """One follower behind every number; nothing is encrypted."""

    async def openids(self, numbers: Sequence[int], /) -> list[str | None]:
        return [OPENID] * len(numbers)

    async def living(self, numbers: Sequence[int], /) -> set[int]:
        return set(numbers)

    async def unseal(self, items: list[tuple[int, str, bytes]], /) -> list[bytes | None]:
        return [sealed for _, _, sealed in items]


async def measure(bed: Bed, folder: Path, recipients: int) -> None:
    url = read_url(f"sqlite:///{folder / 'ledger.db'}")
    migrate.prepare(url)
    tables = CampaignTables(SqliteDatabase(url.path))
    campaign = await fill(tables, bed.account.appid, recipients, msgspec.json.encode(PLAN), VARIABLES)
    async with AsyncClient(bed.account) as client:
        worker = CampaignWorker(tables, client, People(), holder="benchmark", only=campaign.id)
        began, own, theirs = time.perf_counter(), time.process_time(), cpu_s(bed.process)
        await worker.run()
        seconds = time.perf_counter() - began
        own, theirs = time.process_time() - own, cpu_s(bed.process) - theirs
    assert worker.sent.accepted == recipients, worker.sent
    await tables.close()
    print(f"{recipients / seconds:,.0f} recipients/s; processor time of one recipient: ", end="")
    print(f"worker {own / recipients * 1e6:.0f} µs, platform {theirs / recipients * 1e6:.0f} µs")


def main(recipients: int) -> None:
    with TemporaryDirectory() as folder, platform(Path(folder)) as bed:
        os.sched_setaffinity(0, {cores().sender})
        uvloop.run(measure(bed, Path(folder), recipients))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else RECIPIENTS)
