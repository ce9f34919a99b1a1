"""People's rows in the database: numbers, sealed fields, consents, audit trail. The same SQL for SQLite and PostgreSQL.

Every statement names the account. Nothing in these tables can be read without the key store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from ..database.statements import Row, Statements
from .key_tables import as_list, listed

if TYPE_CHECKING:
    from ..database import SqliteDatabase
    from ..database.postgres import PostgresDatabase

NUMBERS: Final = "SELECT lookup, number FROM person WHERE account = :account AND lookup IN ({lookups})"
ADD_PERSON: Final = """
INSERT INTO person (account, number, lookup, union_lookup, openid, created_at)
VALUES (:account, :number, :lookup, '', :openid, :now) ON CONFLICT DO NOTHING
"""
OPENIDS: Final = "SELECT number, openid FROM person WHERE account = :account AND number IN ({numbers})"
PEOPLE: Final = """
SELECT number FROM person WHERE account = :account AND number > :after ORDER BY number LIMIT :lim
"""


class NewPerson(msgspec.Struct, frozen=True):
    """A person's first row: blind index of the OpenID, and the OpenID sealed."""

    number: int
    lookup: str
    openid: bytes


class PeopleTables:
    """Raises StateDown when the database cannot be reached. The tables are made by `store.migrate`."""

    def __init__(self, database: SqliteDatabase | PostgresDatabase) -> None:
        self.database = database
        self._statements = Statements(database)
        self._numbers = listed(self._statements)
        self._texts = listed(self._statements, "text")

    async def numbers(self, account: str, lookups: Sequence[str]) -> dict[str, int]:
        """Blind index → number, for those people that are there."""
        sql = NUMBERS.format(lookups=self._texts)
        return {row[0]: row[1] for row in await self._run(sql, account, listed=as_list(lookups))}

    async def add_people(self, account: str, people: Sequence[NewPerson], now: float) -> None:
        """Add people; those whose number or blind index is there already are left out."""
        values = [{"account": account, "now": now, **msgspec.structs.asdict(one)} for one in people]
        await self._statements.run_many(ADD_PERSON, values)

    async def openids(self, account: str, numbers: Sequence[int]) -> dict[int, bytes]:
        """Number → sealed OpenID."""
        sql = OPENIDS.format(numbers=self._numbers)
        return {row[0]: row[1] for row in await self._run(sql, account, listed=as_list(numbers))}

    async def people(self, account: str, after: int, limit: int) -> list[int]:
        """Numbers of an account's people, in order, from the one after `after`."""
        return [row[0] for row in await self._run(PEOPLE, account, after=after, lim=limit)]

    async def close(self) -> None:
        await self._statements.close()

    async def _run(self, sql: str, account: str, **values: Any) -> list[Row]:
        return await self._statements.run((sql, {"account": account, **values}))

    async def _each(self, *steps: tuple[str, Mapping[str, Any]]) -> list[list[Row]]:
        return await self._statements.each(*steps)
