"""The reply window of one process among several that answer for the same account.

A delivery first takes its person (`sharing/person.py`); then the reply window of this process answers it as if there
were no other. When nothing of a person's is under way any more they are laid down: what waits goes into the inbox, and
the record says that nobody has them. A delivery for a person whom another process has is passed on to that one
(`sharing/mail.py`).

    AWAY ──take──► OURS ──nothing under way──► AWAY
      └─ another process has them: pass the delivery on; if that one is dead: take, with its rows in the inbox

What a process that was stopped goes on with has no effect: its writes carry versions and fences that are old by then,
and before a customer-service message goes out the lease is looked at.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections import OrderedDict
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

import msgspec

from ..errors import Replayed, SetupError, StateDown, say
from ..messages import Push, Reply
from ..sharing.mail import MOVED, Added, Ask, HungUp, Mail, Remote, Returned, Sent, new_number
from ..sharing.members import Beat, Member
from ..sharing.person import AskWhetherDead, PassOn, PersonRecord, Take, decide, hashed, read, written
from ..store import MemoryWork, Work
from .answer import Answer, Gone, NotAccepted, Seal
from .holds import ALARM_WINDOW_S, SHARED_HOLDS
from .inbox import AGAIN_AFTER_S, ANSWER, LATE, Inbox, claim_of, read_answer, read_late, read_push
from .outbox import WAITS_S, about
from .runs import Run

if TYPE_CHECKING:
    from ..state import State
    from ..store import WorkStore
    from ..wire import PushQuery
    from .binding import Binding

log = logging.getLogger("gongzhong.app")

REMEMBERED_S: Final = 48 * 3600.0
"""How long a person's record stays after the last change: as long as WeChat's longest window for messages."""
MOST_PEOPLE = 20_000
"""Records that are remembered after a person was laid down, to take them again in one step."""
LOOKS_EVERY_S = 0.5
"""While another process works on a delivery: how often to see whether it still lives, and whether WeChat hung up."""
LAST_S = 3.0
"""At a stop: how long to try to lay everybody down."""


class Phase(StrEnum):
    """Whether a person is this process's."""

    AWAY = "away"
    OURS = "ours"


class Person:
    """One person, as this process knows them."""

    __slots__ = ("busy", "keys", "load", "openid", "phase", "record", "rows", "step", "version")

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
        self.step: asyncio.Task[str] | None = None
        """The taking or laying down that is under way; gives who has them, empty for this process."""

    @property
    def stepping(self) -> bool:
        """Whether they are being taken or laid down."""
        return self.step is not None and not self.step.done()


class SharedWindow:
    """Takes, keeps and lays down people; answers deliveries for them. Used from one event loop."""

    def __init__(self, binding: Binding, state: State, store: WorkStore, beat: Beat | None = None) -> None:
        self._binding, self._state, self._clock = binding, state, binding.clock
        self._window, self._claims, self._outbox = binding.window, binding.claims, binding.outbox
        self._allowance, self._counters = binding.allowance, binding.counters
        self._store, self._inbox = store, Inbox(store, binding.account.appid)
        self._holds_key = f"holds|{binding.account.appid}"
        self._beat = beat or Beat()
        self.member = Member(state, self._lost, self._beat, beaten=self._renew_rows)
        self.mail = Mail(state, self._serve, self.sent, self._added)
        self._people: OrderedDict[str, Person] = OrderedDict()
        self._ours: dict[str, Person] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._awake = asyncio.Event()
        self._begun = self._stopping = False
        self._loop: asyncio.AbstractEventLoop | None = None

    # ---- a delivery

    async def answer(
        self,
        push: Push,
        seal: Seal,
        key: str,
        gone: Gone | None,
        request: tuple[PushQuery, bytes],
        began: float,
    ) -> Returned:
        """Status and body for WeChat; MOVED when a delivery was passed on here and the person is not here any more.

        Raises Replayed for a push that was answered long ago, NotAccepted when it cannot be taken now: WeChat will
        deliver it again.
        """
        self.begin()
        person = self._person(push.openid)
        person.busy += 1
        try:
            while owner := await self._have(person, began + self._binding.app.rules.window_s):
                if isinstance(gone, Remote):
                    return MOVED
                returned = await self._pass_on(owner, request, gone, began)
                if returned is not None:
                    return returned
            return Returned(body=await self._here(person, push, seal, key, gone, began))
        finally:
            person.busy -= 1

    async def _here(
        self, person: Person, push: Push, seal: Seal, key: str, gone: Gone | None, began: float
    ) -> bytes:
        if not self._claims.knows(key) and key not in person.keys:
            kept = person.record.answer(key)
            if kept is not None:
                self._counters["joined"] += 1
                return kept
            if person.record.saw(key):
                raise Replayed("这条推送早已处理过，拒绝重放", "this push was handled long ago: a replay")
        person.keys.add(key)
        body = self._window.begin(push, seal, key, gone, began)
        return body if isinstance(body, bytes) else await body

    async def _pass_on(
        self, owner: str, request: tuple[PushQuery, bytes], gone: Gone | None, began: float
    ) -> Returned | None:
        """Have the process that has the person answer. None when it has them no more, or died."""
        loop, number = asyncio.get_running_loop(), new_number()
        rules = self._binding.app.rules
        query, body = request
        asked = Ask(number, query.given(), body, began + rules.patience_s - loop.time())
        self._counters["passed_on"] += 1
        returned = None
        while returned is None:
            hung_up = gone is not None and gone()
            if hung_up or loop.time() >= began + rules.held_s:
                self._aside(self.mail.send(owner, HungUp(number)))
                raise NotAccepted
            try:
                await self.mail.send(owner, asked)  # again: a letter may be lost
                returned = await self.mail.answer(number, LOOKS_EVERY_S)
                if returned is None and await self.member.dead(owner):
                    return None
            except StateDown:
                await asyncio.sleep(AGAIN_AFTER_S)
        if returned == MOVED:
            return None
        sure = loop.time() < began + rules.patience_s and not (gone is not None and gone())
        self._aside(self.mail.handed(number, sure))
        return returned

    async def _serve(self, letter: Ask, remote: Remote) -> Returned:
        """Answer a delivery that came to another process."""
        began = asyncio.get_running_loop().time() - self._binding.app.rules.patience_s + letter.waits_s
        answer = await self._binding.passed_on(letter.query, letter.body, remote, began)
        return Returned(answer.status, answer.body)

    async def not_accepted(self, gone: Gone | None, began: float) -> Answer:
        """The answer to a delivery that cannot be taken: none that WeChat would still read, so that it delivers again.

        One that another process passed on goes back to it at once: the person may be somewhere else by now.
        """
        if isinstance(gone, Remote):
            return Answer(MOVED.status, b"")
        self._counters["not_accepted"] += 1
        loop, ends = asyncio.get_running_loop(), began + self._binding.app.rules.held_s
        while loop.time() < ends and not (gone is not None and gone()):  # noqa: ASYNC110  # a door has to be asked
            await asyncio.sleep(AGAIN_AFTER_S)
        return Answer(503, b"try again")

    async def handed(self, gone: Gone | None, body: bytes) -> bool:
        """Whether an answer surely got to WeChat, if another process has the connection; else True."""
        return await gone.hand(body) if isinstance(gone, Remote) else True

    # ---- taking a person

    def _person(self, openid: str) -> Person:
        person = self._people.get(openid)
        if person is None:
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

    async def _have(self, person: Person, until: float) -> str:
        """Empty once the person is this process's; else the name of the process that has them. Raises NotAccepted."""
        while True:
            if person.step is None or person.step.done():
                if person.phase is Phase.OURS and not person.load and self.member.sure:
                    return ""
                person.step = asyncio.get_running_loop().create_task(self._take(person))
            step = person.step
            left_s = max(0.0, until - asyncio.get_running_loop().time())
            await asyncio.wait({step}, timeout=left_s)  # a server takes the first step outside of a task
            if not step.done() or step.cancelled():
                raise NotAccepted
            if owner := step.result():
                return owner

    async def _take(self, person: Person) -> str:
        while True:
            try:
                await self.member.until_sure()
                return await self._try_to_take(person)
            except StateDown:
                await asyncio.sleep(AGAIN_AFTER_S)

    async def _try_to_take(self, person: Person) -> str:
        while person.phase is not Phase.OURS:
            known = person.record if person.version else None
            act = decide(known, self.member.name)
            if isinstance(act, AskWhetherDead):
                dead = await self.member.dead(act.owner)
                act = decide(known, self.member.name, dead)
            if isinstance(act, PassOn):
                person.version = 0  # whose they are is asked anew each time
                return act.owner
            assert isinstance(act, Take)
            mine = msgspec.structs.replace(person.record, owner=self.member.name)
            version = await self._put(person, mine)
            if version is None:
                found = await self._state.get(key_of(person.openid, self._binding))
                person.version = found.version if found else 0
                person.record = read(found.data) if found else PersonRecord()
            else:
                person.version, person.record, person.load = version, mine, person.load or act.load
                if mine.owner == self.member.name:  # else this process counted as dead meanwhile
                    self._now_ours(person)
        if person.load:
            await self._load(person)
        return ""

    async def _put(self, person: Person, record: PersonRecord) -> int | None:
        key = key_of(person.openid, self._binding)
        return await self._state.put(key, written(record), replaces=person.version, ttl_s=REMEMBERED_S)

    def _now_ours(self, person: Person) -> None:
        person.phase = Phase.OURS
        self._ours[person.openid] = person
        self._allowance.restore(person.openid, person.record.windows)
        self._window.elsewhere.expected.restore(person.openid, person.record.expected)
        self._awake.set()

    async def _load(self, person: Person) -> None:
        """Take the rows of a person: what waits stands before everything else, what was cut off begins anew."""
        rows = await self._inbox.load(person.openid, self.member.name)
        if person.phase is not Phase.OURS:
            return
        person.load = False
        new = [row for row in rows if row.id not in person.rows]
        person.rows = {row.id: row for row in rows}
        for row in new:
            if row.kind == ANSWER:
                self._outbox.restore(read_answer(row))
                continue
            if row.kind == LATE:
                self._window.come(person.openid, *read_late(row))
                continue
            push, key, promised = read_push(row)
            if not self._claims.knows(key):
                log.warning(say("重新处理：%s", "handled anew: %s"), about(push))
                self._counters["resumed"] += 1
                person.keys.add(key)
                self._window.resume(push, key, promised)

    # ---- what must not be lost

    async def keep(self, run: Run, patience_s: float | None = None) -> None:
        """Make sure that a message is in the inbox before WeChat is told that it was taken.

        Tries again while the database is down, for `patience_s` seconds, by default as long as WeChat waits. Raises
        NotAccepted after that, and when another process has the person.
        """
        loop = asyncio.get_running_loop()
        ends = loop.time() + (self._binding.app.rules.patience_s if patience_s is None else patience_s)
        while not run.kept:
            person = self._ours.get(run.push.openid)
            if person is None or run.lost:
                raise NotAccepted
            try:
                rows = await self._inbox.keep(run.push, run.claim.key, run.claim.promised, self.member.name)
            except StateDown:
                if loop.time() >= ends:
                    raise NotAccepted from None
                await asyncio.sleep(AGAIN_AFTER_S)
            else:
                person.rows.update((row.id, row) for row in rows)
                run.kept = True

    def keep_soon(self, run: Run) -> None:
        """The same when nobody waits for it: for as long as the person is this process's."""
        self._aside(self.keep(run, math.inf))

    async def _renew_rows(self) -> None:
        if any(person.rows for person in self._ours.values()):
            await self._inbox.renew(self.member.name)

    # ---- what all processes together may do

    async def reserve_hold(self) -> int:
        """1 if a connection may be held past WeChat's patience, which uses up one time of all processes' budget."""
        try:
            return int(await self._state.add(self._holds_key, 1, SHARED_HOLDS, ALARM_WINDOW_S) is not None)
        except StateDown:
            return 0

    def give_hold_back(self) -> None:
        """A hold that was reserved is not needed."""
        self._aside(self._state.add(self._holds_key, -1, None, ALARM_WINDOW_S))

    # ---- laying people down

    async def _tend(self) -> None:
        """Take in letters, and lay down people of whom nothing is under way, while there are any."""
        while True:
            self._awake.clear()
            if not self._ours:
                await self._awake.wait()
            await asyncio.sleep(self._beat.tend_s)
            await self._tend_once()

    async def _tend_once(self) -> None:
        with suppress(StateDown):
            if self.member.name:
                await self.mail.fetch(self.member.name)
        working = {run.push.openid for run in self._claims.runs()}
        for person in list(self._ours.values()):
            if person.busy or person.stepping:
                continue
            step = None
            if person.openid not in working and self._idle(person):
                step = self._lay_down(person)
            elif person.rows:
                step = self._settle_some(person)
            if step is not None:
                person.step = asyncio.get_running_loop().create_task(step)

    def _idle(self, person: Person) -> bool:
        line = self._outbox.find(person.openid)
        if line is None:
            return True
        sending = line.sending is not None and not line.sending.done()
        return not (sending or line.going or line.in_flight)

    async def _settle_some(self, person: Person) -> str:
        """Remove rows of messages whose answers have all gone out, of somebody who is busy with others."""
        line = self._outbox.find(person.openid)
        done = [row for row in person.rows.values() if self._claims.find(claim_of(row)) is None]
        if done and (line is None or line.empty) and await self._inbox.settle(done):
            for row in done:
                person.rows.pop(row.id, None)
        return ""

    async def _lay_down(self, person: Person) -> str:
        """Put what waits into the inbox, and say that nobody has the person."""
        items = self._outbox.take_items(person.openid)
        cut = [row for row in person.rows.values() if row.key in self._window.cut]
        done = [row for row in person.rows.values() if row not in cut]
        if (done or items) and not await self._inbox.settle(done, items):
            self._give_up(person)
            return ""
        person.rows = {row.id: row for row in cut}
        person.load = person.load or bool(items or cut)
        try:
            await self._inbox.put_back(cut)
            await self._let_go(person)
        except StateDown:  # the record may have been written or not: it is read before anything else
            person.version, person.phase, person.load = 0, Phase.AWAY, True
            self._ours.pop(person.openid, None)
        return ""

    async def _let_go(self, person: Person) -> None:
        windows = self._allowance.stored(person.openid)
        expected = self._window.elsewhere.expected.stored(person.openid, self._clock.now())
        record = msgspec.structs.replace(
            person.record, owner="", waiting=int(person.load), windows=windows, expected=expected
        )
        remembered_s = self._binding.app.replay_window_s or 0.0
        for key in person.keys:
            record.note(key, self._claims.answered(key), self._clock.now(), remembered_s)
        version = await self._put(person, record)
        if version is None:
            found = await self._state.get(key_of(person.openid, self._binding))
            if found is not None and read(found.data).owner == self.member.name:
                person.version = found.version  # a write of ours that was not sure to have happened
                version = await self._put(person, record)
        if version is None:
            self._give_up(person)
            return
        person.version, person.record, person.phase, person.load = version, record, Phase.AWAY, False
        person.keys.clear()
        person.rows = {}
        self._ours.pop(person.openid, None)

    def _give_up(self, person: Person) -> None:
        """Another process has the person: what was begun for them here counts no more."""
        self._ours.pop(person.openid, None)
        self._window.abandon(person.openid)
        for row in person.rows.values():
            self._claims.forget(row.key)
        person.phase, person.load, person.version = Phase.AWAY, False, 0
        person.rows, person.record = {}, PersonRecord()
        person.keys.clear()

    async def _lost(self) -> None:
        """This process counts as dead: everything that it had is another's now."""
        for person in list(self._ours.values()):
            self._give_up(person)

    # ---- what others left behind

    async def _recover(self) -> None:
        while True:
            await asyncio.sleep(self._beat.recover_s)
            with suppress(StateDown):
                for openid in await self._inbox.overdue():
                    self._aside(self._recover_person(openid))

    async def _recover_person(self, openid: str) -> None:
        person = self._person(openid)
        person.busy += 1
        person.load = True
        try:
            await self._have(person, asyncio.get_running_loop().time() + self._beat.recover_s)
        finally:
            person.busy -= 1

    # ---- messages that the program sends by itself

    def sent(self, openid: str, count: int = 1) -> None:
        """Count customer-service messages that the program sent somebody, wherever that person is; from any thread."""
        if openid in self._ours:
            for _ in range(count):
                self._allowance.spend(openid)
        elif self._loop is not None:
            self._loop.call_soon_threadsafe(lambda: self._aside(self._count_elsewhere(openid, count)))

    async def _count_elsewhere(self, openid: str, count: int) -> None:
        key = key_of(openid, self._binding)
        while (found := await self._state.get(key)) is not None:
            record = read(found.data)
            if record.owner:
                await self.mail.send(record.owner, Sent(openid, count))
                return
            spent = self._allowance.spent(record.windows, count)
            changed = msgspec.structs.replace(record, windows=spent)
            if await self._state.put(key, written(changed), replaces=found.version, ttl_s=REMEMBERED_S):
                return

    # ---- answers from elsewhere

    async def answered_elsewhere(self, openid: str, key: str, replies: Sequence[Reply], name: str) -> bool:
        """Keep an answer to the push `key`, and have the process that has its person take it from the inbox, within
        `recover_s` seconds if none has them. False when one of this name was taken before.

        Raises StateDown, and SetupError when the inbox is in the memory of this process alone.
        """
        if not self._begun and self._binding.services.store is None and isinstance(self._store, MemoryWork):
            raise SetupError(
                "答复要经过数据库交给正在服务的进程，而这里没有设置数据库",
                "an answer gets to the processes that serve by the database, and none is set here",
                fix_zh="设置 GONGZHONG_DATABASE，与这些进程相同",
                fix_en="set GONGZHONG_DATABASE to the one of these processes",
            )
        taken = f"late|{self._binding.account.appid}|{hashed(f'{key}#{name}')}"
        if name and await self._state.get(taken) is not None:
            return False
        added = await self._inbox.add_late(openid, key, replies, name)
        if name:
            await self._state.put(taken, b"", replaces=0, ttl_s=WAITS_S)
        self._added(openid)
        with suppress(StateDown):
            found = await self._state.get(key_of(openid, self._binding))
            owner = read(found.data).owner if found is not None else ""
            if owner and owner != self.member.name:
                await self.mail.send(owner, Added(openid))
        return added

    def _added(self, openid: str) -> None:
        """Take what was put into the inbox for a person, unless another process has them."""
        if self._begun and not self._stopping:
            self._aside(self._recover_person(openid))

    # ---- from the start to the stop

    def begin(self) -> None:
        """Join the others, on the loop that is running. May be called again."""
        if self._begun or self._stopping:
            return
        self._begun, self._loop = True, asyncio.get_running_loop()
        for work in (self._join(), self.member.run(), self._tend(), self._recover()):
            self._aside(work)

    async def _join(self) -> None:
        while not self.member.name:
            try:
                await self.member.renew()
            except StateDown as problem:
                log.warning(say("共享状态不可用：%s", "the shared state is down: %s"), problem)
                await asyncio.sleep(AGAIN_AFTER_S)

    async def ready(self) -> None:
        """Wait until messages can be accepted."""
        self.begin()
        await self.member.until_sure()

    async def finish(self) -> None:
        """Lay everybody down and leave. What cannot be done in LAST_S seconds, others will find."""
        self._stopping = True
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_S):
                while self._ours:
                    await self._tend_once()
                    await asyncio.sleep(0.01)
        await self.member.leave()
        for task in list(self._tasks):
            task.cancel()
        self._begun = False

    def _aside(self, work: Coroutine[Any, Any, Any]) -> None:
        """Do something that nobody waits for; an unreachable state is no error there."""

        async def quietly() -> None:
            with suppress(StateDown, NotAccepted):
                await work

        task = asyncio.get_running_loop().create_task(quietly())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def key_of(openid: str, binding: Binding) -> str:
    """The key of a person's record in the shared state."""
    return f"person|{binding.account.appid}|{openid}"
