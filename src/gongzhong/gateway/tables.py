"""Keys and calls of the gateway in the database: plain SQL, the same for SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from ..database.statements import Row, Statements
from .keys import Key

KEY_COLUMNS: Final = "id, name, digest, accounts, scopes, networks, per_minute, daily, created_at, revoked_at"

ADD_KEY: Final = f"""
INSERT INTO gateway_key ({KEY_COLUMNS})
VALUES (:id, :name, :digest, :accounts, :scopes, :networks, :per_minute, :daily, :created_at, :revoked_at)
"""

KEYS: Final = f"SELECT {KEY_COLUMNS} FROM gateway_key ORDER BY created_at, id"

REVOKE: Final = "UPDATE gateway_key SET revoked_at = :now WHERE id = :id AND revoked_at = 0 RETURNING id"

CALL_COLUMNS: Final = "at, key, peer, appid, verb, path, status, errcode, seconds, received, sent"

ADD_CALL: Final = f"""
INSERT INTO gateway_call ({CALL_COLUMNS})
VALUES (:at, :key, :peer, :appid, :verb, :path, :status, :errcode, :seconds, :received, :sent)
"""

FORGET: Final = (
    "DELETE FROM gateway_call WHERE id <= (SELECT max(id) FROM gateway_call) - :kept OR at < :since"
)

CALLS: Final = f"""
SELECT id, {CALL_COLUMNS} FROM gateway_call
WHERE id < :before AND (:key = '' OR key = :key) AND (:appid = '' OR appid = :appid) AND at >= :since
AND (:failed = 0 OR errcode <> 0 OR status >= 400) ORDER BY id DESC LIMIT :lim
"""

NEWEST: Final = 9_223_372_036_854_775_807


class CallRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One call of a client: never what was in it. `status` 0: the client got no whole answer."""

    at: float
    key: str
    """Number of the key; empty when none was recognized."""
    peer: str
    appid: str
    verb: str
    path: str
    status: int
    errcode: int
    seconds: float
    received: int
    """Bytes of the request's body."""
    sent: int
    """Bytes of the answer's body."""
    id: int = 0


class GatewayTables:
    """What the gateway keeps. Raises StateDown when the database cannot be reached."""

    def __init__(self, statements: Statements) -> None:
        self._statements = statements

    async def add_key(self, key: Key) -> None:
        await self._statements.run((f"{ADD_KEY} RETURNING id", _written(key)))

    async def keys(self) -> list[Key]:
        """All keys, the revoked ones too, oldest first."""
        return [_key(row) for row in await self._statements.run((KEYS, {}))]

    async def revoke(self, key_id: str, now: float) -> bool:
        """Whether there was such a key that was not revoked yet."""
        return bool(await self._statements.run((REVOKE, {"id": key_id, "now": now})))

    async def add_calls(self, calls: Sequence[CallRecord]) -> None:
        await self._statements.run_many(ADD_CALL, [msgspec.structs.asdict(call) for call in calls])

    async def forget(self, *, kept: int, since: float) -> None:
        """Remove the calls before `since`, and all but the newest `kept`."""
        await self._statements.run((FORGET, {"kept": kept, "since": since}))

    async def calls(
        self,
        *,
        key: str = "",
        appid: str = "",
        since: float = 0.0,
        failed: bool = False,
        before: int = 0,
        limit: int = 100,
    ) -> list[CallRecord]:
        """Newest first; `before` is the `id` of the last one of the page before."""
        values: dict[str, Any] = {"key": key, "appid": appid, "since": since, "failed": int(failed)}
        rows = await self._statements.run((CALLS, {**values, "before": before or NEWEST, "lim": limit}))
        return [_call(row) for row in rows]

    async def close(self) -> None:
        await self._statements.close()


def _written(key: Key) -> dict[str, Any]:
    values = msgspec.structs.asdict(key)
    lists = {name: msgspec.json.encode(values[name]).decode() for name in ("accounts", "scopes", "networks")}
    return {**values, **lists}


def _key(row: Row) -> Key:
    number, name, digest, *lists, per_minute, daily, created_at, revoked_at = row
    accounts, scopes, networks = (msgspec.json.decode(one, type=tuple[str, ...]) for one in lists)
    return Key(
        id=number,
        name=name,
        digest=digest,
        accounts=accounts,
        scopes=scopes,
        networks=networks,
        per_minute=per_minute,
        daily=daily,
        created_at=created_at,
        revoked_at=revoked_at,
    )


def _call(row: Row) -> CallRecord:
    number, at, key, peer, appid, verb, path, status, errcode, seconds, received, sent = row
    return CallRecord(
        id=number,
        at=at,
        key=key,
        peer=peer,
        appid=appid,
        verb=verb,
        path=path,
        status=status,
        errcode=errcode,
        seconds=seconds,
        received=received,
        sent=sent,
    )
