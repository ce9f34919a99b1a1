"""One fetch of a token, whatever the number of threads, tasks and processes that need it.

    nothing usable ──► the first caller fetches, the others wait: all get the record, or the error
    due for renewal ─► the first caller fetches, the others keep using the current record
    rejected ────────► the generation that was rejected is set aside; as above

A fetch under way is one `concurrent.futures.Future`, so threads and event loops can wait for the same one. When
the caller that fetches is cancelled, one of those who wait fetches instead. Across processes the store's lease
does the same.

What bounds the requests, all measured on a clock that never goes back (`Elapsed`):

    a refusal that asking again does not change ─► remembered for `refusal_s`
    no usable answer, several times in a row ────► a pause that doubles, `outage_s` at most; no quota is counted
    any other answer ────────────────────────────► counted in a budget, far below WeChat's daily quota

Nothing here waits or sends: see `drivers.py`.
"""

from __future__ import annotations

import logging
import math
import os
import threading
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Final, Literal, TypeAlias, TypeVar

import msgspec

from .. import facts
from ..account import Secret
from ..clock import Clock
from ..errors import BusyError, CallError, GongzhongError, NotReached, TransportError, say
from .drivers import Ask, Pause, Steps, Wait
from .rate_limit import Elapsed, RateLimit
from .token_store import DISPLACED_OFTEN, MemoryTokenStore, TokenRecord, TokenStore

T = TypeVar("T")
E = TypeVar("E", bound=GongzhongError)

log = logging.getLogger("gongzhong.client")

FATAL: Final = frozenset(
    {40001, 40002, 40013, 40125, 40164, 40243, 41002, 41004, 45009, 45011, 50004, 50007, 61004, 61024}
    | {89501, 89503, 89506, 89507}
)
"""Answers to a token request that asking again at once does not change (获取接口调用凭据, error table)."""

FREE_FAILURES: Final = 3
"""Failed fetches in a row before the next one has to wait."""


REPLACED_BY: Final = {
    "plain": "another program gets tokens for this account with /cgi-bin/token, and each takes ours away; let all of "
    "them use stable_token, or one gateway",
    "stable": "another program gets tokens for this account with stable_token and force_refresh, or its AppSecret was "
    "reset; let it use force_refresh=false, or one gateway",
}
"""How a token can end before its time: plain and stable tokens do not replace each other (获取稳定版接口调用凭据)."""


class TokenPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How tokens are got and kept. Times are seconds."""

    kind: Literal["stable", "plain"] = "stable"
    """/cgi-bin/stable_token, or /cgi-bin/token, which takes the token away from everybody else."""
    renew_ahead_s: float = facts.TOKEN_OVERLAP_S - 20
    """WeChat gives a new stable token only in the last 300 s, when old and new are both valid."""
    again_s: float = facts.FORCED_REFRESH_GAP_S
    """Pause after a fetch that brought nothing new: WeChat ignores forced refreshes within 30 s."""
    refusal_s: float = 60
    """How long a fatal answer is remembered."""
    lease_s: float = 30
    poll_s: float = 0.1
    """How often a process looks whether the one that holds the lease is done."""
    wait_s: float = 60
    """How long a caller waits for another one's fetch before it goes on its own."""
    outage_s: float = 30
    """Longest pause between fetches while the endpoint gives no usable answer: 1, 2, 4 … after the third failure."""
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


class Pending(msgspec.Struct):
    """One fetch under way. `spare` is still usable meanwhile; `replaces` is the record that was rejected."""

    spare: TokenRecord | None
    replaces: TokenRecord | None
    done: Future[None] = msgspec.field(default_factory=Future)
    thread: int = msgspec.field(default_factory=threading.get_ident)
    record: TokenRecord | None = None
    failure: GongzhongError | None = None


class Entry(msgspec.Struct):
    """Everything that is known about one key."""

    fetches: RateLimit
    forced: RateLimit
    record: TokenRecord | None = None
    renew_at: float = 0.0
    no_better_until: float = 0.0
    """Until then a fetch would bring the same value again."""
    rejected: TokenRecord | None = None
    forced_at: float = -math.inf
    refusal: CallError | None = None
    refused_until: float = 0.0
    failures: int = 0
    """Fetches in a row that brought no usable answer."""
    outage: GongzhongError | None = None
    pause_until: float = 0.0
    pending: Pending | None = None

    def remembered(self, now: float) -> GongzhongError | None:
        """The error of an earlier fetch that stands for the next one, too, as long as it is remembered."""
        if self.refusal is not None and now < self.refused_until:
            return self.refusal
        return self.outage if now < self.pause_until else None

    def fetched(self, record: TokenRecord, renew_at: float) -> None:
        """A fetch brought a record; what failed before it is forgotten."""
        self.record, self.renew_at = record, renew_at
        self.refusal = self.outage = None
        self.failures = 0

    def failed(self, error: GongzhongError, now: float, policy: TokenPolicy) -> None:
        """A fetch failed: decide how long its error stands for the next ones."""
        self.renew_at = now + policy.again_s
        if isinstance(error, CallError) and error.errcode in FATAL:
            self.refusal, self.refused_until = error, now + policy.refusal_s
        elif costs_nothing(error) and not isinstance(error, NotReached):
            self.failures += 1
            beyond = self.failures - FREE_FAILURES
            self.outage = error
            self.pause_until = now + (min(policy.outage_s, 2.0 ** min(beyond, 20)) if beyond >= 0 else 0)


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
        self._elapsed = Elapsed(self.clock)
        self._lock = threading.Lock()
        self._entries: dict[str, Entry] = {}
        self._executor: Executor | None = None
        self._pid = os.getpid()
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
                return (yield from self._fetch_shared(key, found, fetch))
            if not (yield Wait(found.done, found.thread, self.policy.wait_s)):
                self._finish(key, found)
            elif found.failure is not None:
                raise again(found.failure)
            elif found.record is not None and _answers(found, rejected):
                return found.record

    def may_force(self, key: str) -> bool:
        """Whether a forced refresh may be made now; spends one if so."""
        now = self._elapsed.now()
        with self._lock:
            entry = self._entry(key)
            if now - entry.forced_at < self.policy.again_s or not entry.forced.spend(now):
                return False
            entry.forced_at = now
            return True

    def troubles(self) -> dict[str, GongzhongError]:
        """By key, why the last fetch failed, where none has succeeded since: for alarms, metrics and the doctor."""
        with self._lock:
            failed = {key: entry.refusal or entry.outage for key, entry in self._entries.items()}
        return {key: error for key, error in failed.items() if error is not None}

    def displaced(self) -> dict[str, int]:
        """By key, how many values were refused within the last hour although they should still have held."""
        now = self.clock.now()
        with self._lock:
            records = {key: entry.record for key, entry in self._entries.items()}
        return {
            key: record.displaced_lately(now)
            for key, record in records.items()
            if record is not None and record.displaced_lately(now)
        }

    def displaced_of(self, appid: str) -> int:
        """How many access_tokens of this account were refused so within the last hour."""
        ending = f"|{appid}|access_token"
        return sum(times for key, times in self.displaced().items() if key.endswith(ending))

    def _look(
        self, key: str, rejected: TokenRecord | None
    ) -> tuple[TokenRecord, Literal[False]] | tuple[Pending, bool]:
        now, since = self.clock.now(), self._elapsed.now()
        with self._lock:
            entry = self._entry(key)
            if rejected is not None:
                self._set_aside(entry, rejected, since)
            record = entry.record if entry.record is not None and now < entry.record.expires_at else None
            if record is not None and (since < entry.renew_at or entry.pending is not None):
                return record, False
            if entry.pending is not None:
                return entry.pending, False
            remembered = entry.remembered(since)
            if remembered is not None:
                if record is not None:
                    return record, False
                raise again(remembered)
            entry.pending = Pending(record, entry.rejected)
            return entry.pending, True

    def _set_aside(self, entry: Entry, rejected: TokenRecord, now: float) -> None:
        if entry.record is not None:
            if entry.record.newer_than(rejected) or now < entry.no_better_until:
                return
            entry.record = None
        if entry.rejected is None or rejected.newer_than(entry.rejected):
            entry.rejected = rejected

    def _fetch_shared(self, key: str, pending: Pending, fetch: Fetch) -> Steps[TokenRecord]:
        try:
            pending.record = yield from self._renewed(key, pending, fetch)
        except GongzhongError as error:
            pending.failure = error
            if pending.spare is None:
                raise
            log.warning(
                "renewing a token ahead of its end failed, the current one stays in use: %s", error.en
            )
            return pending.spare
        finally:
            self._finish(key, pending)
        return pending.record

    def _finish(self, key: str, pending: Pending) -> None:
        """End a pending, whatever came of it. The first end counts."""
        since = self._elapsed.now()
        with self._lock:
            entry = self._entry(key)
            if entry.pending is pending:
                entry.pending = None
            if pending.done.done():
                return
            record = pending.record
            if record is not None:
                left_s = record.renew_at(self.policy.renew_ahead_s) - self.clock.now()
                entry.fetched(record, since + (left_s if left_s > 0 else self.policy.again_s))
                if pending.replaces is not None and not record.newer_than(pending.replaces):
                    entry.no_better_until = since + self.policy.again_s
            elif pending.failure is not None:
                entry.failed(pending.failure, since, self.policy)
            pending.done.set_result(None)

    def _renewed(self, key: str, pending: Pending, fetch: Fetch) -> Steps[TokenRecord]:
        rejected = self._entry(key).rejected
        stored, leased = yield from self._claim(key, rejected)
        try:
            if stored is not None and self._fresh(stored, rejected):
                return stored
            self._spend(key)
            try:
                fetched = yield from fetch(rejected)
            except GongzhongError as error:
                if costs_nothing(error):
                    self._give_back(key)
                raise
            return (yield from self._kept(key, pending, fetched, stored, rejected))
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
        pending: Pending,
        fetched: Fetched,
        stored: TokenRecord | None,
        rejected: TokenRecord | None,
    ) -> Steps[TokenRecord]:
        known = [record for record in (stored, rejected, pending.spare) if record is not None]
        record = self._numbered(fetched, known, rejected)
        self._tell_of_others(key, record)
        if (yield from self._put(key, record, stored)):
            return record
        other = yield from self._ask(lambda: self.store.get(key), None)
        if other is None or self._fresh(other, rejected):
            return other or record
        # It stood there all the time, and the store did not say so when it was asked: ours is the newer one.
        record = self._numbered(fetched, [*known, other], rejected)
        yield from self._put(key, record, other)
        return record

    def _put(self, key: str, record: TokenRecord, stored: TokenRecord | None) -> Steps[bool]:
        replaces = stored.generation if stored is not None else 0
        return (yield from self._ask(lambda: self.store.put(key, record, replaces=replaces), True))

    def _tell_of_others(self, key: str, record: TokenRecord) -> None:
        now = self.clock.now()
        times = record.displaced_lately(now)
        if times >= DISPLACED_OFTEN and record.displaced[-1] == now:
            how = REPLACED_BY[self.policy.kind]
            log.error(
                "%s was refused %d times within an hour although it was new: %s", nameable(key), times, how
            )

    def _numbered(
        self, fetched: Fetched, known: Sequence[TokenRecord], rejected: TokenRecord | None
    ) -> TokenRecord:
        """The record of a fetched value: of the next generation, unless the newest one known has the same value."""
        newest = max(known, key=lambda record: (record.generation, record.fetched_at), default=None)
        now = self.clock.now()
        same = newest is not None and newest.value == fetched.value
        return TokenRecord(
            value=fetched.value,
            generation=(newest.generation if newest else 0) + (0 if same else 1),
            fetched_at=now,
            expires_at=now + fetched.expires_in,
            displaced=() if newest is None else newest.displaced if same else newest.after(rejected, now),
        )

    def _fresh(self, record: TokenRecord, rejected: TokenRecord | None) -> bool:
        if rejected is not None and not record.newer_than(rejected):
            return False
        return self.clock.now() < record.renew_at(self.policy.renew_ahead_s)

    def _spend(self, key: str) -> None:
        now = self._elapsed.now()
        with self._lock:
            budget = self._entry(key).fetches
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
            self._entry(key).fetches.give_back()

    def _ask(self, question: Callable[[], T], otherwise: T) -> Steps[T]:
        """Ask the store; `otherwise` when it is down."""
        if not self.store.waits:
            return self._try(question, otherwise)
        answer: T = yield Ask(lambda: self._try(question, otherwise), self._threads())
        return answer

    def _threads(self) -> Executor:
        """Threads for a store that waits: the event loop's own may all wait for the token that it holds."""
        with self._lock:
            if self._executor is None or self._pid != os.getpid():
                self._executor, self._pid = (
                    ThreadPoolExecutor(4, thread_name_prefix="gongzhong-tokens"),
                    os.getpid(),
                )
            return self._executor

    def _try(self, question: Callable[[], T], otherwise: T) -> T:
        try:
            return question()
        except Exception as error:
            reason = error if isinstance(error, GongzhongError) else type(error).__name__
            log.warning(
                say("token 存储不可用，暂时不用它：%s", "the token store is down, going on without it: %s"),
                reason,
            )
            return otherwise

    def _entry(self, key: str) -> Entry:
        entry = self._entries.get(key)
        if entry is None:
            policy = self.policy
            entry = self._entries[key] = Entry(
                RateLimit(policy.fetch_burst, policy.fetch_refill_s),
                RateLimit(policy.forced_burst, policy.forced_refill_s),
            )
        return entry


def costs_nothing(error: GongzhongError) -> bool:
    """Whether a fetch that ended so counts in no quota of WeChat's: no usable answer came, or it was too busy."""
    return isinstance(error, TransportError | BusyError)


def again(error: E) -> E:
    """A copy to raise elsewhere: one exception object must not be raised in several threads at once."""
    copy = error.__class__.__new__(error.__class__, *error.args)
    copy.__dict__.update(error.__dict__)
    return copy


def _answers(pending: Pending, rejected: TokenRecord | None) -> bool:
    """Whether what came is newer than what this caller saw rejected, or the best there is."""
    if rejected is None or pending.record is None:
        return True
    replaced = pending.replaces is not None and not rejected.newer_than(pending.replaces)
    return replaced or pending.record.newer_than(rejected)


def nameable(key: str) -> str:
    """`API_BASE|APPID|access_token` → `access_token of APPID`."""
    _, _, rest = key.partition("|")
    appid, _, kind = rest.partition("|")
    return f"{kind} of {appid}"


def _kind(key: str) -> str:
    return key.rpartition("|")[2]
