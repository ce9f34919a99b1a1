"""From what an account sends to what a phone shows: chat lines out of replies and messages."""

from __future__ import annotations

from typing import Any

from ...messages import (
    ImageReply,
    MusicReply,
    NewsReply,
    Reply,
    TextReply,
    TransferReply,
    VideoReply,
    VoiceReply,
)
from . import chats
from .world import AccountState, World

MEDIA_PATH = "/_platform/media/"


def media_url(media_id: str | None) -> str:
    """Where the pages find the bytes of a media id."""
    return MEDIA_PATH + media_id if media_id else ""


def public_url(world: World, media_id: str) -> str:
    """The same for programs, which need the host as well."""
    return world.origin + media_url(media_id)


def picture(media_id: str | None) -> dict[str, Any]:
    return {"media_id": media_id, "url": media_url(media_id)}


def show_reply(world: World, account: AccountState, person: str, reply: Reply) -> None:
    """Write a passive reply into the chat. Handing over to an agent shows nothing."""
    type, content = _content(reply)
    if type:
        chats.add(world, account, person, "account", "passive", type, **content)


def _content(reply: Reply) -> tuple[str, dict[str, Any]]:
    match reply:
        case TextReply():
            return "text", {"content": reply.content}
        case ImageReply():
            return "image", picture(reply.media_id)
        case VoiceReply():
            return "voice", picture(reply.media_id)
        case VideoReply():
            return "video", {
                **picture(reply.media_id),
                "title": reply.title,
                "description": reply.description,
            }
        case MusicReply():
            return "music", {
                "title": reply.title,
                "description": reply.description,
                "url": reply.hq_music_url or reply.music_url,
                "thumb_url": media_url(reply.thumb_media_id),
            }
        case NewsReply():
            articles = [
                {"title": one.title, "description": one.description, "url": one.url, "picurl": one.pic_url}
                for one in reply.articles
            ]
            return "news", {"articles": articles}
        case TransferReply():
            return "", {}
    raise TypeError(reply)
