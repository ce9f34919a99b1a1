"""Called by Alembic: carries out steps on the connection that `migrate.py` opened."""

from __future__ import annotations

from alembic import context

from gongzhong.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table="gongzhong_version",
    render_as_batch=True,
)
context.run_migrations()
