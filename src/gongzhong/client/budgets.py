"""What is left of WeChat's quotas, so that a call that would be refused is not made.

Each call of the API has a daily quota (45009 when it is used up) and some have one for a minute (45011). Calls are
counted here. A count alone never refuses anything: quotas grow with followers, are raised and cleared in the console,
and other programs use them up as well. WeChat's word decides:

    count below the known limit ──────────────► go
    count at the limit, or WeChat said 45009 ─► ask WeChat (openapi/quota/get), at most once in a while
        something remains ────────────────────► go, with WeChat's limit and count from now on
        nothing remains ──────────────────────► refuse with QuotaSpent until midnight in Beijing
        no answer ────────────────────────────► go: WeChat answers the call itself
    45009 although something remained ────────► another quota than that of the call: go, nothing is refused today
    45011 ────────────────────────────────────► refuse for the rest of the minute if as many calls were counted in it

A minute is refused only after WeChat refused in the same minute *and* its limit was reached: nobody can ask what is
left of a minute. A `clear_quota` or `openapi/quota/clear` made by any client that shares the counts begins them
anew; so does a new day in China.

Counts and WeChat's word may be shared by processes and hosts (`QuotaStore`). They are passed on in steps that are small
beside the limit; a store that is down is done without.
"""

from __future__ import annotations

import logging
import math
import os
import threading
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Final, Literal, Protocol, TypeAlias, TypeVar

import msgspec

from .. import facts
from ..catalogue.base import ApiQuota, ClearApiQuota, ClearQuota, ClearQuotaBySecret, GetQuota
from ..catalogue.model import TEST, Host, Spec
from ..clock import Clock
from ..errors import GongzhongError, QuotaSpent
from ..reasons import NOT_JSON
from .drivers import Ask, Steps
from .transport import WireReply

T = TypeVar("T")

log = logging.getLogger("gongzhong.client")

USED_UP: Final = 45009
TOO_FAST: Final = 45011
SECONDS_A_DAY: Final = 86_400
SECONDS_A_MINUTE: Final = 60
CHINA: Final = timezone(timedelta(seconds=facts.CHINA_AHEAD_S))
FREE: Final = frozenset(call.spec.path for call in (ClearQuota, ClearQuotaBySecret, ClearApiQuota, GetQuota))
"""Calls that must work when everything else is used up; they are not counted."""
ASK_AGAIN_S: Final = 5.0
"""Pause before WeChat is asked about the same quota again, doubled each time while the answer stays the same."""
ASK_SELDOM_S: Final = 60.0
SYNC_S: Final = 1.0
"""How old shared counts may be, in seconds."""
LARGEST_STEP: Final = 100
"""So many calls at most are counted here before the others are told."""
SMALLEST_SHARE: Final = 1_000
"""And never more than this part of the limit."""

MOST_USAGES: Final = 20_000
"""So many paths of all accounts are known at once. A gateway's programs choose paths freely."""
KEPT_SHARE: Final = 0.75
"""What is left of them when there are too many, so that not every further path looks for one to forget."""

Verdict: TypeAlias = Literal["go", "ask", "refuse"]


REFUSALS: Final = frozenset({USED_UP, TOO_FAST})
CLEARS_ALL: Final = frozenset({ClearQuota.spec.path, ClearQuotaBySecret.spec.path})


class About(msgspec.Struct):
    """The body of the calls that ask for a quota or clear one."""

    cgi_path: str = ""


_ABOUT: Final = msgspec.json.Decoder(About)
_QUOTA: Final = msgspec.json.Decoder(ApiQuota, strict=False)


class Word(msgspec.Struct, frozen=True):
    """What WeChat said last about the daily quota of a call. Times are unix seconds."""

    limit: int | None = None
    spent: bool = False
    asked_at: float = 0.0
    same: int = 0
    """How often in a row the answer was that nothing remains, or there was none."""
    remained: bool = False
    """Whether something remained when WeChat was asked last."""
    disputed: bool = False
    """45009 came although something remained: another quota is meant, and nothing is refused here."""

    @property
    def ask_after(self) -> float:
        """Not before this time is it worth asking again."""
        if not self.asked_at:
            return 0.0
        return self.asked_at + min(ASK_SELDOM_S, ASK_AGAIN_S * 2.0 ** min(max(0, self.same - 1), 10))


class Usage(msgspec.Struct):
    """The calls of one day to one path, as far as they are known."""

    path: str
    day: int
    """Days since 1970 in Beijing."""
    published: int | None
    """The smallest published limit of any kind of account: reached, WeChat is asked for the account's own."""
    per_minute: int | None
    used: int = 0
    word: Word = Word()
    epoch: int = 0
    """Counts begin anew with each clearing."""
    unreported: int = 0
    synced_at: float = -math.inf
    minute: int = 0
    in_minute: int = 0
    refused_minute: int = -1
    """The minute in which WeChat last said 45011."""
    begins_at: float = 0.0
    resets_at: float = 0.0
    """Begin and end of the day in Beijing, in unix seconds."""

    def __post_init__(self) -> None:
        self.begins_at = float(self.day * SECONDS_A_DAY - facts.CHINA_AHEAD_S)
        self.resets_at = self.begins_at + SECONDS_A_DAY

    @property
    def limit(self) -> int | None:
        return self.word.limit or self.published

    @property
    def step(self) -> int:
        """So many calls may be counted here before the others are told."""
        limit = self.limit
        return LARGEST_STEP if limit is None else max(1, min(LARGEST_STEP, limit // SMALLEST_SHARE))

    def begin_anew(self, epoch: int) -> None:
        """The quota was cleared."""
        self.epoch, self.used, self.unreported, self.word = epoch, 0, 0, Word(limit=self.word.limit)


class Reported(msgspec.Struct, frozen=True):
    """What all who share the counts know about one path of today."""

    used: int
    epoch: int
    word: Word | None


class QuotaStore(Protocol):
    """Where counts are shared. Methods may wait and be called from any thread; what they raise counts as "down".

    `owner` names an account at one address. `epoch` is the number of the last clearing, 0 at first.
    """

    def report(self, owner: str, path: str, day: int, epoch: int, n: int) -> Reported:
        """Add `n` calls to the count of an epoch, if that is still the newest one; gives what is known."""
        ...

    def note(self, owner: str, path: str, day: int, epoch: int, word: Word) -> None:
        """Pass on WeChat's word."""
        ...

    def correct(self, owner: str, path: str, day: int, epoch: int, used: int) -> None:
        """Set the count to what WeChat says."""
        ...

    def clear(self, owner: str, path: str | None) -> None:
        """Begin a new epoch, of one path or of all."""
        ...


def decide(usage: Usage, now: float) -> Verdict:
    """Whether one more call may be made. Pure; `usage` counts it already."""
    if usage.refused_minute == usage.minute and usage.per_minute and usage.in_minute > usage.per_minute:
        return "refuse"
    word, limit = usage.word, usage.limit
    if word.disputed or not (word.spent or (limit is not None and usage.used > limit)):
        return "go"
    if not word.asked_at <= now < word.ask_after:
        return "ask"
    return "refuse" if word.spent else "go"


def heard(usage: Usage, quota: ApiQuota | None, now: float) -> None:
    """Note the answer of openapi/quota/get; None when none came."""
    word = usage.word
    if quota is None:
        usage.word = msgspec.structs.replace(word, asked_at=now, same=word.same + 1, remained=False)
        return
    daily = quota.quota
    if quota.rate_limit is not None and quota.rate_limit.refresh_second == SECONDS_A_MINUTE:
        usage.per_minute = quota.rate_limit.call_count
    spent = daily.daily_limit > 0 and daily.remain <= 0
    usage.used = max(0, daily.used)
    usage.word = Word(
        limit=daily.daily_limit if daily.daily_limit > 0 else None,
        spent=spent,
        asked_at=now,
        same=word.same + 1 if spent else 0,
        remained=not spent,
        disputed=word.disputed and not spent,
    )


def refused(usage: Usage, code: int, now: float) -> None:
    """Note that WeChat answered a call with 45009 or 45011."""
    word = usage.word
    if code == TOO_FAST:
        usage.refused_minute = int(now // SECONDS_A_MINUTE)
    elif code == USED_UP:
        contradicted = word.remained and word.asked_at <= now < word.ask_after
        asked = (word.asked_at, word.same) if word.spent else (0.0, 0)
        usage.word = msgspec.structs.replace(
            word, spent=True, disputed=word.disputed or contradicted, asked_at=asked[0], same=asked[1]
        )


def worth(usage: Usage, now: float, *, shared: bool) -> int:
    """How much it matters to remember a usage; the least is forgotten first.

    0: of another day; 1: its count, which alone refuses nothing; 2: calls that those who share the counts were not told
    of; 3: WeChat's word that the minute or the day is used up.
    """
    if not usage.begins_at <= now < usage.resets_at:
        return 0
    if usage.word.spent or usage.refused_minute == int(now // SECONDS_A_MINUTE):
        return 3
    return 2 if shared and usage.unreported > 0 else 1


class Budgets:
    """Counts calls and refuses those that WeChat would refuse. Share one among all clients of a process.

    Without a `store` it knows what its own clients did and heard. At most `most` paths are known at once: what matters
    least is forgotten first, see `worth`.
    """

    def __init__(
        self, store: QuotaStore | None = None, clock: Clock | None = None, most: int = MOST_USAGES
    ) -> None:
        self.store, self.clock, self._most = store, clock or Clock(), most
        self._usages: dict[tuple[str, str], Usage] = {}
        self._lock = threading.Lock()
        self._threads: tuple[int, Executor] | None = None

    def close(self) -> None:
        """Tell the store what was counted and not told yet. The store stays open."""
        store = self.store
        if store is None:
            return
        with self._lock:
            left = [(whose, usage) for (whose, _), usage in self._usages.items() if usage.unreported > 0]
        for owner, usage in left:
            _try(partial(store.report, owner, usage.path, usage.day, usage.epoch, usage.unreported), None)
            usage.unreported = 0

    def usages(self, owner: str | None = None) -> list[Usage]:
        """Copies of what is known of today, by path: for metrics, alarms and pages."""
        today = day_of(self.clock.now())
        with self._lock:
            found = [usage for (whose, _), usage in self._usages.items() if owner in (None, whose)]
        return [msgspec.structs.replace(usage) for usage in found if usage.day == today]

    def count(self, owner: str, spec: Spec) -> tuple[Usage | None, bool]:
        """Count one call that is about to be made, and say whether it may be made without `settle`.

        There is no usage for a call that has no quota here.
        """
        if spec.path in FREE or not spec.token or spec.host is not Host.API:
            return None, True
        now = self.clock.now()
        minute = int(now // SECONDS_A_MINUTE)
        with self._lock:
            usage = self._usage(owner, spec, now)
            usage.used += 1
            usage.unreported += 1
            if usage.minute != minute:
                usage.minute, usage.in_minute = minute, 0
            usage.in_minute += 1
        overdue = self.store is not None and (
            usage.unreported >= usage.step or not 0 <= now - usage.synced_at < SYNC_S
        )
        return usage, not overdue and decide(usage, now) == "go"

    def told_by(self, spec: Spec, code: int) -> bool:
        """Whether an answer says something about quotas."""
        return code in REFUSALS or (code == 0 and spec.path in FREE)

    def settle(
        self, owner: str, name: str, usage: Usage, ask: Callable[[GetQuota], Steps[object]]
    ) -> Steps[None]:
        """Find out whether the call may be made. Raises QuotaSpent when it may not."""
        yield from self._sync(owner, usage)
        verdict = decide(usage, self.clock.now())
        if verdict == "ask" and (yield from self._inquire(owner, usage, ask)):
            with self._lock:  # this call is not among those that WeChat counted
                usage.used += 1
                usage.unreported += 1
                verdict = decide(usage, self.clock.now())
        if verdict == "refuse":
            self.give_back(usage)
            raise spent(name, usage)

    def give_back(self, usage: Usage) -> None:
        """The call that was counted was not made."""
        with self._lock:
            usage.used -= 1
            usage.unreported -= 1
            usage.in_minute -= 1

    def answered(self, owner: str, spec: Spec, code: int, body: object, reply: WireReply) -> Steps[None]:
        """Note what an answer says about quotas: one is used up, was asked for, or was cleared."""
        if spec.path in FREE:
            if code == 0:
                yield from self._told(owner, spec.path, body, reply)
        elif spec.token and spec.host is Host.API:
            with self._lock:
                usage = self._usage(owner, spec, self.clock.now())
                refused(usage, code, self.clock.now())
            yield from self._pass_on(owner, usage)

    def _told(self, owner: str, path: str, body: object, reply: WireReply) -> Steps[None]:
        if path in CLEARS_ALL:
            yield from self._clear(owner, None)
            return
        about = _path_in(body)
        if path == ClearApiQuota.spec.path:
            yield from self._clear(owner, about)
        usage = self._usages.get((owner, about))
        if path == GetQuota.spec.path and usage is not None:
            with suppress(*NOT_JSON):
                with self._lock:
                    heard(usage, _QUOTA.decode(reply.body), self.clock.now())
                yield from self._pass_on(owner, usage, correct=True)

    def _usage(self, owner: str, spec: Spec, now: float) -> Usage:
        usage = self._usages.get((owner, spec.path))
        if usage is None or not usage.begins_at <= now < usage.resets_at:
            today = day_of(now)
            published = min((n for n in (spec.daily, spec.daily_for(TEST)) if n), default=None)
            minute = usage and (usage.minute, usage.in_minute, usage.refused_minute)
            usage = Usage(spec.path, today, published, spec.per_minute)
            if minute:
                usage.minute, usage.in_minute, usage.refused_minute = minute
            elif len(self._usages) >= self._most:
                self._forget(now)
            self._usages[owner, spec.path] = usage
        return usage

    def _forget(self, now: float) -> None:
        """Make room: what matters least goes, of what matters equally that which was used longest ago."""
        shared = self.store is not None
        found = sorted(
            self._usages.items(),
            key=lambda one: (worth(one[1], now, shared=shared), one[1].minute),
            reverse=True,
        )
        self._usages = dict(found[: int(self._most * KEPT_SHARE)])

    def _inquire(self, owner: str, usage: Usage, ask: Callable[[GetQuota], Steps[object]]) -> Steps[bool]:
        """Ask WeChat; False when it gave no answer, and this call has to find out."""
        with self._lock:  # others do not ask meanwhile
            usage.word = msgspec.structs.replace(usage.word, asked_at=self.clock.now())
        try:
            yield from ask(GetQuota(cgi_path=usage.path))  # whose answer comes to `answered`
        except GongzhongError as problem:
            log.info("the quota of %s is not known: %s", usage.path, problem.en)
            with self._lock:
                heard(usage, None, self.clock.now())
            yield from self._pass_on(owner, usage)
            return False
        if usage.word.spent:
            log.warning("the daily quota of %s is used up until midnight in Beijing", usage.path)
        return True

    def _clear(self, owner: str, path: str | None) -> Steps[None]:
        with self._lock:
            for (whose, each), usage in self._usages.items():
                if whose == owner and path in (None, each):
                    usage.begin_anew(usage.epoch)
                    usage.synced_at = -math.inf
        store = self.store
        if store is not None:
            yield from self._ask(lambda: store.clear(owner, path), None)

    def _sync(self, owner: str, usage: Usage) -> Steps[None]:
        store = self.store
        if store is None:
            return
        with self._lock:
            n, usage.unreported = usage.unreported, 0
            usage.synced_at = self.clock.now()
            path, day, epoch = usage.path, usage.day, usage.epoch
        known = yield from self._ask(lambda: store.report(owner, path, day, epoch, n), None)
        with self._lock:
            if known is None:
                usage.unreported += n
                return
            if known.epoch != usage.epoch:
                usage.begin_anew(known.epoch)
                usage.unreported = n
            usage.used = known.used + usage.unreported
            if known.word is not None and known.word.asked_at >= usage.word.asked_at:
                usage.word = known.word

    def _pass_on(self, owner: str, usage: Usage, *, correct: bool = False) -> Steps[None]:
        store = self.store
        if store is None:
            return
        path, day, epoch, word, used = usage.path, usage.day, usage.epoch, usage.word, usage.used
        if correct:
            usage.unreported = 0
            yield from self._ask(lambda: store.correct(owner, path, day, epoch, used), None)
        yield from self._ask(lambda: store.note(owner, path, day, epoch, word), None)

    def _ask(self, question: Callable[[], T], otherwise: T) -> Steps[T]:
        answer: T = yield Ask(lambda: _try(question, otherwise), self._executor())
        return answer

    def _executor(self) -> Executor:
        with self._lock:
            if self._threads is None or self._threads[0] != os.getpid():
                self._threads = os.getpid(), ThreadPoolExecutor(2, thread_name_prefix="gongzhong-quotas")
            return self._threads[1]


def _try(question: Callable[[], T], otherwise: T) -> T:
    try:
        return question()
    except Exception as error:
        log.warning("the store of quotas is down (%s), going on without it", type(error).__name__)
        return otherwise


def day_of(now: float) -> int:
    """Days since 1970 in Beijing; a quota belongs to one of them."""
    return int((now + facts.CHINA_AHEAD_S) // SECONDS_A_DAY)


def spent(name: str, usage: Usage) -> QuotaSpent:
    """The error that stands for WeChat's refusal; it names the call, the limit and the time of the reset."""
    by_minute = not usage.word.spent
    limit = usage.per_minute if by_minute else usage.limit
    until = float((usage.minute + 1) * SECONDS_A_MINUTE) if by_minute else usage.resets_at
    code = TOO_FAST if by_minute else USED_UP
    at = f"{datetime.fromtimestamp(until, CHINA):%Y-%m-%d %H:%M:%S}"
    per_zh, per_en = ("每分钟", "a minute") if by_minute else ("每天", "a day")
    many_zh = f"{per_zh} {limit} 次" if limit else f"{per_zh}的次数"
    many_en = f"{limit} {per_en}" if limit else f"its calls {per_en}"
    error = QuotaSpent(
        f"{name} 的额度已用完（{many_zh}），没有发出；{at}（北京时间）重置",
        f"{name} has used up its quota ({many_en}) and was not sent; it resets at {at} Beijing time (UTC+8)",
        call=name,
        errcode=code,
        errmsg="",
        fix_zh="等到重置，或调用 clear_quota（每月 10 次）清零；额度已在后台提高时，一分钟内会自动发现",
        fix_en="wait for the reset or call clear_quota (ten times a month); a raised quota is noticed within a minute",
    )
    error.limit, error.resets_at = limit, until
    return error


def _path_in(body: object) -> str:
    """The path that a request asks about; empty where it names none."""
    with suppress(*NOT_JSON):
        return _ABOUT.decode(body).cgi_path if isinstance(body, bytes) else ""
    return ""
