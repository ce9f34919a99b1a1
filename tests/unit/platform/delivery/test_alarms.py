"""接口报警: told at thirty failures in five minutes, and pushes stop when it is far too many."""

from __future__ import annotations

import datetime
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gongzhong.platform.world import accounts, acts, chats
from gongzhong.platform.world.world import CHINA

from .conftest import APPID, Bed

pytestmark = pytest.mark.anyio


def told(bed: Bed) -> list[dict[str, Any]]:
    return accounts.alarms(bed.platform.world, APPID)


async def fail(bed: Bed, times: int, said: Any = 500) -> None:
    bed.server.says = [said]
    for _ in range(times):
        await bed.says()


async def test_the_thirtieth_failure_of_a_kind_is_told_once(bed: Bed) -> None:
    await fail(bed, 29)
    assert told(bed) == []
    await fail(bed, 2)
    assert [one["type"] for one in told(bed)] == ["response"]


async def test_a_push_is_one_failure_however_many_attempts_it_took(bed: Bed) -> None:
    await fail(bed, 29, "connect")
    assert told(bed) == []
    await fail(bed, 30, "timeout")
    assert [one["type"] for one in told(bed)] == ["timeout"]


async def test_kinds_are_counted_apart(bed: Bed) -> None:
    await fail(bed, 29)
    await fail(bed, 9, "timeout")
    await fail(bed, 9, "connect")
    await fail(bed, 9, "dns")
    assert told(bed) == []  # and nobody is blocked who was not warned


async def test_failures_older_than_five_minutes_are_forgotten(bed: Bed) -> None:
    await fail(bed, 15)
    bed.clock.advance(minutes=5, seconds=1)
    await fail(bed, 29)
    assert told(bed) == []
    await fail(bed, 1)
    assert len(told(bed)) == 1


async def test_the_lines_of_an_alarm(bed: Bed) -> None:
    began = bed.clock.now()
    await fail(bed, 1, b"<html>Error 500:")
    bed.clock.advance(60)
    await fail(bed, 29, b"later")
    time = datetime.datetime.fromtimestamp(began, CHINA).strftime("%Y-%m-%d %H:%M:%S")
    (alarm,) = told(bed)
    assert str(alarm["text"]).splitlines() == [
        f"Appid: {APPID}",
        "昵称: 小店",
        f"时间: {time}",
        "内容: 回应失败：对推送的消息或事件的回应不合法",
        "次数: 5分钟 30次",
        f"错误样例: [OpenID={bed.openid}][Stamp={int(began)}][OuterIP=127.0.0.1][3rdUrl={bed.account.url}][Msg=Text]"
        "[ip=203.0.113.9][response_length=16][response_content=<html>Error 500:]",
        "报警排查指引，请见: https://developers.weixin.qq.com/doc/service/guide/dev/api/warn_guide",
    ]


async def test_a_timeout_is_told_with_the_address_and_the_event(bed: Bed) -> None:
    bed.server.says = ["timeout"]
    for _ in range(30):
        await bed.platform.carry_out(acts.unfollow(bed.world, bed.account, "alice"), wait=True)
        act = acts.follow(bed.world, bed.account, "alice")
        act.pushes.clear()
    (alarm,) = told(bed)
    assert str(alarm["text"]).splitlines()[-2].endswith("[IP=203.0.113.9][Event=UnSubscribe]")
    assert "5 秒内没有收到返回" in str(alarm["text"])


@pytest.fixture
async def fragile() -> AsyncIterator[Bed]:
    made = Bed(mark_fail_threshold=40)
    yield made
    await made.platform.close()


async def test_too_many_failures_stop_pushes_for_a_minute(fragile: Bed) -> None:
    await fail(fragile, 40)
    assert [one["type"] for one in told(fragile)] == ["mark_fail", "response"]
    fragile.server.says, arrived = [b"success"], len(fragile.server.arrived)
    outcome = await fragile.says()
    assert (outcome.verdict.kind, len(fragile.server.arrived)) == ("mark_fail", arrived)
    assert fragile.screen[-1][1] == chats.FAILURE_LINE
    blocked_until = fragile.platform.pusher.alarms.blocked_until
    assert blocked_until(fragile.account) == fragile.clock.now() + 60
    fragile.clock.advance(59)
    assert (await fragile.says()).verdict.kind == "mark_fail"
    fragile.clock.advance(1)
    assert (await fragile.says()).verdict.kind == "accepted"


async def test_failures_of_long_ago_stop_nothing(fragile: Bed) -> None:
    await fail(fragile, 39, "timeout")
    fragile.clock.advance(minutes=6)
    await fail(fragile, 5)
    assert [one["type"] for one in told(fragile)] == ["timeout"]
    assert (await fragile.says()).verdict.kind == "response"


async def test_a_reset_forgets_failures_and_blocks(fragile: Bed) -> None:
    await fail(fragile, 40)
    fragile.platform.reset()
    assert told(fragile) == []
    fragile.server.says = [b"success"]
    assert (await fragile.says()).verdict.kind == "accepted"
