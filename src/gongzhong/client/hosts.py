"""Which of WeChat's API hosts a request goes to, when there are several that do the same (容灾).

    works ── not reached, or a gateway's page ──────────► down for `AGAIN_S`, doubled each time, up to `LONGEST_S`
    works ── second outcome in a row that is unknown ───► down
    down ─── its time is over ──────────────────────────► one request tries it; the others stay where they are
    any ──── an answer of WeChat's ─────────────────────► works

The first host that works is used, so that traffic returns to the preferred one by itself. When a call could reach none
of them, the network of this machine is at fault: everything is forgotten, and nothing is blamed on a host.

Whether a request may be sent again at all is decided in `flow.py`.
"""

from __future__ import annotations

import threading
from collections.abc import Collection
from typing import Final

import msgspec

from ..clock import Clock
from .rate_limit import Elapsed

AGAIN_S: Final = 30.0
"""How long a host that failed is left alone at first, in seconds."""
LONGEST_S: Final = 600.0
PROBE_S: Final = 15.0
"""While one request finds out whether a host works again, the others do not try it for so long."""
STRIKES: Final = 2
"""So many unknown outcomes in a row: one alone may be a slow call and no fault of the host."""


class HostHealth(msgspec.Struct):
    """What is known about one host. Times are seconds of `Elapsed`."""

    base: str
    strikes: int = 0
    failures: int = 0
    down_until: float = 0.0


class HostChoice:
    """The hosts of one account, best first. May be used from any thread; remembered for one process."""

    def __init__(self, bases: Collection[str], clock: Clock) -> None:
        self._hosts = [HostHealth(base) for base in bases]
        self._by_base = {host.base: host for host in self._hosts}
        self._elapsed = Elapsed(clock)
        self._lock = threading.Lock()
        self._troubled = False
        """Whether any host has failed lately; while none has, choosing costs nothing."""

    @property
    def several(self) -> bool:
        return len(self._hosts) > 1

    def choose(self, tried: Collection[str] = ()) -> str | None:
        """The host to send to, other than those `tried`; None when all have been."""
        if not self._troubled and not tried:
            return self._hosts[0].base
        now = self._elapsed.now()
        with self._lock:
            left = [host for host in self._hosts if host.base not in tried]
            best = next((host for host in left if host.down_until <= now), None)
            if best is None:
                best = min(left, key=lambda host: host.down_until, default=None)
            elif best.failures:
                best.down_until = now + PROBE_S
            return best.base if best is not None else None

    def answered(self, base: str) -> None:
        """WeChat answered through this host."""
        if not self._troubled:
            return
        with self._lock:
            host = self._by_base[base]
            host.strikes = host.failures = 0
            host.down_until = 0.0
            self._troubled = any(host.strikes or host.failures for host in self._hosts)

    def failed(self, base: str, *, surely: bool) -> None:
        """The host could not be reached or showed a gateway's page (`surely`), or an outcome is unknown."""
        if not self.several:
            return
        now = self._elapsed.now()
        with self._lock:
            host = self._by_base[base]
            host.strikes += 1
            self._troubled = True
            if surely or host.strikes >= STRIKES:
                host.down_until = now + min(LONGEST_S, AGAIN_S * 2.0 ** min(host.failures, 10))
                host.failures += 1

    def forget(self) -> None:
        """No host could be reached: it is not a host's fault."""
        with self._lock:
            self._troubled = False
            for host in self._hosts:
                host.strikes = host.failures = 0
                host.down_until = 0.0
