"""A campaign from a file to its report, against the platform, with the people's vault and the tables in SQLite."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from gongzhong import Account, Secret
from gongzhong.campaigns.audience import Recipient, read_file
from gongzhong.campaigns.campaigns import Campaigns
from gongzhong.campaigns.contents import TemplateMessage
from gongzhong.campaigns.plan import Plan
from gongzhong.campaigns.plan_file import read_plan
from gongzhong.campaigns.result_tables import ResultTables
from gongzhong.campaigns.results import Results
from gongzhong.campaigns.tables import CampaignTables
from gongzhong.campaigns.worker import CampaignWorker
from gongzhong.client import AsyncClient
from gongzhong.clock import Clock
from gongzhong.database import SqliteDatabase, read_url
from gongzhong.errors import SetupError
from gongzhong.messages import TemplateSendJobFinish
from gongzhong.people import LocalMaster, Masters, open_people
from gongzhong.platform import Platform, PlatformConfig
from gongzhong.platform.doors.server import Server
from gongzhong.platform.world import accounts, chats, people, templates
from gongzhong.store import migrate
from gongzhong.testing.in_process import InProcessTransport
from gongzhong.testing.simulated import account_config

pytestmark = pytest.mark.anyio
SHOP = "wx00000000000000aa"
CONTENT = TemplateMessage(
    template_id="t1",
    data={"thing1": "{书名}", "time2": "2026年11月30日 09:00"},
    url="https://shop.example/{id}",
)


def stored(folder: Path) -> bytes:
    """Every byte of the database and its log."""
    return b"".join(path.read_bytes() for path in folder.glob("shop.db*"))


async def test_a_reminder_from_the_file_to_the_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GONGZHONG_LANG", "zh")
    platform = Platform(PlatformConfig())
    world = platform.world
    about = {"name": "shop", "appid": SHOP, "secret": "s" * 32, "kind": "service", "verified": True}
    shop = accounts.create(world, account_config(about)) or world.accounts[SHOP]
    templates.ensure(world, shop, "取书", "书名：{{thing1.DATA}}\n时间：{{time2.DATA}}", "t1", "")
    for name in ("alice", "bob", "carol"):
        people.create(world, name)
    openids = [people.follow(world, shop, name).openid for name in ("alice", "bob", "carol")]
    people.unfollow(world, shop, "bob")

    file = tmp_path / "readers.csv"
    titles = ("三体", "活着", "围城")
    rows = [f"{openid},{title},{n}" for n, (openid, title) in enumerate(zip(openids, titles, strict=True))]
    file.write_text("\n".join(["openid,书名,id", *rows]), "utf-8")

    url = read_url(f"sqlite:///{tmp_path / 'shop.db'}")
    migrate.prepare(url)
    held = open_people(
        url, Masters(LocalMaster(b"k" * 32)), keys=read_url(f"sqlite:///{tmp_path / 'keys.db'}")
    )
    tables = CampaignTables(SqliteDatabase(url.path))
    campaigns = Campaigns(SHOP, tables, held.vault(SHOP))
    client = AsyncClient(Account(appid=SHOP, secret=Secret("s" * 32)), InProcessTransport(Server(platform)))
    try:
        campaign = await campaigns.plan(
            "取书提醒", Plan(content=CONTENT), read_file(file, CONTENT.variables())
        )
        shown = await campaigns.preview(campaign.id, 2)
        assert (shown.data["thing1"].value, shown.url) == ("围城", "https://shop.example/2")
        with pytest.raises(SetupError) as early:
            await campaigns.start(campaign.id)
        assert "“已计划”，不能变为“正在发送”" in early.value.zh
        assert "is planned and cannot become running" in early.value.en
        await campaigns.approve(campaign.id)
        both = await asyncio.gather(campaigns.start(campaign.id), campaigns.start(campaign.id))
        assert [one.stage for one in both] == ["running", "running"], "two hosts at the same moment"
        worker = CampaignWorker(tables, client, held.vault(SHOP), holder="one")
        await worker.drain()
        status = await campaigns.status(campaign.id)
        assert (status.stage, status.states, status.refused) == (
            "done",
            {"accepted": 2, "refused": 1},
            {43004: 1},
        )
        lines = [line async for line in campaigns.report(campaign.id)]
        assert [line.openid for line in lines] == openids
        event = TemplateSendJobFinish(
            to_user_name="gh_1",
            from_user_name=openids[0],
            create_time=1,
            msg_id=lines[0].msgid,
            status="success",
        )
        assert await Results(ResultTables(tables.database), held.vault(SHOP), Clock()).hear(event) == 1
        assert (await campaigns.status(campaign.id)).states == {"delivered": 1, "accepted": 1, "refused": 1}
        seen = [len(chats.read(world, SHOP, name)) for name in ("alice", "bob", "carol")]
        assert seen == [1, 0, 1]
        with pytest.raises(SetupError):
            await campaigns.plan("没有人", Plan(content=CONTENT), [])
        assert (await campaigns.all())[-1].reason == "没有计划成功"
        assert not (openids[0].encode() in stored(tmp_path) or "三体".encode() in stored(tmp_path))
    finally:
        await client.close()
        await tables.close()
        await held.close()
        await platform.close()


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.csv", "id,书名\n1,x\n", "line 1: the header has no column openid"),
        (
            "a.csv",
            "openid,书名\no1,x\no2\n,y\no1,z\n",
            "line 3: without the variable 书名; line 4: there is no openid; line 5: the openid stands in line 2",
        ),
        (
            "a.jsonl",
            '{"openid":"o1","书名":"x"}\n\n{"openid":"o2","书名":3}\n',
            "line 3: this is no JSON object of texts",
        ),
        ("a.csv", "openid,书名\n", "holds no recipients"),
    ],
)
def test_mistakes_of_a_file_are_named_by_their_lines(tmp_path: Path, name: str, text: str, said: str) -> None:
    file = tmp_path / name
    file.write_text(text, "utf-8")
    with pytest.raises(SetupError) as caught:
        read_file(file, {"书名"})
    assert said in caught.value.en


@pytest.mark.parametrize(
    ("text", "zh", "en"),
    [
        ('name = "a"\nrate = "x"\n[content]\nkind = "customer"\ntext = "a"\n', "应为 数字", "rate"),
        ("name = \n", "第 1 行第 8 列", "line 1, column 8"),
        (
            'name = "a"\nrates = 3\n[content]\nkind = "customer"\ntext = "a"\n',
            "是不是 rate",
            "did you mean rate",
        ),
        ('name = "a"\n[content]\nkind = "sms"\n', "kind", "kind"),
        ('name = "a"\n[content]\nkind = "customer"\ntxt = "a"\n', "txt", "txt"),
    ],
)
def test_mistakes_of_a_plan_are_told_in_one_language(tmp_path: Path, text: str, zh: str, en: str) -> None:
    file = tmp_path / "plan.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(SetupError) as caught:
        read_plan(file)
    said = caught.value.zh.removeprefix(str(file))
    assert zh in said and en in caught.value.en
    assert not re.search(r"[a-z]+ [a-z]+ [a-z]+", said), said


def test_the_openid_is_no_variable(tmp_path: Path) -> None:
    """Every call would lack it."""
    file = tmp_path / "a.csv"
    file.write_text("openid,书名\no1,三体\n", "utf-8")
    with pytest.raises(SetupError) as caught:
        read_file(file, {"书名", "openid"})
    assert "line 2: without the variable openid" in caught.value.en


def test_jsonl_with_a_byte_order_mark(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text('\ufeff{"openid":"o1","书名":"三体"}\n', "utf-8")
    assert read_file(file, {"书名"}) == [Recipient("o1", {"书名": "三体"})]
