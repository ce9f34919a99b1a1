"""Keys of the people API in the database: plain SQL, the same for SQLite and PostgreSQL."""

from __future__ import annotations

from typing import Final

import msgspec

from ...database.statements import Row, Statements
from .keys import PeopleKey

COLUMNS: Final = "id, name, digest, role, accounts, networks, created_at, revoked_at"
ADD: Final = f"""
INSERT INTO people_api_key ({COLUMNS})
VALUES (:id, :name, :digest, :role, :accounts, :networks, :created_at, :revoked_at) RETURNING id
"""
KEYS: Final = f"SELECT {COLUMNS} FROM people_api_key ORDER BY created_at, id"
KEY: Final = f"SELECT {COLUMNS} FROM people_api_key WHERE id = :id"
REVOKE: Final = "UPDATE people_api_key SET revoked_at = :now WHERE id = :id AND revoked_at = 0 RETURNING id"


class PeopleKeyTables:
    """Raises StateDown when the database cannot be reached."""

    def __init__(self, statements: Statements) -> None:
        self._statements = statements

    async def add(self, key: PeopleKey) -> None:
        lists = {name: msgspec.json.encode(getattr(key, name)).decode() for name in ("accounts", "networks")}
        await self._statements.run((ADD, {**msgspec.structs.asdict(key), **lists}))

    async def all(self) -> list[PeopleKey]:
        """The revoked ones too, oldest first."""
        return [_key(row) for row in await self._statements.run((KEYS, {}))]

    async def find(self, number: str) -> PeopleKey | None:
        rows = await self._statements.run((KEY, {"id": number}))
        return _key(rows[0]) if rows else None

    async def revoke(self, number: str, now: float) -> bool:
        """Whether there was such a key that was in use."""
        return bool(await self._statements.run((REVOKE, {"id": number, "now": now})))

    async def close(self) -> None:
        await self._statements.close()


def _key(row: Row) -> PeopleKey:
    number, name, digest, role, accounts, networks, created_at, revoked_at = row
    return PeopleKey(
        id=number,
        name=name,
        digest=digest,
        role=role,
        accounts=msgspec.json.decode(accounts, type=tuple[str, ...]),
        networks=msgspec.json.decode(networks, type=tuple[str, ...]),
        created_at=created_at,
        revoked_at=revoked_at,
    )
