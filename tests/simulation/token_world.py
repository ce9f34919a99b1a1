"""A few programs that share one account's access_token, for some hours, while things go wrong.

Each program calls WeChat now and then. What is right is read from what WeChat saw: which requests for a token came,
and how each call ended.
"""

from __future__ import annotations

import asyncio
import itertools
from contextlib import suppress
from dataclasses import dataclass
from random import Random

from gongzhong.client import AsyncClient, WireRequest
from gongzhong.client.token_store import MemoryTokenStore, TokenRecord, TokenStore
from gongzhong.errors import GongzhongError, NotReached, OutcomeUnknown
from gongzhong.testing.seeded import Process

from .room import Room

ENDS_S = 2.4 * 3600.0
"""One renewal: a token lives for two hours."""
APART_S = 7200.0 - 300.0
"""WeChat gives a new stable token only in the last five minutes of the old one."""
CALM_S = 900.0
"""How long nothing goes wrong any more at the end."""
TOKEN, CALLED = "/cgi-bin/stable_token", "/cgi-bin/get_api_domain_ip"


@dataclass
class Faults:
    """What goes wrong, and how often."""

    deaths: int = 0
    stops: int = 0
    outages: int = 0
    loss: float = 0.0
    jumps: int = 0
    thefts: int = 0
    """Forced refreshes by a program outside, which end the token that everybody uses."""

    stalls: int = 0
    """A program stops between getting a token and storing it, until its lease is over, while the token is replaced."""

    @classmethod
    def drawn(cls, seed: int) -> Faults:
        """What goes wrong in the world of a seed: in every tenth nothing, in most of them several kinds of mishaps."""
        random = Random(seed)
        if seed % 10 == 0:
            return cls()
        deaths, stops, outages, jumps, thefts = (random.choice((0, 0, 1, 3)) for _ in range(5))
        loss, stalls = random.choice((0.0, 0.0, 0.05)), random.choice((0, 0, 2))
        return cls(deaths, stops, outages, loss, jumps, thefts, stalls)

    @property
    def any(self) -> bool:
        return self != Faults()


@dataclass
class Called:
    """One call: who made it, when, and how it ended (None: not at all)."""

    program: Process
    at: float
    error: GongzhongError | None = None
    ended: bool = False


class SharedStore:
    """A `TokenStore` for several programs, which can be down or lose its answer; notes every record that is written."""

    waits = True

    def __init__(self, room: Room) -> None:
        self.inner = MemoryTokenStore(room.wechat.clock)
        self.down = False
        self.loss = 0.0
        self.written: list[TokenRecord] = []
        self._random = room.random

    def _answers(self) -> None:
        if self.down or self._random.random() < self.loss:
            raise NotReached("存储没有应答", "the store does not answer")

    def get(self, key: str, /) -> TokenRecord | None:
        self._answers()
        return self.inner.get(key)

    def put(self, key: str, record: TokenRecord, /, *, replaces: int) -> bool:
        self._answers()
        written = self.inner.put(key, record, replaces=replaces)
        if written:
            self.written.append(record)
        self._answers()
        return written

    def lease(self, key: str, holder: str, /, *, seconds: float) -> bool:
        self._answers()
        return self.inner.lease(key, holder, seconds=seconds)

    def release(self, key: str, holder: str, /) -> None:
        self._answers()
        self.inner.release(key, holder)


@dataclass
class TokenWorld:
    """The world of one seed. `run` plays it; then `wrong` says what is not as it should be."""

    seed: int
    faults: Faults
    store_of: type[SharedStore] = SharedStore
    programs: int = 3

    def __post_init__(self) -> None:
        self.room = Room(self.seed)
        self.room.open()
        self.store = self.store_of(self.room)
        self.calls: list[Called] = []
        self.living: list[Process] = []
        self.reached: set[str] = set()

    def run(self) -> TokenWorld:
        for number in range(self.programs):
            self._begin(f"program {number}")
        self._plan()
        self.room.loop.run_for(ENDS_S)
        self.room.close()
        return self

    def _begin(self, name: str) -> None:
        program = Process(self.room.loop, name)
        self.living.append(program)
        program.start(self._work(program, self.client(program, self.store)))

    def client(self, program: Process, store: TokenStore) -> AsyncClient:
        return self.room.client(program, store)

    async def _work(self, program: Process, client: AsyncClient) -> None:
        """Call now and then, sometimes twice at once, until shortly before the end."""
        loop, random = self.room.loop, self.room.random
        while loop.time() < ENDS_S - 60:
            await asyncio.gather(*(self._call(program, client) for _ in range(random.choice((1, 1, 3)))))
            await asyncio.sleep(random.expovariate(1 / 900))

    async def _call(self, program: Process, client: AsyncClient) -> None:
        call = Called(program, self.room.loop.time())
        self.calls.append(call)
        try:
            await client.base.api_addresses()
        except GongzhongError as problem:
            call.error = problem
        call.ended = True

    # ---- what goes wrong

    def _plan(self) -> None:
        faults, loop = self.faults, self.room.loop
        self.room.served, self._stalls_left = self._stall, faults.stalls
        self.room.network.loss = self.store.loss = faults.loss
        loop.call_later(ENDS_S - CALM_S, self._calm)
        for count, happen in (
            (faults.deaths, self._die),
            (faults.stops, self._stop),
            (faults.outages, self._outage),
            (faults.jumps, self._jump),
            (faults.thefts, self._steal),
        ):
            for _ in range(count):
                loop.call_later(self._moment(), happen)

    def _moment(self) -> float:
        """Any moment, half of them near the beginning or near a renewal, where something is going on."""
        random = self.room.random
        if random.random() < 0.5:
            return random.random() * (ENDS_S - CALM_S - 200)
        return random.choice((0.0, 6920.0)) + random.random() * random.choice((0.2, 2.0, 400.0))

    def _calm(self) -> None:
        self.room.network.loss = self.store.loss = 0.0
        self.store.down = False

    def _die(self) -> None:
        victim = self.living.pop(self.room.random.randrange(len(self.living)))
        victim.kill()
        self.reached.add("death")
        self._begin(f"{victim.name}, again")

    def _stop(self) -> None:
        victim = self.room.random.choice(self.living)
        victim.stop()
        self.room.loop.call_later(self.room.random.choice((1, 20, 90)), victim.resume)
        self.reached.add("stop")

    def _outage(self) -> None:
        self.store.down = True
        self.room.loop.call_later(self.room.random.choice((5, 60)), self._calm_store)
        self.reached.add("outage")

    def _calm_store(self) -> None:
        self.store.down = False

    def _jump(self) -> None:
        self.room.random.choice(self.living).clock.jump(self.room.random.choice((-600, -30, 30, 600)))
        self.reached.add("jump")

    def _steal(self) -> None:
        outsider = Process(self.room.loop, "outsider")
        client = self.room.client(outsider, MemoryTokenStore(outsider.clock))

        async def steal() -> None:
            with suppress(GongzhongError):
                await client.base.get_stable_token(force_refresh=True)

        outsider.start(steal())
        self.reached.add("theft")

    def _stall(self, program: Process, request: WireRequest) -> None:
        """Stop the program that is about to store a token."""
        late = self.room.loop.time() > ENDS_S - CALM_S - 200
        if TOKEN not in request.url or program not in self.living or not self._stalls_left or late:
            return
        self._stalls_left -= 1
        program.stop()
        self.room.loop.call_later(35, self._steal)
        self.room.loop.call_later(90, program.resume)
        self.reached.add("stall")

    # ---- what must hold

    def wrong(self) -> list[str]:
        """Everything that is not as it should be."""
        found = [*self._calls_wrong(), *self._fetches_wrong()]
        if self.room.loop.problems:
            found.append(f"errors that nobody saw: {self.room.loop.problems}")
        found += self._store_wrong()
        return found

    def _store_wrong(self) -> list[str]:
        """A token that WeChat issued earlier must never take the place of a later one."""
        issued = self.room.issued()
        order = [issued.index(record.value.reveal()) for record in self.store.written]
        return [] if order == sorted(order) else [f"an older token took the place of a newer one: {order}"]

    def _calls_wrong(self) -> list[str]:
        found = []
        lossy = self.faults.loss > 0
        for call in self.calls:
            where = f"{call.program.name} at {call.at:.1f} s"
            if not call.ended and call.program.alive:
                found.append(f"a call never ended: {where}")
            elif isinstance(call.error, NotReached | OutcomeUnknown) and lossy and call.at < ENDS_S - CALM_S:
                self.reached.add("lost call")
            elif call.error is not None:
                found.append(f"a call failed: {where}: {call.error!r}")
        return found

    def _fetches_wrong(self) -> list[str]:
        """WeChat may be asked for a token at the beginning and for each renewal; once more for each mishap."""
        fetches = self.room.requests(TOKEN)
        faults = self.faults
        if not faults.any:
            apart = [later - earlier for earlier, later in itertools.pairwise(fetches)]
            return [] if all(gap >= APART_S - 1 for gap in apart) else [f"fetched too often: {fetches}"]
        mishaps = faults.deaths + faults.stops + faults.jumps * 2 + faults.thefts * 2
        mishaps += faults.stalls * 4 + faults.outages * self.programs + (6 if faults.loss else 0)
        most = 2 + mishaps
        return [] if len(fetches) <= most else [f"{len(fetches)} fetches, more than {most}: {fetches}"]
