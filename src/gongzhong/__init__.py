"""Develop, test and run WeChat Official Accounts (微信公众号) in Python.

The names that a program needs most, each loaded when it is first asked for: `import gongzhong` alone costs
a few milliseconds, and a program that only parses pushes never loads an HTTP client.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .account import Account, Hosts, Secret
    from .clock import Clock, MovableClock
    from .errors import CallbackError, CallError, GongzhongError, SetupError, TransportError, WebError

__all__ = [
    "Account",
    "CallError",
    "CallbackError",
    "Clock",
    "GongzhongError",
    "Hosts",
    "MovableClock",
    "Secret",
    "SetupError",
    "TransportError",
    "WebError",
]

_NAMES_BY_MODULE = {
    "account": "Account Hosts Secret",
    "clock": "Clock MovableClock",
    "errors": "CallError CallbackError GongzhongError SetupError TransportError WebError",
}
_HOME = {name: module for module, names in _NAMES_BY_MODULE.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    """Load a public name on first use (PEP 562)."""
    module = _HOME.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{module}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
