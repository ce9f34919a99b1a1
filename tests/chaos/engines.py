"""Where a program keeps its data in a run, and how that is restarted under it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.servers import PgBouncer, Postgres, RedisServer, Server

from gongzhong.database import read_url
from gongzhong.store import migrate

from .plan import Restart

KINDS: Final = (
    "sqlite",
    "postgresql",
    "postgresql + redis",
    "postgresql + pgbouncer",
    "postgresql + pgbouncer + redis",
)


@dataclass
class Engines:
    """The environment that names database and state, and the servers behind it."""

    environment: dict[str, str]
    servers: list[Server] = field(default_factory=list)
    restarted: list[str] = field(default_factory=list)

    def restart(self, planned: Restart) -> None:
        """End one of them and start it again. A file has nothing to restart."""
        if not self.servers:
            return
        server = self.servers[planned.place % len(self.servers)]
        if planned.how == "kill":
            server.stop()
        else:
            server.shut_down()
        self.restarted.append(f"{server.name} {planned.how}")
        time.sleep(planned.down_s)
        server.start()


@contextmanager
def running(kind: str, folder: Path) -> Iterator[Engines]:
    """One of KINDS."""
    if kind == "sqlite":
        address = f"sqlite:///{folder / 'gongzhong.db'}"
        yield Engines({"GONGZHONG_STATE": address, "GONGZHONG_DATABASE": address})
        return
    with ExitStack() as ending:
        servers: list[Server] = []

        def started(server: Server) -> Server:
            """Start it before the next one takes a free port."""
            server.start()
            ending.callback(server.stop)
            servers.append(server)
            return server

        postgres = Postgres(folder / "postgres")
        address = started(postgres).url
        migrate.prepare(read_url(address))
        if "pgbouncer" in kind:
            address = started(PgBouncer(folder / "pgbouncer", postgres)).url
        state = started(RedisServer(folder / "redis", keeps=True)).url if "redis" in kind else address
        yield Engines({"GONGZHONG_STATE": state, "GONGZHONG_DATABASE": address}, servers)
