"""Shared state: operations a second for each engine, beside memory in the same process.

    python benchmarks/state.py [--quick] [--json]

64 tasks at once on keys of their own, in one process, against servers on this machine. SQLite and PostgreSQL flush
every commit to the disk. An engine whose server is not installed is left out.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import pytest
from results import Progress, Result, alternate, faster, run_alone

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.servers import Postgres, RedisServer, Server

from gongzhong.state import State, open_state

TASKS = 64
VALUE = b"x" * 300
"""About what a claim needs."""

Operation = Callable[[State, str, int], Awaitable[object]]


async def read(state: State, key: str, _: int) -> object:
    return await state.get(key)


async def write(state: State, key: str, number: int) -> object:
    return await state.put(f"{key}/{number}", VALUE, replaces=0, ttl_s=60)


async def count(state: State, key: str, _: int) -> object:
    return await state.add(key, 1, None, 60)


async def hold(state: State, key: str, number: int) -> object:
    return await state.lease(f"{key}/{number}", "holder", 30)


OPERATIONS: dict[str, Operation] = {"get": read, "put": write, "add": count, "lease": hold}


def rate(address: str, operation: Operation, seconds: float) -> float:
    """Operations a second."""

    async def task(state: State, key: str, end: float) -> int:
        done = 0
        while time.perf_counter() < end:
            await operation(state, key, done)
            done += 1
        return done

    async def main() -> float:
        state = open_state(address, answer_within_s=10)
        run = str(time.perf_counter_ns())
        for number in range(TASKS):
            await state.put(f"{run}/{number}", VALUE, replaces=0, ttl_s=600)
        began = time.perf_counter()
        counts = await asyncio.gather(*(task(state, f"{run}/{n}", began + seconds) for n in range(TASKS)))
        spent = time.perf_counter() - began
        await state.close()
        return sum(counts) / spent

    return asyncio.run(main())


@contextmanager
def engines() -> Iterator[dict[str, str]]:
    """The addresses of all engines that this machine has."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        place = Path(folder)
        place.chmod(0o711)
        found = {"memory": "memory:", "sqlite": f"sqlite:///{place}/state.db"}
        makers: dict[str, Callable[[], Postgres | RedisServer]] = {
            "postgresql": lambda: Postgres(place / "postgres", flushes=True),
            "redis": lambda: RedisServer(place / "redis"),
        }
        for name, make in makers.items():
            try:
                server: Server = make()
            except pytest.skip.Exception:
                continue
            server.start()
            stack.callback(server.stop)
            found[name] = server.url
        yield found


def measure(quick: bool, progress: Progress) -> list[Result]:
    rounds, seconds = (1, 0.4) if quick else (3, 2.0)
    lines = []
    with engines() as addresses:
        for name, operation in OPERATIONS.items():
            progress(f"共享状态 state {name}")
            contestants = {
                engine: partial(rate, address, operation, seconds) for engine, address in addresses.items()
            }
            rates = alternate(contestants, rounds)
            memory = rates.pop("memory")
            lines += [faster(f"{name}，{engine}", given, "memory", memory) for engine, given in rates.items()]
    return lines


if __name__ == "__main__":
    run_alone(measure, __doc__ or "")
