"""Temporary media, article pictures and permanent material (素材管理), as the platform answers them."""

from __future__ import annotations

from ...catalogue import material as material_calls
from ...catalogue import media as media_calls
from ...catalogue.articles import ArticleSet
from ...catalogue.model import Download, Ok
from ..world import articles, drafts, materials, media
from ..world.refusal import Refusal, require
from ..world.rendering import media_url, public_url
from .articles import article_set
from .registry import Caller, answers

WRONG_ID = 40007


@answers(media_calls.UploadMedia)
def upload_media(caller: Caller, call: media_calls.UploadMedia) -> media_calls.MediaUploaded:
    judged = call.media.filename if caller.world.rules.judge_file_names else None
    media.accept(call.type, call.media.content, permanent=False, name=judged)
    file = media.keep(caller.world, caller.account, call.type, call.media.content)
    if call.type == "thumb":
        return media_calls.MediaUploaded(
            type=call.type, thumb_media_id=file.media_id, created_at=file.created_at
        )
    return media_calls.MediaUploaded(type=call.type, media_id=file.media_id, created_at=file.created_at)


@answers(media_calls.GetMedia)
def get_media(caller: Caller, call: media_calls.GetMedia) -> Download | media_calls.VideoLink:
    file = media.find(caller.world, caller.account, call.media_id, permanent=False)
    if file.kind == "video":
        return media_calls.VideoLink(video_url=public_url(caller.world, file.media_id))
    return Download(file.content, file.content_type, file.filename)


@answers(media_calls.GetVoice)
def get_voice(caller: Caller, call: media_calls.GetVoice) -> Download:
    """Only what the JS-SDK recorded has the better voice."""
    file = media.find(caller.world, caller.account, call.media_id, permanent=False)
    require(file.kind == "voice" and file.source == "jssdk", WRONG_ID)
    return Download(file.content, "voice/speex", f"{file.media_id}.speex")


@answers(media_calls.UploadImage)
def upload_image(caller: Caller, call: media_calls.UploadImage) -> media_calls.ImageAddress:
    if caller.world.rules.judge_file_names:
        media.judge_name(media.ARTICLE_IMAGE, call.media.filename, permanent=True)
    media.accept_by(media.ARTICLE_IMAGE, call.media.content, permanent=True)
    file = media.keep(
        caller.world,
        caller.account,
        "image",
        call.media.content,
        source=media.FOR_ARTICLES,
        permanent=True,
        name=call.media.filename,
    )
    return media_calls.ImageAddress(url=media.address(file.media_id, file.content_type))


RETIRED = 45106


@answers(material_calls.AddMaterial)
def add_material(caller: Caller, call: material_calls.AddMaterial) -> material_calls.MaterialAdded:
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
    return material_calls.MaterialAdded(
        media_id=file.media_id, url=media.address(file.media_id, file.content_type), item=[]
    )


@answers(material_calls.GetMaterial)
def get_material(
    caller: Caller, call: material_calls.GetMaterial
) -> material_calls.MaterialNews | material_calls.MaterialVideo | Download:
    """Articles are found in the draft box, where news material has gone."""
    world, account = caller.world, caller.account
    if drafts.exists(world, account, call.media_id):
        found = article_set(world, drafts.find(world, account, call.media_id))
        return material_calls.MaterialNews(
            news_item=found.news_item, create_time=found.create_time, update_time=found.update_time
        )
    file = media.find(world, account, call.media_id, permanent=True)
    if file.kind == "video":
        return material_calls.MaterialVideo(
            title=file.title,
            description=file.description,
            down_url=articles.HOST + media_url(file.media_id),
        )
    return Download(file.content, file.content_type, file.filename)


@answers(material_calls.DeleteMaterial)
def delete_material(caller: Caller, call: material_calls.DeleteMaterial) -> Ok:
    materials.delete(caller.world, caller.account, call.media_id)
    return Ok()


@answers(material_calls.CountMaterial)
def count_material(caller: Caller, call: material_calls.CountMaterial) -> material_calls.MaterialCount:
    found = materials.counts(caller.world, caller.account)
    return material_calls.MaterialCount(
        voice_count=found["voice"],
        video_count=found["video"],
        image_count=found["image"],
        news_count=found["news"],
    )


@answers(material_calls.ListMaterial)
def list_material(caller: Caller, call: material_calls.ListMaterial) -> material_calls.MaterialPage:
    entries: list[material_calls.Material]
    if call.type == "news":
        total, found = drafts.page(caller.world, caller.account, call.offset, call.count)
        entries = [_news(draft, article_set(caller.world, draft)) for draft in found]
    else:
        total, files = materials.page(caller.world, caller.account, call.type, call.offset, call.count)
        entries = [_file(file) for file in files]
    return material_calls.MaterialPage(total_count=total, item_count=len(entries), item=entries)


def _news(draft: drafts.Draft, content: ArticleSet) -> material_calls.Material:
    return material_calls.Material(media_id=draft.media_id, content=content, update_time=draft.updated_at)


def _file(file: media.Stored) -> material_calls.Material:
    return material_calls.Material(
        media_id=file.media_id,
        name=file.name,
        update_time=file.created_at,
        url=media.address(file.media_id, file.content_type),
        tags=[],
    )


@answers(material_calls.AddNews)
def add_news(caller: Caller, call: material_calls.AddNews) -> material_calls.NewsAdded:
    raise Refusal(RETIRED)


@answers(material_calls.UpdateNews)
def update_news(caller: Caller, call: material_calls.UpdateNews) -> Ok:
    raise Refusal(RETIRED)
