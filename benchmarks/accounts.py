"""Many accounts in one process: what each of them costs, idle and at work.

    python benchmarks/accounts.py [--quick] [--json]

One process serves one account, then a thousand, with everything in memory and with SQLite for state and inbox. Memory
is counted before the first push and after some for each account; processor time for each push, and while nothing comes.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from results import Progress, Result, run_alone

from gongzhong.database import read_url
from gongzhong.running.listening import free_port
from gongzhong.store import migrate
from servers import BENCHMARKS, cores, cpu_s, output_of, resident_mb, served

MANY = 1_000
PUSHES = 40_000


class Cost(NamedTuple):
    """What a process takes: MB before and after the pushes, µs for each push, % of a core while nothing comes."""

    idle_mb: float
    busy_mb: float
    push_us: float
    idle_percent: float


@contextmanager
def running(accounts: int, address: str) -> Iterator[tuple[int, int]]:
    """A server with so many accounts: its port and its process id."""
    port = free_port()
    command: list[str | Path] = [sys.executable, "-m", "gongzhong", "serve", "gongzhong_accounts.py:accounts"]
    env = {"ACCOUNTS": str(accounts)} | ({"STATE": address} if address else {})
    line = [*command, "--log-level", "warning", "--port", str(port)]
    with served(line, port, core=cores().server, env=env) as pid:
        yield port, pid


def send(port: int, accounts: int, first: int, count: int) -> None:
    """Have so many pushes answered, in turn by all accounts. Raises RuntimeError when an answer was wrong."""
    command: list[str | Path] = [sys.executable, BENCHMARKS / "load.py", "--mode", "plain"]
    given = {"port": port, "accounts": accounts, "first": first, "count": count}
    for name, value in given.items():
        command += [f"--{name}", str(value)]
    if json.loads(output_of(command, cores().sender))["failures"]:
        raise RuntimeError("wrong answers")


def cost(accounts: int, address: str, count: int, idle_s: float) -> Cost:
    with running(accounts, address) as (port, pid):
        before_mb = resident_mb(pid)
        send(port, accounts, 0, max(2_000, 2 * accounts))  # every account has begun
        began_s = cpu_s(pid)
        send(port, accounts, 10 * MANY, count)
        push_us = (cpu_s(pid) - began_s) / count * 1e6
        busy_mb = resident_mb(pid)
        time.sleep(1)
        began_s, began = cpu_s(pid), time.monotonic()
        time.sleep(idle_s)
        idle = (cpu_s(pid) - began_s) / (time.monotonic() - began)
        return Cost(before_mb, busy_mb, push_us, 100 * idle)


def measure(quick: bool, progress: Progress) -> list[Result]:
    count, idle_s = (PUSHES // 5, 3.0) if quick else (PUSHES, 20.0)
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        for name, address in (("memory", ""), ("sqlite", f"sqlite:///{folder}/shared.db")):
            progress(f"公众号 accounts: {name}")
            if address:  # making the tables takes memory once
                migrate.prepare(read_url(address))
            one, many = cost(1, address, count, idle_s), cost(MANY, address, count, idle_s)
            each_kb = 1_000 * (many.idle_mb - one.idle_mb) / (MANY - 1)
            busy_kb = 1_000 * (many.busy_mb - one.busy_mb) / (MANY - 1)
            ratio = many.push_us / one.push_us
            lines += [
                Result(f"{name} 1 account", "MB", one.idle_mb),
                Result(f"{name} {MANY:,} accounts", "MB", many.idle_mb),
                Result(f"{name} 每号 each, idle", "KB", each_kb),
                Result(f"{name} 每号 each, at work", "KB", busy_kb),
                Result(f"{name} 每条 push", "µs", many.push_us, "1 account", one.push_us, 1 / ratio),
                Result(f"{name} 空闲 idle", "% CPU", many.idle_percent, "1 account", one.idle_percent),
            ]
    return lines


if __name__ == "__main__":
    run_alone(measure, __doc__)
