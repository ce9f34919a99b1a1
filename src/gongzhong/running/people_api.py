"""The people API on a port: served by granian until a signal."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..console.people import PeopleApi, PeopleKeyTables
from ..database import DatabaseUrl
from ..database.statements import Statements, open_database
from ..people import People, Purposes
from .embedded import EmbeddedServer, run, run_loop
from .http_server import DRAIN_S
from .listening import url_of

PORT = 8650


def serve_people(
    people: People,
    database: DatabaseUrl,
    purposes: Mapping[str, Purposes],
    *,
    state: str = "",
    host: str = "127.0.0.1",
    port: int = PORT,
    announce: Callable[[str], None] | None = None,
) -> None:
    """Serve until Ctrl-C or SIGTERM; `announce` is given the URL. Raises SetupError for an address that cannot be
    used."""
    run_loop(_serve(people, database, purposes, state, host, port, announce))


async def _serve(
    people: People,
    database: DatabaseUrl,
    purposes: Mapping[str, Purposes],
    state: str,
    host: str,
    port: int,
    announce: Callable[[str], None] | None,
) -> None:
    api = PeopleApi(people, PeopleKeyTables(Statements(open_database(database))), purposes, state=state)
    server = EmbeddedServer(api, host=host, port=port, drain_s=DRAIN_S)
    await run(server, ready=None if announce is None else lambda: announce(url_of(host, server.port)))
