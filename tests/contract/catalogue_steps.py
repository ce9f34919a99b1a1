"""How to meet a refusal: steps that change a call, its request or the world around it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from gongzhong.catalogue.model import Call

from .catalogue_calls import SUCCEEDS
from .catalogue_mutations import put
from .catalogue_world import Shop

Provocation = Callable[[Shop], object]
Provocations = dict[int, Provocation]
AnyCall = type[Call[Any]]


def again(kind: AnyCall, prepare: Callable[[Shop], object]) -> Provocation:
    """The call that succeeds, after something has come in between."""

    def provoke(shop: Shop) -> object:
        call = SUCCEEDS[kind](shop)
        prepare(shop)
        return shop.perform(call)

    return provoke


def before(kind: AnyCall, prepare: Callable[[Shop], object]) -> Provocation:
    """The call that succeeds, in a world where something is different."""

    def provoke(shop: Shop) -> object:
        prepare(shop)
        return shop.perform(SUCCEEDS[kind](shop))

    return provoke


def twice(kind: AnyCall) -> Provocation:
    return lambda shop: shop.perform(_done(shop, SUCCEEDS[kind](shop)))


def _done(shop: Shop, call: Call[Any]) -> Call[Any]:
    shop.perform(call)
    return call


def having(kind: AnyCall, **fields: Any) -> Provocation:
    """The call that succeeds, with other fields."""
    return lambda shop: shop.perform(msgspec.structs.replace(SUCCEEDS[kind](shop), **fields))


def putting(kind: AnyCall, *path: str | int, value: Any) -> Provocation:
    """The call that succeeds, with another value in one place of its JSON."""
    return lambda shop: shop.tampered(SUCCEEDS[kind](shop), put(path, value))


def performing(make: Callable[[Shop], Call[Any]]) -> Provocation:
    return lambda shop: shop.perform(make(shop))


def rules(**changed: Any) -> Callable[[Shop], None]:
    def change(shop: Shop) -> None:
        shop.world.rules = msgspec.structs.replace(shop.world.rules, **changed)

    return change


def settings(**changed: Any) -> Callable[[Shop], None]:
    return lambda shop: shop.change(**changed)


def later(**span: float) -> Callable[[Shop], None]:
    def wait(shop: Shop) -> None:
        shop.clock.advance(**span)

    return wait
