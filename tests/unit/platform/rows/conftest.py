"""A platform whose pushes go to a server that answers as it is told."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from ..delivery.conftest import Bed


@pytest.fixture
async def bed() -> AsyncIterator[Bed]:
    made = Bed()
    yield made
    await made.platform.close()
