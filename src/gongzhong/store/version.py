"""Whether a database has the tables that this program needs: asked at every start of every worker, so without the
packages that make tables (SQLAlchemy and Alembic: a quarter of a second and 27 MB for each process)."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Final

from ..database import DatabaseUrl

VERSION_TABLE: Final = "gongzhong_version"
READ: Final = f"SELECT version_num FROM {VERSION_TABLE}"
WITHIN_S: Final = 5


def require_tables(url: DatabaseUrl) -> None:
    """Make the tables of a new database; nothing to do in one that is up to date.

    Raises SetupError for a database that an older or newer program has written, StateDown for one out of reach.
    """
    if _found(url) != wanted():
        from . import migrate

        migrate.prepare(url)


@cache
def wanted() -> str:
    """The version of the newest migration."""
    return max(path.name[1:5] for path in Path(__file__).parent.glob("migrations/versions/m*.py"))


def _found(url: DatabaseUrl) -> str:
    """The version that the database says; empty where it says none, for whatever reason."""
    return _of_file(Path(url.path)) if url.kind == "sqlite" else _of_server(url)


def _of_file(path: Path) -> str:
    if not path.is_file():
        return ""
    try:
        with closing(sqlite3.connect(path, timeout=WITHIN_S)) as connection:
            (version,) = connection.execute(READ).fetchone() or ("",)
    except sqlite3.Error:
        return ""
    return str(version)


def _of_server(url: DatabaseUrl) -> str:
    import psycopg

    address = url.address.reveal()
    try:
        with psycopg.connect(address, connect_timeout=WITHIN_S, prepare_threshold=None) as connection:
            (version,) = connection.execute(READ.encode()).fetchone() or ("",)
    except psycopg.Error:
        return ""
    return str(version)
