"""Publishing as a job (发布能力): submitted now, decided a moment later, told by an event.

    submit ──► 1 under way ──► 0 published: the draft leaves the box, its articles get their pages
                          └──► 2 not original, 3 failed, 4 refused by review: the draft stays

How the next job ends can be chosen beforehand. A test account can submit, but its jobs always fail (seen live).
"""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

from ...messages import PublishJobFinish
from ...messages.events.sending import ArticleDetail, PublishedArticle, PublishEventInfo
from . import articles, drafts, schedule
from .refusal import Refusal
from .world import AccountState, World

Outcome = Literal[0, 2, 3, 4]
PUBLISHED, UNDER_WAY, FAILED, ALL_DELETED, ALL_BANNED = 0, 1, 3, 5, 6
NAMES_ARTICLES: Final = (2, 4)
NO_SUCH_JOB: Final = 53502
FIRST_PUBLISH_ID: Final = 2_247_483_650
ASSISTANT: Final = "mphelper"
JOB: Final = "publish"


class Job(msgspec.Struct, frozen=True, kw_only=True):
    publish_id: int
    appid: str
    media_id: str
    msg_data_id: int
    status: int
    article_id: str | None
    fail_idx: list[int]


def submit(world: World, account: AccountState, media_id: str) -> Job:
    """Begin to publish a draft; refuses with 40007."""
    drafts.find(world, account, media_id)
    publish_id = world.db.next_number("publish", FIRST_PUBLISH_ID)
    world.db.run(
        "INSERT INTO publish_job (publish_id, appid, media_id, msg_data_id, status) VALUES (?, ?, ?, ?, ?)",
        publish_id,
        account.appid,
        media_id,
        articles.next_msg_data_id(world),
        UNDER_WAY,
    )
    schedule.later(world, world.rules.publish_s, JOB, appid=account.appid, publish_id=publish_id)
    return find(world, account, publish_id)


def find(world: World, account: AccountState, publish_id: int | str) -> Job:
    """The publish job with this id. Refuses with 53502 when there is none."""
    row = world.db.one(
        "SELECT * FROM publish_job WHERE publish_id = ? AND appid = ?", publish_id, account.appid
    )
    if row is None:
        raise Refusal(NO_SUCH_JOB)
    return Job(**{**dict(row), "fail_idx": msgspec.json.decode(row["fail_idx"], type=list[int])})


def plan(world: World, account: AccountState, status: Outcome, fail_idx: list[int], *, always: bool) -> None:
    """Choose how the next job of this account ends, or from now on every one."""
    world.db.run(
        "INSERT OR REPLACE INTO publish_plan VALUES (?, ?, ?, ?)",
        account.appid,
        status,
        msgspec.json.encode(fail_idx).decode(),
        int(always),
    )


def _outcome(world: World, account: AccountState, job: Job) -> tuple[int, list[int]]:
    """Status and refused articles (from 1) of a job; a draft that was deleted meanwhile fails."""
    if not drafts.exists(world, account, job.media_id):
        return FAILED, []
    return _planned(world, account, len(drafts.find(world, account, job.media_id).articles))


def _planned(world: World, account: AccountState, count: int) -> tuple[int, list[int]]:
    if account.kind == "test":
        return FAILED, [1]
    row = world.db.one("SELECT * FROM publish_plan WHERE appid = ?", account.appid)
    if row is None:
        return PUBLISHED, []
    if not row["always"]:
        world.db.run("DELETE FROM publish_plan WHERE appid = ?", account.appid)
    chosen = msgspec.json.decode(row["fail_idx"], type=list[int])
    named = row["status"] in NAMES_ARTICLES
    return row["status"], (chosen or list(range(1, count + 1))) if named else []


def finish(world: World, payload: dict[str, Any]) -> None:
    """The job's end: pages or no pages, and the event."""
    account = world.accounts.get(payload["appid"])
    if account is None:
        return
    job = find(world, account, payload["publish_id"])
    status, fail_idx = _outcome(world, account, job)
    article_id = None
    if status == PUBLISHED:
        made = articles.from_draft(world, account, job.media_id, "publish", msg_data_id=job.msg_data_id)
        article_id = made.article_id
    world.db.run(
        "UPDATE publish_job SET status = ?, article_id = ?, fail_idx = ? WHERE publish_id = ?",
        status,
        article_id,
        msgspec.json.encode(fail_idx).decode(),
        job.publish_id,
    )
    _tell(world, account, job.publish_id)


def _tell(world: World, account: AccountState, publish_id: int) -> None:
    job = find(world, account, publish_id)
    detail = None
    if job.article_id is not None:
        found = articles.pages(world, articles.find(world, account, job.article_id))
        items = tuple(PublishedArticle(idx=page.idx, article_url=articles.url_of(page)) for page in found)
        detail = ArticleDetail(count=len(items), item=items)
    info = PublishEventInfo(
        publish_id=job.publish_id,
        publish_status=job.status,
        article_id=job.article_id,
        article_detail=detail,
        fail_idx=tuple(job.fail_idx) if job.status in NAMES_ARTICLES else (),
    )
    world.outgoing(
        account,
        PublishJobFinish(
            to_user_name=account.original_id,
            from_user_name=ASSISTANT,
            create_time=world.seconds(),
            publish_event_info=info,
        ),
    )


def status(world: World, account: AccountState, job: Job) -> int:
    """How a job stands now, what happened to its articles since included."""
    if job.article_id is None:
        return job.status
    found = articles.pages(world, articles.find(world, account, job.article_id))
    if all(page.banned for page in found):
        return ALL_BANNED
    return ALL_DELETED if all(page.deleted for page in found) else PUBLISHED
