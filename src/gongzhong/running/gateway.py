"""The gateway on a port: tables made, state opened, served by granian until a signal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

from ..account import Account
from ..database import DatabaseUrl
from ..database.statements import Statements, open_database
from ..gateway import Gateway, GatewayApp, GatewayTables, Settings
from ..state import open_state
from ..store.version import require_tables
from .collector import spare_the_collector
from .embedded import EmbeddedServer, run, run_loop
from .http_server import DRAIN_S
from .listening import url_of
from .metrics import Admin, Totals
from .metrics.gateway_measure import GatewayMeasures

PORT = 8600


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a gateway listens, and where it keeps things. `state` is an address as `open_state` takes it."""

    host: str = "127.0.0.1"
    port: int = PORT
    database: DatabaseUrl
    state: str
    admin: str = ""
    """Where /metrics, /healthz and /readyz are: `127.0.0.1:9100` or the path of a Unix socket; empty: nowhere."""


def serve_gateway(
    accounts: Sequence[Account],
    place: Place,
    settings: Settings | None = None,
    *,
    announce: Callable[[str], None] | None = None,
) -> None:
    """Serve until Ctrl-C or SIGTERM; calls under way may end. `announce` is given the URL.

    Raises SetupError for accounts, a database or an address that cannot be used, StateDown when the database is out of
    reach.
    """
    require_tables(place.database)
    run_loop(_serve(accounts, place, settings, announce))


async def _serve(
    accounts: Sequence[Account],
    place: Place,
    settings: Settings | None,
    announce: Callable[[str], None] | None,
) -> None:
    tables = GatewayTables(Statements(open_database(place.database)))
    gateway = Gateway(accounts, tables, open_state(place.state), settings=settings)
    server = EmbeddedServer(GatewayApp(gateway), host=place.host, port=place.port, drain_s=DRAIN_S)
    spare_the_collector()
    measures = GatewayMeasures(gateway)

    def ready() -> None:
        measures.start()
        if announce is not None:
            announce(url_of(place.host, server.port))

    async with AsyncExitStack() as held:
        held.callback(measures.close)
        if place.admin:
            admin = Admin(place.admin, lambda: Totals.of(measures.snapshot()), measures.health)
            held.push_async_callback(admin.close)
            await admin.start()
        await run(server, ready=ready)
