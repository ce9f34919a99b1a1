"""What must survive the end of every process: the table of work, its schema and migrations.

`MemoryWork` and `SqlWork` implement `WorkStore`; `tests/contract/store` holds them to the same behaviour.
"""

from .memory import MemoryWork
from .work import Count, Health, NewWork, Stage, Work, WorkStore

__all__ = ["Count", "Health", "MemoryWork", "NewWork", "Stage", "Work", "WorkStore"]
