"""What of WeChat's interface is here: endpoints, pushes and return codes, found out from the code itself.

Nothing is listed by hand: a call is typed when a chapter declares it, simulated when a function answers it; a push is
made by the functions of the world that build its class; a return code is given where the sources refuse with it.
"""

from __future__ import annotations

import inspect
from functools import cache
from typing import Any, Literal

import msgspec

from ..catalogue import codes, encoding, fields, listed
from ..catalogue.model import Call, Status
from ..catalogue.registry import CALLS, chapter_of, listed_calls
from ..messages import EVENTS, MESSAGES, Push
from . import source_facts
from .calls import BEHAVIOURS
from .doors import mp, open

Kit = Literal["typed", "listed"]
Simulated = Literal["behaviour", "fallback", "retired"]
PushKind = Literal["message", "event"]

CATALOGUE = "gongzhong.catalogue"
PLATFORM = "gongzhong.platform"
MESSAGE_PACKAGE = "messages"
DECODING = frozenset(
    {encoding.NOT_JSON, encoding.EMPTY_BODY, encoding.NO_FILE, fields.INVALID, fields.MISSING}
)
"""Codes of requests that are no call at all."""


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
    """One return code, and whether the platform gives it."""

    code: int
    zh: str
    en: str
    given: bool


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """Everything at once."""

    endpoints: list[Endpoint]
    pushes: list[CoveredPush]
    codes: list[CoveredCode]


@cache
def coverage() -> Coverage:
    """Of this version; the sources do not change while it runs."""
    given = (
        source_facts.codes_of_declarations(CATALOGUE) | source_facts.codes_of_refusals(PLATFORM) | DECODING
    )
    makers = source_facts.makers(PLATFORM, MESSAGE_PACKAGE)
    return Coverage(
        endpoints=[*map(_endpoint, CALLS), AUTHORISE, *map(_endpoint, listed_calls())],
        pushes=[
            *(_push("message", name, cls, makers) for name, cls in MESSAGES.items()),
            *(_push("event", name, cls, makers) for name, cls in EVENTS.items()),
        ],
        codes=[
            CoveredCode(code=code, zh=row.zh, en=row.en, given=code in given)
            for code, row in codes.table().items()
            if row.category != "ok"
        ],
    )


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
    answered = call in BEHAVIOURS or spec.path == mp.SHOW_QR_CODE
    gone = spec.status is Status.RETIRED
    return Endpoint(
        group=line.group if line else chapter_of(call),
        verb=spec.verb,
        path=spec.path,
        name=call.__name__,
        zh=line.zh if line else spec.document,
        en=line.en if line else (inspect.getdoc(call) or "").partition("\n")[0],
        kit="listed" if line else "typed",
        platform="retired" if gone else "behaviour" if answered else "fallback",
    )


def _push(kind: PushKind, name: str, cls: type[Push], makers: dict[str, list[str]]) -> CoveredPush:
    made_by = makers.get(cls.__name__, [])
    return CoveredPush(
        kind=kind, name=name, cls=cls.__name__, zh=cls.title_zh, en=cls.title_en, made_by=made_by
    )
