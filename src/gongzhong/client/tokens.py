"""One fetch of a token, whatever the number of threads, tasks and processes that need it.

    nothing usable ──► first caller takes off, the others wait ──► landed: all have the record, or the error
    due for renewal ─► first caller takes off, the others keep using the current record
    rejected ────────► the generation that was rejected is set aside; as above

A flight is one `concurrent.futures.Future`, so threads and event loops can wait for the same one. A caller
that is cancelled in mid-flight lands it empty, and one of those who waited takes off again. Across
processes the store's lease does the same. Refusals that asking again will not change are remembered for a
while, and a budget bounds what is fetched in any case. Nothing here waits or sends: see `steps.py`.
"""

from __future__ import annotations

import logging
import math
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias, TypeVar

import msgspec

from ..account import Secret
from ..clock import Clock
from ..errors import CallError, GongzhongError, NotReached
from .budget import Budget
from .steps import Ask, Pause, Steps, Wait
from .token_store import MemoryTokenStore, TokenRecord, TokenStore

T = TypeVar("T")
E = TypeVar("E", bound=GongzhongError)

log = logging.getLogger("gongzhong.client")

FATAL: Final = frozenset(
    {40001, 40002, 40013, 40125, 40164, 40243, 41002, 41004, 45009, 45011, 50004, 50007, 61004, 61024}
    | {89501, 89503, 89506, 89507}
)
"""Answers to a token request that asking again at once does not change (获取接口调用凭据, error table)."""


class TokenPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How tokens are got and kept. Times are seconds."""

    kind: Literal["stable", "plain"] = "stable"
    """/cgi-bin/stable_token, or /cgi-bin/token, which takes the token away from everybody else."""
    renew_ahead_s: float = 280
    """WeChat gives a new stable token only in the last 300 s, when old and new are both valid."""
    again_s: float = 30
    """Pause after a fetch that brought nothing new: WeChat ignores forced refreshes within 30 s."""
    refusal_s: float = 60
    """How long a fatal answer is remembered."""
    lease_s: float = 30
    poll_s: float = 0.1
    """How often a process looks whether the one that holds the lease is done."""
    patience_s: float = 60
    """How long a caller waits for another one's fetch before it goes on its own."""
    fetch_burst: int = 20
    fetch_refill_s: float = 600
    """20 at once, then one in ten minutes: 164 a day, under the 200 that a test account has."""
    forced_burst: int = 4
    forced_refill_s: float = 7200
    """At most 16 forced refreshes a day, under WeChat's 20."""


class Fetched(msgspec.Struct, frozen=True):
    """What a fetch brought: a value and its life in seconds."""

    value: Secret
    expires_in: float


Fetch: TypeAlias = Callable[[TokenRecord | None], Steps[Fetched]]
"""Gets a new value; is given the record that was rejected, if one was."""


@dataclass(slots=True)
class Flight:
    """One fetch under way. `spare` is still usable meanwhile; `replaces` is the rejected generation, or 0."""

    spare: TokenRecord | None
    replaces: int
    landed: Future[None] = field(default_factory=Future)
    thread: int = field(default_factory=threading.get_ident)
    record: TokenRecord | None = None
    failure: GongzhongError | None = None


@dataclass(slots=True)
class Shelf:
    """Everything that is known about one key."""

    fetches: Budget
    forced: Budget
    record: TokenRecord | None = None
    renew_at: float = 0.0
    no_better_until: float = 0.0
    """Until then a fetch would bring the same value again."""
    rejected: TokenRecord | None = None
    forced_at: float = -math.inf
    refusal: CallError | None = None
    refused_until: float = 0.0
    flight: Flight | None = None


class Tokens:
    """Keeps access_tokens and tickets. Share one among all clients of a process, of both kinds."""

    def __init__(
        self,
        store: TokenStore | None = None,
        clock: Clock | None = None,
        policy: TokenPolicy | None = None,
    ) -> None:
        self.clock = clock or Clock()
        self.store: TokenStore = store or MemoryTokenStore(self.clock)
        self.policy = policy or TokenPolicy()
        self._lock = threading.Lock()
        self._shelves: dict[str, Shelf] = {}
        self._holder = uuid.uuid4().hex

    def obtain(self, key: str, fetch: Fetch, rejected: TokenRecord | None = None) -> Steps[TokenRecord]:
        """A usable record newer than `rejected`; the same one again only when there is no better.

        Raises what the fetch raised, or `NotReached` when the budget is used up.
        """
        while True:
            found, mine = self._look(key, rejected)
            if isinstance(found, TokenRecord):
                return found
            if mine:
                return (yield from self._fly(key, found, fetch))
            if not (yield Wait(found.landed, found.thread, self.policy.patience_s)):
                self._land(key, found)
            elif found.failure is not None:
                raise again(found.failure)
            elif found.record is not None and _answers(found, rejected):
                return found.record

    def may_force(self, key: str) -> bool:
        """Whether a forced refresh may be made now; spends one if so."""
        now = self.clock.now()
        with self._lock:
            shelf = self._shelf(key)
            if now - shelf.forced_at < self.policy.again_s or not shelf.forced.spend(now):
                return False
            shelf.forced_at = now
            return True

    def _look(
        self, key: str, rejected: TokenRecord | None
    ) -> tuple[TokenRecord, Literal[False]] | tuple[Flight, bool]:
        now = self.clock.now()
        with self._lock:
            shelf = self._shelf(key)
            if rejected is not None:
                self._set_aside(shelf, rejected, now)
            record = shelf.record if shelf.record is not None and now < shelf.record.expires_at else None
            if record is not None and (now < shelf.renew_at or shelf.flight is not None):
                return record, False
            if shelf.flight is not None:
                return shelf.flight, False
            if shelf.refusal is not None and now < shelf.refused_until:
                if record is not None:
                    return record, False
                raise again(shelf.refusal)
            shelf.flight = Flight(record, shelf.rejected.generation if shelf.rejected else 0)
            return shelf.flight, True

    def _set_aside(self, shelf: Shelf, rejected: TokenRecord, now: float) -> None:
        if shelf.record is not None:
            if shelf.record.generation > rejected.generation or now < shelf.no_better_until:
                return
            shelf.record = None
        if shelf.rejected is None or shelf.rejected.generation < rejected.generation:
            shelf.rejected = rejected

    def _fly(self, key: str, flight: Flight, fetch: Fetch) -> Steps[TokenRecord]:
        try:
            flight.record = yield from self._renewed(key, flight, fetch)
        except GongzhongError as error:
            flight.failure = error
            if flight.spare is None:
                raise
            log.warning(
                "renewing a token ahead of its end failed, the current one stays in use: %s", error.en
            )
            return flight.spare
        finally:
            self._land(key, flight)
        return flight.record

    def _land(self, key: str, flight: Flight) -> None:
        """End a flight, whatever came of it. The first end counts."""
        now = self.clock.now()
        with self._lock:
            shelf = self._shelf(key)
            if shelf.flight is flight:
                shelf.flight = None
            if flight.landed.done():
                return
            if flight.record is not None:
                shelf.record, shelf.refusal = flight.record, None
                due = flight.record.renew_at(self.policy.renew_ahead_s)
                shelf.renew_at = due if due > now else now + self.policy.again_s
                if 0 < flight.record.generation <= flight.replaces:
                    shelf.no_better_until = now + self.policy.again_s
            elif flight.failure is not None:
                shelf.renew_at = now + self.policy.again_s
                if isinstance(flight.failure, CallError) and flight.failure.errcode in FATAL:
                    shelf.refusal, shelf.refused_until = flight.failure, now + self.policy.refusal_s
            flight.landed.set_result(None)

    def _renewed(self, key: str, flight: Flight, fetch: Fetch) -> Steps[TokenRecord]:
        rejected = self._shelf(key).rejected
        stored, leased = yield from self._claim(key, rejected)
        try:
            if stored is not None and self._fresh(stored, rejected):
                return stored
            self._spend(key)
            try:
                fetched = yield from fetch(rejected)
            except NotReached:
                self._give_back(key)
                raise
            return (yield from self._kept(key, flight, fetched, stored, rejected))
        except GeneratorExit:
            # Nobody is left to carry out a step: in a store that waits, the lease runs out by itself.
            leased = leased and not self.store.waits
            raise
        finally:
            if leased:
                yield from self._ask(lambda: self.store.release(key, self._holder), None)

    def _claim(self, key: str, rejected: TokenRecord | None) -> Steps[tuple[TokenRecord | None, bool]]:
        """What is stored, and whether this caller is now the one to fetch."""
        stored: TokenRecord | None = None
        for _ in range(max(1, math.ceil(self.policy.lease_s / self.policy.poll_s))):
            leased = yield from self._ask(
                lambda: self.store.lease(key, self._holder, seconds=self.policy.lease_s), True
            )
            stored = yield from self._ask(lambda: self.store.get(key), None)
            if leased or (stored is not None and self._fresh(stored, rejected)):
                return stored, leased
            yield Pause(self.policy.poll_s)
        return stored, False

    def _kept(
        self,
        key: str,
        flight: Flight,
        fetched: Fetched,
        stored: TokenRecord | None,
        rejected: TokenRecord | None,
    ) -> Steps[TokenRecord]:
        known = [record for record in (stored, rejected, flight.spare) if record is not None]
        newest = max(known, key=lambda record: record.generation, default=None)
        now = self.clock.now()
        same = newest is not None and newest.value == fetched.value
        record = TokenRecord(
            value=fetched.value,
            generation=(newest.generation if newest else 0) + (0 if same else 1),
            fetched_at=now,
            expires_at=now + fetched.expires_in,
        )
        replaces = stored.generation if stored else 0
        written = yield from self._ask(lambda: self.store.put(key, record, replaces=replaces), True)
        if not written:
            return (yield from self._ask(lambda: self.store.get(key), None)) or record
        return record

    def _fresh(self, record: TokenRecord, rejected: TokenRecord | None) -> bool:
        if rejected is not None and record.generation <= rejected.generation:
            return False
        return self.clock.now() < record.renew_at(self.policy.renew_ahead_s)

    def _spend(self, key: str) -> None:
        now = self.clock.now()
        with self._lock:
            budget = self._shelf(key).fetches
            if budget.spend(now):
                return
            wait_s = math.ceil(budget.next_in_s(now))
        raise NotReached(
            f"为保护每日额度，暂停获取 {_kind(key)}：短时间内已获取太多次，请求没有发出",
            f"to protect the daily quota no {_kind(key)} is fetched now: too many were in a short time",
            fix_zh=f"{wait_s} 秒后再试；多半有别的程序用同一 AppID 获取 token，"
            "请都改用 stable_token 或共用一个中控",
            fix_en=f"try again in {wait_s} s; probably another program fetches tokens for this AppID: "
            "let both use stable_token or share one store",
        )

    def _give_back(self, key: str) -> None:
        with self._lock:
            self._shelf(key).fetches.give_back()

    def _ask(self, question: Callable[[], T], otherwise: T) -> Steps[T]:
        """Ask the store; `otherwise` when it is down."""
        if not self.store.waits:
            return self._try(question, otherwise)
        answer: T = yield Ask(lambda: self._try(question, otherwise))
        return answer

    def _try(self, question: Callable[[], T], otherwise: T) -> T:
        try:
            return question()
        except Exception as error:
            log.warning("the token store is down (%s), going on without it", type(error).__name__)
            return otherwise

    def _shelf(self, key: str) -> Shelf:
        shelf = self._shelves.get(key)
        if shelf is None:
            policy = self.policy
            shelf = self._shelves[key] = Shelf(
                Budget(policy.fetch_burst, policy.fetch_refill_s),
                Budget(policy.forced_burst, policy.forced_refill_s),
            )
        return shelf


def again(error: E) -> E:
    """A copy to raise elsewhere: one exception object must not be raised in several threads at once."""
    copy = error.__class__.__new__(error.__class__, *error.args)
    copy.__dict__.update(error.__dict__)
    return copy


def _answers(flight: Flight, rejected: TokenRecord | None) -> bool:
    """Whether what came is newer than what this caller saw rejected, or the best there is."""
    if rejected is None or flight.record is None or flight.replaces >= rejected.generation:
        return True
    return flight.record.generation > rejected.generation


def _kind(key: str) -> str:
    return key.rpartition("|")[2]
