"""A campaign sent by real processes that are killed at random, one of them stopped for longer than its lease.

What is right is read from the platform: the chat of every recipient. The short form runs with the heavy tests; `make
chaos` sets GONGZHONG_CROWD=full: GONGZHONG_RECIPIENTS (1,000,000) recipients and 50 kills. GONGZHONG_FIRST_SEED is the
seed of what befalls the processes.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
from tests.sockets.served import credentials

from gongzhong import Secret
from gongzhong.campaigns.audience import Recipient
from gongzhong.campaigns.campaigns import Campaigns, Line
from gongzhong.campaigns.contents import TemplateMessage
from gongzhong.campaigns.plan import Plan
from gongzhong.campaigns.tables import CampaignTables, Stage
from gongzhong.config import PeopleData
from gongzhong.people import People, configured
from gongzhong.platform.world import people as followers
from gongzhong.platform.world import templates
from gongzhong.testing.live_platform import LivePlatform

from . import engines

T = TypeVar("T")
pytestmark = pytest.mark.heavy
FULL = os.environ.get("GONGZHONG_CROWD") == "full"
SEED = int(os.environ.get("GONGZHONG_FIRST_SEED", "7"))
RECIPIENTS = int(os.environ.get("GONGZHONG_RECIPIENTS", "1000000")) if FULL else 1_500
KILLS, LEASE_S = (50, 30.0) if FULL else (6, 2.0)
SECONDS = 6.0
"""The short form is sent in about so many seconds: long enough for what befalls it."""
LIMIT_S = 3_600.0 if FULL else 60.0
KEY = b64encode(b"m" * 32).decode()
WORKER = '''
"""Sends for one campaign until that has ended."""
import asyncio, os, sys
from gongzhong import Account, AsyncClient, Secret
from gongzhong.campaigns.tables import CampaignTables
from gongzhong.campaigns.worker import CampaignWorker, WorkerPolicy
from gongzhong.config import PeopleData
from gongzhong.people import configured


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


asyncio.run(main())
'''


@dataclass
class Crew:
    """The processes that send. Who ends without being asked to is replaced."""

    command: list[str]
    environment: dict[str, str]
    log: Path
    size: int
    source: random.Random
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    stopped: subprocess.Popen[bytes] | None = None
    killed: int = 0

    def fill(self) -> None:
        self.processes = [one for one in self.processes if one.poll() is None]
        while len(self.processes) < self.size:
            with self.log.open("ab") as log:
                self.processes.append(
                    subprocess.Popen(self.command, env=self.environment, stdout=log, stderr=log)
                )

    def kill_one(self) -> None:
        running = [one for one in self.processes if one is not self.stopped]
        victim = self.source.choice(running)
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        self.killed += 1
        self.fill()

    def stop_one(self) -> None:
        self.stopped = self.source.choice(self.processes)
        self.stopped.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        if self.stopped is not None:
            self.stopped.send_signal(signal.SIGCONT)
            self.stopped = None

    def close(self) -> None:
        self.go_on()
        for process in self.processes:
            process.kill()
            process.wait()


def crowd(bed: LivePlatform, size: int) -> list[str]:
    """New followers of the platform's account; their OpenIDs."""
    world, appid = bed.world, bed.account.appid

    def make() -> list[str]:
        account = world.accounts[appid]
        templates.ensure(world, account, "到货", "书名：{{thing1.DATA}}", "t1", "")
        with world.db.transaction():
            for number in range(size):
                followers.create(world, f"p{number}")
            return [followers.follow(world, account, f"p{number}").openid for number in range(size)]

    return bed.look(make)


def shown(bed: LivePlatform, size: int) -> Counter[int]:
    """How many recipients were shown how many messages; zero is left out when it is nobody."""

    def count() -> Counter[int]:
        sql = "SELECT person, count(*) AS n FROM chat GROUP BY person"
        found = Counter(row["n"] for row in bed.world.db.all(sql))
        found[0] = size - found.total()
        return +found

    return bed.look(count)


async def plan(people: People, appid: str, openids: list[str]) -> int:
    tables = CampaignTables(people.tables.database)
    campaigns = Campaigns(appid, tables, people.vault(appid))
    content = TemplateMessage(template_id="t1", data={"thing1": "{book}"})
    paced = Plan(content=content, daily=10 * len(openids), rate=0.0 if FULL else len(openids) / SECONDS)
    made = await campaigns.plan("到货", paced, (Recipient(one, {"book": "三体"}) for one in openids))
    await campaigns.approve(made.id)
    await campaigns.start(made.id)
    return made.id


async def ended(people: People, appid: str, number: int) -> bool:
    found = await Campaigns(appid, CampaignTables(people.tables.database), people.vault(appid)).find(number)
    return found.stage is Stage.DONE


async def report(people: People, appid: str, number: int) -> list[Line]:
    campaigns = Campaigns(appid, CampaignTables(people.tables.database), people.vault(appid))
    return [line async for line in campaigns.report(number)]


def carry_out(crew: Crew, done: Callable[[], bool]) -> None:
    """Let the crew send, kill and stop its members until the campaign has ended."""
    crew.fill()
    began, kill_at, stop_at = time.monotonic(), 1.0, 2.0
    go_on_at = stop_at + 2.5 * LEASE_S
    while not done():
        now = time.monotonic() - began
        assert now < LIMIT_S, crew.log.read_text("utf-8")[-2_000:]
        if now >= kill_at and crew.killed < KILLS:
            crew.kill_one()
            kill_at = now + crew.source.uniform(0.2, 2.0 if FULL else 1.2)
        if stop_at <= now < go_on_at and crew.stopped is None:
            crew.stop_one()
        if now >= go_on_at:
            crew.go_on()
            stop_at = LIMIT_S
        crew.fill()
        time.sleep(0.1)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_everybody_gets_it_once_whoever_is_killed(
    kind: str, tmp_path: Path, live_platform: LivePlatform
) -> None:
    limits = {"/cgi-bin/message/template/send": 10 * RECIPIENTS}
    live_platform.connect(url="", kind="service", verified=True, call_limits=limits)
    appid, keys = live_platform.account.appid, f"sqlite:///{tmp_path / 'keys.db'}"
    openids = crowd(live_platform, RECIPIENTS)
    script = tmp_path / "sends.py"
    script.write_text(WORKER, "utf-8")
    with engines.running(kind, tmp_path) as engine:
        database = engine.environment["GONGZHONG_DATABASE"]
        environment = credentials(live_platform, GONGZHONG_DATABASE=database)
        environment |= {"GONGZHONG_PEOPLE_MASTER_KEY": KEY, "GONGZHONG_PEOPLE_KEYS": keys}
        settings = PeopleData(master_key=Secret(KEY), keys=Secret(keys))

        def asked(ask: Callable[[People], Coroutine[Any, Any, T]]) -> T:
            people = configured(settings, database)
            assert people is not None

            async def answer() -> T:
                try:
                    return await ask(people)
                finally:
                    await people.close()

            return asyncio.run(answer())

        number = asked(lambda people: plan(people, appid, openids))
        size = 4 if kind == "postgresql" else 3
        command = [sys.executable, str(script), str(number), str(LEASE_S)]
        crew = Crew(command, environment, tmp_path / "log", size, random.Random(SEED))
        began = time.monotonic()
        try:
            carry_out(crew, lambda: asked(lambda people: ended(people, appid, number)))
        finally:
            crew.close()
        seconds = time.monotonic() - began
        lines = asked(lambda people: report(people, appid, number))
    sys.stdout.write(f"{kind}: {RECIPIENTS / seconds:,.0f} recipients/s, {crew.killed} killed\n")
    assert crew.killed >= min(KILLS, 3)
    assert Counter(line.state for line in lines) == {"accepted": RECIPIENTS}
    assert shown(live_platform, RECIPIENTS) == {1: RECIPIENTS}
