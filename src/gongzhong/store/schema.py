"""The durable tables, as SQLAlchemy Core sees them: for migrations and for what the console asks.

Hot statements are plain SQL beside their tables' code (`sql.py`). A change here needs a migration in `migrations/`; a
test holds the two together.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, Index, Integer, LargeBinary, MetaData, Table, Text, text

metadata = MetaData()

Number = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts a primary key up by itself only when it is called INTEGER."""


def _index(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index over the rows that meet a condition."""
    return Index(name, *columns, unique=unique, postgresql_where=text(where), sqlite_where=text(where))


work = Table(
    "work",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=True),
    Column("account", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("line", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("stage", Text, nullable=False),
    Column("due", Double, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("holder", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    _index("work_due", "account", "kind", "due", "id", where="stage <> 'dead'"),
    Index("work_line", "account", "kind", "line", "id"),
    _index("work_holder", "holder", where="stage = 'running'"),
    _index("work_key", "account", "kind", "key", where="key <> ''", unique=True),
    sqlite_autoincrement=True,
    postgresql_with={
        "fillfactor": "70",
        "autovacuum_vacuum_scale_factor": "0.02",
        "autovacuum_vacuum_cost_delay": "1",
    },
)
