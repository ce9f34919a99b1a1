"""Permanent material (永久素材), as the platform answers it."""

from __future__ import annotations

from ...catalogue import material as catalogue
from ...catalogue.articles import ArticleSet
from ...catalogue.model import Download, Ok
from ..world import articles, drafts, materials, media
from ..world.refusal import Refusal, require
from ..world.rendering import media_url
from .drafts import article_set
from .registry import Caller, answers

RETIRED = 45106


@answers(catalogue.AddMaterial)
def add_material(caller: Caller, call: catalogue.AddMaterial) -> catalogue.MaterialAdded:
    described = call.description
    require(call.type != "video" or described, caller.world.rules.video_description_code)
    file = materials.add(
        caller.world,
        caller.account,
        call.type,
        call.media.content,
        name=call.media.filename,
        title=described.title if described else "",
        description=described.introduction if described else "",
    )
    return catalogue.MaterialAdded(
        media_id=file.media_id, url=media.address(file.media_id, file.content_type), item=[]
    )


@answers(catalogue.GetMaterial)
def get_material(
    caller: Caller, call: catalogue.GetMaterial
) -> catalogue.MaterialNews | catalogue.MaterialVideo | Download:
    """Articles are found in the draft box, where news material has gone."""
    world, account = caller.world, caller.account
    if drafts.exists(world, account, call.media_id):
        found = article_set(world, drafts.find(world, account, call.media_id))
        return catalogue.MaterialNews(
            news_item=found.news_item, create_time=found.create_time, update_time=found.update_time
        )
    file = media.find(world, account, call.media_id, permanent=True)
    if file.kind == "video":
        return catalogue.MaterialVideo(
            title=file.title,
            description=file.description,
            down_url=articles.HOST + media_url(file.media_id),
        )
    return Download(file.content, file.content_type, file.filename)


@answers(catalogue.DeleteMaterial)
def delete_material(caller: Caller, call: catalogue.DeleteMaterial) -> Ok:
    materials.delete(caller.world, caller.account, call.media_id)
    return Ok()


@answers(catalogue.CountMaterial)
def count_material(caller: Caller, call: catalogue.CountMaterial) -> catalogue.MaterialCount:
    found = materials.counts(caller.world, caller.account)
    return catalogue.MaterialCount(
        voice_count=found["voice"],
        video_count=found["video"],
        image_count=found["image"],
        news_count=found["news"],
    )


@answers(catalogue.ListMaterial)
def list_material(caller: Caller, call: catalogue.ListMaterial) -> catalogue.MaterialPage:
    entries: list[catalogue.Material]
    if call.type == "news":
        total, found = drafts.page(caller.world, caller.account, call.offset, call.count)
        entries = [_news(draft, article_set(caller.world, draft)) for draft in found]
    else:
        total, files = materials.page(caller.world, caller.account, call.type, call.offset, call.count)
        entries = [_file(file) for file in files]
    return catalogue.MaterialPage(total_count=total, item_count=len(entries), item=entries)


def _news(draft: drafts.Draft, content: ArticleSet) -> catalogue.Material:
    return catalogue.Material(media_id=draft.media_id, content=content, update_time=draft.updated_at)


def _file(file: media.Stored) -> catalogue.Material:
    return catalogue.Material(
        media_id=file.media_id,
        name=file.name,
        update_time=file.created_at,
        url=media.address(file.media_id, file.content_type),
        tags=[],
    )


@answers(catalogue.AddNews)
def add_news(caller: Caller, call: catalogue.AddNews) -> catalogue.NewsAdded:
    raise Refusal(RETIRED)


@answers(catalogue.UpdateNews)
def update_news(caller: Caller, call: catalogue.UpdateNews) -> Ok:
    raise Refusal(RETIRED)
