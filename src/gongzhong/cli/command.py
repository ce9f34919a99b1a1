"""How a command is declared: see `application`."""

from __future__ import annotations

from typing import NamedTuple


class Command(NamedTuple):
    """One command: its name, where it is, what it is for, and an example line for each use."""

    name: str
    path: str
    zh: str
    en: str
    examples: tuple[str, ...]
    explains_itself: bool = False
    """Whether `--help` goes to the command, because what it says depends on the other words."""
    parts: tuple[Command, ...] = ()
    """Commands of its own: `gongzhong platform import`."""
