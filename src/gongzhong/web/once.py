"""A code works once, but browsers come back with it twice: this remembers the answer for the second time.

WeChat's client reloads the callback page now and then, users press "back", and some proxies repeat a
redirect. The first arrival exchanges the code; whoever comes with the same key meanwhile waits for that
answer, whoever comes within a minute gets it again.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Final, Generic, TypeVar

from ..clock import Clock

T = TypeVar("T")

REMEMBER_S: Final = 60.0
MOST_ANSWERS: Final = 10_000


class Abandoned(Exception):
    """The one who was fetching the answer was interrupted."""


class Once(Generic[T]):
    """Answers by key, one fetch each, forgotten after a minute or when there are more than 10,000."""

    def __init__(self, clock: Clock, remember_s: float = REMEMBER_S, most: int = MOST_ANSWERS) -> None:
        self._clock, self._remember_s, self._most = clock, remember_s, most
        self._lock = threading.Lock()
        self._answers: OrderedDict[str, tuple[float, Future[T]]] = OrderedDict()

    def claim(self, key: str) -> tuple[Future[T], bool]:
        """The answer to come, and whether the caller is the one who has to fetch it (with `settling`)."""
        now = self._clock.now()
        with self._lock:
            self._forget_old(now)
            known = self._answers.get(key)
            if known is not None:
                return known[1], False
            future: Future[T] = Future()
            self._answers[key] = (now + self._remember_s, future)
            return future, True

    @contextmanager
    def settling(self, key: str, future: Future[T]) -> Iterator[None]:
        """Around the fetch: a failure reaches those who wait too, and is not remembered."""
        try:
            yield
        except BaseException as error:
            with self._lock:
                if self._answers.get(key, (0.0, None))[1] is future:
                    del self._answers[key]
            future.set_exception(error if isinstance(error, Exception) else Abandoned())
            raise

    def _forget_old(self, now: float) -> None:
        while self._answers:
            deadline, _ = next(iter(self._answers.values()))
            if deadline > now and len(self._answers) < self._most:
                return
            self._answers.popitem(last=False)
