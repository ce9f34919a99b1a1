"""Publishing (发布能力), as the platform answers it."""

from __future__ import annotations

from ...catalogue import publishing as catalogue
from ...catalogue.articles import ArticleSet
from ...catalogue.model import Ok
from ..world import articles, publishing
from ..world.world import World
from .registry import Caller, answers


@answers(catalogue.SubmitDraft)
def submit_draft(caller: Caller, call: catalogue.SubmitDraft) -> catalogue.PublishSubmitted:
    job = publishing.submit(caller.world, caller.account, call.media_id)
    return catalogue.PublishSubmitted(publish_id=job.publish_id, msg_data_id=job.msg_data_id)


@answers(catalogue.GetPublishStatus)
def get_publish_status(caller: Caller, call: catalogue.GetPublishStatus) -> catalogue.PublishStatus:
    world, account = caller.world, caller.account
    job = publishing.find(world, account, call.publish_id)
    status = publishing.status(world, account, job)
    if status != publishing.PUBLISHED or job.article_id is None:
        return catalogue.PublishStatus(
            publish_id=job.publish_id, publish_status=status, fail_idx=job.fail_idx
        )
    pages = articles.pages(world, articles.find(world, account, job.article_id))
    addresses = [
        catalogue.PublishedAddress(idx=page.idx, article_url=articles.url_of(page)) for page in pages
    ]
    return catalogue.PublishStatus(
        publish_id=job.publish_id,
        publish_status=status,
        article_id=job.article_id,
        article_detail=catalogue.PublishedAddresses(count=len(addresses), item=addresses),
    )


@answers(catalogue.DeletePublished)
def delete_published(caller: Caller, call: catalogue.DeletePublished) -> Ok:
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


@answers(catalogue.GetPublished)
def get_published(caller: Caller, call: catalogue.GetPublished) -> catalogue.PublishedArticles:
    found = _article_set(caller.world, articles.find(caller.world, caller.account, call.article_id))
    return catalogue.PublishedArticles(
        news_item=found.news_item, create_time=found.create_time, update_time=found.update_time
    )


@answers(catalogue.ListPublished)
def list_published(caller: Caller, call: catalogue.ListPublished) -> catalogue.PublishedPage:
    world = caller.world
    total, found = articles.listing(world, caller.account, call.offset, call.count)
    entries = [
        catalogue.PublishedEntry(
            article_id=publication.article_id,
            content=_article_set(world, publication, with_content=not call.no_content),
            update_time=publication.updated_at,
        )
        for publication in found
    ]
    return catalogue.PublishedPage(total_count=total, item_count=len(entries), item=entries)
