"""Comments (留言管理), as the platform answers them."""

from __future__ import annotations

from typing import Protocol

from ...catalogue import comments as catalogue
from ...catalogue.model import Ok
from ..world import comments
from ..world.articles import Page
from ..world.refusal import Refusal
from .registry import Caller, answers


class OfArticle(Protocol):
    """A call that names an article."""

    @property
    def msg_data_id(self) -> int: ...

    @property
    def index(self) -> int: ...


def _page(caller: Caller, call: OfArticle) -> Page:
    return comments.page_of(caller.world, caller.account, call.msg_data_id, call.index)


@answers(catalogue.OpenComments)
def open_comments(caller: Caller, call: catalogue.OpenComments) -> Ok:
    comments.set_open(caller.world, _page(caller, call), is_open=True)
    return Ok()


@answers(catalogue.CloseComments)
def close_comments(caller: Caller, call: catalogue.CloseComments) -> Ok:
    comments.set_open(caller.world, _page(caller, call), is_open=False)
    return Ok()


@answers(catalogue.ListComments)
def list_comments(caller: Caller, call: catalogue.ListComments) -> catalogue.CommentPage:
    """A refusal carries the empty fields of the answer too."""
    try:
        page = _page(caller, call)
        total, found = comments.listing(caller.world, page, call.type, call.begin, call.count)
    except Refusal as refusal:
        raise Refusal(refusal.code, refusal.detail, total=0, comment=[]) from None
    return catalogue.CommentPage(total=total, comment=[_shown(one) for one in found])


def _shown(comment: comments.Comment) -> catalogue.Comment:
    reply = None
    if comment.reply is not None:
        reply = catalogue.CommentReply(content=comment.reply, create_time=comment.reply_time or 0)
    return catalogue.Comment(
        user_comment_id=comment.id,
        openid=comment.openid,
        create_time=comment.time,
        content=comment.content,
        comment_type=int(comment.selected),
        reply=reply,
    )


@answers(catalogue.SelectComment)
def select_comment(caller: Caller, call: catalogue.SelectComment) -> Ok:
    comments.select(caller.world, _page(caller, call), call.user_comment_id, selected=True)
    return Ok()


@answers(catalogue.UnselectComment)
def unselect_comment(caller: Caller, call: catalogue.UnselectComment) -> Ok:
    comments.select(caller.world, _page(caller, call), call.user_comment_id, selected=False)
    return Ok()


@answers(catalogue.DeleteComment)
def delete_comment(caller: Caller, call: catalogue.DeleteComment) -> Ok:
    comments.delete(caller.world, _page(caller, call), call.user_comment_id)
    return Ok()


@answers(catalogue.ReplyToComment)
def reply_to_comment(caller: Caller, call: catalogue.ReplyToComment) -> Ok:
    comments.answer(caller.world, _page(caller, call), call.user_comment_id, call.content)
    return Ok()


@answers(catalogue.DeleteCommentReply)
def delete_comment_reply(caller: Caller, call: catalogue.DeleteCommentReply) -> Ok:
    comments.take_answer_back(caller.world, _page(caller, call), call.user_comment_id)
    return Ok()
