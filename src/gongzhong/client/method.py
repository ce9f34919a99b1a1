"""One declaration of a call, two clients that offer it as a method.

A group names its calls once (`set_remark = Method(SetRemark)`); what the name gives depends on the mode of
the group: on a blocking client a function that returns the answer, on an awaiting one a coroutine function.
The two overloads of `__get__` tell type checkers the same thing, with every parameter of the call, so no
signature is written twice and nothing is generated.

A call that is named through a `Chapter` is imported when its method is first used: a program that sends template
messages does not load the other six hundred classes of the catalogue.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from importlib import import_module
from typing import Any, Generic, ParamSpec, Protocol, Self, TypeVar, overload

from ..catalogue.model import Call, PagedCall
from .arguments import Arguments


class Blocking:
    """Mode of a group whose methods return the answer."""


class Awaiting:
    """Mode of a group whose methods must be awaited."""


Mode = TypeVar("Mode", Blocking, Awaiting)
P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


class Performs(Protocol):
    """What a group needs from its client."""

    def perform(self, call: Call[Any], /) -> Any: ...

    def walk(self, call: PagedCall[Any, Any], /) -> Any: ...


class Group(Generic[Mode]):
    """Calls that belong together, such as `client.users`; `name` is that of the attribute."""

    def __init__(self, client: Performs, name: str = "") -> None:
        self._client, self._name = client, name

    def __repr__(self) -> str:
        return f"{type(self).__name__} of {self._client!r}"


class Chapter:
    """A module of the catalogue that is imported when one of its names is first needed."""

    def __init__(self, name: str) -> None:
        self._module = f"{__name__.split('.')[0]}.catalogue.{name}"

    def __getattr__(self, name: str) -> Named:
        if name.startswith("__"):
            raise AttributeError(name)
        return Named(self._module, name)


class Named:
    """A name in a module: `found` imports the module and gives what has the name."""

    __slots__ = ("_module", "_name")

    def __init__(self, module: str, name: str) -> None:
        self._module, self._name = module, name

    def found(self) -> Any:
        return getattr(import_module(self._module), self._name)


class Published:
    """What methods of both kinds have in common: the class or function that makes the call, and a name."""

    def __init__(self, make: Callable[..., Any]) -> None:
        self._make: Any = make

    @property
    def make(self) -> Callable[..., Any]:
        """The call's class, or a function that builds the call."""
        if isinstance(self._make, Named):
            self._make = self._make.found()
        made: Callable[..., Any] = self._make
        return made

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self.name = name
        self.qualname = f"{owner.__qualname__}.{name}"

    def _described(self) -> Self:
        """Itself with the documentation of the call, for `help`."""
        self.__doc__ = self.make.__doc__
        return self

    def _arguments(self, group: Group[Any]) -> Arguments:
        return Arguments(f"{group._name or type(group).__name__}.{self.name}", self.make)


class Method(Published, Generic[P, R]):
    """Publish a call class, or a function that builds a call, as a method of both clients."""

    def __init__(self, make: Callable[P, Call[R]]) -> None:
        super().__init__(make)

    @overload
    def __get__(self, group: None, owner: Any = ...) -> Method[P, R]: ...
    @overload
    def __get__(self, group: Group[Blocking], owner: Any = ...) -> Callable[P, R]: ...
    @overload
    def __get__(self, group: Group[Awaiting], owner: Any = ...) -> Callable[P, Coroutine[Any, Any, R]]: ...
    def __get__(self, group: Any, owner: Any = None) -> Any:
        if group is None:
            return self._described()
        return _keep(self, group, _calling(self._arguments(group), group._client.perform))


class Walk(Published, Generic[P, R, T]):
    """Publish a paged call as a method that goes through all items, page after page."""

    def __init__(self, make: Callable[P, PagedCall[R, T]]) -> None:
        super().__init__(make)

    @overload
    def __get__(self, group: None, owner: Any = ...) -> Walk[P, R, T]: ...
    @overload
    def __get__(self, group: Group[Blocking], owner: Any = ...) -> Callable[P, Iterator[T]]: ...
    @overload
    def __get__(self, group: Group[Awaiting], owner: Any = ...) -> Callable[P, AsyncIterator[T]]: ...
    def __get__(self, group: Any, owner: Any = None) -> Any:
        if group is None:
            return self._described()
        return _keep(self, group, _calling(self._arguments(group), group._client.walk))


def _calling(arguments: Arguments, carry_out: Callable[[Any], Any]) -> Callable[..., Any]:
    # Frameworks ask iscoroutinefunction to decide between the loop and a thread: it must tell the truth.
    if inspect.iscoroutinefunction(carry_out):

        async def awaiting(*args: Any, **fields: Any) -> Any:
            return await carry_out(arguments.call(args, fields))

        return awaiting

    def blocking(*args: Any, **fields: Any) -> Any:
        return carry_out(arguments.call(args, fields))

    return blocking


def _keep(method: Published, group: Any, bound: Any) -> Any:
    bound.__name__ = method.name
    bound.__qualname__ = method.qualname
    bound.__module__ = type(group).__module__
    bound.__doc__ = method.make.__doc__
    bound.__signature__ = inspect.signature(method.make)
    # There is no __set__, so the next access finds this entry first: binding is paid for once.
    group.__dict__[method.name] = bound
    return bound
