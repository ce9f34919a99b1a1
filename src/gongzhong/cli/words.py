"""Both languages side by side, and the two streams that a command writes to.

Results go to standard output, so that a script can read them; everything said about them goes to standard error.
"""

from __future__ import annotations

import sys
from functools import cache
from typing import TYPE_CHECKING, Any

from ..errors import say

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["err", "out", "print_json", "print_plain", "say"]


@cache
def out() -> Console:
    """Where results go."""
    from rich.console import Console

    return Console(highlight=False, soft_wrap=True)


@cache
def err() -> Console:
    """Where remarks and errors go."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def print_json(value: Any) -> None:
    """A result for scripts: JSON on standard output, Chinese as it is."""
    import msgspec

    print_plain(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def print_plain(text: str) -> None:
    """A result of one line, exactly as it is."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
