"""From the content of a mass send to the lines of a chat, after everything it points at was found."""

from __future__ import annotations

from typing import Any

import msgspec

from ...catalogue.mass_contents import MassCall
from ..world import mass_news, media
from ..world.refusal import require
from ..world.rendering import picture
from .registry import Caller

WRONG_FILE = 40007


class Shown(msgspec.Struct, frozen=True):
    """The kind of the chat lines, the lines, and the msg_data_id of articles that were sent before."""

    kind: str
    lines: list[dict[str, Any]]
    msg_data_id: int | None = None


def lines_of(caller: Caller, call: MassCall) -> Shown:
    """What the content makes on a phone. Refuses with 40007 for a file or draft that is not there."""
    kind = call.kind
    if kind == "text" and call.text is not None:
        return Shown(kind, [{"type": kind, "content": call.text.content}])
    if kind == "mpnews" and call.mpnews is not None:
        media_id = call.mpnews.media_id
        articles, before = mass_news.preview(caller.world, caller.account, media_id)
        return Shown("news", [{"type": "news", "articles": articles, "media_id": media_id}], before)
    if kind == "mpvideo" and call.mpvideo is not None:
        video = call.mpvideo
        file = _file(caller, video.media_id, "video", prepared=True)
        texts = {
            "title": video.title or file.title,
            "description": video.description or file.description,
        }
        return Shown("video", [{"type": "video", **picture(file.media_id), **texts}])
    if kind == "wxcard" and call.wxcard is not None:
        card_id = call.wxcard.card_id
        return Shown(kind, [{"type": kind, "title": card_id, "card_id": card_id}])
    return _files(caller, call)


def _files(caller: Caller, call: MassCall) -> Shown:
    """Pictures, one line each, or a voice; music in a preview is a voice as well."""
    if call.kind == "image" and call.images is not None:
        ids, kind = call.images.media_ids, "image"
    else:
        ids = [getattr(call, call.kind).media_id]
        kind = "image" if call.kind == "image" else "voice"
    return Shown(kind, [{"type": kind, **picture(_file(caller, one, kind).media_id)} for one in ids])


def _file(caller: Caller, media_id: str, kind: str, *, prepared: bool = False) -> media.File:
    """A permanent file of this account; a video may also be one prepared for mass sending."""
    temporary = prepared or caller.world.rules.mass_takes_temporary_media
    file = media.find(caller.world, caller.account, media_id, permanent=None if temporary else True)
    require(file.kind == kind, WRONG_FILE)
    return file
