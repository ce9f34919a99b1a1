"""What every simulation shares."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """What dead processes left unfinished is collected here, not in the middle of another test: CPython 3.11 fails in
    `ast.parse` when a coroutine is closed meanwhile (SystemError: AST constructor recursion depth mismatch).

    What was there before is looked at once only: a test that collects after each of its worlds would look through the
    whole program each time, a third of a second."""
    gc.freeze()
    yield
    gc.unfreeze()
    gc.collect()
