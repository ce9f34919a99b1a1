"""What an account stores about people: only declared fields, only after a recorded consent; and their export.

ask(fields) ──shown to the person──► consent(openid, fields, …) ──► store(openid, field, value) ──► read, export
                                                            └── withdraw(openid, fields): the values go, too
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Final, Literal

import msgspec

from ..errors import ArgumentError
from .audit import Audit
from .erasure import Certificate, Elsewhere, Erasure
from .errors import NoConsent, PersonErased, SnapshotUser
from .purposes import Collected, Purposes
from .quotes import forget_quotes
from .tables import StoredConsent, StoredField
from .vault import Vault

How = Literal["chat", "web", "import", "other"]
LONGEST_VALUE: Final = 1024 * 1024
"""Bytes of one value as JSON."""


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """One consent: to what, when, how it was asked, and with which text. `withdrawn_at` 0: it stands."""

    field: str
    purpose: str
    text_version: str
    how: str
    text: str
    given_at: float
    withdrawn_at: float


class Records:
    """The data of one account's people; `elsewhere` is told of fields that go.

    Every method raises StateDown when database or key store are out of reach.
    """

    def __init__(self, vault: Vault, purposes: Purposes, elsewhere: Sequence[Elsewhere] = ()) -> None:
        self.vault, self.purposes = vault, purposes
        self.audit = Audit(vault)
        self._erasure = Erasure(vault, elsewhere=elsewhere)
        self._account, self._tables = vault.account, vault.tables

    def ask(self, fields: Sequence[str]) -> str:
        """The text to show before people agree: purpose, and the declared text, of each field; in the order given.

        Raises UndeclaredField. Show it unchanged, in the chat or on a page, and pass it to `consent`.
        """
        return "\n".join(_shown(self.purposes.of(field)) for field in fields)

    async def consent(
        self, openid: str, fields: Sequence[str], *, how: How, text: str = "", snapshot: bool = False
    ) -> None:
        """Record that a person agreed to these fields, after `text` was shown (by default what `ask` gives).

        `snapshot`: whether it is the virtual person of a snapshot page (`SignedIn.is_snapshot_user`). Raises
        UndeclaredField, SnapshotUser.
        """
        if snapshot:
            raise SnapshotUser
        declared = [self.purposes.of(field) for field in fields]
        await self.vault.numbers([openid])
        number = await self.vault.person(openid)
        if number is None:
            raise PersonErased([])
        before = {at for at, _ in await self._erasures(number)}
        shown = msgspec.json.encode({"how": how, "text": text or self.ask(fields)})
        sealed = await self.vault.seal([(number, f"consent:{one.field}", shown) for one in declared])
        for one, value in zip(declared, sealed, strict=True):
            row = StoredConsent(
                0, one.field, one.purpose, one.text_version, value, self.vault.clock.now(), 0.0
            )
            if not await self._tables.add_consent(self._account, number, row):
                raise PersonErased([number])
        await self.audit.append("consent", number=number, by=how, fields=list(fields))
        for certificate in [one for at, one in await self._erasures(number) if at not in before]:
            # Withdrawn while it was being written: whoever withdrew did not see it.
            await self._tables.withdraw(
                self._account, number, certificate.fields, certificate.at, until=self.vault.clock.now()
            )
            await self._tables.delete_fields(self._account, number, certificate.fields, certificate.at)

    async def _erasures(self, number: int) -> list[tuple[float, Certificate]]:
        """Of a person, each with its time."""
        found = await self.vault.keyring.tables.erasures_of(self._account, number)
        return [(at, msgspec.json.decode(written, type=Certificate)) for at, written in found]

    async def withdraw(self, openid: str, fields: Sequence[str], *, by: str = "person") -> list[str]:
        """End consents, and delete the values stored under them; which fields had one. Both hold after a restore of an
        older copy of the database, too: the key store remembers them, with a certificate."""
        return await self._erasure.withdraw(openid, fields, by=by)

    async def store(self, openid: str, field: str, value: Any, *, snapshot: bool = False) -> None:
        """Store a value (anything that JSON can hold); it replaces the one before.

        Raises UndeclaredField, NoConsent, SnapshotUser, and ArgumentError for a value of more than LONGEST_VALUE bytes;
        then nothing is stored.
        """
        declared = self.purposes.of(field)
        if snapshot:
            raise SnapshotUser
        service = declared.basis == "service"
        plain = msgspec.json.encode(value)
        if len(plain) > LONGEST_VALUE:
            raise _too_long(field, len(plain))
        if service:
            await self.vault.numbers([openid])
        number = await self.vault.person(openid)
        if number is None:
            raise NoConsent(field, declared.purpose, declared.text_version)
        [sealed] = await self.vault.seal([(number, field, plain)])
        row = StoredField(field, sealed, declared.purpose, self.vault.clock.now())
        if not await self._tables.put_field(self._account, number, row, declared):
            raise NoConsent(field, declared.purpose, declared.text_version)

    async def read(self, openid: str, field: str) -> Any:
        """The stored value; None when there is none."""
        return (await self.all(openid)).get(field)

    async def all(self, openid: str) -> dict[str, Any]:
        """Every stored field of a person."""
        number = await self.vault.person(openid)
        if number is None:
            return {}
        rows = await self._tables.fields(self._account, number)
        values = await self.vault.unseal([(number, row.field, row.sealed) for row in rows])
        return {
            row.field: msgspec.json.decode(value)
            for row, value in zip(rows, values, strict=True)
            if value is not None
        }

    async def consents(self, openid: str) -> list[Consent]:
        """All consents of a person, oldest first, those that were withdrawn too."""
        number = await self.vault.person(openid)
        if number is None:
            return []
        rows = await self._tables.consents(self._account, number)
        shown = await self.vault.unseal([(number, f"consent:{row.field}", row.shown) for row in rows])
        return [
            Consent(
                field=row.field,
                purpose=row.purpose,
                text_version=row.text_version,
                given_at=row.given_at,
                withdrawn_at=row.withdrawn_at,
                **msgspec.json.decode(text),
            )
            for row, text in zip(rows, shown, strict=True)
            if text is not None
        ]

    async def export(self, openid: str, *, by: str = "") -> dict[str, Any] | None:
        """Everything that is stored about a person, for them to have, as JSON; None when nothing is.

        Times are in ISO 8601, UTC. The export is noted in the audit trail.
        """
        number = await self.vault.person(openid)
        if number is None:
            return None
        rows = await self._tables.fields(self._account, number)
        values = await self.all(openid)
        await self.audit.append("export", number=number, by=by)
        return {
            "account": self._account,
            "openid": openid,
            "exported_at": _time(self.vault.clock.now()),
            "fields": [
                {
                    "field": row.field,
                    "purpose": row.purpose,
                    "stored_at": _time(row.stored_at),
                    "value": values[row.field],
                }
                for row in rows
                if row.field in values
            ],
            "consents": [_consent(one) for one in await self.consents(openid)],
            "history": [
                {"at": _time(one.at), "action": one.action, "by": one.by, **(one.detail or {})}
                for one in await self.audit.about(number)
            ],
        }

    async def retain(self, *, by: str = "retention") -> dict[str, int]:
        """Delete the values that were kept for longer than their `keep_days`. How many of each field."""
        deleted: dict[str, int] = {}
        for one in self.purposes:
            if one.keep_days is None:
                continue
            before = self.vault.clock.now() - one.keep_days * 86400
            expired = await self._tables.expire(self._account, one.field, before)
            if expired:
                deleted[one.field] = len(expired)
                await forget_quotes(self.vault, {number: [value] for number, value in expired.items()})
                await self._erasure.forget_elsewhere(list(expired), [one.field])
        if deleted:
            await self.audit.append("retention", by=by, deleted=deleted)
        return deleted


def _shown(declared: Collected) -> str:
    said = f"{declared.field}：{declared.purpose}"
    return f"{said}。{declared.text}" if declared.text else said


def _too_long(field: str, size: int) -> ArgumentError:
    return ArgumentError(
        f"字段 {field} 的值有 {size} 字节，最多 {LONGEST_VALUE}",
        f"the value of the field {field} has {size} bytes, at most {LONGEST_VALUE} are stored",
    )


def _time(unix_s: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(unix_s))


def _consent(one: Consent) -> dict[str, Any]:
    words = msgspec.structs.asdict(one)
    withdrawn = _time(one.withdrawn_at) if one.withdrawn_at else None
    return {**words, "given_at": _time(one.given_at), "withdrawn_at": withdrawn}
