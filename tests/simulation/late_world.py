"""Several processes that hand every message to a job queue, and a program elsewhere whose jobs answer with tickets.

The queue runs every job at least once and some of them twice, as queues do; a job goes on until its answer is taken.
What befalls the serving processes, the state and the store, and what must hold, is as in `cluster_world`.
"""

from __future__ import annotations

import asyncio
from typing import Any

from gongzhong import Account, Secret, Text
from gongzhong.app import App, Services
from gongzhong.app.binding import Binding
from gongzhong.client.token_store import MemoryTokenStore
from gongzhong.errors import StateDown
from gongzhong.testing.seeded import Process

from .cluster_world import ClusterWorld
from .room import APPID, SECRET, Mishaps, RemoteStore
from .window_world import FETCH

TWICE = 0.3
"""The share of jobs that the queue runs twice."""


class LateWorld(ClusterWorld):
    """The world of one seed in which all answers come from elsewhere."""

    def begin(self) -> None:
        super().begin()
        self.jobs = Process(self.room.loop, "jobs")
        state: Any = RemoteStore(self.to_database, self.database, self.state)
        store: Any = RemoteStore(self.to_database, self.database, self.store)
        self.elsewhere = App().bind(_account(), Services(clock=self.jobs.clock, state=state, store=store))

    def bound(self, process: Process, **services: Any) -> Binding:
        app = App()

        @app.text()
        async def ask(message: Text, oa: Binding) -> None:
            self.begun(message.content, process)
            self._enqueue(message.content, oa.late(message).ticket)
            await asyncio.sleep(self.random.choice((0.0, 0.0, 0.2, 3.0)))

        api = self.room.client(process, MemoryTokenStore(process.clock))
        return app.bind(_account(), Services(clock=process.clock, api=api, **services))

    def _enqueue(self, text: str, ticket: str) -> None:
        for _ in range(2 if self.random.random() < TWICE else 1):
            after_s = self.random.choice((0.0, 0.2, 3.0, 6.0, 12.0, 20.0, 50.0))
            self.jobs.start(self._job(text, ticket, after_s))

    async def _job(self, text: str, ticket: str, after_s: float) -> None:
        await asyncio.sleep(after_s)
        while True:
            try:
                taken = await self.elsewhere.late(ticket).reply(f"答{text}", name="answer")
            except StateDown:
                await asyncio.sleep(1.0)
            else:
                self.reached.add("taken" if taken else "refused the second")
                return

    def _judged(self) -> list[str]:
        found = super()._judged()
        left = [row.key for row in self.store._rows.values() if row.kind == "late"]
        if left:
            found.append(f"answers from elsewhere that never went out: {left}")
        if self.mishaps == Mishaps() and self.started[FETCH]:
            found.append(f"a message that only fetches was a new question {self.started[FETCH]} times")
        for _, binding in self.alive:
            if binding.counters["handed_off"]:
                self.reached.add("handed off")
        return found


def _account() -> Account:
    return Account(appid=APPID, secret=Secret(SECRET), token=Secret("tok123"))
