"""What a handler can ask for, by the names of its parameters, and which pushes it takes, by their annotations.

A handler lists what it needs and gets exactly that:

    message event push   what WeChat pushed: three names for one value, whichever reads best
    user                 who sent it: the OpenID, as a str
    session              a dict kept for this user between pushes
    api                  the API client: `AsyncClient`; in a plain `def` handler the blocking `Client`
    account              the account's credentials
    oa                   the OfficialAccount itself; of an `App` the `Binding` that the handler runs for
    dialogue             in a step of a dialogue: its data, and the way on
    call_next            in middleware: goes on to the handler
    any named group      of the pattern in `@oa.text(r"天气 (?P<city>.+)")`, as str

The annotation of the push counts: a handler with `message: Text` is called for texts alone. Unions, base classes,
`Annotated` and annotations written as text mean the same. A parameter that nobody can fill, and an annotation that is
no push, are errors when the handler is registered, not when the first user arrives.
"""

from __future__ import annotations

import difflib
import dis
import inspect
import os
import sys
import types
from collections.abc import Callable, Collection, Mapping
from enum import Enum
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ForwardRef,
    NewType,
    TypeAlias,
    TypeVar,
    Union,
    get_args,
    get_origin,
)

import msgspec

from ..errors import SetupError
from ..messages import Push

if TYPE_CHECKING:
    from .binding import Binding
    from .sessions import Session

PUSH_NAMES = frozenset({"message", "event", "push"})
NAMES = PUSH_NAMES | {"user", "session", "api", "account", "oa"}
DIALOGUE, CALL_NEXT = "dialogue", "call_next"
RESERVED = NAMES | {DIALOGUE, CALL_NEXT}
NAMED = frozenset({inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY})
OWN_PACKAGE = __name__.partition(".")[0]

User = NewType("User", str)
"""The person who sent a push: their OpenID, a plain str, which is what every call and every store wants."""

SUSPENDING = frozenset({"SEND", "YIELD_VALUE"})
"""Instructions of which every await, `async with` and `async for` has one (Python 3.11 and later)."""
Kinds: TypeAlias = tuple[type[Push], ...]
"""Classes of pushes, subclasses included."""


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
    waits: bool = True
    """Whether it may have to wait for something: False for an `async def` without any await or session."""
    annotated: tuple[Kinds, ...] = ()
    """What the annotations of the push say, one entry for each; a push must fit all of them."""

    @property
    def name(self) -> str:
        """Qualified name, file and line, for errors and logs."""
        return described(self.function)

    def takes(self, kind: type[Push]) -> bool:
        """Whether the annotations admit a push of this class."""
        return all(issubclass(kind, kinds) for kinds in self.annotated)


class Invocation(msgspec.Struct):
    """One push on its way to its handler: where the arguments come from."""

    binding: Binding
    push: Push
    handler: Handler
    given: Mapping[str, Any]
    """Named groups, and what only this kind of handler gets: `dialogue`, `call_next`."""
    session: Session | None = None

    def arguments(self) -> dict[str, Any]:
        if self.handler.wants_push_only:
            return dict.fromkeys(self.handler.parameters, self.push)
        return {name: self._value(name) for name in self.handler.parameters}

    def _value(self, name: str) -> Any:
        if name in PUSH_NAMES:
            return self.push
        if name in self.given:
            return self.given[name]
        match name:
            case "user":
                return User(self.push.openid)
            case "session":
                return self.session
            case "api":
                blocking = self.handler.style is Style.THREAD
                return self.binding.blocking_api if blocking else self.binding.api
            case "account":
                return self.binding.account
            case _:
                return self.binding.face


def as_handler(
    function: Callable[..., Any], groups: Collection[str] = (), *, also: Collection[str] = ()
) -> Handler:
    """Check a function's parameters and annotations. `groups` are the pattern's, `also` further names that it gets.

    Raises SetupError for anything that is not a function, a parameter that nobody can fill, and an annotation of
    the push that cannot be read or is no class of pushes.
    """
    fillable = {*NAMES, *groups, *also}
    wanted, annotated = [], []
    for parameter in _parameters(function):
        if parameter.name in fillable:
            if parameter.kind not in NAMED:
                raise _unfillable(function, parameter, groups, fillable)
            wanted.append(parameter.name)
            if parameter.name in PUSH_NAMES and parameter.annotation is not parameter.empty:
                annotated.append(_kinds(function, parameter))
        elif parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD:
            raise _unfillable(function, parameter, groups, fillable)
    return Handler(
        function,
        _style(function),
        tuple(wanted),
        wants_session="session" in wanted,
        wants_push_only=PUSH_NAMES.issuperset(wanted),
        waits="session" in wanted or _awaits(function),
        annotated=tuple(kinds for kinds in annotated if Push not in kinds),
    )


def described(function: object) -> str:
    """A function for messages: qualified name, file (relative where possible) and line."""
    name = getattr(function, "__qualname__", None)
    plain = inspect.unwrap(function) if callable(function) else function
    if isinstance(called := getattr(plain, "func", None), types.FunctionType | types.MethodType):
        plain, name = called, name or called.__qualname__
    code = getattr(plain, "__code__", None) or getattr(type(plain).__call__, "__code__", None)
    name = name or type(function).__qualname__
    if code is None:
        return str(name)
    file, folder = code.co_filename, os.getcwd() + os.sep  # noqa: PTH109
    return f"{name} ({file.removeprefix(folder)}:{code.co_firstlineno})"


def meant(word: str, choices: Collection[str], *, chinese: bool) -> str:
    """The question "did you mean …?" for a misspelt name, or nothing when no choice is near."""
    near = difflib.get_close_matches(word, sorted(choices), n=1, cutoff=0.6)
    if not near:
        return ""
    return f"是不是想写 {near[0]}？" if chinese else f"did you mean {near[0]}? "


def _parameters(function: Callable[..., Any]) -> Collection[inspect.Parameter]:
    if inspect.isclass(function) or not callable(function):
        kind = f"class {function.__qualname__}" if inspect.isclass(function) else type(function).__name__
        raise SetupError(
            f"处理函数要的是函数，而不是 {kind}",
            f"a handler is a function, not {kind}",
            fix_zh="装饰器直接写在 def 或 async def 上面；类的对象要有 __call__",
            fix_en="put the decorator right above def or async def; an object of a class needs __call__",
        )
    try:
        if sys.version_info >= (3, 14):
            from annotationlib import Format

            return inspect.signature(function, annotation_format=Format.FORWARDREF).parameters.values()
        return inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        raise SetupError(
            f"读不出 {described(function)} 的参数，不能作处理函数",
            f"the parameters of {described(function)} cannot be read, so it is no handler",
            fix_zh="用 def 或 async def 包一层",
            fix_en="wrap it in a def or an async def",
        ) from None


def _style(function: Callable[..., Any]) -> Style:
    called = function if inspect.isroutine(function) else getattr(function, "func", type(function).__call__)
    if inspect.isasyncgenfunction(called):
        return Style.STREAM
    if inspect.iscoroutinefunction(called):
        return Style.ASYNC
    if inspect.isgeneratorfunction(called):
        raise SetupError(
            f"处理函数 {described(function)} 是普通生成器，不能逐条发送",
            f"the handler {described(function)} is a plain generator, which cannot send one reply after another",
            fix_zh="改成 async def，再用 yield",
            fix_en="write it as `async def` with yield",
        )
    return Style.THREAD


def _awaits(function: Callable[..., Any]) -> bool:
    """Whether a handler can be suspended: everything but an `async def` whose own code awaits nothing."""
    plain = getattr(function, "__func__", function)
    code = getattr(plain, "__code__", None)
    if code is None or not code.co_flags & inspect.CO_COROUTINE:
        return True
    return any(step.opname in SUSPENDING for step in dis.get_instructions(code))


def _unfillable(
    function: Callable[..., Any],
    parameter: inspect.Parameter,
    groups: Collection[str],
    fillable: Collection[str],
) -> SetupError:
    name, who = parameter.name, described(function)
    if name in RESERVED and name not in fillable:
        place_zh, place_en = (
            ("对话的步骤", "a step of a dialogue") if name == DIALOGUE else ("中间件", "middleware")
        )
        return SetupError(
            f"处理函数 {who} 的参数 {name} 只有{place_zh}才有",
            f"the parameter {name} of the handler {who} exists only in {place_en}",
            fix_zh="要开始对话，让处理函数返回 对话.start(…)" if name == DIALOGUE else "去掉这个参数",
            fix_en="return dialogue.start(…) to begin one" if name == DIALOGUE else "take it out",
        )
    known = ", ".join(sorted(fillable))
    return SetupError(
        f"处理函数 {who} 的参数 {parameter} 没有来源",
        f"nothing can fill the parameter {parameter} of the handler {who}",
        fix_zh=f"{meant(name, fillable, chinese=True)}可用的参数名：{known}；"
        f"正则的命名分组写成 (?P<{name}>…)；其他参数要有默认值",
        fix_en=f"{meant(name, fillable, chinese=False)}names that can be filled: {known}; or name a group of the "
        f"pattern (?P<{name}>…); any other parameter needs a default",
    )


# Annotations


def _kinds(function: Callable[..., Any], parameter: inspect.Parameter) -> Kinds:
    """The classes that the annotation of a push names."""
    try:
        return _members(parameter.annotation, lambda: _names_around(function))
    except _NoPush as problem:
        raise SetupError(
            f"处理函数 {described(function)} 的参数 {parameter} 的注解里，{problem.what} 不是消息或事件的类",
            f"in the annotation of {parameter} of the handler {described(function)}, {problem.what} is no class of "
            "messages or events",
            fix_zh="写 Text、Text | Image、Message、Event、Push 这样的类，或不写注解",
            fix_en="write a class such as Text, Text | Image, Message, Event, Push, or no annotation",
        ) from None
    except Exception as problem:
        raise SetupError(
            f"处理函数 {described(function)} 的参数 {parameter} 的注解读不懂：{problem}",
            f"the annotation of {parameter} of the handler {described(function)} cannot be read: {problem}",
            fix_zh="注解决定接收哪些消息，所以类要在运行时导入（不能只在 if TYPE_CHECKING 里）",
            fix_en="the annotation decides which pushes come here, so import the class at run time, "
            "not under `if TYPE_CHECKING` alone",
        ) from None


class _NoPush(Exception):
    """Part of an annotation is not a class of pushes."""

    def __init__(self, part: object) -> None:
        super().__init__()
        self.what = part.__qualname__ if isinstance(part, type) else str(part)


def _members(annotation: Any, names: Callable[[], dict[str, Any]]) -> Kinds:
    if isinstance(annotation, ForwardRef):
        annotation = annotation.__forward_arg__
    if isinstance(annotation, str):
        return _members(eval(annotation, {}, names()), names)
    if isinstance(annotation, TypeVar):
        return _members(annotation.__bound__ or Union[annotation.__constraints__ or (Push,)], names)  # noqa: UP007
    origin = get_origin(annotation)
    if origin is Annotated:
        return _members(get_args(annotation)[0], names)
    if origin in (Union, types.UnionType):
        return tuple(kind for part in get_args(annotation) for kind in _members(part, names))
    if hasattr(annotation, "__value__"):  # type Chat = Text | Image
        return _members(annotation.__value__, names)
    if annotation is Any or annotation is object:
        return (Push,)
    if isinstance(annotation, type) and issubclass(annotation, Push):
        return (annotation,)
    raise _NoPush(annotation)


def _names_around(function: Callable[..., Any]) -> dict[str, Any]:
    """The names that an annotation written as text may use: the module's, and those of functions around it."""
    plain: Any = inspect.unwrap(function)
    plain = getattr(plain, "func", plain)
    plain = plain if inspect.isroutine(plain) else type(plain).__call__
    plain = getattr(plain, "__func__", plain)
    names = dict(getattr(plain, "__builtins__", {}))
    names |= getattr(plain, "__globals__", {})
    frame = inspect.currentframe()
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] == OWN_PACKAGE:
        frame = frame.f_back
    if frame is not None:
        names |= frame.f_locals
    code = getattr(plain, "__code__", None)
    for name, cell in zip(code.co_freevars if code else (), plain.__closure__ or (), strict=True):
        try:
            names[name] = cell.cell_contents
        except ValueError:  # not assigned yet
            continue
    return names
