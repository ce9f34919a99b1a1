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
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Generic, TypeAlias, TypeVar

import msgspec

from ..errors import StateDown, say
from ..sharing.person import AskWhetherDead, PassOn, PersonRecord, Take, decide, read, written
from ..state.protocol import check_key
from .answer import NotAccepted
from .inbox import AGAIN_AFTER_S

if TYPE_CHECKING:
    from ..sharing.members import Member
    from ..state import State
    from ..store import Work

T = TypeVar("T")
log = logging.getLogger("gongzhong.app")

REMEMBERED_S: Final = 48 * 3600.0
"""How long a person's record stays after the last change: as long as WeChat's longest window for messages."""
MOST_PEOPLE: Final = 20_000
"""Records that are remembered after a person was laid down, to take them again in one step."""
AT_ONCE: Final = 200
"""People in one step."""


class Phase(StrEnum):
    """Whether a person is this process's."""

    AWAY = "away"
    OURS = "ours"


class Person:
    """One person, as this process knows them."""

    __slots__ = (
        "busy",
        "keys",
        "load",
        "openid",
        "phase",
        "record",
        "rows",
        "stepping",
        "version",
        "waiting",
    )

    def __init__(self, openid: str) -> None:
        self.openid, self.phase = openid, Phase.AWAY
        self.record, self.version = PersonRecord(), 0
        """As it was read or written last; the version is 0 while nothing is known."""
        self.busy = 0
        """Deliveries that wait here."""
        self.keys: set[str] = set()
        """Claims since the person was taken."""
        self.rows: dict[int, Work] = {}
        """What of theirs is held in the inbox."""
        self.load = False
        """Whether rows in the inbox have to be taken before anything else."""
        self.stepping = False
        """Whether they are being taken or laid down."""
        self.waiting: list[asyncio.Future[str]] = []
        """Those who wait for the step's end; each is told who has the person, empty for this process."""

    def settle(self, owner: str = "", problem: Exception | None = None) -> None:
        """End a step, and tell those who wait."""
        self.stepping = False
        waiting, self.waiting = self.waiting, []
        for waiter in waiting:
            if waiter.done():
                continue
            if problem is None:
                waiter.set_result(owner)
            else:
                waiter.set_exception(problem)


Wanted: TypeAlias = tuple[Person, Take | None]
"""A person to be taken, and how; None: it has to be decided."""
Aside: TypeAlias = Callable[[Coroutine[Any, Any, Any]], None]
"""Does something that nobody waits for."""


class Taking:
    """Used from one event loop. `taken` is called for each person who becomes this process's; `load` takes the rows of
    people in the inbox and clears their `load`, and raises StateDown."""

    def __init__(
        self,
        state: State,
        member: Member,
        appid: str,
        *,
        taken: Callable[[Person], None],
        load: Callable[[Sequence[Person]], Awaitable[None]],
        aside: Aside,
    ) -> None:
        self._state, self._member, self._appid = state, member, appid
        self._taken, self._load, self._aside = taken, load, aside
        self._people: OrderedDict[str, Person] = OrderedDict()
        self.ours: dict[str, Person] = {}
        self._wanted = Batches[Wanted](self._take_all, self._failed, aside)
        self._loads = Batches[Person](self._load_all, self._load_failed, aside)

    def key_of(self, openid: str) -> str:
        """The key of a person's record in the shared state."""
        return f"person|{self._appid}|{openid}"

    def of(self, openid: str) -> Person:
        """The person, known or not. Raises ValueError for an OpenID that no engine could keep."""
        person = self._people.get(openid)
        if person is None:
            check_key(self.key_of(openid))  # in a step it would be everybody's error
            person = self._people[openid] = Person(openid)
            if len(self._people) > MOST_PEOPLE:
                self._forget_some()
        else:
            self._people.move_to_end(openid)
        return person

    def _forget_some(self) -> None:
        """Forget people longest silent whom this process does not have."""
        for openid, person in list(self._people.items())[: MOST_PEOPLE // 10]:
            if person.phase is Phase.AWAY and not person.busy and not person.stepping:
                del self._people[openid]

    async def have(self, person: Person, until: float) -> str:
        """Empty once the person is this process's; else the name of the process that has them.

        Raises NotAccepted when that is not known at `until`, in the loop's seconds.
        """
        while not self._has(person):
            if not person.stepping:
                self.want(person)
            loop = asyncio.get_running_loop()
            waiter: asyncio.Future[str] = loop.create_future()
            person.waiting.append(waiter)
            timer = loop.call_at(until, _over, waiter)
            try:
                if owner := await waiter:
                    return owner
            finally:
                timer.cancel()
        return ""

    def _has(self, person: Person) -> bool:
        ready = person.phase is Phase.OURS and not person.stepping and not person.load
        return ready and self._member.sure

    def want(self, person: Person) -> None:
        """Begin to take somebody."""
        person.stepping = True
        self._wanted.add((person, None))

    def stepped(self, person: Person) -> None:
        """A step other than taking has ended: whoever waits for the person goes on, or has them taken again."""
        if not person.waiting or self._has(person):
            person.settle()
        else:
            self.want(person)

    async def _take_all(self, wanted: Sequence[Wanted]) -> None:
        await self._member.until_sure()
        takes = []
        for person, known in wanted:
            if person.phase is Phase.OURS:
                self._go_on(person)
                continue
            act = known or decide(person.record if person.version else None, self._member.name)
            if isinstance(act, Take):
                takes.append((person, act))
            else:
                self._aside(self._ask(person, act.owner))
        if takes:
            await self._write(takes, self._member.name)

    async def _write(self, takes: Sequence[tuple[Person, Take]], name: str) -> None:
        mine = [msgspec.structs.replace(person.record, owner=name) for person, _ in takes]
        writes = [
            (self.key_of(person.openid), written(record), person.version)
            for (person, _), record in zip(takes, mine, strict=True)
        ]
        try:
            outcomes = await self._state.put_many(writes, ttl_s=REMEMBERED_S)
        except StateDown:  # written or not: the next attempt finds it out
            await asyncio.sleep(AGAIN_AFTER_S)
            for person, _ in takes:
                self.want(person)
            return
        for (person, act), record, outcome in zip(takes, mine, outcomes, strict=True):
            if isinstance(outcome, int):
                person.version, person.record, person.load = outcome, record, person.load or act.load
                if name == self._member.name:
                    person.phase = Phase.OURS
                    self.ours[person.openid] = person
                    self._taken(person)
                    self._go_on(person)
                    continue  # else this process counted as dead meanwhile
            else:
                person.version = outcome.version if outcome else 0
                person.record = read(outcome.data) if outcome else PersonRecord()
            self.want(person)

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
        if isinstance(act, PassOn):
            person.version = 0  # whose they are is asked anew each time
            person.settle(owner)
        else:
            assert not isinstance(act, AskWhetherDead)
            self._wanted.add((person, act))

    async def _load_all(self, people: Sequence[Person]) -> None:
        try:
            await self._load(people)
        except StateDown:
            await asyncio.sleep(AGAIN_AFTER_S)
        for person in people:
            if person.load and person.phase is Phase.OURS:
                self.want(person)
            else:
                person.settle()

    def _failed(self, wanted: Sequence[Wanted]) -> None:
        self._load_failed([person for person, _ in wanted])

    def _load_failed(self, people: Sequence[Person]) -> None:
        for person in people:
            person.settle(problem=NotAccepted())


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


def _over(waiter: asyncio.Future[str]) -> None:
    """The time of somebody who waits is over."""
    if not waiter.done():
        waiter.set_exception(NotAccepted())
