"""Letters between processes: lost ones come again, and one that comes twice is served once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gongzhong.errors import StateDown
from gongzhong.sharing.mail import Ask, HungUp, Mail, Remote, Returned
from gongzhong.state import MemoryState
from gongzhong.testing.virtual_time import VirtualClock, VirtualTimeLoop

pytestmark = pytest.mark.anyio
ASK = Ask("17", {"signature": "s"}, b"<xml/>", 4.0)


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "asyncio", {"loop_factory": VirtualTimeLoop}


class Fragile(MemoryState):
    """Loses the next writes, as an outage would."""

    lost_puts = 0

    async def put(self, *values: Any, **named: Any) -> int | None:
        if self.lost_puts:
            self.lost_puts -= 1
            raise StateDown("断了", "down")
        return await super().put(*values, **named)


class Office:
    """The process that has the person, and what it served."""

    def __init__(self, state: MemoryState) -> None:
        self.served: list[Ask] = []
        self.sure: list[bool] = []
        self.mail = Mail(state, self.serve, lambda letter: None)

    async def serve(self, letter: Ask, remote: Remote) -> Returned:
        self.served.append(letter)
        await asyncio.sleep(1)
        self.sure.append(await remote.hand(b"answer"))
        return Returned(body=b"answer")


async def test_a_letter_that_comes_twice_is_served_once_and_answered_again() -> None:
    state = Fragile(VirtualClock(asyncio.get_running_loop(), 1_790_000_000.0))
    office, asking = Office(state), Mail(state, Office(state).serve, lambda letter: None)
    for _ in range(2):
        await asking.send("a0", ASK)
        await office.mail.fetch("a0")
    await asyncio.sleep(2)
    assert office.served == [ASK]
    returned = await asking.answer("17", 1)
    assert returned == Returned(body=b"answer")
    await asking.send("a0", ASK)
    await office.mail.fetch("a0")
    await asyncio.sleep(9)
    assert office.served == [ASK], "also after it was answered"


async def test_an_answer_that_was_lost_is_given_when_the_letter_comes_again() -> None:
    state = Fragile(VirtualClock(asyncio.get_running_loop(), 1_790_000_000.0))
    office, asking = Office(state), Mail(state, Office(state).serve, lambda letter: None)
    state.lost_puts = 1000
    await asking.send("a0", ASK)
    await office.mail.fetch("a0")
    await asyncio.sleep(9)
    assert office.sure == [False], "nobody can have got it"
    state.lost_puts = 0
    await asking.send("a0", ASK)
    await office.mail.fetch("a0")
    assert await asking.answer("17", 1) == Returned(body=b"answer")
    assert len(office.served) == 1


@pytest.mark.parametrize("sure", [True, False])
async def test_the_word_that_an_answer_was_handed_over_comes_back(sure: bool) -> None:
    state = Fragile(VirtualClock(asyncio.get_running_loop(), 1_790_000_000.0))
    office, asking = Office(state), Mail(state, Office(state).serve, lambda letter: None)
    await asking.send("a0", ASK)
    await office.mail.fetch("a0")
    await asking.answer("17", 2)
    state.lost_puts = 3
    await asking.handed("17", sure)
    await asyncio.sleep(1)
    assert office.sure == [sure]


async def test_a_peer_that_hung_up_gets_no_answer() -> None:
    state = Fragile(VirtualClock(asyncio.get_running_loop(), 1_790_000_000.0))
    office = Office(state)
    await office.mail.send("a0", ASK)
    await office.mail.fetch("a0")
    await office.mail.send("a0", HungUp("17"))
    await office.mail.fetch("a0")
    await asyncio.sleep(2)
    assert office.sure == [False]
