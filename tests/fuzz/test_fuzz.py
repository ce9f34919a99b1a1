"""No bytes from outside lead to an error that is not documented, to a long wait, or to a secret in a text.

A few thousand inputs in `make test`; `make chaos` sets GONGZHONG_FUZZ to how many there are to be. A failure names seed
and number, and `replay` makes the same input again.
"""

from __future__ import annotations

import logging
import os
import time
import traceback
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .mutation import mutated
from .targets import SECRET, TARGETS, Target

log = logging.getLogger(__name__)
INPUTS = int(os.environ.get("GONGZHONG_FUZZ", "6000"))
SEED = int(os.environ.get("GONGZHONG_FUZZ_SEED", "1"))
BY_NAME = {target.name: target for target in TARGETS}
SHARE = INPUTS / sum(1 / target.cost for target in TARGETS)

everywhere = pytest.mark.parametrize("name", BY_NAME)


def replay(name: str, seed: int, number: int) -> bytes:
    """The input with this number of a run."""
    return mutated(Random(f"{name} {seed} {number}"), BY_NAME[name].samples)


def check(target: Target, data: bytes) -> None:
    """Let a target read; raises AssertionError when it does what it must not."""
    began = time.thread_time()
    try:
        target.run(data)
    except target.allowed as refused:
        shown = "".join(traceback.format_exception(refused)) + repr(refused)
        for language in ("zh", "en") if hasattr(refused, "fix_zh") else ():
            shown += f"{getattr(refused, language)} {getattr(refused, f'fix_{language}')}"
        assert SECRET not in shown, "an error shows a secret"
    took_s = time.thread_time() - began
    assert took_s < target.seconds, f"{len(data)} bytes took {took_s:.2f} s"


@everywhere
def test_samples_themselves_are_read(name: str) -> None:
    """Samples that were refused for a trifle would never reach what they are to test."""
    target, read = BY_NAME[name], 0
    for sample in target.samples:
        try:
            target.run(sample)
            read += 1
        except target.allowed:
            pass
    assert read or name in ("push.envelope", "web.state"), "nobody can make a right signature for these"


@everywhere
def test_inputs_made_from_samples(name: str) -> None:
    target = BY_NAME[name]
    count = max(2, round(SHARE / target.cost))
    began = time.monotonic()
    for number in range(count):
        data = mutated(Random(f"{name} {SEED} {number}"), target.samples)
        try:
            check(target, data)
        except Exception as problem:
            raise AssertionError(
                f"{name}: {type(problem).__name__}: {problem}; replay({name!r}, {SEED}, {number}): {data[:300]!r}"
            ) from problem
    log.info("%s: %d inputs in %.1f s, seed %d", name, count, time.monotonic() - began, SEED)


@everywhere
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.randoms(use_true_random=False))
def test_inputs_that_shrink(name: str, random: Random) -> None:
    """The same with hypothesis, which makes a failing input small."""
    if BY_NAME[name].cost < 100:
        check(BY_NAME[name], mutated(random, BY_NAME[name].samples))
