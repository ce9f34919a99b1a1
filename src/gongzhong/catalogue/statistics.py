"""Statistics of followers, messages and the callback interface (数据统计).

Every call takes `begin_date` and `end_date`, days of China up to yesterday, both included, up to a maximal span; the
data of yesterday are ready after 08:00. Nothing to report is an empty list.
"""

from __future__ import annotations

import datetime
from typing import Annotated, ClassVar, Final, Generic, TypeVar

import msgspec

from .. import facts
from .fields import Violation, coded
from .model import TEST, VERIFIED, Call, Reply, Spec

R = TypeVar("R")

WRONG_FORMAT, WRONG_RANGE = 61500, 61501

Day = Annotated[str, coded(invalid=WRONG_FORMAT, missing=WRONG_FORMAT, pattern=r"^\d{4}-\d{2}-\d{2}$")]
"""`YYYY-MM-DD`, Beijing time."""


class DatedCall(Call[R], Generic[R], kw_only=True, frozen=True):
    """Base of the calls with `begin_date` and `end_date`; a span of 1 means that both are the same day."""

    span: ClassVar[int]
    begin_date: Day
    end_date: Day

    def cross_check(self) -> Violation | None:
        return broken_range(self.begin_date, self.end_date, self.span)


def broken_range(begin: str, end: str, span: int | None) -> Violation | None:
    """What is wrong with a period of at most `span` days (None: as many as you like), or None."""
    try:
        days = (datetime.date.fromisoformat(end) - datetime.date.fromisoformat(begin)).days
    except ValueError:
        return Violation(path="begin_date", code=WRONG_FORMAT, zh="没有这一天", en="there is no such day")
    if days < 0:
        zh, en = "结束日期早于开始日期", "the period ends before it begins"
        return Violation(path="end_date", code=WRONG_RANGE, zh=zh, en=en)
    if span is not None and days >= span:
        zh, en = f"一次最多查询 {span} 天, 现有 {days + 1} 天", f"at most {span} days, not {days + 1}"
        return Violation(path="end_date", code=WRONG_RANGE, zh=zh, en=en)
    return None


class Row(msgspec.Struct, kw_only=True, frozen=True):
    """Base of every row: the day it speaks of."""

    ref_date: str


DATED_ERRORS: Final = (-1, 40001, 45009, 48001, 61500, 61501, 61503)
"""What every page of this chapter lists."""


class FollowerChange(Row, kw_only=True, frozen=True):
    """Followers won and lost in a day by one way of coming.

    `user_source`: 0 other, 1 search, 17 name card, 30 QR code, 57 article, 100 advertisement, 149 mini program,
    161 repost, 200 Channels, 201 live.
    """

    user_source: int
    new_user: int
    cancel_user: int


class FollowerChanges(Reply, kw_only=True, frozen=True):
    """One row per day and source that had any movement."""

    rows: list[FollowerChange] = msgspec.field(name="list")


class GetFollowerChanges(DatedCall[FollowerChanges], kw_only=True, frozen=True):
    """Read how many followers came and went each day (获取用户增减数据); up to 7 days."""

    spec = Spec(
        "POST",
        "/datacube/getusersummary",
        document="获取用户增减数据",
        accounts=VERIFIED | TEST,
        errors=DATED_ERRORS,
    )
    span = facts.USER_STATISTICS_SPAN


class FollowerTotal(Row, kw_only=True, frozen=True):
    """How many followers there were at the end of a day."""

    user_source: int = 0
    cumulate_user: int


class FollowerTotals(Reply, kw_only=True, frozen=True):
    """One row per day."""

    rows: list[FollowerTotal] = msgspec.field(name="list")


class GetFollowerTotals(DatedCall[FollowerTotals], kw_only=True, frozen=True):
    """Read how many followers there were each day (获取累计用户数据); up to 7 days."""

    spec = Spec(
        "POST",
        "/datacube/getusercumulate",
        document="获取累计用户数据",
        accounts=VERIFIED | TEST,
        errors=DATED_ERRORS,
    )
    span = facts.USER_STATISTICS_SPAN


class MessageCount(Row, kw_only=True, frozen=True):
    """Messages of one type: how many people sent how many.

    `msg_type`: 1 text, 2 image, 3 voice, 4 video, 6 link of another app.
    """

    msg_type: int
    msg_user: int
    msg_count: int


class MessageCounts(Reply, kw_only=True, frozen=True):
    """One row per type and day, or per week or month named by its first day."""

    rows: list[MessageCount] = msgspec.field(name="list")


class GetMessageCounts(DatedCall[MessageCounts], kw_only=True, frozen=True):
    """Read how many messages came each day (获取消息发送概况数据); up to 7 days."""

    spec = Spec(
        "POST",
        "/datacube/getupstreammsg",
        document="获取消息发送概况数据",
        accounts=VERIFIED | TEST,
        errors=DATED_ERRORS,
    )
    span = facts.MESSAGE_SPAN


class HourlyMessageCount(MessageCount, kw_only=True, frozen=True):
    """As MessageCount, for one hour: 0, 100 … 2300."""

    ref_hour: int


class HourlyMessageCounts(Reply, kw_only=True, frozen=True):
    """One row per type and hour."""

    rows: list[HourlyMessageCount] = msgspec.field(name="list")


class GetHourlyMessageCounts(DatedCall[HourlyMessageCounts], kw_only=True, frozen=True):
    """Read how many messages came each hour of a day (获取消息发送分时数据)."""

    spec = Spec(
        "POST",
        "/datacube/getupstreammsghour",
        document="获取消息发送分时数据",
        accounts=VERIFIED | TEST,
        errors=DATED_ERRORS,
    )
    span = facts.MESSAGE_HOUR_SPAN


class GetWeeklyMessageCounts(DatedCall[MessageCounts], kw_only=True, frozen=True):
    """Read how many messages came in a week (获取消息发送周数据); both dates are its Monday."""

    spec = Spec(
        "POST",
        "/datacube/getupstreammsgweek",
        document="获取消息发送周数据",
        accounts=VERIFIED | TEST,
        errors=DATED_ERRORS,
    )
    span = facts.MESSAGE_PERIOD_SPAN


class GetMonthlyMessageCounts(DatedCall[MessageCounts], kw_only=True, frozen=True):
    """Read how many messages came in a month (获取消息发送月数据); both dates are its first day."""

    spec = Spec(
        "POST",
        "/datacube/getupstreammsgmonth",
        document="获取消息发送月数据",
        accounts=VERIFIED | TEST,
        errors=DATED_ERRORS,
    )
    span = facts.MESSAGE_PERIOD_SPAN


class Senders(Row, kw_only=True, frozen=True):
    """How many people sent how much: `count_interval` 0 none, 1 one to five, 2 six to ten, 3 more."""

    count_interval: int
    msg_user: int


class SenderDistribution(Reply, kw_only=True, frozen=True):
    """One row per interval and day, or per week or month named by its first day."""

    rows: list[Senders] = msgspec.field(name="list")


class GetSenderDistribution(DatedCall[SenderDistribution], kw_only=True, frozen=True):
    """Read how many people sent few or many messages each day (获取消息发送分布数据); up to 15 days."""

    spec = Spec(
        "POST",
        "/datacube/getupstreammsgdist",
        document="获取消息发送分布数据",
        accounts=VERIFIED | TEST,
        errors=DATED_ERRORS,
    )
    span = facts.MESSAGE_DISTRIBUTION_SPAN


class GetWeeklySenderDistribution(DatedCall[SenderDistribution], kw_only=True, frozen=True):
    """Read the same for the weeks that begin within 15 days (获取消息发送分布周数据)."""

    spec = Spec(
        "POST",
        "/datacube/getupstreammsgdistweek",
        document="获取消息发送分布周数据",
        accounts=VERIFIED | TEST,
        errors=DATED_ERRORS,
    )
    span = facts.MESSAGE_DISTRIBUTION_SPAN


class GetMonthlySenderDistribution(DatedCall[SenderDistribution], kw_only=True, frozen=True):
    """Read the same for the months that begin within 15 days (获取消息发送分布月数据)."""

    spec = Spec(
        "POST",
        "/datacube/getupstreammsgdistmonth",
        document="获取消息发送分布月数据",
        accounts=VERIFIED | TEST,
        errors=DATED_ERRORS,
    )
    span = facts.MESSAGE_DISTRIBUTION_SPAN


class CallbackCount(Row, kw_only=True, frozen=True):
    """Pushes to the account's server: how many, how many failed, milliseconds in all and at most."""

    callback_count: int
    fail_count: int
    total_time_cost: int
    max_time_cost: int


class CallbackCounts(Reply, kw_only=True, frozen=True):
    """One row per day."""

    rows: list[CallbackCount] = msgspec.field(name="list")


class GetCallbackCounts(DatedCall[CallbackCounts], kw_only=True, frozen=True):
    """Read how the account's server answered each day (获取被动回复概要数据); up to 30 days."""

    spec = Spec(
        "POST",
        "/datacube/getinterfacesummary",
        document="获取被动回复概要数据",
        accounts=VERIFIED | TEST,
        errors=DATED_ERRORS,
    )
    span = facts.INTERFACE_SPAN


class HourlyCallbackCount(CallbackCount, kw_only=True, frozen=True):
    """As CallbackCount, for one hour: 0, 100 … 2300."""

    ref_hour: int


class HourlyCallbackCounts(Reply, kw_only=True, frozen=True):
    """One row per hour."""

    rows: list[HourlyCallbackCount] = msgspec.field(name="list")


class GetHourlyCallbackCounts(DatedCall[HourlyCallbackCounts], kw_only=True, frozen=True):
    """Read how the account's server answered each hour of a day (获取被动回复分布数据)."""

    spec = Spec(
        "POST",
        "/datacube/getinterfacesummaryhour",
        document="获取被动回复分布数据",
        accounts=VERIFIED | TEST,
        errors=DATED_ERRORS,
    )
    span = facts.INTERFACE_HOUR_SPAN
