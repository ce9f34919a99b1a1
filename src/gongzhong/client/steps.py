"""What the rules of a call ask for, without doing it.

The rules (`flow.py`, `tokens.py`) are generators that yield one of these steps and are given its result.
Two drivers carry steps out, one by blocking, one by awaiting; a test can be a third one that only writes
them down.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from .transport import WireRequest

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Send:
    """Carry a request; the result is a `WireReply`, a `TransportError` is thrown in."""

    request: WireRequest


@dataclass(frozen=True, slots=True)
class Pause:
    """Let some time pass, in seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait until somebody else is done; the result is False when that did not happen within `patience_s`.

    `thread` is where that somebody runs: a blocking driver in the same thread would wait for ever, so it
    does not start.
    """

    done: Future[None]
    thread: int
    patience_s: float


@dataclass(frozen=True, slots=True)
class Ask:
    """Call a function that may wait for a disk or a network; the result is what it returns.

    An awaiting driver calls it in a thread of `threads`.
    """

    question: Callable[[], Any]
    threads: Executor | None = None


Step: TypeAlias = Send | Pause | Wait | Ask
Steps: TypeAlias = Generator[Step, Any, R]
