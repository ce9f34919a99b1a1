"""WeChat's side, simulated: accounts, people, tokens, quotas, permissions, pushes, pages that ask."""

from .config import AccountConfig, PersonConfig, PlatformConfig, TieConfig, load
from .platform import Platform

__all__ = ["AccountConfig", "PersonConfig", "Platform", "PlatformConfig", "TieConfig", "load"]
