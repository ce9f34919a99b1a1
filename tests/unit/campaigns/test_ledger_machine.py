"""The ledger's decisions under every order of events: answers lost, late and doubled, crashes, clocks that jump.

WeChat is a model of a few lines: it counts how often each message was carried out, and where there is an id it carries
the same one out once while it remembers it.
"""

from __future__ import annotations

import copy

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from gongzhong.campaigns import Attempt, Ledger, Outcome, Result, Rules, State, Verdict, decide
from gongzhong.campaigns.decision import SETTLED, recorded, tried

JOBS = 5
NOW = 1_790_000_000.0
REMEMBERED_S = 600.0
"""So long WeChat remembers an id; the rules reckon with two minutes less."""
JUMP_S = 100.0
"""Clocks may be set back by less than the margin of two minutes."""
FATES = ("accepted", "answer lost", "never arrived", "refused", "again")


class LedgerMachine(RuleBasedStateMachine):
    """One chunk, its workers one after the other, and WeChat."""

    @initialize(once=st.booleans())
    def begin(self, once: bool) -> None:
        self.once = once
        self.law = Rules(once_s=480.0 if once else 0.0, unit=3)
        self.ledger = Ledger(JOBS)
        self.now, self.wechat = NOW, NOW
        self.carried_out = [0] * JOBS
        self.remembered = [0.0] * JOBS
        """When WeChat met the id of each for the first time, by its own clock."""
        self.late: list[Outcome] = []
        self.settled: set[int] = set()

    @rule(fates=st.lists(st.sampled_from(FATES), min_size=JOBS, max_size=JOBS), crash=st.booleans())
    def work(self, fates: list[str], crash: bool) -> None:
        """What a worker does next; in a crash its outcomes are not recorded, but may be later."""
        histories = self.ledger.histories()
        step = decide(histories, self.now, self.law)
        if step.record:
            recorded(histories, step.record)
            self.ledger.outcomes += step.record
        elif step.send:
            n = len(self.ledger.attempts) + 1
            attempt = Attempt(n, n, self.now, sum(1 << position for position in step.send))
            self.ledger.attempts.append(attempt)
            known = [self._call(position, n, fates[position]) for position in step.send]
            outcomes = [one for one in known if one is not None]
            if crash:
                self.late += outcomes
                return
            tried(histories, attempt, outcomes)
            self.ledger.outcomes += outcomes
        if not self.ledger.results:
            assert [one.state for one in histories] == [one.state for one in self.ledger.histories()]

    def _call(self, position: int, n: int, fate: str) -> Outcome | None:
        """The outcome that the worker learns, if any."""
        if fate == "never arrived":
            return None
        if fate == "again":
            return Outcome(position, n, Verdict.AGAIN, -1, at=self.now)
        if fate == "refused" and not self.carried_out[position]:
            return Outcome(position, n, Verdict.REFUSED, 43004, at=self.now)
        forgotten = self.wechat >= self.remembered[position] + REMEMBERED_S
        if not self.once or not self.carried_out[position] or forgotten:
            self.carried_out[position] += 1
            self.remembered[position] = self.wechat
        if fate == "answer lost":
            return None
        return Outcome(position, n, Verdict.ACCEPTED, msgid=position + 1, at=self.now)

    @rule()
    def recorded_late(self) -> None:
        """What a worker learnt before it was stopped comes after all, also twice."""
        self.ledger.outcomes += copy.copy(self.late)

    @rule(position=st.integers(0, JOBS - 1), delivered=st.booleans())
    def result(self, position: int, delivered: bool) -> None:
        """A result event, perhaps once more; it finds the message by the msgid of a recorded outcome."""
        if any(one.position == position and one.msgid for one in self.ledger.outcomes):
            self.ledger.results.append(Result(position, delivered))

    @rule(seconds=st.sampled_from((1.0, 59.0, 300.0, 481.0, 3_600.0)))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        self.wechat += seconds

    @rule(seconds=st.floats(-JUMP_S, JUMP_S))
    def clock_jumps(self, seconds: float) -> None:
        """This host's clock is set; how far it is from WeChat's stays within the margin."""
        self.now = self.wechat + seconds

    @invariant()
    def nobody_gets_it_twice(self) -> None:
        assert max(getattr(self, "carried_out", [0])) <= 1

    @invariant()
    def what_is_said_is_true(self) -> None:
        for position, history in enumerate(self.ledger.histories() if hasattr(self, "ledger") else []):
            if history.state in (State.ACCEPTED, State.DELIVERED, State.FAILED):
                assert self.carried_out[position] == 1
            if history.state is State.REFUSED:
                assert self.carried_out[position] == 0
            if history.state in SETTLED:
                self.settled.add(position)
            else:
                assert position not in self.settled, "what is settled stays so"

    def teardown(self) -> None:
        """Without trouble everything ends."""
        if not hasattr(self, "ledger"):
            return
        for _ in range(200):
            step = decide(self.ledger.histories(), self.now, self.law)
            if step.done and not step.record:
                break
            self.work(["accepted"] * JOBS, crash=False)
            self.time_passes(60.0)
        assert {one.state for one in self.ledger.histories()} <= SETTLED


TestLedger = LedgerMachine.TestCase
TestLedger.settings = settings(
    max_examples=150,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
