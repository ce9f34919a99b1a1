"""Accounts of one process: one lease, letters by their account, and what becomes of the others when one leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from gongzhong.errors import StateDown
from gongzhong.sharing.mail import MOVED, Added, Ask, Mail, Remote, Returned, Sent
from gongzhong.sharing.members import Beat
from gongzhong.sharing.node import Node, Writes
from gongzhong.state import MemoryState, Versioned
from gongzhong.state.protocol import MOST_TOGETHER, Write
from gongzhong.testing.virtual_time import VirtualClock, VirtualTimeLoop

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "asyncio", {"loop_factory": VirtualTimeLoop}


class Counting(MemoryState):
    """Counts what it is asked for; while `slow_s` holds, takes so long for writes."""

    slow_s = 0.0
    down = False

    def __init__(self) -> None:
        super().__init__(VirtualClock(asyncio.get_running_loop(), 1_790_000_000.0))
        self.leases: list[str] = []
        self.together: list[int] = []

    async def lease(self, key: str, holder: str, seconds: float) -> int | None:
        self.leases.append(holder)
        return await super().lease(key, holder, seconds)

    async def put_many(self, writes: Sequence[Write], *, ttl_s: float) -> list[int | Versioned | None]:
        self.together.append(len(writes))
        await asyncio.sleep(self.slow_s)
        if self.down:
            raise StateDown("断了", "down")
        return await super().put_many(writes, ttl_s=ttl_s)


class Table:
    """Rows of several accounts."""

    def __init__(self, left: Sequence[tuple[str, str]] = ()) -> None:
        self.left, self.renewed, self.asked = left, list[str](), list[list[str]]()

    async def renew(self, holder: str) -> None:
        self.renewed.append(holder)

    async def overdue(self, accounts: Sequence[str]) -> list[tuple[str, str]]:
        self.asked.append(list(accounts))
        return [entry for entry in self.left if entry[0] in accounts]


class Account:
    """An account that notes what it is told."""

    def __init__(self, appid: str, rows: Table) -> None:
        self.appid, self.rows, self.holds_rows = appid, rows, True
        self.told: list[object] = []

    async def lost(self) -> None:
        self.told.append("lost")

    async def serve(self, letter: Ask, remote: Remote) -> Returned:
        return Returned(body=self.appid.encode())

    def sent(self, openid: str, count: int) -> None:
        self.told.append((openid, count))

    def added(self, openid: str) -> None:
        self.told.append(openid)

    def tend(self) -> bool:
        return True


async def entered(state: MemoryState, *accounts: Account) -> Node:
    node = Node(state, Beat(recover_s=2.0))
    for account in accounts:
        node.enter(account)
        node.wake(account)
    await node.member.until_sure()
    return node


async def ended(node: Node, *accounts: Account) -> None:
    for account in accounts:
        await node.leave(account, people_left=False)


async def test_a_hundred_accounts_renew_one_lease_and_look_for_rows_once() -> None:
    state, rows = Counting(), Table([("wx7", "left behind"), ("wx200", "another process's")])
    accounts = [Account(f"wx{number}", rows) for number in range(100)]
    node = await entered(state, *accounts)
    await asyncio.sleep(10.5)
    assert state.leases == [node.member.name] * 6
    assert rows.renewed == [node.member.name] * 5
    assert rows.asked == [[account.appid for account in accounts]] * 5
    assert [account.told for account in accounts if account.told] == [["left behind"] * 5]
    await ended(node, *accounts)


async def test_a_letter_goes_to_the_account_that_it_names() -> None:
    state, rows = Counting(), Table()
    one, other = Account("wx1", rows), Account("wx2", rows)
    node, asking = await entered(state, one, other), Mail(state, one.serve, lambda letter: None)
    for number, appid in (("1", "wx1"), ("2", "wx2"), ("3", "wx3"), ("4", "")):
        await asking.send(node.member.name, Ask(number, {}, b"", 4.0, appid))
    for letter in (Sent("li", 2, "wx1"), Added("wang", "wx2"), Sent("zhao", 1, "wx3"), Added("sun")):
        await asking.send(node.member.name, letter)
    await asyncio.sleep(1)
    answers = [await asking.answer(number, 1) for number in "1234"]
    assert answers == [Returned(body=b"wx1"), Returned(body=b"wx2"), MOVED, MOVED]
    assert (one.told, other.told) == ([("li", 2)], ["wang"])
    await ended(node, other)
    await asking.send(node.member.name, Added("of the version before"))
    await asyncio.sleep(1)
    assert one.told[1:] == ["of the version before"], "it has one account only"
    await ended(node, one)


async def test_who_leaves_people_behind_lets_others_have_them_at_once() -> None:
    """The lease of the process goes on for its other accounts: they, too, begin anew."""
    state, rows = Counting(), Table()
    one, other, staying = (Account(f"wx{number}", rows) for number in range(3))
    node, watching = await entered(state, one, other, staying), Node(state, Beat())
    name = node.member.name
    await node.leave(other, people_left=False)
    assert (node.member.name, staying.told) == (name, [])
    await node.leave(one, people_left=True)
    assert node.member.name not in ("", name)
    assert staying.told == ["lost"]
    assert await watching.member.dead(name)
    assert not await watching.member.dead(node.member.name)
    last = node.member.name
    await ended(node, staying)
    assert (node.loop, await watching.member.dead(last)) == (None, True)
    node.enter(one)
    await node.member.until_sure()
    await ended(node, one)


async def test_what_accounts_write_meanwhile_goes_out_as_one() -> None:
    state = Counting()
    state.slow_s, writes = 1.0, Writes(state)

    async def put(number: int) -> list[int | Versioned | None]:
        return await writes.put_many(
            [(f"{number}.{one}", b"x", 0) for one in range(number % 3 + 1)], ttl_s=60
        )

    outcomes = await asyncio.gather(*map(put, range(20)))
    assert [len(versions) for versions in outcomes] == [number % 3 + 1 for number in range(20)]
    for number, versions in enumerate(outcomes):
        for one, version in enumerate(versions):
            stored = await state.get(f"{number}.{one}")
            assert stored is not None and stored.version == version
    assert state.together == [1, 2, 36]
    [refused] = await writes.put_many([("3.0", b"y", 0)], ttl_s=60)
    assert isinstance(refused, Versioned) and refused.version == outcomes[3][0]


async def test_writes_that_are_too_many_for_one_go_out_as_several_and_an_error_is_everybody_s() -> None:
    state = Counting()
    state.slow_s, writes = 1.0, Writes(state)
    many = [(f"k{number}", b"x", 0) for number in range(MOST_TOGETHER - 1)]

    async def put(number: int) -> list[int | Versioned | None]:
        return await writes.put_many([(f"{number}{key}", data, 0) for key, data, _ in many], ttl_s=60)

    await asyncio.gather(*map(put, range(4)))
    assert state.together == [len(many)] * 4
    state.down = True
    problems = await asyncio.gather(*map(put, range(9)), return_exceptions=True)
    assert {type(problem) for problem in problems} == {StateDown}
    assert len({id(problem) for problem in problems}) == 9, "each with a traceback of its own"
    state.down = False
    assert len(await put(10)) == len(many)
