"""Which function answers which call.

A chapter of this package holds one function per call, marked with the call's class; the door looks it up here.
The function gets the caller and the decoded call, and returns the call's own type of answer or raises a
`Refusal`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

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
BEHAVIOURS: dict[type[Call[Any]], Behaviour] = {}
CONSTANT: set[type[Call[Any]]] = set()
"""Calls whose answer is the same whatever is asked and whatever happened before."""


def answers(
    call: type[C], *, constant: bool = False
) -> Callable[[Callable[[Caller, C], R]], Callable[[Caller, C], R]]:
    """Mark the function that behaves as the platform does for one call.

    `constant` declares that every valid request gets one and the same answer (or the same return code): the coverage
    page marks such a call, and a contract test asks twice.
    """

    def register(function: Callable[[Caller, C], R]) -> Callable[[Caller, C], R]:
        if call in BEHAVIOURS:
            raise ValueError(f"{call.__name__} is answered twice")
        BEHAVIOURS[call] = function
        if constant:
            CONSTANT.add(call)
        return function

    return register
