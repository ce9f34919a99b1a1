"""Databases without any table of their own: SQLite with one writing thread, PostgreSQL with pipelined connections.

`read_url` checks an address; `SqliteDatabase` and `PostgresDatabase` are what `gongzhong.state` and the durable store
stand on. `postgres` is imported only where it is used: psycopg is an extra.
"""

from .sqlite import SqliteDatabase
from .url import KINDS, DatabaseUrl, is_database, read_url

__all__ = ["KINDS", "DatabaseUrl", "SqliteDatabase", "is_database", "read_url"]
