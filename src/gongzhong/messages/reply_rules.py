"""Whether a reply reaches the user: one judgement for those who send it and for the platform that gets it.

Source of the numbers: 被动回复用户消息, the table of parameters; the byte limit is from older editions.
"""

from __future__ import annotations

import msgspec

from .. import facts
from ..errors import Language, language
from .model import Event, Push
from .ordinary import Image, Link, Location, Text, Video, Voice
from .replies import (
    ImageReply,
    MusicReply,
    NewsReply,
    Reply,
    TextReply,
    TransferReply,
    VideoReply,
    VoiceReply,
)

TEXT_MAX_BYTES = facts.REPLY_TEXT_BYTES
"""Of a text reply's Content, in UTF-8."""
ARTICLES_TO_MESSAGE = facts.REPLY_ARTICLES_TO_MESSAGE
"""In answer to a text, image, voice, video, link or location message."""
ARTICLES_OTHERWISE = facts.REPLY_ARTICLES

_ONE_ARTICLE = (Text, Image, Voice, Video, Link, Location)
_NEVER_EMPTY: dict[type[Reply], tuple[str, str]] = {
    TextReply: ("content", "Content"),
    ImageReply: ("media_id", "MediaId"),
    VoiceReply: ("media_id", "MediaId"),
    VideoReply: ("media_id", "MediaId"),
    MusicReply: ("thumb_media_id", "ThumbMediaId"),
    NewsReply: ("articles", "Articles"),
    TransferReply: ("kf_account", "KfAccount"),
}


class ReplyProblem(msgspec.Struct, frozen=True):
    """Why a reply arrives not at all, or not as meant."""

    reason: str
    """A stable word: not_answerable, empty, too_long, too_many_articles, transfer_of_event."""
    delivered: bool
    """Whether the user sees something of it all the same."""
    zh: str
    en: str

    def text(self, lang: Language | None = None) -> str:
        """The explanation in one language."""
        return self.zh if (lang or language()) == "zh" else self.en


def articles_allowed(push: Push) -> int:
    """How many articles of a news reply to `push` are sent."""
    return ARTICLES_TO_MESSAGE if isinstance(push, _ONE_ARTICLE) else ARTICLES_OTHERWISE


def reply_problem(reply: Reply, push: Push) -> ReplyProblem | None:
    """What keeps `reply` from reaching the user who caused `push`; None if nothing does."""
    if not push.answerable:
        name = push.event if isinstance(push, Event) else push.msg_type
        return ReplyProblem(
            "not_answerable",
            False,
            f"对 {name} 的被动回复不会显示给用户；请回复 success，需要时改用客服消息",
            f"a passive reply to {name} is not shown; answer success, or send a customer-service message",
        )
    return empty_reply(reply) or _too_much(reply, push) or _misplaced(reply, push)


def empty_reply(reply: Reply) -> ReplyProblem | None:
    """What is wrong with a reply that lacks its content, whatever it answers; None if it has some."""
    attribute, missing = _NEVER_EMPTY.get(type(reply), ("", ""))
    if not attribute or getattr(reply, attribute) not in ("", ()):
        return None
    return ReplyProblem(
        "empty",
        False,
        f"回复的 {missing} 是空的，用户会看到“该公众号提供的服务出现故障”；不想回复时请返回 success",
        f"the reply's {missing} is empty: the user sees a failure notice; to answer nothing, return success",
    )


def _too_much(reply: Reply, push: Push) -> ReplyProblem | None:
    if isinstance(reply, TextReply):
        size = len(reply.content.encode("utf-8", "surrogatepass"))
        if size > TEXT_MAX_BYTES:
            return ReplyProblem(
                "too_long",
                False,
                f"文本有 {size} 字节，超过 {TEXT_MAX_BYTES}，不会送达；请缩短，或用客服消息分条发送",
                f"the text has {size} bytes, more than {TEXT_MAX_BYTES}, and is not delivered; "
                "shorten it or send parts as customer-service messages",
            )
    if isinstance(reply, NewsReply):
        count, allowed = len(reply.articles), articles_allowed(push)
        if count > allowed:
            return ReplyProblem(
                "too_many_articles",
                True,
                f"图文有 {count} 篇，回复这种消息只发送前 {allowed} 篇",
                f"of {count} articles only the first {allowed} are sent in answer to this push",
            )
    return None


def _misplaced(reply: Reply, push: Push) -> ReplyProblem | None:
    if isinstance(reply, TransferReply) and isinstance(push, Event):
        return ReplyProblem(
            "transfer_of_event",
            True,
            "只应转接消息：客服会看到一条没有意义的事件记录",
            "only messages should be handed over: the agent sees a meaningless line for an event",
        )
    return None
