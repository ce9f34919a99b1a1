"""`gongzhong campaign dry-run`: a campaign on a local platform, with the same numbers; WeChat gets nothing."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import msgspec

from .campaign import Number, Opened, Place, stage_said, template_texts_of, with_campaigns
from .options import AsJson, option
from .outcome import DONE, FAILED
from .words import err, out, print_json, say

if TYPE_CHECKING:
    from ..running.rehearsal import Rehearsal


def dry_run(
    number: Number,
    /,
    *,
    limit: Annotated[int, option("只试这么多收件人，0 为全部", "only so many recipients, 0: all")] = 0,
    place: Place | None = None,
    json: AsJson = False,
) -> int:
    from rich.progress import Progress as Bar

    from ..running.rehearsal import rehearse

    async def answer(opened: Opened) -> Rehearsal:
        found = await opened.campaigns.find(number)
        texts = await template_texts_of(opened, found.kind)
        with Bar(console=err(), transient=True) as bar:
            task = bar.add_task(found.name, total=min(found.recipients, limit or found.recipients) or 1)
            return await rehearse(
                found,
                opened.tables,
                opened.vault,
                texts,
                limit=limit,
                told=lambda done: bar.update(task, completed=done),
            )

    found = with_campaigns(place, answer)
    if json:
        print_json(msgspec.to_builtins(found, str_keys=True))
    else:
        _show(found)
    return DONE if found.stage == "done" and not found.refused else FAILED


def _show(found: Rehearsal) -> None:
    out().print(
        say(
            f"{found.recipients} 个收件人：{found.accepted} 次调用被接受，结束时{stage_said(found.stage)}",
            f"{found.recipients} recipients: {found.accepted} calls were taken, at the end {found.stage}",
        )
    )
    for code, count in found.refused.items():
        out().print(say(f"  被拒绝 {code}：{count}", f"  refused with {code or '?'}: {count}"))
    for day, count in found.days.items():
        out().print(say(f"  {day}（北京时间）  {count:,}", f"  {day} (in China)  {count:,}"))
    if found.ends_at:
        begins, ends = (
            time.strftime("%Y-%m-%d %H:%M:%S %z", time.localtime(at))
            for at in (found.begins_at, found.ends_at)
        )
        out().print(say(f"如果现在开始：{begins} 至 {ends}", f"if it started now: {begins} to {ends}"))
    if found.reason:
        err().print(found.reason)
