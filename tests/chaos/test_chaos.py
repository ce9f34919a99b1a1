"""Several real processes, many people, slow handlers; then the same while processes are killed and stopped.

What is right is read from the chats: each message answered once, and a handler started again only where its process
was killed or stopped. `make chaos-short` runs small crowds; `make chaos` sets GONGZHONG_CROWD=full: 200 people, 2,000
messages and handlers of up to a minute.
"""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.chaos.crowd import Crowd
from tests.chaos.farm import Farm
from tests.servers import Postgres, RedisServer, Server

from gongzhong.database import read_url
from gongzhong.store import migrate
from gongzhong.testing.live_platform import LivePlatform

pytestmark = pytest.mark.slow
FULL = os.environ.get("GONGZHONG_CROWD") == "full"
SEED = int(os.environ.get("GONGZHONG_FIRST_SEED", "7"))
SIZES: dict[str, Any] = (
    {"people": 200, "messages": 10, "seconds": 240.0, "slowest_s": 60.0}
    if FULL
    else {"people": 8, "messages": 3, "seconds": 6.0, "slowest_s": 7.0}
)
WORKERS = 4 if FULL else 2
MISHAP_EVERY_S = 1.0


@pytest.fixture(
    params=["sqlite", "postgresql", "postgresql + redis"] if FULL else ["sqlite", "postgresql + redis"]
)
def engines(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment that names database and state."""
    if request.param == "sqlite":
        address = f"sqlite:///{tmp_path / 'gongzhong.db'}"
        yield {"GONGZHONG_STATE": address, "GONGZHONG_DATABASE": address}
        return
    servers: list[Server] = [postgres := Postgres(tmp_path / "postgres")]
    environment = {"GONGZHONG_STATE": postgres.url, "GONGZHONG_DATABASE": postgres.url}
    if "redis" in request.param:
        servers.append(redis := RedisServer(tmp_path / "redis", keeps=True))
        environment["GONGZHONG_STATE"] = redis.url
    for server in servers:
        server.start()
    migrate.prepare(read_url(postgres.url))
    yield environment
    for server in servers:
        server.stop()


@pytest.fixture(params=["service", "subscription"])
def farm(
    request: pytest.FixtureRequest, tmp_path: Path, live_platform: LivePlatform, engines: dict[str, str]
) -> Iterator[Farm]:
    made = Farm(tmp_path / "farm", live_platform, WORKERS, engines)
    address = f"http://127.0.0.1:{made.port}/"
    live_platform.connect(url=address, kind=request.param, verified=request.param == "service")
    yield made
    made.close()


def test_every_message_is_answered_once(farm: Farm, live_platform: LivePlatform) -> None:
    crowd = Crowd(live_platform, SEED, **SIZES)
    crowd.write()
    report = crowd.report()
    again = [text for text, count in farm.started().items() if count > 1 and "@" in text]
    assert (report.lost, report.doubled, again) == ([], [], [])
    assert (report.failed, report.alarms) == (0, [])


def test_nothing_is_lost_while_processes_are_killed_and_stopped(
    farm: Farm, live_platform: LivePlatform
) -> None:
    crowd, chance, over = Crowd(live_platform, SEED, **SIZES), random.Random(SEED), threading.Event()

    def trouble() -> None:
        while not over.wait(MISHAP_EVERY_S):
            chance.choice((farm.kill, farm.stop))(chance)

    villain = threading.Thread(target=trouble)
    villain.start()
    threading.Timer(SIZES["seconds"], over.set).start()
    crowd.write()
    over.set()
    villain.join()
    report = crowd.report()
    assert len(report.lost) <= report.failed, report
    for text, count in farm.started().items():
        if count > 1 and "@" in text:
            unlucky = [pid for pid in farm.starters(text) if pid in farm.befallen]
            assert len(unlucky) >= count - 1, f"{text} was begun {count} times, though its process lived"
