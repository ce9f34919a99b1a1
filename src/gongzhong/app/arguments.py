"""What a handler can ask for, by the names of its parameters.

A handler lists what it needs and gets exactly that:

    message event push   what WeChat pushed: three names for one value, whichever reads best
    user                 who sent it: the OpenID, as a str
    session              a dict kept for this user between pushes
    api                  the API client: `AsyncClient`; in a plain `def` handler the blocking `Client`
    account              the account's credentials
    oa                   the OfficialAccount itself
    any named group      of the pattern in `@oa.text(r"天气 (?P<city>.+)")`, as str

A name that nobody can fill is an error when the handler is registered, not when the first user arrives.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any, NewType

import msgspec

from ..errors import SetupError

if TYPE_CHECKING:
    from ..messages import Push
    from .official_account import OfficialAccount
    from .sessions import Session

PUSH_NAMES = frozenset({"message", "event", "push"})
NAMES = PUSH_NAMES | {"user", "session", "api", "account", "oa"}
NAMED = frozenset({inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY})


User = NewType("User", str)
"""The person who sent a push: their OpenID, a plain str, which is what every call and every store wants."""


class Style(Enum):
    """How a handler is written, hence how it is run."""

    ASYNC = "async"  # async def: on the event loop
    THREAD = "thread"  # def: in a thread, so that it may block
    STREAM = "stream"  # async def with yield: one reply after another


class Handler(msgspec.Struct, frozen=True):
    """A handler function and what it asked for."""

    function: Callable[..., Any]
    style: Style
    parameters: tuple[str, ...]
    wants_session: bool
    wants_push_only: bool
    """Whether every parameter is a name of the push, as in most handlers."""

    @property
    def name(self) -> str:
        return getattr(self.function, "__qualname__", repr(self.function))


class Invocation(msgspec.Struct):
    """One push on its way to its handler: where the arguments come from."""

    oa: OfficialAccount
    push: Push
    handler: Handler
    groups: Mapping[str, str]
    session: Session | None = None

    def arguments(self) -> dict[str, Any]:
        if self.handler.wants_push_only:
            return dict.fromkeys(self.handler.parameters, self.push)
        return {name: self._value(name) for name in self.handler.parameters}

    def _value(self, name: str) -> Any:
        if name in PUSH_NAMES:
            return self.push
        if name in self.groups:
            return self.groups[name]
        match name:
            case "user":
                return User(self.push.openid)
            case "session":
                return self.session
            case "api":
                return self.oa.blocking_api if self.handler.style is Style.THREAD else self.oa.api
            case "account":
                return self.oa.account
            case _:
                return self.oa


def as_handler(function: Callable[..., Any], groups: Collection[str] = ()) -> Handler:
    """Check a function's parameters against what can be injected. Raises SetupError for a name nobody can
    fill."""
    wanted = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name in NAMES or parameter.name in groups:
            if parameter.kind not in NAMED:
                raise _unfillable(function, parameter, groups)
            wanted.append(parameter.name)
        elif parameter.default is inspect.Parameter.empty and parameter.kind is not parameter.VAR_KEYWORD:
            raise _unfillable(function, parameter, groups)
    return Handler(
        function,
        _style(function),
        tuple(wanted),
        wants_session="session" in wanted,
        wants_push_only=PUSH_NAMES.issuperset(wanted),
    )


def _style(function: Callable[..., Any]) -> Style:
    called = function if inspect.isroutine(function) else getattr(function, "func", type(function).__call__)
    if inspect.isasyncgenfunction(called):
        return Style.STREAM
    if inspect.iscoroutinefunction(called):
        return Style.ASYNC
    if inspect.isgeneratorfunction(called):
        name = getattr(function, "__qualname__", repr(function))
        raise SetupError(
            f"处理函数 {name} 是普通生成器，不能逐条发送",
            f"the handler {name} is a plain generator, which cannot send one reply after another",
            fix_zh="改成 async def，再用 yield",
            fix_en="write it as `async def` with yield",
        )
    return Style.THREAD


def _unfillable(
    function: Callable[..., Any], parameter: inspect.Parameter, groups: Collection[str]
) -> SetupError:
    name = getattr(function, "__qualname__", repr(function))
    known = ", ".join(sorted({*NAMES, *groups}))
    return SetupError(
        f"处理函数 {name} 的参数 {parameter} 没有来源",
        f"nothing can fill the parameter {parameter} of the handler {name}",
        fix_zh=f"可用的参数名：{known}；正则的命名分组写成 (?P<{parameter.name}>…)",
        fix_en=f"names that can be filled: {known}; or name a group of the pattern (?P<{parameter.name}>…)",
    )
