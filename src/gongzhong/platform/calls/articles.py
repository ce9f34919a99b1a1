"""Drafts, published articles and their comments, as the platform answers them."""

from __future__ import annotations

from typing import Protocol

from ...catalogue import comments as comments_calls
from ...catalogue import drafts as drafts_calls
from ...catalogue import publishing as publishing_calls
from ...catalogue.articles import ArticleSet
from ...catalogue.model import Ok
from ..world import articles, comments, drafts, publishing
from ..world.articles import Page
from ..world.refusal import Refusal
from ..world.world import World
from .registry import Caller, answers


def article_set(world: World, draft: drafts.Draft, *, with_content: bool = True) -> ArticleSet:
    """The articles of a draft with their preview links."""
    items = [
        articles.stored(world, article, articles.preview_url(draft, index), with_content=with_content)
        for index, article in enumerate(draft.articles)
    ]
    return ArticleSet(news_item=items, create_time=draft.created_at, update_time=draft.updated_at)


@answers(drafts_calls.AddDraft)
def add_draft(caller: Caller, call: drafts_calls.AddDraft) -> drafts_calls.DraftAdded:
    made = drafts.add(caller.world, caller.account, call.articles)
    return drafts_calls.DraftAdded(media_id=made.media_id)


@answers(drafts_calls.GetDraft)
def get_draft(caller: Caller, call: drafts_calls.GetDraft) -> drafts_calls.Draft:
    found = article_set(caller.world, drafts.find(caller.world, caller.account, call.media_id))
    return drafts_calls.Draft(
        news_item=found.news_item, create_time=found.create_time, update_time=found.update_time
    )


@answers(drafts_calls.DeleteDraft)
def delete_draft(caller: Caller, call: drafts_calls.DeleteDraft) -> Ok:
    drafts.delete(caller.world, caller.account, call.media_id)
    return Ok()


@answers(drafts_calls.UpdateDraft)
def update_draft(caller: Caller, call: drafts_calls.UpdateDraft) -> Ok:
    drafts.update(caller.world, caller.account, call.media_id, call.index, call.articles)
    return Ok()


@answers(drafts_calls.CountDrafts)
def count_drafts(caller: Caller, call: drafts_calls.CountDrafts) -> drafts_calls.DraftCount:
    return drafts_calls.DraftCount(total_count=drafts.count(caller.world, caller.account))


@answers(drafts_calls.ListDrafts)
def list_drafts(caller: Caller, call: drafts_calls.ListDrafts) -> drafts_calls.DraftPage:
    world = caller.world
    total, found = drafts.page(world, caller.account, call.offset, call.count)
    entries = [
        drafts_calls.DraftEntry(
            media_id=draft.media_id,
            content=article_set(world, draft, with_content=not call.no_content),
            update_time=draft.updated_at,
        )
        for draft in found
    ]
    return drafts_calls.DraftPage(total_count=total, item_count=len(entries), item=entries)


@answers(drafts_calls.SwitchDrafts, constant=True)
def switch_drafts(caller: Caller, call: drafts_calls.SwitchDrafts) -> drafts_calls.SwitchState:
    """The box has been on everywhere for years; turning it on again changes nothing."""
    return drafts_calls.SwitchState(is_open=1)


@answers(drafts_calls.GetProductCard)
def get_product_card(caller: Caller, call: drafts_calls.GetProductCard) -> drafts_calls.ProductCard:
    key, dom = articles.product_card(
        caller.world, caller.account, call.product_id, call.article_type, call.card_type
    )
    return drafts_calls.ProductCard(product_key=key, dom=dom)


@answers(publishing_calls.SubmitDraft)
def submit_draft(caller: Caller, call: publishing_calls.SubmitDraft) -> publishing_calls.PublishSubmitted:
    job = publishing.submit(caller.world, caller.account, call.media_id)
    return publishing_calls.PublishSubmitted(publish_id=job.publish_id, msg_data_id=job.msg_data_id)


@answers(publishing_calls.GetPublishStatus)
def get_publish_status(
    caller: Caller, call: publishing_calls.GetPublishStatus
) -> publishing_calls.PublishStatus:
    world, account = caller.world, caller.account
    job = publishing.find(world, account, call.publish_id)
    status = publishing.status(world, account, job)
    if status != publishing.PUBLISHED or job.article_id is None:
        return publishing_calls.PublishStatus(
            publish_id=job.publish_id, publish_status=status, fail_idx=job.fail_idx
        )
    pages = articles.pages(world, articles.find(world, account, job.article_id))
    addresses = [
        publishing_calls.PublishedAddress(idx=page.idx, article_url=articles.url_of(page)) for page in pages
    ]
    return publishing_calls.PublishStatus(
        publish_id=job.publish_id,
        publish_status=status,
        article_id=job.article_id,
        article_detail=publishing_calls.PublishedAddresses(count=len(addresses), item=addresses),
    )


@answers(publishing_calls.DeletePublished)
def delete_published(caller: Caller, call: publishing_calls.DeletePublished) -> Ok:
    publication = articles.find(caller.world, caller.account, call.article_id)
    articles.delete(caller.world, publication, call.index or 0)
    return Ok()


def _article_set(world: World, publication: articles.Publication, *, with_content: bool = True) -> ArticleSet:
    items = [
        articles.stored(
            world, page.article, articles.url_of(page), with_content=with_content, deleted=page.deleted
        )
        for page in articles.pages(world, publication)
    ]
    return ArticleSet(news_item=items, create_time=publication.created_at, update_time=publication.updated_at)


@answers(publishing_calls.GetPublished)
def get_published(caller: Caller, call: publishing_calls.GetPublished) -> publishing_calls.PublishedArticles:
    found = _article_set(caller.world, articles.find(caller.world, caller.account, call.article_id))
    return publishing_calls.PublishedArticles(
        news_item=found.news_item, create_time=found.create_time, update_time=found.update_time
    )


@answers(publishing_calls.ListPublished)
def list_published(caller: Caller, call: publishing_calls.ListPublished) -> publishing_calls.PublishedPage:
    world = caller.world
    total, found = articles.listing(world, caller.account, call.offset, call.count)
    entries = [
        publishing_calls.PublishedEntry(
            article_id=publication.article_id,
            content=_article_set(world, publication, with_content=not call.no_content),
            update_time=publication.updated_at,
        )
        for publication in found
    ]
    return publishing_calls.PublishedPage(total_count=total, item_count=len(entries), item=entries)


class OfArticle(Protocol):
    """A call that names an article."""

    @property
    def msg_data_id(self) -> int: ...

    @property
    def index(self) -> int: ...


def _page(caller: Caller, call: OfArticle) -> Page:
    return comments.page_of(caller.world, caller.account, call.msg_data_id, call.index)


@answers(comments_calls.OpenComments)
def open_comments(caller: Caller, call: comments_calls.OpenComments) -> Ok:
    comments.set_open(caller.world, _page(caller, call), is_open=True)
    return Ok()


@answers(comments_calls.CloseComments)
def close_comments(caller: Caller, call: comments_calls.CloseComments) -> Ok:
    comments.set_open(caller.world, _page(caller, call), is_open=False)
    return Ok()


@answers(comments_calls.ListComments)
def list_comments(caller: Caller, call: comments_calls.ListComments) -> comments_calls.CommentPage:
    """A refusal carries the empty fields of the answer too."""
    try:
        page = _page(caller, call)
        total, found = comments.listing(caller.world, page, call.type, call.begin, call.count)
    except Refusal as refusal:
        raise Refusal(refusal.code, refusal.detail, total=0, comment=[]) from None
    return comments_calls.CommentPage(total=total, comment=[_shown(one) for one in found])


def _shown(comment: comments.Comment) -> comments_calls.Comment:
    reply = None
    if comment.reply is not None:
        reply = comments_calls.CommentReply(content=comment.reply, create_time=comment.reply_time or 0)
    return comments_calls.Comment(
        user_comment_id=comment.id,
        openid=comment.openid,
        create_time=comment.time,
        content=comment.content,
        comment_type=int(comment.selected),
        reply=reply,
    )


@answers(comments_calls.SelectComment)
def select_comment(caller: Caller, call: comments_calls.SelectComment) -> Ok:
    comments.select(caller.world, _page(caller, call), call.user_comment_id, selected=True)
    return Ok()


@answers(comments_calls.UnselectComment)
def unselect_comment(caller: Caller, call: comments_calls.UnselectComment) -> Ok:
    comments.select(caller.world, _page(caller, call), call.user_comment_id, selected=False)
    return Ok()


@answers(comments_calls.DeleteComment)
def delete_comment(caller: Caller, call: comments_calls.DeleteComment) -> Ok:
    comments.delete(caller.world, _page(caller, call), call.user_comment_id)
    return Ok()


@answers(comments_calls.ReplyToComment)
def reply_to_comment(caller: Caller, call: comments_calls.ReplyToComment) -> Ok:
    comments.answer(caller.world, _page(caller, call), call.user_comment_id, call.content)
    return Ok()


@answers(comments_calls.DeleteCommentReply)
def delete_comment_reply(caller: Caller, call: comments_calls.DeleteCommentReply) -> Ok:
    comments.take_answer_back(caller.world, _page(caller, call), call.user_comment_id)
    return Ok()
