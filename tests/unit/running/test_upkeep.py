"""While a program is served, every account is tended: also one that comes later, and after errors."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gongzhong.errors import StateDown
from gongzhong.running.upkeep import Tending

pytestmark = pytest.mark.anyio


class Account:
    def __init__(self, *problems: Exception, slow: bool = False) -> None:
        self.problems, self.slow = list(problems), slow
        self.tended = asyncio.Event()
        self.cancelled = False

    async def tend(self) -> None:
        if self.problems:
            raise self.problems.pop(0)
        self.tended.set()
        if self.slow:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.cancelled = True
                raise


async def test_every_account_is_tended_whatever_another_one_does(caplog: pytest.LogCaptureFixture) -> None:
    accounts: list[Any] = [Account(slow=True), Account(StateDown("数据库", "database"), RuntimeError("odd"))]
    tending = Tending(lambda: accounts, every_s=0.001)
    tending.start()
    async with asyncio.timeout(10):
        for account in list(accounts):
            await account.tended.wait()
        accounts.append(Account())
        await accounts[-1].tended.wait()
    await tending.close()
    assert accounts[0].cancelled
    assert "RuntimeError: odd" in caplog.text and "数据库" in caplog.text
    accounts[1].tended.clear()
    await asyncio.sleep(0.01)
    assert not accounts[1].tended.is_set(), "after the end nothing is done any more"
