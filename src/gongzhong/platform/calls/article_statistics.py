"""Statistics of articles (发表内容数据), as the platform answers them."""

from __future__ import annotations

from typing import Final

from ...catalogue import article_statistics as catalogue
from ..world import article_statistics, articles, days
from ..world.article_statistics import Tally
from ..world.articles import Page, Publication
from ..world.days import Period
from .registry import Caller, answers
from .statistics import ready_period

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


def _sources(tally: Tally) -> list[catalogue.ReadSource]:
    if not tally.readers:
        return []
    places = [
        catalogue.ReadSource(user_count=people, scene_desc=PLACES[source])
        for source, (people, _) in tally.by_source.items()
    ]
    return [catalogue.ReadSource(user_count=tally.readers, scene_desc=EVERYWHERE), *places]


@answers(catalogue.GetArticleReads)
def get_article_reads(caller: Caller, call: catalogue.GetArticleReads) -> catalogue.ArticleReadsList:
    period = ready_period(caller, call)
    rows = []
    for publication, page in article_statistics.touched(caller.world, caller.account, "read", period.first):
        tally = article_statistics.tally(caller.world, caller.account, period, page)
        detail = catalogue.Reads(read_user=tally.readers, read_user_source=_sources(tally))
        rows.append(
            catalogue.ArticleReads(ref_date=period.first, msgid=_msgid(publication, page), detail=detail)
        )
    return catalogue.ArticleReadsList(rows=rows, is_delay=False)


@answers(catalogue.GetArticleShares)
def get_article_shares(caller: Caller, call: catalogue.GetArticleShares) -> catalogue.ArticleSharesList:
    period = ready_period(caller, call)
    rows = []
    for publication, page in article_statistics.touched(caller.world, caller.account, "share", period.first):
        tally = article_statistics.tally(caller.world, caller.account, period, page)
        detail = catalogue.Shares(share_user=tally.sharers)
        rows.append(
            catalogue.ArticleShares(ref_date=period.first, msgid=_msgid(publication, page), detail=detail)
        )
    return catalogue.ArticleSharesList(rows=rows, is_delay=False)


@answers(catalogue.GetArticlesOverview)
def get_articles_overview(caller: Caller, call: catalogue.GetArticlesOverview) -> catalogue.OverviewList:
    world, account, period = caller.world, caller.account, ready_period(caller, call)
    rows = []
    for day in days.each(period.first, period.last):
        tally = article_statistics.tally(world, account, Period(day, day))
        published = len(article_statistics.published(world, account, day))
        if not (tally.reads or tally.shares or tally.comments or published):
            continue
        detail = catalogue.Overview(
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
        rows.append(catalogue.OverviewRow(ref_date=day, detail=detail))
    return catalogue.OverviewList(rows=rows, is_delay=False)


@answers(catalogue.GetArticleDetails)
def get_article_details(caller: Caller, call: catalogue.GetArticleDetails) -> catalogue.ArticleDetailList:
    world, account, day = caller.world, caller.account, ready_period(caller, call).first
    last = min(days.plus(day, DAYS_COUNTED - 1), days.last_ready(world))
    rows = [
        catalogue.ArticleDetail(
            ref_date=day,
            msgid=_msgid(publication, page),
            publish_type=WITH_MESSAGE if publication.via == "mass" else WITHOUT_MESSAGE,
            title=page.article.title,
            content_url=articles.url_of(page),
            detail_list=[
                _article_day(caller, publication, page, Period(day, until)) for until in days.each(day, last)
            ],
        )
        for publication, page in article_statistics.published(world, account, day)
    ]
    return catalogue.ArticleDetailList(rows=rows, is_delay=False)


def _article_day(
    caller: Caller, publication: Publication, page: Page, period: Period
) -> catalogue.ArticleDay:
    tally = article_statistics.tally(caller.world, caller.account, period, page)
    reached = article_statistics.reached(caller.world, publication)
    by_message = tally.by_source.get("message", (0, 0))[0]
    return catalogue.ArticleDay(
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
