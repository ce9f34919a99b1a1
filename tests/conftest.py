"""What every test shares: asynchronous tests run on asyncio, the loop that the servers use."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"
