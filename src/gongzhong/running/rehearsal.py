"""A campaign carried out on a local platform, with the same numbers: what is refused, and how long it takes.

The platform, the ledger and the clock are made for it and thrown away. The recipients are as many as the campaign has,
with their own variables, but with OpenIDs of the platform: nothing leaves this machine. Rate, hours, start and daily
quota are kept, and the clock is moved over every pause.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import msgspec

from ..account import Account, Hosts, Secret
from ..campaigns.campaigns import plan_of
from ..campaigns.contents import Content, MassContent, TemplateMessage
from ..campaigns.plan import Plan, day_of
from ..campaigns.result_tables import ResultTables
from ..campaigns.stages import Campaign, Stage
from ..campaigns.tables import CampaignTables
from ..campaigns.worker import CampaignWorker, People, WorkerPolicy
from ..client import AsyncClient
from ..clock import MovableClock
from ..database import SqliteDatabase, read_url
from ..errors import SetupError
from ..platform import AccountConfig, Platform, PlatformConfig
from ..platform.doors.server import Server
from ..platform.world import accounts, people, templates
from ..store import migrate
from .embedded import EmbeddedServer

SECRET: Final = "rehearsal" * 3
LONGEST_PAUSE_S: Final = 400 * 86_400.0
"""A campaign of which nothing is sent for longer will not end."""


class Rehearsal(msgspec.Struct, kw_only=True):
    """What came of it. Times are unix seconds, days those of China."""

    recipients: int
    accepted: int = 0
    refused: dict[int, int] = {}
    begins_at: float = 0.0
    ends_at: float = 0.0
    days: dict[str, int] = {}
    """Calls that WeChat took, by day."""
    stage: str = ""
    reason: str = ""


class Substitutes:
    """The campaign's people under OpenIDs of the local platform."""

    def __init__(self, real: People, openids: Sequence[str], numbers: Sequence[int]) -> None:
        self._real = real
        self._openids = dict(zip(numbers, openids, strict=True))

    async def openids(self, numbers: Sequence[int], /) -> list[str | None]:
        living = await self._real.openids(numbers)
        return [
            None if real is None else self._openids[number]
            for real, number in zip(living, numbers, strict=True)
        ]

    async def living(self, numbers: Sequence[int], /) -> set[int]:
        return await self._real.living(numbers)

    async def unseal(self, items: list[tuple[int, str, bytes]], /) -> list[bytes | None]:
        return await self._real.unseal(items)


async def rehearse(
    campaign: Campaign,
    tables: CampaignTables,
    vault: People,
    texts: Mapping[str, str],
    *,
    limit: int = 0,
    told: Callable[[int], None] = lambda done: None,
) -> Rehearsal:
    """Carry a campaign out on a local platform. `limit`: only so many recipients. `told` hears how many are done.

    `texts` are templates of the account by their ids; a template that is not among them is made of its keywords, so
    that its rules are not checked. Raises SetupError for kinds of which WeChat alone knows who may get them.
    """
    plan = plan_of(campaign)
    _check(plan.content)
    rows = await _recipients(campaign, tables, limit)
    clock = MovableClock()
    platform = Platform(PlatformConfig(), clock=clock)
    server = EmbeddedServer(Server(platform))
    await server.start()
    try:
        openids = _populate(platform, campaign.account, plan, len(rows), texts)
        account = Account(
            appid=campaign.account,
            secret=Secret(SECRET),
            hosts=Hosts.local(f"http://127.0.0.1:{server.port}"),
        )
        people_ = Substitutes(vault, openids, [number for number, _ in rows])
        with TemporaryDirectory() as folder:
            async with AsyncClient(account, clock=clock) as client:
                return await _carry_out(campaign, plan, rows, client, people_, clock, Path(folder), told)
    finally:
        await server.stop()
        await platform.close()


def _check(content: Content) -> None:
    if not isinstance(content, TemplateMessage | MassContent):
        raise SetupError(
            f"{content.kind} 不能在本地试发：谁可以收到，只有微信知道（48 小时窗口、订阅授权）",
            f"{content.kind} cannot be tried here: WeChat alone knows who may get it (48 hours, permissions)",
            fix_zh="用 gongzhong campaign test 发给自己看看",
            fix_en="send it to yourself: gongzhong campaign test",
        )


async def _recipients(campaign: Campaign, tables: CampaignTables, limit: int) -> list[tuple[int, bytes]]:
    rows: list[tuple[int, bytes]] = []
    for chunk, _, _ in await tables.chunks(campaign.id):
        rows += await tables.recipients(campaign.id, chunk)
        if limit and len(rows) >= limit:
            return rows[:limit]
    return rows


def _populate(platform: Platform, appid: str, plan: Plan, count: int, texts: Mapping[str, str]) -> list[str]:
    """An account with the campaign's quota, followers and template; the followers' OpenIDs."""
    world = platform.world
    about = AccountConfig(
        name="rehearsal",
        appid=appid,
        secret=SECRET,
        kind="service",
        verified=True,
        call_limits={"/cgi-bin/message/template/send": plan.daily or plan.content.daily},
    )
    account = accounts.create(world, about)
    if isinstance(plan.content, TemplateMessage):
        made = "\n".join(f"{{{{{keyword}.DATA}}}}" for keyword in plan.content.data)
        known = texts.get(plan.content.template_id, made)
        templates.ensure(world, account, "rehearsal", known, plan.content.template_id, "")
    with world.db.transaction():
        names = [f"r{number}" for number in range(max(count, 1))]
        for name in names:
            people.create(world, name)
        return [people.follow(world, account, name).openid for name in names][:count]


async def _carry_out(
    campaign: Campaign,
    plan: Plan,
    rows: Sequence[tuple[int, bytes]],
    client: AsyncClient,
    people_: People,
    clock: MovableClock,
    folder: Path,
    told: Callable[[int], None],
) -> Rehearsal:
    url = read_url(f"sqlite:///{folder / 'rehearsal.db'}")
    migrate.prepare(url)
    tables = CampaignTables(SqliteDatabase(url.path))
    try:
        number = await _copy(campaign, plan, rows, tables, clock.now())
        policy = WorkerPolicy(waits_for_rate=False)
        worker = CampaignWorker(
            tables, client, people_, holder="rehearsal", only=number, policy=policy, clock=clock
        )
        found = Rehearsal(recipients=len(rows))
        await _run(found, plan, worker, number, clock, told)
        return found
    finally:
        await tables.close()


async def _run(
    found: Rehearsal,
    plan: Plan,
    worker: CampaignWorker,
    number: int,
    clock: MovableClock,
    told: Callable[[int], None],
) -> None:
    """Let the worker send until the campaign ends; the clock is moved to each moment at which something is due."""
    results, days = ResultTables(worker.tables.database), Counter[str]()
    last = clock.now()
    while clock.now() < last + LONGEST_PAUSE_S:
        before, now = worker.sent.accepted, clock.now()
        if (opens := plan.opens_at(now)) > now:
            clock.advance(opens - now)
            continue
        await worker.drain()
        if worker.sent.accepted > before:
            found.begins_at = found.begins_at or now
            found.ends_at = last = clock.now()
            days[day_of(now)] += worker.sent.accepted - before
        told(worker.sent.accepted + sum(worker.sent.refused.values()))
        stored = await worker.tables.campaign(number)
        assert stored is not None
        found.stage, found.reason = stored.stage.value, stored.reason
        due = (await results.progress(number)).due
        if stored.stage is not Stage.RUNNING or due is None:
            break
        clock.advance(max(0.0, due - clock.now()) + 0.001)
    found.accepted, found.refused, found.days = worker.sent.accepted, dict(worker.sent.refused), dict(days)


async def _copy(
    campaign: Campaign, plan: Plan, rows: Sequence[tuple[int, bytes]], tables: CampaignTables, now: float
) -> int:
    """The campaign with these recipients in another ledger, running; its number there."""
    made = await tables.create(campaign.account, campaign.name, campaign.kind, campaign.plan, now)
    together, size = plan.content.together, plan.content.chunk
    for chunk, first in enumerate(range(0, max(len(rows), 1), size)):
        part = list(rows[first : first + size])
        await tables.add_chunk(made.id, chunk, part, jobs=1 if together else None)
    moved = await tables.filled(made.id, now)
    for stage in (Stage.APPROVED, Stage.RUNNING):
        assert moved is not None
        moved = await tables.move(moved, stage, now)
    return made.id
