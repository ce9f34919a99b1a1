"""Campaigns of several kinds: templates, notices, customer-service messages, mass messages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("campaign", sa.Column("kind", sa.Text, nullable=False, server_default="template"))
