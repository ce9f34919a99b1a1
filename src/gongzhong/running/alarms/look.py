"""What there is to be seen for the alarms: the counters of accounts at work, the database, what is known of quotas."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ...clock import Clock
from ...errors import StateDown
from .measures import Seen

if TYPE_CHECKING:
    from ...app.binding import Binding
    from ...client import AsyncClient, Client
    from ...store import WorkStore


class Look:
    """Looks at the accounts of this process and, if there is one, at the durable store. Awaiting it gives a `Seen`.

    A store that is out of reach is something to be seen, too: how long it has been so.
    """

    def __init__(
        self, accounts: Iterable[Binding], store: WorkStore | None = None, clock: Clock | None = None
    ) -> None:
        self._accounts, self._store = list(accounts), store
        self._clock = clock or Clock()
        self._down_since: float | None = None

    async def __call__(self) -> Seen:
        now = self._clock.now()
        health = None
        if self._store is not None:
            try:
                health = await self._store.health()
                self._down_since = None
            except StateDown:
                self._down_since = now if self._down_since is None else self._down_since
        counters = [binding.counters for binding in self._accounts]
        clients = [client for binding in self._accounts if (client := binding.made_client) is not None]
        return Seen(
            at=now,
            pushes=sum(counts["received"] for counts in counters),
            slow=sum(counts["held"] for counts in counters),
            failed=sum(counts["handler_errors"] for counts in counters),
            quotas=dict(_quotas(clients)),
            tokens={client.account.appid: _fails(client) for client in clients},
            dead_letters=health.dead if health else None,
            oldest_work_s=health.oldest_due_s if health else None,
            oldest_transaction_s=health.oldest_transaction_s if health else None,
            dead_rows=health.dead_rows if health else None,
            store_down_s=0.0 if self._down_since is None else now - self._down_since,
        )


def _quotas(clients: Iterable[Client | AsyncClient]) -> Iterable[tuple[str, float]]:
    for client in clients:
        for usage in client.budgets.usages():
            if usage.limit:
                path = usage.path.removeprefix("/cgi-bin/")
                yield f"{client.account.appid} {path}", usage.used / usage.limit


def _fails(client: Client | AsyncClient) -> bool:
    """Whether the last attempt to get this account's access_token failed."""
    return any(client.account.appid in key for key in client.tokens.troubles())
