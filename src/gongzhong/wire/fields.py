"""What stands inside <xml>, as plain Python data: the shape that both readers return and the writer takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TypeAlias

Fields: TypeAlias = "dict[str, str | Fields | list[str | Fields]]"
"""Element name → text, nested elements, or a list of either when the name repeats."""

Writable: TypeAlias = "str | int | Decimal | Mapping[str, Writable] | Sequence[Writable]"
"""What an element may be written from: numbers stand bare, `str` in CDATA, a sequence repeats the element."""
