"""People who write, workers that take turns answering, and everything that can go wrong in between.

Each message becomes a piece of work; its handler takes up to a minute and gives one answer, which is a second piece
of work: a worker sends it. What is right is read from the phones: what each person was shown, in which order.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from gongzhong.errors import OutcomeUnknown
from gongzhong.store import MemoryWork, NewWork, Work
from gongzhong.store.worker import Worker, WorkPolicy
from gongzhong.testing.seeded import Network, Process, SeededLoop

from .room import Mishaps, RemoteStore

T = TypeVar("T")

ACCOUNT = "wx00000000000000aa"
PEOPLE, MESSAGES = 4, 20
TROUBLE_S = 240.0
"""How long things go wrong, in seconds; then everything must come to an end."""
CALM_S = 300.0
LEASE_S = 15.0


def drawn(seed: int) -> Mishaps:
    """What goes wrong in the world of a seed; in every tenth nothing."""
    return Mishaps() if seed % 10 == 0 else Mishaps.drawn(seed, (0, 1, 4), (0.0, 0.0, 0.03))


@dataclass(eq=False)
class Run:
    """A handler at work; `stalled`: its process was stopped meanwhile, so that it may have lost the message."""

    line: str
    number: str
    process: Process
    stalled: bool = False


class WorkWorld:
    """The world of one seed. `run` plays it; then `wrong` says what is not as it should be."""

    def __init__(self, seed: int, mishaps: Mishaps, table: type[MemoryWork] = MemoryWork) -> None:
        self.loop, self.mishaps = SeededLoop(seed), mishaps
        self.random = self.loop.random
        self.database, self.wechat = Process(self.loop, "database"), Process(self.loop, "wechat")
        self.to_store, self.to_wechat = Network(self.loop), Network(self.loop)
        self.table = table(self.database.clock)
        self.phones: dict[str, list[str]] = {f"person {number}": [] for number in range(PEOPLE)}
        self.started: Counter[str] = Counter()
        self.running: list[Run] = []
        self.together: list[str] = []
        """Messages of one person that were worked on at the same time, by workers that nothing had befallen."""
        self.workers: list[Process] = []
        self.reached: set[str] = set()

    def run(self) -> WorkWorld:
        for number in range(3):
            self._begin(f"worker {number}")
        self._plan()
        writing = Process(self.loop, "people").start(self._write())
        self.loop.run_for(TROUBLE_S)
        self.loop.run_until_complete(writing)
        while self.table._rows and self.loop.time() < TROUBLE_S + CALM_S:
            self.loop.run_for(10)
        return self

    async def _write(self) -> None:
        """Everybody writes now and then; a message counts once it is in the table."""
        for number in range(MESSAGES):
            await asyncio.sleep(self.random.expovariate(MESSAGES / TROUBLE_S * 1.5))
            line = f"person {self.random.randrange(PEOPLE)}"
            await self.table.add(
                ACCOUNT, [NewWork(kind="push", data=str(number).encode(), line=line, key=f"m{number}")]
            )

    def _begin(self, name: str) -> None:
        process = Process(self.loop, name)
        self.workers.append(process)
        store: Any = RemoteStore(self.to_store, self.database, self.table)
        policy = WorkPolicy(lease_s=LEASE_S, at_once=4, poll_s=8.0, pause_s=0.5)
        handle = partial(self._handle, process)
        for kind, do in (("push", handle), ("answer", self._send)):
            worker = Worker(
                store, ACCOUNT, kind, do, holder=f"{name} {kind}", policy=policy, source=self.random
            )
            process.start(worker.run())

    async def _handle(self, process: Process, work: Work) -> Sequence[NewWork]:
        """The handler: takes its time and gives one answer, which tells the attempts apart."""
        number = work.data.decode()
        self.started[number] += 1
        attempt = self.started[number]
        run = Run(work.line, number, process)
        for other in self.running:
            if (
                other.line == run.line
                and other.number != number
                and other.process.alive
                and not other.stalled
            ):
                self.together.append(f"{other.number} and {number} of {run.line}")
        self.running.append(run)
        try:
            await asyncio.sleep(self.random.choice((0.0, 0.5, 5.0, 40.0)))
        finally:
            self.running.remove(run)
        return [NewWork(kind="answer", data=f"{number}/{attempt}".encode(), line=work.line)]

    async def _send(self, work: Work) -> Sequence[NewWork]:
        """Show the answer; what may have been shown is not shown again."""

        async def show() -> None:
            self.phones[work.line].append(work.data.decode())

        try:
            await self.to_wechat.call(self.wechat, show)
        except OutcomeUnknown:
            self.reached.add("in doubt")
        return ()

    # ---- what goes wrong

    def _plan(self) -> None:
        self.to_store.loss = self.to_wechat.loss = self.mishaps.loss
        self.loop.call_later(TROUBLE_S, self._calm)
        for count, happen in (
            (self.mishaps.deaths, self._die),
            (self.mishaps.stops, self._stop),
            (self.mishaps.outages, self._outage),
        ):
            for _ in range(count):
                self.loop.call_later(self.random.random() * TROUBLE_S * 0.8, happen)

    def _calm(self) -> None:
        self.to_store.loss = self.to_wechat.loss = 0.0
        self._back()

    def _back(self) -> None:
        self.to_store.down = False

    def _die(self) -> None:
        victim = self.workers.pop(self.random.randrange(len(self.workers)))
        victim.kill()
        self.reached.add("death")
        self._begin(f"{victim.name}'")

    def _stop(self) -> None:
        victim = self.random.choice(self.workers)
        victim.stop()
        for run in self.running:
            run.stalled |= run.process is victim
        self.loop.call_later(self.random.choice((2.0, LEASE_S + 1, 60.0)), victim.resume)
        self.reached.add("stop")

    def _outage(self) -> None:
        self.to_store.down = True
        self.loop.call_later(self.random.choice((3.0, 40.0)), self._back)
        self.reached.add("outage")

    # ---- what must hold

    def wrong(self) -> list[str]:
        found = [f"an error that nobody saw: {problem}" for problem in self.loop.problems]
        found += [f"handled at the same time: {pair}" for pair in self.together]
        left = list(self.table._rows.values())
        if left:
            found.append(f"still to be done: {[(work.kind, work.stage, work.data) for work in left]}")
        for person, shown in self.phones.items():
            found += self._shown_wrong(person, [text.split("/") for text in shown])
        again = {number: count for number, count in self.started.items() if count > 1}
        if again:
            self.reached.add("started again")
            if self.mishaps == Mishaps():
                found.append(f"handlers ran again though nobody died: {again}")
        shown_to_all = {text.split("/")[0] for shown in self.phones.values() for text in shown}
        missing = {str(number) for number in range(MESSAGES)} - shown_to_all
        if missing and "in doubt" not in self.reached:
            found.append(f"never answered: {missing}")
        return found

    def _shown_wrong(self, person: str, shown: list[list[str]]) -> list[str]:
        found = []
        first: dict[str, str] = {}
        for number, attempt in shown:
            if first.setdefault(number, attempt) != attempt:
                found.append(f"{person} saw two different answers to message {number}")
        order = list(dict.fromkeys(int(number) for number, _ in shown))
        if order != sorted(order):
            found.append(f"{person} saw answers out of order: {order}")
        twice = [number for number, count in Counter(number for number, _ in shown).items() if count > 1]
        if twice:
            self.reached.add("shown twice")
            dangerous = self.mishaps.deaths or self.mishaps.stops or self.mishaps.outages or self.mishaps.loss
            if not dangerous:
                found.append(f"{person} saw answers twice: {twice}")
        return found
