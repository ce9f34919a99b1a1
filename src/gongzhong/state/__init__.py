"""State that workers share for a short while: one protocol, kept in memory, in SQL or in Redis (see `protocol.py`)."""

from .memory import MemoryState
from .protocol import Fence, State, Versioned

__all__ = ["Fence", "MemoryState", "State", "Versioned"]
