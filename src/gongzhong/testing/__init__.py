"""Tests that travel in time: a simulated WeChat inside the test, people to play, a clock you move.

pytest finds the fixture `platform` by itself; it is a `LocalPlatform`. The names are loaded when they are first
asked for, because pytest imports this package in every run.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..platform.world.acts import Answer
    from .actors import PNG, Actor, Line
    from .agents import ServiceAgent
    from .local_platform import LocalPlatform

__all__ = ["PNG", "Actor", "Answer", "Line", "LocalPlatform", "ServiceAgent"]

_HOME = {
    "PNG": "actors",
    "Actor": "actors",
    "Answer": ".platform.world.acts",
    "Line": "actors",
    "LocalPlatform": "local_platform",
    "ServiceAgent": "agents",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOME[name]}", __name__), name)
