"""The key store: keys of accounts and people, and what was erased. Plain SQL, the same for SQLite and PostgreSQL.

It is a database of its own, so that copies of the data never contain keys. Keys are stored wrapped. In SQLite a key
that was deleted is overwritten at once (`secure_delete`), and the write-ahead log is emptied. In PostgreSQL VACUUM
frees its place, but its bytes can stay in the file and in the write-ahead log until they are used again; a rotation of
the account's key rewrites the table and makes such remains worthless (docs/people.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

import msgspec

from ..database import SqliteDatabase
from ..database.statements import Row, Statements

if TYPE_CHECKING:
    from ..database import DatabaseUrl
    from ..database.postgres import PostgresDatabase

T = TypeVar("T")
AT_ONCE: Final = 1000
"""People in one statement."""

TABLES: Final = (
    """CREATE TABLE IF NOT EXISTS people_account_key (
    account TEXT NOT NULL, purpose TEXT NOT NULL, version BIGINT NOT NULL, wrapped {bytes} NOT NULL,
    master TEXT NOT NULL, created_at {float} NOT NULL, PRIMARY KEY (account, purpose, version))""",
    """CREATE TABLE IF NOT EXISTS people_person_key (
    account TEXT NOT NULL, number BIGINT NOT NULL, version BIGINT NOT NULL, wrapped {bytes} NOT NULL,
    PRIMARY KEY (account, number))""",
    """CREATE INDEX IF NOT EXISTS people_person_key_version ON people_person_key (account, version)""",
    """CREATE TABLE IF NOT EXISTS people_number (account TEXT PRIMARY KEY, last BIGINT NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS people_erasure (
    account TEXT NOT NULL, number BIGINT NOT NULL, at {float} NOT NULL, certificate {bytes} NOT NULL,
    PRIMARY KEY (account, number, at))""",
    """CREATE TABLE IF NOT EXISTS people_audit_head (
    account TEXT PRIMARY KEY, seq BIGINT NOT NULL, digest {bytes} NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS people_erasure_open (
    account TEXT NOT NULL, number BIGINT NOT NULL, at {float} NOT NULL, PRIMARY KEY (account, number, at))""",
    """CREATE TABLE IF NOT EXISTS people_consent_form (
    account TEXT NOT NULL, digest TEXT NOT NULL, until {float} NOT NULL, PRIMARY KEY (account, digest))""",
)
"""`people_erasure_open`: erasures whose keys are destroyed and whose rows may still be there. `people_consent_form`:
forms of `web.ConsentPage` that were used and have not expired."""
LAST_MADE: Final = "people_consent_form"

ACCOUNT_KEYS: Final = """
SELECT purpose, version, wrapped, master FROM people_account_key WHERE account = :account ORDER BY version
"""
ADD_ACCOUNT_KEY: Final = """
INSERT INTO people_account_key (account, purpose, version, wrapped, master, created_at)
VALUES (:account, :purpose, :version, :wrapped, :master, :now) ON CONFLICT DO NOTHING RETURNING version
"""
ADD_FIRST_KEY: Final = """
INSERT INTO people_account_key (account, purpose, version, wrapped, master, created_at)
SELECT :account, :purpose, :version, :wrapped, :master, :now WHERE NOT EXISTS (
    SELECT 1 FROM people_account_key WHERE account = :account AND purpose = :purpose)
ON CONFLICT DO NOTHING RETURNING version
"""
REWRAP_ACCOUNT_KEY: Final = """
UPDATE people_account_key SET wrapped = :wrapped, master = :master
WHERE account = :account AND purpose = :purpose AND version = :version AND master = :before RETURNING version
"""
ACCOUNTS: Final = "SELECT DISTINCT account FROM people_account_key ORDER BY account"
RESERVE: Final = """
INSERT INTO people_number (account, last) VALUES (:account, :n)
ON CONFLICT (account) DO UPDATE SET last = people_number.last + :n RETURNING last
"""
HOLD_ACCOUNT_KEY: Final = """
SELECT version FROM people_account_key WHERE account = :account AND purpose = 'people' AND version = :version {lock}
"""
ADD_PERSON_KEY: Final = """
INSERT INTO people_person_key (account, number, version, wrapped)
SELECT :account, :number, :version, :wrapped WHERE EXISTS (
    SELECT 1 FROM people_account_key WHERE account = :account AND purpose = 'people' AND version = :version)
ON CONFLICT DO NOTHING
"""
PERSON_KEYS: Final = """
SELECT number, version, wrapped FROM people_person_key WHERE account = :account AND number IN ({numbers})
"""
OLD_PERSON_KEYS: Final = """
SELECT number, version, wrapped FROM people_person_key WHERE account = :account AND version < :version
ORDER BY number LIMIT :n
"""
REWRAP_PERSON_KEY: Final = """
UPDATE people_person_key SET wrapped = :wrapped, version = :version
WHERE account = :account AND number = :number AND version = :before
"""
END_OLD_KEYS: Final = """
DELETE FROM people_account_key WHERE account = :account AND purpose = 'people' AND version < :version
AND NOT EXISTS (SELECT 1 FROM people_person_key AS p WHERE p.account = :account
    AND p.version = people_account_key.version) RETURNING version
"""
DROP_PERSON_KEYS: Final = "DELETE FROM people_person_key WHERE account = :account AND number IN ({numbers})"
CERTIFIED: Final = """
EXISTS (SELECT 1 FROM people_erasure AS e WHERE e.account = :account AND e.number = :number AND e.at = :now
    AND e.certificate = :certificate)
"""
"""Whether this very erasure is recorded: without it no key is destroyed."""
Scope = Literal["person", "fields", "account"]
DESTROYING: Final[dict[Scope, tuple[str, ...]]] = {
    "person": (
        f"DELETE FROM people_person_key WHERE account = :account AND number = :number AND {CERTIFIED}",
    ),
    "fields": (),
    "account": tuple(
        f"DELETE FROM {table} WHERE account = :account AND {CERTIFIED}"
        for table in ("people_person_key", "people_account_key", "people_audit_head")
    ),
}
ADD_ERASURE: Final = """
INSERT INTO people_erasure (account, number, at, certificate) VALUES (:account, :number, :now, :certificate)
ON CONFLICT DO NOTHING RETURNING number
"""
ADD_OPEN: Final = f"""
INSERT INTO people_erasure_open (account, number, at) SELECT :account, :number, :now WHERE {CERTIFIED}
ON CONFLICT DO NOTHING
"""
END_OPEN: Final = (
    "DELETE FROM people_erasure_open WHERE account = :account AND number = :number AND at = :now"
)
OPEN: Final = """
SELECT e.certificate FROM people_erasure_open AS o
JOIN people_erasure AS e ON e.account = o.account AND e.number = o.number AND e.at = o.at
WHERE o.account = :account AND o.at <= :until ORDER BY o.at, o.number
"""
ERASURES: Final = """
SELECT number, at, certificate FROM people_erasure WHERE account = :account AND at >= :since ORDER BY at, number
"""
ERASURES_OF: Final = """
SELECT at, certificate FROM people_erasure WHERE account = :account AND number = :number ORDER BY at
"""
ACCOUNT_ERASED: Final = """
SELECT number FROM people_erasure WHERE account = :account AND number = 0 AND at >= :since LIMIT 1
"""
ERASED: Final = (
    "SELECT DISTINCT number FROM people_erasure WHERE account = :account AND number IN ({numbers})"
)
ERASED_ACCOUNTS: Final = "SELECT DISTINCT account FROM people_erasure ORDER BY account"
USE_FORM: Final = """
INSERT INTO people_consent_form (account, digest, until) VALUES (:account, :digest, :until)
ON CONFLICT DO NOTHING RETURNING digest
"""
END_FORMS: Final = "DELETE FROM people_consent_form WHERE account = :account AND until < :now"
AUDIT_HEAD: Final = "SELECT seq, digest FROM people_audit_head WHERE account = :account"
BEGIN_AUDIT_HEAD: Final = """
INSERT INTO people_audit_head (account, seq, digest) VALUES (:account, :seq, :digest)
ON CONFLICT DO NOTHING RETURNING seq
"""
MOVE_AUDIT_HEAD: Final = """
UPDATE people_audit_head SET seq = :seq, digest = :digest
WHERE account = :account AND seq = :before AND digest = :previous RETURNING seq
"""
FREE: Final = b"VACUUM people_person_key"
REWRITE: Final = (b"VACUUM FULL people_person_key", b"VACUUM FULL people_account_key")
SET_AUDIT_HEAD: Final = "UPDATE people_audit_head SET seq = :seq, digest = :digest WHERE account = :account"


class AccountKeyRow(msgspec.Struct, frozen=True):
    """A key of an account, as it is stored. `purpose`: `people` wraps people's keys, `index` makes blind indexes."""

    purpose: str
    version: int
    wrapped: bytes
    master: str


class PersonKeyRow(msgspec.Struct, frozen=True):
    """A person's key, wrapped by the account's key of that version."""

    number: int
    version: int
    wrapped: bytes


def listed(statements: Statements, kind: str = "bigint") -> str:
    """A subquery that gives the elements of the JSON array `:listed`."""
    if statements.takes_locks:
        return f"SELECT CAST(value AS {kind}) FROM jsonb_array_elements_text(CAST(:listed AS jsonb))"
    return "SELECT value FROM json_each(:listed)"


def as_list(values: Iterable[int] | Iterable[str]) -> str:
    """What `listed` reads."""
    return msgspec.json.encode(list(values)).decode()


def batches(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """Pieces of AT_ONCE, the last one shorter."""
    return (items[start : start + AT_ONCE] for start in range(0, len(items), AT_ONCE))


def open_key_database(url: DatabaseUrl) -> SqliteDatabase | PostgresDatabase:
    """The key store's database; its tables are made at the first connection."""
    if url.kind == "sqlite":
        setup = "; ".join(table.format(bytes="BLOB", float="REAL") for table in TABLES)
        return SqliteDatabase(url.path, setup, secure_delete=True)
    from ..database.postgres import PostgresDatabase  # psycopg is an extra

    statements = [table.format(bytes="BYTEA", float="DOUBLE PRECISION").encode() for table in TABLES]
    return PostgresDatabase(url, statements, last_made=LAST_MADE)


class KeyTables:
    """What the key store keeps. Raises StateDown when it cannot be reached."""

    def __init__(self, database: SqliteDatabase | PostgresDatabase) -> None:
        self._database = database
        self._statements = Statements(database)
        self._numbers = listed(self._statements)

    async def account_keys(self, account: str) -> list[AccountKeyRow]:
        """Oldest version first."""
        return [AccountKeyRow(*row) for row in await self._run(ACCOUNT_KEYS, account)]

    async def accounts(self) -> list[str]:
        return [row[0] for row in await self._run(ACCOUNTS, "")]

    async def add_account_key(self, account: str, row: AccountKeyRow, now: float, *, first: bool) -> bool:
        """Whether it was added; with `first` only when the account has no key of this purpose yet."""
        sql = ADD_FIRST_KEY if first else ADD_ACCOUNT_KEY
        return bool(await self._run(sql, account, now=now, **msgspec.structs.asdict(row)))

    async def rewrap_account_key(self, account: str, row: AccountKeyRow, before: str) -> bool:
        values = msgspec.structs.asdict(row)
        return bool(await self._run(REWRAP_ACCOUNT_KEY, account, before=before, **values))

    async def reserve(self, account: str, n: int) -> range:
        """Numbers for `n` new people, which nobody else gets."""
        [(last,)] = await self._run(RESERVE, account, n=n)
        return range(last - n + 1, last + 1)

    async def add_person_keys(self, account: str, rows: Sequence[PersonKeyRow]) -> bool:
        """Add keys that one version of the account's key wrapped; False when that version has ended."""
        version = rows[0].version
        lock = "FOR SHARE" if self._statements.takes_locks else ""
        values = {"account": account, "version": version}
        held, *_ = await self._statements.each(
            (HOLD_ACCOUNT_KEY.format(lock=lock), values),
            *((ADD_PERSON_KEY, {**values, "number": row.number, "wrapped": row.wrapped}) for row in rows),
        )
        return bool(held)

    async def person_keys(self, account: str, numbers: Sequence[int]) -> list[PersonKeyRow]:
        """Keys of at most AT_ONCE people; nothing for those who have none."""
        sql = PERSON_KEYS.format(numbers=self._numbers)
        return [PersonKeyRow(*row) for row in await self._run(sql, account, listed=as_list(numbers))]

    async def old_person_keys(self, account: str, version: int) -> list[PersonKeyRow]:
        """Some keys that a version before this one wrapped."""
        rows = await self._run(OLD_PERSON_KEYS, account, version=version, n=AT_ONCE)
        return [PersonKeyRow(*row) for row in rows]

    async def rewrap_person_keys(self, account: str, rows: Sequence[tuple[PersonKeyRow, int]]) -> None:
        """Replace keys by the same ones, wrapped again; `int` is the version before."""
        values = [
            {"account": account, "before": before, **msgspec.structs.asdict(row)} for row, before in rows
        ]
        await self._statements.run_many(REWRAP_PERSON_KEY, values)

    async def end_old_keys(self, account: str, version: int) -> int:
        """Delete versions of the account's key before this one that wrap nothing any more. How many."""
        lock = HOLD_ACCOUNT_KEY.replace("version = :version", "version < :version").format(lock="FOR UPDATE")
        values = {"account": account, "version": version}
        steps: list[tuple[str, Mapping[str, Any]]] = [(END_OLD_KEYS, values)]
        if self._statements.takes_locks:
            steps.insert(0, (lock, values))
        ended = (await self._statements.each(*steps))[-1]
        await self._overwrite(*REWRITE)
        return len(ended)

    async def drop_person_keys(self, account: str, numbers: Sequence[int]) -> None:
        """Delete keys that never sealed anything."""
        await self._run(DROP_PERSON_KEYS.format(numbers=self._numbers), account, listed=as_list(numbers))

    async def record_erasure(
        self, account: str, number: int, certificate: bytes, at: float, scope: Scope
    ) -> bool:
        """Record an erasure, open until `end_erasure`, and destroy its keys, together: the person's, or all of the
        account (then `number` is 0), or none for single fields.

        False, with nothing done, when another erasure of this number is recorded for that moment: take a later one.
        """
        values = {"account": account, "number": number, "now": at, "certificate": certificate}
        steps = [ADD_ERASURE, ADD_OPEN, *DESTROYING[scope]]
        added, *_ = await self._statements.each(*((sql, values) for sql in steps))
        if scope != "fields":
            await self._overwrite(*(REWRITE if scope == "account" else ()))
        return bool(added)

    async def end_erasure(self, account: str, number: int, at: float) -> None:
        """The rows of an erasure are deleted, too."""
        await self._statements.run_many(END_OPEN, [{"account": account, "number": number, "now": at}])

    async def open_erasures(self, account: str, until: float) -> list[bytes]:
        """Certificates of the erasures, recorded until then, whose rows may still be there; oldest first."""
        return [row[0] for row in await self._run(OPEN, account, until=until)]

    async def erasures(self, account: str, since: float = 0.0) -> list[tuple[int, float, bytes]]:
        """Number (0: the whole account), time and certificate of each erasure, oldest first."""
        return [(row[0], row[1], row[2]) for row in await self._run(ERASURES, account, since=since)]

    async def erasures_of(self, account: str, number: int) -> list[tuple[float, bytes]]:
        """Time and certificate of each erasure of one person, oldest first."""
        return [(row[0], row[1]) for row in await self._run(ERASURES_OF, account, number=number)]

    async def erased(self, account: str, numbers: Sequence[int]) -> set[int]:
        """Those of these people of whom an erasure is recorded."""
        sql = ERASED.format(numbers=self._numbers)
        return {row[0] for row in await self._run(sql, account, listed=as_list(numbers))}

    async def account_erased(self, account: str, since: float) -> bool:
        """Whether the whole account was erased since then."""
        return bool(await self._run(ACCOUNT_ERASED, account, since=since))

    async def erased_accounts(self) -> list[str]:
        """The accounts in which anything was erased."""
        return [row[0] for row in await self._run(ERASED_ACCOUNTS, "")]

    async def use_form(self, account: str, digest: str, until: float, now: float) -> bool:
        """Note that a form with this digest, which expires at `until`, is used; False when it was used before. Those
        that have expired are forgotten."""
        values = {"account": account, "digest": digest, "until": until, "now": now}
        _, added = await self._statements.each((END_FORMS, values), (USE_FORM, values))
        return bool(added)

    async def audit_head(self, account: str) -> tuple[int, bytes] | None:
        """Number and digest of the newest entry of the audit trail."""
        rows = await self._run(AUDIT_HEAD, account)
        return (rows[0][0], rows[0][1]) if rows else None

    async def move_audit_head(
        self, account: str, before: tuple[int, bytes], after: tuple[int, bytes]
    ) -> bool:
        """Let the trail end later; False when it does not end at `before`, in which number 0 stands for no entry."""
        moved = {"seq": after[0], "digest": after[1]}
        if not before[0]:
            return bool(await self._run(BEGIN_AUDIT_HEAD, account, **moved))
        return bool(await self._run(MOVE_AUDIT_HEAD, account, before=before[0], previous=before[1], **moved))

    async def set_audit_head(self, account: str, seq: int, digest: bytes) -> None:
        """Let the trail end earlier: its database was restored from a copy."""
        await self._statements.run_many(SET_AUDIT_HEAD, [{"account": account, "seq": seq, "digest": digest}])

    async def close(self) -> None:
        await self._statements.close()

    async def _run(self, sql: str, account: str, **values: Any) -> list[Row]:
        return await self._statements.run((sql, {"account": account, **values}))

    async def _overwrite(self, *commands: bytes) -> None:
        """Remove the bytes of deleted keys from the files, as far as the engine can."""
        if isinstance(self._database, SqliteDatabase):
            await self._database.empty_log()
            return
        connection = await self._database.connect()
        async with connection:
            for command in commands or (FREE,):
                await connection.execute(command)
