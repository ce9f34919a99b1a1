"""Mass sends (群发) until they are accepted: who may send how often, what counts as the same send, and the speed.

Accepting makes a job; what becomes of it is in `mass_jobs`.

What becomes of an accepted mass send (群发): confirmation, review, delivery, the event, and withdrawal.

A job takes as long as the review and the people at the account's speed; then everything arrives at once, and the event
MASSSENDJOBFINISH goes out.

Articles in mass sends: a draft becomes pages when the send succeeds, and the pages can be taken away again.

What was sent once can be sent on by its msg_data_id, with the same addresses.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec

from ... import facts
from ...messages import MassSendJobFinish
from ...messages.events.sending import (
    ArticleUrlItem,
    ArticleUrlItems,
    ArticleUrlResult,
    CopyrightCheckResult,
    CopyrightItem,
    CopyrightItems,
)
from . import articles, chats, drafts, statistics
from .articles import next_msg_data_id
from .refusal import Refusal, require
from .schedule import later
from .settings import SUCCESS, CopyrightFinding, MassOutcome
from .tags import STAR_GROUP
from .world import CHINA, AccountState, World

WAITING, SENDING, SENT, FAILED, DELETED = "waiting", "sending", "sent", "failed", "deleted"
NO_QUOTA, REPEATED, REPEATED_TOO_SOON, AWAITS_ADMINISTRATOR = 45028, 45065, 45066, 89504
NO_SUCH_TAG, UNKNOWN_OPENIDS, NO_SUCH_JOB, NEVER_SET = 40152, 40031, 40059, 45084
# Real ids of mass sends have passed 2**31; ids that would fit hide mistakes.
FIRST_MSG_ID = 3_000_000_001
LEVELS = facts.MASS_SPEEDS
"""People a minute at speed 0 to 4 (设置群发速度, confirmed)."""


class Audience(msgspec.Struct, frozen=True, omit_defaults=True):
    """Everybody, the carriers of a tag, or a list of OpenIDs."""

    everybody: bool = False
    tag: int | None = None
    openids: list[str] = []


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """A mass send that was asked for: `lines` are the chat lines it makes, `content` what the caller wrote."""

    audience: Audience
    kind: str
    lines: list[dict[str, Any]]
    content: bytes
    msg_data_id: int | None = None
    """Of articles that were sent before."""
    clientmsgid: str = ""
    ignore_reprint: bool = False

    @property
    def guard(self) -> str:
        """What makes two sends the same: the caller's id, or else audience and content."""
        if self.clientmsgid:
            return f"id:{self.clientmsgid}"
        return "digest:" + hashlib.sha256(msgspec.json.encode(self.audience) + self.content).hexdigest()


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """An accepted mass send."""

    msg_id: int
    msg_data_id: int | None
    appid: str
    time: float
    guard: str
    audience: Audience
    kind: str
    lines: list[dict[str, Any]]
    ignore_reprint: bool
    outcome: MassOutcome
    status: str


def check_audience(world: World, account: AccountState, audience: Audience) -> None:
    """Refuses with 40152 for a tag, 40031 for OpenIDs that the account never saw."""
    if audience.tag is not None:
        known = audience.tag == STAR_GROUP or world.db.value(
            "SELECT 1 FROM tag WHERE appid = ? AND id = ?", account.appid, audience.tag
        )
        require(known, NO_SUCH_TAG)
    if audience.openids:
        wanted = set(audience.openids)
        known = world.db.value(
            "SELECT count(*) FROM relation WHERE appid = ? AND openid IN (SELECT value FROM json_each(?))",
            account.appid,
            msgspec.json.encode(list(wanted)).decode(),
        )
        require(known == len(wanted), UNKNOWN_OPENIDS)


def next_msg_id(world: World) -> int:
    """The msg_id of a new job or preview."""
    return world.db.next_number("mass", FIRST_MSG_ID)


def accept(world: World, account: AccountState, order: Order) -> Job:
    """Make a job of an order. Refuses with 45065, 45066, 45028, 89504 and those of `check_audience`."""
    check_audience(world, account, order.audience)
    _is_new(world, account, order.guard)
    protected = account.mass.protected and order.audience.everybody
    if protected:
        waiting = world.db.value(
            "SELECT 1 FROM mass_job WHERE appid = ? AND status = ?", account.appid, WAITING
        )
        require(not waiting, AWAITS_ADMINISTRATOR)
    _has_quota(world, account, order.audience)
    job = Job(
        msg_id=next_msg_id(world),
        msg_data_id=order.msg_data_id or _new_data_id(world, order.kind),
        appid=account.appid,
        time=world.now(),
        guard=order.guard,
        audience=order.audience,
        kind=order.kind,
        lines=order.lines,
        ignore_reprint=order.ignore_reprint,
        outcome=_next_outcome(world, account),
        status=WAITING if protected else SENDING,
    )
    _store(world, job)
    return job


def _new_data_id(world: World, kind: str) -> int | None:
    """Articles and pictures have a number for comments and statistics."""
    return next_msg_data_id(world) if kind in ("news", "image") else None


def _is_new(world: World, account: AccountState, guard: str) -> None:
    row = world.db.one(
        "SELECT msg_id, time FROM mass_job WHERE appid = ? AND guard = ? AND time > ? ORDER BY time DESC",
        account.appid,
        guard,
        world.now() - world.rules.mass_guard_s,
    )
    if row is None:
        return
    soon = world.now() - row["time"] < world.rules.mass_guard_gap_s
    raise Refusal(REPEATED_TOO_SOON if soon else REPEATED, msg_id=row["msg_id"])


def _has_quota(world: World, account: AccountState, audience: Audience) -> None:
    """Subscription accounts count every send of the day; others only sends to everybody, by day and month."""
    rules, now = world.rules, datetime.datetime.fromtimestamp(world.now(), CHINA)
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if account.kind == "subscription":
        require(_count(world, account, today) < rules.mass_per_day, NO_QUOTA)
    elif audience.everybody:
        require(_count(world, account, today, to_all=True) < rules.mass_to_all_per_day, NO_QUOTA)
        month = today.replace(day=1)
        require(_count(world, account, month, to_all=True) < rules.mass_per_month, NO_QUOTA)


def _count(world: World, account: AccountState, since: datetime.datetime, *, to_all: bool = False) -> int:
    """Sends since then; one that failed the review gives its place back."""
    count: int = world.db.value(
        "SELECT count(*) FROM mass_job WHERE appid = ? AND time >= ? AND status <> ? AND to_all >= ?",
        account.appid,
        since.timestamp(),
        FAILED,
        int(to_all),
    )
    return count


def choose_next(world: World, account: AccountState, outcome: MassOutcome) -> None:
    """Say how the next accepted send ends; several wait in line."""
    document = msgspec.json.encode(outcome).decode()
    world.db.run("INSERT INTO mass_next (appid, outcome) VALUES (?, ?)", account.appid, document)


def _next_outcome(world: World, account: AccountState) -> MassOutcome:
    row = world.db.one("SELECT id, outcome FROM mass_next WHERE appid = ? ORDER BY id LIMIT 1", account.appid)
    if row is None:
        return account.mass.outcome
    world.db.run("DELETE FROM mass_next WHERE id = ?", row["id"])
    return msgspec.json.decode(row["outcome"], type=MassOutcome)


def _store(world: World, job: Job) -> None:
    world.db.run(
        "INSERT INTO mass_job VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        job.msg_id,
        job.msg_data_id,
        job.appid,
        job.time,
        job.guard,
        int(job.audience.everybody),
        msgspec.json.encode(job.audience).decode(),
        job.kind,
        msgspec.json.encode(job.lines).decode(),
        int(job.ignore_reprint),
        msgspec.json.encode(job.outcome).decode(),
        job.status,
    )


def find(world: World, appid: str, msg_id: int) -> Job:
    """Refuses with 40059 when this account has no such job."""
    row = world.db.one("SELECT * FROM mass_job WHERE appid = ? AND msg_id = ?", appid, msg_id)
    if row is None:
        raise Refusal(NO_SUCH_JOB)
    values = {name: row[name] for name in Job.__struct_fields__}
    for name, kind in (("audience", Audience), ("lines", list[dict[str, Any]]), ("outcome", MassOutcome)):
        values[name] = msgspec.json.decode(values[name], type=kind)
    values["ignore_reprint"] = bool(values["ignore_reprint"])
    return Job(**values)


def jobs(world: World, account: AccountState) -> list[Job]:
    """Every job of the account, the latest first."""
    found = world.db.column("SELECT msg_id FROM mass_job WHERE appid = ? ORDER BY msg_id DESC", account.appid)
    return [find(world, account.appid, msg_id) for msg_id in found]


def set_status(world: World, job: Job, status: str) -> None:
    world.db.run("UPDATE mass_job SET status = ? WHERE msg_id = ?", status, job.msg_id)
    world.announce("state", {})


def set_deleted(world: World, job: Job) -> None:
    """Every successful send of the same articles is deleted with this one."""
    world.db.run(
        "UPDATE mass_job SET status = ? WHERE msg_data_id = ? AND status = ?", DELETED, job.msg_data_id, SENT
    )


def of_data(world: World, account: AccountState, msg_data_id: int) -> int:
    """The first send of these articles. Refuses with 40059."""
    msg_id: int | None = world.db.value(
        "SELECT min(msg_id) FROM mass_job WHERE appid = ? AND msg_data_id = ?", account.appid, msg_data_id
    )
    if msg_id is None:
        raise Refusal(NO_SUCH_JOB)
    return msg_id


def speed(world: World, account: AccountState) -> int:
    """The level that was set; refuses with 45084 when none was."""
    level: int | None = world.db.value("SELECT speed FROM mass_speed WHERE appid = ?", account.appid)
    if level is None:
        raise Refusal(NEVER_SET)
    return level


def set_speed(world: World, account: AccountState, level: int) -> None:
    world.db.run("INSERT OR REPLACE INTO mass_speed VALUES (?, ?)", account.appid, level)


def people_per_minute(world: World, account: AccountState) -> int:
    """How fast a send goes: full speed unless a level was set."""
    level = world.db.value("SELECT speed FROM mass_speed WHERE appid = ?", account.appid)
    return LEVELS[level or 0]


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


def begin(world: World, account: AccountState, order: Order) -> Job:
    """Accept an order and set the job going, or let it wait for the administrator (API群发保护)."""
    with world.db.transaction():
        job = accept(world, account, order)
        if job.status == WAITING:
            later(world, world.rules.mass_confirmation_s, GIVE_UP, appid=job.appid, msg_id=job.msg_id)
        else:
            _go(world, account, job)
    return job


def _go(world: World, account: AccountState, job: Job) -> None:
    people = count(world, account, job.audience)
    seconds = world.rules.mass_review_s + 60 * people / people_per_minute(world, account)
    later(world, seconds, FINISH, appid=job.appid, msg_id=job.msg_id)


def confirm(world: World, account: AccountState, msg_id: int, *, agreed: bool) -> None:
    """The administrator answers. Refuses with 40059, or with 40065 when nothing waits for an answer."""
    job = find(world, account.appid, msg_id)
    require(job.status == WAITING, WRONG_STATE)
    if agreed:
        set_status(world, job, SENDING)
        _go(world, account, job)
    else:
        _fail(world, account, job, REFUSED)


def give_up(world: World, payload: dict[str, Any]) -> None:
    """The administrator said nothing for too long."""
    job = find(world, payload["appid"], payload["msg_id"])
    if job.status == WAITING:
        _fail(world, world.accounts[job.appid], job, SILENT)


def finish(world: World, payload: dict[str, Any]) -> None:
    """Deliver, or fail as the outcome says."""
    job = find(world, payload["appid"], payload["msg_id"])
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
            set_status(world, job, SENT)
            if job.msg_data_id is not None:
                statistics.reached(world, job.msg_data_id, counts.sent)
    except Refusal:
        _fail(world, account, job, DRAFT_GONE)
    else:
        urls = [article["url"] for article in lines[0]["articles"]] if of_articles else []
        _report(world, account, job, result, counts, urls)


def _published(world: World, account: AccountState, job: Job) -> list[dict[str, Any]]:
    return [{"type": "news", "articles": publish_draft(world, account, job)}]


def _fail(world: World, account: AccountState, job: Job, result: str) -> None:
    set_status(world, job, FAILED)
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
    """Push the event MASSSENDJOBFINISH with the result of a job."""
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
        number, idx = message_of_url(world, account, url)
        msg_id = of_data(world, account, number)
    job = find(world, account.appid, msg_id)
    require(job.status == SENT and job.kind in DELETABLE, WRONG_STATE)
    if job.kind == "video":
        set_status(world, job, DELETED)
    elif withdraw_news(world, account, job, idx):
        # One article may have gone out several times; it is gone from every one of them.
        set_deleted(world, job)


NO_SUCH_DRAFT, NO_SUCH_MESSAGE, NO_SUCH_ARTICLE = 40007, 40059, 40060


def preview_draft(
    world: World, account: AccountState, media_id: str
) -> tuple[list[dict[str, Any]], int | None]:
    """What the phone shows before the send, and the msg_data_id if it was sent before. Refuses with 40007."""
    if media_id.isascii() and media_id.isdigit():
        before = articles.by_msg_data_id(world, account, int(media_id), NO_SUCH_DRAFT)
        return articles.cards(world, before), before.msg_data_id
    return articles.draft_cards(drafts.find(world, account, media_id)), None


def publish_draft(world: World, account: AccountState, job: Job) -> list[dict[str, Any]]:
    """Publish the articles of a job unless they are published already; returns their cards. Refuses with 40007 when the
    draft was deleted meanwhile."""
    assert job.msg_data_id is not None
    try:
        sent = articles.by_msg_data_id(world, account, job.msg_data_id)
    except Refusal:
        media_id = job.lines[0]["media_id"]
        sent = articles.from_draft(world, account, media_id, "mass", msg_data_id=job.msg_data_id)
    return articles.cards(world, sent)


def withdraw_news(world: World, account: AccountState, job: Job, idx: int) -> bool:
    """Take one article, or with 0 all of them, off the web; whether none is left. Refuses with 40060."""
    assert job.msg_data_id is not None
    sent = articles.by_msg_data_id(world, account, job.msg_data_id, NO_SUCH_MESSAGE)
    try:
        articles.delete(world, sent, idx)
    except Refusal:
        raise Refusal(NO_SUCH_ARTICLE) from None
    return not any(page.readable for page in articles.pages(world, sent))


def message_of_url(world: World, account: AccountState, url: str) -> tuple[int, int]:
    """The msg_data_id and the number of the article at an address. Refuses with 40059."""
    page = articles.page(world, url)
    if page is None or (sent := articles.of_page(world, page)).appid != account.appid:
        raise Refusal(NO_SUCH_MESSAGE)
    return sent.msg_data_id, page.idx
