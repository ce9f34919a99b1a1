"""The platform's own automatic replies (自动回复): they answer while an account has no server URL."""

from __future__ import annotations

from typing import Any

from ...messages import Message, Push, Subscribe, Text
from ..autoreply_settings import ConsoleReply, ConsoleRule
from . import chats
from .rendering import picture
from .world import AccountState, World

LINE_TYPES = {"text": "text", "img": "image", "voice": "voice", "video": "video", "news": "news"}


def answer(world: World, account: AccountState, push: Push, person: str) -> None:
    """Show the person what the console's rules say to this message or event."""
    for reply in replies(world, account, push):
        chats.add(world, account, person, "account", "platform", LINE_TYPES[reply.type], **_content(reply))


def replies(world: World, account: AccountState, push: Push) -> list[ConsoleReply]:
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


def _content(reply: ConsoleReply) -> dict[str, Any]:
    if reply.type == "text":
        return {"content": reply.content}
    if reply.type == "news":
        articles = [
            {"title": one.title, "description": one.digest, "url": one.content_url, "picurl": one.cover_url}
            for one in reply.articles
        ]
        return {"articles": articles}
    return picture(reply.content)
