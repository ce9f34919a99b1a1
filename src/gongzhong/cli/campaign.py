"""`gongzhong campaign`: plan a message to many, look at it, approve it, see how far it is. `campaign_send` sends."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import msgspec
from cyclopts import Parameter

from ..errors import GongzhongError
from .config import File as Config
from .db import Database
from .options import AsJson, option
from .outcome import DONE
from .people import OfAccount, account_of, asked
from .words import err, out, print_json, say

if TYPE_CHECKING:
    from ..campaigns.campaigns import Campaigns, Status
    from ..campaigns.stages import Campaign
    from ..campaigns.tables import CampaignTables
    from ..people import People, Vault

T = TypeVar("T")

Number = Annotated[int, option("任务编号", "the campaign's number")]
File = Annotated[Path, option("计划文件（TOML）", "the plan (TOML)")]
Position = Annotated[int, option("用第几个收件人的变量，从 0 开始", "whose variables, from 0 on")]
Why = Annotated[str, option("原因，显示在状态里", "the reason, shown in its status")]


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Place:
    """Whose campaigns, and where they are kept."""

    account: OfAccount = None
    database: Database = None
    config: Config = None


class Opened(msgspec.Struct):
    """What a command works with, of one account."""

    appid: str
    tables: CampaignTables
    vault: Vault
    campaigns: Campaigns
    config: Path | None
    """The configuration that names the account's credentials."""


def plan(
    file: File,
    /,
    *,
    recipients: Annotated[
        Path | None,
        option("收件人文件，代替计划里的 audience", "file of recipients, in place of the plan's audience"),
    ] = None,
    place: Place | None = None,
    json: AsJson = False,
) -> int:
    from ..campaigns.audience import Segment
    from ..campaigns.plan_file import Audience, read_plan
    from ..client import AsyncClient

    written = read_plan(file)
    if recipients is not None:
        audience = Audience(file=str(recipients.absolute()))
        written = msgspec.structs.replace(written, audience=audience)
    planned = written.plan()

    async def answer(opened: Opened) -> Campaign:
        client = AsyncClient(account_of(opened.config, opened.appid)) if written.asks_wechat else None
        try:
            segment = Segment(opened.vault, opened.tables)
            found = written.recipients(file.parent, client, segment)
            return await opened.campaigns.plan(written.name, planned, found)
        finally:
            if client is not None:
                await client.close()

    return _planned(with_campaigns(place, answer), as_json=json)


def _planned(made: Campaign, *, as_json: bool) -> int:
    if as_json:
        print_json(described(made))
        return DONE
    out().print(
        say(
            f"任务 {made.id}：{made.name}，{made.recipients} 个收件人",
            f"campaign {made.id}: {made.name}, {made.recipients} recipients",
        )
    )
    err().print(
        say(
            f"接着：gongzhong campaign preview {made.id}，approve {made.id}，start {made.id}",
            f"next: gongzhong campaign preview {made.id}, approve {made.id}, start {made.id}",
        )
    )
    return DONE


def list_(*, place: Place | None = None, json: AsJson = False) -> int:
    found = with_campaigns(place, lambda opened: opened.campaigns.all())
    if json:
        print_json([described(one) for one in found])
        return DONE
    if not found:
        err().print(say("没有任务", "there are no campaigns"))
    for one in found:
        at = time.strftime("%Y-%m-%d %H:%M", time.localtime(one.created_at))
        cells = (str(one.id), at, one.kind, stage_said(one.stage.value), str(one.recipients), one.name)
        out().print("  ".join((*cells, one.reason)).rstrip(), markup=False)
    return DONE


def preview(
    number: Number,
    /,
    *,
    position: Position = 0,
    place: Place | None = None,
    json: AsJson = False,
) -> int:
    from ..campaigns.seen import lines

    async def answer(opened: Opened) -> tuple[Any, dict[str, str]]:
        found = await opened.campaigns.find(number)
        call = await opened.campaigns.preview(number, position)
        return call, await template_texts_of(opened, found.kind)

    call, templates = with_campaigns(place, answer)
    if json:
        print_json({"path": call.spec.path, "call": msgspec.to_builtins(call)})
        return DONE
    for line in lines(call, templates):
        out().print(line, markup=False)
    return DONE


async def template_texts_of(opened: Opened, kind: str) -> dict[str, str]:
    """The texts of templates; none when WeChat cannot be asked: then keywords are shown."""
    from ..campaigns.seen import template_texts
    from ..client import AsyncClient

    try:
        async with AsyncClient(account_of(opened.config, opened.appid)) as client:
            return await template_texts(client, kind)
    except GongzhongError as problem:
        err().print(
            say(
                f"读不到模板，只显示关键词：{problem.zh}",
                f"templates cannot be read, so keywords are shown: {problem.en}",
            )
        )
        return {}


def test(
    number: Number,
    /,
    *,
    to: Annotated[str, option("收到它的 OpenID，例如你自己的", "the OpenID that gets it, such as yours")],
    position: Position = 0,
    place: Place | None = None,
) -> int:
    from ..client import AsyncClient

    async def answer(opened: Opened) -> None:
        call = await opened.campaigns.trial(number, to, position)
        async with AsyncClient(account_of(opened.config, opened.appid)) as client:
            await client.perform(call)

    with_campaigns(place, answer)
    err().print(say("微信已接受这条测试消息", "WeChat took the test message"))
    return DONE


def approve(
    number: Number,
    /,
    *,
    by: Annotated[str, option("谁批准的，写进审计记录", "who approves it, for the audit trail")] = "operator",
    place: Place | None = None,
    json: AsJson = False,
) -> int:
    from ..people import Audit

    async def answer(opened: Opened) -> Campaign:
        moved = await opened.campaigns.approve(number)
        await Audit(opened.vault).append("approve campaign", by=by, campaign=number)
        return moved

    return _moved(with_campaigns(place, answer), as_json=json)


def pause(number: Number, /, *, reason: Why = "", place: Place | None = None, json: AsJson = False) -> int:
    return _moved(with_campaigns(place, lambda opened: opened.campaigns.pause(number, reason)), as_json=json)


def cancel(number: Number, /, *, reason: Why = "", place: Place | None = None, json: AsJson = False) -> int:
    return _moved(with_campaigns(place, lambda opened: opened.campaigns.cancel(number, reason)), as_json=json)


def status(
    number: Number,
    /,
    *,
    place: Place | None = None,
    json: AsJson = False,
) -> int:
    from ..campaigns.campaigns import plan_of

    async def answer(opened: Opened) -> tuple[Status, int, bool]:
        found = await opened.campaigns.status(number)
        monthly = bool(plan_of(await opened.campaigns.find(number)).content.monthly)
        return found, await opened.campaigns.quota_left(number), monthly

    found, left, monthly = with_campaigns(place, answer)
    if json:
        name = "quota_left_this_month" if monthly else "quota_left_today"
        print_json({**msgspec.to_builtins(found, str_keys=True), name: left})
        return DONE
    show_status(found)
    if monthly:
        out().print(say(f"本月还可以群发 {left} 次", f"{left} messages to everybody are left this month"))
    else:
        out().print(say(f"今天还可以调用 {left} 次", f"{left} calls are left today"))
    return DONE


def show_status(found: Status) -> None:
    """A campaign's state in a few lines."""
    head = (str(found.id), found.name, found.kind, stage_said(found.stage), found.reason)
    out().print("  ".join(head).rstrip(), markup=False)
    for state, count in sorted(found.states.items(), key=lambda one: -one[1]):
        out().print(f"  {count:>9,}  {state_said(state)}")
    for code, count in sorted(found.refused.items(), key=lambda one: -one[1]):
        out().print(f"  {count:>9,}  {say('拒绝', 'refused')} {code or ''}".rstrip())


def described(one: Campaign) -> dict[str, Any]:
    """A campaign for scripts, without its plan."""
    return {
        "id": one.id,
        "name": one.name,
        "kind": one.kind,
        "stage": one.stage.value,
        "reason": one.reason,
        "recipients": one.recipients,
        "created_at": one.created_at,
        "changed_at": one.changed_at,
        "started_at": one.started_at,
    }


def _moved(moved: Campaign, *, as_json: bool) -> int:
    if as_json:
        print_json(described(moved))
    else:
        err().print(
            say(
                f"任务 {moved.id}：{stage_said(moved.stage.value)}",
                f"campaign {moved.id}: {stage_said(moved.stage.value)}",
            )
        )
    return DONE


STATES = {
    "waiting": "等待发送",
    "tried": "正在发送",
    "in doubt": "结果未知，待定",
    "retried": "再次发送中",
    "accepted": "微信已接受",
    "refused": "被拒绝",
    "skipped": "已跳过（数据已删除）",
    "unknown": "结果未知，需人工决定",
    "delivered": "已送达",
    "failed": "送达失败",
}


def stage_said(stage: str) -> str:
    """The word for a stage in the user's language."""
    from ..campaigns.stages import IN_CHINESE, Stage

    return say(IN_CHINESE[Stage(stage)], stage)


def state_said(state: str) -> str:
    """The word for a recipient's state in the user's language."""
    return say(STATES.get(state, state), state)


def with_campaigns(place: Place | None, ask: Callable[[Opened], Awaitable[T]]) -> T:
    """The answer of the campaigns of an account. Raises Usage when account, database or master key are not named."""

    given = place or Place()

    async def answer(people: People, appid: str) -> T:
        from ..campaigns.campaigns import Campaigns
        from ..campaigns.tables import CampaignTables

        vault = people.vault(appid)
        tables = CampaignTables(people.tables.database)
        campaigns = Campaigns(appid, tables, vault)
        return await ask(Opened(appid, tables, vault, campaigns, given.config))

    return asked(given.database, given.config, given.account, answer)
