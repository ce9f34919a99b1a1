"""What one process has counted and measured by now.

Counts are those that accounts keep anyway (`oa.counters`); what costs time on each push is the length of an answer and
of a handler, two additions each.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ... import facts
from ...catalogue.base import GetStableToken, GetToken
from ...catalogue.model import Call
from ...errors import BadAnswer, CallError, NotReached, OutcomeUnknown, StateDown
from ...messages import Push
from ...version import version
from .table import Histogram, Snapshot, series

if TYPE_CHECKING:
    from ...app.arguments import Handler
    from ...app.binding import Binding
    from ...client import AsyncClient, Client
    from ...state import State
    from ..serve import Serving

CHECK_EVERY_S: Final = 5.0
"""How often the shared state is asked whether it answers."""
WORK_EVERY_S: Final = 15.0
LAG_EVERY_S: Final = 1.0
ANY_KEY: Final = "gongzhong:readiness"
OUTCOMES: Final = frozenset(
    {
        "passive",
        "held",
        "joined",
        "placeholder",
        "handed_over",
        "late",
        "unhandled",
        "not_answerable",
        "shutdown",
    }
)
"""The names in `oa.counters` that say what came of a push."""
ALONE: Final = {
    "received": "gongzhong_deliveries_total",
    "verified": "gongzhong_verifications_total",
    "handler_errors": "gongzhong_handler_errors_total",
    "internal_errors": "gongzhong_internal_errors_total",
    "undelivered": "gongzhong_undelivered_total",
}
SENT: Final = {"customer": "sent", "customer_failed": "failed"}
ERRORS: Final = {NotReached: "not_reached", OutcomeUnknown: "outcome_unknown", BadAnswer: "bad_answer"}


class Measures:
    """Measures a target that is served in this process, on its event loop. `worker` is the worker's number."""

    def __init__(self, serving: Serving, worker: int = 0) -> None:
        self._serving, self._worker = serving, str(worker)
        self._calls: dict[str, float] = {}
        self._handlers: dict[tuple[str, int], tuple[str, Histogram]] = {}
        """The time of each handler of each account, with the handler's name."""
        self._answers, self._checks = Histogram(), Histogram()
        self._failed_checks = 0
        self._state_up: bool | None = None
        self._lag: dict[str, float] = {}
        self._work: dict[str, float] = {}
        self._met: set[int] = set()
        self._tasks: list[asyncio.Task[None]] = []
        serving.server.measured = self._answers.add

    @property
    def state_up(self) -> bool:
        """False when the last check of the shared state failed."""
        return self._state_up is not False

    def start(self) -> None:
        """Begin to look at the state and the event loop, on the running one."""
        loop = asyncio.get_running_loop()
        self._meet()
        works = (self._check(), look_for_lag(self._lag), self._look_at_work())
        self._tasks = [loop.create_task(work) for work in works]

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()

    def snapshot(self) -> Snapshot:
        """Everything by now."""
        self._meet()
        counters, gauges = dict(self._calls), self._process()
        for account in self._serving.accounts:
            self._count(account, counters, gauges)
        self._answers.write(counters, "gongzhong_http_request_seconds")
        self._write_handlers(counters)
        if (handshakes := self._serving.server.handshakes) is not None:
            gauges["gongzhong_tls_handshakes"] = handshakes.open
            for result, count in handshakes.ended.items():
                counters[series("gongzhong_tls_handshakes_total", result=result)] = count
        counters["gongzhong_worker_cpu_seconds_total"] = time.process_time()
        if self._state_up is not None:
            self._checks.write(counters, "gongzhong_state_check_seconds")
            counters["gongzhong_state_check_failures_total"] = self._failed_checks
        return Snapshot(counters, gauges)

    def too_late(self) -> int:
        """How many answers took longer than WeChat waits."""
        return self._answers.above(facts.ANSWER_TIMEOUT_S)

    def _meet(self) -> None:
        """Begin to measure accounts that were not there before."""
        for account in self._serving.accounts:
            if id(account) not in self._met:
                self._met.add(id(account))
                appid = account.account.appid
                account.observer = _Observer(partial(self._handler, appid))
                for client in (account.api, account.blocking_api):
                    client.listeners.append(partial(self._called, appid))

    def _process(self) -> dict[str, float]:
        server = self._serving.server
        gauges: dict[str, float] = {
            "gongzhong_connections": server.open,
            "gongzhong_requests_open": server.answering,
        }
        gauges |= process_gauges(self._worker) | self._lag | self._work
        if self._state_up is not None:
            gauges[series("gongzhong_state_up", worker=self._worker)] = float(self._state_up)
        return gauges

    def _count(self, account: Binding, counters: dict[str, float], gauges: dict[str, float]) -> None:
        appid = account.account.appid
        for name, count in list(account.counters.items()):
            key = _series_of(name, appid)
            if key is not None:
                counters[key] = counters.get(key, 0) + count
        if (client := account.made_client) is not None:
            gauges |= client_gauges(client, appid)
        for item in account.undelivered:
            key = series("gongzhong_undelivered", account=appid, reason=item.reason.value)
            gauges[key] = gauges.get(key, 0) + 1

    def _write_handlers(self, counters: dict[str, float]) -> None:
        """Handlers of one name, such as lambdas, are one series."""
        for (appid, _), (name, histogram) in list(self._handlers.items()):
            written: dict[str, float] = {}
            histogram.write(written, "gongzhong_handler_seconds", account=appid, handler=name)
            for key, number in written.items():
                counters[key] = counters.get(key, 0) + number

    def _handler(self, appid: str, handler: Handler) -> Histogram:
        found = self._handlers.get((appid, id(handler)))
        if found is None:
            function = handler.function
            name = getattr(function, "__qualname__", None) or type(function).__qualname__
            found = self._handlers[appid, id(handler)] = name, Histogram()
        return found[1]

    def _called(self, appid: str, call: Call[Any], problem: BaseException | None) -> None:
        """Count a call that ended; in whatever thread made it."""
        key = series(
            "gongzhong_api_calls_total", account=appid, call=call.spec.path, result=result_of(problem)
        )
        self._calls[key] = self._calls.get(key, 0) + 1
        count_token_fetch(self._calls, appid, call, problem)

    async def _check(self) -> None:
        """Ask every state again and again whether it answers."""
        while True:
            states = states_of(self._serving)
            if not states:
                return
            began, up = time.monotonic(), True
            for state in states:
                try:
                    await state.get(ANY_KEY)
                except StateDown:
                    up = False
            self._state_up = up
            self._failed_checks += not up
            self._checks.add(time.monotonic() - began)
            await asyncio.sleep(CHECK_EVERY_S)

    async def _look_at_work(self) -> None:
        """Ask the stores again and again how much work is in which stage."""
        while True:
            found: dict[str, float] = {}
            for store in {
                id(one): one for one in (account.store for account in self._serving.accounts)
            }.values():
                try:
                    counts = await store.counts()
                except StateDown:
                    continue
                now = store.clock.now()
                for count in counts:
                    labels = {"account": count.account, "kind": count.kind, "stage": count.stage.value}
                    found[series("gongzhong_work", **labels)] = count.number
                    oldest_s = max(0.0, now - count.oldest)
                    found[series("gongzhong_work_oldest_seconds", **labels)] = oldest_s
            self._work = found
            await asyncio.sleep(WORK_EVERY_S)


class _Observer:
    """Times the handlers of one account."""

    def __init__(self, histogram: Callable[[Handler], Histogram]) -> None:
        self._histogram = histogram

    @contextmanager
    def handling(self, handler: Handler, push: Push) -> Iterator[None]:
        began = time.monotonic()
        try:
            yield
        finally:
            self._histogram(handler).add(time.monotonic() - began)


async def look_for_lag(found: dict[str, float]) -> None:
    """Put again and again into `found` how late the event loop was within the last second."""
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + LAG_EVERY_S
        await asyncio.sleep(LAG_EVERY_S)
        found["gongzhong_loop_lag_seconds"] = max(0.0, loop.time() - due)


def process_gauges(worker: str) -> dict[str, float]:
    """What is known of this process."""
    return {
        series("gongzhong_worker_resident_bytes", worker=worker): resident_bytes(),
        series("gongzhong_info", version=version()): 1,
    }


def client_gauges(client: AsyncClient | Client, appid: str) -> dict[str, float]:
    """What a client knows of its account: quotas, and tokens that somebody else displaced."""
    gauges: dict[str, float] = {}
    if times := client.tokens.displaced_of(appid):
        gauges[series("gongzhong_tokens_displaced", account=appid)] = times
    for usage in client.budgets.usages(client.owner):
        labels = {"account": appid, "call": usage.path}
        gauges[series("gongzhong_quota_used", **labels)] = usage.used
        if usage.limit:
            gauges[series("gongzhong_quota_limit", **labels)] = usage.limit
    return gauges


def count_token_fetch(
    counters: dict[str, float], appid: str, call: Call[Any], problem: BaseException | None
) -> None:
    """Count a call that ended, if it was to fetch an access_token."""
    if isinstance(call, GetStableToken | GetToken):
        result = "failed" if problem else "ok"
        key = series("gongzhong_token_fetches_total", account=appid, result=result)
        counters[key] = counters.get(key, 0) + 1


def states_of(serving: Serving) -> list[State]:
    """The shared states of all accounts, each once."""
    found = {id(account.state): account.state for account in serving.accounts}
    return [state for state in found.values() if state is not None and state.shared]


def result_of(problem: BaseException | None) -> str:
    """How a call ended: `ok`, WeChat's return code, or the kind of error."""
    if problem is None:
        return "ok"
    if isinstance(problem, CallError):
        return str(problem.errcode)
    kind = next((name for kind, name in ERRORS.items() if isinstance(problem, kind)), None)
    return kind or type(problem).__name__


def resident_bytes() -> int:
    """Memory that this process has resident; 0 where the system does not tell."""
    with suppress(OSError, ValueError, IndexError):
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def _series_of(name: str, appid: str) -> str | None:
    """The series of a name in `oa.counters`; None for one that is not shown."""
    if name in ALONE:
        return series(ALONE[name], account=appid)
    if name in OUTCOMES:
        return series("gongzhong_outcomes_total", account=appid, outcome=name)
    if name in SENT:
        return series("gongzhong_customer_messages_total", account=appid, result=SENT[name])
    kind, dot, rest = name.partition(".")
    if kind == "type" and dot:
        return series("gongzhong_pushes_total", account=appid, type=rest)
    if kind == "refused" and dot:
        return series("gongzhong_refused_total", account=appid, reason=rest)
    return None
