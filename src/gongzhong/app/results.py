"""What a handler may return, and the passive reply that it means.

A handler says what the user should see in the plainest form that fits: a text, a reply, a list of articles,
or nothing. Here that becomes a `Reply`, once, so that the reply window and middleware know only one form.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, TypeAlias, TypeVar

from ..messages import Article, NewsReply, Push, Reply, TextReply, reply_problem

Result: TypeAlias = str | Reply | Sequence[Article] | None
"""What one handler returns or one step of a generator yields. `None` and `""` say nothing to the user."""

HandlerFunction: TypeAlias = Callable[..., Result | Awaitable[Result] | AsyncIterator[Result]]
H = TypeVar("H", bound=HandlerFunction)


def as_reply(result: Any, push: Push) -> Reply | None:
    """The reply that a handler's result stands for.

    Raises TypeError for anything that is not a `Result`, ValueError for a reply whose content is empty:
    WeChat would show the user a failure notice.
    """
    if isinstance(result, str):
        return TextReply(content=str(result)) if result else None
    if result is None:
        return None
    if isinstance(result, list | tuple) and result and all(isinstance(item, Article) for item in result):
        return NewsReply(articles=tuple(result))
    if not isinstance(result, Reply):
        kind = type(result).__name__
        raise TypeError(
            f"处理函数返回了 {kind}：只能返回 str、Reply、图文列表或 None / "
            f"a handler returned {kind}: only str, Reply, a list of Article or None mean anything"
        )
    problem = reply_problem(result, push)
    if problem is not None and problem.reason == "empty":
        raise ValueError(f"{problem.zh} / {problem.en}")
    return result
