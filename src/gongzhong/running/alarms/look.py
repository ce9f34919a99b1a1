"""What there is to be seen for the alarms: the counters of accounts at work, the database, what is known of quotas."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeVar

from ...clock import Clock
from ...errors import StateDown
from .measures import Seen

if TYPE_CHECKING:
    from ...app.binding import Binding
    from ...client import AsyncClient, Client
    from ...store import Health

T = TypeVar("T", int, float)


class Look:
    """Looks at the accounts of this process and at their stores. Awaiting it gives a `Seen`.

    `slow` gives how many answers took longer than WeChat waits. A store that is out of reach is something to be seen,
    too: how long it has been so.
    """

    def __init__(
        self,
        accounts: Callable[[], Iterable[Binding]],
        slow: Callable[[], int] = lambda: 0,
        clock: Clock | None = None,
    ) -> None:
        self._accounts, self._slow = accounts, slow
        self._clock = clock or Clock()
        self._down_since: float | None = None

    async def __call__(self) -> Seen:
        now = self._clock.now()
        accounts = list(self._accounts())
        health = await self._health(accounts, now)
        counters = [binding.counters for binding in accounts]
        clients = [client for binding in accounts if (client := binding.made_client) is not None]
        return Seen(
            at=now,
            pushes=sum(counts["received"] for counts in counters),
            slow=sum(counts["held"] for counts in counters) + self._slow(),
            failed=sum(counts["handler_errors"] for counts in counters),
            quotas=dict(_quotas(clients)),
            tokens={client.account.appid: _fails(client) for client in clients},
            displaced={
                client.account.appid: client.tokens.displaced_of(client.account.appid) for client in clients
            },
            dead_letters=_sum(one.dead for one in health),
            oldest_work_s=max((one.oldest_due_s for one in health), default=None),
            oldest_transaction_s=_most(one.oldest_transaction_s for one in health),
            dead_rows=_most(one.dead_rows for one in health),
            store_down_s=0.0 if self._down_since is None else now - self._down_since,
        )

    async def _health(self, accounts: Iterable[Binding], now: float) -> list[Health]:
        """Of each store that was opened by now; none while one of them is out of reach."""
        stores = {id(store): store for one in accounts if (store := one.made_store) is not None}
        try:
            found = [await store.health() for store in stores.values()]
        except StateDown:
            self._down_since = now if self._down_since is None else self._down_since
            return []
        self._down_since = None
        return found


def _sum(numbers: Iterable[int]) -> int | None:
    found = list(numbers)
    return sum(found) if found else None


def _most(values: Iterable[T | None]) -> T | None:
    return max((one for one in values if one is not None), default=None)


def _quotas(clients: Iterable[Client | AsyncClient]) -> Iterable[tuple[str, float]]:
    for client in clients:
        for usage in client.budgets.usages(client.owner):
            if usage.limit:
                path = usage.path.removeprefix("/cgi-bin/")
                yield f"{client.account.appid} {path}", usage.used / usage.limit


def _fails(client: Client | AsyncClient) -> bool:
    """Whether the last attempt to get this account's access_token failed."""
    return any(client.account.appid in key for key in client.tokens.troubles())
