"""This process among those that share a state, once for all of its accounts.

    account A ─┐            ┌─ Member        one lease, renewed every two seconds
    account B ─┼──► Node ───┼─ Mail          one queue of letters; each names its account
    account C ─┘            ├─ Writes        what accounts write at the same time goes out together
                            └─ rounds        rows are renewed, and those of dead processes looked for, in one statement

    event                            what the node does
    an account enters, the first     takes a name and its lease; the rounds begin
    an account enters, another one   nothing: it has the name and the lease that are there
    the lease is lost                every account gives its people up; then the node joins anew, under a new name
    an account leaves                nothing, if it has laid everybody down
      … and has people left          gives the lease up as if it were lost: others may take the people at once
    the last account leaves          gives the lease up; the rounds end

Nothing of one account is shown to another: a letter goes to the account that it names.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from ..errors import StateDown, say
from ..state.protocol import MOST_TOGETHER
from .mail import MOVED, Added, Ask, Mail, Remote, Returned, Sent, log
from .members import Beat, Member

if TYPE_CHECKING:
    from ..state import State, Versioned
    from ..state.protocol import Write

AGAIN_AFTER_S: Final = 0.2
"""Before the next attempt while the state is down."""
AT_ONCE: Final = 2
"""Writes under way; what comes meanwhile is one write."""


class Rows(Protocol):
    """Where accounts keep what must not be lost; several may have one together."""

    async def renew(self, holder: str) -> None:
        """Hold what this process holds for some time more. Raises StateDown."""

    async def overdue(self, accounts: Sequence[str]) -> Iterable[tuple[str, str]]:
        """Accounts and people of whom a row is there that nobody holds. Raises StateDown."""
        ...


class Part(Protocol):
    """One account of this process."""

    @property
    def appid(self) -> str: ...
    @property
    def rows(self) -> Rows: ...
    @property
    def holds_rows(self) -> bool:
        """Whether it holds rows that are to be renewed."""
        ...

    async def lost(self) -> None:
        """This process counts as dead: everything that the account had is another's now."""

    async def serve(self, letter: Ask, remote: Remote) -> Returned:
        """Answer a delivery that came to another process."""
        ...

    def sent(self, openid: str, count: int) -> None:
        """Somebody's program sent messages to a person."""

    def added(self, openid: str) -> None:
        """Something for a person is in the inbox, or was left there by a dead process."""

    def tend(self) -> bool:
        """Lay down the people of whom nothing is under way; whether anybody is left."""
        ...


class Node:
    """Used from one event loop, the one on which the first account enters."""

    def __init__(self, state: State, beat: Beat | None = None) -> None:
        self._state, self.beat = state, beat or Beat()
        self.loop: asyncio.AbstractEventLoop | None = None
        """The loop, while an account is at work."""
        self.member = Member(state, self._lost, self.beat, beaten=self._beaten)
        self.mail = Mail(state, self._serve, self._sent, self._added)
        self.writes = Writes(state)
        self._parts: dict[str, Part] = {}
        self._busy: dict[str, Part] = {}
        """Accounts that have people."""
        self._awake = asyncio.Event()
        self._tasks: set[asyncio.Task[Any]] = set()

    # ---- accounts come and go

    def enter(self, part: Part) -> None:
        """An account begins to answer, on the loop that is running."""
        self._parts[part.appid] = part
        if self.loop is None:
            self.loop = asyncio.get_running_loop()
            for work in (self._join(), self.member.run(), self._tend(), self._recover()):
                self.aside(work)

    async def leave(self, part: Part, *, people_left: bool) -> None:
        """An account answers no more."""
        if self._parts.get(part.appid) is not part:
            return
        del self._parts[part.appid]
        self._busy.pop(part.appid, None)
        if self._parts:
            if people_left:
                with suppress(StateDown):
                    await self.member.give_up()
            return
        self.loop = None
        for task in list(self._tasks):
            task.cancel()
        await self.member.leave()

    def wake(self, part: Part) -> None:
        """An account has people from now on."""
        if part.appid not in self._busy:
            self._busy[part.appid] = part
            self._awake.set()

    async def _lost(self) -> None:
        for part in list(self._parts.values()):
            await part.lost()

    # ---- letters

    def _of(self, appid: str) -> Part | None:
        """The account that a letter names; one of an older version names none and is for the only account."""
        if not appid and len(self._parts) == 1:
            return next(iter(self._parts.values()))
        return self._parts.get(appid)

    async def _serve(self, letter: Ask, remote: Remote) -> Returned:
        part = self._of(letter.appid)
        return MOVED if part is None else await part.serve(letter, remote)

    def _sent(self, letter: Sent) -> None:
        if (part := self._of(letter.appid)) is not None:
            part.sent(letter.openid, letter.count)

    def _added(self, letter: Added) -> None:
        if (part := self._of(letter.appid)) is not None:
            part.added(letter.openid)

    # ---- rounds

    async def _join(self) -> None:
        while not self.member.name:
            try:
                await self.member.renew()
            except StateDown as problem:
                log.warning(say("共享状态不可用：%s", "the shared state is down: %s"), problem)
                await asyncio.sleep(AGAIN_AFTER_S)

    async def _tend(self) -> None:
        """Take in letters, and have people laid down, while there are any."""
        while True:
            self._awake.clear()
            if not self._busy:
                await self._awake.wait()
            await asyncio.sleep(self.beat.tend_s)
            with suppress(StateDown):
                if self.member.name:
                    await self.mail.fetch(self.member.name)
            for appid, part in list(self._busy.items()):
                if not part.tend():
                    self._busy.pop(appid, None)

    def _by_rows(self, parts: Iterable[Part]) -> Mapping[int, tuple[Rows, list[str]]]:
        """The accounts that keep their rows in one place, for each place."""
        places: dict[int, tuple[Rows, list[str]]] = {}
        for part in parts:
            places.setdefault(id(part.rows), (part.rows, []))[1].append(part.appid)
        return places

    async def _beaten(self) -> None:
        holding = [part for part in self._busy.values() if part.holds_rows]
        for rows, _ in self._by_rows(holding).values():
            await rows.renew(self.member.name)

    async def _recover(self) -> None:
        while True:
            await asyncio.sleep(self.beat.recover_s)
            for rows, appids in self._by_rows(self._parts.values()).values():
                with suppress(StateDown):
                    for appid, openid in await rows.overdue(appids):
                        if (part := self._parts.get(appid)) is not None:
                            part.added(openid)

    def aside(self, work: Coroutine[Any, Any, Any]) -> None:
        """Do something that nobody waits for; an unreachable state is no error there."""

        async def quietly() -> None:
            with suppress(StateDown):
                await work

        task = asyncio.get_running_loop().create_task(quietly())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


Waiting: TypeAlias = "tuple[Sequence[Write], float, asyncio.Future[list[int | Versioned | None]]]"
"""Writes, how long they are to stay in seconds, and who waits for what comes of them."""


class Writes:
    """`State.put_many` for all accounts of a process: beyond AT_ONCE at a time they wait and go out as one."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._waiting: deque[Waiting] = deque()
        self._under_way = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def put_many(self, writes: Sequence[Write], *, ttl_s: float) -> list[int | Versioned | None]:
        """As `State.put_many`; raises what that raises."""
        if self._under_way >= AT_ONCE:
            waiter: asyncio.Future[list[int | Versioned | None]] = asyncio.get_running_loop().create_future()
            self._waiting.append((writes, ttl_s, waiter))
            return await waiter
        self._under_way += 1
        try:
            outcomes = await self._state.put_many(writes, ttl_s=ttl_s)
        finally:
            if self._waiting:
                task = asyncio.get_running_loop().create_task(self._rest())
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            else:
                self._under_way -= 1
        return outcomes

    async def _rest(self) -> None:
        """Write what waits, and what comes meanwhile."""
        try:
            while self._waiting:
                await self._together()
        finally:
            self._under_way -= 1

    async def _together(self) -> None:
        ttl_s = self._waiting[0][1]
        together: list[Waiting] = []
        count = 0
        while self._waiting and self._waiting[0][1] == ttl_s:
            count += len(self._waiting[0][0])
            if together and count > MOST_TOGETHER:
                break
            together.append(self._waiting.popleft())
        try:
            outcomes = await self._state.put_many(
                [write for writes, _, _ in together for write in writes], ttl_s=ttl_s
            )
        except BaseException as problem:
            for _, _, waiter in together:
                if not waiter.done():
                    waiter.set_exception(another(problem))
            if not isinstance(problem, Exception):
                raise
            return
        place = 0
        for writes, _, waiter in together:
            if not waiter.done():
                waiter.set_result(outcomes[place : place + len(writes)])
            place += len(writes)


def another(problem: BaseException) -> BaseException:
    """The error of a common write for one of those who wait for it."""
    if isinstance(problem, StateDown):
        return problem.again()
    closed = StateDown("共享状态已关闭", "the shared state was closed")
    return problem if isinstance(problem, Exception) else closed
