"""Refusing to hear the same signed request twice.

WeChat defines no validity of a timestamp and repeats a push that was not answered in time, so both rules
are off unless asked for, and the app's own de-duplication by message does not depend on them.
"""

from __future__ import annotations

import threading

from ..clock import Clock
from ..errors import Replayed

NONCES_KEPT = 100_000  # our choice: some 15 MB


class NonceCache:
    """Remembers the last `size` signatures that were accepted; shared by threads.

    `uses` is how often one signature may arrive: raise it to WeChat's three attempts if your account's
    repeats carry the same query string.
    """

    def __init__(self, size: int = NONCES_KEPT, *, uses: int = 1) -> None:
        self._size, self._uses = size, uses
        self._seen: dict[str, int] = {}
        self._lock = threading.Lock()

    def admit(self, signature: str) -> bool:
        """Count one arrival and say whether it is still allowed. The oldest gives way to a new one."""
        with self._lock:
            count = self._seen.get(signature, 0)
            if count >= self._uses:
                return False
            self._seen[signature] = count + 1
            if len(self._seen) > self._size:
                del self._seen[next(iter(self._seen))]
            return True

    def __len__(self) -> int:
        return len(self._seen)


class ReplayGuard:
    """The two optional rules together: a window around the timestamp, and signatures that count once."""

    def __init__(self, window_s: float | None, nonces: NonceCache | None, clock: Clock) -> None:
        self._window_s, self._nonces, self._clock = window_s, nonces, clock

    def check(self, signature: str, timestamp: str) -> None:
        """Let a request pass whose signature was found right. Raises Replayed."""
        if self._window_s is not None and not self._recent(timestamp, self._window_s):
            raise Replayed(
                f"时间戳 {timestamp[:20]} 与本机时间相差超过 {self._window_s:g} 秒",
                f"the timestamp {timestamp[:20]} is over {self._window_s:g} s away from this machine's time",
                fix_zh="如果请求确实来自微信，检查本机时钟是否同步",
                fix_en="if the request does come from WeChat, check that this machine's clock is right",
            )
        if self._nonces is not None and not self._nonces.admit(signature):
            raise Replayed(
                "这个签名的请求已经收到过，拒绝重放",
                "a request with this signature was received before: refused",
            )

    def _recent(self, timestamp: str, window_s: float) -> bool:
        plausible = timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= len("9999999999")
        return plausible and abs(self._clock.now() - int(timestamp)) <= window_s
