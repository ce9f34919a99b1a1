"""An app: handlers and policy, for any number of accounts. It knows no account and holds nothing that runs."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from types import EllipsisType
from typing import Any, Final, TypedDict, TypeVar, overload

from ..account import Account, EnvironmentAccount
from ..config import Replies, settings_of
from ..errors import SetupError
from ..messages import TextReply
from ..people.purposes import Basis, Collected, Purposes
from .arguments import Handler
from .binding import Binding, Services
from .claims import ANSWER_TIMEOUT_S, Rules
from .dispatch import Middleware, as_middleware
from .routing import Router

DRAIN_S = 20.0

OFF: Final = "off"
"""How a setting says that there is none."""

M = TypeVar("M", bound=Middleware)
T = TypeVar("T")


class Policy(TypedDict, total=False):
    """The settings of an `App`, for whoever passes them on."""

    window: float
    customer_service: bool | None
    failure_text: str
    placeholder_text: str
    fetch_words: Sequence[str]
    more_text: str
    replay_window_s: float | EllipsisType | None
    handler_threads: int
    session_lifetime_s: float
    drain_s: float


class App(Router):
    """Routes, middleware and policy of a program that answers for one account or many: `app.bind(account)`.

    `window` is how long a handler may take for a passive reply, in seconds. `customer_service` says whether
    the account may send customer-service messages; None finds out from WeChat. `failure_text` is the answer
    when a handler fails (empty: none), `placeholder_text` when the answer must wait until the user asks for it with one
    of the `fetch_words`; `more_text` stands below a text when more is there to be fetched ("{word}" is the first of the
    words). `replay_window_s` is how far a push's timestamp may be away from this machine's clock, in seconds, None for
    any. `handler_threads` is how many plain handlers of one account may run at once. `session_lifetime_s` is how long
    an untouched session is kept, `drain_s` how long running handlers may still take at a stop, both in seconds.

    What is not given here is as the table [replies] of the configuration and its variables say when the app is made
    (GONGZHONG_WINDOW_S, GONGZHONG_FAILURE_TEXT …, see docs/operation.md). Raises SetupError for settings that make no
    sense.
    """

    def __init__(
        self,
        *,
        window: float | EllipsisType = ...,
        customer_service: bool | None = None,
        failure_text: str | EllipsisType = ...,
        placeholder_text: str | EllipsisType = ...,
        fetch_words: Sequence[str] | EllipsisType = ...,
        more_text: str | EllipsisType = ...,
        replay_window_s: float | EllipsisType | None = ...,
        handler_threads: int | EllipsisType = ...,
        session_lifetime_s: float | EllipsisType = ...,
        drain_s: float = DRAIN_S,
    ) -> None:
        super().__init__()
        settings = settings_of(Replies, os.environ)
        self.customer_service, self.drain_s = customer_service, drain_s
        words = _chosen(fetch_words, () if settings.fetch_words == OFF else settings.fetch_words)
        self.fetch_words, word = frozenset(words), next(iter(words), "")
        self.replay_window_s = _chosen(
            replay_window_s, None if settings.replay_window == OFF else settings.replay_window
        )
        self.handler_threads = _chosen(handler_threads, settings.handler_threads)
        self.session_lifetime_s = _chosen(session_lifetime_s, settings.session_lifetime_s)
        self.failure = _reply(_text(failure_text, settings.failure_text))
        window_s = _chosen(window, settings.window_s)
        _check_window(window_s)
        self.rules = Rules(
            window_s=window_s,
            placeholder=_reply(_text(placeholder_text, settings.placeholder_text).replace("{word}", word)),
            more=_text(more_text, settings.more_text).replace("{word}", word),
        )
        """What the reply window decides by."""
        self.purposes = Purposes()
        """What is collected about people: see `collects`."""
        self.around: list[Handler] = []
        """The middleware, outermost first."""

    def collects(
        self,
        field: str,
        *,
        purpose: str,
        text_version: str,
        text: str = "",
        basis: Basis = "consent",
        keep_days: float | None = None,
        item: int | None = None,
    ) -> Collected:
        """Declare a field that is stored about people, before anything can be stored in it (开发者规范).

        `text` is shown before people agree, `text_version` its version: after a change people are asked again.
        `basis` "service": the account cannot work without it, so it is stored without a consent of its own.
        `keep_days`: values are deleted so long after they were last stored. `item`: the number by which WeChat
        withdraws the field (RevokeInfo, 201 to 207). Raises SetupError for what makes no sense.
        """
        return self.purposes.add(
            Collected(
                field=field,
                purpose=purpose,
                text_version=text_version,
                text=text,
                basis=basis,
                keep_days=keep_days,
                item=item,
            )
        )

    @overload
    def middleware(self, function: M, /) -> M: ...
    @overload
    def middleware(self) -> Callable[[M], M]: ...
    def middleware(self, function: Any = None) -> Any:
        """Wrap every handler: `async def …(push, call_next)`, the first registered outermost.

        `await call_next(push)` gives the handler's first reply or None; what is returned takes its place. Further
        parameters are those of handlers (`user`, `session`, `api`, `account` …); an annotated push, `push: Text`,
        makes other pushes pass it by. What an async generator yields after its first item does not pass here again.
        Raises SetupError for a plain `def`, and for parameters that nobody can fill.
        """
        if function is None:
            return self.middleware
        self.around.append(as_middleware(function))
        return function

    def bind(self, account: Account | EnvironmentAccount, services: Services | None = None) -> Binding:
        """Put this app to work for an account, apart from every other one. Raises SetupError for an incomplete one."""
        return Binding(self, account, services)


def _chosen(given: T | EllipsisType, default: T) -> T:
    return default if isinstance(given, EllipsisType) else given


def _text(chosen: str | EllipsisType, default: str) -> str:
    """What was chosen, else the setting; empty for "off"."""
    return _chosen(chosen, "" if default == OFF else default)


def _reply(text: str) -> TextReply | None:
    return TextReply(content=text) if text else None


def _check_window(window_s: float) -> None:
    if not 0 < window_s < ANSWER_TIMEOUT_S:
        raise SetupError(
            f"window={window_s:g}：微信只等 {ANSWER_TIMEOUT_S:g} 秒",
            f"window={window_s:g}: WeChat waits {ANSWER_TIMEOUT_S:g} seconds",
            fix_zh="给网络留出余地，例如 4.5；更慢的处理函数不需要更大的 window",
            fix_en="leave room for the network, as 4.5 does; slower handlers do not need a larger window",
        )
