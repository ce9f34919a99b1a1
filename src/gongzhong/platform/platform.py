"""One WeChat on this machine: the world, its doors, and the delivery of pushes, put together.

    request ──► doors ──► calls ──► world        an API call
    act ──► world ──► pushes ──► delivery ──► your server ──► chat        something a person does

`Platform.asgi` answers for api., mp., open. and res. on one port, and for the control API under `/_platform/`.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Coroutine, Iterable, Mapping
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
from .live import Live
from .recording import Recording
from .rows.file import RowFile
from .rows.fresh import FreshRows
from .rows.log import RowLog
from .seeding import seed
from .traffic import Cause, Exchange, Row, Traffic, Verdict, number_of, present
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

    outside: Outside | None = None
    """What calls WeChat itself for the interface debugging tool; None: it cannot."""
    methods: Mapping[str, str] = MappingProxyType({})
    """Class of a call → the client's method, for code that the tool shows; empty: classes are named."""

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
        self._tasks: set[asyncio.Task[Any]] = set()
        self._alarm: asyncio.TimerHandle | None = None
        self.world.announce = self._announce
        self.world.outgoing = self._deliver_later
        self.world.rescheduled = self._wait_for_next
        self.traffic.listener = lambda entry: self.live.announce_lazily("traffic", lambda: present(entry))
        self._open_rows(data)
        if clock is None:
            self.world.restore_clock()
        self.clock.moved = self.world.keep_clock
        accounts.load_all(self.world)
        seed(self.world, self.config)
        self._at_start: list[AccountState] = []

    def _open_rows(self, data: str | Path) -> None:
        """The rows of the traffic, with those of earlier runs where they were kept."""
        self._row_file = None if data == MEMORY else RowFile(Path(data), self.config.traffic.on_disk)
        if self._row_file is not None:
            self.traffic.number_from(self._row_file.last)
        log = self._row_file.log if self._row_file is not None else secrets.token_hex(4)
        self._fresh_rows = FreshRows(self.world, self.live, log)
        self.rows = RowLog(self.world, self.traffic, self._row_file, log)
        self.traffic.watcher = self._row_changed

    def remember_start(self) -> None:
        """Let `reset` bring back the accounts as they are now: for a program that sets some up before it begins."""
        self._at_start = list(self.world.accounts.values())

    def _row_changed(self, row: Row) -> None:
        if self._row_file is not None:
            self._row_file.put(row)
        self._fresh_rows.changed(row)

    def _announce(self, name: str, data: dict[str, Any]) -> None:
        """Tell the pages; a chat line belongs to the row for which the platform works."""
        if name == "chat" and self.traffic.current is not None:
            self.traffic.add_line(self.traffic.current, data["seq"])
        self.live.announce(name, data)

    async def carry_out(self, act: Act, *, wait: bool = False) -> list[Outcome]:
        """Deliver the pushes of an act, in their order; without `wait` in the background."""
        lines = [item["seq"] for item in act.items]
        if wait:
            return await self._deliver_all(act.account, act.pushes, act.person, lines)
        self._begin(self._deliver_all(act.account, act.pushes, act.person, lines))
        return []

    async def push(self, account: AccountState, push: Push, person: str | None = None) -> Outcome:
        """Deliver one push and return how it ended."""
        return await self.pusher.push(account, push, person)

    async def _deliver_all(
        self, account: AccountState, pushes: Iterable[Push], person: str | None, lines: Iterable[int]
    ) -> list[Outcome]:
        outcomes = []
        for push in pushes:
            # Looked up again each time: its URL may have been set since the act, or a reset took it away.
            current = self.world.accounts.get(account.appid)
            if current is not None:
                outcomes.append(await self.pusher.push(current, push, person, lines=lines))
                lines = ()
        return outcomes

    def _deliver_later(self, account: AccountState, push: Push) -> None:
        """Pushes that follow from an API call: results of template sends, publishing and the like."""
        if account.url:
            self._begin(self._follow_up(account, push, self.traffic.current))

    async def _follow_up(self, account: AccountState, push: Push, row: Row | None) -> None:
        """Deliver what follows from a row, which has its number by now."""
        await self.pusher.push(
            account, push, cause=None if row is None else Cause(number_of(row), known=True)
        )

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
        if self._row_file is not None:
            self._row_file.clear()
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
        self._fresh_rows.stop()
        if self._row_file is not None:
            self._row_file.close(self.traffic.newest_number)
        await self.receiver.close()
        if self.outside is not None:
            await self.outside.close()
        self.snapshots.close()
        self.world.close()
