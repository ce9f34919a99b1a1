"""Carries campaigns out: claims chunks, writes each intent before its calls, sends, and records what came of it.

Any number of workers, in any number of processes, may work on one campaign. A worker that dies, or is stopped for
longer than its lease, leaves attempts without outcome: whoever has the chunk next treats them as in doubt (see
`decision`). A worker sends nothing once its lease may be over, and what it still learns it records.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from typing import Final, Protocol

import msgspec

from .. import facts
from ..client import AsyncClient
from ..clock import Clock
from ..errors import ArgumentError, GongzhongError, StateDown, say
from .decision import (
    SETTLED,
    Answered,
    Effect,
    History,
    Ledger,
    Outcome,
    State,
    Verdict,
    decide,
    judge,
)
from .plan import Plan
from .tables import Campaign, CampaignTables, Claim, Limits, Refused, Stage

log = logging.getLogger("gongzhong.campaigns")

KIND: Final = "template"
FIELD: Final = "campaign"
"""Under this name the variables of recipients are sealed."""
CHINA: Final = timezone(timedelta(seconds=facts.CHINA_AHEAD_S))


class People(Protocol):
    """The people of one account: `gongzhong.people.Vault`."""

    async def openids(self, numbers: Sequence[int], /) -> list[str | None]:
        """The OpenIDs behind numbers; None for who was erased."""
        ...

    async def unseal(self, items: list[tuple[int, str, bytes]], /) -> list[bytes | None]:
        """Decrypt (number, field, sealed); None for who was erased."""
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


class CampaignWorker:
    """Works on the running campaigns of the client's account. `holder` must be its own."""

    def __init__(
        self,
        tables: CampaignTables,
        client: AsyncClient,
        people: People,
        *,
        holder: str,
        policy: WorkerPolicy | None = None,
        clock: Clock | None = None,
        source: random.Random | None = None,
    ) -> None:
        self._tables, self._client, self._people = tables, client, people
        self._holder, self.policy = holder, policy or WorkerPolicy()
        self._clock, self._random = clock or client.clock, source or random.Random()
        self._account = client.account.appid
        self._until: dict[tuple[int, int], float] = {}
        """Until when nobody else can have a chunk, by this process's clock."""
        self._tasks: dict[tuple[int, int], asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Work until cancelled."""
        holding = asyncio.ensure_future(self._keep_hold())
        try:
            while True:
                with suppress(StateDown):
                    await self._take()
                await asyncio.sleep(self.policy.poll_s)
        finally:
            for task in (holding, *self._tasks.values()):
                task.cancel()

    async def drain(self) -> None:
        """Work until nothing is due any more: for a single run on the command line, and for tests."""
        holding = asyncio.ensure_future(self._keep_hold())
        try:
            while await self._take() or self._tasks:
                await asyncio.wait(self._tasks.values(), return_when=asyncio.FIRST_COMPLETED)
        finally:
            holding.cancel()

    async def _take(self) -> int:
        """Claim what is due and begin with it; how many chunks."""
        began = 0
        for campaign in await self._tables.campaigns(self._account, Stage.RUNNING):
            free = self.policy.at_once - len(self._tasks)
            if free <= 0:
                break
            now = self._clock.now()
            claims = await self._tables.claim(campaign.id, self._holder, free, now, self.policy.lease_s)
            for claim in claims:
                self._begin(campaign, claim, now + self.policy.lease_s)
            if not claims and not any(number == campaign.id for number, _ in self._tasks):
                await self._tables.complete(campaign.id, now)
            began += len(claims)
        return began

    def _begin(self, campaign: Campaign, claim: Claim, until: float) -> None:
        place = claim.campaign, claim.chunk
        if place in self._tasks:  # its lease was over, and it came back to this worker
            self._tasks[place].cancel()
        self._until[place] = until
        task = asyncio.ensure_future(self._guarded(campaign, claim))
        self._tasks[place] = task
        task.add_done_callback(lambda ended: self._ended(place, ended))

    def _ended(self, place: tuple[int, int], task: asyncio.Task[None]) -> None:
        if self._tasks.get(place) is task:
            del self._tasks[place], self._until[place]

    async def _guarded(self, campaign: Campaign, claim: Claim) -> None:
        try:
            await ChunkRun(self, campaign, claim).run()
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
                    now = self._clock.now()
                    held = await self._tables.renew(campaign, self._holder, now, self.policy.lease_s)
                    for place in self._until.keys() & {(campaign, chunk) for chunk in held}:
                        self._until[place] = now + self.policy.lease_s

    def holds(self, claim: Claim) -> bool:
        """Whether nobody else can have the chunk yet."""
        return self._clock.now() < self._until.get((claim.campaign, claim.chunk), 0.0)


class ChunkRun:
    """One claim of one chunk, from the reading of its ledger to its end or release."""

    def __init__(self, worker: CampaignWorker, campaign: Campaign, claim: Claim) -> None:
        self._worker, self._campaign, self._claim = worker, campaign, claim
        self._tables, self._clock = worker._tables, worker._clock
        self._plan = msgspec.json.decode(campaign.plan, type=Plan)
        self._calls: list[tuple[str, dict[str, str]] | None] = []
        self._ledger = Ledger(claim.jobs)

    async def run(self) -> None:
        claim = self._claim
        self._ledger = await self._tables.ledger(claim.campaign, claim.chunk, claim.jobs, KIND)
        await self._read_people()
        while self._worker.holds(claim):
            histories = self._ledger.histories()
            step = decide(histories, self._clock.now(), self._plan.rules)
            gone = [
                Outcome(position, 0, Verdict.SKIPPED, at=self._clock.now())
                for position in step.send
                if self._calls[position] is None and histories[position].state is State.WAITING
            ]
            if record := step.record + gone:
                await self._record(record)
            elif step.send:
                if not await self._send(step.send):
                    return
            elif step.wait_until is not None:
                await self._tables.release(claim, step.wait_until)
                return
            else:
                await self._tables.finish(claim, _counts(histories))
                return

    async def _read_people(self) -> None:
        """OpenID and variables of each position; None for who was erased."""
        rows = await self._tables.recipients(self._claim.campaign, self._claim.chunk)
        openids = await self._worker._people.openids([person for person, _ in rows])
        texts = await self._worker._people.unseal([(person, FIELD, sealed) for person, sealed in rows])
        self._calls = [
            None
            if openid is None or text is None
            else (openid, msgspec.json.decode(text, type=dict[str, str]))
            for openid, text in zip(openids, texts, strict=True)
        ]

    async def _send(self, positions: Sequence[int]) -> bool:
        """Write the intent, make the calls, record the outcomes; whether to go on with the chunk at once."""
        now = self._clock.now()
        n = max((attempt.n for attempt in self._ledger.attempts), default=0) + 1
        day = datetime.fromtimestamp(now, CHINA).date()
        limits = Limits(quota=f"{KIND} {day}", most=self._plan.most_a_day, rate=self._plan.rate)
        intent = await self._tables.intend(self._worker._account, self._claim, n, positions, now, limits)
        if isinstance(intent, Refused):
            await self._refused(intent, now)
            return False
        self._ledger.attempts.append(intent)
        answers = await asyncio.gather(*(self._call(position) for position in positions))
        at = self._clock.now()
        await self._record(
            [
                Outcome(position, n, answer.verdict, answer.code, answer.msgid, at)
                for position, answer in zip(positions, answers, strict=True)
                if answer.verdict is not None
            ]
        )
        return await self._heed(answers, limits)

    async def _call(self, position: int) -> Answered:
        """Send to one recipient, unless the lease may be over."""
        given = self._calls[position]
        if given is None:  # erased while in doubt: what happened stays unknown
            return Answered(None)
        key = f"{self._campaign.key}-{self._claim.chunk:x}-{position:x}"
        try:
            call = self._plan.content.call(*given, key)
            if not self._worker.holds(self._claim):
                return Answered(Verdict.AGAIN, Effect.SLOW_DOWN)
            sent = await self._worker._client.perform(call)
        except ArgumentError:
            return Answered(Verdict.REFUSED)
        except GongzhongError as problem:
            return judge(problem)
        return Answered(Verdict.ACCEPTED, msgid=sent.msgid)

    async def _heed(self, answers: Sequence[Answered], limits: Limits) -> bool:
        """Do what the answers ask for beyond their recipients; whether to go on at once."""
        effects = {answer.effect for answer in answers}
        now = self._clock.now()
        if Effect.STOP in effects:
            reason = next(answer.reason for answer in answers if answer.effect is Effect.STOP)
            await self._tables.move(self._campaign, Stage.STOPPED, now, reason)
            await self._tables.release(self._claim, now)
        elif Effect.WAIT_FOR_RESET in effects:
            await self._tables.used_up(self._worker._account, limits)
            await self._tables.release(self._claim, next_day(now))
        elif Effect.SLOW_DOWN in effects:
            spread = 1 + self._worker._random.random() / 2
            await self._tables.release(self._claim, now + self._worker.policy.pause_s * spread)
        else:
            return True
        return False

    async def _refused(self, why: Refused, now: float) -> None:
        """Leave the chunk until it is worth another look."""
        due = next_day(now) if why is Refused.QUOTA else now + (1.0 if why is Refused.RATE else 0.0)
        if why is not Refused.LEASE:
            await self._tables.release(self._claim, due)

    async def _record(self, outcomes: list[Outcome]) -> None:
        """What is known must be kept: asked again while the store is down."""
        self._ledger.outcomes += outcomes
        while True:
            try:
                await self._tables.record(self._claim.campaign, self._claim.chunk, outcomes)
                return
            except StateDown:
                await asyncio.sleep(self._worker.policy.poll_s)


def next_day(now: float) -> float:
    """Midnight in China, when WeChat's daily quotas begin anew."""
    shifted = now + facts.CHINA_AHEAD_S
    return shifted - shifted % 86_400 + 86_400 - facts.CHINA_AHEAD_S


def _counts(histories: Sequence[History]) -> dict[Verdict, int]:
    counted = Counter(history.state for history in histories)
    accepted = counted[State.ACCEPTED] + counted[State.DELIVERED] + counted[State.FAILED]
    assert set(counted) <= SETTLED
    return {
        Verdict.ACCEPTED: accepted,
        Verdict.REFUSED: counted[State.REFUSED],
        Verdict.SKIPPED: counted[State.SKIPPED],
        Verdict.UNKNOWN: counted[State.UNKNOWN],
    }
