"""The table of work: inbox, waiting answers, dead letters."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "work",
        sa.Column("id", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("line", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.Column("stage", sa.Text, nullable=False),
        sa.Column("due", sa.Double, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("fence", sa.BigInteger, nullable=False),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sqlite_autoincrement=True,
        postgresql_with={
            "fillfactor": "70",
            "autovacuum_vacuum_scale_factor": "0.02",
            "autovacuum_vacuum_cost_delay": "1",
        },
    )
    index("work_due", ["account", "kind", "due", "id"], "stage <> 'dead'")
    op.create_index("work_line", "work", ["account", "kind", "line", "id"])
    index("work_holder", ["holder"], "stage = 'running'")
    index("work_key", ["account", "kind", "key"], "key <> ''", unique=True)


def index(name: str, columns: list[str], condition: str, *, unique: bool = False) -> None:
    """An index over the rows that meet a condition."""
    where = sa.text(condition)
    op.create_index(name, "work", columns, unique=unique, sqlite_where=where, postgresql_where=where)
