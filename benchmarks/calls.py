"""API calls: how many template messages a client sends in a second, beside wechatpy.

    python benchmarks/calls.py [--quick] [--json]

`api_server.py` answers at once from one core; the clients run on the other, each in a process of its own that
makes one call before its clock starts. Ours: one call at a time with `Client`, 64 in flight with `AsyncClient`, both
with the transports that they take by themselves, then with the optional pyreqwest. wechatpy has one client, which
blocks.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from environments import peer
from results import Progress, Result, alternate, faster, run_alone

from gongzhong.running.listening import free_port
from servers import BENCHMARKS, cores, output_of, served

PEER = "wechatpy"


class Road(NamedTuple):
    """One transport: what it is called, calls in a round, and how many times faster than wechatpy it must be."""

    name: str
    calls: int
    at_least: float | None = None


ROADS = {
    "urllib3": Road("Client urllib3", 6_000, 2.5),
    "asyncio": Road("AsyncClient", 15_000, 6.0),
    "pyreqwest": Road("Client pyreqwest", 6_000),
    "pyreqwest-async": Road("AsyncClient pyreqwest", 15_000),
}
CALLS_OF_PEER = 3_000


def rate(command: list[str | Path], port: int, count: int) -> float:
    """Calls a second of one client process."""
    return count / float(output_of([*command[:2], str(port), str(count), *command[2:]], cores().sender))


def clients(port: int, quick: bool) -> dict[str, Callable[[], float]]:
    """One client for each transport of ours, then wechatpy's."""
    apps, less = BENCHMARKS / "apps", 5 if quick else 1
    ours: list[str | Path] = [sys.executable, apps / "gongzhong_calls.py"]
    theirs: list[str | Path] = [peer("wechatpy"), apps / "wechatpy_calls.py"]
    contestants: dict[str, Callable[[], float]] = {
        name: partial(rate, [*ours, name], port, road.calls // less) for name, road in ROADS.items()
    }
    return contestants | {PEER: partial(rate, theirs, port, CALLS_OF_PEER // less)}


def measure(quick: bool, progress: Progress) -> list[Result]:
    """Every transport beside wechatpy."""
    port = free_port()
    with served([sys.executable, BENCHMARKS / "api_server.py", str(port)], port, core=cores().server):
        progress("接口调用 / API calls")
        rates = alternate(clients(port, quick), 3 if quick else 7)
    return [
        faster(f"调用 {road.name}", rates[name], PEER, rates[PEER], road.at_least)
        for name, road in ROADS.items()
    ]


if __name__ == "__main__":
    run_alone(measure, __doc__)
