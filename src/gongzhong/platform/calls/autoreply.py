"""The rules of automatic replies (自动回复规则), as the platform answers for them."""

from __future__ import annotations

from ...catalogue import autoreply as catalogue
from ..autoreply_settings import ConsoleReply, ConsoleRule
from ..world import media
from ..world.refusal import Refusal
from ..world.rendering import media_url
from .registry import Caller, answers


@answers(catalogue.GetAutoReplyInfo)
def get_auto_reply_info(caller: Caller, call: catalogue.GetAutoReplyInfo) -> catalogue.AutoReplyInfo:
    settings = caller.account.autoreply
    rules = [_rule(caller, rule) for rule in settings.rules]
    return catalogue.AutoReplyInfo(
        is_add_friend_reply_open=int(settings.add_friend_open),
        is_autoreply_open=int(settings.open),
        add_friend_autoreply_info=_shown(caller, settings.add_friend),
        message_default_autoreply_info=_shown(caller, settings.default),
        keyword_autoreply_info=catalogue.KeywordRules(rules=rules) if rules else None,
    )


def _rule(caller: Caller, rule: ConsoleRule) -> catalogue.KeywordRule:
    return catalogue.KeywordRule(
        rule_name=rule.name,
        create_time=rule.create_time,
        reply_mode=rule.reply_mode,
        keyword_list_info=[
            catalogue.Keyword(match_mode=one.match, content=one.content) for one in rule.keywords
        ],
        reply_list_info=[_reply(caller, one) for one in rule.replies],
    )


def _shown(caller: Caller, reply: ConsoleReply | None) -> catalogue.AutoReplyContent | None:
    return None if reply is None else _reply(caller, reply)


def _reply(caller: Caller, reply: ConsoleReply) -> catalogue.AutoReplyContent:
    """Pictures and voices get a new temporary id at every call, articles and videos keep their id; by older pages a
    video has its link."""
    if reply.type in ("img", "voice"):
        return catalogue.AutoReplyContent(type=reply.type, content=_temporary(caller, reply.content))
    if reply.type == "video" and caller.world.rules.auto_reply_video == "link":
        return catalogue.AutoReplyContent(type=reply.type, content=media_url(reply.content))
    if reply.type in ("text", "video"):
        return catalogue.AutoReplyContent(type=reply.type, content=reply.content)
    articles = [
        catalogue.NewsLine(
            title=one.title,
            author=one.author,
            digest=one.digest,
            show_cover=int(one.show_cover),
            cover_url=one.cover_url,
            content_url=one.content_url,
            source_url=one.source_url,
        )
        for one in reply.articles
    ]
    news = catalogue.NewsLines(articles=articles)
    return catalogue.AutoReplyContent(type=reply.type, content=reply.content, news_info=news)


def _temporary(caller: Caller, media_id: str) -> str:
    """A copy for three days; the id itself when the file is gone."""
    try:
        file = media.find(caller.world, caller.account, media_id, permanent=True)
    except Refusal:
        return media_id
    kind = "image" if file.kind == "thumb" else file.kind
    return media.keep(caller.world, caller.account, kind, file.content).media_id
