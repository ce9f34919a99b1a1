"""One WeChat on this machine: the world, its doors, and the delivery of pushes, put together.

    request ──► doors ──► calls ──► world        an API call
    act ──► world ──► pushes ──► delivery ──► your server ──► chat        something a person does

`Platform.asgi` answers for api., mp., open. and res. on one port, and for the control API under `/_platform/`.

What happens, for whoever is looking: named events to any number of open pages.

A page that reads too slowly loses its oldest events and is told to fetch the state again; it never slows the platform.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from ..clock import MovableClock
from ..messages import Push, parse
from ..wire import read_xml
from .config import PlatformConfig, require_right
from .debugging.outside import Outside
from .delivery import verification
from .delivery.pusher import Outcome, Pusher
from .delivery.receiver import HttpReceiver, Receiver
from .followers_file import Progress
from .recording import Recording
from .seeding import seed
from .traffic import Exchange, Traffic, Verdict, present
from .world import accounts, mass, people, publishing, schedule
from .world.acts import Act
from .world.database import MEMORY
from .world.faults import Faults
from .world.refusal import BadInput
from .world.snapshots import Snapshot, Snapshots
from .world.world import AccountState, World

JOBS: Final[Mapping[str, schedule.Job]] = MappingProxyType(
    {publishing.JOB: publishing.finish, mass.GIVE_UP: mass.give_up, mass.FINISH: mass.finish}
)
"""What the platform does later, by the kind that the schedule's table holds."""


class Platform:
    """The simulated platform. `data` is a directory that survives restarts, or ":memory:".

    `receiver` is how pushes leave; the default speaks HTTP. `clock` can be moved by whoever holds it.
    """

    def __init__(
        self,
        config: PlatformConfig | None = None,
        data: str | Path = MEMORY,
        *,
        receiver: Receiver | None = None,
        clock: MovableClock | None = None,
    ) -> None:
        self.config = config or PlatformConfig()
        require_right(self.config)
        self.clock = clock or MovableClock(self.config.start)
        self.live = Live()
        self.traffic = Traffic(self.config.traffic)
        self.world = World(where=str(data), clock=self.clock, rules=self.config.rules, seed=self.config.seed)
        if self.config.public_url:
            self.world.origin = self.config.public_url.rstrip("/")
        self.receiver = receiver or HttpReceiver()
        self.faults = Faults(self.world)
        self.snapshots = Snapshots(self.world, str(data))
        self.recording = Recording(self.world, self.traffic)
        self.pusher = Pusher(self.world, self.traffic, self.receiver, self.faults)
        self.jobs: Mapping[str, schedule.Job] = JOBS
        self.imports: dict[str, Progress] = {}
        """How far the imports of followers are, by AppID."""
        self.outside: Outside | None = None
        """What calls WeChat itself for the interface debugging tool; None: it cannot."""
        self.methods: Mapping[str, str] = {}
        """Class of a call → the client's method, for code that the tool shows; empty: classes are named."""
        self._tasks: set[asyncio.Task[Any]] = set()
        self._alarm: asyncio.TimerHandle | None = None
        self.world.announce = self.live.announce
        self.world.outgoing = self._deliver_later
        self.world.rescheduled = self._wait_for_next
        self.traffic.listener = lambda entry: self.live.announce_lazily("traffic", lambda: present(entry))
        if clock is None:
            self.world.restore_clock()
        self.clock.moved = self.world.keep_clock
        accounts.load_all(self.world)
        seed(self.world, self.config)
        self._at_start: list[AccountState] = []

    def remember_start(self) -> None:
        """Let `reset` bring back the accounts as they are now: for a program that sets some up before it begins."""
        self._at_start = list(self.world.accounts.values())

    async def carry_out(self, act: Act, *, wait: bool = False) -> list[Outcome]:
        """Deliver the pushes of an act, in their order; without `wait` in the background."""
        if wait:
            return await self._deliver_all(act.account, act.pushes, act.person)
        self._begin(self._deliver_all(act.account, act.pushes, act.person))
        return []

    async def push(self, account: AccountState, push: Push, person: str | None = None) -> Outcome:
        """Deliver one push and return how it ended."""
        return await self.pusher.push(account, push, person)

    async def _deliver_all(
        self, account: AccountState, pushes: Iterable[Push], person: str | None
    ) -> list[Outcome]:
        outcomes = []
        for push in pushes:
            # Looked up again each time: its URL may have been set since the act, or a reset took it away.
            current = self.world.accounts.get(account.appid)
            if current is not None:
                outcomes.append(await self.pusher.push(current, push, person))
        return outcomes

    def _deliver_later(self, account: AccountState, push: Push) -> None:
        """Pushes that follow from an API call: results of template sends, publishing and the like."""
        if account.url:
            self._begin(self.pusher.push(account, push))

    def _begin(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def resend(self, entry: Exchange) -> Outcome:
        """Push the same message again, as WeChat's repeats do: same body, new signature."""
        if entry.kind != "push":
            raise BadInput("只有推送可以重发", "only pushes can be sent again")
        push = parse(read_xml(entry.decrypted or entry.request_body))
        return await self.push(accounts.get(self.world, entry.appid), push, entry.person)

    def catch_up(self) -> None:
        """Do what the world's clock says is due, then wait for the next job."""
        schedule.run_due(self.world, self.jobs)
        self._wait_for_next()

    def _wait_for_next(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        due = schedule.next_due(self.world)
        if due is None or self.clock.frozen:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        self._alarm = loop.call_later(max(due - self.clock.now(), 0.0), self.catch_up)

    async def settle(self) -> None:
        """Wait until every push that is under way has ended."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def configure_url(
        self, account: AccountState, wanted: verification.Wanted
    ) -> tuple[Verdict, int | None]:
        """Save a server URL as the console does: only if the server answers the verification."""
        return await verification.configure(self.world, self.traffic, self.receiver, account, wanted)

    def reset(self) -> None:
        """Back to the start: what the configuration declares, and the accounts of `remember_start`.

        Everything that happened since is forgotten; the clock stays where it is.
        """
        self.world.db.clear()
        self.traffic.clear()
        self._read_anew()
        for account in self._at_start:
            accounts.put_back(self.world, account)
        seed(self.world, self.config)
        self.world.keep_clock()
        self.live.announce("state", {"exchanged": True, "reset": True})

    def load_snapshot(self, name: str) -> Snapshot:
        """Back to a saved state, its time included. Raises NoSnapshot, or BadInput for another version's."""
        loaded = self.snapshots.load(name)
        self._read_anew()
        self.catch_up()
        self.live.announce("clock", {"now": self.clock.now(), "frozen": self.clock.frozen})
        self.live.announce("state", {"exchanged": True})
        return loaded

    def _read_anew(self) -> None:
        """What is kept in memory beside the tables, after the tables were exchanged."""
        self.world.accounts.clear()
        accounts.load_all(self.world)
        self.faults.reload()
        self.pusher.alarms.forget_everything()

    def account(self, name_or_appid: str) -> AccountState:
        """Raises KeyError."""
        return accounts.find(self.world, name_or_appid)

    def people(self) -> list[people.Person]:
        return people.everybody(self.world)

    async def close(self) -> None:
        """End what is under way, then close what is open."""
        if self._alarm is not None:
            self._alarm.cancel()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.receiver.close()
        if self.outside is not None:
            await self.outside.close()
        self.snapshots.close()
        self.world.close()


QUEUE = 1_000

Event = tuple[str, dict[str, Any]]


class Live:
    """Fan-out of events. Costs nothing while nobody looks."""

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[Event]] = set()

    def announce(self, name: str, data: dict[str, Any]) -> None:
        self.announce_lazily(name, lambda: data)

    def announce_lazily(self, name: str, make: Callable[[], dict[str, Any]]) -> None:
        """Announce something that is worth building only for an audience."""
        if not self._queues:
            return
        data = make()
        for queue in self._queues:
            if queue.full():
                while not queue.empty():
                    queue.get_nowait()
                queue.put_nowait(("state", {}))
            queue.put_nowait((name, data))

    async def listen(self) -> AsyncGenerator[Event, None]:
        """Everything from now on."""
        queue: asyncio.Queue[Event] = asyncio.Queue(QUEUE)
        self._queues.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self._queues.discard(queue)
