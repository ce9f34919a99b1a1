"""The automatic replies of an account as its console keeps them (自动回复): to followers, by keyword, otherwise.

They are read by one API call and never written by any; they answer people while no server URL is set.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from .world.refusal import BadInput

ReplyKind = Literal["text", "img", "voice", "video", "news"]


class ReplyArticle(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """One article of a news reply."""

    title: str
    author: str = ""
    digest: str = ""
    show_cover: bool = False
    cover_url: str = ""
    content_url: str = ""
    source_url: str = ""


class ConsoleReply(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What is said: `content` is the text, or the media_id of a permanent file; articles stand in `articles`."""

    type: ReplyKind = "text"
    content: str = ""
    articles: list[ReplyArticle] = []

    def __post_init__(self) -> None:
        missing = not self.articles if self.type == "news" else not self.content
        if missing:
            raise BadInput(
                f"类型为 {self.type} 的自动回复缺少内容",
                f"an automatic reply of type {self.type} has no content",
            )


class ConsoleKeyword(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A keyword: half match (`contain`) or full match (`equal`)."""

    content: str
    match: Literal["contain", "equal"] = "contain"

    def fits(self, text: str) -> bool:
        return text == self.content if self.match == "equal" else self.content in text


class ConsoleRule(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Keywords and what answers them: everything, or one by chance."""

    name: str
    keywords: list[ConsoleKeyword]
    replies: list[ConsoleReply]
    reply_mode: Literal["reply_all", "random_one"] = "reply_all"
    create_time: int = 0

    def __post_init__(self) -> None:
        if not self.keywords or not self.replies:
            raise BadInput(
                f"规则 {self.name} 缺少关键词或回复", f"the rule {self.name} lacks keywords or replies"
            )


class AutoReplySettings(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Everything on the console's page of automatic replies; both switches start on, as nothing is set yet."""

    add_friend_open: bool = True
    open: bool = True
    add_friend: ConsoleReply | None = None
    default: ConsoleReply | None = None
    rules: list[ConsoleRule] = []
