"""Drafts (草稿箱), as the platform answers them."""

from __future__ import annotations

from ...catalogue import drafts as catalogue
from ...catalogue.articles import ArticleSet
from ...catalogue.model import Ok
from ..world import articles, drafts, products
from ..world.world import World
from .registry import Caller, answers


def article_set(world: World, draft: drafts.Draft, *, with_content: bool = True) -> ArticleSet:
    """The articles of a draft with their preview links."""
    items = [
        articles.stored(world, article, articles.preview_url(draft, index), with_content=with_content)
        for index, article in enumerate(draft.articles)
    ]
    return ArticleSet(news_item=items, create_time=draft.created_at, update_time=draft.updated_at)


@answers(catalogue.AddDraft)
def add_draft(caller: Caller, call: catalogue.AddDraft) -> catalogue.DraftAdded:
    made = drafts.add(caller.world, caller.account, call.articles)
    return catalogue.DraftAdded(media_id=made.media_id)


@answers(catalogue.GetDraft)
def get_draft(caller: Caller, call: catalogue.GetDraft) -> catalogue.Draft:
    found = article_set(caller.world, drafts.find(caller.world, caller.account, call.media_id))
    return catalogue.Draft(
        news_item=found.news_item, create_time=found.create_time, update_time=found.update_time
    )


@answers(catalogue.DeleteDraft)
def delete_draft(caller: Caller, call: catalogue.DeleteDraft) -> Ok:
    drafts.delete(caller.world, caller.account, call.media_id)
    return Ok()


@answers(catalogue.UpdateDraft)
def update_draft(caller: Caller, call: catalogue.UpdateDraft) -> Ok:
    drafts.update(caller.world, caller.account, call.media_id, call.index, call.articles)
    return Ok()


@answers(catalogue.CountDrafts)
def count_drafts(caller: Caller, call: catalogue.CountDrafts) -> catalogue.DraftCount:
    return catalogue.DraftCount(total_count=drafts.count(caller.world, caller.account))


@answers(catalogue.ListDrafts)
def list_drafts(caller: Caller, call: catalogue.ListDrafts) -> catalogue.DraftPage:
    world = caller.world
    total, found = drafts.page(world, caller.account, call.offset, call.count)
    entries = [
        catalogue.DraftEntry(
            media_id=draft.media_id,
            content=article_set(world, draft, with_content=not call.no_content),
            update_time=draft.updated_at,
        )
        for draft in found
    ]
    return catalogue.DraftPage(total_count=total, item_count=len(entries), item=entries)


@answers(catalogue.SwitchDrafts)
def switch_drafts(caller: Caller, call: catalogue.SwitchDrafts) -> catalogue.SwitchState:
    """The box has been on everywhere for years; turning it on again changes nothing."""
    return catalogue.SwitchState(is_open=1)


@answers(catalogue.GetProductCard)
def get_product_card(caller: Caller, call: catalogue.GetProductCard) -> catalogue.ProductCard:
    key, dom = products.card(caller.world, caller.account, call.product_id, call.article_type, call.card_type)
    return catalogue.ProductCard(product_key=key, dom=dom)
