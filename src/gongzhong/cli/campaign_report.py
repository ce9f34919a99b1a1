"""`gongzhong campaign report` and `settle`: every recipient's outcome, and sends that a person has to decide."""

from __future__ import annotations

import csv
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TextIO

import msgspec

from .campaign import Number, Opened, Place, state_said, with_campaigns
from .options import AsJson, flag, option
from .outcome import DONE, FAILED
from .usage import Usage
from .words import err, out, print_json, say

if TYPE_CHECKING:
    from ..campaigns.campaigns import Doubt, Line

Format = Literal["csv", "json", "jsonl"]
Decision = Literal["sent", "not-sent", "again"]
COLUMNS = ("openid", "state", "code", "msgid", "status", "at")


def report(
    number: Number,
    /,
    *,
    format: Annotated[Format, option("csv、json 或 jsonl", "csv, json or jsonl")] = "csv",
    output: Annotated[
        Path | None, option("写入这个文件，默认标准输出", "write to this file, else standard output")
    ] = None,
    place: Place | None = None,
) -> int:
    async def answer(opened: Opened) -> int:
        lines = opened.campaigns.report(number)
        with _opened(output) as file:
            return await (_csv(file, lines) if format == "csv" else _json(file, lines, format))

    count = with_campaigns(place, answer)
    if output is not None:
        err().print(say(f"{count} 行已写入 {output}", f"{count} lines written to {output}"), markup=False)
    return DONE


def _opened(output: Path | None) -> AbstractContextManager[TextIO]:
    if output is None:
        return nullcontext(sys.stdout)
    return output.open("w", encoding="utf-8", newline="")


async def _csv(file: TextIO, lines: AsyncIterator[Line]) -> int:
    """One line after the other, so that memory stays small; times as ISO 8601 in UTC."""
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    count = 0
    async for line in lines:
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(line.at)) if line.at else ""
        openid = "erased" if line.openid is None else line.openid
        writer.writerow((openid, line.state, line.code, line.msgid, line.status, at))
        count += 1
    return count


async def _json(file: TextIO, lines: AsyncIterator[Line], format: Format) -> int:
    """A list, or one object a line; `openid` is null for who was erased."""
    listed = format == "json"
    count = 0
    file.write("[\n" if listed else "")
    async for line in lines:
        file.write(",\n" if listed and count else "")
        file.write(msgspec.json.encode(line).decode() + ("" if listed else "\n"))
        count += 1
    file.write("\n]\n" if listed else "")
    return count


def settle(
    number: Number,
    /,
    *openids: Annotated[str, option("OpenID", "their OpenIDs")],
    decide: Annotated[
        Decision | None,
        option(
            "sent 已发出，not-sent 没有发出，again 没有发出且要再发",
            "sent; not-sent; again: not sent, and to be sent again",
            name="--as",
        ),
    ] = None,
    all: Annotated[bool, flag("全部", "all of them")] = False,
    by: Annotated[str, option("谁决定的，写进审计记录", "who decides, for the audit trail")] = "operator",
    place: Place | None = None,
    json: AsJson = False,
) -> int:
    if (decide is not None) != (all or bool(openids)) or (all and openids):
        raise Usage(
            "不带参数列出待定的发送；决定时写 --as 和 OpenID，或 --as 和 --all",
            "without options sends in doubt are listed; to decide give --as and OpenIDs, or --as and --all",
        )

    async def answer(opened: Opened) -> list[Doubt]:
        found = [one async for one in opened.campaigns.doubts(number)]
        if decide is None:
            return found
        chosen = [one for one in found if all or (one.openid or "") in openids]
        await _decide(opened, number, chosen, decide, by)
        return chosen

    found = with_campaigns(place, answer)
    if json:
        print_json([msgspec.to_builtins(one) for one in found])
    else:
        _show(found, listed=decide is None)
    return DONE if found or decide is None else FAILED


def _show(found: list[Doubt], *, listed: bool) -> None:
    if not listed:
        err().print(say(f"已决定 {len(found)} 个", f"{len(found)} are decided"))
        return
    for one in found:
        at = time.strftime("%m-%d %H:%M:%S", time.localtime(one.at))
        whom = say("（已删除）", "(erased)") if one.openid is None else one.openid or "-"
        out().print("  ".join((whom, at, state_said(one.state), *one.seen)), markup=False)
    if not found:
        err().print(say("没有待定的发送", "no send is in doubt"))


async def _decide(opened: Opened, number: int, chosen: list[Doubt], decision: Decision, by: str) -> None:
    from ..campaigns import Verdict
    from ..people import Audit

    verdicts = {"sent": Verdict.ACCEPTED, "not-sent": Verdict.REFUSED, "again": Verdict.RESEND}
    if chosen:
        await opened.campaigns.settle(number, chosen, verdicts[decision])
        await Audit(opened.vault).append(
            "settle campaign", by=by, campaign=number, decision=decision, people=len(chosen)
        )
