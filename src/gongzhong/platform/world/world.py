"""The world that every behaviour works on: memory, clock, identifiers, rules, and what is to happen next.

Behaviour lives in the modules beside this one, as functions that take the world first. They change the tables and hand
pushes to `outgoing`; they never speak HTTP and never wait.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import msgspec

from ... import facts
from ...catalogue.model import TEST, VERIFIED_SERVICE, Accounts
from ...clock import MovableClock
from ...messages import Push
from .database import MEMORY, Database
from .ids import Ids
from .settings import AccountSettings, Rules

LOCAL = "http://127.0.0.1:8700"
EPOCH = datetime.date(1970, 1, 1).toordinal()
DAY_S = 86_400
CHINA = datetime.timezone(datetime.timedelta(seconds=facts.CHINA_AHEAD_S))
WEB_AUTHORISATION = VERIFIED_SERVICE | TEST


@lru_cache(maxsize=8)
def day_of(number: int) -> str:
    """The date, such as 2026-11-28, that is so many days after 1970-01-01."""
    return datetime.date.fromordinal(EPOCH + number).isoformat()


class AccountState(AccountSettings, frozen=True, kw_only=True):
    """An official account as the platform keeps it."""

    appid: str
    original_id: str
    wechat_id: str
    ip_list_before: list[str] = msgspec.field(default_factory=list)
    """The allow-list that counts until `ip_list_from`."""
    ip_list_from: float = 0.0

    @property
    def oauth_domains(self) -> list[str]:
        """The web-authorisation domains that are set; WeChat's console has room for two."""
        return [domain for domain in (self.oauth_domain, self.second_oauth_domain) if domain]

    @property
    def may_authorize(self) -> bool:
        """Whether the account has the right of web authorisation (网页授权)."""
        granted = self.web_authorization and self.type is Accounts.VERIFIED_SUBSCRIPTION
        return granted or self.type in WEB_AUTHORISATION

    @property
    def type(self) -> Accounts:
        """The column of the privilege table that it belongs to."""
        if self.kind == "test":
            return Accounts.TEST
        return Accounts[f"{'VERIFIED' if self.verified else 'UNVERIFIED'}_{self.kind.upper()}"]


class World:
    """The state of one simulated WeChat. `outgoing` gets pushes to deliver, `announce` events for the pages."""

    def __init__(
        self,
        *,
        where: str = MEMORY,
        clock: MovableClock | None = None,
        rules: Rules | None = None,
        seed: int = 1,
    ) -> None:
        self.db = Database(where)
        self.clock = clock or MovableClock()
        self.rules = rules or Rules()
        self.seed = seed
        self.ids = self.fresh_ids()
        self.accounts: dict[str, AccountState] = {}
        self.origin = LOCAL
        """Scheme, host and port where programs fetch this platform's files (PicUrl); never taken from a request."""
        self.outgoing: Callable[[AccountState, Push], None] = lambda account, push: None
        self.rescheduled: Callable[[], None] = lambda: None
        """Called when a job was added: the timer for the next job may have to be set anew."""
        self.announce: Callable[[str, dict[str, Any]], None] = lambda name, data: None

    def fresh_ids(self) -> Ids:
        """Identifiers that nothing in this world has yet."""
        return Ids(self.seed, self.db.next_number("run", 1))

    def now(self) -> float:
        return self.clock.now()

    def seconds(self) -> int:
        """The time as WeChat writes it."""
        return int(self.clock.now())

    def today(self) -> str:
        """The natural day in China, which daily quotas count by."""
        return day_of((int(self.now()) + facts.CHINA_AHEAD_S) // DAY_S)

    def month(self) -> str:
        return self.today()[:7]

    def message_id(self) -> int:
        """A 64-bit id beyond 2**53, as real MsgIds are."""
        return self.db.next_number("message", 24_261_840_000_000_001)

    def keep_clock(self) -> None:
        """Write down how the clock is set, for the next start with this data directory."""
        ahead, frozen_at = self.clock.setting()
        self.db.run("INSERT OR REPLACE INTO clock_setting VALUES (1, ?, ?)", ahead, frozen_at)

    def restore_clock(self) -> None:
        """Set the clock as an earlier run left it, if there was one."""
        kept = self.db.one("SELECT ahead, frozen_at FROM clock_setting")
        if kept is not None:
            self.clock.restore(kept["ahead"], kept["frozen_at"])

    def close(self) -> None:
        self.db.close()
