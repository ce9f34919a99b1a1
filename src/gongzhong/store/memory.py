"""The table of work in memory: for one process, for `gongzhong dev` and for tests. Gone with the process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from ..clock import Clock
from .work import Count, Health, NewWork, Stage, Work


class MemoryWork:
    """`WorkStore` without a database. Used from one event loop."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self._rows: dict[int, Work] = {}
        self._keys: dict[tuple[str, str, str], int] = {}
        self._last = 0

    async def add(
        self, account: str, items: Sequence[NewWork], *, holder: str = "", seconds: float = 0.0
    ) -> list[Work]:
        return self._add(account, items, holder, seconds)

    async def take(self, account: str, kind: str, holder: str, n: int, seconds: float) -> list[Work]:
        now = self.clock.now()
        first = self._first_of_lines(account, kind)
        due = sorted((work for work in first if work.due <= now), key=lambda work: (work.due, work.id))
        return [self._held(work, holder, now + seconds) for work in due[:n]]

    async def renew(self, holder: str, seconds: float) -> set[int]:
        due = self.clock.now() + seconds
        held = [work for work in self._rows.values() if work.stage is Stage.RUNNING and work.holder == holder]
        return {self._keep(replace(work, due=due)).id for work in held}

    async def finish(self, work: Work, then: Sequence[NewWork] = ()) -> bool:
        return await self.settle([work], work.account, then)

    async def overdue(self, accounts: Sequence[str], kinds: Sequence[str], n: int) -> list[tuple[str, str]]:
        now = self.clock.now()
        found = [work for account in accounts for work in self._of(account, *kinds)]
        due = sorted(
            (work for work in found if work.due <= now and work.line), key=lambda work: (work.due, work.id)
        )
        return list(dict.fromkeys((work.account, work.line) for work in due))[:n]

    async def take_line(
        self, account: str, kinds: Sequence[str], line: str, holder: str, seconds: float
    ) -> list[Work]:
        until = self.clock.now() + seconds
        found = [work for work in self._of(account, *kinds) if work.line == line]
        return [self._held(work, holder, until, again=False) for work in found]

    async def occupied(self, account: str, kinds: Sequence[str], lines: Sequence[str]) -> set[str]:
        return {work.line for work in self._of(account, *kinds)} & set(lines)

    async def settle(self, done: Sequence[Work], account: str, then: Sequence[NewWork] = ()) -> bool:
        if not all(self._has(work) for work in done):
            return False
        for work in done:
            self._remove(work)
        self._add(account, then)
        return True

    async def put_back(self, work: Work, reason: str, *, due: float = 0.0, data: bytes | None = None) -> bool:
        changed = replace(
            work,
            stage=Stage.WAITING,
            holder="",
            reason=reason,
            due=due or self.clock.now(),
            data=work.data if data is None else data,
        )
        return self._has(work) and bool(self._keep(changed))

    async def bury(self, work: Work, reason: str) -> bool:
        changed = replace(work, stage=Stage.DEAD, holder="", reason=reason)
        return self._has(work) and bool(self._keep(changed))

    async def show(
        self,
        account: str = "",
        kind: str = "",
        stage: Stage | None = None,
        *,
        after: int = 0,
        limit: int = 100,
    ) -> list[Work]:
        found = [
            work
            for work in self._rows.values()
            if work.id > after
            and account in ("", work.account)
            and kind in ("", work.kind)
            and stage in (None, work.stage)
        ]
        return found[:limit]

    async def in_line(self, account: str, kind: str, line: str) -> list[Work]:
        return [work for work in self._of(account, kind) if work.line == line]

    async def replay(self, ids: Sequence[int], *, every_s: float = 0.0) -> int:
        now = self.clock.now()
        places = {number: place for place, number in enumerate(ids)}
        dead = self._dead(ids)
        for work in dead:
            due = now + places[work.id] * every_s
            self._keep(replace(work, stage=Stage.WAITING, attempts=0, due=due))
        return len(dead)

    async def delete(self, ids: Sequence[int]) -> int:
        dead = self._dead(ids)
        for work in dead:
            self._remove(work)
        return len(dead)

    async def counts(self) -> list[Count]:
        numbers = Counter((work.account, work.kind, work.stage) for work in self._rows.values())
        oldest: dict[tuple[str, str, Stage], float] = {}
        for work in self._rows.values():
            place = work.account, work.kind, work.stage
            oldest[place] = min(oldest.get(place, work.created_at), work.created_at)
        return [Count(*place, number, oldest[place]) for place, number in sorted(numbers.items())]

    async def health(self) -> Health:
        now = self.clock.now()
        alive = [work.due for work in self._rows.values() if work.stage is not Stage.DEAD and work.due <= now]
        dead = sum(work.stage is Stage.DEAD for work in self._rows.values())
        return Health(dead=dead, oldest_due_s=now - min(alive, default=now))

    async def close(self) -> None:
        """Nothing is open."""

    def _add(
        self, account: str, items: Iterable[NewWork], holder: str = "", seconds: float = 0.0
    ) -> list[Work]:
        now, added = self.clock.now(), []
        for item in items:
            place = account, item.kind, item.key
            if item.key and place in self._keys:
                continue
            self._last += 1
            if item.key:
                self._keys[place] = self._last
            work = Work(
                id=self._last,
                account=account,
                kind=item.kind,
                line=item.line,
                key=item.key,
                data=item.data,
                stage=Stage.RUNNING if holder else Stage.WAITING,
                due=now + seconds if holder else item.due or now,
                attempts=1 if holder else 0,
                fence=1 if holder else 0,
                holder=holder,
                reason="",
                created_at=now,
            )
            added.append(self._keep(work))
        return added

    def _first_of_lines(self, account: str, kind: str) -> list[Work]:
        """What stands in no line, and of each line its first piece that is not dead."""
        found, lines = [], set()
        for work in self._of(account, kind):
            if not work.line or work.line not in lines:
                found.append(work)
            lines.add(work.line)
        return found

    def _of(self, account: str, *kinds: str) -> list[Work]:
        """What is not dead, in the order in which it came."""
        return [
            work
            for work in self._rows.values()
            if work.account == account and work.kind in kinds and work.stage is not Stage.DEAD
        ]

    def _held(self, work: Work, holder: str, until: float, again: bool = True) -> Work:
        taken = replace(
            work,
            stage=Stage.RUNNING,
            holder=holder,
            due=until,
            fence=work.fence + 1,
            attempts=work.attempts + (again or work.holder != holder),
        )
        return self._keep(taken)

    def _has(self, work: Work) -> bool:
        """Whether the caller's take is the newest one."""
        row = self._rows.get(work.id)
        return row is not None and row.stage is Stage.RUNNING and row.fence == work.fence

    def _dead(self, ids: Sequence[int]) -> list[Work]:
        found = (self._rows.get(number) for number in ids)
        return [work for work in found if work is not None and work.stage is Stage.DEAD]

    def _keep(self, work: Work) -> Work:
        self._rows[work.id] = work
        return work

    def _remove(self, work: Work) -> None:
        del self._rows[work.id]
        self._keys.pop((work.account, work.kind, work.key), None)
