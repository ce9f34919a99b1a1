"""书店的公众号：预订、到店提醒、征得同意、导出和删除个人数据，符合开发者规范。
A bookshop: reservations, reminders, consent asked in the chat, a person's data exported and erased: docs/bookshop.md.

    export GONGZHONG_PEOPLE_MASTER_KEY=$(openssl rand -base64 32) GONGZHONG_DATABASE=sqlite:///bookshop.db
    gongzhong norms examples/bookshop.py:oa
    gongzhong dev examples/bookshop.py:oa --config examples/bookshop.toml
    python examples/bookshop.py arrived.csv       # openid,书名,柜号
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from gongzhong import OfficialAccount, Session, Subscribe, Text
from gongzhong.campaigns.audience import Recipient, read_file
from gongzhong.campaigns.campaigns import Campaigns, Status
from gongzhong.campaigns.contents import TemplateMessage
from gongzhong.campaigns.plan import Plan
from gongzhong.campaigns.seen import lines, template_texts
from gongzhong.campaigns.tables import CampaignTables
from gongzhong.campaigns.worker import CampaignWorker

TEMPLATE = os.environ.get("BOOKSHOP_TEMPLATE", "T" * 43)
ASKED = ["book", "phone"]
ARRIVED = TemplateMessage(template_id=TEMPLATE, data={"thing1": "{书名}", "thing2": "{柜号}"})

oa = OfficialAccount.from_env()
oa.collects(
    "book",
    purpose="到店后提醒您取书",
    text_version="2026-11",
    text="只用于这次预订，保存 90 天",
    keep_days=90,
)
oa.collects(
    "phone",
    purpose="取书时核对",
    text_version="2026-11",
    text="只给取书柜台看，保存 90 天；回复“撤回”随时删除",
    keep_days=90,
)


@oa.on(Subscribe)
async def welcome(event: Subscribe) -> str:
    return "欢迎。回复“预订 书名”，到店后提醒您。回复“我的数据”可查看，回复“删除我的数据”可删除。"


@oa.text(r"预订 (?P<title>.{1,40})")
async def reserve(message: Text, title: str, session: Session) -> str:
    session["title"] = title
    return f"预订《{title}》需要保存：\n{oa.records.ask(ASKED)}\n同意请回复“同意”。"


@oa.text("同意")
async def agree(message: Text, session: Session) -> str:
    title = session.pop("title", "")
    if not title:
        return "请先回复“预订 书名”。"
    await oa.records.consent(message.openid, ASKED, how="chat")
    await oa.records.store(message.openid, "book", title)
    return "已预订。请回复手机号码。"


@oa.text(r"(?P<number>1\d{10})")
async def phone(message: Text, number: str) -> str:
    if await oa.records.read(message.openid, "book") is None:
        return "您还没有预订，手机号码没有保存。"
    await oa.records.store(message.openid, "phone", number)
    return "记下了。到店后提醒您。"


@oa.text("我的数据")
async def mine(message: Text) -> str:
    stored = await oa.records.all(message.openid)
    return "\n".join(f"{field}：{value}" for field, value in stored.items()) or "没有保存您的数据。"


@oa.text("撤回")
async def withdraw(message: Text) -> str:
    gone = await oa.records.withdraw(message.openid, ASKED)
    return f"已撤回同意，删除了 {len(gone)} 项。"


@oa.text("删除我的数据")
async def erase(message: Text) -> str:
    certificate = await oa.erase(message.openid)
    if certificate is None:
        return "没有保存您的数据。"
    return f"已删除您的全部数据，备份也无法读出。证明编号 {certificate.number}。"


async def remind(recipients: Iterable[Recipient]) -> Status:
    """Tell readers that their books have come; who unsubscribed or was erased meanwhile gets nothing.

    Ends when everything is sent, or somebody pauses or cancels it; campaigns of other runs are left alone.
    """
    people = oa.binding.people
    if people is None:
        raise SystemExit("GONGZHONG_PEOPLE_MASTER_KEY is not set")
    vault, tables = people.vault(oa.account.appid), CampaignTables(people.tables.database)
    campaigns = Campaigns(oa.account.appid, tables, vault, oa.clock)
    campaign = await campaigns.plan("到店提醒", Plan(content=ARRIVED, rate=50), recipients)
    shown = await campaigns.preview(campaign.id)
    print("\n".join(lines(shown, await template_texts(oa.api, "template"))))
    await campaigns.approve(campaign.id)
    await campaigns.start(campaign.id)
    holder = f"bookshop-{os.getpid()}"
    await CampaignWorker(tables, oa.api, vault, holder=holder, only=campaign.id, clock=oa.clock).run()
    return await campaigns.status(campaign.id)


async def main(file: Path) -> None:
    async with oa.lifespan():
        print(await remind(read_file(file, ARRIVED.variables())))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
