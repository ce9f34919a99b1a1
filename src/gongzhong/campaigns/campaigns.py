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
from collections.abc import AsyncIterator, Sequence
from typing import Final, Protocol

import msgspec

from ..catalogue.templates import SendTemplate
from ..clock import Clock
from ..errors import SetupError
from ..messages import TemplateSendJobFinish
from .audience import Recipient
from .decision import History
from .plan import Plan
from .tables import Campaign, CampaignTables, Stage
from .worker import FIELD, KIND, People

CHUNK: Final = 500
"""Recipients of one chunk."""


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
    stage: str
    reason: str
    recipients: int
    states: dict[str, int]
    refused: dict[int, int]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one recipient. `openid` is None for who was erased meanwhile."""

    openid: str | None
    state: str
    code: int
    msgid: int
    status: str
    """What WeChat's result event said."""
    at: float


class Campaigns:
    """Every method raises StateDown when the database cannot be reached, SetupError for what cannot be done."""

    def __init__(
        self, account: str, tables: CampaignTables, vault: Vault, clock: Clock | None = None
    ) -> None:
        self.account, self._tables, self._vault = account, tables, vault
        self._clock = clock or Clock()

    async def plan(self, name: str, plan: Plan, recipients: Sequence[Recipient]) -> Campaign:
        """Store a campaign with its recipients. Nothing is sent before it was approved and started."""
        made = await self._tables.create(self.account, name, msgspec.json.encode(plan), self._clock.now())
        for chunk, first in enumerate(range(0, len(recipients), CHUNK)):
            part = recipients[first : first + CHUNK]
            numbers = await self._vault.numbers([one.openid for one in part])
            texts = [msgspec.json.encode(one.variables) for one in part]
            sealed = await self._vault.seal(
                [(number, FIELD, text) for number, text in zip(numbers, texts, strict=True)]
            )
            await self._tables.add_chunk(made.id, chunk, list(zip(numbers, sealed, strict=True)))
        filled = await self._tables.filled(made.id, self._clock.now())
        return filled or made

    async def preview(self, campaign: int, position: int = 0) -> SendTemplate:
        """The call as it will be made for one of the first recipients."""
        found = await self._found(campaign)
        rows = await self._tables.recipients(campaign, 0)
        person, sealed = rows[position]
        [openid], [text] = (
            await self._vault.openids([person]),
            await self._vault.unseal([(person, FIELD, sealed)]),
        )
        plan = msgspec.json.decode(found.plan, type=Plan)
        variables = msgspec.json.decode(text or b"{}", type=dict[str, str])
        return plan.content.call(openid or "", variables, f"{found.key}-0-{position:x}")

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

    async def status(self, campaign: int) -> Status:
        found = await self._found(campaign)
        states: Counter[str] = Counter()
        refused: Counter[int] = Counter()
        async for histories in self._histories(campaign):
            states.update(history.state.value for history in histories)
            refused.update(history.code for history in histories if history.state.value == "refused")
        return Status(
            id=found.id,
            name=found.name,
            stage=found.stage.value,
            reason=found.reason,
            recipients=found.recipients,
            states=dict(states),
            refused=dict(refused),
        )

    async def report(self, campaign: int) -> AsyncIterator[Line]:
        """What came of every recipient, a chunk at a time."""
        chunk = 0
        async for histories in self._histories(campaign):
            rows = await self._tables.recipients(campaign, chunk)
            openids = await self._vault.openids([person for person, _ in rows])
            for openid, one in zip(openids, histories, strict=True):
                yield Line(
                    openid=openid,
                    state=one.state.value,
                    code=one.code,
                    msgid=one.msgid,
                    status=one.status,
                    at=one.at,
                )
            chunk += 1

    async def hear(self, event: TemplateSendJobFinish) -> None:
        """Keep the result that WeChat pushed; for every event TEMPLATESENDJOBFINISH, also twice or early."""
        [person] = await self._vault.numbers([event.openid])
        await self._tables.hear(
            self.account,
            KIND,
            event.msg_id,
            person,
            delivered=event.succeeded,
            status=event.status,
            now=self._clock.now(),
        )

    async def _histories(self, campaign: int) -> AsyncIterator[list[History]]:
        for chunk, jobs in await self._tables.chunks(campaign):
            yield (await self._tables.ledger(campaign, chunk, jobs, KIND)).histories()

    async def _found(self, campaign: int) -> Campaign:
        found = await self._tables.campaign(campaign)
        if found is None or found.account != self.account:
            raise SetupError(f"没有群发任务 {campaign}", f"there is no campaign {campaign}")
        return found

    async def _move(self, campaign: int, stage: Stage, reason: str = "") -> Campaign:
        found = await self._found(campaign)
        moved = await self._tables.move(found, stage, self._clock.now(), reason)
        if moved is None:
            raise SetupError(
                f"群发任务 {campaign} 现在是 {found.stage}，不能变为 {stage}",
                f"campaign {campaign} is {found.stage} and cannot become {stage}",
            )
        return moved
