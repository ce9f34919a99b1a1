"""Two hosts and one PostgreSQL, one of the hosts cut off for a while: `python -m tests.chaos.two_hosts JSON`, run in
the middle namespace of a `Network`. Says the report as JSON on its last line."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from tests.servers import Postgres
from tests.sockets.served import credentials

from gongzhong.database import read_url
from gongzhong.platform.world.settings import Kind
from gongzhong.running.listening import free_port
from gongzhong.store import migrate
from gongzhong.testing.live_platform import LivePlatform

from .crowd import Crowd
from .farm import Host, Nginx, Steps, ended
from .judge import Fate
from .namespaces import Network, Relays, ip
from .plan import Size, drawn
from .run import DRAINS_S, happening, reported

LATE_S = 60.0
LISTENS_AT = 8000


class Wanted(msgspec.Struct):
    """What is to be run. `hosts` are the names of their namespaces; the first one's cable is cut."""

    folder: str
    middle: str
    hosts: list[str]
    account: Kind
    seed: int
    size: Size
    cut_at_s: float
    cut_s: float


class Found(msgspec.Struct):
    """What came of it: lists of messages, and the report to be shown."""

    lost: list[str]
    unfounded: list[str]
    doubled: list[str]
    reordered: list[str]
    late: list[str]
    starts_on_both: int
    """Messages whose handlers were started on the host that was cut off, and on another one."""
    started_while_cut: int
    """Handlers that the host which was cut off began after the others might take over."""
    table: str


def carry_out(wanted: Wanted) -> Found:
    """Start everything, let everybody write, cut the cable and join it again."""
    folder = Path(wanted.folder)
    with ExitStack() as ending:
        bed = ending.enter_context(LivePlatform())
        postgres = Postgres(folder / "postgres")
        postgres.start()
        ending.callback(postgres.stop)
        migrate.prepare(read_url(postgres.url))
        steps = Steps(folder / "steps")
        _relay([int(urlsplit(bed.url).port or 0), postgres.port], len(wanted.hosts), ending)
        hosts = []
        for number, name in enumerate(wanted.hosts, 1):
            hosts.append(_host(folder / f"host {number}", number, name, bed, postgres, steps))
            ending.callback(ended, hosts[-1].supervisor)
        upstreams = "".join(
            f"server 10.213.{number}.2:{LISTENS_AT} max_fails=1 fail_timeout=5s;"
            for number in range(1, len(hosts) + 1)
        )
        port = free_port()
        nginx = Nginx(folder / "nginx", f"127.0.0.1:{port}", upstreams)
        ending.callback(ended, nginx.process)
        verified = wanted.account == "service"
        bed.connect(url=f"http://127.0.0.1:{port}/", kind=wanted.account, verified=verified)
        return _run(wanted, bed, hosts, steps)


def _relay(ports: list[int], hosts: int, ending: ExitStack) -> None:
    """Make WeChat and PostgreSQL reachable from the hosts."""
    loop, relays = asyncio.new_event_loop(), Relays()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    ending.callback(loop.call_soon_threadsafe, loop.stop)
    for number in range(1, hosts + 1):
        for port in ports:
            begun = asyncio.run_coroutine_threadsafe(relays.begin(f"10.213.{number}.1", port), loop)
            begun.result(10)
    ending.callback(loop.call_soon_threadsafe, relays.close)


def _host(folder: Path, number: int, name: str, bed: LivePlatform, postgres: Postgres, steps: Steps) -> Host:
    middle = f"10.213.{number}.1"
    database = postgres.url.replace("127.0.0.1", middle)
    environment = credentials(
        bed,
        GONGZHONG_API_BASE=bed.url.replace("127.0.0.1", middle),
        GONGZHONG_STATE=database,
        GONGZHONG_DATABASE=database,
        STEPS=str(steps.path),
    )
    listen = ["--host", f"10.213.{number}.2", "--port", str(LISTENS_AT)]
    return Host(folder, environment, 2, listen, inside=Network.inside(name))


def _run(wanted: Wanted, bed: LivePlatform, hosts: list[Host], steps: Steps) -> Found:
    crowd, began, cut = Crowd(bed, drawn(wanted.seed, wanted.size)), time.monotonic(), list[float]()

    def switch(to: str) -> None:
        ip("-n", wanted.middle, "link", "set", "to1", to)
        cut.append(time.time())

    times = [
        (wanted.cut_at_s, lambda: switch("down")),
        (wanted.cut_at_s + wanted.cut_s, lambda: switch("up")),
    ]
    away = hosts[0].workers()
    with happening(times):
        crowd.write(wanted.cut_at_s + wanted.cut_s + wanted.size.slowest_s + DRAINS_S)
        # everything that the host does when it is back must have happened
        time.sleep(max(0.0, began + wanted.cut_at_s + wanted.cut_s + AFTERWARDS_S - time.monotonic()))
    said = steps.of("said")
    in_flight = {step.text for step in said if step.pid in away and -1.0 < step.at - cut[0] < SENT_AT_ONCE_S}
    fates = [Fate(pid, cut[0], cut[1]) for pid in away]
    report = reported(crowd, steps, fates, late_s=LATE_S, began=began)
    report.faults["cut off"] = 1
    starts = steps.of("start")
    here = {step.text for step in starts if step.pid in away}
    there = {step.text for step in starts if step.pid not in away}
    again = [step for step in starts if step.pid in away and cut[0] + TAKEN_OVER_S < step.at < cut[1]]
    return Found(
        report.lost,
        report.unfounded,
        [text for text in report.doubled if text not in in_flight],
        report.reordered_without_reason,
        report.late,
        len(here & there),
        len(again),
        report.table(f"two hosts, one cut off for {wanted.cut_s:.0f} s, {wanted.account} account"),
    )


SENT_AT_ONCE_S = 0.5
"""What a host was sending to WeChat in the moment of the cut may have arrived without its knowledge, and is sent by
another host, too: customer-service messages have no key by which WeChat could refuse the second one."""
AFTERWARDS_S = 20.0
"""How long after the cable is joined again everything is looked at: rows that nobody holds are found 17 s later."""
TAKEN_OVER_S = 8.0
"""A host that is cut off counts as dead after so long."""


if __name__ == "__main__":
    found = carry_out(msgspec.json.decode(sys.argv[1], type=Wanted))
    sys.stdout.write(f"\n{msgspec.json.encode(found).decode()}\n")
