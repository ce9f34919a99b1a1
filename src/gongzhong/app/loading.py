"""Takes up the rows of people that are in the inbox, once this process has the people.

What waits stands before everything else, a message that another process began is begun anew, and an answer from
elsewhere goes out. A row that can't be read becomes a dead letter; the person's other rows are taken up all the same.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..errors import StateDown, say
from ..messages import Push
from ..sharing.person import hashed
from .inbox import ANSWER, LATE, Inbox, KeptPush, read_answer, read_late, read_push
from .outbox import WAITS_S, about
from .taking import Person, Phase

if TYPE_CHECKING:
    from ..sharing.members import Member
    from ..state import State
    from ..store import Work
    from .binding import Binding

log = logging.getLogger("gongzhong.app")


class Loading:
    """Used from one event loop."""

    def __init__(self, binding: Binding, state: State, inbox: Inbox, member: Member) -> None:
        self._window, self._claims, self._outbox = binding.window, binding.claims, binding.outbox
        self._counters, self._clock = binding.counters, binding.clock
        self._state, self._inbox, self._member = state, inbox, member

    async def load(self, people: Sequence[Person]) -> list[Person]:
        """Take up everything of these people that is in the inbox. Gives those of whom that failed, which is logged;
        their rows stay. Raises StateDown, some people then being done and others not."""
        before = [(person, list(person.rows)) for person in people]
        occupied = await self._inbox.occupied([person.openid for person in people])
        for person, known in before:
            if person.openid not in occupied and person.phase is Phase.OURS:
                person.load = False
                for number in known:
                    person.rows.pop(number, None)
        theirs = [person for person in people if person.openid in occupied]
        outcomes = await asyncio.gather(*map(self._load_rows, theirs), return_exceptions=True)
        failed = []
        for person, outcome in zip(theirs, outcomes, strict=True):
            if isinstance(outcome, StateDown) or not isinstance(outcome, Exception | None):
                raise outcome
            if outcome is not None:
                log.error(say("内部错误", "internal error"), exc_info=outcome)
                failed.append(person)
        return failed

    async def _load_rows(self, person: Person) -> None:
        before = set(person.rows)
        rows = await self._inbox.load(person.openid, self._member.name)
        await self._mark_taken([row for row in rows if row.id not in person.rows])
        if person.phase is not Phase.OURS:
            return
        since = {number: row for number, row in person.rows.items() if number not in before}
        new = [row for row in rows if row.id not in person.rows]
        person.rows = since | {row.id: row for row in rows if row not in new}
        for row in new:
            self._take_up(person, row)
            person.rows[row.id] = row  # not before: what is in `rows` is removed when the person is laid down
        person.load = False

    async def _mark_taken(self, rows: Sequence[Work]) -> None:
        """Note the names of answers from elsewhere before they go out: a program that was not told that its answer was
        accepted gives it again, when the row may be gone."""
        keys = self._inbox.taken_keys(rows)
        await asyncio.gather(*(self._state.put(key, b"", replaces=0, ttl_s=WAITS_S) for key in keys))

    def _take_up(self, person: Person, row: Work) -> None:
        if row.kind == ANSWER:
            self._outbox.restore(read_answer(row))
        elif row.kind == LATE:
            self._window.come(person.openid, *read_late(row))
        else:
            self._begin_anew(person, *read_push(row))

    def _begin_anew(self, person: Person, push: Push, kept: KeptPush) -> None:
        # a row of a finished push was written by a process that was cut off from the database meanwhile
        if not self._claims.knows(kept.key) and not person.record.finished(kept.key):
            log.warning(say("重新处理：%s", "handled anew: %s"), about(push))
            self._counters["resumed"] += 1
            person.keys[kept.key] = hashed(kept.key), self._clock.now()
            self._window.resume(push, kept)
