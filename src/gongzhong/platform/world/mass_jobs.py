"""What becomes of an accepted mass send (群发): confirmation, review, delivery, the event, and withdrawal.

A job takes as long as the review and the people at the account's speed; then everything arrives at once, and the event
MASSSENDJOBFINISH goes out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from ...messages import MassSendJobFinish
from ...messages.events.sending import (
    ArticleUrlItem,
    ArticleUrlItems,
    ArticleUrlResult,
    CopyrightCheckResult,
    CopyrightItem,
    CopyrightItems,
)
from ..mass_settings import SUCCESS, CopyrightFinding
from . import chats, mass, mass_news, tally
from .mass import Audience, Job
from .refusal import Refusal, require
from .schedule import job as due
from .schedule import later
from .world import AccountState, World

ASSISTANT = "mphelper"
REFUSED, SILENT, DRAFT_GONE = "err(40001)", "err(40002)", "send fail"
WRONG_STATE = 40065
FINISH, GIVE_UP = "mass.finish", "mass.give_up"
DELETABLE = ("news", "video")


class Counts(msgspec.Struct, frozen=True):
    """The counts of the event: in the audience, left after filtering, delivered, failed."""

    total: int = 0
    filtered: int = 0
    sent: int = 0
    errors: int = 0


def begin(world: World, account: AccountState, order: mass.Order) -> Job:
    """Accept an order and set the job going, or let it wait for the administrator (API群发保护)."""
    with world.db.transaction():
        job = mass.accept(world, account, order)
        if job.status == mass.WAITING:
            later(world, world.rules.mass_confirmation_s, GIVE_UP, appid=job.appid, msg_id=job.msg_id)
        else:
            _go(world, account, job)
    return job


def _go(world: World, account: AccountState, job: Job) -> None:
    people = count(world, account, job.audience)
    seconds = world.rules.mass_review_s + 60 * people / mass.people_per_minute(world, account)
    later(world, seconds, FINISH, appid=job.appid, msg_id=job.msg_id)


def confirm(world: World, account: AccountState, msg_id: int, *, agreed: bool) -> None:
    """The administrator answers. Refuses with 40059, or with 40065 when nothing waits for an answer."""
    job = mass.find(world, account.appid, msg_id)
    require(job.status == mass.WAITING, WRONG_STATE)
    if agreed:
        mass.set_status(world, job, mass.SENDING)
        _go(world, account, job)
    else:
        _fail(world, account, job, REFUSED)


@due(GIVE_UP)
def give_up(world: World, payload: dict[str, Any]) -> None:
    """The administrator said nothing for too long."""
    job = mass.find(world, payload["appid"], payload["msg_id"])
    if job.status == mass.WAITING:
        _fail(world, world.accounts[job.appid], job, SILENT)


@due(FINISH)
def finish(world: World, payload: dict[str, Any]) -> None:
    """Deliver, or fail as the outcome says."""
    job = mass.find(world, payload["appid"], payload["msg_id"])
    account = world.accounts[job.appid]
    of_articles = job.kind == "news"
    result = job.outcome.result(of_articles=of_articles, ignore_reprint=job.ignore_reprint)
    if result.replace(" ", "") != SUCCESS.replace(" ", ""):
        _fail(world, account, job, result)
        return
    try:
        with world.db.transaction():
            lines = _published(world, account, job) if of_articles else job.lines
            counts = deliver(world, account, job.audience, lines)
            mass.set_status(world, job, mass.SENT)
            if job.msg_data_id is not None:
                tally.reached(world, job.msg_data_id, counts.sent)
    except Refusal:
        _fail(world, account, job, DRAFT_GONE)
    else:
        urls = [article["url"] for article in lines[0]["articles"]] if of_articles else []
        _report(world, account, job, result, counts, urls)


def _published(world: World, account: AccountState, job: Job) -> list[dict[str, Any]]:
    return [{"type": "news", "articles": mass_news.publish(world, account, job)}]


def _fail(world: World, account: AccountState, job: Job, result: str) -> None:
    mass.set_status(world, job, mass.FAILED)
    _report(world, account, job, result, Counts(), [])


def _where(account: AccountState, audience: Audience) -> tuple[str, list[Any]]:
    """The audience as a condition on `relation`."""
    if audience.openids:
        wanted = msgspec.json.encode(audience.openids).decode()
        return "appid = ? AND openid IN (SELECT value FROM json_each(?))", [account.appid, wanted]
    if audience.everybody:
        return "appid = ? AND subscribed = 1", [account.appid]
    tagged = "SELECT relation FROM tagging WHERE appid = ? AND tag = ?"
    return f"appid = ? AND subscribed = 1 AND id IN ({tagged})", [account.appid, account.appid, audience.tag]


def count(world: World, account: AccountState, audience: Audience) -> int:
    """How many people an audience has."""
    where, values = _where(account, audience)
    number: int = world.db.value(f"SELECT count(*) FROM relation WHERE {where}", *values)
    return number


def deliver(
    world: World, account: AccountState, audience: Audience, lines: Sequence[dict[str, Any]]
) -> Counts:
    """Put the lines on every phone that takes them. People who refuse, are black-listed or had their four of the month
    are filtered out; an OpenID on the list that no longer follows is an error."""
    where, values = _where(account, audience)
    total = count(world, account, audience)
    left = f"{where} AND refuses = 0 AND blacklisted = 0"
    if account.kind != "subscription":
        left += (
            " AND NOT EXISTS (SELECT 1 FROM mass_received AS had WHERE had.appid = relation.appid "
            "AND had.openid = relation.openid AND had.month = ? AND had.count >= ?)"
        )
        values = [*values, world.month(), world.rules.mass_per_month]
    filtered = world.db.value(f"SELECT count(*) FROM relation WHERE {left}", *values)
    reached = f"{left} AND subscribed = 1"
    people = world.db.column(
        f"SELECT person FROM relation WHERE {reached} AND person IS NOT NULL ORDER BY id", *values
    )
    sent = world.db.run(
        "INSERT INTO mass_received SELECT relation.appid, relation.openid, ?, 1 FROM relation "
        f"WHERE {reached} ON CONFLICT DO UPDATE SET count = count + 1",
        world.month(),
        *values,
    )
    for person in people:
        for line in lines:
            chats.add(world, account, person, "account", "mass", **line)
    return Counts(total, filtered, sent, filtered - sent)


def _report(
    world: World, account: AccountState, job: Job, result: str, counts: Counts, urls: list[str]
) -> None:
    """Push MASSSENDJOBFINISH."""
    of_articles = job.kind == "news"
    addresses = ArticleUrlItems(
        item=tuple(ArticleUrlItem(article_idx=idx, article_url=url) for idx, url in enumerate(urls, 1))
    )
    world.outgoing(
        account,
        MassSendJobFinish(
            to_user_name=account.original_id,
            from_user_name=ASSISTANT,
            create_time=world.seconds(),
            msg_id=job.msg_id,
            status=result,
            total_count=counts.total,
            filter_count=counts.filtered,
            sent_count=counts.sent,
            error_count=counts.errors,
            copyright_check_result=_originality(job) if of_articles else None,
            article_url_result=ArticleUrlResult(count=len(urls), result_list=addresses) if urls else None,
        ),
    )


def _originality(job: Job) -> CopyrightCheckResult:
    """The check of every article: what the outcome says, otherwise that nothing was found."""
    found = {one.article_idx: one for one in job.outcome.findings}
    number = max([len(job.lines[0]["articles"]), *found])
    items = tuple(
        _originality_of(found.get(idx, CopyrightFinding(article_idx=idx)), known=idx in found)
        for idx in range(1, number + 1)
    )
    return CopyrightCheckResult(
        count=len(items), result_list=CopyrightItems(item=items), check_state=job.outcome.check_state
    )


def _originality_of(finding: CopyrightFinding, *, known: bool) -> CopyrightItem:
    return CopyrightItem(
        article_idx=finding.article_idx,
        user_declare_state=finding.user_declare_state,
        audit_state=finding.audit_state,
        original_article_url=finding.original_article_url,
        original_article_type=finding.original_article_type if known else None,
        can_reprint=finding.can_reprint,
        need_replace_content=finding.need_replace_content,
        need_show_reprint_source=finding.need_show_reprint_source,
    )


def withdraw(world: World, account: AccountState, *, msg_id: int | None, idx: int, url: str) -> None:
    """Make articles or a video unavailable; the card that was received stays.

    Refuses with 40059 for an unknown message, 40060 for an article that it does not have, 40065 for one that was not
    sent, or is neither article nor video.
    """
    if msg_id is None:
        number, idx = mass_news.message_of(world, account, url)
        msg_id = mass.of_data(world, account, number)
    job = mass.find(world, account.appid, msg_id)
    require(job.status == mass.SENT and job.kind in DELETABLE, WRONG_STATE)
    if job.kind == "video":
        mass.set_status(world, job, mass.DELETED)
    elif mass_news.withdraw(world, account, job, idx):
        # One article may have gone out several times; it is gone from every one of them.
        mass.set_deleted(world, job)
