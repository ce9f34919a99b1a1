"""People's rows in the database: numbers, sealed fields, consents, audit trail. The same SQL for SQLite and PostgreSQL.

Every statement names the account. Nothing in these tables can be read without the key store.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from ..database.statements import Row, Statements
from .key_tables import AT_ONCE, as_list, listed
from .purposes import Collected

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
PUT_FIELD: Final = """
INSERT INTO person_field (account, number, field, sealed, purpose, stored_at)
SELECT :account, :number, :field, :sealed, :purpose, :now
WHERE EXISTS (SELECT 1 FROM person WHERE account = :account AND number = :number {keep})
AND (:service = 1 OR EXISTS (
    SELECT 1 FROM person_consent WHERE account = :account AND number = :number AND field = :field
    AND purpose = :purpose AND text_version = :text_version AND withdrawn_at = 0 {lock}))
ON CONFLICT (account, number, field) DO UPDATE SET sealed = excluded.sealed, purpose = excluded.purpose,
    stored_at = excluded.stored_at RETURNING field
"""
FIELDS: Final = """
SELECT field, sealed, purpose, stored_at FROM person_field WHERE account = :account AND number = :number ORDER BY field
"""
DELETE_FIELDS: Final = """
DELETE FROM person_field WHERE account = :account AND number = :number AND field IN ({fields})
AND (stored_at <= :until OR EXISTS (
    SELECT 1 FROM person_consent AS c WHERE c.account = :account AND c.number = :number
    AND c.field = person_field.field AND c.withdrawn_at = :until) AND NOT EXISTS (
    SELECT 1 FROM person_consent AS c WHERE c.account = :account AND c.number = :number
    AND c.field = person_field.field AND c.withdrawn_at = 0)) RETURNING field
"""
"""Also what was stored under a consent after the moment of its withdrawal, `until`, and before it was ended."""
EMPTY_COPIES: Final = """
UPDATE campaign_recipient SET variables = :empty WHERE length(variables) > 0 AND person IN ({people})
AND campaign IN (SELECT f.campaign FROM campaign_field AS f JOIN campaign AS c ON c.id = f.campaign
    WHERE f.account = :account AND f.field IN ({fields}) AND c.created_at <= :until)
"""
"""What campaigns copied from a field goes with it: all variables of that recipient, since they are sealed as one."""
NOT_READ: Final = """
SELECT DISTINCT f.number FROM person_field AS f
WHERE f.account = :account AND f.number > :after AND f.field IN ({fields}) AND f.stored_at < :since AND NOT EXISTS (
    SELECT 1 FROM person_field AS g WHERE g.account = f.account AND g.number = f.number AND g.field IN ({fields})
    AND g.stored_at >= :since)
ORDER BY f.number LIMIT :lim
"""
EXPIRED: Final = """
SELECT number FROM person_field WHERE account = :account AND field = :field AND stored_at < :before
"""
EVER: Final = 1e12
"""Later than every moment."""
EXPIRE: Final = """
DELETE FROM person_field WHERE account = :account AND field = :field AND stored_at < :before
RETURNING number, field, sealed, purpose, stored_at
"""
ADD_CONSENT: Final = """
INSERT INTO person_consent (account, number, field, purpose, text_version, shown, given_at, withdrawn_at)
SELECT :account, :number, :field, :purpose, :text_version, :shown, :now, 0
WHERE EXISTS (SELECT 1 FROM person WHERE account = :account AND number = :number {keep}) RETURNING id
"""
CONSENTS: Final = """
SELECT id, field, purpose, text_version, shown, given_at, withdrawn_at FROM person_consent
WHERE account = :account AND number = :number ORDER BY id
"""
WITHDRAW: Final = """
UPDATE person_consent SET withdrawn_at = :now WHERE account = :account AND number = :number
AND field IN ({fields}) AND withdrawn_at = 0 AND given_at <= :until RETURNING id
"""
LOCKS: Final = {"keep": "FOR KEY SHARE", "lock": "FOR SHARE"}
"""What is stored for a person holds their row, and their consent, until it is committed (PostgreSQL): whoever deletes
the row or ends the consent waits for it, and then deletes what was stored, too."""
ERASE: Final = (
    "DELETE FROM person WHERE account = :account AND number IN ({numbers}) RETURNING number",
    "DELETE FROM person_field WHERE account = :account AND number IN ({numbers}) RETURNING number",
    "DELETE FROM person_consent WHERE account = :account AND number IN ({numbers}) RETURNING number",
)
"""People first: see LOCKS."""
ERASE_WORK: Final = """
DELETE FROM work WHERE account = :account AND line IN ({lines}) AND (:running = 1 OR stage <> 'running') RETURNING id
"""
WAITING_WORK: Final = """
SELECT id, kind, line, data FROM work WHERE account = :account AND line IN ({lines}) AND stage <> 'running'
"""
DELETE_WORK: Final = """
DELETE FROM work WHERE account = :account AND id IN ({ids}) AND stage <> 'running' RETURNING id
"""
ERASE_ACCOUNT: Final = (
    "DELETE FROM person WHERE account = :account AND created_at <= :until RETURNING number",
    "DELETE FROM person_field WHERE account = :account AND stored_at <= :until RETURNING number",
    "DELETE FROM person_consent WHERE account = :account AND given_at <= :until RETURNING number",
    "DELETE FROM work WHERE account = :account AND created_at <= :until RETURNING id",
    "DELETE FROM person_audit WHERE account = :account AND at <= :until RETURNING seq",
    """UPDATE campaign_recipient SET variables = :empty WHERE length(variables) > 0 AND campaign IN (
        SELECT id FROM campaign WHERE account = :account AND created_at <= :until)""",
)
LATEST: Final = """
SELECT max(at) FROM (
    SELECT max(created_at) AS at FROM person WHERE account = :account
    UNION ALL SELECT max(stored_at) FROM person_field WHERE account = :account
    UNION ALL SELECT max(given_at) FROM person_consent WHERE account = :account
    UNION ALL SELECT max(created_at) FROM work WHERE account = :account
    UNION ALL SELECT max(at) FROM person_audit WHERE account = :account) AS times
"""
SET_UNION: Final = """
UPDATE person SET union_lookup = :lookup WHERE account = :account AND number = :number AND EXISTS (
    SELECT 1 FROM person_field AS f WHERE f.account = :account AND f.number = :number AND f.field = 'unionid')
"""
JOINED: Final = """
SELECT p.account, p.number FROM person AS p
JOIN person_field AS f ON f.account = p.account AND f.number = p.number AND f.field = 'unionid'
WHERE p.union_lookup = :lookup AND p.union_lookup <> '' AND p.account <> :account ORDER BY p.account, p.number
"""
UNION_OF: Final = """
SELECT p.union_lookup FROM person AS p
JOIN person_field AS f ON f.account = p.account AND f.number = p.number AND f.field = 'unionid'
WHERE p.account = :account AND p.number = :number AND p.union_lookup LIKE :mark
"""
END_UNIONS: Final = """
UPDATE person SET union_lookup = '' WHERE account = :account AND union_lookup <> '' AND (union_lookup NOT LIKE :mark
OR NOT EXISTS (SELECT 1 FROM person_field AS f WHERE f.account = person.account AND f.number = person.number
    AND f.field = 'unionid')) RETURNING number
"""
LAST_AUDIT: Final = "SELECT seq, digest FROM person_audit WHERE account = :account ORDER BY seq DESC LIMIT 1"
ADD_AUDIT: Final = """
INSERT INTO person_audit (account, seq, number, at, sealed, digest)
VALUES (:account, :seq, :number, :at, :sealed, :digest) ON CONFLICT DO NOTHING RETURNING seq
"""
AUDIT: Final = """
SELECT seq, number, at, sealed, digest FROM person_audit WHERE account = :account AND seq > :after
ORDER BY seq LIMIT :lim
"""


class StoredField(msgspec.Struct, frozen=True):
    """A field as it is stored."""

    field: str
    sealed: bytes
    purpose: str
    stored_at: float


class WaitingRow(msgspec.Struct, frozen=True):
    """A person's row of the table of work, as it is stored."""

    id: int
    kind: str
    number: int
    data: bytes


class StoredConsent(msgspec.Struct, frozen=True):
    """A consent as it is stored. `shown`: how and with which text the person was asked, sealed."""

    id: int
    field: str
    purpose: str
    text_version: str
    shown: bytes
    given_at: float
    withdrawn_at: float


class AuditRow(msgspec.Struct, frozen=True):
    """An entry of the audit trail as it is stored."""

    seq: int
    number: int
    at: float
    sealed: bytes
    digest: bytes


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
        locks = LOCKS if self._statements.takes_locks else dict.fromkeys(LOCKS, "")
        self._put_field, self._add_consent = PUT_FIELD.format(**locks), ADD_CONSENT.format(**locks)

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

    async def put_field(self, account: str, number: int, value: StoredField, declared: Collected) -> bool:
        """Store a field, if the person is there and, unless it is for the service, has agreed; whether that is so."""
        return bool(await self.put_fields(account, [(number, value, declared)]))

    async def put_fields(self, account: str, values: Sequence[tuple[int, StoredField, Collected]]) -> int:
        """The same for many, as one transaction; how many were stored."""
        results = await self._each(*((self._put_field, _put(account, *one)) for one in values))
        return sum(map(len, results))

    async def fields(self, account: str, number: int) -> list[StoredField]:
        return [StoredField(*row) for row in await self._run(FIELDS, account, number=number)]

    async def delete_fields(
        self, account: str, number: int, fields: Sequence[str], until: float
    ) -> list[str]:
        """Delete those of a person's fields that were stored until then, and the copies that campaigns planned until
        then made of them; the fields' names."""
        values = {"account": account, "number": number, "listed": as_list(fields), "until": until}
        _, rows = await self._each(
            (EMPTY_COPIES.format(people=":number", fields=self._texts), {**values, "empty": b""}),
            (DELETE_FIELDS.format(fields=self._texts), values),
        )
        return sorted(row[0] for row in rows)

    async def not_read(self, account: str, fields: Sequence[str], since: float, after: int) -> list[int]:
        """Numbers of people who have some of these fields, none of them stored since then; AT_ONCE at most, in order,
        from the one after `after`."""
        sql = NOT_READ.format(fields=self._texts)
        values = {"listed": as_list(fields), "since": since, "after": after, "lim": AT_ONCE}
        return [row[0] for row in await self._run(sql, account, **values)]

    async def expire(self, account: str, field: str, before: float) -> dict[int, StoredField]:
        """Delete a field of everybody for whom it was stored before then, and campaigns' copies; what was stored, by
        their numbers."""
        values = {"account": account, "field": field, "before": before, "until": EVER, "empty": b""}
        empty = EMPTY_COPIES.format(people=EXPIRED, fields=":field")
        rows = (await self._each((empty, values), (EXPIRE, values)))[1]
        return {row[0]: StoredField(*row[1:]) for row in rows}

    async def add_consent(self, account: str, number: int, consent: StoredConsent) -> bool:
        """Whether the person is there."""
        values = msgspec.structs.asdict(consent)
        return bool(
            await self._run(self._add_consent, account, number=number, now=consent.given_at, **values)
        )

    async def consents(self, account: str, number: int) -> list[StoredConsent]:
        """Oldest first, those that were withdrawn too."""
        return [StoredConsent(*row) for row in await self._run(CONSENTS, account, number=number)]

    async def withdraw(
        self, account: str, number: int, fields: Sequence[str], now: float, until: float | None = None
    ) -> int:
        """End, as of `now`, the consents that were given until then, or until `until`; how many."""
        sql = WITHDRAW.format(fields=self._texts)
        values = {"listed": as_list(fields), "now": now, "until": now if until is None else until}
        return len(await self._run(sql, account, number=number, **values))

    async def erase(
        self, account: str, numbers: Sequence[int], lines: Sequence[str] = (), *, running: bool = False
    ) -> dict[str, int]:
        """Delete all rows of people, and work whose line is one of these. How many of each kind.

        What is being worked on stays, for its holder to finish, unless `running`: then nobody is at work any more.
        """
        values = {"account": account, "listed": as_list(numbers), "running": int(running)}
        steps = [(sql.format(numbers=self._numbers), values) for sql in ERASE]
        if lines:
            steps.append((ERASE_WORK.format(lines=self._texts), {**values, "listed": as_list(lines)}))
        results = await self._each(*steps)
        return dict(zip(("people", "fields", "consents", "work"), map(len, results), strict=False))

    async def erase_account(self, account: str, until: float) -> dict[str, int]:
        """Delete everything of an account that was stored until then. How many rows of each kind."""
        values = {"account": account, "until": until, "empty": b""}
        results = await self._each(*((sql, values) for sql in ERASE_ACCOUNT))
        return dict(zip(("people", "fields", "consents", "work", "audit"), map(len, results), strict=False))

    async def work_of(self, account: str, lines: Sequence[str], kinds: Collection[str]) -> list[WaitingRow]:
        """Work of these lines and kinds that nobody is at, dead letters too; AT_ONCE lines at most."""
        sql = WAITING_WORK.format(lines=self._texts)
        rows = await self._run(sql, account, listed=as_list(lines))
        return [WaitingRow(row[0], row[1], int(row[2]), row[3]) for row in rows if row[1] in kinds]

    async def delete_work(self, account: str, ids: Sequence[int]) -> int:
        """Delete work that nobody is at; how much."""
        return len(await self._run(DELETE_WORK.format(ids=self._numbers), account, listed=as_list(ids)))

    async def latest(self, account: str) -> float:
        """When the account's newest row was written, by the clock of whoever wrote it; 0 when there is none."""
        return float((await self._run(LATEST, account))[0][0] or 0)

    async def set_unions(self, account: str, lookups: Mapping[int, str]) -> None:
        """Let people be found by the blind index of their UnionID, as long as the field `unionid` is stored."""
        values = [
            {"account": account, "number": number, "lookup": lookup} for number, lookup in lookups.items()
        ]
        await self._statements.run_many(SET_UNION, values)

    async def joined(self, account: str, number: int, mark: str) -> list[tuple[str, int]]:
        """Account and number of the same person elsewhere, if their blind index begins with `mark`."""
        found = await self._run(UNION_OF, account, number=number, mark=f"{mark}_%")
        if not found:
            return []
        return [(row[0], row[1]) for row in await self._run(JOINED, account, lookup=found[0][0])]

    async def end_unions(self, account: str, mark: str = "") -> int:
        """Forget the blind indexes of UnionIDs that are no longer stored, or do not begin with `mark`; without one, all
        of them. How many."""
        return len(await self._run(END_UNIONS, account, mark=f"{mark}%" if mark else ""))

    async def last_audit(self, account: str) -> tuple[int, bytes] | None:
        """Number and digest of the newest entry."""
        rows = await self._run(LAST_AUDIT, account)
        return (rows[0][0], rows[0][1]) if rows else None

    async def add_audit(self, account: str, row: AuditRow) -> bool:
        """False when another entry has this number already."""
        return bool(await self._run(ADD_AUDIT, account, **msgspec.structs.asdict(row)))

    async def audit(self, account: str, after: int, limit: int) -> list[AuditRow]:
        return [AuditRow(*row) for row in await self._run(AUDIT, account, after=after, lim=limit)]

    async def close(self) -> None:
        await self._statements.close()

    async def _run(self, sql: str, account: str, **values: Any) -> list[Row]:
        return await self._statements.run((sql, {"account": account, **values}))

    async def _each(self, *steps: tuple[str, Mapping[str, Any]]) -> list[list[Row]]:
        return await self._statements.each(*steps)


def _put(account: str, number: int, value: StoredField, declared: Collected) -> Mapping[str, Any]:
    who = {"account": account, "number": number, "now": value.stored_at}
    what = {"field": value.field, "sealed": value.sealed, "purpose": value.purpose}
    under = {"service": int(declared.basis == "service"), "text_version": declared.text_version}
    return {**who, **what, **under}
