"""State that workers share for a short while: one protocol, kept in memory, in SQL or in Redis (see `protocol.py`).

`open_state(url)` gives the engine that a configuration names. Engines whose packages are extras are imported only then.
"""

from __future__ import annotations

from ..clock import Clock
from ..database import KINDS, read_url
from ..errors import SetupError, missing_extra
from .base import ANSWER_WITHIN_S
from .memory import MemoryState
from .protocol import Fence, State, Versioned

__all__ = ["Fence", "MemoryState", "State", "Versioned", "open_state"]

REDIS = ("redis", "rediss", "valkey", "valkeys", "unix")


def open_state(url: str, clock: Clock | None = None, *, answer_within_s: float = ANSWER_WITHIN_S) -> State:
    """The state that an address names: `memory:`, `sqlite:///file`, `postgresql://…` or `redis://…`.

    `answer_within_s` bounds each operation, which raises StateDown after it. Nothing is connected before the first one.
    Raises SetupError for an address that cannot be used, MissingExtra when the engine's package is not installed.
    """
    scheme = url.strip().partition(":")[0].lower()
    if scheme == "memory":
        return MemoryState(clock)
    if scheme not in REDIS and scheme.partition("+")[0] not in KINDS:
        raise SetupError(
            "共享状态的地址写得不对：开头须为 memory:、sqlite:///、postgresql:// 或 redis://",
            "the address of the shared state is wrong: it begins with memory:, sqlite:///, postgresql:// or redis://",
        )
    try:
        return (_in_redis if scheme in REDIS else _in_database)(url, clock, answer_within_s)
    except ImportError as problem:
        extra = missing_extra(problem)
        if extra is None:
            raise
        raise extra from None


def _in_redis(url: str, clock: Clock | None, answer_within_s: float) -> State:
    from .redis import RedisState

    return RedisState(url, clock, answer_within_s=answer_within_s)


def _in_database(url: str, clock: Clock | None, answer_within_s: float) -> State:
    address = read_url(url)
    if address.kind == "sqlite":
        from .sqlite import SqliteState

        return SqliteState(address.path, clock, answer_within_s=answer_within_s)
    from .postgres import PostgresState

    return PostgresState(address, clock, answer_within_s=answer_within_s)
