"""The people whom this process has, and how it takes more of them: many in one step.

    wanted ──► decide ─┬─ Take ──► put_many ─┬─ written ──► ours; rows of theirs that may be there are loaded
       ▲               │                     ├─ refused: decide anew, about what is stored
       │               │                     └─ state down: again, a moment later
       │               └─ another process has them: is it dead? ─┬─ no ──► their deliveries are passed on
       └──────────────── yes: Take ──────────────────────────────┘

The first who is wanted is taken at once; whoever is wanted while a step is under way is taken in the next one.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Generic, TypeAlias, TypeVar

import msgspec

from ..background import Brief
from ..errors import StateDown, say
from ..sharing.person import PersonRecord, Take, decide, read, record_key, written
from ..state.protocol import check_key
from .answer import NotAccepted
from .inbox import AGAIN_AFTER_S

if TYPE_CHECKING:
    from ..sharing.members import Member
    from ..sharing.node import Writes
    from ..store import Work

T = TypeVar("T")
log = logging.getLogger("gongzhong.app")

REMEMBERED_S: Final = 48 * 3600.0
"""How long a person's record stays after the last change: as long as WeChat's longest window for messages."""
MOST_PEOPLE: Final = 20_000
"""Records that are remembered after a person was laid down, to take them again in one step."""
AT_ONCE: Final = 200
"""People in one step."""
LOOKS_EVERY_S: Final = 0.1
"""How often to see whether somebody has waited for too long."""

Known: TypeAlias = tuple[int, bytes]
"""A person's record as it is stored, and its version."""
Waiter: TypeAlias = asyncio.Future[str]
Waiting: TypeAlias = tuple[float, Waiter]
"""Until when (in the loop's seconds) somebody waits for a person, and for what."""
NOTHING: Final[Known] = (0, b"")
BLANK: Final = PersonRecord()
"""Of somebody of whom nothing is known. Never changed."""


class Phase(StrEnum):
    """Whether a person is this process's."""

    AWAY = "away"
    OURS = "ours"


_OURS: Final = Phase.OURS


class Person:
    """One person, as this process knows them."""

    __slots__ = (
        *("busy", "data", "key", "keys", "load", "openid"),
        *("orphaned", "phase", "_record", "rows", "stepping", "version", "waiting"),
    )

    def __init__(self, openid: str, key: str) -> None:
        self.openid, self.key, self.phase = openid, key, Phase.AWAY
        """The key is that of their record in the shared state."""
        self.version, self.data = NOTHING
        """The record as it was read or written last; the version is 0 while nothing is known."""
        self._record: PersonRecord | None = BLANK
        self.busy = 0
        """Deliveries that wait here."""
        self.keys: dict[str, tuple[int, float]] = {}
        """Claims since the person was taken, each with its hash and when it began here (unix seconds)."""
        self.rows: dict[int, Work] = {}
        """What of theirs is held in the inbox."""
        self.load = False
        """Whether rows in the inbox have to be taken before anything else."""
        self.orphaned = False
        """Whether the process that had them before has died; until they are laid down."""
        self.stepping = False
        """Whether they are being taken or laid down."""
        self.waiting: list[Waiting] = []
        """Those who wait for the step's end; each is told who has the person, empty for this process."""

    def learn(self, known: Known) -> None:
        """Take note of the record that is stored."""
        self.version, self.data = known
        self._record = None

    @property
    def record(self) -> PersonRecord:
        """What is in the record."""
        if self._record is None:
            self._record = read(self.data) if self.data else BLANK
        return self._record

    def settle(self, owner: str = "") -> None:
        """End a step, and tell those who wait."""
        self.stepping = False
        waiting = self.waiting
        if waiting:
            self.waiting = []
            for _, waiter in waiting:
                if not waiter.done():
                    waiter.set_result(owner)

    def let_down(self, now: float) -> None:
        """Those who wait do so no more, if their time is over at `now`."""
        for until, waiter in self.waiting:
            if until <= now and not waiter.done():
                waiter.set_exception(NotAccepted())
        self.waiting = [entry for entry in self.waiting if not entry[1].done()]


Wanted: TypeAlias = tuple[Person, Take | None]
"""A person to be taken, and how; None: it has to be decided."""
Aside: TypeAlias = Callable[[Coroutine[Any, Any, Any]], None]
"""Does something that nobody waits for."""


class Taking:
    """Used from one event loop. `taken` is called for each person who becomes this process's; `load` takes the rows of
    people in the inbox and clears their `load`; it gives those of whom that failed, and raises StateDown. `together`:
    the state is lost only with the inbox, so of somebody without a record no row is there that anybody would have to
    look for."""

    def __init__(
        self,
        writes: Writes,
        member: Member,
        appid: str,
        *,
        taken: Callable[[Person], None],
        load: Callable[[Sequence[Person]], Awaitable[Sequence[Person]]],
        aside: Aside,
        together: bool,
    ) -> None:
        self._writes, self._member, self._together = writes, member, together
        self._prefix = record_key(appid, "")
        self._taken, self._load, self._aside = taken, load, aside
        self._people: dict[str, Person] = {}
        """Those who are this process's, and everybody of whom something is under way here."""
        self.ours: dict[str, Person] = {}
        self._known: dict[str, Known] = {}
        """Those who were laid down, to take them again in one step."""
        self._known_before: dict[str, Known] = {}
        """The older half of them, which is forgotten as a whole."""
        self._looking: asyncio.TimerHandle | None = None
        self._blank_of, self._blank = "", b""
        """The record of somebody of whom nothing is known, as that of the process of this name."""
        self._wanted = Batches[Wanted](self._take_all, self._failed, aside)
        self._loads = Batches[Person](self._load_all, self._load_failed, aside)

    # ---- who is known

    def key_of(self, openid: str) -> str:
        """The key of a person's record in the shared state."""
        return self._prefix + openid

    def of(self, openid: str) -> Person:
        """The person, known or not. Raises ValueError for an OpenID that no engine could keep."""
        person = self._people.get(openid)
        if person is None:
            key = self._prefix + openid
            check_key(key)  # in a step it would be everybody's error
            person = self._people[openid] = Person(openid, key)
            if openid in self._known:
                person.learn(self._known.pop(openid))
            elif openid in self._known_before:
                person.learn(self._known_before.pop(openid))
        return person

    def leave(self, person: Person) -> None:
        """Keep only the record of somebody of whom nothing is under way here any more."""
        if person.busy or person.stepping or person.load or person.phase is Phase.OURS:
            return
        if self._people.pop(person.openid, None) is None or not person.version:
            return
        if len(self._known) >= MOST_PEOPLE // 2:
            self._known_before, self._known = self._known, {}
        self._known[person.openid] = person.version, person.data

    def tidy(self) -> None:
        """Forget those who were not surely laid down, when too many are here."""
        if len(self._people) > MOST_PEOPLE:
            for person in list(self._people.values()):
                if person.phase is Phase.AWAY and not person.busy and not person.stepping:
                    del self._people[person.openid]

    # ---- who waits

    def has(self, person: Person) -> bool:
        """Whether the person is this process's, so that a delivery can be answered."""
        ready = person.phase is _OURS and not person.stepping and not person.load
        return ready and self._member.sure

    def owner(self, person: Person, until: float) -> asyncio.Future[str]:
        """Who has the person: empty once they are this process's, else the name of the process that has them.

        NotAccepted when that is not known at `until`, in the loop's seconds. Whoever waits may go on outside of a task.
        """
        waiter: asyncio.Future[str] = Brief(loop=asyncio.get_running_loop())
        self.wait(person, until, waiter)
        return waiter

    def wait(self, person: Person, until: float, waiter: Waiter) -> None:
        """Tell `waiter` what `owner` gives."""
        if not person.stepping:
            self.want(person)
        person.waiting.append((until, waiter))
        if self._looking is None:
            loop = waiter.get_loop()
            self._looking = loop.call_later(LOOKS_EVERY_S, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let down those who have waited for too long."""
        now, waiting = loop.time(), False
        for person in self._people.values():
            if person.waiting:
                person.let_down(now)
                waiting = True
        self._looking = loop.call_later(LOOKS_EVERY_S, self._look, loop) if waiting else None

    def stepped(self, people: Iterable[Person]) -> None:
        """A step other than taking has ended: whoever waits for somebody goes on, or has them taken again."""
        for person in people:
            if not person.waiting:
                person.stepping = False
                self.leave(person)
            elif self.has(person):
                person.settle()
            else:
                self.want(person)

    # ---- taking

    def want(self, person: Person) -> None:
        """Begin to take somebody."""
        person.stepping = True
        self._wanted.add((person, None))

    async def _take_all(self, wanted: Sequence[Wanted]) -> None:
        await self._member.until_sure()
        name, takes = self._member.name, []
        for person, known in wanted:
            if person.phase is Phase.OURS:
                self._go_on(person)
                continue
            act = known or decide(person.record if person.version or self._together else None, name)
            if isinstance(act, Take):
                takes.append((person, act))
            else:
                self._aside(self._ask(person, act.owner))
        if takes:
            await self._write(takes, name)

    async def _write(self, takes: Sequence[tuple[Person, Take]], name: str) -> None:
        if name != self._blank_of:
            self._blank_of, self._blank = name, written(PersonRecord(owner=name))
        blank = self._blank
        writes = [
            (person.key, blank if person.record is BLANK else owned(person.record, name), person.version)
            for person, _ in takes
        ]
        try:
            outcomes = await self._writes.put_many(writes, ttl_s=REMEMBERED_S)
        except StateDown:  # written or not: the next attempt finds it out
            await asyncio.sleep(AGAIN_AFTER_S)
            for person, _ in takes:
                self.want(person)
            return
        alive, ours, taken = name == self._member.name, self.ours, self._taken
        for (person, act), (_, data, _), outcome in zip(takes, writes, outcomes, strict=True):
            if not isinstance(outcome, int):
                person.learn((outcome.version, outcome.data) if outcome else NOTHING)
                self.want(person)
            elif not alive:  # this process counted as dead meanwhile
                person.learn((outcome, data))
                self.want(person)
            else:
                person.version, person.phase = outcome, _OURS
                person.orphaned = person.record.owner not in ("", name)
                ours[person.openid] = person
                taken(person)
                if act.load or person.load:
                    person.load = True
                    self._loads.add(person)
                else:
                    person.settle()

    def _go_on(self, person: Person) -> None:
        """Go on with somebody who is this process's."""
        if person.load:
            self._loads.add(person)
        else:
            person.settle()

    async def _ask(self, person: Person, owner: str) -> None:
        """Find out whether the process that has somebody is dead."""
        try:
            dead = await self._member.dead(owner)
        except StateDown:
            await asyncio.sleep(AGAIN_AFTER_S)
            self.want(person)
            return
        act = decide(person.record, self._member.name, dead)
        if isinstance(act, Take):
            self._wanted.add((person, act))
            return
        person.learn(NOTHING)  # whose they are is asked anew each time
        person.load = False
        person.settle(owner)
        self.leave(person)

    async def _load_all(self, people: Sequence[Person]) -> None:
        failed: Sequence[Person] = ()
        try:
            failed = await self._load(people)
        except StateDown:
            await asyncio.sleep(AGAIN_AFTER_S)
        self._load_failed(failed)
        for person in people:
            if person in failed:
                continue
            if person.load and person.phase is Phase.OURS:
                self.want(person)
            else:
                person.settle()

    def _failed(self, wanted: Sequence[Wanted]) -> None:
        self._load_failed([person for person, _ in wanted])

    def _load_failed(self, people: Sequence[Person]) -> None:
        for person in people:
            person.let_down(math.inf)
            person.settle()
            self.leave(person)


class Batches(Generic[T]):
    """Does something for many at once: what is added while a batch is under way makes up the next one.

    `failed` is told of a batch that ended with an error, which is logged.
    """

    def __init__(
        self,
        carry_out: Callable[[Sequence[T]], Awaitable[None]],
        failed: Callable[[Sequence[T]], None],
        aside: Aside,
    ) -> None:
        self._carry_out, self._failed, self._aside = carry_out, failed, aside
        self._waiting: list[T] = []
        self._running = False

    def add(self, item: T) -> None:
        self._waiting.append(item)
        if not self._running:
            self._running = True
            self._aside(self._run())

    async def _run(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
                try:
                    await self._carry_out(batch)
                except Exception:
                    log.exception(say("内部错误", "internal error"))
                    self._failed(batch)
        finally:
            self._running = False


def owned(record: PersonRecord, name: str) -> bytes:
    """The record, written as this process's."""
    return written(msgspec.structs.replace(record, owner=name))
