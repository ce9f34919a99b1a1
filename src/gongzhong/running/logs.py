"""Log lines of a served program: one format for all libraries, without tokens and secrets.

Lines are for people on a terminal and JSON for collectors. Masking happens last, on the finished text, so that no
library can slip a token through an argument or a traceback.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import msgspec
import structlog

from ..wire.masking import masked


def log_to_stderr(*, as_json: bool = False, level: int = logging.INFO) -> None:
    """Send the log of the whole process to standard error."""
    before: list[Any] = [
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        _only_names,
        structlog.processors.TimeStamper(fmt="iso" if as_json else "%H:%M:%S", utc=as_json),
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *([structlog.processors.format_exc_info] if as_json else []),
                renderer,
                _mask,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)


def _only_names(_logger: Any, _method: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A push, a reply or a call that a log line was given becomes its kind: what people wrote stands in it."""
    for name, value in fields.items():
        if isinstance(value, msgspec.Struct):
            fields[name] = type(value).__name__
    return fields


def _mask(_logger: Any, _method: str, line: Any) -> str:
    return masked(str(line))
