"""A row from its beginning to its end: pending, attempts, what it followed from, and how it is said."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote

import msgspec
import pytest

from gongzhong.messages import dedup_key, parse
from gongzhong.platform.doors.api import ApiDoor
from gongzhong.platform.doors.http import Request
from gongzhong.platform.rows.view import RowView, view
from gongzhong.platform.rows.words import Names, sentence
from gongzhong.platform.traffic import Cause, Delivery, Exchange, Traffic, TrafficLimits
from gongzhong.platform.world import acts, chats, tokens
from gongzhong.platform.world.acts import Saying
from gongzhong.platform.world.faults import Order
from gongzhong.wire import read_xml

from ..delivery.conftest import APPID, Arrived, Bed

pytestmark = pytest.mark.anyio


def shown(bed: Bed) -> list[RowView]:
    """Every row, oldest first."""
    names = Names(bed.world)
    return [view(row, names) for row in bed.platform.traffic.rows()][::-1]


def said(bed: Bed, number: int = 0) -> tuple[str, str]:
    """The newest row in both languages, or that of a number."""
    row = next(one for one in reversed(shown(bed)) if number in (0, one.number))
    return sentence(row.words, "zh"), sentence(row.words, "en")


def call(bed: Bed, path: str, body: dict[str, Any], **headers: str) -> None:
    """A program calls the API."""
    token = tokens.stable(bed.world, bed.account, force=False)[0]
    door = ApiDoor(bed.world, bed.platform.traffic, bed.platform.faults)
    raw = msgspec.json.encode(body)
    door.handle(Request("POST", path, f"access_token={token}", headers, raw, "127.0.0.1"))


def customer_text(bed: Bed, text: str = "稍等", **headers: str) -> None:
    message = {"touser": bed.openid, "msgtype": "text", "text": {"content": text}}
    call(bed, "/cgi-bin/message/custom/send", message, **headers)


async def test_a_push_is_there_while_the_program_still_thinks(bed: Bed) -> None:
    seen: list[RowView] = []

    def answers(arrived: Arrived) -> bytes:
        seen.extend(shown(bed))
        return bed.reply()

    bed.server.says = [answers]
    outcome = await bed.says("客服")
    (pending,) = seen
    assert (pending.state, pending.number, pending.person, pending.attempts) == (
        "wait",
        outcome.row,
        "alice",
        0,
    )
    assert sentence(pending.words, "zh") == "alice 说「客服」等待回应…".replace("」等", "」 等")
    (done,) = shown(bed)
    assert (done.state, done.result.zh, done.number) == ("ok", "已回复", pending.number)
    assert said(bed) == ("alice 说「客服」 →「好」", "alice said “客服” → “好”")
    assert outcome.entries == [done.number]


async def test_three_attempts_are_one_row(bed: Bed) -> None:
    bed.server.says = ["timeout", "timeout", bed.reply()]
    outcome = await bed.says()
    (row,) = shown(bed)
    assert (row.state, row.result.zh, row.result.en, row.attempts, row.of) == (
        "warn",
        "3 次",
        "3 tries",
        3,
        3,
    )
    assert [bar.state for bar in row.bars] == ["bad", "bad", "ok"]
    assert outcome.entries[0] == outcome.row == row.number
    for number in outcome.entries:
        assert bed.platform.traffic.row(number) is bed.platform.traffic.row(row.number)


async def test_chat_lines_know_their_row(bed: Bed) -> None:
    bed.server.says = [bed.reply()]
    outcome = await bed.says()
    written, answer = chats.read(bed.world, APPID, "alice")[-2:]
    assert [line["side"] for line in (written, answer)] == ["person", "account"]
    assert bed.platform.rows.of_lines([written["seq"], answer["seq"]]) == {
        written["seq"]: outcome.row,
        answer["seq"]: outcome.row,
    }
    customer_text(bed)
    line = chats.last(bed.world)
    assert bed.platform.traffic.row_of_line(line) == bed.platform.traffic.newest_number


async def test_a_call_that_names_its_push_hangs_under_it(bed: Bed) -> None:
    def answers(arrived: Arrived) -> bytes:
        key = quote(dedup_key(parse(read_xml(arrived.body))), safe=":")
        customer_text(bed, **{"x-gongzhong-push": key})
        return b"success"

    bed.server.says = [answers]
    outcome = await bed.says()
    push, sent = shown(bed)
    assert push.number == outcome.row
    assert sent.cause == Cause(push.number, known=True)
    # Also when the push is over: a handler may go on.
    key = quote(dedup_key(parse(read_xml(bed.server.arrived[0].body))), safe=":")
    customer_text(bed, **{"x-gongzhong-push": key})
    assert shown(bed)[-1].cause == Cause(push.number, known=True)


async def test_without_a_name_only_the_one_open_push_of_that_person_is_likely(bed: Bed) -> None:
    bed.server.says = [lambda arrived: (customer_text(bed), b"success")[1]]
    await bed.says()
    push, sent = shown(bed)
    assert sent.cause == Cause(push.number, known=False)
    customer_text(bed)
    assert shown(bed)[-1].cause is None, "no push is under way"


async def test_of_two_open_pushes_none_is_guessed(bed: Bed) -> None:
    both = asyncio.Event()
    arrived = 0

    class Slow:
        async def send(self, *args: Any, **options: Any) -> Any:
            nonlocal arrived
            arrived += 1
            if arrived == 2:
                customer_text(bed)
                both.set()
            await both.wait()
            return await bed.server.send(*args, **options)

    bed.platform.pusher.receiver = Slow()  # type: ignore[assignment]
    await asyncio.gather(bed.says("一"), bed.says("二"))
    (sent,) = [row for row in shown(bed) if row.kind == "api"]
    assert sent.cause is None


async def test_a_key_of_nobody_is_no_cause(bed: Bed) -> None:
    bed.server.says = [lambda arrived: (customer_text(bed, **{"x-gongzhong-push": "o:1"}), b"success")[1]]
    await bed.says()
    assert shown(bed)[-1].cause is None


async def test_the_push_that_follows_a_call_names_it(bed: Bed) -> None:
    call(bed, "/cgi-bin/template/api_add_template", {"template_id_short": "TM00015"})
    (made,) = bed.platform.traffic.newest(limit=1).entries
    assert isinstance(made.answered, dict)
    values = {"first": {"value": "好"}}
    body = {"touser": bed.openid, "template_id": made.answered["template_id"], "data": values}
    call(bed, "/cgi-bin/message/template/send", body)
    await bed.platform.settle()
    sent, followed = shown(bed)[-2:]
    assert (sent.title, followed.title) == ("cgi-bin/message/template/send", "event:TEMPLATESENDJOBFINISH")
    assert followed.cause == Cause(sent.number, known=True)
    assert sentence(sent.words, "zh").startswith("发送模板消息 给 alice「")
    assert said(bed, followed.number)[0] == "模板消息发送结果 success alice"


async def test_a_fault_is_marked_and_a_delayed_push_is_shown_at_once(bed: Bed) -> None:
    fault = bed.platform.faults.order(Order(side="push", kind="delay", delay_s=0.05))
    act = acts.say(bed.world, bed.account, "alice", Saying(content="晚"))
    waiting = asyncio.ensure_future(bed.platform.carry_out(act, wait=True))
    await asyncio.sleep(0)
    (row,) = shown(bed)
    assert (row.state, row.fault) == ("wait", fault.id)
    assert bed.server.arrived == []
    await waiting
    assert shown(bed)[0].state == "ok"


async def test_a_push_that_a_fault_doubles_has_two_rows(bed: Bed) -> None:
    bed.platform.faults.order(Order(side="push", kind="duplicate"))
    await bed.says()
    assert [row.state for row in shown(bed)] == ["ok", "ok"]


async def test_mark_fail_leaves_a_row_and_so_does_each_push_that_it_keeps_back() -> None:
    bed = Bed(alarm_threshold=2, mark_fail_threshold=2)
    bed.server.says = [500]
    for _ in range(3):
        await bed.says()
    first, second, pause, blocked = shown(bed)
    assert [first.state, second.state, pause.kind, blocked.state] == ["bad", "bad", "pause", "bad"]
    assert pause.cause == Cause(second.number, known=True)
    assert pause.until == bed.clock.now() + bed.world.rules.mark_fail_s
    assert (blocked.attempts, blocked.result.zh) == (0, "被屏蔽")
    await bed.platform.close()


async def test_a_push_without_a_url_is_a_row_too(bed: Bed) -> None:
    bed.change(url="")
    outcome = await bed.says()
    assert outcome.entries == []
    assert said(bed) == (
        "alice 说「在吗」 → 未配置服务器地址，未推送",
        "alice said “在吗” → not pushed: no server URL is configured",
    )


async def test_a_stopped_platform_says_that_a_push_was_cut_off(bed: Bed) -> None:
    class Never:
        async def send(self, *args: Any, **options: Any) -> Any:
            await asyncio.Event().wait()

        async def close(self) -> None:
            """Nothing is open."""

    bed.platform.pusher.receiver = Never()  # type: ignore[assignment]
    waiting = asyncio.ensure_future(bed.says())
    await asyncio.sleep(0.01)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    (row,) = shown(bed)
    assert (row.state, row.result.zh) == ("bad", "中断")


def push_of(number: int) -> Delivery:
    return Delivery(appid="a", title="text", openid=f"o{number}", key=f"k{number}")


def test_what_is_under_way_is_not_pushed_out() -> None:
    log = Traffic(TrafficLimits(entries=3))
    waits = log.begin(push_of(1))
    for _ in range(10):
        log.record(Exchange(kind="api", appid="a", title="", method="GET", url="/"))
    assert log.row(waits.number) is waits
    assert len(list(log.rows())) == 3


def test_a_cursor_of_exchanges_misses_none_that_ended_late() -> None:
    log = Traffic()
    push = log.begin(push_of(1))
    meanwhile = log.record(Exchange(kind="api", appid="a", title="", method="GET", url="/"))
    attempt = log.record(Exchange(kind="push", appid="a", title="text", method="POST", url="/"), push)
    assert (attempt.seq, meanwhile.seq) == (1, 2)
    assert [entry.seq for entry in log.everything()] == [2, 1], "in the order in which they ended"
    assert [entry.seq for entry in log.after(2).entries] == [1]
    assert log.after(1).entries == []
    assert log.find(1) is attempt
