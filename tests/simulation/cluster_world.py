"""Several processes that answer for one account together, and everything that can go wrong between them.

People, platform, handlers and judgement are those of `window_world`; here each delivery comes to any process that
lives, as from a load balancer, and processes are killed or stopped, the state is out of reach, calls to it are lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gongzhong.app.binding import Binding
from gongzhong.sharing.members import Beat
from gongzhong.state import MemoryState, Versioned
from gongzhong.state.protocol import Write
from gongzhong.store import MemoryWork
from gongzhong.testing.seeded import Network, Process

from .room import Mishaps, RemoteStore
from .window_world import FETCH, Setting, WindowWorld

PROCESSES = 3


def drawn(seed: int) -> Mishaps:
    """What goes wrong in the world of a seed; in every fifth nothing."""
    return Mishaps() if seed % 5 == 0 else Mishaps.drawn(seed, (0, 0, 1, 3), (0.0, 0.0, 0.0, 0.02))


class Steps(MemoryState):
    """A state that tells what steps people were taken and laid down in."""

    reached: set[str]

    async def put_many(self, writes: Sequence[Write], *, ttl_s: float) -> list[int | Versioned | None]:
        outcomes = await super().put_many(writes, ttl_s=ttl_s)
        refused = sum(not isinstance(outcome, int) for outcome in outcomes)
        if len(writes) > 1:
            self.reached.add("several in one step")
            if 0 < refused < len(writes):
                self.reached.add("some refused")
        return outcomes


class ClusterWorld(WindowWorld):
    """The world of one seed. `run` plays it; then `wrong` says what is not as it should be."""

    def __init__(self, seed: int, setting: Setting, mishaps: Mishaps) -> None:
        self.mishaps = mishaps
        self.alive: list[tuple[Process, Binding]] = []
        self.kept: list[Binding] = []
        """Of processes that are dead: nothing of theirs is closed while the world goes on."""
        self.unlucky: set[str] = set()
        """Messages whose process died or was stopped while it worked on them."""
        self.working: dict[str, list[Process]] = {}
        super().__init__(seed, setting)

    def begin(self) -> None:
        loop = self.room.loop
        self.database = Process(loop, "database")
        self.to_database = Network(loop, loss=self.mishaps.loss, slowest_s=0.02)
        self.state, self.store = Steps(self.database.clock), MemoryWork(self.database.clock)
        self.state.reached = self.reached
        for _ in range(PROCESSES):
            self._start()
        self.door.apps = self._any
        for count, happen in (
            (self.mishaps.deaths, self._die),
            (self.mishaps.stops, self._stop),
            (self.mishaps.outages, self._outage),
        ):
            for _ in range(count):
                loop.call_later(self.random.random() * self.setting.writes_s, happen)

    def _start(self) -> None:
        process = Process(self.room.loop, f"app {len(self.alive)}")
        state: Any = RemoteStore(self.to_database, self.database, self.state)
        store: Any = RemoteStore(self.to_database, self.database, self.store)
        binding = self.bound(process, state=state, store=store, beat=Beat(tend_s=0.2, recover_s=4.0))
        self.alive.append((process, binding))
        process.start(binding.ready())

    def _any(self) -> list[tuple[Process, Binding]]:
        """A load balancer passes over those that do not answer at all."""
        able = [(process, binding) for process, binding in self.alive if not process.stopped]
        return [self.random.choice(able or self.alive)]

    def begun(self, text: str, process: Process) -> None:
        super().begun(text, process)
        self.working.setdefault(text, []).append(process)

    def _befallen(self, process: Process) -> None:
        self.unlucky |= {text for text, processes in self.working.items() if process in processes}

    def _die(self) -> None:
        self.end(self.random.randrange(len(self.alive)))

    def end(self, place: int) -> Binding:
        """Kill one of those that live, and start another one; gives what was at work in it."""
        process, binding = self.alive.pop(place)
        self._befallen(process)
        process.kill()
        self.reached.add("death")
        self.kept.append(binding)
        self._start()
        return binding

    def _stop(self) -> None:
        process, _ = self.random.choice(self.alive)
        if process.stopped:
            return
        self._befallen(process)
        process.stop()
        self.reached.add("stop")
        self.room.loop.call_later(self.random.choice((1.0, 9.0, 40.0)), process.resume)

    def _outage(self) -> None:
        self.to_database.down = True
        self.reached.add("outage")
        self.room.loop.call_later(self.random.choice((2.0, 30.0)), self._back)

    def _back(self) -> None:
        self.to_database.down = False

    # ---- what must hold

    @property
    def excused(self) -> bool:
        """The longest outage outlasts WeChat's three attempts, and so do many lost calls, and two mishaps at once.
        Without customer-service messages the last attempt is held open, and may be held by a process that dies or is
        stopped."""
        unlucky = (
            self.mishaps.outages
            or self.mishaps.deaths + self.mishaps.stops >= 2
            or (not self.setting.may_send and (self.mishaps.deaths or self.mishaps.stops))
        )
        return super().excused or bool(unlucky or self.mishaps.loss)

    @property
    def may_see_twice(self) -> bool:
        return bool(self.mishaps.deaths or self.mishaps.stops or self.mishaps.outages)

    def _judged(self) -> list[str]:
        found = [f"an error that nobody saw: {problem}" for problem in self.room.loop.problems]
        calm = self.mishaps == Mishaps() and not self.setting.loss
        for person in self.wrote:
            found += self._chat_wrong(person)
        again = {text for text, count in self.started.items() if count > 1 and text != FETCH}
        if again:
            self.reached.add("started again")
        undisturbed = again if calm else again - self.unlucky
        if undisturbed and not self.mishaps.outages and not self.mishaps.loss:
            found.append(f"handlers ran more than once: {sorted(undisturbed)}")
        if calm and self.raised:
            found.append(f"WeChat raised alarms: {self.raised}")
        left = [row for row in self.store._rows.values() if row.kind == "push"]
        if left:
            found.append(f"rows that are never done: {[(row.stage, row.key, row.holder) for row in left]}")
        for _, binding in self.alive:
            if binding.counters["passed_on"]:
                self.reached.add("passed on")
            if binding.counters["resumed"]:
                self.reached.add("resumed")
        return found
