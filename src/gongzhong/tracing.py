"""Spans of OpenTelemetry: what a push, a handler, an API call and a unit of a campaign took, and what came of it.

    push Text                     one delivery: account, kind of push, outcome
      handler ask                 its handler, also when it goes on after the delivery was answered
        call /cgi-bin/user/info   one call: path, return code, how often it was sent
    campaign unit                 some recipients of a campaign: campaign, chunk, how many
      call …

`Tracing()` takes the tracer provider that the program or `opentelemetry-instrument` has set up, `Tracing(provider)`
another one; it needs `gongzhong[otel]`. Without a `Tracing` no package is imported and nothing is measured.

A span never holds content, an OpenID, a token or the text of an error, and requests to WeChat carry no trace context
(no `traceparent` header).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

from .errors import MissingExtra
from .version import version

if TYPE_CHECKING:
    from opentelemetry.trace import Span, SpanKind, TracerProvider

VARIABLE: Final = "GONGZHONG_TRACING"
"""The environment variable that turns spans on (`true`) for accounts that were given no `Tracing`."""


class PushSpan:
    """The span of one delivery. `outcome` is what came of it, as `oa.counters` names it."""

    __slots__ = ("outcome",)

    def __init__(self) -> None:
        self.outcome = ""


_PUSH: ContextVar[PushSpan | None] = ContextVar("gongzhong.push_span", default=None)


class Tracing:
    """Makes the spans. Raises MissingExtra without the package opentelemetry-api."""

    def __init__(self, provider: TracerProvider | None = None) -> None:
        try:
            from opentelemetry import trace
        except ImportError:
            raise MissingExtra("opentelemetry", "otel") from None
        self._trace = trace
        self._tracer = trace.get_tracer("gongzhong", version(), provider)

    @contextmanager
    def push(self, kind: str, appid: str) -> Iterator[PushSpan]:
        """The span of one delivery of a push, current until its end; the caller sets its outcome."""
        known = {"gongzhong.account": appid, "gongzhong.push.kind": kind}
        with self._current(f"push {kind}", known, self._trace.SpanKind.SERVER) as span:
            mine = PushSpan()
            before = _PUSH.set(mine)
            try:
                yield mine
            finally:
                _PUSH.reset(before)
                span.set_attribute("gongzhong.push.outcome", mine.outcome)

    def outcome(self, name: str) -> None:
        """Say what came of the delivery that is being answered here."""
        span = _PUSH.get()
        if span is not None:
            span.outcome = name

    @contextmanager
    def handler(self, name: str, kind: str, appid: str) -> Iterator[None]:
        """The span of a handler, current while it runs; an exception is named by its class alone."""
        known = {"gongzhong.account": appid, "gongzhong.push.kind": kind, "code.function.name": name}
        with self._current(f"handler {name}", known) as span:
            try:
                yield
            except BaseException as problem:
                self._failed(span, type(problem).__name__)
                raise

    def call(self, path: str, appid: str) -> CallSpan:
        """The span of an API call, begun now. It is not current: a call may end in another context than it began in."""
        known = {"gongzhong.account": appid, "gongzhong.call.path": path}
        client = self._trace.SpanKind.CLIENT
        return CallSpan(self, self._tracer.start_span(f"call {path}", kind=client, attributes=known))

    @contextmanager
    def unit(self, campaign: int, chunk: int, n: int, recipients: int) -> Iterator[None]:
        """The span of a unit of a campaign, current while its calls are made."""
        known = {
            "gongzhong.campaign": campaign,
            "gongzhong.campaign.chunk": chunk,
            "gongzhong.campaign.attempt": n,
            "gongzhong.campaign.recipients": recipients,
        }
        with self._current("campaign unit", known):
            yield

    @contextmanager
    def _current(
        self, name: str, attributes: dict[str, str] | dict[str, int], kind: SpanKind | None = None
    ) -> Iterator[Span]:
        """A span that holds nothing of an exception by itself: its text may quote what a person wrote."""
        with self._tracer.start_as_current_span(
            name,
            kind=kind or self._trace.SpanKind.INTERNAL,
            attributes=attributes,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            yield span

    def _failed(self, span: Span, what: str) -> None:
        span.set_attribute("error.type", what)
        span.set_status(self._trace.Status(self._trace.StatusCode.ERROR))


class CallSpan:
    """The span of one call; `ended` must be called once."""

    __slots__ = ("_span", "_tracing")

    def __init__(self, tracing: Tracing, span: Span) -> None:
        self._tracing, self._span = tracing, span

    def ended(self, problem: str | None, errcode: int | None, attempts: int) -> None:
        """`problem` is the class of the error, None for success; `errcode` WeChat's code, if it answered with one."""
        if errcode is not None:
            self._span.set_attribute("gongzhong.call.errcode", errcode)
        self._span.set_attribute("gongzhong.call.attempts", attempts)
        if problem is not None:
            self._tracing._failed(self._span, problem)
        self._span.end()


def wanted(value: str) -> bool:
    """Whether the variable's value turns spans on."""
    return value.strip().lower() in ("1", "true", "yes", "on")
