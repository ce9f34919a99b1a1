"""接口报警: thirty failures in five minutes are told, and very many silence all pushes for a minute."""

from __future__ import annotations

from typing import Any

import pytest

from gongzhong.platform import AccountConfig
from gongzhong.platform.world import accounts, acts

from .listener import APPID, NAME, START, Bed, Script, answered

pytestmark = pytest.mark.anyio


@pytest.fixture
def bed() -> Bed:
    return Bed()


def told(bed: Bed) -> list[dict[str, Any]]:
    return accounts.alarms(bed.platform.world, APPID)


async def fails(bed: Bed, script: Script, times: int) -> None:
    """Let pushes fail one second after another; each is one failure, however many attempts it took."""
    bed.listener.will(script)
    for _ in range(times):
        await bed.says()
        bed.clock.advance(1)


def lines(bed: Bed) -> dict[str, str]:
    (alarm,) = told(bed)
    return dict(line.split(": ", 1) for line in alarm["text"].splitlines())


@pytest.mark.parametrize(
    ("script", "type", "content"),
    [
        ("timeout", "timeout", "请求超时：微信服务器推送消息或事件后，5 秒内没有收到返回"),
        ("connect", "connect", "连接超时：连接开发者服务器超时，限 5 秒"),
        ("dns", "dns", "DNS失败：推送时解析域名失败"),
        (answered(b"Error 500:", 500), "response", "回应失败：对推送的消息或事件的回应不合法"),
    ],
    ids=["timeout", "connect", "dns", "response"],
)
async def test_the_thirtieth_failure_is_told_once(bed: Bed, script: Script, type: str, content: str) -> None:
    await fails(bed, script, 27)
    assert told(bed) == []
    await fails(bed, script, 3)
    assert [alarm["type"] for alarm in told(bed)] == [type]
    assert lines(bed)["内容"] == content
    await fails(bed, script, 3)
    assert len(told(bed)) == 1


async def test_an_alarm_has_the_lines_that_the_group_gets(bed: Bed) -> None:
    await fails(bed, answered(b"Error 500:", 500), 30)
    assert lines(bed) == {
        "Appid": APPID,
        "昵称": NAME,
        "时间": "2027-01-15 16:00:00",
        "内容": "回应失败：对推送的消息或事件的回应不合法",
        "次数": "5分钟 30次",
        "错误样例": (
            f"[OpenID={bed.openid}][Stamp={START}][OuterIP=127.0.0.1][3rdUrl={bed.account.url}][Msg=Text]"
            "[ip=203.0.113.9][response_length=10][response_content=Error 500:]"
        ),
        "报警排查指引，请见": "https://developers.weixin.qq.com/doc/service/guide/dev/api/warn_guide",
    }


async def test_the_example_of_an_alarm_is_the_first_failure(bed: Bed) -> None:
    bed.listener.will("timeout")
    await bed.does(acts.enter(bed.world, bed.account, "alice", 31.2, 121.5))
    bed.clock.advance(1)
    await fails(bed, "timeout", 29)
    assert lines(bed)["错误样例"].endswith("[Event=Location Report]")
    assert f"[Stamp={START}]" in lines(bed)["错误样例"]


async def test_failures_that_are_far_apart_are_no_alarm(bed: Bed) -> None:
    for _ in range(3):
        await fails(bed, answered(b"{}"), 29)
        bed.clock.advance(minutes=5)
    assert told(bed) == []


async def test_each_kind_is_counted_by_itself(bed: Bed) -> None:
    await fails(bed, answered(b"{}"), 29)
    await fails(bed, "timeout", 27)
    assert told(bed) == []
    await fails(bed, answered(b"{}"), 1)
    assert [alarm["type"] for alarm in told(bed)] == ["response"]


async def test_the_threshold_is_a_setting() -> None:
    bed = Bed(alarm_threshold=3)
    await fails(bed, "timeout", 3)
    assert lines(bed)["次数"] == "5分钟 3次"


async def test_very_many_failures_silence_the_account_for_a_minute() -> None:
    bed = Bed(alarm_threshold=3, mark_fail_threshold=6)
    await fails(bed, answered(b"{}"), 6)
    assert [alarm["type"] for alarm in told(bed)] == ["mark_fail", "response"]
    assert "内容: MarkFail(自动屏蔽)：多次失败后暂停推送，一分钟后解除" in told(bed)[0]["text"].splitlines()
    sent, complaints = len(bed.listener.requests), bed.complaints()
    bed.listener.will(b"success")
    outcome = await bed.says("在吗")
    assert (outcome.verdict.kind, outcome.entries) == ("mark_fail", [])
    assert len(bed.listener.requests) == sent
    assert bed.complaints() == complaints + 1
    bed.clock.advance(58)
    assert (await bed.says()).verdict.kind == "mark_fail"
    bed.clock.advance(1)
    assert (await bed.says()).verdict.kind == "accepted"
    assert len(bed.listener.requests) == sent + 1


async def test_after_the_minute_counting_starts_anew() -> None:
    bed = Bed(alarm_threshold=3, mark_fail_threshold=6)
    await fails(bed, answered(b"{}"), 6)
    bed.clock.advance(minutes=1)
    await fails(bed, answered(b"{}"), 2)
    assert len(told(bed)) == 2
    await fails(bed, answered(b"{}"), 1)
    assert [alarm["type"] for alarm in told(bed)] == ["response", "mark_fail", "response"]


async def test_another_account_goes_on() -> None:
    bed = Bed(alarm_threshold=3, mark_fail_threshold=6)
    config = AccountConfig(name="书店", token="tok456", url="http://books.test/")
    books = accounts.create(bed.world, config)
    await fails(bed, answered(b"{}"), 6)
    bed.listener.will(b"success")
    (outcome,) = await bed.does(acts.follow(bed.world, books, "alice"))
    assert outcome.verdict.kind == "accepted"
    assert accounts.alarms(bed.platform.world, books.appid) == []
