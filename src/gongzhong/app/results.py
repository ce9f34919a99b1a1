"""What a handler may return, and the passive reply that it means.

A handler says what the user should see in the plainest form that fits: a text, a reply, a list of articles, or
nothing; or a `Move` in a dialogue, which carries one of these. Here that becomes a `Reply`, once, so that the reply
window and middleware know only one form.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar, Union

from ..errors import HandlerError
from ..messages import Article, NewsReply, Push, Reply, TextReply, empty_reply

if TYPE_CHECKING:
    from .dialogues import Dialogue


class Move:
    """A result that also moves the person in a dialogue: made by `start`, `go` and `finish`, to be returned."""

    __slots__ = ("data", "dialogue", "reply", "step")

    def __init__(self, dialogue: Dialogue, step: str | None, reply: Result, data: Mapping[str, Any]) -> None:
        self.dialogue, self.step, self.reply, self.data = dialogue, step, reply, data

    def __repr__(self) -> str:
        return f"Move({self.dialogue.name!r}, to {self.step!r})"


Result: TypeAlias = Union[str, Reply, Sequence[Article], Move, None]  # noqa: UP007
"""What one handler returns or one step of a generator yields. `None` and `""` say nothing to the user."""

HandlerFunction: TypeAlias = Callable[..., Result | Awaitable[Result] | AsyncIterator[Result]]
H = TypeVar("H", bound=HandlerFunction)


class Named(Protocol):
    """Who gave a result: a handler, or a dialogue."""

    @property
    def name(self) -> str: ...


def as_reply(result: Any, push: Push | None, giver: Named) -> Reply | None:
    """The reply that a handler's result stands for; `giver` is named in errors. Without a push it may go any way.

    Raises HandlerError for anything that is not a `Result`, and for a reply whose content is empty: WeChat would show
    the user a failure notice.
    """
    if isinstance(result, Move):
        result = result.reply
    if isinstance(result, str):
        return TextReply(content=str(result)) if result else None
    if result is None:
        return None
    if isinstance(result, list | tuple) and result and all(isinstance(item, Article) for item in result):
        return NewsReply(articles=tuple(result))
    if not isinstance(result, Reply):
        kind = type(result).__name__
        raise HandlerError(
            f"{giver.name} 返回了 {kind}：只能返回 str、Reply、图文列表、对话的 Move 或 None",
            f"{giver.name} returned {kind}: only str, Reply, a list of Article, "
            "a Move of a dialogue or None mean anything",
        )
    problem = empty_reply(result) if push is None or push.answerable else None
    if problem is not None:
        raise HandlerError(f"{giver.name}：{problem.zh}", f"{giver.name}: {problem.en}")
    return result
