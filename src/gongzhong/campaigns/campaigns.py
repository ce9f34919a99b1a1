"""The campaigns of one account: make one, look at it, let it go, and read what came of it.

    campaign = await campaigns.plan("reminder", Plan(content=TemplateMessage(…)), read_file(path, needed))
    print(await campaigns.preview(campaign.id))
    await campaigns.approve(campaign.id)
    await campaigns.start(campaign.id)          # a CampaignWorker, here or elsewhere, sends
    print(await campaigns.status(campaign.id))

OpenIDs and variables are stored by the account's vault only, encrypted. No links are followed up and none are
replaced: the norms for developers forbid tracking and forced redirects.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Sequence
from typing import Any, Final, Protocol

import msgspec

from .. import facts
from ..catalogue.model import Call
from ..clock import Clock
from ..errors import SetupError, say
from .audience import Recipient
from .contents import Content, Given, result_kind
from .decision import History, Outcome, State, Verdict
from .plan import Plan
from .result_tables import LISTEN_S, Progress, ResultTables
from .stages import IN_CHINESE, Campaign, Stage
from .tables import CampaignTables
from .worker import FIELD, People

TRIAL: Final = "trial"
"""The id of a trial begins so, and is of no recipient."""


class Vault(People, Protocol):
    """`gongzhong.people.Vault`, as far as campaigns need it."""

    async def numbers(self, openids: Sequence[str], /) -> list[int]:
        """The numbers of people; who has none yet gets one."""
        ...

    async def seal(self, items: list[tuple[int, str, bytes]], /) -> list[bytes]:
        """Encrypt (number, field, plain)."""
        ...


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """How far a campaign is: recipients by state, and refusals by WeChat's code."""

    id: int
    name: str
    kind: str
    stage: str
    reason: str
    recipients: int
    states: dict[str, int]
    refused: dict[int, int]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one recipient. `openid` is None for who was erased meanwhile, and empty for a call whose recipients
    WeChat knows alone."""

    openid: str | None
    state: str
    code: int
    msgid: int
    status: str
    """What WeChat's result event said."""
    at: float


class Doubt(msgspec.Struct, frozen=True, kw_only=True):
    """A send of which nobody knows whether WeChat carried it out, for a person to settle."""

    chunk: int
    position: int
    n: int
    openid: str | None
    """None for who was erased, empty for a mass message."""
    at: float
    state: str
    seen: list[str] = []
    """Results that WeChat pushed for this person at that time and that no recorded send explains."""


class Campaigns:
    """Every method raises StateDown when the database cannot be reached, SetupError for what cannot be done."""

    def __init__(
        self, account: str, tables: CampaignTables, vault: Vault, clock: Clock | None = None
    ) -> None:
        self.account, self._tables, self._vault = account, tables, vault
        self._results = ResultTables(tables.database)
        self._clock = clock or Clock()

    # ---- from the plan to the end

    async def plan(
        self, name: str, plan: Plan, recipients: Iterable[Recipient] | AsyncIterable[Recipient]
    ) -> Campaign:
        """Store a campaign with its recipients, a chunk at a time. Nothing is sent before it was approved and started.

        Who appears twice among the recipients gets it twice. If the recipients end with an error, the campaign is
        cancelled and the error raised.
        """
        now = self._clock.now()
        made = await self._tables.create(self.account, name, plan.kind, msgspec.json.encode(plan), now)
        try:
            copied = await self._fill(made, plan.content, recipients)
        except BaseException:
            reason = say("没有计划成功", "planning failed")
            await self._tables.move(made, Stage.CANCELLED, self._clock.now(), reason)
            raise
        now = self._clock.now()
        return await self._tables.filled(made.id, now, self.account, sorted(copied)) or made

    async def _fill(
        self, made: Campaign, content: Content, recipients: Iterable[Recipient] | AsyncIterable[Recipient]
    ) -> set[str]:
        """Add the recipients; the fields of people that were copied. Raises SetupError when there is nobody."""
        noted: set[str] = set()
        if made.kind == "broadcast":
            await self._tables.add_chunk(made.id, 0, [], jobs=1)
            return noted
        chunk = 0
        async for part in parts(recipients, content.chunk, facts.MASS_OPENIDS_MIN if content.together else 1):
            copied = {name for one in part if one.recorded for name in one.variables} - noted
            await self._tables.copies(self.account, made.id, sorted(copied))
            noted |= copied
            rows = await self._sealed(part, with_variables=bool(content.variables()))
            await self._tables.add_chunk(made.id, chunk, rows, jobs=1 if content.together else None)
            chunk += 1
        if not chunk:
            raise SetupError("没有收件人", "there are no recipients")
        return noted

    async def _sealed(self, part: Sequence[Recipient], *, with_variables: bool) -> list[tuple[int, bytes]]:
        numbers = await self._vault.numbers([one.openid for one in part])
        if not with_variables:
            return [(number, b"") for number in numbers]
        texts = [msgspec.json.encode(one.variables) for one in part]
        items = [(number, FIELD, text) for number, text in zip(numbers, texts, strict=True)]
        return list(zip(numbers, await self._vault.seal(items), strict=True))

    async def preview(self, campaign: int, position: int = 0) -> Call[Any]:
        """The call as it will be made for the recipient of this position, among those of the first chunk."""
        found = await self.find(campaign)
        plan = plan_of(found)
        given = await self._given(found, plan, position)
        to = [given] * facts.MASS_OPENIDS_MIN if plan.content.together else [given]
        return plan.content.call(to, f"{found.key}-0-{position:x}")

    async def trial(self, campaign: int, openid: str, position: int = 0) -> Call[Any]:
        """The call that shows the message to one person, such as oneself, with a recipient's variables.

        A mass message is shown by 预览消息. Nothing is recorded.
        """
        found = await self.find(campaign)
        plan = plan_of(found)
        _, variables = await self._given(found, plan, position)
        return plan.content.trial(openid, variables, f"{TRIAL}-{self._clock.now():.0f}")

    async def approve(self, campaign: int) -> Campaign:
        return await self._move(campaign, Stage.APPROVED)

    async def start(self, campaign: int) -> Campaign:
        """Let workers send, for the first time or after a pause or stop."""
        return await self._move(campaign, Stage.RUNNING)

    async def pause(self, campaign: int, reason: str = "") -> Campaign:
        """Write no more intents; calls that are under way end."""
        return await self._move(campaign, Stage.PAUSED, reason)

    async def cancel(self, campaign: int, reason: str = "") -> Campaign:
        """Send nothing more, for good. What was sent stays sent."""
        return await self._move(campaign, Stage.CANCELLED, reason)

    # ---- what came of it

    async def find(self, campaign: int) -> Campaign:
        """The campaign. Raises SetupError when this account has none of this number."""
        found = await self._tables.campaign(campaign)
        if found is None or found.account != self.account:
            raise SetupError(f"没有群发任务 {campaign}", f"there is no campaign {campaign}")
        return found

    async def all(self) -> list[Campaign]:
        """The campaigns of this account, oldest first."""
        return await self._tables.campaigns(self.account)

    async def progress(self, campaign: int) -> Progress:
        """How far the chunks are; quick, and behind by up to a chunk for each worker."""
        return await self._results.progress(campaign)

    async def quota_left(self, campaign: int) -> int:
        """How many calls the campaign may still make today, broadcasts to everybody this month (in China)."""
        quota = plan_of(await self.find(campaign)).quota(self._clock.now())
        return max(0, quota.most - int(await self._results.charged(self.account, quota.name)))

    async def status(self, campaign: int) -> Status:
        """Reads the whole ledger, chunk by chunk."""
        found = await self.find(campaign)
        states: Counter[str] = Counter()
        refused: Counter[int] = Counter()
        async for _, histories, weight in self._histories(found):
            for history in histories:
                states[history.state.value] += weight
                if history.state is State.REFUSED:
                    refused[history.code] += weight
        return Status(
            id=found.id,
            name=found.name,
            kind=found.kind,
            stage=found.stage.value,
            reason=found.reason,
            recipients=found.recipients,
            states=dict(states),
            refused=dict(refused),
        )

    async def report(self, campaign: int) -> AsyncIterator[Line]:
        """What came of every recipient, a chunk at a time."""
        found = await self.find(campaign)
        together = plan_of(found).content.together
        async for chunk, histories, _ in self._histories(found):
            rows = await self._tables.recipients(campaign, chunk)
            openids: list[str | None] = list(await self._vault.openids([person for person, _ in rows]))
            if together:
                openids = openids or [""]
                histories = histories * len(openids)
            for openid, one in zip(openids, histories, strict=True):
                yield Line(
                    openid=openid,
                    state=one.state.value,
                    code=one.code,
                    msgid=one.msgid,
                    status=one.status,
                    at=one.at,
                )

    # ---- sends in doubt

    async def doubts(self, campaign: int) -> AsyncIterator[Doubt]:
        """Sends of which nothing is known: those that were given up, and those of campaigns that do not run."""
        found = await self.find(campaign)
        wanted = {State.UNKNOWN}
        if found.stage is not Stage.RUNNING:
            wanted |= {State.IN_DOUBT}
        together = plan_of(found).content.together
        async for chunk, histories, _ in self._histories(found):
            doubtful = [position for position, one in enumerate(histories) if one.state in wanted]
            if not doubtful:
                continue
            people = [person for person, _ in await self._tables.recipients(campaign, chunk)]
            openids = [] if together else await self._vault.openids(people)
            for position in doubtful:
                one = histories[position]
                person = 0 if together else people[position]
                yield Doubt(
                    chunk=chunk,
                    position=position,
                    n=one.n,
                    openid="" if together else openids[position],
                    at=one.doubt_since,
                    state=one.state.value,
                    seen=await self._seen(found, person, one.doubt_since),
                )

    async def settle(self, campaign: int, doubts: Sequence[Doubt], verdict: Verdict) -> None:
        """Decide sends in doubt: ACCEPTED, REFUSED, or RESEND, which lets them be sent again.

        After RESEND their chunks are open again, and a campaign that had ended is paused: `start` sends.
        """
        now = self._clock.now()
        for chunk in sorted({one.chunk for one in doubts}):
            outcomes = [Outcome(one.position, one.n, verdict, at=now) for one in doubts if one.chunk == chunk]
            await self._tables.record(campaign, chunk, outcomes)
        if verdict is Verdict.RESEND:
            await self._results.reopen(campaign, sorted({one.chunk for one in doubts}), now)

    async def _seen(self, found: Campaign, person: int, at: float) -> list[str]:
        kind = result_kind(found.kind)
        results = await self._results.unexplained(self.account, kind, person, at - 60, at + LISTEN_S)
        return [f"{msgid} {status}" for msgid, _, _, status in results]

    async def _histories(self, found: Campaign) -> AsyncIterator[tuple[int, list[History], int]]:
        """Of each chunk its number, what became of its jobs, and how many recipients each job has."""
        plan = plan_of(found)
        kind, template = result_kind(found.kind), plan.content.template
        for chunk, jobs, recipients in await self._tables.chunks(found.id):
            ledger = await self._tables.ledger(found.id, chunk, jobs, kind, template)
            yield chunk, ledger.histories(), max(recipients, 1) if plan.content.together else 1

    async def _given(self, found: Campaign, plan: Plan, position: int) -> Given:
        """A recipient of the first chunk; nobody where WeChat knows the recipients."""
        rows = await self._tables.recipients(found.id, 0)
        if found.kind == "broadcast":
            return "", {}
        if not 0 <= position < len(rows):
            raise SetupError(
                f"没有第 {position} 个收件人，只能看前 {len(rows)} 个（从 0 开始）",
                f"there is no recipient {position}: the first {len(rows)} can be looked at, from 0 on",
            )
        person, sealed = rows[position]
        [openid] = await self._vault.openids([person])
        text: bytes | None = b"{}"
        if plan.content.variables() and sealed:
            [text] = await self._vault.unseal([(person, FIELD, sealed)])
        return openid or "", msgspec.json.decode(text or b"{}", type=dict[str, str])

    async def _move(self, campaign: int, stage: Stage, reason: str = "") -> Campaign:
        found = await self.find(campaign)
        moved = await self._tables.move(found, stage, self._clock.now(), reason)
        if moved is None and found.stage is not stage:
            found = await self.find(campaign)
            if found.stage is stage:  # another process did the same meanwhile
                return found
        if moved is None:
            raise SetupError(
                f"群发任务 {campaign} 的状态是“{IN_CHINESE[found.stage]}”，不能变为“{IN_CHINESE[stage]}”",
                f"campaign {campaign} is {found.stage} and cannot become {stage}",
            )
        return moved


def plan_of(campaign: Campaign) -> Plan:
    """The plan of a stored campaign."""
    return msgspec.json.decode(campaign.plan, type=Plan)


async def parts(
    recipients: Iterable[Recipient] | AsyncIterable[Recipient], size: int, least: int
) -> AsyncIterator[list[Recipient]]:
    """Recipients in parts of `size`; the last ones so that none has fewer than `least`, unless there are fewer."""
    pending: list[Recipient] = []
    async for one in _each(recipients):
        pending.append(one)
        if len(pending) == size + least:
            yield pending[:size]
            pending = pending[size:]
    if len(pending) > size:
        cut = len(pending) - least
        yield pending[:cut]
        pending = pending[cut:]
    if pending:
        yield pending


async def _each(recipients: Iterable[Recipient] | AsyncIterable[Recipient]) -> AsyncIterator[Recipient]:
    if isinstance(recipients, AsyncIterable):
        async for one in recipients:
            yield one
        return
    for one in recipients:
        yield one
