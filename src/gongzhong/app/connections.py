"""What the accounts of one process open: state, store, people's data, tokens and quotas, each once for its address, and
their common place among the processes that share a state.

A binding takes what it needs through its own `Taken`, and gives everything back when it stops; what nobody has taken
any more is closed. Bindings that were given the same `Connections` share connections: a hundred accounts in one
database need as many as one. They share nothing else: every operation names its account.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from ..clock import Clock
from ..database import read_url

if TYPE_CHECKING:
    from ..client import Budgets, Tokens
    from ..config import PeopleData
    from ..people import People
    from ..sharing.members import Beat
    from ..sharing.node import Node
    from ..state import State
    from ..store import WorkStore
    from .inbox import Rows

T = TypeVar("T")


@dataclass
class _Entry:
    """One thing that is open; made by the first who takes it, while the others wait."""

    holders: int = 0
    made: bool = False
    value: Any = None
    close: Callable[[Any], Awaitable[None]] | None = None
    making: threading.Lock = field(default_factory=threading.Lock)


class Connections:
    """What is open in this process, with the number of its holders. May be used from any thread.

    In a forked child it is empty: what the parent has opened does not work there.
    """

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._pid, self._lock = os.getpid(), threading.Lock()
        self._entries: dict[Hashable, _Entry] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def take(self, key: Hashable, make: Callable[[], T], close: Callable[[T], Awaitable[None]]) -> T:
        """What is open under this key, made now if nothing is. Raises what `make` raises."""
        if self._pid != os.getpid():
            self._begin()
        with self._lock:
            entry = self._entries.setdefault(key, _Entry())
            entry.holders += 1
        try:
            with entry.making:
                if not entry.made:
                    entry.value, entry.close, entry.made = make(), close, True
        except BaseException:
            self._leave(key, entry)
            raise
        value: T = entry.value
        return value

    async def give_back(self, key: Hashable) -> None:
        """One holder less; the last one closes it."""
        entry = self._entries.get(key)
        if entry is not None and self._leave(key, entry) and entry.close is not None:
            await entry.close(entry.value)

    def _leave(self, key: Hashable, entry: _Entry) -> bool:
        """Whether nobody has it any more."""
        with self._lock:
            entry.holders -= 1
            if entry.holders == 0:
                del self._entries[key]
            return entry.holders == 0


class Taken:
    """What one binding has taken. Everything is given back in the reverse order."""

    def __init__(self, connections: Connections | None) -> None:
        self._connections = Connections() if connections is None else connections
        self._keys: list[Hashable] = []

    def _take(self, key: Hashable, make: Callable[[], T], close: Callable[[T], Awaitable[None]]) -> T:
        found = self._connections.take(key, make, close)
        self._keys.append(key)
        return found

    async def give_back(self) -> None:
        """Give back everything; what this binding was the last to have is closed."""
        while self._keys:
            await self._connections.give_back(self._keys.pop())

    def state(self, address: str, clock: Clock) -> State:
        """The state of an address. One in memory is the binding's own. Raises SetupError for a wrong address."""
        from ..state import open_state

        own = id(self) if address.startswith("memory:") else 0
        return self._take(
            ("state", address, own), lambda: open_state(address, clock), lambda one: one.close()
        )

    def store(self, address: str, clock: Clock, people: People | None) -> WorkStore:
        """The table of work of a database, whose tables are made if it is new; sealed where people's data is in use.

        Raises SetupError for a database that cannot be used, StateDown when it is out of reach.
        """
        return self._take(
            ("store", address, id(people)),
            lambda: _open_store(address, clock, people),
            lambda one: one.close(),
        )

    def people(self, settings: PeopleData, database: str, clock: Clock) -> People | None:
        """People's data; None when it is not in use. Raises SetupError for wrong settings."""
        from ..people import configured

        return self._take(
            ("people", database, settings.keys, settings.master_key),
            lambda: configured(settings, database, clock),
            _close_people,
        )

    def node(self, state: State, beat: Beat | None) -> Node:
        """This process among those that share a state, for all accounts."""
        from ..sharing.node import Node

        async def close(_: Node) -> None:
            """It has ended with the last account."""

        return self._take(("node", id(state), beat), lambda: Node(state, beat), close)

    def rows(self, store: WorkStore) -> Rows:
        """The rows of all accounts that are in one table of work."""
        from .inbox import Rows

        async def close(_: Rows) -> None:
            """Nothing is open."""

        return self._take(("rows", id(store)), lambda: Rows(store), close)

    def tokens(self, state: State, clock: Clock) -> Tokens:
        """The tokens that are kept in a state."""
        from ..client import Tokens
        from ..state.tokens import StateTokenStore

        store = StateTokenStore(state)

        async def close(_: Tokens) -> None:
            store.close()

        return self._take(("tokens", id(state)), lambda: Tokens(store, clock), close)

    def budgets(self, state: State, clock: Clock) -> Budgets:
        """The quotas that are counted in a state."""
        from ..client import Budgets
        from ..state.quotas import StateQuotaStore

        store = StateQuotaStore(state)

        async def close(budgets: Budgets) -> None:
            await asyncio.to_thread(budgets.close)
            store.close()

        return self._take(("budgets", id(state)), lambda: Budgets(store, clock), close)


def _open_store(address: str, clock: Clock, people: People | None) -> WorkStore:
    from ..store import open_store
    from ..store.version import require_tables

    url = read_url(address)
    require_tables(url)
    opened = open_store(url, clock)
    if people is None:
        return opened
    from ..people.sealed import SealedWork

    return SealedWork(opened, people)


async def _close_people(people: People | None) -> None:
    if people is not None:
        await people.close()
