"""Statistics of yesterday are what people did yesterday, and nothing else."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from gongzhong import Account, OfficialAccount, Secret
from gongzhong.client import Client
from gongzhong.errors import CallError, ParameterError, PermissionDenied
from gongzhong.platform import PlatformConfig
from gongzhong.platform.world.world import CHINA
from gongzhong.testing import LocalPlatform

MONDAY = datetime.datetime(2026, 11, 2, 10, 0, tzinfo=CHINA)


class Diary:
    """An account on a platform whose first day is a Monday, the 2nd of November."""

    def __init__(self) -> None:
        self.platform = LocalPlatform(PlatformConfig(start=MONDAY.timestamp()))
        self.oa = OfficialAccount(
            Account(appid="wx00000000000000dd", secret=Secret("s" * 32), token=Secret("tok123"))
        )
        self.oa.default(lambda message: "好")
        self.platform.connect(self.oa)

    @property
    def client(self) -> Client:
        return self.platform.client(self.oa)

    def tomorrow(self) -> None:
        """To ten o'clock of the next day, give or take what happened."""
        self.platform.clock.advance(days=1)


@pytest.fixture
def diary() -> Iterator[Diary]:
    diary = Diary()
    yield diary
    diary.platform.close()


def refused(call: Callable[[], Any]) -> int:
    with pytest.raises(CallError) as error:
        call()
    return error.value.errcode


def test_followers_by_day_and_way_of_coming(diary: Diary) -> None:
    alice, bob, carol = (diary.platform.person(name) for name in ("alice", "bob", "carol"))
    alice.follows(diary.oa)
    bob.follows(diary.oa, scene="poster")
    bob.scans(diary.platform.code(diary.platform.account_of(diary.oa), "poster"))
    diary.tomorrow()
    carol.follows(diary.oa, scene="poster")
    bob.unfollows(diary.oa)
    diary.tomorrow()
    diary.tomorrow()
    changes = diary.client.statistics.follower_changes(begin_date="2026-11-01", end_date="2026-11-04")
    assert [(one.ref_date, one.user_source, one.new_user, one.cancel_user) for one in changes.rows] == [
        ("2026-11-02", 1, 1, 0),
        ("2026-11-02", 30, 1, 0),
        ("2026-11-03", 30, 1, 1),
    ]
    totals = diary.client.statistics.follower_totals(begin_date="2026-10-31", end_date="2026-11-04")
    assert [(one.ref_date, one.cumulate_user) for one in totals.rows] == [
        ("2026-11-02", 2),
        ("2026-11-03", 2),
        ("2026-11-04", 2),
    ]


def test_messages_by_day_hour_week_and_sender(diary: Diary) -> None:
    alice, bob = (diary.platform.person(name) for name in ("alice", "bob"))
    alice.follows(diary.oa)
    bob.follows(diary.oa)
    for number in range(6):
        alice.says(str(number))
    alice.sends("image")
    bob.says("早")
    diary.platform.clock.advance(hours=2)
    bob.says("午")
    diary.tomorrow()
    counts = diary.client.statistics
    monday = {"begin_date": "2026-11-02", "end_date": "2026-11-02"}
    assert [(one.msg_type, one.msg_user, one.msg_count) for one in counts.messages(**monday).rows] == [
        (1, 2, 8),
        (2, 1, 1),
    ]
    hours = [(one.ref_hour, one.msg_type, one.msg_count) for one in counts.messages_by_hour(**monday).rows]
    assert hours == [(1000, 1, 7), (1000, 2, 1), (1200, 1, 1)]
    assert [(one.count_interval, one.msg_user) for one in counts.senders(**monday).rows] == [(1, 1), (2, 1)]

    assert refused(lambda: counts.messages_by_week(**monday)) == 61503
    diary.platform.clock.advance(days=7)
    bob.says("下周")
    (text, image) = counts.messages_by_week(**monday).rows
    assert (text.ref_date, text.msg_user, text.msg_count, image.msg_count) == ("2026-11-02", 2, 8, 1)
    weekly = counts.senders_by_week(begin_date="2026-11-01", end_date="2026-11-04").rows
    assert {(one.ref_date, one.count_interval, one.msg_user) for one in weekly} == {
        ("2026-11-02", 1, 1),
        ("2026-11-02", 2, 1),
    }


def test_months(diary: Diary) -> None:
    alice = diary.platform.person("alice")
    alice.follows(diary.oa)
    alice.says("十一月")
    diary.platform.clock.advance(days=29)
    first = {"begin_date": "2026-11-01", "end_date": "2026-11-01"}
    assert [one.msg_count for one in diary.client.statistics.messages_by_month(**first).rows] == [1]
    assert [one.msg_user for one in diary.client.statistics.senders_by_month(**first).rows] == [1]


def test_pushes_and_how_long_they_took(diary: Diary) -> None:
    alice = diary.platform.person("alice")
    alice.follows(diary.oa)
    alice.says("你好")
    diary.platform.change(diary.oa, url="http://nobody.test/")
    diary.platform.clock.advance(hours=1)
    alice.says("在吗")
    diary.tomorrow()
    monday = {"begin_date": "2026-11-02", "end_date": "2026-11-02"}
    (day,) = diary.client.statistics.callbacks(**monday).rows
    assert (day.callback_count, day.fail_count) == (5, 3)
    hours = diary.client.statistics.callbacks_by_hour(**monday).rows
    assert [(one.ref_hour, one.callback_count, one.fail_count) for one in hours] == [
        (1000, 2, 0),
        (1100, 3, 3),
    ]
    assert day.max_time_cost <= day.total_time_cost


def test_which_days_may_be_asked_for(diary: Diary) -> None:
    changes = diary.client.statistics.follower_changes
    assert refused(lambda: changes(begin_date="2026-11-02", end_date="2026-11-02")) == 61501
    assert refused(lambda: changes(begin_date="2026-10-25", end_date="2026-11-01")) == 61501
    assert refused(lambda: changes(begin_date="2026-11-01", end_date="2026-10-31")) == 61501
    assert refused(lambda: changes(begin_date="2026-02-30", end_date="2026-02-30")) == 61500
    assert refused(lambda: changes(begin_date="20261101", end_date="2026-11-01")) == 61500
    weeks = diary.client.statistics.messages_by_week
    assert refused(lambda: weeks(begin_date="2026-10-27", end_date="2026-10-27")) == 61501
    assert changes(begin_date="2026-10-26", end_date="2026-11-01").rows == []


def test_yesterday_is_ready_after_eight(diary: Diary) -> None:
    diary.platform.clock.advance(hours=15)
    monday = {"begin_date": "2026-11-02", "end_date": "2026-11-02"}
    assert refused(lambda: diary.client.statistics.follower_changes(**monday)) == 61503
    diary.platform.clock.advance(hours=7)
    assert diary.client.statistics.follower_changes(**monday).rows == []


def test_no_cards_and_no_advertisements(diary: Diary) -> None:
    client, day = diary.client, {"begin_date": "2026-11-01", "end_date": "2026-11-01"}
    assert client.statistics.cards(cond_source=0, **day).rows == []
    assert client.statistics.coupons(cond_source=1, **day).rows == []
    assert client.statistics.member_cards(cond_source=1, **day).rows == []
    assert client.statistics.member_card(card_id="p1", **day).rows == []
    for call in (client.advertising.slots, client.advertising.rebates, client.advertising.settlements):
        with pytest.raises(PermissionDenied, match="没有数据权限") as error:
            call(start_date="2026-10-01", end_date="2026-10-02")
        assert error.value.errcode == 2009
    with pytest.raises(ParameterError, match="日期不合法") as wrong:
        client.advertising.slots(start_date="2026-10-02", end_date="2026-10-01")
    assert (wrong.value.errcode, wrong.value.rid is not None) == (45011, True)
    with pytest.raises(ParameterError, match="广告位名称不合法"):
        client.advertising.slots(start_date="2026-10-01", end_date="2026-10-01", ad_slot="nonsense")


@pytest.mark.parametrize(
    ("settings", "statistics", "agents"),
    [
        ({"kind": "test"}, 0, 48001),
        ({"kind": "subscription"}, 0, 0),
        ({"kind": "service", "verified": False}, 48001, 48001),
    ],
)
def test_which_accounts_may(diary: Diary, settings: dict[str, Any], statistics: int, agents: int) -> None:
    diary.platform.change(diary.oa, **settings)
    client = diary.client
    day = {"begin_date": "2026-11-01", "end_date": "2026-11-01"}
    for code, call in [
        (statistics, lambda: client.statistics.messages(**day)),
        (agents, lambda: client.agents.list()),
    ]:
        assert (refused(call) if code else call() and 0) == code
