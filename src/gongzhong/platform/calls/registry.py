"""How a function says which call it answers, and how the functions of all chapters are gathered.

A chapter of this package holds one function per call, marked with the call's class. The function gets the caller and
the decoded call, and returns the call's own type of answer or raises a `Refusal`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType, ModuleType
from typing import Any, Final, TypeVar

import msgspec

from ...catalogue.model import Call
from ..world.world import AccountState, World

R = TypeVar("R")
C = TypeVar("C", bound=Call[Any])


class Caller(msgspec.Struct, frozen=True):
    """Who asks: the world they ask in, the account behind the token, and the address."""

    world: World
    account: AccountState
    ip: str


Behaviour = Callable[[Caller, Any], Any]
MARK: Final = "answered_call"
"""The attribute of a marked function."""


class Mark(msgspec.Struct, frozen=True):
    """Which call a function answers; `constant` as in `answers`."""

    call: type[Call[Any]]
    constant: bool


def answers(
    call: type[C], *, constant: bool = False
) -> Callable[[Callable[[Caller, C], R]], Callable[[Caller, C], R]]:
    """Mark the function that behaves as the platform does for one call.

    `constant` declares that every valid request gets one and the same answer (or the same return code): the coverage
    page marks such a call, and a contract test asks twice.
    """

    def mark(function: Callable[[Caller, C], R]) -> Callable[[Caller, C], R]:
        setattr(function, MARK, Mark(call, constant))
        return function

    return mark


def gathered(
    chapters: Iterable[ModuleType],
) -> tuple[Mapping[type[Call[Any]], Behaviour], frozenset[type[Call[Any]]]]:
    """Call → function for all marked functions of these modules, and the calls whose answer is constant.

    Raises TypeError when two functions answer one call.
    """
    behaviours: dict[type[Call[Any]], Behaviour] = {}
    constant = set()
    for chapter in chapters:
        for function in vars(chapter).values():
            mark = getattr(function, MARK, None)
            if not isinstance(mark, Mark):
                continue
            if behaviours.setdefault(mark.call, function) is not function:
                raise TypeError(f"two functions answer {mark.call.__name__}")
            if mark.constant:
                constant.add(mark.call)
    return MappingProxyType(behaviours), frozenset(constant)
