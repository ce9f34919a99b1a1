"""What runs behind the gateway's door: the accounts' ways to WeChat, the keys as they are now, the record of calls."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import msgspec

from ..account import Account
from ..client import AsyncClient, CallPolicy, Tokens
from ..client.budgets import Budgets
from ..clock import Clock
from ..errors import GongzhongError, SetupError, StateDown
from ..state import State
from ..state.quotas import StateQuotaStore
from ..state.tokens import StateTokenStore
from .keys import Key, signer_of
from .tables import CallRecord, GatewayTables

log = logging.getLogger("gongzhong.gateway")

LOOK_EVERY_S: Final = 0.2
"""How often unknown keys may have the database asked, at most."""
DAY_S: Final = 86_400
CHINA_S: Final = 8 * 3600
"""China's time is eight hours ahead, all year."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How the gateway works. Times are seconds, sizes are bytes."""

    timeout_s: float = 20.0
    """For one answer of WeChat's; files get longer by their size."""
    largest_body: int = 256 * 1024 * 1024
    """Of a request; WeChat's largest upload is far below."""
    largest_answer: int = 1024 * 1024 * 1024
    connections: int = 200
    """To WeChat, open at once for each account."""
    sns: bool = False
    """Whether /sns/… (网页授权) is forwarded, too."""
    trusted_proxies: tuple[str, ...] = ()
    """Networks of reverse proxies whose X-Forwarded-For is believed."""
    keys_every_s: float = 2.0
    """How often keys are read again: a revoked one ends within this time."""
    calls_every_s: float = 1.0
    """How often calls are written down."""
    kept_calls: int = 1_000_000
    kept_days: int = 90
    most_waiting: int = 20_000
    """Calls that wait to be written down; more are not recorded while the database is out of reach."""


class Upstream:
    """One account's way to WeChat."""

    def __init__(
        self, account: Account, tokens: Tokens, budgets: Budgets, clock: Clock, settings: Settings
    ) -> None:
        if not account.secret:
            raise SetupError(
                f"公众号 {account.appid} 没有 AppSecret，网关取不到 access_token",
                f"the account {account.appid} has no AppSecret, so the gateway gets no access_token",
                fix_zh="设置它的 AppSecret（GONGZHONG_SECRET）",
                fix_en="set its AppSecret (GONGZHONG_SECRET)",
            )
        self.account = account
        self.signer = signer_of(account.secret)
        self.client = AsyncClient(
            account,
            tokens=tokens,
            clock=clock,
            policy=CallPolicy(timeout_s=settings.timeout_s),
            budgets=budgets,
        )


class Keys:
    """The keys of the database in memory. While it is out of reach, those that were read last hold."""

    def __init__(self, tables: GatewayTables) -> None:
        self._tables = tables
        self._keys: dict[str, Key] = {}
        self._read_at = 0.0
        self._looking = asyncio.Lock()
        self.down: StateDown | None = None
        """Why the database gave no keys the last time."""

    async def find(self, key_id: str | None) -> Key | None:
        """The key of a number that is not revoked. One that was made just now is looked up in the database."""
        if key_id is None:
            return None
        if key_id not in self._keys:
            asked = time.monotonic()
            async with self._looking:
                if self._read_at < asked:  # else it was read for somebody else meanwhile
                    await asyncio.sleep(self._read_at + LOOK_EVERY_S - asked)
                    await self.read()
        key = self._keys.get(key_id)
        return key if key is not None and not key.revoked_at else None

    async def read(self) -> None:
        """Read all keys again."""
        self._read_at = time.monotonic()
        try:
            self._keys = {key.id: key for key in await self._tables.keys()}
        except StateDown as error:
            if self.down is None:
                log.error("the keys cannot be read, those known hold on: %s", error.en)
            self.down = error
        else:
            self.down = None


class Audit:
    """Writes down who called what, with which result, in batches. Calls never wait for it."""

    def __init__(
        self, tables: GatewayTables, clock: Clock, settings: Settings, counters: Counter[str]
    ) -> None:
        self._tables, self._clock, self._settings = tables, clock, settings
        self._counters = counters
        self._waiting: list[CallRecord] = []
        self._forget_at = 0.0
        self.told: Callable[[CallRecord], None] | None = None
        """Is told of every call, such as to measure it."""

    @property
    def waiting(self) -> int:
        """How many records wait for the database."""
        return len(self._waiting)

    def add(self, call: CallRecord) -> None:
        if self.told is not None:
            self.told(call)
        if len(self._waiting) < self._settings.most_waiting:
            self._waiting.append(call)
        else:
            self._counters["calls_not_recorded"] += 1

    async def write(self) -> None:
        """Write what waits; what the database did not take waits on."""
        batch, self._waiting = self._waiting, []
        try:
            await self._tables.add_calls(batch)
            if self._clock.now() >= self._forget_at:
                self._forget_at = self._clock.now() + 600
                since = self._clock.now() - self._settings.kept_days * DAY_S
                await self._tables.forget(kept=self._settings.kept_calls, since=since)
        except StateDown as error:
            log.warning("%d calls wait to be recorded: %s", len(batch), error.en)
            self._waiting = (batch + self._waiting)[: self._settings.most_waiting]


class Gateway:
    """Everything that one gateway process has. `start` before the first request, `stop` at the end.

    Raises SetupError for an account without AppSecret, or named twice.
    """

    def __init__(
        self,
        accounts: Iterable[Account],
        tables: GatewayTables,
        state: State,
        *,
        clock: Clock | None = None,
        settings: Settings | None = None,
    ) -> None:
        self.clock = clock or Clock()
        self.settings = settings or Settings()
        self.counters: Counter[str] = Counter()
        self.state, self.tables = state, tables
        self._stores = StateTokenStore(state), StateQuotaStore(state)
        tokens, budgets = Tokens(self._stores[0], self.clock), Budgets(self._stores[1], self.clock)
        self.upstreams: dict[str, Upstream] = {}
        for account in accounts:
            if account.appid in self.upstreams:
                raise SetupError(
                    f"公众号 {account.appid} 出现了两次", f"the account {account.appid} is named twice"
                )
            self.upstreams[account.appid] = Upstream(account, tokens, budgets, self.clock, self.settings)
        if not self.upstreams:
            raise SetupError("网关没有公众号", "the gateway has no account")
        self.keys = Keys(tables)
        self.audit = Audit(tables, self.clock, self.settings, self.counters)
        self._tasks: Sequence[asyncio.Task[None]] = ()

    async def start(self) -> None:
        await self.keys.read()
        loop = asyncio.get_running_loop()
        self._tasks = [
            loop.create_task(_again(self.keys.read, self.settings.keys_every_s)),
            loop.create_task(_again(self.audit.write, self.settings.calls_every_s)),
        ]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.audit.write()
        for upstream in self.upstreams.values():
            await upstream.client.close()
        for store in self._stores:
            store.close()
        await self.state.close()
        await self.tables.close()

    async def problems(self) -> list[GongzhongError]:
        """Why the gateway is not ready; nothing when it is."""
        found: list[GongzhongError] = [self.keys.down] if self.keys.down is not None else []
        try:
            await self.state.get("gateway|ready")
        except StateDown as error:
            found.append(error)
        return found

    async def spend(self, key: Key) -> tuple[int, float] | None:
        """Count a call of a key. None when it may be made, else the limit that is reached and when it ends."""
        now = self.clock.now()
        minute_ends = (now // 60 + 1) * 60
        day_ends = ((now + CHINA_S) // DAY_S + 1) * DAY_S - CHINA_S
        for kind, limit, ends in (("minute", key.per_minute, minute_ends), ("day", key.daily, day_ends)):
            if limit and not await self._counted(f"gateway|{key.id}|{kind}|{ends:.0f}", limit, ends - now):
                return limit, ends
        return None

    async def _counted(self, name: str, limit: int, left_s: float) -> bool:
        try:
            return await self.state.add(name, 1, limit, left_s + 60) is not None
        except StateDown:
            self.counters["calls_not_counted"] += 1
            return True


async def _again(work: Callable[[], Any], every_s: float) -> None:
    """Do something again and again; an error of one time is logged and does not end it."""
    while True:
        await asyncio.sleep(every_s)
        try:
            await work()
        except Exception:
            log.exception("a recurring task of the gateway failed")
