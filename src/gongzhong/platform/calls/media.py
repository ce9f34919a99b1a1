"""Temporary media and article pictures (素材管理), as the platform answers them."""

from __future__ import annotations

from ...catalogue import media as catalogue
from ...catalogue.model import Download
from ..world import media
from ..world.refusal import require
from ..world.rendering import public_url
from .registry import Caller, answers

WRONG_ID = 40007


@answers(catalogue.UploadMedia)
def upload_media(caller: Caller, call: catalogue.UploadMedia) -> catalogue.MediaUploaded:
    judged = call.media.filename if caller.world.rules.judge_file_names else None
    media.accept(call.type, call.media.content, permanent=False, name=judged)
    file = media.keep(caller.world, caller.account, call.type, call.media.content)
    if call.type == "thumb":
        return catalogue.MediaUploaded(
            type=call.type, thumb_media_id=file.media_id, created_at=file.created_at
        )
    return catalogue.MediaUploaded(type=call.type, media_id=file.media_id, created_at=file.created_at)


@answers(catalogue.GetMedia)
def get_media(caller: Caller, call: catalogue.GetMedia) -> Download | catalogue.VideoLink:
    file = media.find(caller.world, caller.account, call.media_id, permanent=False)
    if file.kind == "video":
        return catalogue.VideoLink(video_url=public_url(caller.world, file.media_id))
    return Download(file.content, file.content_type, file.filename)


@answers(catalogue.GetVoice)
def get_voice(caller: Caller, call: catalogue.GetVoice) -> Download:
    """Only what the JS-SDK recorded has the better voice."""
    file = media.find(caller.world, caller.account, call.media_id, permanent=False)
    require(file.kind == "voice" and file.source == "jssdk", WRONG_ID)
    return Download(file.content, "voice/speex", f"{file.media_id}.speex")


@answers(catalogue.UploadImage)
def upload_image(caller: Caller, call: catalogue.UploadImage) -> catalogue.ImageAddress:
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
    return catalogue.ImageAddress(url=media.address(file.media_id, file.content_type))
