"""Texts that WeChat holds of an account: its menu, its templates, its automatic replies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import msgspec

from ..errors import CallError
from .sources import Line

if TYPE_CHECKING:
    from ..client import AsyncClient

SHOWN: Final = frozenset({"name", "value", "title", "content", "example", "digest", "text"})
"""Names of fields that people see."""


async def texts_of(api: AsyncClient) -> tuple[list[Line], list[str]]:
    """The texts, each at a place such as `menu.current: menu.button`, and the calls that WeChat refused (48001 …).

    Only reads. Raises TransportError.
    """
    found: list[Line] = []
    refused: list[str] = []
    for name, ask in (
        ("menu.current", api.menu.current),
        ("template.list", api.template.list),
        ("autoreply.get", api.autoreply.get),
    ):
        try:
            answer = msgspec.to_builtins(await ask())
        except CallError as problem:
            refused.append(f"{name} ({problem.errcode})")
            continue
        found += [Line(f"{name}: {path}", text) for path, text in _shown(answer, "")]
    return found, refused


def _shown(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if isinstance(inner, str) and name in SHOWN and inner:
                yield path or name, inner
            else:
                yield from _shown(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for inner in value:
            yield from _shown(inner, path)
