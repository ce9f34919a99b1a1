"""The automatic replies set in the console (自动回复规则), readable by API and never made by it."""

from __future__ import annotations

import msgspec

from .fields import always
from .model import Call, Reply, Spec


class NewsLine(msgspec.Struct, kw_only=True, frozen=True):
    """One article of a reply; `show_cover` is 0 or 1."""

    title: str = ""
    author: str = ""
    digest: str = ""
    show_cover: int = 0
    cover_url: str = ""
    content_url: str = ""
    source_url: str = ""


class NewsLines(msgspec.Struct, kw_only=True, frozen=True):
    """The articles of a reply."""

    articles: list[NewsLine] = msgspec.field(name="list")


class AutoReplyContent(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """What is answered. `content` is the text itself, a media_id (img, voice: new at each call, good for 3 days;
    news), or the link of a video; older answers of type news have `news_info` only. `type` is text, img, voice,
    video or news."""

    type: str
    content: str | None = None
    news_info: NewsLines | None = None


class Keyword(msgspec.Struct, kw_only=True, frozen=True):
    """A text that a message must contain, or equal: `match_mode` is contain or equal."""

    type: str = msgspec.field(default_factory=lambda: "text")
    match_mode: str = always("")
    content: str


class KeywordRule(msgspec.Struct, kw_only=True, frozen=True):
    """Keywords and their replies. `reply_mode` is reply_all or random_one (by chance), `create_time` in unix
    seconds."""

    rule_name: str = always("")
    create_time: int | None = None
    reply_mode: str = always("")
    keyword_list_info: list[Keyword]
    reply_list_info: list[AutoReplyContent]


class KeywordRules(msgspec.Struct, kw_only=True, frozen=True):
    """Every rule with keywords."""

    rules: list[KeywordRule] = msgspec.field(name="list")


class AutoReplyInfo(Reply, kw_only=True, frozen=True, omit_defaults=True):
    """The rules; a block is absent while it is not configured. The switches are 0 or 1."""

    is_add_friend_reply_open: int
    is_autoreply_open: int
    add_friend_autoreply_info: AutoReplyContent | None = None
    message_default_autoreply_info: AutoReplyContent | None = None
    keyword_autoreply_info: KeywordRules | None = None


class GetAutoReplyInfo(Call[AutoReplyInfo], kw_only=True, frozen=True):
    """Read the automatic replies set in the console (获取公众号的自动回复规则)."""

    spec = Spec(
        "GET",
        "/cgi-bin/get_current_autoreply_info",
        document="获取公众号的自动回复规则",
        errors=(-1, 40001),
    )
