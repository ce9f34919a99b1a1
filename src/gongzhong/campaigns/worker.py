"""Carries campaigns out: claims chunks, writes each intent before its calls, sends, and records what came of it.

Any number of workers, in any number of processes, may work on one campaign. A worker that dies, or is stopped for
longer than its lease, leaves attempts without outcome: whoever has the chunk next treats them as in doubt (see
`decision`). A worker sends nothing once its lease may be over, and what it still learns it records.

The outcomes of one unit and the intent of the next one are one transaction.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import replace
from typing import Any, Final, Protocol

import msgspec

from ..catalogue.model import Call
from ..client import AsyncClient
from ..clock import Clock
from ..errors import ArgumentError, GongzhongError, StateDown, say
from .contents import Content, Given, result_kind
from .decision import (
    ALLOWANCE_SPENT,
    CLOCKS_S,
    SETTLED,
    Answered,
    Attempt,
    Effect,
    History,
    Outcome,
    State,
    Verdict,
    decide,
    judge,
    recorded,
    tried,
)
from .plan import Plan, Quota, day_of, next_day
from .stages import Campaign, Stage
from .tables import CampaignTables, Claim, Limits, Refused

log = logging.getLogger("gongzhong.campaigns")

FIELD: Final = "campaign"
"""Under this name the variables of recipients are sealed."""

PACE_S: Final = 0.5
"""How often, at the least, a chunk asks whether the rate lets it go on; shorter than what may be reserved ahead."""


class People(Protocol):
    """The people of one account: `gongzhong.people.Vault`."""

    async def openids(self, numbers: Sequence[int], /) -> list[str | None]:
        """The OpenIDs behind numbers; None for who was erased."""
        ...

    async def living(self, numbers: Sequence[int], /) -> set[int]:
        """Those of these people who were not erased."""
        ...

    async def unseal(self, items: list[tuple[int, str, bytes]], /) -> list[bytes | None]:
        """Decrypt (number, field, sealed); None for who was erased."""
        ...


class Allowance(Protocol):
    """What people may still get of customer-service messages: `allowances.SharedAllowance`."""

    async def reserve(self, openid: str, /) -> bool:
        """Count one message; False, with nothing counted, when none is left."""
        ...

    async def give_back(self, openid: str, /) -> None:
        """The message was surely not sent."""
        ...


class WorkerPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How a worker takes chunks and sends. Times are seconds."""

    lease_s: float = 30.0
    """How long a chunk stays with a worker that says nothing any more."""
    poll_s: float = 1.0
    """How often it looks for chunks that are due."""
    at_once: int = 4
    """Chunks at the same time; each sends a unit of recipients at the same time."""
    pause_s: float = 5.0
    """How long a chunk rests when WeChat is busy, spread by up to a half."""
    waits_for_rate: bool = True
    """Whether a chunk that the rate holds up stays with the worker; else it is given back for a second."""


class Sent(msgspec.Struct):
    """What one worker has done so far: calls that WeChat took, refusals by its code, calls without an answer."""

    accepted: int = 0
    refused: Counter[int] = msgspec.field(default_factory=Counter)
    unanswered: int = 0

    def count(self, answer: Answered) -> None:
        if answer.verdict is None:
            self.unanswered += 1
        elif answer.verdict is Verdict.ACCEPTED:
            self.accepted += 1
        elif answer.code or answer.verdict is Verdict.REFUSED:
            self.refused[answer.code] += 1


class CampaignWorker:
    """Works on the running campaigns of the client's account, or on `only` one. `holder` must be its own.

    `allowance`: customer-service messages are counted there; not for the client of an app, which counts by itself.
    """

    def __init__(
        self,
        tables: CampaignTables,
        client: AsyncClient,
        people: People,
        *,
        holder: str,
        only: int | None = None,
        policy: WorkerPolicy | None = None,
        clock: Clock | None = None,
        source: random.Random | None = None,
        allowance: Allowance | None = None,
    ) -> None:
        self.tables, self.client, self.people = tables, client, people
        self.account = client.account.appid
        self.policy, self.clock = policy or WorkerPolicy(), clock or client.clock
        self.random = source or random.Random()
        self.allowance = allowance
        self.sent = Sent()
        self.stopping = False
        """Chunks under way end with their unit of recipients and go back; none is begun."""
        self._holder, self._only = holder, only
        self._until: dict[tuple[int, int], float] = {}
        """Until when nobody else can have a chunk, by this process's clock."""
        self._tasks: dict[tuple[int, int], asyncio.Task[None]] = {}
        self._runs: dict[tuple[int, int], ChunkRun] = {}
        self._changed = asyncio.Event()

    @property
    def under_way(self) -> int:
        """Recipients of the chunks that this worker holds, of whom nothing more is to be sent."""
        return sum(run.settled for run in self._runs.values())

    def stop(self) -> None:
        """Begin nothing more. `run` and `drain` end when the units under way have ended."""
        self.stopping = True
        self._changed.set()

    async def run(self) -> None:
        """Work until `stop`, or until the one campaign does not run any more."""
        holding = asyncio.ensure_future(self._keep_hold())
        try:
            while not self.stopping and not await self._ended():
                with suppress(StateDown):
                    await self._take()
                await self._wait()
            while self._tasks:
                await asyncio.wait(self._tasks.values())
        finally:
            for task in (holding, *self._tasks.values()):
                task.cancel()

    async def drain(self) -> None:
        """Work until nothing is due any more, for tests and dry runs."""
        holding = asyncio.ensure_future(self._keep_hold())
        try:
            while await self._take() or self._tasks:
                await asyncio.wait(self._tasks.values(), return_when=asyncio.FIRST_COMPLETED)
        finally:
            holding.cancel()

    async def _ended(self) -> bool:
        """Whether the one campaign is not to be sent any more; never while the store is down."""
        if self._only is None:
            return False
        with suppress(StateDown):
            found = await self.tables.campaign(self._only)
            return found is None or found.stage is not Stage.RUNNING
        return False

    async def _wait(self) -> None:
        """Until a chunk ends, but no longer than a poll."""
        self._changed.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), self.policy.poll_s)

    async def _take(self) -> int:
        """Claim what is due and begin with it; how many chunks."""
        began = 0
        for campaign in await self.tables.campaigns(self.account, Stage.RUNNING):
            free = self.policy.at_once - len(self._tasks)
            if free <= 0 or self.stopping:
                break
            if self._only in (None, campaign.id):
                began += await self._take_of(campaign, free)
        return began

    async def _take_of(self, campaign: Campaign, free: int) -> int:
        now = self.clock.now()
        plan = msgspec.json.decode(campaign.plan, type=Plan)
        claims = []
        if plan.opens_at(now) <= now:
            claims = await self.tables.claim(campaign.id, self._holder, free, now, self.policy.lease_s)
        for claim in claims:
            self._begin(campaign, plan, claim, now + self.policy.lease_s)
        if not claims and not any(number == campaign.id for number, _ in self._tasks):
            await self.tables.complete(campaign.id, now)
        return len(claims)

    def _begin(self, campaign: Campaign, plan: Plan, claim: Claim, until: float) -> None:
        place = claim.campaign, claim.chunk
        if place in self._tasks:  # its lease was over, and it came back to this worker
            self._tasks[place].cancel()
        self._until[place] = until
        run = self._runs[place] = ChunkRun(self, campaign, plan, claim)
        task = asyncio.ensure_future(self._guarded(run))
        self._tasks[place] = task
        task.add_done_callback(lambda ended: self._forget(place, ended))

    def _forget(self, place: tuple[int, int], task: asyncio.Task[None]) -> None:
        if self._tasks.get(place) is task:
            del self._tasks[place], self._until[place], self._runs[place]
        self._changed.set()

    async def _guarded(self, run: ChunkRun) -> None:
        claim = run.claim
        try:
            await run.run()
        except StateDown as problem:
            log.warning(
                say("名单分块 %d/%d 稍后再来：%s", "chunk %d/%d is left for later: %s"),
                claim.campaign,
                claim.chunk,
                problem,
            )
        except Exception:
            log.exception(say("名单分块 %d/%d 出错", "chunk %d/%d failed"), claim.campaign, claim.chunk)

    async def _keep_hold(self) -> None:
        """Renew the leases of all chunks under way."""
        while True:
            await asyncio.sleep(self.policy.lease_s / 3)
            for campaign in {number for number, _ in self._tasks}:
                with suppress(StateDown):
                    now = self.clock.now()
                    held = await self.tables.renew(campaign, self._holder, now, self.policy.lease_s)
                    for place in self._until.keys() & {(campaign, chunk) for chunk in held}:
                        self._until[place] = now + self.policy.lease_s

    def holds(self, claim: Claim) -> bool:
        """Whether nobody else can have the chunk yet."""
        return self.clock.now() < self._until.get((claim.campaign, claim.chunk), 0.0)


class ChunkRun:
    """One claim of one chunk, from the reading of its ledger to its end or release."""

    def __init__(self, worker: CampaignWorker, campaign: Campaign, plan: Plan, claim: Claim) -> None:
        self.claim = claim
        self._worker, self._campaign, self._plan = worker, campaign, plan
        self._tables, self._clock = worker.tables, worker.clock
        self._content: Content = plan.content
        self._kind = plan.kind
        self._jobs: list[list[Given] | None] = []
        """The recipients of each job; None when there is nobody any more."""
        self._people: list[list[int]] = []
        """Their numbers."""
        self._recipients = 0
        self._copied = False
        """Whether variables are copies of people's fields, and emptied with these."""
        self.settled = 0
        self._histories: list[History] = []
        self._last = 0
        """The number of the chunk's last attempt."""
        self._unrecorded: list[Outcome] = []
        """Outcomes that go into the database with the next intent, or before the chunk is given away."""

    async def run(self) -> None:
        claim, content = self.claim, self._content
        kind = result_kind(self._kind)
        ledger = await self._tables.ledger(claim.campaign, claim.chunk, claim.jobs, kind, content.template)
        histories = self._histories = ledger.histories()
        self._last = max((attempt.n for attempt in ledger.attempts), default=0)
        await self._read_people()
        while self._worker.holds(claim):
            if self._worker.stopping:
                await self._leave(self._clock.now())
                return
            self.settled = sum(history.state in SETTLED for history in histories)
            step = decide(histories, self._clock.now(), self._plan.rules)
            gone = [
                Outcome(position, 0, Verdict.SKIPPED, at=self._clock.now())
                for position in step.send
                if self._jobs[position] is None and histories[position].state is State.WAITING
            ]
            if record := step.record + gone:
                recorded(histories, record)
                self._unrecorded += record
            elif step.send:
                if not await self._send(step.send):
                    return
            elif step.wait_until is not None:
                await self._leave(step.wait_until)
                return
            else:
                await self._flush()
                await self._tables.finish(claim, self._counts(histories))
                return
        await self._flush()

    async def _read_people(self) -> None:
        """Who is to be sent to by each job; who was erased, or their variables, is left out."""
        rows = await self._tables.recipients(self.claim.campaign, self.claim.chunk)
        self._recipients = len(rows)
        self._copied = bool(self._content.variables()) and await self._tables.copied(self.claim.campaign)
        openids = await self._worker.people.openids([person for person, _ in rows])
        texts: list[bytes | None] = [b"{}"] * len(rows)
        if self._content.variables():
            opened = await self._worker.people.unseal(
                [(person, FIELD, sealed) for person, sealed in rows if sealed]
            )
            left = iter(opened)
            texts = [next(left) if sealed else None for _, sealed in rows]
        living: list[Given | None] = [
            None
            if openid is None or text is None
            else (openid, msgspec.json.decode(text, type=dict[str, str]))
            for openid, text in zip(openids, texts, strict=True)
        ]
        there = [
            (person, given) for (person, _), given in zip(rows, living, strict=True) if given is not None
        ]
        if self._content.together:
            self._people = [[person for person, _ in there]]
            self._jobs = [[given for _, given in there] if there or not rows else None]
        else:
            self._people = [[person] for person, _ in rows]
            self._jobs = [None if given is None else [given] for given in living]

    async def _leave_out_erased(self, positions: Sequence[int]) -> None:
        """Take out of these jobs who was erased, or their variables, since the chunk was claimed. Raises StateDown."""
        numbers = [person for position in positions for person in self._people[position]]
        erased = set(numbers) - await self._worker.people.living(numbers) if numbers else set()
        if numbers and self._copied:
            erased |= await self._tables.emptied(self.claim.campaign, self.claim.chunk)
        for position in positions if erased else ():
            pairs = zip(self._people[position], self._jobs[position] or (), strict=False)
            left = [(person, given) for person, given in pairs if person not in erased]
            self._people[position] = [person for person, _ in left]
            self._jobs[position] = [given for _, given in left] or None

    async def _send(self, positions: Sequence[int]) -> bool:
        """Write the intent, make the calls, keep the outcomes; whether to go on with the chunk at once."""
        now = self._clock.now()
        if (opens := self._plan.opens_at(now)) > now:
            await self._leave(opens)
            return False
        quota = self._plan.quota(now)
        limits = Limits(quota=quota.name, most=quota.most, rate=self._plan.rate)
        # The same message under the same id, counted when it was tried first.
        repeated = quota.by_month and any(self._histories[one].state is State.IN_DOUBT for one in positions)
        if repeated:
            limits = replace(limits, quota="")
        intent = await self._intend(positions, now, limits)
        if intent is Refused.QUOTA:
            left = await self._tables.left(self._worker.account, limits)
            if 0 < left < len(positions):  # the rest of the day's quota is less than a unit
                positions = positions[:left]
                intent = await self._intend(positions, now, limits)
        if isinstance(intent, Refused):
            return await self._refused(intent, now, quota)
        self._last = intent.n
        with self._traced(intent.n, positions):
            answers = await self._answers(positions)
        at = self._clock.now()
        outcomes = [
            Outcome(position, intent.n, answer.verdict, answer.code, answer.msgid, at)
            for position, answer in zip(positions, answers, strict=True)
            if answer.verdict is not None
        ]
        tried(self._histories, intent, outcomes)
        self._unrecorded += outcomes
        if unused := _unused(answers, quota, repeated=repeated):
            with suppress(StateDown):  # the charge stays then: too much is counted rather than too little
                await self._tables.give_back(self._worker.account, quota.name, unused)
        return await self._heed(answers, quota)

    def _traced(self, n: int, positions: Sequence[int]) -> AbstractContextManager[object]:
        """The span of a unit, if spans are wanted."""
        tracing = self._worker.client.tracing
        if tracing is None:
            return nullcontext()
        return tracing.unit(self.claim.campaign, self.claim.chunk, n, len(positions))

    async def _intend(self, positions: Sequence[int], now: float, limits: Limits) -> Attempt | Refused:
        """Write the next intent, and with it the outcomes that are not recorded yet."""
        try:
            intent = await self._tables.intend(
                self._worker.account,
                self.claim,
                self._last + 1,
                positions,
                now,
                limits,
                outcomes=self._unrecorded,
            )
        except StateDown:
            await self._flush()
            raise
        self._unrecorded = []
        return intent

    async def _answers(self, positions: Sequence[int]) -> Sequence[Answered]:
        """Carry out these jobs at the same time, for those who are still there."""
        try:
            await self._leave_out_erased(positions)
        except StateDown:
            return [Answered(Verdict.AGAIN, Effect.SLOW_DOWN, charged=False)] * len(positions)
        return await asyncio.gather(*(self._call(position) for position in positions))

    async def _call(self, position: int) -> Answered:
        """Carry out one job, unless the lease may be over."""
        to = self._jobs[position]
        if to is None:  # erased meanwhile; of whom was in doubt, what happened stays unknown
            waiting = self._histories[position].state is State.WAITING
            return Answered(Verdict.SKIPPED if waiting else None, charged=False)
        key = f"{self._campaign.key}-{self.claim.chunk:x}-{position:x}"
        allowance = self._worker.allowance if self._kind == "customer" else None
        if allowance is None:
            answer = await self._answer(to, key)
        else:
            answer = await self._allowed(allowance, to, key)
        self._worker.sent.count(answer)
        return answer

    async def _allowed(self, allowance: Allowance, to: list[Given], key: str) -> Answered:
        """The same within what the person may still get."""
        [(openid, _)] = to
        if not await allowance.reserve(openid):
            return Answered(Verdict.REFUSED, code=ALLOWANCE_SPENT, charged=False)
        answer = await self._answer(to, key)
        if answer.verdict in (Verdict.AGAIN, Verdict.REFUSED) and answer.code != ALLOWANCE_SPENT:
            await allowance.give_back(openid)
        return answer

    async def _answer(self, to: list[Given], key: str) -> Answered:
        try:
            call: Call[Any] = self._content.call(to, key)
            if not self._worker.holds(self.claim):
                return Answered(Verdict.AGAIN, Effect.SLOW_DOWN, charged=False)
            sent = await self._worker.client.perform(call)
        except ArgumentError:
            return Answered(Verdict.REFUSED, charged=False)
        except GongzhongError as problem:
            return judge(problem)
        return Answered(Verdict.ACCEPTED, msgid=self._content.msgid(sent))

    async def _heed(self, answers: Sequence[Answered], quota: Quota) -> bool:
        """Do what the answers ask for beyond their recipients; whether to go on at once."""
        effects = {answer.effect for answer in answers}
        now = self._clock.now()
        if Effect.STOP in effects:
            reason = next(answer.reason for answer in answers if answer.effect is Effect.STOP)
            await self._flush()
            await self._tables.move(self._campaign, Stage.STOPPED, now, reason)
            await self._leave(now)
        elif Effect.WAIT_FOR_RESET in effects and day_of(now) != day_of(now - CLOCKS_S):
            await self._leave(now + CLOCKS_S)  # for WeChat it may be yesterday still
        elif Effect.WAIT_FOR_RESET in effects:
            if not quota.by_month:  # WeChat has a limit of the day for these, too, and says the same
                await self._tables.used_up(self._worker.account, quota.name, quota.most)
            await self._leave(next_day(now))
        elif Effect.SLOW_DOWN in effects:
            spread = 1 + self._worker.random.random() / 2
            await self._leave(now + self._worker.policy.pause_s * spread)
        else:
            return True
        return False

    async def _refused(self, why: Refused, now: float, quota: Quota) -> bool:
        """Wait for the pace, or leave the chunk until it is worth another look; whether to go on with it."""
        if why is Refused.RATE and self._worker.policy.waits_for_rate:
            await asyncio.sleep(PACE_S * (0.5 + self._worker.random.random() / 2))
            return True
        if why is not Refused.LEASE:
            dues = {Refused.QUOTA: quota.resets_at, Refused.RATE: now + 1.0}
            await self._leave(dues.get(why, now))
        return False

    async def _leave(self, due: float) -> None:
        """Let others have the chunk, not before `due`, with all that is known in the database."""
        await self._flush()
        await self._tables.release(self.claim, due)

    async def _flush(self) -> None:
        """What is known must be kept: asked again while the store is down."""
        while self._unrecorded:
            try:
                await self._tables.record(self.claim.campaign, self.claim.chunk, self._unrecorded)
            except StateDown:
                await asyncio.sleep(self._worker.policy.poll_s)
            else:
                self._unrecorded = []

    def _counts(self, histories: Sequence[History]) -> dict[Verdict, int]:
        """Recipients by what came of them."""
        states = Counter(history.state for history in histories)
        assert set(states) <= SETTLED
        each = max(self._recipients, 1) if self._content.together else 1
        accepted = states[State.ACCEPTED] + states[State.DELIVERED] + states[State.FAILED]
        return {
            Verdict.ACCEPTED: accepted * each,
            Verdict.REFUSED: states[State.REFUSED] * each,
            Verdict.SKIPPED: states[State.SKIPPED] * each,
            Verdict.UNKNOWN: states[State.UNKNOWN] * each,
        }


def _unused(answers: Sequence[Answered], quota: Quota, *, repeated: bool) -> int:
    """How many of these calls count to no quota: those that never reached WeChat, or of a quota of messages, those that
    were surely not carried out; of a repeated one the try before may have been."""
    if not quota.by_month:
        return sum(not answer.charged for answer in answers)
    counts = {Verdict.ACCEPTED, None, *([Verdict.AGAIN] if repeated else [])}
    return sum(answer.verdict not in counts for answer in answers)
