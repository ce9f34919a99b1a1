"""The platform's memory: one SQLite file, or none at all.

Everything the platform knows lies in these tables, so that a restart changes nothing and a snapshot is a copy of one
file. One thread uses the connection; statements commit by themselves unless `transaction` joins them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

MEMORY = ":memory:"
FILE_NAME = "platform.sqlite3"
VERSION = 1

SCHEMA = """
CREATE TABLE account (
  appid TEXT PRIMARY KEY, original_id TEXT NOT NULL UNIQUE, position INTEGER NOT NULL, document TEXT NOT NULL
) STRICT;
CREATE TABLE person (
  name TEXT PRIMARY KEY, nickname TEXT NOT NULL, headimgurl TEXT NOT NULL DEFAULT '', sex INTEGER NOT NULL DEFAULT 0,
  language TEXT NOT NULL DEFAULT 'zh_CN', platform TEXT NOT NULL DEFAULT '2'
) STRICT;
CREATE TABLE relation (
  id INTEGER PRIMARY KEY, appid TEXT NOT NULL, openid TEXT NOT NULL, person TEXT,
  subscribed INTEGER NOT NULL DEFAULT 0, subscribe_time INTEGER NOT NULL DEFAULT 0,
  subscribe_scene TEXT NOT NULL DEFAULT 'ADD_SCENE_SEARCH', qr_scene INTEGER NOT NULL DEFAULT 0,
  qr_scene_str TEXT NOT NULL DEFAULT '', remark TEXT NOT NULL DEFAULT '', blacklisted INTEGER NOT NULL DEFAULT 0,
  refuses INTEGER NOT NULL DEFAULT 0, reports_location INTEGER NOT NULL DEFAULT 0,
  UNIQUE (appid, openid), UNIQUE (appid, person)
) STRICT;
CREATE INDEX relation_followers ON relation (appid, subscribed, id);
CREATE INDEX relation_blacklist ON relation (appid, id) WHERE blacklisted = 1;
CREATE TABLE tag (appid TEXT NOT NULL, id INTEGER NOT NULL, name TEXT NOT NULL, PRIMARY KEY (appid, id)) STRICT;
CREATE TABLE tagging (
  appid TEXT NOT NULL, tag INTEGER NOT NULL, relation INTEGER NOT NULL, position INTEGER NOT NULL,
  PRIMARY KEY (appid, tag, relation)
) STRICT, WITHOUT ROWID;
CREATE INDEX tagging_of ON tagging (relation);
CREATE TABLE token (
  value TEXT PRIMARY KEY, appid TEXT NOT NULL, kind TEXT NOT NULL, issued_at REAL NOT NULL, expires_at REAL NOT NULL,
  replaced_at REAL
) STRICT;
CREATE INDEX token_of ON token (appid, kind, issued_at);
CREATE TABLE ticket (
  value TEXT PRIMARY KEY, appid TEXT NOT NULL, kind TEXT NOT NULL, expires_at REAL NOT NULL
) STRICT;
CREATE TABLE quota (
  appid TEXT NOT NULL, period TEXT NOT NULL, path TEXT NOT NULL, used INTEGER NOT NULL,
  PRIMARY KEY (appid, period, path)
) STRICT, WITHOUT ROWID;
CREATE TABLE failure (
  rid TEXT PRIMARY KEY, appid TEXT NOT NULL, time INTEGER NOT NULL, cost_ms INTEGER NOT NULL, query TEXT NOT NULL,
  request TEXT NOT NULL, response TEXT NOT NULL, client_ip TEXT NOT NULL
) STRICT;
CREATE TABLE menu (
  appid TEXT NOT NULL, menuid INTEGER NOT NULL, matchrule TEXT, button TEXT NOT NULL, PRIMARY KEY (appid, menuid)
) STRICT;
CREATE TABLE template (
  appid TEXT NOT NULL, template_id TEXT NOT NULL, short_id TEXT NOT NULL, title TEXT NOT NULL, content TEXT NOT NULL,
  example TEXT NOT NULL DEFAULT '', primary_industry TEXT NOT NULL DEFAULT '', deputy_industry TEXT NOT NULL DEFAULT '',
  blocked INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (appid, template_id)
) STRICT;
CREATE TABLE industry (
  appid TEXT PRIMARY KEY, primary_id INTEGER NOT NULL, secondary_id INTEGER NOT NULL, month TEXT NOT NULL
) STRICT;
CREATE TABLE sent_once (
  appid TEXT NOT NULL, openid TEXT NOT NULL, client_msg_id TEXT NOT NULL, msgid INTEGER NOT NULL, time REAL NOT NULL,
  PRIMARY KEY (appid, openid, client_msg_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE allowance (
  appid TEXT NOT NULL, openid TEXT NOT NULL, kind TEXT NOT NULL, remaining INTEGER NOT NULL, expires_at REAL NOT NULL,
  PRIMARY KEY (appid, openid, kind)
) STRICT, WITHOUT ROWID;
CREATE TABLE typing (
  appid TEXT NOT NULL, openid TEXT NOT NULL, until REAL NOT NULL, PRIMARY KEY (appid, openid)
) STRICT, WITHOUT ROWID;
CREATE TABLE qrcode (
  ticket TEXT PRIMARY KEY, appid TEXT NOT NULL, url TEXT NOT NULL UNIQUE, scene_id INTEGER, scene_str TEXT,
  expires_at REAL
) STRICT;
CREATE TABLE short_key (
  key TEXT PRIMARY KEY, appid TEXT NOT NULL, long_data TEXT NOT NULL, created_at INTEGER NOT NULL,
  expires_at REAL NOT NULL
) STRICT;
CREATE TABLE media (
  media_id TEXT PRIMARY KEY, appid TEXT NOT NULL, kind TEXT NOT NULL, permanent INTEGER NOT NULL DEFAULT 0,
  source TEXT NOT NULL DEFAULT 'api', content BLOB NOT NULL, content_type TEXT NOT NULL, filename TEXT NOT NULL,
  title TEXT NOT NULL DEFAULT '', description TEXT NOT NULL DEFAULT '', created_at INTEGER NOT NULL, expires_at REAL
) STRICT;
CREATE TABLE grant_code (
  code TEXT PRIMARY KEY, appid TEXT NOT NULL, openid TEXT NOT NULL, scope TEXT NOT NULL, snapshot INTEGER NOT NULL,
  expires_at REAL NOT NULL, used INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE web_token (
  refresh_token TEXT PRIMARY KEY, access_token TEXT NOT NULL UNIQUE, appid TEXT NOT NULL, openid TEXT NOT NULL,
  scope TEXT NOT NULL, snapshot INTEGER NOT NULL, expires_at REAL NOT NULL, refresh_expires_at REAL NOT NULL
) STRICT;
CREATE TABLE consent (
  appid TEXT NOT NULL, openid TEXT NOT NULL, scope TEXT NOT NULL, time REAL NOT NULL,
  PRIMARY KEY (appid, openid, scope)
) STRICT, WITHOUT ROWID;
CREATE TABLE agent (
  appid TEXT NOT NULL, kf_account TEXT NOT NULL, kf_id INTEGER NOT NULL, nickname TEXT NOT NULL,
  headimgurl TEXT NOT NULL DEFAULT '', kf_wx TEXT NOT NULL DEFAULT '', online INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (appid, kf_account)
) STRICT;
CREATE TABLE chat (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, appid TEXT NOT NULL, person TEXT NOT NULL, time REAL NOT NULL,
  side TEXT NOT NULL, via TEXT NOT NULL, type TEXT NOT NULL, document TEXT NOT NULL
) STRICT;
CREATE INDEX chat_of ON chat (appid, person, seq);
CREATE TABLE alarm (
  id INTEGER PRIMARY KEY, appid TEXT NOT NULL, time REAL NOT NULL, type TEXT NOT NULL, text TEXT NOT NULL
) STRICT;
CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
"""


class Database:
    """A few verbs over one connection. `where` is a directory for the file, or ":memory:"."""

    def __init__(self, where: str | Path = MEMORY) -> None:
        path: str | Path = where
        if str(where) != MEMORY:
            Path(where).mkdir(parents=True, exist_ok=True)
            path = Path(where) / FILE_NAME
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        for pragma in ("journal_mode=WAL", "synchronous=OFF", "temp_store=MEMORY", "cache_size=-65536"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._prepare()

    def _prepare(self) -> None:
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        if version == 0:
            self._connection.executescript(SCHEMA)
            self._connection.execute(f"PRAGMA user_version={VERSION}")
        elif version != VERSION:
            raise ValueError(
                f"数据目录来自其他版本（{version}），请换一个目录或删除它 / "
                f"the data directory was written by another version ({version}): use another one or delete it"
            )

    def one(self, sql: str, *params: Any) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._connection.execute(sql, params).fetchone()
        return row

    def value(self, sql: str, *params: Any) -> Any:
        """The first column of the first row, or None."""
        row = self._connection.execute(sql, params).fetchone()
        return None if row is None else row[0]

    def all(self, sql: str, *params: Any) -> list[sqlite3.Row]:
        return self._connection.execute(sql, params).fetchall()

    def column(self, sql: str, *params: Any) -> list[Any]:
        return [row[0] for row in self._connection.execute(sql, params)]

    def run(self, sql: str, *params: Any) -> int:
        """Carry out a change; returns the number of rows it touched."""
        return self._connection.execute(sql, params).rowcount

    def insert(self, sql: str, *params: Any) -> int:
        """Carry out an insert; returns the new row's id."""
        return self._connection.execute(sql, params).lastrowid or 0

    def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        with self.transaction():
            self._connection.executemany(sql, rows)

    def next_number(self, name: str, start: int) -> int:
        """A counter that survives restarts: start, start + 1, …"""
        number: int = self.value(
            "INSERT INTO counter VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
            name,
            start,
        )
        return number

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or nothing. Nests: only the outermost commits."""
        if self._connection.in_transaction:
            yield
            return
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def clear(self) -> None:
        """Forget everything."""
        tables = self.column(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        )
        with self.transaction():
            for table in tables:
                self.run(f"DELETE FROM {table}")

    def close(self) -> None:
        self._connection.close()
