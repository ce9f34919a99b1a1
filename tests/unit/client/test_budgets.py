"""When a call is refused before it is made: only on WeChat's word, until midnight in Beijing."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gongzhong.catalogue.base import ApiQuota, DailyQuota, RateLimit
from gongzhong.catalogue.model import Call, Ok, Repeat, Spec
from gongzhong.client import AsyncClient
from gongzhong.client.budgets import (
    ASK_AGAIN_S,
    Budgets,
    Reported,
    Usage,
    day_of,
    decide,
    heard,
    refused,
    spent,
)
from gongzhong.clock import MovableClock
from gongzhong.errors import NotReached, QuotaError, QuotaSpent

pytestmark = pytest.mark.anyio

QUOTA = "/cgi-bin/openapi/quota/get"
SEND = "/cgi-bin/send"
USED_UP = {"errcode": 45009, "errmsg": "reach max api daily quota limit"}
TOO_FAST = {"errcode": 45011, "errmsg": "api minute-quota reach limit, must slower, retry next minute"}
DONE = {"errcode": 0, "errmsg": "ok"}


class Send(Call[Ok], kw_only=True, frozen=True):
    """Send a text: ten a day on every account, four on a test account, three a minute."""

    spec = Spec("POST", SEND, repeat=Repeat.IF_NOT_SENT, daily=10, daily_test=4, per_minute=3)
    text: str = "x"


def quota(limit: int, used: int, *, per_minute: int | None = None) -> ApiQuota:
    daily = DailyQuota(daily_limit=limit, used=used, remain=max(0, limit - used))
    return ApiQuota(
        quota=daily, rate_limit=RateLimit(call_count=per_minute, refresh_second=60) if per_minute else None
    )


def answer(limit: int, used: int) -> dict[str, Any]:
    daily = {"daily_limit": limit, "used": used, "remain": max(0, limit - used)}
    return {"errcode": 0, "errmsg": "ok", "quota": daily}


def usage(used: int = 1) -> Usage:
    return Usage(SEND, day_of(NOW), 4, 3, used=used)


NOW = 1_700_000_000.0


def test_a_call_below_its_limit_goes() -> None:
    assert decide(usage(4), NOW) == "go"


def test_at_the_limit_wechat_is_asked_and_its_word_counts() -> None:
    known = usage(5)
    assert decide(known, NOW) == "ask"
    heard(known, quota(10, 4), NOW)
    assert (decide(known, NOW), known.limit, known.used) == ("go", 10, 4)
    known.used = 11
    assert decide(known, NOW + ASK_AGAIN_S) == "ask"
    heard(known, quota(10, 10), NOW + ASK_AGAIN_S)
    assert decide(known, NOW + ASK_AGAIN_S) == "refuse"


def test_a_count_alone_never_refuses() -> None:
    known = usage(1_000_000)
    heard(known, None, NOW)
    assert decide(known, NOW + 1) == "go"
    heard(known, quota(10, 4), NOW)
    known.used = 1_000_000
    assert decide(known, NOW + 1) == "go"


def test_a_call_without_a_daily_quota_is_not_refused() -> None:
    """The quota call answers 0 for a call that has none."""
    known = usage()
    refused(known, 45009, NOW)
    heard(known, quota(0, 7), NOW)
    assert decide(known, NOW) == "go"


def test_after_45009_wechat_is_asked_and_asked_again_ever_more_seldom() -> None:
    known, asked = usage(), []
    refused(known, 45009, NOW)
    for second in range(200):
        if decide(known, NOW + second) == "ask":
            asked.append(second)
            heard(known, quota(10, 10), NOW + second)
        assert decide(known, NOW + second) == "refuse"
    assert asked == [0, 5, 15, 35, 75, 135, 195]


def test_45009_although_something_remained_is_about_another_quota() -> None:
    known = usage()
    refused(known, 45009, NOW)
    heard(known, quota(10, 4), NOW + 1)
    refused(known, 45009, NOW + 1)
    assert [decide(known, NOW + second) for second in (1, 2, 100)] == ["go", "go", "go"]


def test_a_minute_is_refused_only_after_wechat_said_so_in_it() -> None:
    minute = int(NOW // 60)
    known = Usage(SEND, day_of(NOW), None, 3, used=9, minute=minute, in_minute=9)
    assert decide(known, NOW) == "go"
    refused(known, 45011, NOW)
    assert decide(known, NOW) == "refuse"
    known.in_minute = 2
    assert decide(known, NOW) == "go"
    known.minute, known.in_minute = minute + 1, 9
    assert decide(known, NOW + 60) == "go"


@pytest.fixture(params=["UTC", "America/New_York", "Asia/Shanghai", "Pacific/Kiritimati"])
def zone(request: pytest.FixtureRequest) -> Iterator[str]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = request.param
    time.tzset()
    yield request.param
    os.environ.pop("TZ") if before is None else os.environ.update(TZ=before)
    time.tzset()


@pytest.mark.parametrize(
    ("moment", "resets"),
    [
        (datetime(2026, 11, 29, 15, 59, 59, tzinfo=UTC), datetime(2026, 11, 29, 16, tzinfo=UTC)),
        (datetime(2026, 11, 29, 16, 0, 0, tzinfo=UTC), datetime(2026, 11, 30, 16, tzinfo=UTC)),
        (datetime(2026, 12, 31, 20, 0, 0, tzinfo=UTC), datetime(2027, 1, 1, 16, tzinfo=UTC)),
    ],
)
def test_a_day_ends_at_midnight_in_beijing_whatever_the_zone_of_the_machine(
    zone: str, moment: datetime, resets: datetime
) -> None:
    known = Usage(SEND, day_of(moment.timestamp()), 10, None)
    refused(known, 45009, moment.timestamp())
    error = spent("cgi-bin/send", known)
    assert error.resets_at == resets.timestamp()
    day = f"{resets + timedelta(hours=8):%Y-%m-%d}"
    assert f"{day} 00:00:00" in error.text("zh") and f"{day} 00:00:00" in error.text("en")
    assert "北京时间" in error.text("zh") and "Beijing" in error.text("en")


def quota_calls(world: Any) -> int:
    return int(world.weixin.paths().count(QUOTA[1:]))


def sends(world: Any) -> int:
    return int(world.weixin.paths().count(SEND[1:]))


def test_a_used_up_quota_is_refused_without_a_request_until_it_resets(world: Any) -> None:
    client = world.client()
    world.weixin.will(SEND, USED_UP)
    world.weixin.will(QUOTA, answer(10, 10))
    with pytest.raises(QuotaError) as wechat:
        client.perform(Send())
    assert not isinstance(wechat.value, QuotaSpent)
    for _ in range(50):
        with pytest.raises(QuotaSpent) as here:
            client.perform(Send())
    assert (here.value.errcode, here.value.call, here.value.limit) == (45009, "cgi-bin/send", 10)
    assert "10" in here.value.text("zh") and "cgi-bin/send" in here.value.text("en")
    assert (sends(world), quota_calls(world)) == (1, 1)
    world.weixin.will(SEND, DONE)
    world.clock.turn_to(here.value.resets_at)
    client.perform(Send())


async def test_both_clients_share_what_is_known(world: Any) -> None:
    client = world.client()
    aclient = AsyncClient(world.account, world.road(), world.tokens, world.clock, budgets=client.budgets)
    world.weixin.will(SEND, USED_UP)
    world.weixin.will(QUOTA, answer(10, 10))
    with pytest.raises(QuotaError):
        client.perform(Send())
    with pytest.raises(QuotaSpent):
        await aclient.perform(Send())


def test_a_quota_that_was_raised_is_noticed(world: Any) -> None:
    client = world.client()
    world.weixin.will(SEND, USED_UP)
    world.weixin.will(QUOTA, answer(10, 10))
    for _ in range(2):
        with pytest.raises(QuotaError):
            client.perform(Send())
    world.weixin.will(QUOTA, answer(100, 10))
    world.weixin.will(SEND, DONE)
    world.clock.advance(ASK_AGAIN_S)
    client.perform(Send())


@pytest.mark.parametrize("clear", ["clear_quota", "clear_quota_by_secret", "clear_api_quota"])
def test_clearing_resets_what_is_known_at_once(world: Any, clear: str) -> None:
    client = world.client()
    world.weixin.will(SEND, USED_UP)
    world.weixin.will(QUOTA, answer(10, 10))
    for _ in range(2):
        with pytest.raises(QuotaError):
            client.perform(Send())
    world.weixin.will("/cgi-bin/clear_quota/v2", DONE)
    world.weixin.will(SEND, DONE)
    getattr(client.base, clear)(**({"cgi_path": SEND} if clear == "clear_api_quota" else {}))
    client.perform(Send())
    assert quota_calls(world) == 1


def test_clearing_another_call_s_quota_resets_nothing(world: Any) -> None:
    client = world.client()
    world.weixin.will(SEND, USED_UP)
    world.weixin.will(QUOTA, answer(10, 10))
    for _ in range(2):
        with pytest.raises(QuotaError):
            client.perform(Send())
    client.base.clear_api_quota(cgi_path="/cgi-bin/other")
    with pytest.raises(QuotaSpent):
        client.perform(Send())


def test_what_a_program_asks_about_its_quota_is_known_here_too(world: Any) -> None:
    client = world.client()
    world.weixin.will(SEND, DONE)
    client.perform(Send())
    world.weixin.will(QUOTA, answer(10, 10))
    client.base.get_quota(cgi_path=SEND)
    with pytest.raises(QuotaSpent):
        client.perform(Send())
    assert sends(world) == 1


def test_when_the_quota_call_fails_wechat_answers_the_call_itself(world: Any) -> None:
    client = world.client()
    world.weixin.will(SEND, USED_UP, DONE)
    world.weixin.will(QUOTA, {"errcode": 48001, "errmsg": "api unauthorized"})
    with pytest.raises(QuotaError):
        client.perform(Send())
    client.perform(Send())
    assert sends(world) == 2


def test_the_published_limit_of_another_kind_of_account_refuses_nothing(world: Any) -> None:
    """Four a day is what a test account has: at that count WeChat is asked once, and nothing is refused."""
    client = world.client()
    world.weixin.will(SEND, DONE)
    world.weixin.will(QUOTA, answer(10, 4), answer(1_000, 10))
    for _ in range(20):
        client.perform(Send())
        world.clock.advance(30)
    assert (sends(world), quota_calls(world)) == (20, 2)


def test_what_was_not_sent_is_not_counted(world: Any) -> None:
    client = world.client()
    client.access_token()
    world.weixin.will(SEND, NotReached("断", "down"))
    for _ in range(3):
        with pytest.raises(NotReached):
            client.perform(Send())
    assert [known.used for known in client.budgets.usages() if known.path == SEND] == [0]


def test_calls_of_a_minute_are_counted_and_refused_after_45011(world: Any) -> None:
    client = world.client()
    world.weixin.will(SEND, DONE, DONE, DONE, TOO_FAST)
    world.weixin.will(QUOTA, answer(1_000, 10))
    for _ in range(3):
        client.perform(Send())
    for error in (QuotaError, QuotaSpent):
        with pytest.raises(error) as refusal:
            client.perform(Send())
    assert refusal.value.errcode == 45011
    assert sends(world) == 4
    world.weixin.will(SEND, DONE)
    world.clock.turn_to(refusal.value.resets_at)
    client.perform(Send())


class NoStore:
    """A store that is down: nothing that was counted can be told."""

    def report(self, *facts: Any) -> Reported:
        raise OSError

    note = correct = clear = report


def spec(number: int) -> Spec:
    return Spec("POST", f"/cgi-bin/any/{number}", per_minute=1)


@pytest.mark.parametrize("shared", [False, True])
def test_however_many_paths_are_called_only_so_many_are_known(shared: bool) -> None:
    clock = MovableClock(NOW, frozen=True)
    budgets = Budgets(NoStore() if shared else None, clock, most=100)
    for number in range(10_000):
        budgets.count("api|wx1", spec(number))
        clock.advance(0.001)
    assert len(budgets.usages()) <= 100
    assert budgets.usages()[-1].path == "/cgi-bin/any/9999"


def test_what_wechat_refused_is_remembered_longest_and_untold_counts_longer_than_told_ones() -> None:
    clock = MovableClock(NOW, frozen=True)
    budgets = Budgets(NoStore(), clock, most=100)
    used: list[Usage] = []
    for number in range(100):
        found, _ = budgets.count("api|wx1", spec(number))
        assert found is not None
        used.append(found)
        clock.advance(60)
    now = clock.now()
    for number in range(10):
        refused(used[number], 45009, now)
    refused(used[10], 45011, now)
    for number in range(11, 60):
        used[number].unreported = 0  # the others were told of these
    budgets.count("api|wx1", spec(100))
    left = {int(one.path.rpartition("/")[2]) for one in budgets.usages()}
    assert left == {*range(11), *range(60, 101), *range(36, 60)}


def test_a_new_day_makes_room_first() -> None:
    clock = MovableClock(NOW, frozen=True)
    budgets = Budgets(clock=clock, most=10)
    for number in range(9):
        found, _ = budgets.count("api|wx1", spec(number))
        assert found is not None
        refused(found, 45009, clock.now())
    clock.advance(86_400)
    for number in range(9, 15):
        budgets.count("api|wx1", spec(number))
    assert {one.path for one in budgets.usages()} == {f"/cgi-bin/any/{number}" for number in range(9, 15)}


def test_usages_are_copies_and_hold_no_secret(world: Any) -> None:
    client = world.client()
    world.weixin.will(SEND, DONE)
    client.perform(Send())
    (known,) = client.budgets.usages()
    known.used = 99
    assert [one.used for one in client.budgets.usages()] == [1]
    assert "t0ken" not in json.dumps(str(known))
