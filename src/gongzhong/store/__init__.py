"""What must survive the end of every process: the table of work, its schema and migrations.

`MemoryWork` and `SqlWork` implement `WorkStore`; `tests/contract/store` holds them to the same behaviour.
"""

from ..clock import Clock
from ..database import DatabaseUrl
from .memory import MemoryWork
from .work import Count, Health, NewWork, Stage, Work, WorkStore

__all__ = ["Count", "Health", "MemoryWork", "NewWork", "Stage", "Work", "WorkStore", "open_store"]


def open_store(url: DatabaseUrl, clock: Clock | None = None) -> WorkStore:
    """The table of work in a database, whose tables are there already: see `migrate.prepare`."""
    from ..database.statements import open_database
    from .sql import SqlWork

    return SqlWork(open_database(url), clock)
