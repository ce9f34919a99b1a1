"""People: numbers, sealed fields, consents and the audit trail. Their keys are in a database of their own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    _people()
    _consents()
    op.create_table(
        "person_audit",
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
    )


def _people() -> None:
    op.create_table(
        "person",
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("lookup", sa.Text, nullable=False),
        sa.Column("union_lookup", sa.Text, nullable=False),
        sa.Column("openid", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
    )
    op.create_index("person_lookup", "person", ["account", "lookup"], unique=True)
    joined = sa.text("union_lookup <> ''")
    op.create_index("person_union", "person", ["union_lookup"], postgresql_where=joined, sqlite_where=joined)
    op.create_table(
        "person_field",
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("field", sa.Text, primary_key=True),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("stored_at", sa.Double, nullable=False),
    )
    op.create_index("person_field_age", "person_field", ["account", "field", "stored_at"])


def _consents() -> None:
    op.create_table(
        "person_consent",
        sa.Column("id", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("field", sa.Text, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("text_version", sa.Text, nullable=False),
        sa.Column("shown", sa.LargeBinary, nullable=False),
        sa.Column("given_at", sa.Double, nullable=False),
        sa.Column("withdrawn_at", sa.Double, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("person_consent_person", "person_consent", ["account", "number", "field"])
