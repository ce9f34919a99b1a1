"""WeChat's side, simulated: accounts, followers, tokens, quotas, pushes, consent pages.

The names are loaded when they are first asked for: parts of the platform serve programs that do not have its extra.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .config import PersonConfig, PlatformConfig, TieConfig, load
    from .platform import Platform
    from .world.settings import AccountConfig

__all__ = ["AccountConfig", "PersonConfig", "Platform", "PlatformConfig", "TieConfig", "load"]
_HOMES = {"Platform": ".platform", "AccountConfig": ".world.settings"}


if not TYPE_CHECKING:  # a type checker would take every name for one that exists

    def __getattr__(name: str) -> Any:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(_HOMES.get(name, ".config"), __name__), name)
        globals()[name] = value
        return value
