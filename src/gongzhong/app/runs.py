"""The claims of one account: those that this process works on, and the answers of those that are done.

This is the one object that the reply window takes its claims from, so that another one may share them.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ..messages import Push, Reply
from .claims import Claim, Phase

if TYPE_CHECKING:
    from .dispatch import Later

SUCCESS = b"success"
KEPT_S = 60.0
"""How long an answer stays for late repetitions at least, and twice that at most; WeChat's attempts span 15 s."""
MOST_KEPT = 50_000
"""Answers at most; half of them is kept in any case."""


class Run:
    """One claim at work: its record, and what belongs to this process."""

    __slots__ = (
        "body",
        "changed",
        "claim",
        "cut",
        "first",
        "keeping",
        "kept",
        "lined",
        "loop",
        "lost",
        "push",
        "rescue",
        "said_bytes",
        "task",
    )

    def __init__(self, claim: Claim, push: Push, loop: asyncio.AbstractEventLoop) -> None:
        self.claim, self.push, self.loop = claim, push, loop
        self.body: bytes | None = None
        """What every delivery is answered with, once that is decided."""
        self.first: Reply | Later | None = None
        """What the handler said at once, or the coroutine that runs it."""
        self.task: asyncio.Task[None] | None = None
        self.cut = False
        """Whether the handler was cancelled from here."""
        self.kept = self.keeping = self.lost = False
        """Whether the message is in the inbox; whether it is being put there; whether another process has it now."""
        self.lined = False
        """Whether some of what the handler said went to the person's line."""
        self.said_bytes = 0
        self.changed: asyncio.Future[None] | None = None
        self.rescue: asyncio.TimerHandle | None = None

    @property
    def working(self) -> bool:
        """Whether the handler's task is not done."""
        return self.task is not None and not self.task.done()

    def when_changed(self) -> asyncio.Future[None]:
        if self.changed is None or self.changed.done():
            self.changed = self.loop.create_future()
        return self.changed

    def wake(self) -> None:
        if self.changed is not None and not self.changed.done():
            self.changed.set_result(None)


class Claims:
    """Claims by their key (`messages.dedup_key`). Used from one event loop."""

    def __init__(self) -> None:
        self._runs: dict[str, Run] = {}
        self._answers: dict[str, bytes] = {}
        """Of a claim that is done only its answer stays: whole claims would keep the garbage collector busy."""
        self._before: dict[str, bytes] = {}
        """Older answers, which are forgotten all at once."""
        self._change_at = 0.0
        """When to forget those and count the others among them, in the loop's seconds."""
        self._interrupted: set[str] = set()
        """Pushes whose handlers were cut off with a loop: they may come again."""

    def knows(self, key: str) -> bool:
        """Whether a push is being worked on or was just answered, so that it is a repeat of WeChat's own."""
        return key in self._answers or key in self._runs or key in self._before or key in self._interrupted

    def answered(self, key: str) -> bytes | None:
        """The answer of a claim that is done."""
        return self._answers.get(key) or self._before.get(key)

    def find(self, key: str) -> Run | None:
        """The claim that is being worked on."""
        return self._runs.get(key)

    def runs(self) -> list[Run]:
        """All that are being worked on."""
        return list(self._runs.values())

    def begin(self, run: Run) -> None:
        """Take up a claim."""
        self._runs[run.claim.key] = run

    def settle(self, run: Run) -> None:
        """Keep only the answer of a claim that no event can change any more."""
        claim = run.claim
        if claim.phase is not Phase.CLOSED or not claim.ended or claim.open:
            return
        if self._runs.pop(claim.key, None) is None:
            return
        if run.rescue is not None:
            run.rescue.cancel()
        self.keep(claim.key, run.body or SUCCESS, run.loop.time())

    def forget(self, key: str) -> None:
        """Forget the answer of a claim that is done: another process handles the push anew."""
        self._answers.pop(key, None)
        self._before.pop(key, None)

    def drop(self, run: Run) -> None:
        """Forget a claim without an answer."""
        self._runs.pop(run.claim.key, None)
        if run.rescue is not None:
            run.rescue.cancel()

    def keep(self, key: str, body: bytes, now: float) -> None:
        """Keep an answer for late repetitions, for some time; `now` in the loop's seconds."""
        if now >= self._change_at or len(self._answers) >= MOST_KEPT // 2:
            self._before = self._answers if now < self._change_at + KEPT_S else {}
            self._answers = {}
            self._change_at = now + KEPT_S
        self._answers[key] = body

    def move(self, now: float) -> list[Run]:
        """Go on in another event loop: answers are kept, the runs of the loop before are given back."""
        runs, self._runs, self._change_at = self.runs(), {}, now + KEPT_S
        self._interrupted.update(run.claim.key for run in runs)
        return runs
