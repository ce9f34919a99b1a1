"""Both languages side by side, and the two streams that a command writes to.

Results go to standard output, so that a script can read them; everything said about them goes to standard error.
"""

from __future__ import annotations

import sys
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from ..errors import say

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["err", "harmless", "out", "print_json", "print_plain", "say"]


REMOVED: Final = {
    **{code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\n\t"},
    **{code: f"\\u{code:04x}" for code in (0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A))},
}
"""C0 and C1 controls and the marks that turn the reading direction, and how they are shown instead."""


def harmless(text: str) -> str:
    """A text of others for a terminal: control characters are shown, not obeyed. Line ends and tabs stay.

    A name, a path or a message may hold escape sequences that overwrite lines, change the title or answer for the user.
    """
    return text.translate(REMOVED)


@cache
def out() -> Console:
    """Where results go."""
    return _console(soft_wrap=True)


@cache
def err() -> Console:
    """Where remarks and errors go."""
    return _console(stderr=True)


def _console(**settings: Any) -> Console:
    """A console that obeys nothing in a text: neither its markup nor its control characters. Styles are our own."""
    from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderHook, RenderResult
    from rich.segment import Segment

    class Filtered:
        def __init__(self, inner: ConsoleRenderable) -> None:
            self._inner = inner

        def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
            for segment in console.render(self._inner, options):
                yield segment if segment.control else Segment(harmless(segment.text), segment.style)

    class Filter(RenderHook):
        def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
            return [Filtered(one) for one in renderables]

    console = Console(highlight=False, markup=False, **settings)
    console.push_render_hook(Filter())
    return console


def print_json(value: Any) -> None:
    """A result for scripts: JSON on standard output, Chinese as it is."""
    import msgspec

    print_plain(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def print_plain(text: str) -> None:
    """A result exactly as it is; on a terminal without its control characters."""
    sys.stdout.write((harmless(text) if sys.stdout.isatty() else text) + "\n")
    sys.stdout.flush()
