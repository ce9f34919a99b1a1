"""Articles in mass sends: a draft becomes pages when the send succeeds, and the pages can be taken away again.

What was sent once can be sent on by its msg_data_id, with the same addresses.
"""

from __future__ import annotations

from typing import Any

from . import articles, drafts
from .mass import Job
from .refusal import Refusal
from .world import AccountState, World

NO_SUCH_DRAFT, NO_SUCH_MESSAGE, NO_SUCH_ARTICLE = 40007, 40059, 40060


def preview(world: World, account: AccountState, media_id: str) -> tuple[list[dict[str, Any]], int | None]:
    """What the phone shows before the send, and the msg_data_id if it was sent before. Refuses with 40007."""
    if media_id.isascii() and media_id.isdigit():
        before = articles.by_msg_data_id(world, account, int(media_id), NO_SUCH_DRAFT)
        return articles.cards(world, before), before.msg_data_id
    return articles.draft_cards(drafts.find(world, account, media_id)), None


def publish(world: World, account: AccountState, job: Job) -> list[dict[str, Any]]:
    """Give the articles their pages, unless they have them; returns the cards. Refuses with 40007 when the draft has
    gone meanwhile."""
    assert job.msg_data_id is not None
    try:
        sent = articles.by_msg_data_id(world, account, job.msg_data_id)
    except Refusal:
        media_id = job.lines[0]["media_id"]
        sent = articles.from_draft(world, account, media_id, "mass", msg_data_id=job.msg_data_id)
    return articles.cards(world, sent)


def withdraw(world: World, account: AccountState, job: Job, idx: int) -> bool:
    """Take one article, or with 0 all of them, off the web; whether none is left. Refuses with 40060."""
    assert job.msg_data_id is not None
    sent = articles.by_msg_data_id(world, account, job.msg_data_id, NO_SUCH_MESSAGE)
    try:
        articles.delete(world, sent, idx)
    except Refusal:
        raise Refusal(NO_SUCH_ARTICLE) from None
    return not any(page.readable for page in articles.pages(world, sent))


def message_of(world: World, account: AccountState, url: str) -> tuple[int, int]:
    """The msg_data_id and the number of the article at an address. Refuses with 40059."""
    page = articles.page(world, url)
    if page is None or (sent := articles.of_page(world, page)).appid != account.appid:
        raise Refusal(NO_SUCH_MESSAGE)
    return sent.msg_data_id, page.idx
