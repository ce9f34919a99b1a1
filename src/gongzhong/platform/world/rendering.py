"""From what an account sends to what a phone shows: chat lines out of replies and messages.

The platform's own automatic replies (自动回复): they answer while an account has no server URL.
"""

from __future__ import annotations

from typing import Any

from ...messages import (
    ImageReply,
    Message,
    MusicReply,
    NewsReply,
    Push,
    Reply,
    Subscribe,
    Text,
    TextReply,
    TransferReply,
    VideoReply,
    VoiceReply,
)
from . import chats
from .settings import ConsoleReply, ConsoleRule
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


LINE_TYPES = {"text": "text", "img": "image", "voice": "voice", "video": "video", "news": "news"}


def answer_automatically(world: World, account: AccountState, push: Push, person: str) -> None:
    """Show the person what the console's rules say to this message or event."""
    for reply in automatic_replies(world, account, push):
        chats.add(
            world, account, person, "account", "platform", LINE_TYPES[reply.type], **_console_content(reply)
        )


def automatic_replies(world: World, account: AccountState, push: Push) -> list[ConsoleReply]:
    """The reply to somebody who follows, those of every rule with a fitting keyword, or else the default one."""
    settings = account.autoreply
    if isinstance(push, Subscribe):
        found = settings.add_friend if settings.add_friend_open else None
        return [found] if found else []
    if not isinstance(push, Message) or not settings.open:
        return []
    if isinstance(push, Text):
        fitting = [rule for rule in settings.rules if any(one.fits(push.content) for one in rule.keywords)]
        if fitting:
            return [reply for rule in fitting for reply in _chosen(world, rule)]
    return [settings.default] if settings.default else []


def _chosen(world: World, rule: ConsoleRule) -> list[ConsoleReply]:
    if rule.reply_mode == "reply_all":
        return rule.replies
    chance = int(world.ids.fresh(8, "0123456789"))
    return [rule.replies[chance % len(rule.replies)]]


def _console_content(reply: ConsoleReply) -> dict[str, Any]:
    if reply.type == "text":
        return {"content": reply.content}
    if reply.type == "news":
        articles = [
            {"title": one.title, "description": one.digest, "url": one.content_url, "picurl": one.cover_url}
            for one in reply.articles
        ]
        return {"articles": articles}
    return picture(reply.content)
