"""Which recorded fields of people a campaign copied into the variables of its recipients."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "campaign_field",
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("field", sa.Text, primary_key=True),
        sa.Column("campaign", sa.BigInteger, primary_key=True, autoincrement=False),
    )
