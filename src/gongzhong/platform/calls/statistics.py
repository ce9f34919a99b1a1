"""Statistics of followers, messages and pushes (数据统计), as the platform answers them."""

from __future__ import annotations

from typing import Any

from ...catalogue import statistics as catalogue
from ...catalogue.dates import DatedCall
from ..world import days, statistics
from ..world.days import Period
from .registry import Caller, answers


def ready_period(caller: Caller, call: DatedCall[Any]) -> Period:
    """The days asked for; refuses with 61501 and 61503 those that have no data yet."""
    days.require_ready(caller.world, call.end_date)
    return Period(call.begin_date, call.end_date)


@answers(catalogue.GetFollowerChanges)
def get_follower_changes(caller: Caller, call: catalogue.GetFollowerChanges) -> catalogue.FollowerChanges:
    found = statistics.changes(caller.world, caller.account, ready_period(caller, call))
    rows = [
        catalogue.FollowerChange(
            ref_date=one.day, user_source=one.source, new_user=one.came, cancel_user=one.went
        )
        for one in found
    ]
    return catalogue.FollowerChanges(rows=rows)


@answers(catalogue.GetFollowerTotals)
def get_follower_totals(caller: Caller, call: catalogue.GetFollowerTotals) -> catalogue.FollowerTotals:
    found = statistics.totals(caller.world, caller.account, ready_period(caller, call))
    rows = [catalogue.FollowerTotal(ref_date=day, cumulate_user=count) for day, count in found]
    return catalogue.FollowerTotals(rows=rows)


def _message_counts(found: list[statistics.Messages]) -> catalogue.MessageCounts:
    rows = [
        catalogue.MessageCount(ref_date=one.day, msg_type=one.type, msg_user=one.people, msg_count=one.count)
        for one in found
    ]
    return catalogue.MessageCounts(rows=rows)


@answers(catalogue.GetMessageCounts)
def get_message_counts(caller: Caller, call: catalogue.GetMessageCounts) -> catalogue.MessageCounts:
    return _message_counts(statistics.messages(caller.world, caller.account, ready_period(caller, call)))


@answers(catalogue.GetHourlyMessageCounts)
def get_hourly_message_counts(
    caller: Caller, call: catalogue.GetHourlyMessageCounts
) -> catalogue.HourlyMessageCounts:
    period = ready_period(caller, call)
    found = statistics.messages(caller.world, caller.account, period, hourly=True)
    rows = [
        catalogue.HourlyMessageCount(
            ref_date=one.day,
            ref_hour=one.hour * 100,
            msg_type=one.type,
            msg_user=one.people,
            msg_count=one.count,
        )
        for one in found
    ]
    return catalogue.HourlyMessageCounts(rows=rows)


def _weeks(caller: Caller, call: DatedCall[Any]) -> list[Period]:
    period = ready_period(caller, call)
    return days.weeks(caller.world, period.first, period.last)


def _months(caller: Caller, call: DatedCall[Any]) -> list[Period]:
    period = ready_period(caller, call)
    return days.months(caller.world, period.first, period.last)


@answers(catalogue.GetWeeklyMessageCounts)
def get_weekly_message_counts(
    caller: Caller, call: catalogue.GetWeeklyMessageCounts
) -> catalogue.MessageCounts:
    found = statistics.messages_of_periods(caller.world, caller.account, _weeks(caller, call))
    return _message_counts(found)


@answers(catalogue.GetMonthlyMessageCounts)
def get_monthly_message_counts(
    caller: Caller, call: catalogue.GetMonthlyMessageCounts
) -> catalogue.MessageCounts:
    found = statistics.messages_of_periods(caller.world, caller.account, _months(caller, call))
    return _message_counts(found)


def _distribution(caller: Caller, periods: list[Period]) -> catalogue.SenderDistribution:
    found = statistics.senders(caller.world, caller.account, periods)
    rows = [
        catalogue.Senders(ref_date=day, count_interval=interval, msg_user=count)
        for day, interval, count in found
    ]
    return catalogue.SenderDistribution(rows=rows)


@answers(catalogue.GetSenderDistribution)
def get_sender_distribution(
    caller: Caller, call: catalogue.GetSenderDistribution
) -> catalogue.SenderDistribution:
    period = ready_period(caller, call)
    return _distribution(caller, [Period(day, day) for day in days.each(period.first, period.last)])


@answers(catalogue.GetWeeklySenderDistribution)
def get_weekly_sender_distribution(
    caller: Caller, call: catalogue.GetWeeklySenderDistribution
) -> catalogue.SenderDistribution:
    return _distribution(caller, _weeks(caller, call))


@answers(catalogue.GetMonthlySenderDistribution)
def get_monthly_sender_distribution(
    caller: Caller, call: catalogue.GetMonthlySenderDistribution
) -> catalogue.SenderDistribution:
    return _distribution(caller, _months(caller, call))


@answers(catalogue.GetCallbackCounts)
def get_callback_counts(caller: Caller, call: catalogue.GetCallbackCounts) -> catalogue.CallbackCounts:
    found = statistics.callbacks(caller.world, caller.account, ready_period(caller, call))
    rows = [
        catalogue.CallbackCount(
            ref_date=one.day,
            callback_count=one.count,
            fail_count=one.failed,
            total_time_cost=one.total_ms,
            max_time_cost=one.longest_ms,
        )
        for one in found
    ]
    return catalogue.CallbackCounts(rows=rows)


@answers(catalogue.GetHourlyCallbackCounts)
def get_hourly_callback_counts(
    caller: Caller, call: catalogue.GetHourlyCallbackCounts
) -> catalogue.HourlyCallbackCounts:
    period = ready_period(caller, call)
    found = statistics.callbacks(caller.world, caller.account, period, hourly=True)
    rows = [
        catalogue.HourlyCallbackCount(
            ref_date=one.day,
            ref_hour=one.hour * 100,
            callback_count=one.count,
            fail_count=one.failed,
            total_time_cost=one.total_ms,
            max_time_cost=one.longest_ms,
        )
        for one in found
    ]
    return catalogue.HourlyCallbackCounts(rows=rows)
