"""Every kind of campaign against the platform; a served account hears by itself what became of the messages."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gongzhong import Account, AsyncClient, OfficialAccount
from gongzhong.campaigns.audience import Recipient
from gongzhong.campaigns.campaigns import Campaigns, Line
from gongzhong.campaigns.contents import (
    Broadcast,
    CustomerMessage,
    MassMessage,
    Notice,
    TemplateMessage,
)
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


class Shop:
    """A served account with people's data, readers who follow it, and its campaigns."""

    def __init__(self, platform: LivePlatform, people: People, folder: Path) -> None:
        self.platform, self.people, self.file = platform, people, folder / "data.db"
        self.oa = OfficialAccount(Account(appid=APPID, secret="s" * 32, token="shoptoken"), people=people)
        platform.connect(self.oa)
        platform.template("t1", "取书", "书名：{{thing1.DATA}}")
        self.readers = [platform.person(name) for name in ("alice", "bob", "carol")]
        for reader in self.readers:
            reader.follows()
        self.openids = [reader.openid(self.oa) for reader in self.readers]
        self.tables = CampaignTables(SqliteDatabase(self.file))
        self.campaigns = Campaigns(APPID, self.tables, people.vault(APPID))

    def send(self, plan: Plan, openids: list[str] | None = None) -> int:
        """Carry a campaign out; its number."""

        async def carry_out() -> int:
            recipients = [Recipient(one, {}) for one in self.openids if openids is None or one in openids]
            made = await self.campaigns.plan("取书", plan, recipients)
            await self.campaigns.approve(made.id)
            await self.campaigns.start(made.id)
            async with AsyncClient(self.oa.account) as client:
                worker = CampaignWorker(
                    self.tables, client, self.people.vault(APPID), holder="one", only=made.id
                )
                await worker.run()
            return made.id

        return asyncio.run(carry_out())

    def states(self, number: int) -> dict[str, int]:
        return asyncio.run(self.campaigns.status(number)).states

    def lines(self, number: int) -> list[Line]:
        async def read() -> list[Line]:
            return [line async for line in self.campaigns.report(number)]

        return asyncio.run(read())

    def seen(self) -> list[list[str]]:
        """What each reader was shown, newest last, as texts."""
        return [[line.text for line in reader.inbox] for reader in self.readers]


@pytest.fixture
def shop(live_platform: LivePlatform, people: People, tmp_path: Path) -> Shop:
    return Shop(live_platform, people, tmp_path)


def test_a_served_account_hears_what_became_of_its_campaign(shop: Shop) -> None:
    asyncio.run(shop.people.vault(APPID).numbers(shop.openids))
    data = template_data(thing1="别的消息")
    shop.oa.blocking_api.template.send(touser=shop.openids[0], template_id="t1", data=data)
    shop.platform.catch_up()
    number = shop.send(Plan(content=TemplateMessage(template_id="t1", data={"thing1": "三体"})))
    eventually(lambda: shop.states(number) == {"delivered": 3})
    sent = {line.msgid for line in shop.lines(number)}
    assert {msgid for msgid, _ in results(shop.file)} == sent, "the other message left nothing"


def test_a_mass_message_goes_to_the_listed_and_its_result_is_everybodys(shop: Shop) -> None:
    number = shop.send(Plan(content=MassMessage(text="周六有读书会")), shop.openids[:2])
    assert [(line.openid, line.state) for line in shop.lines(number)] == [
        (shop.openids[0], "accepted"),
        (shop.openids[1], "accepted"),
    ]
    shop.platform.clock.advance(hours=1)
    eventually(lambda: shop.states(number) == {"delivered": 2})
    assert {line.status for line in shop.lines(number)} == {"send success total=2 sent=2 error=0"}
    eventually(lambda: [texts[-1:] for texts in shop.seen()] == [["周六有读书会"]] * 2 + [[]])


def test_a_mass_message_to_one_alone_is_refused(shop: Shop) -> None:
    assert shop.states(shop.send(Plan(content=MassMessage(text="周六有读书会")), shop.openids[:1])) == {
        "refused": 1
    }


def test_a_broadcast_goes_to_all_followers(shop: Shop) -> None:
    number = shop.send(Plan(content=Broadcast(text="新书到店")), [])
    shop.platform.clock.advance(hours=1)
    eventually(lambda: shop.states(number) == {"delivered": 1})
    assert [line.openid for line in shop.lines(number)] == [""]
    eventually(lambda: [texts[-1:] for texts in shop.seen()] == [["新书到店"]] * 3)


def test_a_customer_message_reaches_who_wrote_within_48_hours(shop: Shop) -> None:
    shop.platform.clock.advance(minutes=2)  # following opens a window, too
    shop.readers[1].says("你好")
    number = shop.send(Plan(content=CustomerMessage(text="您订的书到了")))
    assert [(line.state, line.code) for line in shop.lines(number)] == [
        ("refused", 45015),
        ("accepted", 0),
        ("refused", 45015),
    ]
    assert shop.seen()[1][-1] == "您订的书到了"


def test_a_notice_reaches_who_allowed_it_and_is_found_by_person_and_template(shop: Shop) -> None:
    api = shop.oa.blocking_api.subscriptions
    template = api.add(tid="3101", kidList=[1, 2], sceneDesc="预约").priTmplId
    shop.readers[2].accepts(template)
    data = {"thing1": "取书", "time2": "2026年3月1日 15:00"}
    number = shop.send(Plan(content=Notice(template_id=template, data=data)))
    eventually(lambda: shop.states(number) == {"delivered": 1, "refused": 2})
    assert [line.code for line in shop.lines(number)] == [43101, 43101, 0]
