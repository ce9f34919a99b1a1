"""A database as earlier versions of gongzhong left it, written by SQL: rows of work and shared state of the old layout.

The bytes are those that the version with schema 0001 wrote (the same until 0004): rows of kind `push` hold a
MessagePack array of XML, key and "was promised", rows of kind `answer` one of reply, reason and time; the record of a
person is an array of owner, waiting, windows, answered and seen; sessions and tokens are JSON.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from alembic import command

from gongzhong.database import DatabaseUrl
from gongzhong.store import migrate

OLD_PROCESS: Final = "oldhost:4242:984cedc8"
"""How a process was named: host, number and a random part."""
SQLITE: Final = """
CREATE TABLE state_number (one INTEGER PRIMARY KEY CHECK (one = 1), last INTEGER NOT NULL);
INSERT INTO state_number VALUES (1, {number});
CREATE TABLE state_value (
    key TEXT PRIMARY KEY, data BLOB NOT NULL, version INTEGER NOT NULL, expires_at REAL NOT NULL) WITHOUT ROWID;
CREATE INDEX state_value_expires_at ON state_value (expires_at);
CREATE TABLE state_lease (
    key TEXT PRIMARY KEY, holder TEXT NOT NULL, number INTEGER NOT NULL, until REAL NOT NULL,
    held INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX state_lease_until ON state_lease (until);
CREATE TABLE state_counter (key TEXT PRIMARY KEY, count INTEGER NOT NULL, until REAL NOT NULL) WITHOUT ROWID;
CREATE INDEX state_counter_until ON state_counter (until);
CREATE TABLE state_item (
    queue TEXT NOT NULL, number INTEGER NOT NULL, data BLOB NOT NULL, until REAL NOT NULL,
    PRIMARY KEY (queue, number));
CREATE INDEX state_item_until ON state_item (until)
"""
POSTGRES: Final = """
CREATE SEQUENCE state_number START {number};
CREATE TABLE state_value (
    key text COLLATE "C" PRIMARY KEY, data bytea NOT NULL, version bigint NOT NULL, expires_at float8 NOT NULL);
CREATE INDEX state_value_expires_at ON state_value (expires_at);
CREATE TABLE state_lease (
    key text COLLATE "C" PRIMARY KEY, holder text NOT NULL, number bigint NOT NULL, until float8 NOT NULL,
    held boolean NOT NULL);
CREATE INDEX state_lease_until ON state_lease (until);
CREATE TABLE state_counter (key text COLLATE "C" PRIMARY KEY, count bigint NOT NULL, until float8 NOT NULL);
CREATE INDEX state_counter_until ON state_counter (until);
CREATE TABLE state_queue (name text COLLATE "C" PRIMARY KEY, until float8 NOT NULL);
CREATE TABLE state_item (
    queue text COLLATE "C" NOT NULL, number bigint NOT NULL, data bytea NOT NULL, until float8 NOT NULL,
    PRIMARY KEY (queue, number));
CREATE INDEX state_item_until ON state_item (until)
"""
WORK: Final = """
INSERT INTO work (account, kind, line, key, data, stage, due, attempts, fence, holder, reason, created_at)
VALUES (:account, :kind, :line, :key, :data, :stage, :due, :attempts, :fence, :holder, :reason, :created_at)
"""
VALUE: Final = "INSERT INTO state_value VALUES (:key, :data, :version, :expires_at)"
KEY: Final = """
INSERT INTO gateway_key (id, name, digest, accounts, scopes, networks, per_minute, daily, created_at, revoked_at)
VALUES ('k1', 'reports', :digest, '', '', '', 0, 0, :at, 0)
"""


class OldDatabase:
    """The tables of one schema version, to be filled. Everything belongs to one account."""

    def __init__(self, url: DatabaseUrl, version: str, appid: str) -> None:
        self._url, self._appid, self._version = url, appid, version
        self.now = time.time()
        with migrate._connected(url) as connection:
            config = migrate._config()
            config.attributes["connection"] = connection
            command.upgrade(config, version)
        number = int((self.now - 3600) * 1_000_000)
        tables = SQLITE if url.kind == "sqlite" else POSTGRES
        self._run([(statement, {}) for statement in tables.format(number=number).split(";")])
        if version >= "0002":
            self._run([(KEY, {"digest": b"\x01" * 32, "at": self.now})])

    def _run(self, statements: Sequence[tuple[str, dict[str, Any]]]) -> None:
        with migrate._connected(self._url) as connection:
            for statement, values in statements:
                connection.execute(sa.text(statement), values)

    def _work(self, kind: str, openid: str, key: str, data: object, **columns: object) -> None:
        row = {"account": self._appid, "kind": kind, "line": openid, "key": key}
        row["data"] = msgspec.msgpack.encode(data)
        left = {
            "stage": "waiting",
            "due": self.now - 40,
            "attempts": 0,
            "fence": 0,
            "holder": "",
            "reason": "",
        }
        self._run([(WORK, {**row, **left, "created_at": self.now - 60, **columns})])

    def push(self, openid: str, original_id: str, content: str, number: int, **columns: object) -> None:
        """A message that was accepted and not answered."""
        xml = (
            f"<xml><ToUserName><![CDATA[{original_id}]]></ToUserName>"
            f"<FromUserName><![CDATA[{openid}]]></FromUserName><CreateTime>{int(self.now - 60)}</CreateTime>"
            f"<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{content}]]></Content>"
            f"<MsgId>{number}</MsgId></xml>"
        )
        key = f"{openid}:{number}"
        self._work("push", openid, key, [xml.encode(), key, False], **columns)

    def running(self, openid: str, original_id: str, content: str, number: int) -> None:
        """A message on which a process worked when it was killed."""
        columns = {"stage": "running", "holder": OLD_PROCESS, "attempts": 1, "fence": 1}
        self.push(openid, original_id, content, number, **columns)

    def answer(self, openid: str, kind: str, content: str, number: int) -> None:
        """An answer that waits for the person's next message, for 24 hours."""
        data = [kind, {"content": content}, "slow", self.now - 50, ""]
        self._work("answer", openid, f"abcd.{number}", data, due=self.now - 50 + 86_400)

    def person(self, openid: str, *, owner: str = "", waiting: int = 0) -> None:
        """What was known of a person: who had them, rows that wait, and what may be sent to them."""
        windows = [5, self.now - 60 + 48 * 3600, 0, 0.0]
        data = msgspec.msgpack.encode([owner, waiting, windows, [], []])
        self._value(f"person|{self._appid}|{openid}", data)

    def session(self, openid: str, values: dict[str, Any]) -> None:
        """What handlers remembered of a person."""
        self._value(f"session|{self._appid}:{openid}", msgspec.json.encode(values))

    def token(self, api_base: str, value: str) -> None:
        """The account's access_token."""
        record = {"value": value, "generation": 3, "fetched_at": self.now - 60, "expires_at": self.now + 7000}
        self._value(f"token|{api_base}|{self._appid}|access_token", msgspec.json.encode(record))

    def _value(self, key: str, data: bytes) -> None:
        version, expires_at = int((self.now - 60) * 1_000_000), self.now + 48 * 3600
        values = {"key": key, "data": data, "version": version, "expires_at": expires_at}
        self._run([(VALUE, values)])
