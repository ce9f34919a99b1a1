"""All calls in one place, for whoever works through the catalogue: the platform's door, forms, commands,
tables.

A chapter that is named here is complete by itself: every call class in it is found.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any, Final

from . import (
    ai,
    article_statistics,
    base,
    card_statistics,
    comments,
    customer_messages,
    customer_service,
    drafts,
    mass,
    material,
    media,
    menus,
    oauth,
    old_article_statistics,
    publisher,
    publishing,
    qrcodes,
    statistics,
    subscriptions,
    tags,
    templates,
    tickets,
    users,
)
from .listed import by_class_name, declared, lines
from .model import Call

AnyCall = type[Call[Any]]

CHAPTERS: Final[tuple[ModuleType, ...]] = (
    base,
    menus,
    templates,
    customer_messages,
    users,
    tags,
    qrcodes,
    oauth,
    tickets,
    media,
    mass,
    subscriptions,
    material,
    drafts,
    publishing,
    comments,
    customer_service,
    statistics,
    article_statistics,
    old_article_statistics,
    card_statistics,
    publisher,
    ai,
)


def _calls_of(chapter: ModuleType) -> list[AnyCall]:
    """The calls that the chapter declares; bases without a spec are none."""
    return [
        found
        for found in vars(chapter).values()
        if isinstance(found, type)
        and issubclass(found, Call)
        and found.__module__ == chapter.__name__
        and hasattr(found, "spec")
    ]


def _indexed(calls: tuple[AnyCall, ...]) -> dict[tuple[str, str], AnyCall]:
    index: dict[tuple[str, str], AnyCall] = {}
    for call in calls:
        key = call.spec.verb, call.spec.path
        if key in index:
            raise ValueError(f"{call.__name__} and {index[key].__name__} both declare {' '.join(key)}")
        index[key] = call
    return index


CALLS: Final[tuple[AnyCall, ...]] = tuple(call for chapter in CHAPTERS for call in _calls_of(chapter))
"""Every call, chapter by chapter, in the order of the source."""

_BY_KEY = _indexed(CALLS)
_BY_PATH = {call.spec.path: call for call in CALLS}
_BY_CLASS_NAME = {call.__name__: call for call in CALLS}


def by_path(path: str, verb: str = "", action: str = "") -> AnyCall | None:
    """The call at a path: the one with this verb, or else whichever there is, for the door to say so.

    `action` is the parameter of that name, where calls share an address.
    """
    if action and (named := _BY_KEY.get((verb, f"{path}?action={action}"))):
        return named
    return _BY_KEY.get((verb, path)) or _BY_PATH.get(path) or declared(path)


def by_name(name: str) -> AnyCall | None:
    """A call by its class name (`SendTemplate`) or its path, with or without slashes at the ends."""
    line = by_class_name().get(name)
    return _BY_CLASS_NAME.get(name) or by_path(line.path if line else f"/{name.strip('/')}")


def listed_calls() -> tuple[AnyCall, ...]:
    """The calls that are known by name only, in the order of their table."""
    return tuple(call for path in lines() if (call := declared(path)) is not None)


def chapter_of(call: AnyCall) -> str:
    """The name of the chapter that declares a call, such as `users`."""
    return call.__module__.rpartition(".")[2]
