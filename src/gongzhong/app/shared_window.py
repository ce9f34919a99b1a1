"""The reply window of one process among several that answer for the same account.

A delivery first takes its person (`taking.py`); then the reply window of this process answers it as if there
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
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import msgspec

from ..background import in_task
from ..errors import Replayed, SetupError, StateDown
from ..messages import Reply
from ..sharing.mail import MOVED, Added, Ask, HungUp, Remote, Returned, Sent, new_number
from ..sharing.node import Node
from ..sharing.person import ANSWERED_S, PersonRecord, change, forget_answers, hashed, read, spent, written
from ..store import MemoryWork, Work
from .answer import Answer, Gone, NotAccepted
from .claims import Phase as ClaimPhase
from .holds import SharedHolds
from .inbox import AGAIN_AFTER_S, Inbox, Rows, claim_of
from .loading import Loading
from .outbox import WAITS_S
from .runs import SUCCESS, Run
from .taking import AT_ONCE, NOTHING, REMEMBERED_S, Person, Phase, Taking

if TYPE_CHECKING:
    from ..state import State
    from ..store import WorkStore
    from .binding import Binding
    from .delivery import Delivery

log = logging.getLogger("gongzhong.app")

LOOKS_EVERY_S = 0.5
"""While another process works on a delivery: how often to see whether it still lives, and whether WeChat hung up."""
SILENT_S = 0.3
"""How long after the end of the window a process that has the person may still answer."""
MOST_WRITES = 3
"""Attempts to lay somebody down whose record was changed meanwhile."""
LAST_S = 3.0
"""At a stop: how long to try to lay everybody down."""
REPLAYED = "这条推送早已处理过，拒绝重放", "this push was handled long ago: a replay"


class SharedWindow:
    """Takes, keeps and lays down people; answers deliveries for them. Used from one event loop.

    `node` is this process's, for all accounts that share state and event loop; with another loop than the node's the
    account has one of its own. `rows` is where several accounts keep their rows together, made from the store by
    default. `together`: state and store are one database, so that one is not lost without the other.
    """

    def __init__(
        self,
        binding: Binding,
        node: Node,
        state: State,
        store: WorkStore,
        *,
        rows: Rows | None = None,
        together: bool = False,
    ) -> None:
        self._binding, self._state, self._clock = binding, state, binding.clock
        self.appid, self.rows = binding.account.appid, rows or Rows(store)
        self._window, self._claims, self._outbox = binding.window, binding.claims, binding.outbox
        self._allowance, self._counters = binding.allowance, binding.counters
        self._store, self._inbox = store, Inbox(store, binding.account.appid)
        self.holds = SharedHolds(state, binding.account.appid)
        self._window_s = binding.app.rules.window_s
        self._replay_window_s = binding.app.replay_window_s or 0.0
        self._together = together
        self._settle_in(node)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._begun = self._stopping = False
        self._loop: asyncio.AbstractEventLoop | None = None

    def _settle_in(self, node: Node) -> None:
        """Be an account of this node."""
        self.node, self.member, self.mail = node, node.member, node.mail
        self._taking = Taking(
            node.writes,
            node.member,
            self.appid,
            taken=self._taken,
            load=Loading(self._binding, self._state, self._inbox, node.member).load,
            aside=self._aside,
            together=self._together,
        )
        self._ours = self._taking.ours

    # ---- a delivery

    def has_or_waits(self, delivery: Delivery) -> bool:
        """Whether the person is this process's; if not, `delivery` is told who has them. In either case whoever
        answers it is `done_with` the person in the end. Raises ValueError for an OpenID that no engine could keep."""
        taking = self._taking
        person = delivery.person = taking.of(delivery.push.openid)
        person.busy += 1
        if taking.has(person):
            return True
        taking.wait(person, delivery.began + self._window_s, delivery)
        return False

    def has(self, person: Person) -> bool:
        """Whether somebody is this process's, so that a delivery can be answered by `here`."""
        return self._taking.has(person)

    async def answer(self, delivery: Delivery, owner: str) -> Returned:
        """Status and body for WeChat; MOVED when a delivery was passed on here and the person is not here any more.
        `owner` is the process that had the person a moment ago, empty when that is not known.

        Raises Replayed for a push that was answered long ago, NotAccepted when it cannot be taken now: WeChat will
        deliver it again.
        """
        taking, person = self._taking, delivery.person
        gone, began = delivery.gone, delivery.began
        while not taking.has(person):
            owner = owner or await taking.owner(person, began + self._window_s)
            if not owner:
                continue
            if isinstance(gone, Remote):
                return MOVED
            returned = await self._pass_on(owner, delivery)
            if returned is not None:
                return returned
            owner = ""
        body = self.here(delivery)
        return Returned(body=body if isinstance(body, bytes) else await body)

    def done_with(self, person: Person) -> None:
        """A delivery for somebody has been answered."""
        person.busy -= 1
        if person.phase is Phase.AWAY:
            self._taking.leave(person)

    def here(self, delivery: Delivery) -> bytes | Coroutine[Any, Any, bytes]:
        """The body for a delivery for somebody who is this process's. Raises Replayed."""
        person, key = delivery.person, delivery.key
        noted = person.keys.get(key)
        if noted is None:
            mark, record = hashed(key), person.record
            if record.seen and not self._claims.knows(key):
                kept = record.answer(key)
                if kept is not None:
                    self._counters["joined"] += 1
                    return kept
                if record.saw(mark):
                    raise Replayed(*REPLAYED)
            person.keys[key] = mark, self._clock.now()
        elif self._long_ago(key, noted[1]):
            raise Replayed(*REPLAYED)
        push = delivery.push
        body = self._window.begin(
            push, delivery.seal, key, delivery.gone, delivery.began, delivery.get_loop()
        )
        if isinstance(body, bytes):
            return body
        if person.orphaned or self._clock.now() >= push.create_time + self._binding.app.rules.patience_s:
            run = self._claims.find(key)
            if run is not None:  # processes die, or WeChat delivers again: the next death may come soon
                self.keep_soon(run)
        return body

    def _long_ago(self, key: str, came: float) -> bool:
        """Whether a push that came here before was dealt with, and WeChat's own repeats are over: the record of a
        person is not looked at as long as they are this process's."""
        remembered = self._claims.knows(key) or key in self._window.cut
        over = self._clock.now() > came + ANSWERED_S
        return bool(self._binding.app.replay_window_s) and over and not remembered

    async def _pass_on(self, owner: str, delivery: Delivery) -> Returned | None:
        """Have the process that has the person answer. None when it has them no more, or died."""
        await in_task()
        loop, number = asyncio.get_running_loop(), new_number()
        rules = self._binding.app.rules
        gone, began = delivery.gone, delivery.began
        query, body = delivery.request
        asked = Ask(number, query.given(), body, began + rules.patience_s - loop.time(), self.appid)
        self._counters["passed_on"] += 1
        leaves_at = began + rules.window_s + SILENT_S
        returned = None
        while returned is None:
            hung_up = gone is not None and gone()
            if hung_up or loop.time() >= began + rules.held_s:
                self._aside(self.mail.send(owner, HungUp(number)))
                raise NotAccepted
            try:
                await self.mail.send(owner, asked)  # again: a letter may be lost
                looks_s = max(AGAIN_AFTER_S, min(LOOKS_EVERY_S, leaves_at - loop.time()))
                returned = await self.mail.answer(number, looks_s)
                if returned is None and await self.member.dead(owner):
                    return None
                if returned is None:
                    self._binding.permission.ask_soon(delivery.key)  # in time for what follows
                if returned is None and loop.time() >= leaves_at and await self._left_for(owner, delivery):
                    self._aside(self.mail.send(owner, HungUp(number)))
                    self._aside(self.mail.handed(number, sure=False))
                    return Returned(body=SUCCESS)
            except StateDown:
                await asyncio.sleep(AGAIN_AFTER_S)
        if returned == MOVED:
            return None
        sure = loop.time() < began + rules.patience_s and not (gone is not None and gone())
        self._aside(self.mail.handed(number, sure))
        return returned

    async def _left_for(self, owner: str, delivery: Delivery) -> bool:
        """Put a message into the inbox for a process that says nothing: one that was stopped, or whose event loop is
        blocked, and that does not count as dead yet. It, or whoever takes the person from it, goes on from there, and
        WeChat needs neither to wait nor to deliver again. Only where the answer can be sent later. Raises StateDown."""
        if not self._binding.permission.known:
            return False
        await self._inbox.leave(delivery.push, delivery.key)
        self._counters["left"] += 1
        await self.mail.send(owner, Added(delivery.push.openid, self.appid))
        return True

    async def serve(self, letter: Ask, remote: Remote) -> Returned:
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

    def _taken(self, person: Person) -> None:
        openid, record, expected = person.openid, person.record, self._window.elsewhere.expected
        self._allowance.restore(openid, record.windows)
        if expected or record.expected:
            expected.restore(openid, record.expected)
        self.node.wake(self)

    # ---- what must not be lost

    async def keep(self, run: Run, patience_s: float | None = None) -> None:
        """Make sure that a message is in the inbox before WeChat is told that it was taken.

        Tries again while the database is down, for `patience_s` seconds, by default as long as WeChat waits. Raises
        NotAccepted after that, and when another process has the person.
        """
        person = self._ours.get(run.push.openid)
        if person is None or run.lost:
            raise NotAccepted
        person.busy += 1  # not laid down meanwhile: a row that comes after that would be nobody's
        try:
            await in_task()
            await self._keep(
                run, person, self._binding.app.rules.patience_s if patience_s is None else patience_s
            )
        finally:
            self.done_with(person)

    async def _keep(self, run: Run, person: Person, patience_s: float) -> None:
        loop = asyncio.get_running_loop()
        ends = loop.time() + patience_s
        while not run.kept:
            if person.phase is not Phase.OURS or run.lost:
                raise NotAccepted
            rows: list[Work] | None = None
            if self.member.sure:  # else another process may have begun the message anew
                claim, accepted = run.claim, run.claim.phase is not ClaimPhase.RUNNING
                with suppress(StateDown):
                    rows = await self._inbox.keep(
                        run.push, claim.key, claim.promised, accepted, self.member.name
                    )
            if rows is not None and any(row.holder != self.member.name for row in rows):
                self.added(person.openid)  # another process left it for this one
                await asyncio.sleep(AGAIN_AFTER_S)
            elif rows is not None:
                for row in rows:
                    known = person.rows.get(row.id)  # loaded meanwhile, with a newer fence
                    person.rows[row.id] = row if known is None or known.fence < row.fence else known
                run.kept = True
            elif loop.time() >= ends:
                raise NotAccepted
            else:
                await asyncio.sleep(AGAIN_AFTER_S)

    def keep_slow(self, run: Run, began: float) -> None:
        """Put the message of a handler that takes long into the inbox before WeChat has an answer, so that it survives
        the deaths of several processes within WeChat's three deliveries. A quick handler costs no row."""
        if not run.claim.ended and run.loop.time() >= began + self._binding.app.rules.ask_after_s:
            self.keep_soon(run)

    def keep_soon(self, run: Run) -> None:
        """The same when nobody waits for it, for as long as the person is this process's: for what is said later, and
        when a delivery ended without WeChat surely having its answer, as it may have been the last one."""
        if (
            not run.keeping and not run.claim.fetches and run.loop.is_running()
        ):  # a loop may have ended before
            run.keeping = True
            self._aside(self.keep(run, math.inf))

    @property
    def holds_rows(self) -> bool:
        """Whether anybody's messages are in the inbox and held by this process."""
        return any(person.rows for person in self._ours.values())

    # ---- what all processes together may do

    def give_hold_back(self) -> None:
        """A hold that was reserved is not needed."""
        self._aside(self.holds.give_back())

    # ---- laying people down

    def tend(self) -> bool:
        """Lay down people of whom nothing is under way; whether anybody is left."""
        self._taking.tidy()
        runs = self._claims.runs()
        working = {run.push.openid for run in runs}
        carrying = {run.push.openid for run in runs if run.claim.took}
        lines, done = self._outbox.people(), []
        for person in list(self._ours.values()):
            if person.stepping:
                continue
            openid = person.openid
            waits = openid in lines
            if person.busy or openid in working or (waits and not self._idle(person)):
                rows = self._done(person, openid in carrying)
                if rows:
                    self._step([person], self._settle_some(person, rows))
            elif person.rows or person.load or waits:
                self._step([person], self._lay_down(person))
            else:
                done.append(person)
        for first in range(0, len(done), AT_ONCE):
            some = done[first : first + AT_ONCE]
            self._step(some, self._let_go(some))
        return bool(self._ours)

    def _step(self, people: Sequence[Person], work: Coroutine[Any, Any, None]) -> None:
        """Do something with people; deliveries for them wait meanwhile."""
        for person in people:
            person.stepping = True
        self._aside(self._stepped(people, work))

    async def _stepped(self, people: Sequence[Person], work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        finally:
            self._taking.stepped(people)

    def _idle(self, person: Person) -> bool:
        line = self._outbox.find(person.openid)
        if line is None:
            return True
        sending = line.sending is not None and not line.sending.done()
        return not (sending or line.going or line.in_flight)

    def _done(self, person: Person, carrying: bool) -> list[Work]:
        """Rows of messages whose answers have all gone out, of somebody who is busy with others. While an answer that
        waited is on its way with the reply to a message (`carrying`), they stay: it may be of any of them."""
        line = self._outbox.find(person.openid)
        if carrying or not person.rows or (line is not None and not line.empty):
            return []
        return [row for row in person.rows.values() if self._claims.find(claim_of(row)) is None]

    async def _settle_some(self, person: Person, done: Sequence[Work]) -> None:
        if await self._inbox.settle(done):
            for row in done:
                person.rows.pop(row.id, None)

    async def _lay_down(self, person: Person) -> None:
        """Put what waits into the inbox, and say that nobody has the person."""
        items = self._outbox.take_items(person.openid)
        cut = [row for row in person.rows.values() if row.key in self._window.cut]
        done = [row for row in person.rows.values() if row not in cut]
        if (done or items) and not await self._inbox.settle(done, items):
            self._give_up(person)
            return
        person.rows = {row.id: row for row in cut}
        person.load = person.load or bool(items or cut)
        try:
            await self._inbox.put_back(cut)
        except StateDown:
            self._unsure(person)
        else:
            await self._let_go([person])

    async def _let_go(self, people: Sequence[Person]) -> None:
        """Say that nobody has these people, with what everybody has to know of them."""
        now = self._clock.now()
        records = {person.key: self._record(person, now) for person in people}
        for _ in range(MOST_WRITES):
            writes = [(person.key, written(records[person.key]), person.version) for person in people]
            try:
                outcomes = await self.node.writes.put_many(writes, ttl_s=REMEMBERED_S)
            except StateDown:
                for person in people:
                    self._unsure(person)
                return
            again = []
            for person, (_, data, _), outcome in zip(people, writes, outcomes, strict=True):
                if person.phase is not Phase.OURS:
                    continue  # given up meanwhile
                if isinstance(outcome, int):
                    self._away(person, outcome, data)
                elif outcome is not None and (stored := read(outcome.data)).owner == self.member.name:
                    # a write of ours that was not sure to have happened, or an erasure
                    person.version = outcome.version
                    records[person.key].forget(stored.forgotten)
                    again.append(person)
                else:
                    self._give_up(person)
            if not again:
                return
            people = again
        for person in people:
            self._give_up(person)

    def _record(self, person: Person, now: float) -> PersonRecord:
        """What everybody has to know of somebody whom nobody has."""
        openid, before = person.openid, person.record
        expected = self._window.elsewhere.expected
        record = PersonRecord(
            waiting=int(person.load),
            windows=self._allowance.stored(openid),
            answered=before.answered,
            seen=before.seen,
            expected=expected.stored(openid, now) if expected else [],
        )
        answered, cut = self._claims.answered, self._window.cut
        pushes = [
            (key, mark, answered(key), came) for key, (mark, came) in person.keys.items() if key not in cut
        ]
        record.note(pushes, now, self._replay_window_s)
        return record

    def _away(self, person: Person, version: int, data: bytes) -> None:
        """Somebody was laid down, with this record."""
        person.learn((version, data))
        person.phase = Phase.AWAY
        if person.load:
            person.load = not person.record.waiting  # something may have come since it was made
        if person.rows:
            person.rows = {}
        person.keys.clear()
        self._ours.pop(person.openid, None)

    def _unsure(self, person: Person) -> None:
        """Whether somebody was laid down is not known: the record is read before anything else."""
        person.version, person.phase, person.load = 0, Phase.AWAY, True
        self._ours.pop(person.openid, None)

    def _give_up(self, person: Person) -> None:
        """Another process has the person: what was begun for them here counts no more."""
        self._ours.pop(person.openid, None)
        self._window.abandon(person.openid)
        for row in person.rows.values():
            self._claims.forget(row.key)
        person.learn(NOTHING)
        person.phase, person.load, person.rows = Phase.AWAY, False, {}
        person.keys.clear()

    async def lost(self) -> None:
        """This process counts as dead: everything that it had is another's now."""
        for person in list(self._ours.values()):
            self._give_up(person)

    # ---- what others left behind

    async def _recover_person(self, openid: str) -> None:
        person = self._taking.of(openid)
        person.busy += 1
        person.load = True
        try:
            until = asyncio.get_running_loop().time() + self.node.beat.recover_s
            while not self._taking.has(person) and not await self._taking.owner(person, until):
                pass
        finally:
            self.done_with(person)

    # ---- messages that the program sends by itself

    def sent(self, openid: str, count: int = 1) -> None:
        """Count customer-service messages that the program sent somebody, wherever that person is; from any thread."""
        if openid in self._ours:
            for _ in range(count):
                self._allowance.spend(openid)
        elif self._loop is not None:
            self._loop.call_soon_threadsafe(lambda: self._aside(self._count_elsewhere(openid, count)))

    async def _count_elsewhere(self, openid: str, count: int) -> None:
        def spend(record: PersonRecord) -> PersonRecord:
            windows = None if record.windows is None else spent(record.windows, count)
            return msgspec.structs.replace(record, windows=windows)

        owner = await change(self._state, self._taking.key_of(openid), spend, REMEMBERED_S)
        if owner:
            await self.mail.send(owner, Sent(openid, count, self.appid))

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
        taken = self._inbox.taken_key(key, name)
        if name and await self._state.get(taken) is not None:
            return False
        added = await self._inbox.add_late(openid, key, replies, name)
        if name:
            await self._state.put(taken, b"", replaces=0, ttl_s=WAITS_S)
        self.added(openid)
        with suppress(StateDown):
            found = await self._state.get(self._taking.key_of(openid))
            owner = read(found.data).owner if found is not None else ""
            if owner and owner != self.member.name:
                await self.mail.send(owner, Added(openid, self.appid))
        return added

    def added(self, openid: str) -> None:
        """Take what is in the inbox for a person, unless another process has them."""
        if self._begun and not self._stopping:
            self._aside(self._recover_person(openid))

    async def forget(self, openid: str) -> None:
        """Remove from the shared state what was said to a person, wherever they are. Raises StateDown."""
        await forget_answers(self._state, self._taking.key_of(openid))

    # ---- from the start to the stop

    def begin(self) -> asyncio.AbstractEventLoop:
        """Join the others, on the loop that is running; gives that loop. May be called again."""
        if not (self._begun or self._stopping):
            self._begun, self._loop = True, asyncio.get_running_loop()
            if self.node.loop not in (None, self._loop):
                self._settle_in(Node(self._state, self.node.beat))
            self.node.enter(self)
        return self._loop or asyncio.get_running_loop()

    async def ready(self) -> None:
        """Wait until messages can be accepted."""
        self.begin()
        await self.member.until_sure()

    async def finish(self) -> None:
        """Lay everybody down and leave. What cannot be done in LAST_S seconds, others will find."""
        self._stopping = True
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_S):
                while self.tend():  # noqa: ASYNC110  # what is under way tells nobody
                    await asyncio.sleep(0.01)
        await self.node.leave(self, people_left=bool(self._ours))
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
