"""What WeChat does later: results of jobs, ends of windows, anything with a time on the world's clock.

Jobs wait in a table with their kind and a payload, so they survive a restart, and run in the order of their time when
the clock has reached it: as time passes, or at once when the clock is moved. `run_due` is given the function for each
kind.
"""

from __future__ import annotations

import logging
import sqlite3
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from .refusal import Refusal
from .world import World

Job = Callable[[World, dict[str, Any]], None]
LOGGER: Final = logging.getLogger("gongzhong.platform")


class FailedJob(msgspec.Struct, frozen=True, kw_only=True):
    """A job that was tried `attempts` times and given up; `time` in unix seconds of the world's clock."""

    id: int
    kind: str
    attempts: int
    time: float
    error: str


def later(world: World, seconds: float, kind: str, **payload: Any) -> int:
    """Have a job done `seconds` from now; the payload must be plain JSON. Returns a number to cancel it by."""
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


def run_due(world: World, jobs: Mapping[str, Job]) -> int:
    """Do everything whose time has come, the earliest first; returns how many jobs succeeded.

    `jobs` has the function for each kind. Each job is one transaction. One that raises changes nothing and is tried
    again after `rules.job_retry_s`; after `rules.job_attempts` attempts it moves to the failed jobs with its error. The
    jobs behind it are done in any case.
    """
    done = 0
    while True:
        row = world.db.one("SELECT * FROM due WHERE at <= ? ORDER BY at, id LIMIT 1", world.now())
        if row is None:
            return done
        try:
            with world.db.transaction():
                world.db.run("DELETE FROM due WHERE id = ?", row["id"])
                jobs[row["kind"]](world, msgspec.json.decode(row["payload"]))
            done += 1
        except Exception as problem:
            _failed(world, row, problem)


def _failed(world: World, row: sqlite3.Row, problem: Exception) -> None:
    attempts = row["attempts"] + 1
    error = _described(problem)
    LOGGER.error("job %s failed, attempt %d: %s", row["kind"], attempts, error)
    if attempts < world.rules.job_attempts:
        later_at = world.now() + world.rules.job_retry_s
        world.db.run("UPDATE due SET at = ?, attempts = ? WHERE id = ?", later_at, attempts, row["id"])
        return
    with world.db.transaction():
        world.db.run("DELETE FROM due WHERE id = ?", row["id"])
        world.db.insert(
            "INSERT INTO failed_job (kind, payload, attempts, time, error) VALUES (?, ?, ?, ?, ?)",
            row["kind"],
            row["payload"],
            attempts,
            world.now(),
            error,
        )
    world.announce("state", {})


def _described(problem: Exception) -> str:
    """The kind of error and where it was raised. Its text is left out: it may hold what people wrote."""
    if isinstance(problem, Refusal):
        return f"return code {problem.code}"
    frames = traceback.extract_tb(problem.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return type(problem).__name__ + place


def failed(world: World) -> list[FailedJob]:
    """Jobs that were given up, the latest first."""
    rows = world.db.all("SELECT id, kind, attempts, time, error FROM failed_job ORDER BY id DESC")
    return [FailedJob(**dict(row)) for row in rows]
