"""What WeChat does later: results of jobs, ends of windows, anything with a time on the world's clock.

A chapter names a kind of job and the function that does it; jobs wait in a table, so they survive a restart, and run in
the order of their time when the clock has reached it: by itself as time passes, or at once when it is moved.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from .world import World

Job = Callable[[World, dict[str, Any]], None]
JOBS: dict[str, Job] = {}


def job(kind: str) -> Callable[[Job], Job]:
    """Mark the function that carries out one kind of job."""

    def register(function: Job) -> Job:
        if kind in JOBS:
            raise ValueError(f"there are two functions for the job {kind}")
        JOBS[kind] = function
        return function

    return register


def later(world: World, seconds: float, kind: str, **payload: Any) -> int:
    """Have a job done `seconds` from now; the payload must be plain JSON. Returns a number to cancel it by."""
    if kind not in JOBS:
        raise LookupError(f"no function for the job {kind}")
    number = world.db.insert(
        "INSERT INTO due (at, kind, payload) VALUES (?, ?, ?)",
        world.now() + seconds,
        kind,
        msgspec.json.encode(payload).decode(),
    )
    world.rescheduled()
    return number


def cancel(world: World, number: int) -> None:
    world.db.run("DELETE FROM due WHERE id = ?", number)


def next_due(world: World) -> float | None:
    """When the next job is due, in unix seconds of the world's clock."""
    at: float | None = world.db.value("SELECT min(at) FROM due")
    return at


def run_due(world: World) -> int:
    """Do everything whose time has come, the earliest first; returns how many jobs that were."""
    done = 0
    while True:
        row = world.db.one("SELECT * FROM due WHERE at <= ? ORDER BY at, id LIMIT 1", world.now())
        if row is None:
            return done
        world.db.run("DELETE FROM due WHERE id = ?", row["id"])
        JOBS[row["kind"]](world, msgspec.json.decode(row["payload"]))
        done += 1
