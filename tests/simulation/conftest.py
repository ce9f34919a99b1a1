"""What every simulation shares."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """What dead processes left unfinished is collected here, not in the middle of another test: CPython 3.11 fails in
    `ast.parse` when a coroutine is closed meanwhile (SystemError: AST constructor recursion depth mismatch)."""
    yield
    gc.collect()
