"""A served account hears by itself what became of its campaigns' messages, and ignores results of other messages."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gongzhong import Account, AsyncClient, OfficialAccount
from gongzhong.campaigns.audience import Recipient
from gongzhong.campaigns.campaigns import Campaigns, Line
from gongzhong.campaigns.contents import TemplateMessage
from gongzhong.campaigns.plan import Plan
from gongzhong.campaigns.tables import CampaignTables
from gongzhong.campaigns.worker import CampaignWorker
from gongzhong.catalogue.templates import template_data
from gongzhong.database import SqliteDatabase, read_url
from gongzhong.people import LocalMaster, Masters, People, open_people
from gongzhong.store import migrate
from gongzhong.testing import LivePlatform

APPID = "wx00000000000000aa"


@pytest.fixture
def people(tmp_path: Path) -> People:
    url = read_url(f"sqlite:///{tmp_path / 'data.db'}")
    migrate.prepare(url)
    return open_people(url, Masters(LocalMaster(b"m" * 32)))


def results(path: Path) -> list[tuple[int, int]]:
    """msgid and whether it was delivered, of every result that is kept."""
    import sqlite3

    with sqlite3.connect(path) as db:
        return db.execute("SELECT msgid, delivered FROM campaign_result ORDER BY msgid").fetchall()


def eventually(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_served_account_hears_what_became_of_its_campaign(
    live_platform: LivePlatform, people: People, tmp_path: Path
) -> None:
    oa = OfficialAccount(Account(appid=APPID, secret="s" * 32, token="shoptoken"), people=people)
    live_platform.connect(oa)
    live_platform.template("t1", "取书", "书名：{{thing1.DATA}}")
    readers = [live_platform.person(name) for name in ("alice", "bob")]
    for reader in readers:
        reader.follows()
    openids = [reader.openid(oa) for reader in readers]
    asyncio.run(people.vault(APPID).numbers(openids))
    api = oa.blocking_api
    api.template.send(touser=openids[0], template_id="t1", data=template_data(thing1="别的消息"))
    live_platform.catch_up()
    tables = CampaignTables(SqliteDatabase(tmp_path / "data.db"))
    campaigns = Campaigns(APPID, tables, people.vault(APPID))

    async def send() -> int:
        content = TemplateMessage(template_id="t1", data={"thing1": "三体"})
        made = await campaigns.plan("取书", Plan(content=content), [Recipient(one, {}) for one in openids])
        await campaigns.approve(made.id)
        await campaigns.start(made.id)
        async with AsyncClient(oa.account) as client:
            worker = CampaignWorker(tables, client, people.vault(APPID), holder="one", only=made.id)
            await worker.run()
        return made.id

    number = asyncio.run(send())
    eventually(lambda: asyncio.run(campaigns.status(number)).states == {"delivered": 2})
    sent = {line.msgid for line in asyncio.run(lines(campaigns, number))}
    assert {msgid for msgid, _ in results(tmp_path / "data.db")} == sent, "the other message left nothing"


async def lines(campaigns: Campaigns, number: int) -> list[Line]:
    return [line async for line in campaigns.report(number)]
