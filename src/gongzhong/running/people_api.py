"""The people API on a port: served by granian until a signal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from ..config import PeopleApi as Settings
from ..console.people import PeopleApi, PeopleKeyTables
from ..database import DatabaseUrl
from ..database.statements import Statements, open_database
from ..people import People, Purposes
from .embedded import EmbeddedServer, run, run_loop
from .http_server import DRAIN_S
from .http_server.server import tls_context
from .listening import url_of


def serve_people(
    people: People,
    database: DatabaseUrl,
    purposes: Mapping[str, Purposes],
    settings: Settings,
    *,
    state: str = "",
    announce: Callable[[str], None] | None = None,
) -> None:
    """Serve until Ctrl-C or SIGTERM; `announce` is given the URL. Raises SetupError for an address or a certificate
    that cannot be used."""
    run_loop(_serve(people, database, purposes, settings, state, announce))


async def _serve(
    people: People,
    database: DatabaseUrl,
    purposes: Mapping[str, Purposes],
    settings: Settings,
    state: str,
    announce: Callable[[str], None] | None,
) -> None:
    api = PeopleApi(
        people,
        PeopleKeyTables(Statements(open_database(database))),
        purposes,
        state=state,
        per_minute=settings.per_minute,
        trusted_proxies=tuple(one.strip() for one in settings.trusted_proxies.split(",") if one.strip()),
    )
    certificate = _certificate(settings)
    server = EmbeddedServer(
        api, host=settings.host, port=settings.port, drain_s=DRAIN_S, certificate=certificate
    )
    scheme = "https" if certificate else "http"

    def ready() -> None:
        if announce is not None:
            announce(url_of(settings.host, server.port, scheme))

    await run(server, ready=ready)


def _certificate(settings: Settings) -> tuple[Path, Path] | None:
    """The files of the chain and of the key, which may be the same. Raises SetupError for some that cannot be used."""
    if settings.certificate is None:
        return None
    tls_context(settings.certificate, settings.key)
    return settings.certificate, settings.key or settings.certificate
