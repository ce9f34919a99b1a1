"""Comments under articles (留言管理): who may write them, which stand out, and answers to them.

An article is named by the `msg_data_id` of its mass send or publication and its `index`, which counts from 0.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from .. import facts
from .fields import always, coded
from .model import VERIFIED, Acknowledged, Call, Ok, PagedCall, Repeat, Spec

MsgDataID = Annotated[int, coded(invalid=88001, missing=88001)]
Index = Annotated[int, coded(invalid=88001, ge=0)]
CommentID = Annotated[int, coded(invalid=88008, missing=88008)]

_ALWAYS = (88000, 88001, 88002)


class OpenComments(Call[Ok], kw_only=True, frozen=True):
    """Let people comment on an article (打开已群发文章评论)."""

    spec = Spec(
        "POST",
        "/cgi-bin/comment/open",
        document="打开已群发文章评论",
        accounts=VERIFIED,
        errors=(*_ALWAYS, 45009),
    )
    msg_data_id: MsgDataID
    index: Index = always(0)


class CloseComments(Call[Ok], kw_only=True, frozen=True):
    """Let nobody comment on an article any more (关闭已群发文章评论)."""

    spec = Spec(
        "POST",
        "/cgi-bin/comment/close",
        document="关闭已群发文章评论",
        accounts=VERIFIED,
        errors=(*_ALWAYS, 45009),
    )
    msg_data_id: MsgDataID
    index: Index = always(0)


class CommentReply(msgspec.Struct, kw_only=True, frozen=True):
    """The account's answer; `create_time` in unix seconds."""

    content: str
    create_time: int | None = None


class Comment(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """What somebody wrote. `openid` is absent when it was not written as a WeChat user."""

    user_comment_id: int
    create_time: int
    content: str
    comment_type: int
    """0 ordinary, 1 selected."""
    openid: str | None = None
    reply: CommentReply | None = None


class CommentPage(Acknowledged, kw_only=True, frozen=True):
    """A page of comments, newest first."""

    total: int
    comment: list[Comment] = always([])


class ListComments(PagedCall[CommentPage, Comment], kw_only=True, frozen=True):
    """List the comments on an article (查看指定文章的评论数据); `type` 0 all, 1 ordinary, 2 selected.

    `count` is 1 to 49: of 50 the official page says both.
    """

    spec = Spec(
        "POST",
        "/cgi-bin/comment/list",
        document="查看指定文章的评论数据",
        accounts=VERIFIED,
        errors=(*_ALWAYS, 88010),
    )
    msg_data_id: MsgDataID
    index: Index = always(0)
    begin: Annotated[int, coded(invalid=40035, ge=0)] = always(0)
    # Only described, not enforced while decoding: the refusal carries an empty list beside its code.
    count: Annotated[int, msgspec.Meta(extra_json_schema={"minimum": 1, "maximum": facts.COMMENT_PAGE})] = (
        msgspec.field(default_factory=lambda: facts.COMMENT_PAGE)
    )
    type: Annotated[Literal[0, 1, 2], coded(invalid=40035)] = always(0)

    def items(self, page: CommentPage) -> list[Comment]:
        return page.comment

    def following(self, page: CommentPage) -> ListComments | None:
        reached = self.begin + len(page.comment)
        more = self.begin < reached < page.total
        return msgspec.structs.replace(self, begin=reached) if more else None


class SelectComment(Call[Ok], kw_only=True, frozen=True):
    """Make a comment stand out (将评论标记精选)."""

    spec = Spec(
        "POST",
        "/cgi-bin/comment/markelect",
        document="将评论标记精选",
        accounts=VERIFIED,
        errors=(*_ALWAYS, 45009, 88003, 88004, 88008),
    )
    msg_data_id: MsgDataID
    user_comment_id: CommentID
    index: Index = always(0)


class UnselectComment(Call[Ok], kw_only=True, frozen=True):
    """Make a comment an ordinary one again (将评论取消精选)."""

    spec = Spec(
        "POST",
        "/cgi-bin/comment/unmarkelect",
        document="将评论取消精选",
        accounts=VERIFIED,
        errors=(*_ALWAYS, 45009, 88004, 88008),
    )
    msg_data_id: MsgDataID
    user_comment_id: CommentID
    index: Index = always(0)


class DeleteComment(Call[Ok], kw_only=True, frozen=True):
    """Delete a comment (删除评论)."""

    spec = Spec(
        "POST",
        "/cgi-bin/comment/delete",
        document="删除评论",
        accounts=VERIFIED,
        errors=(*_ALWAYS, 88008),
    )
    msg_data_id: MsgDataID
    user_comment_id: CommentID
    index: Index = always(0)


class ReplyToComment(Call[Ok], kw_only=True, frozen=True):
    """Answer a comment, once (回复评论)."""

    spec = Spec(
        "POST",
        "/cgi-bin/comment/reply/add",
        document="回复评论",
        accounts=VERIFIED,
        repeat=Repeat.IF_NOT_SENT,
        errors=(*_ALWAYS, 45009, 88005, 88007, 88008),
    )
    msg_data_id: MsgDataID
    user_comment_id: CommentID
    content: Annotated[str, coded(invalid=88007, missing=88007, min_length=1)]
    index: Index = always(0)


class DeleteCommentReply(Call[Ok], kw_only=True, frozen=True):
    """Take back the answer to a comment (删除回复)."""

    spec = Spec(
        "POST",
        "/cgi-bin/comment/reply/delete",
        document="删除回复",
        accounts=VERIFIED,
        errors=(*_ALWAYS, 45009, 87009, 88008, 88009),
    )
    msg_data_id: MsgDataID
    user_comment_id: CommentID
    index: Index = always(0)
