"""What of WeChat's interface is here: endpoints, pushes and return codes.

A call is typed when a chapter declares it; the platform simulates it when a function answers it, and that function
may declare that it always answers the same. What can't be declared was recorded: `given_codes.tsv` holds the return
codes that the contract tests saw, `made_pushes.tsv` the functions of the world that make each push. Tests fail when one
of the files is stale, and name the command that writes both.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Literal, cast

import msgspec

from ..catalogue import codes, listed
from ..catalogue.model import Call, Status
from ..catalogue.registry import CALLS, chapter_of, listed_calls
from ..messages import EVENTS, MESSAGES, Push
from .calls import BEHAVIOURS, CONSTANT
from .doors import mp, open

Kit = Literal["typed", "listed"]
Simulated = Literal["behaviour", "constant", "fallback", "retired"]
Given = Literal["behaviour", "fault", "no"]
PushKind = Literal["message", "event"]


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """One call: how the kit knows it, and what the platform does with it."""

    group: str
    verb: str
    path: str
    name: str
    zh: str
    en: str
    kit: Kit
    platform: Simulated


class CoveredPush(msgspec.Struct, frozen=True, kw_only=True):
    """One push: its name, its class, and the functions of the platform that make it; any can be triggered."""

    kind: PushKind
    name: str
    cls: str
    zh: str
    en: str
    made_by: list[str]


class CoveredCode(msgspec.Struct, frozen=True, kw_only=True):
    """One return code, and whether a contract test saw it: in the course of things, or by an ordered fault only."""

    code: int
    zh: str
    en: str
    given: Given


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """Everything at once."""

    endpoints: list[Endpoint]
    pushes: list[CoveredPush]
    codes: list[CoveredCode]


@cache
def coverage() -> Coverage:
    """Of this version; neither the code nor the recorded files change while it runs."""
    given, makers = _given(), _makers()
    return Coverage(
        endpoints=[*map(_endpoint, CALLS), AUTHORISE, *map(_endpoint, listed_calls())],
        pushes=[
            *(_push("message", name, cls, makers) for name, cls in MESSAGES.items()),
            *(_push("event", name, cls, makers) for name, cls in EVENTS.items()),
        ],
        codes=[
            CoveredCode(code=code, zh=row.zh, en=row.en, given=given.get(code, "no"))
            for code, row in codes.table().items()
            if row.category != "ok"
        ],
    )


def recorded(name: str) -> list[list[str]]:
    """The rows of one of the recorded files, without its header."""
    text = resources.files("gongzhong.platform").joinpath(f"{name}.tsv").read_text("utf-8")
    return [line.split("\t") for line in text.splitlines()[1:]]


@cache
def codes_of() -> Mapping[str, Mapping[int, Given]]:
    """Class of a call → the return codes that contract tests saw it refused with, and how each came about."""
    found: dict[str, dict[int, Given]] = {}
    for call, code, how in recorded("given_codes"):
        found.setdefault(call, {})[int(code)] = cast(Given, how)
    return MappingProxyType(found)


def _given() -> dict[int, Given]:
    given: dict[int, Given] = {}
    for of_call in codes_of().values():
        for code, how in of_call.items():
            if given.get(code) != "behaviour":
                given[code] = how
    return given


def _makers() -> dict[str, list[str]]:
    makers: dict[str, list[str]] = {}
    for push, maker in recorded("made_pushes"):
        makers.setdefault(push, []).append(maker)
    return makers


def simulation(call: type[Call[Any]]) -> Simulated:
    """What the platform does with a call."""
    if call.spec.status is Status.RETIRED:
        return "retired"
    if call in CONSTANT:
        return "constant"
    return "behaviour" if call in BEHAVIOURS or call.spec.path == mp.SHOW_QR_CODE else "fallback"


AUTHORISE = Endpoint(
    group="oauth",
    verb="GET",
    path=open.PATH,
    name="OAuth",
    zh="网页授权",
    en="The page that asks a person to sign in.",
    kit="typed",
    platform="behaviour",
)
"""A page for browsers, hence in no chapter: the kit's `OAuth` makes its links, a door of its own shows it."""


def _endpoint(call: type[Call[Any]]) -> Endpoint:
    spec = call.spec
    line = listed.lines().get(spec.path)
    return Endpoint(
        group=line.group if line else chapter_of(call),
        verb=spec.verb,
        path=spec.path,
        name=call.__name__,
        zh=line.zh if line else spec.document,
        en=line.en if line else (inspect.getdoc(call) or "").partition("\n")[0],
        kit="listed" if line else "typed",
        platform=simulation(call),
    )


def _push(kind: PushKind, name: str, cls: type[Push], makers: dict[str, list[str]]) -> CoveredPush:
    made_by = makers.get(cls.__name__, [])
    return CoveredPush(
        kind=kind, name=name, cls=cls.__name__, zh=cls.title_zh, en=cls.title_en, made_by=made_by
    )
