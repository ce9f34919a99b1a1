"""Statistics (数据统计) of followers, messages, articles, cards and advertisements, as the platform answers them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ...catalogue import article_statistics as article_calls
from ...catalogue import card_statistics as card_calls
from ...catalogue import old_article_statistics as old_calls
from ...catalogue import publisher as publisher_calls
from ...catalogue import statistics as statistics_calls
from ...catalogue.model import Call
from ...catalogue.statistics import DatedCall, broken_range
from ...facts import AD_REBATE_SPAN, AD_SLOT_SPAN
from ..world import article_statistics, articles, statistics
from ..world.article_statistics import Count, Tally
from ..world.articles import Page, Publication
from ..world.refusal import Refusal
from ..world.statistics import Period
from .registry import Caller, answers


def ready_period(caller: Caller, call: DatedCall[Any]) -> Period:
    """The days asked for; refuses with 61501 and 61503 those that have no data yet."""
    statistics.require_ready(caller.world, call.end_date)
    return Period(call.begin_date, call.end_date)


@answers(statistics_calls.GetFollowerChanges)
def get_follower_changes(
    caller: Caller, call: statistics_calls.GetFollowerChanges
) -> statistics_calls.FollowerChanges:
    found = statistics.changes(caller.world, caller.account, ready_period(caller, call))
    rows = [
        statistics_calls.FollowerChange(
            ref_date=one.day, user_source=one.source, new_user=one.came, cancel_user=one.went
        )
        for one in found
    ]
    return statistics_calls.FollowerChanges(rows=rows)


@answers(statistics_calls.GetFollowerTotals)
def get_follower_totals(
    caller: Caller, call: statistics_calls.GetFollowerTotals
) -> statistics_calls.FollowerTotals:
    found = statistics.totals(caller.world, caller.account, ready_period(caller, call))
    rows = [statistics_calls.FollowerTotal(ref_date=day, cumulate_user=count) for day, count in found]
    return statistics_calls.FollowerTotals(rows=rows)


def _message_counts(found: list[statistics.Messages]) -> statistics_calls.MessageCounts:
    rows = [
        statistics_calls.MessageCount(
            ref_date=one.day, msg_type=one.type, msg_user=one.people, msg_count=one.count
        )
        for one in found
    ]
    return statistics_calls.MessageCounts(rows=rows)


@answers(statistics_calls.GetMessageCounts)
def get_message_counts(
    caller: Caller, call: statistics_calls.GetMessageCounts
) -> statistics_calls.MessageCounts:
    return _message_counts(statistics.messages(caller.world, caller.account, ready_period(caller, call)))


@answers(statistics_calls.GetHourlyMessageCounts)
def get_hourly_message_counts(
    caller: Caller, call: statistics_calls.GetHourlyMessageCounts
) -> statistics_calls.HourlyMessageCounts:
    period = ready_period(caller, call)
    found = statistics.messages(caller.world, caller.account, period, hourly=True)
    rows = [
        statistics_calls.HourlyMessageCount(
            ref_date=one.day,
            ref_hour=one.hour * 100,
            msg_type=one.type,
            msg_user=one.people,
            msg_count=one.count,
        )
        for one in found
    ]
    return statistics_calls.HourlyMessageCounts(rows=rows)


def _weeks(caller: Caller, call: DatedCall[Any]) -> list[Period]:
    period = ready_period(caller, call)
    return statistics.weeks(caller.world, period.first, period.last)


def _months(caller: Caller, call: DatedCall[Any]) -> list[Period]:
    period = ready_period(caller, call)
    return statistics.months(caller.world, period.first, period.last)


@answers(statistics_calls.GetWeeklyMessageCounts)
def get_weekly_message_counts(
    caller: Caller, call: statistics_calls.GetWeeklyMessageCounts
) -> statistics_calls.MessageCounts:
    found = statistics.messages_of_periods(caller.world, caller.account, _weeks(caller, call))
    return _message_counts(found)


@answers(statistics_calls.GetMonthlyMessageCounts)
def get_monthly_message_counts(
    caller: Caller, call: statistics_calls.GetMonthlyMessageCounts
) -> statistics_calls.MessageCounts:
    found = statistics.messages_of_periods(caller.world, caller.account, _months(caller, call))
    return _message_counts(found)


def _distribution(caller: Caller, periods: list[Period]) -> statistics_calls.SenderDistribution:
    found = statistics.senders(caller.world, caller.account, periods)
    rows = [
        statistics_calls.Senders(ref_date=day, count_interval=interval, msg_user=count)
        for day, interval, count in found
    ]
    return statistics_calls.SenderDistribution(rows=rows)


@answers(statistics_calls.GetSenderDistribution)
def get_sender_distribution(
    caller: Caller, call: statistics_calls.GetSenderDistribution
) -> statistics_calls.SenderDistribution:
    period = ready_period(caller, call)
    return _distribution(caller, [Period(day, day) for day in statistics.each_day(period.first, period.last)])


@answers(statistics_calls.GetWeeklySenderDistribution)
def get_weekly_sender_distribution(
    caller: Caller, call: statistics_calls.GetWeeklySenderDistribution
) -> statistics_calls.SenderDistribution:
    return _distribution(caller, _weeks(caller, call))


@answers(statistics_calls.GetMonthlySenderDistribution)
def get_monthly_sender_distribution(
    caller: Caller, call: statistics_calls.GetMonthlySenderDistribution
) -> statistics_calls.SenderDistribution:
    return _distribution(caller, _months(caller, call))


@answers(statistics_calls.GetCallbackCounts)
def get_callback_counts(
    caller: Caller, call: statistics_calls.GetCallbackCounts
) -> statistics_calls.CallbackCounts:
    found = statistics.callbacks(caller.world, caller.account, ready_period(caller, call))
    rows = [
        statistics_calls.CallbackCount(
            ref_date=one.day,
            callback_count=one.count,
            fail_count=one.failed,
            total_time_cost=one.total_ms,
            max_time_cost=one.longest_ms,
        )
        for one in found
    ]
    return statistics_calls.CallbackCounts(rows=rows)


@answers(statistics_calls.GetHourlyCallbackCounts)
def get_hourly_callback_counts(
    caller: Caller, call: statistics_calls.GetHourlyCallbackCounts
) -> statistics_calls.HourlyCallbackCounts:
    period = ready_period(caller, call)
    found = statistics.callbacks(caller.world, caller.account, period, hourly=True)
    rows = [
        statistics_calls.HourlyCallbackCount(
            ref_date=one.day,
            ref_hour=one.hour * 100,
            callback_count=one.count,
            fail_count=one.failed,
            total_time_cost=one.total_ms,
            max_time_cost=one.longest_ms,
        )
        for one in found
    ]
    return statistics_calls.HourlyCallbackCounts(rows=rows)


EVERYWHERE: Final = "全部"
PLACES: Final = {
    "message": "公众号消息",
    "chat": "聊天会话",
    "moments": "朋友圈",
    "profile": "公众号主页",
    "recommended": "推荐",
    "search": "搜一搜",
    "other": "其他",
}
DAYS_COUNTED: Final = 30
WITH_MESSAGE, WITHOUT_MESSAGE = 0, 1


def _msgid(publication: Publication, page: Page) -> str:
    return f"{publication.msg_data_id}_{page.idx}"


def _sources(tally: Tally) -> list[article_calls.ReadSource]:
    if not tally.readers:
        return []
    places = [
        article_calls.ReadSource(user_count=people, scene_desc=PLACES[source])
        for source, (people, _) in tally.by_source.items()
    ]
    return [article_calls.ReadSource(user_count=tally.readers, scene_desc=EVERYWHERE), *places]


@answers(article_calls.GetArticleReads)
def get_article_reads(caller: Caller, call: article_calls.GetArticleReads) -> article_calls.ArticleReadsList:
    period = ready_period(caller, call)
    rows = []
    for publication, page in article_statistics.touched(caller.world, caller.account, "read", period.first):
        tally = article_statistics.tally(caller.world, caller.account, period, page)
        detail = article_calls.Reads(read_user=tally.readers, read_user_source=_sources(tally))
        rows.append(
            article_calls.ArticleReads(ref_date=period.first, msgid=_msgid(publication, page), detail=detail)
        )
    return article_calls.ArticleReadsList(rows=rows, is_delay=False)


@answers(article_calls.GetArticleShares)
def get_article_shares(
    caller: Caller, call: article_calls.GetArticleShares
) -> article_calls.ArticleSharesList:
    period = ready_period(caller, call)
    rows = []
    for publication, page in article_statistics.touched(caller.world, caller.account, "share", period.first):
        tally = article_statistics.tally(caller.world, caller.account, period, page)
        detail = article_calls.Shares(share_user=tally.sharers)
        rows.append(
            article_calls.ArticleShares(ref_date=period.first, msgid=_msgid(publication, page), detail=detail)
        )
    return article_calls.ArticleSharesList(rows=rows, is_delay=False)


@answers(article_calls.GetArticlesOverview)
def get_articles_overview(
    caller: Caller, call: article_calls.GetArticlesOverview
) -> article_calls.OverviewList:
    world, account, period = caller.world, caller.account, ready_period(caller, call)
    rows = []
    for day in statistics.each_day(period.first, period.last):
        tally = article_statistics.tally(world, account, Period(day, day))
        published = len(article_statistics.published(world, account, day))
        if not (tally.reads or tally.shares or tally.comments or published):
            continue
        detail = article_calls.Overview(
            read_user=tally.readers,
            read_user_source=_sources(tally),
            share_user=tally.sharers,
            zaikan_user=0,
            like_user=0,
            comment_count=tally.comments,
            collection_user=0,
            redirect_ori_page_user=0,
            send_page_count=published,
        )
        rows.append(article_calls.OverviewRow(ref_date=day, detail=detail))
    return article_calls.OverviewList(rows=rows, is_delay=False)


@answers(article_calls.GetArticleDetails)
def get_article_details(
    caller: Caller, call: article_calls.GetArticleDetails
) -> article_calls.ArticleDetailList:
    world, account, day = caller.world, caller.account, ready_period(caller, call).first
    last = min(statistics.plus_days(day, DAYS_COUNTED - 1), statistics.last_ready(world))
    rows = [
        article_calls.ArticleDetail(
            ref_date=day,
            msgid=_msgid(publication, page),
            publish_type=WITH_MESSAGE if publication.via == "mass" else WITHOUT_MESSAGE,
            title=page.article.title,
            content_url=articles.url_of(page),
            detail_list=[
                _article_day(caller, publication, page, Period(day, until))
                for until in statistics.each_day(day, last)
            ],
        )
        for publication, page in article_statistics.published(world, account, day)
    ]
    return article_calls.ArticleDetailList(rows=rows, is_delay=False)


def _article_day(
    caller: Caller, publication: Publication, page: Page, period: Period
) -> article_calls.ArticleDay:
    tally = article_statistics.tally(caller.world, caller.account, period, page)
    reached = article_statistics.reached(caller.world, publication)
    by_message = tally.by_source.get("message", (0, 0))[0]
    return article_calls.ArticleDay(
        stat_date=period.last,
        read_user=tally.readers,
        read_user_source=_sources(tally),
        share_user=tally.sharers,
        zaikan_user=0,
        like_user=0,
        comment_count=tally.comments,
        collection_user=0,
        praise_money=0,
        read_subscribe_user=tally.following_readers,
        read_delivery_rate=round(by_message / reached, 4) if reached else 0.0,
        read_finish_rate=0.0,
        read_avg_activetime=0.0,
        read_jump_position=[],
    )


EVERY_SOURCE: Final = 99999999
READ_FROM: Final = {
    "": EVERY_SOURCE,
    "message": 0,
    "chat": 1,
    "moments": 2,
    "profile": 4,
    "other": 5,
    "recommended": 6,
    "search": 7,
}
"""Where a reader came from → user_source."""
SHARED_TO: Final = {"friend": 1, "moments": 2, "other": 255}
"""Where a share went → share_scene."""
COLUMNS: Final = {
    "message": "int_page_from_session_read",
    "profile": "int_page_from_hist_msg_read",
    "moments": "int_page_from_feed_read",
    "chat": "int_page_from_friends_read",
    "other": "int_page_from_other_read",
    "recommended": "int_page_from_kanyikan_read",
    "search": "int_page_from_souyisou_read",
}
DAYS_COUNTED_BEFORE: Final = 7


def _numbers(tally: Tally) -> dict[str, int]:
    return {
        "int_page_read_user": tally.readers,
        "int_page_read_count": tally.reads,
        "share_user": tally.sharers,
        "share_count": tally.shares,
    }


@answers(old_calls.GetArticleActivity)
def get_article_activity(caller: Caller, call: old_calls.GetArticleActivity) -> old_calls.ArticleActivityList:
    world, account, period = caller.world, caller.account, ready_period(caller, call)
    rows = []
    for publication, page in article_statistics.touched(world, account, "read", period.first):
        tally = article_statistics.tally(world, account, period, page)
        if publication.via == "mass" and tally.reads >= world.rules.article_statistics_least:
            rows.append(
                old_calls.ArticleActivity(
                    ref_date=period.first,
                    msgid=f"{publication.msg_data_id}_{page.idx}",
                    title=page.article.title,
                    **_numbers(tally),
                )
            )
    return old_calls.ArticleActivityList(rows=rows)


@answers(old_calls.GetArticleTotals)
def get_article_totals(caller: Caller, call: old_calls.GetArticleTotals) -> old_calls.ArticleTotalList:
    world, account, day = caller.world, caller.account, ready_period(caller, call).first
    last = min(statistics.plus_days(day, DAYS_COUNTED_BEFORE - 1), statistics.last_ready(world))
    rows = [
        old_calls.ArticleTotal(
            ref_date=day,
            msgid=f"{publication.msg_data_id}_{page.idx}",
            title=page.article.title,
            details=[
                _total(caller, publication, page, Period(day, until))
                for until in statistics.each_day(day, last)
            ],
        )
        for publication, page in article_statistics.published(world, account, day, only_mass=True)
    ]
    return old_calls.ArticleTotalList(rows=rows)


def _total(
    caller: Caller, publication: Publication, page: Page, period: Period
) -> old_calls.ArticleActivityTotal:
    tally = article_statistics.tally(caller.world, caller.account, period, page)
    sources: dict[str, int] = {}
    for source, (people, times) in tally.by_source.items():
        sources |= {f"{COLUMNS[source]}_user": people, f"{COLUMNS[source]}_count": times}
    return old_calls.ArticleActivityTotal(
        stat_date=period.last,
        target_user=article_statistics.reached(caller.world, publication),
        **_numbers(tally),
        **sources,
    )


def _counts(caller: Caller, call: Any, act: article_statistics.Act, *, hourly: bool = False) -> list[Count]:
    period = ready_period(caller, call)
    return article_statistics.by_hour(caller.world, caller.account, act, period, hourly=hourly)


def _read(one: Count) -> dict[str, int]:
    return {
        "user_source": READ_FROM[one.source],
        "int_page_read_user": one.people,
        "int_page_read_count": one.times,
    }


@answers(old_calls.GetReadActivity)
def get_read_activity(caller: Caller, call: old_calls.GetReadActivity) -> old_calls.SourceActivityList:
    rows = [old_calls.SourceActivity(ref_date=one.day, **_read(one)) for one in _counts(caller, call, "read")]
    return old_calls.SourceActivityList(rows=rows)


@answers(old_calls.GetHourlyReadActivity)
def get_hourly_read_activity(
    caller: Caller, call: old_calls.GetHourlyReadActivity
) -> old_calls.HourlySourceActivityList:
    rows = [
        old_calls.HourlySourceActivity(ref_date=one.day, ref_hour=one.hour * 100, **_read(one))
        for one in _counts(caller, call, "read", hourly=True)
    ]
    return old_calls.HourlySourceActivityList(rows=rows)


def _shared(one: Count) -> dict[str, int]:
    return {"share_scene": SHARED_TO[one.source], "share_user": one.people, "share_count": one.times}


@answers(old_calls.GetShareActivity)
def get_share_activity(caller: Caller, call: old_calls.GetShareActivity) -> old_calls.ShareActivityList:
    rows = [
        old_calls.ShareActivity(ref_date=one.day, **_shared(one))
        for one in _counts(caller, call, "share")
        if one.source
    ]
    return old_calls.ShareActivityList(rows=rows)


@answers(old_calls.GetHourlyShareActivity)
def get_hourly_share_activity(
    caller: Caller, call: old_calls.GetHourlyShareActivity
) -> old_calls.HourlyShareActivityList:
    rows = [
        old_calls.HourlyShareActivity(ref_date=one.day, ref_hour=one.hour * 100, **_shared(one))
        for one in _counts(caller, call, "share", hourly=True)
        if one.source
    ]
    return old_calls.HourlyShareActivityList(rows=rows)


def _no_cards(kind: type[Call[Any]]) -> Callable[[Caller, Any], Any]:
    """The function for a call on cards (卡券): the days are checked; there are no cards here, so there are no rows."""

    @answers(kind, constant=True)
    def no_rows(caller: Caller, call: Any) -> Any:
        ready_period(caller, call)
        return kind.returns(rows=[])

    return no_rows


get_card_overview = _no_cards(card_calls.GetCardOverview)
get_coupon_statistics = _no_cards(card_calls.GetCouponStatistics)
get_member_card_overview = _no_cards(card_calls.GetMemberCardOverview)
get_member_card_statistics = _no_cards(card_calls.GetMemberCardStatistics)


def _refuse(start: str, end: str, span: int | None) -> Refusal:
    """What is wrong with the days comes first, the missing permission after it."""
    broken = broken_range(start, end, span)
    return (
        Refusal(publisher_calls.NO_TRAFFIC_OWNER)
        if broken is None
        else Refusal(publisher_calls.WRONG_DAY, broken.en)
    )


@answers(publisher_calls.GetSlotStatistics, constant=True)
def get_slot_statistics(
    caller: Caller, call: publisher_calls.GetSlotStatistics
) -> publisher_calls.SlotStatistics:
    raise _refuse(call.start_date, call.end_date, AD_SLOT_SPAN)


@answers(publisher_calls.GetRebateStatistics, constant=True)
def get_rebate_statistics(
    caller: Caller, call: publisher_calls.GetRebateStatistics
) -> publisher_calls.RebateStatistics:
    raise _refuse(call.start_date, call.end_date, AD_REBATE_SPAN)


@answers(publisher_calls.GetSettlements, constant=True)
def get_settlements(caller: Caller, call: publisher_calls.GetSettlements) -> publisher_calls.Settlements:
    raise _refuse(call.start_date, call.end_date, None)
