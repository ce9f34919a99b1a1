"""A campaign sent by real processes that are killed at random, one of them stopped for longer than its lease.

What is right is read from the platform: the chat of every recipient. The short form runs with the heavy tests.
`make chaos-campaign CAMPAIGN=1000000` sends to a million people with 50 kills and prints how far it is;
GONGZHONG_FIRST_SEED is the seed of what befalls the processes.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
from tests.servers import children

from gongzhong import Account, Secret
from gongzhong.campaigns.audience import Recipient
from gongzhong.campaigns.campaigns import Campaigns
from gongzhong.campaigns.contents import TemplateMessage
from gongzhong.campaigns.plan import Plan
from gongzhong.campaigns.stages import Stage
from gongzhong.campaigns.tables import CampaignTables
from gongzhong.config import PeopleData
from gongzhong.people import People, configured

from . import engines
from .campaign_crew import Crew, Fate, Memory, held_by
from .campaign_platform import TEMPLATE, CrowdPlatform

T = TypeVar("T")
pytestmark = pytest.mark.heavy
FULL = os.environ.get("GONGZHONG_CROWD") == "full"
SEED = int(os.environ.get("GONGZHONG_FIRST_SEED", "7"))
RECIPIENTS = int(os.environ.get("GONGZHONG_RECIPIENTS", "1000000")) if FULL else 1_500
KILLS, STOPS, LEASE_S = (50, 3, 30.0) if FULL else (6, 1, 2.0)
LOOK_S, LINE_S = (5.0, 15.0) if FULL else (0.2, 15.0)
SECONDS = 6.0
"""The short form is sent in about so many seconds: long enough for what befalls it."""
LIMIT_S = 14_400.0 if FULL else 120.0
FLAT_MB, FLAT_PART = 12.0, 0.15
"""So much a process may hold more at the end than at the beginning: the greater of both."""
FILLED = 200_000
"""After so many messages the platform's log of traffic and its cache of pages are full."""
KEY = b64encode(b"m" * 32).decode()
APPID = Account.for_tests().appid
WORKER = '''
"""Sends for one campaign until that has ended, as `gongzhong campaign start` does."""
import os, sys
from gongzhong import Account, AsyncClient, Secret
from gongzhong.campaigns.tables import CampaignTables
from gongzhong.campaigns.worker import CampaignWorker, WorkerPolicy
from gongzhong.config import PeopleData
from gongzhong.people import configured
from gongzhong.running.embedded import run_loop


async def main() -> None:
    account, settings = Account.from_env(), PeopleData(
        master_key=Secret(os.environ["GONGZHONG_PEOPLE_MASTER_KEY"]),
        keys=Secret(os.environ["GONGZHONG_PEOPLE_KEYS"]),
    )
    people = configured(settings, os.environ["GONGZHONG_DATABASE"])
    policy = WorkerPolicy(lease_s=float(sys.argv[2]), poll_s=0.2, pause_s=0.2)
    async with AsyncClient(account) as client:
        worker = CampaignWorker(
            CampaignTables(people.tables.database), client, people.vault(account.appid),
            holder=str(os.getpid()), only=int(sys.argv[1]), policy=policy,
        )
        await worker.run()
    await people.close()


run_loop(main())
'''


@dataclass
class Ledger:
    """The campaign in its database, asked from this process."""

    settings: PeopleData
    database: str

    def asked(self, ask: Callable[[Campaigns], Coroutine[Any, Any, T]]) -> T:
        people = configured(self.settings, self.database)
        assert people is not None

        async def answer(people: People) -> T:
            try:
                return await ask(
                    Campaigns(APPID, CampaignTables(people.tables.database), people.vault(APPID))
                )
            finally:
                await people.close()

        return asyncio.run(answer(people))

    def planned(self, openids: list[str]) -> int:
        """The number of a campaign to these people that may begin."""

        async def plan(campaigns: Campaigns) -> int:
            content = TemplateMessage(template_id=TEMPLATE, data={"thing1": "{book}"})
            paced = Plan(content=content, daily=10 * RECIPIENTS, rate=0.0 if FULL else RECIPIENTS / SECONDS)
            made = await campaigns.plan("到货", paced, (Recipient(one, {"book": "三体"}) for one in openids))
            await campaigns.approve(made.id)
            await campaigns.start(made.id)
            return made.id

        return self.asked(plan)

    def ended(self, number: int) -> bool:
        async def look(campaigns: Campaigns) -> bool:
            return (await campaigns.find(number)).stage is Stage.DONE

        return self.asked(look)

    def states(self, number: int) -> Counter[str]:
        """What the report says, line by line."""

        async def read(campaigns: Campaigns) -> Counter[str]:
            return Counter([line.state async for line in campaigns.report(number)])

        return self.asked(read)


@dataclass
class Run:
    """One run: looks at everybody, lets things befall the crew, says how far it is."""

    kind: str
    bed: CrowdPlatform
    crew: Crew
    others: list[int]
    """Processes of the database."""
    memory: Memory = field(default_factory=Memory)

    def carry_out(self, done: Callable[[], bool]) -> float:
        """Until the campaign has ended; how many seconds that took."""
        self.crew.fill()
        began = look_at = time.monotonic()
        line_at = began + LINE_S
        while True:
            now, lines = time.monotonic(), self.bed.lines()
            assert now < began + LIMIT_S, self.crew.log.read_text("utf-8")[-2_000:]
            self.crew.befall(lines / RECIPIENTS)
            self.crew.fill()
            if now >= look_at:
                look_at = now + LOOK_S
                self._sample(lines)
                if done():
                    break
            if now >= line_at:
                line_at = now + LINE_S
                self._say(lines, now - began)
            time.sleep(0.1)
        seconds = time.monotonic() - began
        self.crew.end(60.0)
        return seconds

    def _sample(self, lines: int) -> None:
        for role, pids in self._everybody().items():
            self.memory.take("platform, filling" if role == "platform" and lines < FILLED else role, pids)

    def _everybody(self) -> dict[str, list[int]]:
        workers = [one.pid for one in self.crew.processes]
        database = [pid for other in self.others for pid in children(other)]
        return {"worker": workers, "platform": [self.bed.process.pid], "database": database}

    def _say(self, lines: int, seconds: float) -> None:
        held = ", ".join(held_by(role, pids) for role, pids in self._everybody().items() if pids)
        say(
            f"{self.kind}: {lines:,} of {RECIPIENTS:,} shown in {seconds:,.0f} s ({lines / seconds:,.0f}/s), "
            f"{self.crew.killed} killed, {self.crew.stops} stopped, MB: {held}"
        )

    def flat(self) -> list[str]:
        """Who grew, in words; everybody's growth is printed."""
        grown = []
        for role in ("worker", "platform"):
            if (found := self.memory.growth(role)) is None:
                say(f"{self.kind}: no {role} was there for long enough to say how its memory grows")
                continue
            seconds, first, last = found
            say(f"{self.kind}: memory of a {role} over {seconds:,.0f} s: {first:.0f} → {last:.0f} MB")
            if last > max(first + FLAT_MB, first * (1 + FLAT_PART)):
                grown.append(f"a {role} grew from {first:.0f} to {last:.0f} MB")
        return grown


def say(line: str) -> None:
    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {line}\n")
    sys.stdout.flush()


@contextmanager
def platform(folder: Path) -> Iterator[CrowdPlatform]:
    made = CrowdPlatform(folder, RECIPIENTS)
    try:
        made.wait()
        yield made
    finally:
        made.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_everybody_gets_it_once_whoever_is_killed(kind: str, tmp_path: Path) -> None:
    keys, source = f"sqlite:///{tmp_path / 'keys.db'}", random.Random(SEED)
    script = tmp_path / "sends.py"
    script.write_text(WORKER, "utf-8")
    with platform(tmp_path / "platform") as bed, engines.running(kind, tmp_path) as engine:
        database = engine.environment["GONGZHONG_DATABASE"]
        people = {"GONGZHONG_PEOPLE_MASTER_KEY": KEY, "GONGZHONG_PEOPLE_KEYS": keys}
        environment = {**bed.environment, "GONGZHONG_DATABASE": database, **people}
        ledger = Ledger(PeopleData(master_key=Secret(KEY), keys=Secret(keys)), database)
        say(f"{kind}: {RECIPIENTS:,} people follow, seed {SEED}")
        number = ledger.planned(bed.openids())
        say(f"{kind}: the campaign is planned")
        crew = Crew(
            [sys.executable, str(script), str(number), str(LEASE_S)],
            environment,
            tmp_path / "log",
            4 if kind == "postgresql" else 3,
            source,
            Fate.drawn(source, KILLS, STOPS),
            2.5 * LEASE_S,
        )
        run = Run(kind, bed, crew, [server.pid for server in engine.servers])
        try:
            seconds = run.carry_out(lambda: ledger.ended(number))
        finally:
            crew.close()
        states, shown = ledger.states(number), bed.shown(RECIPIENTS)
    say(
        f"{kind}: {RECIPIENTS:,} in {seconds:,.0f} s, {RECIPIENTS / seconds:,.0f}/s, {crew.killed} killed, "
        f"{crew.stops} stopped past their lease; messages shown to how many: {dict(shown)}; report: {dict(states)}"
    )
    assert (crew.killed, crew.stops) == (KILLS, STOPS)
    assert states == {"accepted": RECIPIENTS}
    assert shown == {1: RECIPIENTS}
    assert not run.flat()
