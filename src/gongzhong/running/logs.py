"""The one log policy: everything that a served program logs, by whatever library, is written here.

* Lines are for people on a terminal, or JSON (one object a line) for collectors; both go to standard error.
* No secret: `wire.masking` goes over the finished line, so that none slips through an argument or a traceback.
* Nothing that a user wrote: pushes and replies become their class names, and the words of the push that is being
  handled are taken out of messages and tracebacks.
* Each line that belongs to a push says which: `appid`, `push`, `msg_id`, `openid`; with OpenTelemetry also `trace_id`
  and `span_id`.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator, MutableMapping
from typing import Any, Final, Literal

import msgspec
import structlog

from ..app.dispatch import RUNNING
from ..app.outbox import PushName
from ..client.cause import PUSH
from ..errors import say
from ..messages import Message, Push
from ..wire.masking import masked

Format = Literal["human", "json"]
Level = Literal["debug", "info", "warning", "error"]

WRITTEN: Final = frozenset(
    {"content", "recognition", "label", "poiname", "title", "description", "url", "pic_url", "scan_result"}
)
"""The fields of pushes that hold what a user wrote, said or chose."""
SHORTEST_WORDS: Final = 2
"""Characters that a text must have to be taken out: a single one may be a part of anything."""


def log_to_stderr(
    *, as_json: bool = False, level: int | str = logging.INFO, with_words: bool = False
) -> None:
    """Send the log of the whole process to standard error, also warnings and what threads die of.

    `with_words` leaves in what users wrote: for a developer, whose users are test people.
    """
    handler = _Handler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[
                structlog.stdlib.add_logger_name,
                structlog.stdlib.add_log_level,
                structlog.stdlib.ExtraAdder(),
                structlog.processors.format_exc_info,
                _Context(as_json=as_json, with_words=with_words),
                _only_names,
                structlog.processors.TimeStamper(fmt="iso" if as_json else "%H:%M:%S", utc=as_json),
            ],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False)
                if as_json
                else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
                _mask,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    logging.getLogger("alembic").setLevel(logging.WARNING)
    root.setLevel(level.upper() if isinstance(level, str) else level)
    logging.captureWarnings(True)
    threading.excepthook = _thread_ended


class _Handler(logging.StreamHandler[Any]):
    """Standard error. A line that cannot be made says so without its arguments, which the base class would print."""

    def emit(self, record: logging.LogRecord) -> None:
        arguments = record.args if isinstance(record.args, tuple) else (record.args,)
        record.named_push = next((one.push for one in arguments if isinstance(one, PushName)), None)
        super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:
        kind = (sys.exc_info()[0] or Exception).__name__
        where = f"{record.name} {record.pathname}:{record.lineno}"
        try:
            self.stream.write(masked(f"{say('日志写不出来', 'a log line failed')} ({kind}): {where}\n"))
        except (OSError, ValueError):
            return  # nobody reads standard error any more


class _Context:
    """Adds which push a line belongs to, and takes out the words that its user wrote."""

    def __init__(self, *, as_json: bool, with_words: bool) -> None:
        self._as_json, self._with_words = as_json, with_words

    def __call__(
        self, _logger: Any, _method: str, fields: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        named: Push | None = fields.pop("named_push", None)
        push = named or PUSH.get()
        if push is not None and not self._with_words:
            _take_out(fields, set(words_of(push)))
        if self._as_json or named is None:
            for name, value in _identity(push).items():
                fields.setdefault(name, value)
        return fields


def words_of(push: Push) -> Iterator[str]:
    """What the user wrote in a push, text by text."""
    texts = _texts(msgspec.structs.asdict(push), "")
    yield from (text for name, text in texts if name in WRITTEN)
    if isinstance(push, Message):
        yield from (text for _, text in _texts(push.extra, ""))


def _texts(value: Any, name: str) -> Iterator[tuple[str, str]]:
    """Every text in a value with the name that it stands under, in small letters."""
    if isinstance(value, str):
        if len(value) >= SHORTEST_WORDS:
            yield name, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(inner, key.lower())
    elif isinstance(value, msgspec.Struct):
        yield from _texts(msgspec.structs.asdict(value), name)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner, name)


def _take_out(fields: MutableMapping[str, Any], words: set[str]) -> None:
    """Replace the words, longest first, also in the form that repr and JSON give them."""
    spellings = {form for one in words for form in (one, repr(one)[1:-1], _json(one))}
    hidden = say("〔用户内容〕", "[user text]")
    for name, value in fields.items():
        if name in ("level", "logger") or name.startswith("_"):
            continue
        if isinstance(value, int | float | msgspec.Struct | None):
            continue
        text = value if isinstance(value, str) else repr(value)
        if any(form in text for form in spellings):
            for form in sorted(spellings, key=len, reverse=True):
                text = text.replace(form, hidden)
            fields[name] = text


def _json(text: str) -> str:
    return msgspec.json.encode(text.encode("utf-8", "replace").decode()).decode()[1:-1]


def _identity(push: Push | None) -> dict[str, str | int]:
    """Which account and which push this is, as far as it is known here; the span of OpenTelemetry if that is in use."""
    found: dict[str, str | int] = {}
    binding = RUNNING.get()
    if binding is not None:
        found["appid"] = binding.account.appid
    if push is not None:
        found |= {"push": type(push).__name__, "openid": push.openid}
        if isinstance(push, Message):
            found["msg_id"] = push.msg_id
    tracing = sys.modules.get("opentelemetry.trace")
    if tracing is not None:
        span = tracing.get_current_span().get_span_context()
        if span.is_valid:
            found |= {"trace_id": f"{span.trace_id:032x}", "span_id": f"{span.span_id:016x}"}
    return found


def _only_names(_logger: Any, _method: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A push, a reply or a call that a log line was given becomes its kind: what people wrote stands in it."""
    for name, value in fields.items():
        if isinstance(value, msgspec.Struct):
            fields[name] = type(value).__name__
    return fields


def _mask(_logger: Any, _method: str, line: Any) -> str:
    return masked(str(line))


def _thread_ended(ended: threading.ExceptHookArgs) -> None:
    """What a thread died of, through the log: Python would print it with every secret in it."""
    if ended.exc_value is not None and not isinstance(ended.exc_value, SystemExit):
        name = ended.thread.name if ended.thread else ""
        logging.getLogger("gongzhong.threads").error(
            say("线程 %s 因异常结束", "thread %s ended by an exception"), name, exc_info=ended.exc_value
        )
