"""What campaigns copy from people's fields goes with the field, on each road on which that goes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from gongzhong import MovableClock
from gongzhong.campaigns.audience import Recipient, Segment
from gongzhong.campaigns.campaigns import Campaigns
from gongzhong.campaigns.contents import TemplateMessage
from gongzhong.campaigns.plan import Plan
from gongzhong.campaigns.plan_file import read_plan
from gongzhong.campaigns.stages import Campaign, Stage
from gongzhong.campaigns.tables import KEEP_VARIABLES_S, CampaignTables
from gongzhong.people import Collected, People, Purposes
from gongzhong.people.upkeep import Job

from .conftest import Places
from .test_records import ALICE, BOB, SHOP

pytestmark = pytest.mark.anyio
DAY_S = 86_400.0
CONTENT = TemplateMessage(template_id="t1", data={"thing1": "{city}"})
Road = Callable[[People, MovableClock], Awaitable[object]]


def purposes() -> Purposes:
    declared = Purposes()
    for field, keep_days in (("city", 90), ("name", None)):
        declared.add(
            Collected(field=field, purpose="到店提醒", text_version="1", text="告知", keep_days=keep_days)
        )
    return declared


async def fill(people: People, *openids: str) -> None:
    records = people.records(SHOP, purposes())
    for openid in openids:
        await records.consent(openid, ["city", "name"], how="chat")
        await records.store(openid, "city", "杭州")
        await records.store(openid, "name", "李雷")


class Shop:
    """The campaigns of the account."""

    def __init__(self, people: People, clock: MovableClock) -> None:
        self.tables, self.vault = CampaignTables(people.tables.database), people.vault(SHOP)
        self.campaigns = Campaigns(SHOP, self.tables, self.vault, clock)
        self.segment = Segment(self.vault, self.tables)

    async def planned(self, content: TemplateMessage = CONTENT) -> Campaign:
        """A campaign to everybody in the city, with a field of each as its variable."""
        found = self.segment.recipients(["city=杭州"], content.variables())
        return await self.campaigns.plan("提醒", Plan(content=content), found)

    async def emptied(self, campaign: Campaign) -> list[str | None]:
        people = sorted(await self.tables.emptied(campaign.id, 0))
        return await self.vault.openids(people)


async def withdraw(people: People, clock: MovableClock) -> None:
    await people.records(SHOP, purposes()).withdraw(ALICE, ["city"])


async def erase_field(people: People, clock: MovableClock) -> None:
    await people.erasure(SHOP).fields(ALICE, ["city"], reason="request")


async def keep_too_long(people: People, clock: MovableClock) -> None:
    clock.advance(days=91)
    await people.records(SHOP, purposes()).store(BOB, "city", "杭州")
    assert await people.records(SHOP, purposes()).retain() == {"city": 1}


@pytest.mark.parametrize("road", [withdraw, erase_field, keep_too_long])
async def test_a_field_that_is_erased_is_gone_from_campaigns_that_copied_it(
    people: People, clock: MovableClock, road: Road
) -> None:
    await fill(people, ALICE, BOB)
    shop = Shop(people, clock)
    copy = await shop.planned()
    other = await shop.planned(TemplateMessage(template_id="t1", data={"thing1": "{name}"}))
    given = [Recipient(ALICE, {"city": "文件里写的"})]
    own = await shop.campaigns.plan("文件", Plan(content=CONTENT), given)
    await road(people, clock)
    assert await shop.emptied(copy) == [ALICE]
    assert await shop.emptied(other) == [], "of another field"
    assert await shop.emptied(own) == [], "of the operator's own file"


async def test_a_field_that_is_erased_while_a_campaign_is_planned_is_not_copied(
    people: People, clock: MovableClock
) -> None:
    await fill(people, ALICE, BOB)
    shop = Shop(people, clock)

    async def erased_meanwhile() -> AsyncIterator[Recipient]:
        async for one in shop.segment.recipients(["city=杭州"], {"city"}):
            yield one
        await withdraw(people, clock)

    made = await shop.campaigns.plan("提醒", Plan(content=CONTENT), erased_meanwhile())
    assert await shop.emptied(made) == [ALICE]


async def test_after_a_restore_the_copy_is_emptied_again(people: People, clock: MovableClock) -> None:
    await fill(people, ALICE, BOB)
    shop = Shop(people, clock)
    copy = await shop.planned()
    rows = await shop.tables.recipients(copy.id, 0)
    clock.advance(1)
    await withdraw(people, clock)
    await put_back(people, copy, rows)
    assert await shop.emptied(copy) == []
    await people.erasure(SHOP).replay()
    assert await shop.emptied(copy) == [ALICE]


async def put_back(people: People, campaign: Campaign, rows: list[tuple[int, bytes]]) -> None:
    """What an old copy of the database holds."""
    sql = "UPDATE campaign_recipient SET variables = :sealed WHERE campaign = :campaign AND person = :person"
    for person, sealed in rows:
        values = {"sealed": sealed, "campaign": campaign.id, "person": person}
        await people.tables._statements.run((sql, values))


async def test_variables_of_a_campaign_are_emptied_a_month_after_its_end(
    people: People, clock: MovableClock
) -> None:
    await fill(people, ALICE, BOB)
    shop = Shop(people, clock)
    ended, open_ = await shop.planned(), await shop.planned()
    await shop.campaigns.cancel(ended.id)

    async def empty() -> None:
        await shop.tables.empty_ended(SHOP, clock.now() - KEEP_VARIABLES_S)

    upkeep = people.upkeep(SHOP, purposes(), lambda: pytest.fail(), more={"campaigns": Job(DAY_S, empty)})
    clock.advance(days=29)
    assert "campaigns" in await upkeep.step()
    assert await shop.emptied(ended) == []
    clock.advance(days=2)
    assert "campaigns" in await upkeep.step()
    assert await shop.emptied(ended) == [ALICE, BOB]
    assert await shop.emptied(open_) == []
    assert (await shop.campaigns.find(ended.id)).stage is Stage.CANCELLED


async def test_a_plan_with_a_segment_says_that_its_variables_are_copies(
    people: People, places: Places, clock: MovableClock, tmp_path: Path
) -> None:
    await fill(people, ALICE)
    shop = Shop(people, clock)
    file = tmp_path / "plan.toml"
    file.write_text(
        'name = "提醒"\n[content]\nkind = "template"\ntemplate_id = "t1"\ndata = { thing1 = "{city}" }\n'
        '[audience]\nsegment = ["city=杭州"]\n',
        "utf-8",
    )
    written = read_plan(file)
    made = await shop.campaigns.plan(
        written.name, written.plan(), written.recipients(tmp_path, None, shop.segment)
    )
    assert await shop.tables.copied(made.id)
