"""Campaigns: the plan, recipients in chunks, intents, outcomes, results that WeChat pushed, budgets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "campaign",
        sa.Column("id", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("plan", sa.LargeBinary, nullable=False),
        sa.Column("stage", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("recipients", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("changed_at", sa.Double, nullable=False),
        sa.Column("started_at", sa.Double, nullable=False),
        sqlite_autoincrement=True,
    )
    create_chunks()
    create_recipients()
    create_budgets()


def create_budgets() -> None:
    """What intents are charged to, and the results that WeChat pushes."""
    op.create_table(
        "campaign_budget",
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.Double, nullable=False),
        postgresql_with={"fillfactor": "50"},
    )
    op.create_table(
        "campaign_result",
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("msgid", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("person", sa.BigInteger, nullable=False),
        sa.Column("template", sa.Text, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("delivered", sa.Integer, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
    )
    op.create_index("campaign_result_person", "campaign_result", ["account", "person"])


def keyed(*more: str) -> list[sa.Column[int]]:
    """The key of what belongs to a chunk."""
    kinds = {"campaign": NUMBER, **dict.fromkeys(("chunk", *more), sa.Integer())}
    return [sa.Column(name, kind, primary_key=True, autoincrement=False) for name, kind in kinds.items()]


def create_chunks() -> None:
    """The chunks with their leases."""
    op.create_table(
        "campaign_chunk",
        *keyed(),
        sa.Column("jobs", sa.Integer, nullable=False),
        sa.Column("recipients", sa.Integer, nullable=False),
        sa.Column("stage", sa.Text, nullable=False),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("fence", sa.BigInteger, nullable=False),
        sa.Column("due", sa.Double, nullable=False),
        sa.Column("accepted", sa.Integer, nullable=False),
        sa.Column("refused", sa.Integer, nullable=False),
        sa.Column("skipped", sa.Integer, nullable=False),
        sa.Column("unknown", sa.Integer, nullable=False),
        postgresql_with={"fillfactor": "50", "autovacuum_vacuum_scale_factor": "0.05"},
        sqlite_with_rowid=False,
    )
    opened = sa.text("stage = 'open'")
    op.create_index(
        "campaign_chunk_due",
        "campaign_chunk",
        ["campaign", "due", "chunk"],
        sqlite_where=opened,
        postgresql_where=opened,
    )


def create_recipients() -> None:
    """The recipients of each chunk, what was intended for them and what came of it."""
    op.create_table(
        "campaign_recipient",
        *keyed("position"),
        sa.Column("person", sa.BigInteger, nullable=False),
        sa.Column("variables", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "campaign_attempt",
        *keyed("n"),
        sa.Column("fence", sa.BigInteger, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("members", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "campaign_outcome",
        *keyed("position", "n", "verdict"),
        sa.Column("code", sa.Integer, nullable=False),
        sa.Column("msgid", sa.BigInteger, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sqlite_with_rowid=False,
    )
    known = sa.text("msgid <> 0")
    op.create_index(
        "campaign_outcome_msgid",
        "campaign_outcome",
        ["msgid"],
        sqlite_where=known,
        postgresql_where=known,
    )
