"""Tests that travel in time: a simulated WeChat inside the test, people to play, a clock you move.

pytest finds the fixtures `platform` (a `LocalPlatform`) and `live_platform` (a `LivePlatform`) by itself. The names are
loaded when they are first asked for, because pytest imports this package in every run.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..platform.traffic import Exchange
    from ..platform.world.acts import Answer, NotPossible
    from .actors import PNG, Actor, ServiceAgent
    from .hanging import StillRunning
    from .live_platform import LivePlatform
    from .loading import load_account
    from .local_platform import LocalPlatform
    from .seen import Exchanges, Line, Lines, NothingCame, UnknownName

_HOME = {
    "PNG": ".actors",
    "Actor": ".actors",
    "Answer": "..platform.world.acts",
    "Exchange": "..platform.traffic",
    "Exchanges": ".seen",
    "Line": ".seen",
    "Lines": ".seen",
    "LivePlatform": ".live_platform",
    "LocalPlatform": ".local_platform",
    "NotPossible": "..platform.world.acts",
    "NothingCame": ".seen",
    "ServiceAgent": ".actors",
    "StillRunning": ".hanging",
    "UnknownName": ".seen",
    "load_account": ".loading",
}

__all__ = [
    "PNG",
    "Actor",
    "Answer",
    "Exchange",
    "Exchanges",
    "Line",
    "Lines",
    "LivePlatform",
    "LocalPlatform",
    "NotPossible",
    "NothingCame",
    "ServiceAgent",
    "StillRunning",
    "UnknownName",
    "load_account",
]


if not TYPE_CHECKING:  # a type checker would take every name for one that exists

    def __getattr__(name: str) -> Any:
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(_HOME[name], __name__), name)
