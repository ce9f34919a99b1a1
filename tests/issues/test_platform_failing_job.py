"""A job of the schedule that fails is tried again, then kept with its error; the jobs behind it are done."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from gongzhong.client import WireRequest
from gongzhong.platform.world import people, schedule
from gongzhong.platform.world.world import World
from gongzhong.testing import LocalPlatform
from gongzhong.testing.in_process import InProcessTransport

from ..unit.platform.conftest import Bench


class Jobs:
    """Two kinds of job: one raises as long as it is told to, one notes that it was done."""

    def __init__(self) -> None:
        self.done: list[int] = []
        self.broken = True

    def bad(self, world: World, payload: dict[str, Any]) -> None:
        people.create(world, f"half done {payload['n']}")
        if self.broken:
            raise RuntimeError("what alice wrote")
        self.done.append(payload["n"])

    def good(self, world: World, payload: dict[str, Any]) -> None:
        self.done.append(payload["n"])

    @property
    def kinds(self) -> dict[str, schedule.Job]:
        return {"test_bad": self.bad, "test_good": self.good}


@pytest.fixture
def jobs() -> Jobs:
    return Jobs()


def test_the_jobs_behind_a_failing_one_are_done(bench: Bench, jobs: Jobs) -> None:
    schedule.later(bench.world, 1, "test_bad", n=1)
    schedule.later(bench.world, 1, "test_good", n=2)
    bench.clock.advance(1)
    assert schedule.run_due(bench.world, jobs.kinds) == 1
    assert jobs.done == [2]
    assert people.everybody(bench.world) == [], "what a failed job changed must not stay"


def test_a_job_that_heals_is_done_at_the_next_attempt(bench: Bench, jobs: Jobs) -> None:
    schedule.later(bench.world, 1, "test_bad", n=1)
    bench.clock.advance(1)
    schedule.run_due(bench.world, jobs.kinds)
    jobs.broken = False
    assert schedule.run_due(bench.world, jobs.kinds) == 0, "not before the pause is over"
    bench.clock.advance(bench.world.rules.job_retry_s)
    assert schedule.run_due(bench.world, jobs.kinds) == 1
    assert jobs.done == [1]
    assert schedule.failed(bench.world) == []


def test_a_job_that_never_succeeds_is_given_up_and_kept(
    bench: Bench, jobs: Jobs, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    schedule.later(bench.world, 1, "test_bad", n=1)
    for _ in range(10):
        bench.clock.advance(bench.world.rules.job_retry_s)
        schedule.run_due(bench.world, jobs.kinds)
    (kept,) = schedule.failed(bench.world)
    assert (kept.kind, kept.attempts) == ("test_bad", bench.world.rules.job_attempts)
    assert kept.error.startswith("RuntimeError at test_platform_failing_job.py:")
    assert schedule.next_due(bench.world) is None
    assert "test_bad" in caplog.text
    assert "alice" not in caplog.text + kept.error


def test_a_job_of_an_unknown_kind_stops_nothing(bench: Bench, jobs: Jobs) -> None:
    bench.world.db.run("INSERT INTO due (at, kind, payload) VALUES (0, 'of another version', '{}')")
    schedule.later(bench.world, 0, "test_good", n=1)
    assert schedule.run_due(bench.world, jobs.kinds) == 1


def test_the_control_state_shows_what_was_given_up(platform: LocalPlatform, jobs: Jobs) -> None:
    platform.platform.jobs = jobs.kinds
    schedule.later(platform.world, 1, "test_bad", n=1)
    for _ in range(platform.world.rules.job_attempts):
        platform.clock.advance(60)
        platform.platform.catch_up()
    request = WireRequest(method="GET", url="http://platform/_platform/state", headers={"host": "127.0.0.1"})
    state = json.loads(platform.run(InProcessTransport(platform.server).send(request)).body)
    (shown,) = state["failed_jobs"]
    assert (shown["kind"], shown["attempts"]) == ("test_bad", 3)
    assert shown["error"].startswith("RuntimeError at ")
