"""Statistics of articles in the older form (图文分析), as the platform answers them."""

from __future__ import annotations

from typing import Any, Final

from ...catalogue import old_article_statistics as catalogue
from ..world import article_statistics, days
from ..world.article_statistics import Count, Tally
from ..world.articles import Page, Publication
from ..world.days import Period
from .registry import Caller, answers
from .statistics import ready_period

EVERYWHERE: Final = 99999999
READ_FROM: Final = {
    "": EVERYWHERE,
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
DAYS_COUNTED: Final = 7


def _numbers(tally: Tally) -> dict[str, int]:
    return {
        "int_page_read_user": tally.readers,
        "int_page_read_count": tally.reads,
        "share_user": tally.sharers,
        "share_count": tally.shares,
    }


@answers(catalogue.GetArticleActivity)
def get_article_activity(caller: Caller, call: catalogue.GetArticleActivity) -> catalogue.ArticleActivityList:
    world, account, period = caller.world, caller.account, ready_period(caller, call)
    rows = []
    for publication, page in article_statistics.touched(world, account, "read", period.first):
        tally = article_statistics.tally(world, account, period, page)
        if publication.via == "mass" and tally.reads >= world.rules.article_statistics_least:
            rows.append(
                catalogue.ArticleActivity(
                    ref_date=period.first,
                    msgid=f"{publication.msg_data_id}_{page.idx}",
                    title=page.article.title,
                    **_numbers(tally),
                )
            )
    return catalogue.ArticleActivityList(rows=rows)


@answers(catalogue.GetArticleTotals)
def get_article_totals(caller: Caller, call: catalogue.GetArticleTotals) -> catalogue.ArticleTotalList:
    world, account, day = caller.world, caller.account, ready_period(caller, call).first
    last = min(days.plus(day, DAYS_COUNTED - 1), days.last_ready(world))
    rows = [
        catalogue.ArticleTotal(
            ref_date=day,
            msgid=f"{publication.msg_data_id}_{page.idx}",
            title=page.article.title,
            details=[_total(caller, publication, page, Period(day, until)) for until in days.each(day, last)],
        )
        for publication, page in article_statistics.published(world, account, day, only_mass=True)
    ]
    return catalogue.ArticleTotalList(rows=rows)


def _total(
    caller: Caller, publication: Publication, page: Page, period: Period
) -> catalogue.ArticleActivityTotal:
    tally = article_statistics.tally(caller.world, caller.account, period, page)
    sources: dict[str, int] = {}
    for source, (people, times) in tally.by_source.items():
        sources |= {f"{COLUMNS[source]}_user": people, f"{COLUMNS[source]}_count": times}
    return catalogue.ArticleActivityTotal(
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


@answers(catalogue.GetReadActivity)
def get_read_activity(caller: Caller, call: catalogue.GetReadActivity) -> catalogue.SourceActivityList:
    rows = [catalogue.SourceActivity(ref_date=one.day, **_read(one)) for one in _counts(caller, call, "read")]
    return catalogue.SourceActivityList(rows=rows)


@answers(catalogue.GetHourlyReadActivity)
def get_hourly_read_activity(
    caller: Caller, call: catalogue.GetHourlyReadActivity
) -> catalogue.HourlySourceActivityList:
    rows = [
        catalogue.HourlySourceActivity(ref_date=one.day, ref_hour=one.hour * 100, **_read(one))
        for one in _counts(caller, call, "read", hourly=True)
    ]
    return catalogue.HourlySourceActivityList(rows=rows)


def _shared(one: Count) -> dict[str, int]:
    return {"share_scene": SHARED_TO[one.source], "share_user": one.people, "share_count": one.times}


@answers(catalogue.GetShareActivity)
def get_share_activity(caller: Caller, call: catalogue.GetShareActivity) -> catalogue.ShareActivityList:
    rows = [
        catalogue.ShareActivity(ref_date=one.day, **_shared(one))
        for one in _counts(caller, call, "share")
        if one.source
    ]
    return catalogue.ShareActivityList(rows=rows)


@answers(catalogue.GetHourlyShareActivity)
def get_hourly_share_activity(
    caller: Caller, call: catalogue.GetHourlyShareActivity
) -> catalogue.HourlyShareActivityList:
    rows = [
        catalogue.HourlyShareActivity(ref_date=one.day, ref_hour=one.hour * 100, **_shared(one))
        for one in _counts(caller, call, "share", hourly=True)
        if one.source
    ]
    return catalogue.HourlyShareActivityList(rows=rows)
