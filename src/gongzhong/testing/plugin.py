"""What pytest loads by itself when this package is installed: the fixture `platform`.

A test gets a platform of its own, empty, in memory, with a clock that moves only when the test says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from ..errors import missing_extra

if TYPE_CHECKING:
    from .local_platform import LocalPlatform


@pytest.fixture
def platform() -> Iterator[LocalPlatform]:
    """A simulated WeChat for this test: `platform.person("alice").follows(oa)`."""
    # Imported here, so that tests which do not ask for a platform do not pay for it.
    try:
        from .local_platform import LocalPlatform
    except ImportError as problem:
        raise missing_extra(problem) or problem from None

    local = LocalPlatform()
    yield local
    local.close()
