"""Erasure of a person, of single fields, or of a whole account, with a certificate.

First the keys are destroyed and the certificate is written, in one transaction of the key store: from then on nothing
can be read, in no copy either. Then the rows are deleted, and the erasure is no longer open. When a process dies in
between, `complete` deletes the rows; `gongzhong serve` calls it by itself (`upkeep.py`). Whoever restores an old copy
of the database runs `replay`, which deletes the rows of everything that the key store knows to be erased.

A single field has no key of its own: its row is deleted, and deleted again after a restore; a copy made before still
contains it, sealed with the person's key. A withdrawn consent is such an erasure, too: after a restore it is withdrawn
again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Final, Protocol, TypeAlias

import msgspec

from .audit import Audit
from .key_tables import AT_ONCE, Scope
from .keys import ACCOUNT_NUMBER, CLOCKS_DIFFER_S
from .quotes import forget_quotes
from .vault import Vault

UNDISTURBED_S: Final = 60.0
"""For so long an erasure is left to the process that began it; it takes seconds."""
WITHDRAWAL: Final = "withdrawal"
"""The reason in the certificate of a withdrawn consent."""
FOR_EVER: Final = float("inf")
TICK_S: Final = 1e-6
"""What two moments differ by at least, in unix seconds as a float holds them."""
Also: TypeAlias = Callable[[str], Awaitable[object]]
"""Erases what is kept about an OpenID elsewhere: sessions, caches, the program's own tables."""


class Elsewhere(Protocol):
    """What others than this package keep of people's fields; it goes with them. What it does may be done twice.

    Raises StateDown when that cannot be done now: the erasure stays open then, and is ended later.
    """

    async def forget_fields(self, account: str, numbers: Sequence[int], fields: Sequence[str]) -> object:
        """These fields of these people are erased, withdrawn, or were kept for their time."""

    async def forget_account(self, account: str) -> object:
        """The account is erased: its keys are destroyed."""


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """What was erased, when and why: never the data, nor the OpenID."""

    account: str
    number: int
    """The person's number; 0: the whole account."""
    scope: Scope
    at: float
    reason: str
    """`unsubscribe`, `revoke`, `cancellation`, `request`, `withdrawal`, `end of service`, or the operator's words."""
    by: str
    fields: list[str]
    """Names of the fields that were stored or, for single fields, agreed to."""


class Erasure:
    """Erases in one account. `also` is called with the OpenID before a person's rows go, `elsewhere` when single fields
    or the whole account are gone."""

    def __init__(self, vault: Vault, also: Sequence[Also] = (), elsewhere: Sequence[Elsewhere] = ()) -> None:
        self._vault, self._tables, self._keys = vault, vault.tables, vault.keyring.tables
        self._audit = Audit(vault)
        self._account, self._also, self._elsewhere = vault.account, tuple(also), tuple(elsewhere)

    async def person(self, openid: str, *, reason: str, by: str = "") -> Certificate | None:
        """Erase everything about a person; None when nothing is stored. Work that waits for them goes, too; what is
        being worked on at this moment goes at its end."""
        number = await self._vault.person(openid)
        for erase in self._also:
            await erase(openid)
        if number is None:
            await self._tables.erase(self._account, [], [openid])
            return None
        fields = [row.field for row in await self._tables.fields(self._account, number)]
        certificate = self._certificate(number, "person", reason, by, fields)
        certificate = await self._recorded(certificate)
        await self._tables.erase(self._account, [number], [openid, str(number)])
        await self._audit.append("erase", number=number, by=by, reason=reason, fields=fields)
        await self._keys.end_erasure(self._account, number, certificate.at)
        return certificate

    async def fields(
        self, openid: str, fields: Sequence[str], *, reason: str, by: str = ""
    ) -> Certificate | None:
        """Erase single fields of a person, and end the consents to them; None when none of them was stored or agreed
        to. The certificate names those that were."""
        number = await self._vault.person(openid)
        if number is None:
            return None
        certificate, gone = await self._end(number, fields, reason, by)
        await self._audit.append("erase fields", number=number, by=by, reason=reason, fields=gone)
        return await self._ended(certificate)

    async def withdraw(self, openid: str, fields: Sequence[str], *, by: str = "") -> list[str]:
        """End the consents to fields and erase their values; which fields had one."""
        number = await self._vault.person(openid)
        if number is None:
            return []
        certificate, gone = await self._end(number, fields, WITHDRAWAL, by)
        await self._audit.append("withdraw", number=number, by=by, fields=list(fields), deleted=gone)
        await self._ended(certificate)
        return gone

    async def _end(
        self, number: int, fields: Sequence[str], reason: str, by: str
    ) -> tuple[Certificate | None, list[str]]:
        """Record the erasure of those fields that are stored or agreed to, and delete their rows; the names of those
        that had a value. Without any such field nothing is recorded."""
        rows = await self._tables.fields(self._account, number)
        standing = [row for row in await self._tables.consents(self._account, number) if not row.withdrawn_at]
        known = {row.field for row in rows} | {row.field for row in standing}
        there = [field for field in dict.fromkeys(fields) if field in known]
        if not there:
            return None, []
        certificate = self._certificate(number, "fields", reason, by, there)
        stored_at = [row.stored_at for row in rows if row.field in there]
        given_at = [row.given_at for row in standing if row.field in there]
        certificate = await self._recorded(_not_before(certificate, max(stored_at + given_at)))
        await forget_quotes(self._vault, {number: [row for row in rows if row.field in there]})
        await self._tables.withdraw(self._account, number, there, certificate.at, until=FOR_EVER)
        gone = await self._tables.delete_fields(self._account, number, there, certificate.at)
        await self.forget_elsewhere([number], there)
        return certificate, gone

    async def forget_elsewhere(self, numbers: Sequence[int], fields: Sequence[str]) -> None:
        """After fields of people are deleted: have others let go of them, too."""
        for one in self._elsewhere:
            await one.forget_fields(self._account, numbers, fields)

    async def _ended(self, certificate: Certificate | None) -> Certificate | None:
        if certificate is not None:
            await self._keys.end_erasure(self._account, certificate.number, certificate.at)
        return certificate

    async def account(self, *, reason: str, by: str = "") -> Certificate:
        """Erase all data of the account's people, its audit trail too: the end of the service (终止使用)."""
        async for openid in self._everybody():
            for erase in self._also:
                await erase(openid)
        certificate = self._certificate(ACCOUNT_NUMBER, "account", reason, by, [])
        latest = await self._tables.latest(self._account)
        certificate = await self._recorded(_not_before(certificate, latest))
        self._vault.keyring.forget(self._account)
        await self._delete_rows(certificate)
        await self._keys.end_erasure(self._account, ACCOUNT_NUMBER, certificate.at)
        return certificate

    async def complete(self, older_s: float = UNDISTURBED_S) -> list[Certificate]:
        """Delete the rows of erasures that were begun more than `older_s` seconds ago and not ended: their process
        died. Which ones."""
        until = self._vault.clock.now() - older_s
        begun = await self._keys.open_erasures(self._account, until)
        found = [msgspec.json.decode(written, type=Certificate) for written in begun]
        for one in found:
            await self._delete_rows(one)
            if one.scope != "account":
                action = "erase" if one.scope == "person" else "erase fields"
                if (one.scope, one.reason) == ("fields", WITHDRAWAL):
                    action = "withdraw"
                detail = {"reason": one.reason, "fields": one.fields, "completed": True}
                await self._audit.append(action, number=one.number, by=one.by, **detail)
            await self._keys.end_erasure(self._account, one.number, one.at)
        return found

    async def certificates(self, since: float = 0.0) -> list[Certificate]:
        """Of all erasures, oldest first."""
        found = await self._keys.erasures(self._account, since)
        return [msgspec.json.decode(written, type=Certificate) for _, _, written in found]

    async def replay(self) -> int:
        """Erase again whatever an old copy of the database brought back; how many erasures had something to do."""
        again = 0
        for one in await self.certificates():
            again += any((await self._delete_rows(one)).values())
        lost = await self._audit.accept_end()
        if again or lost:
            await self._audit.append("replay", by="restore", erasures=again, lost_entries=lost)
        return again

    async def _delete_rows(self, one: Certificate) -> dict[str, int]:
        """Delete the rows of an erasure that is recorded already; how many of each kind."""
        if one.scope == "account":
            deleted = await self._tables.erase_account(self._account, one.at)
            await self._delete_unreadable()
            for elsewhere in self._elsewhere:
                await elsewhere.forget_account(self._account)
            return deleted
        if one.scope == "person":
            return await self._tables.erase(self._account, [one.number], [str(one.number)], running=True)
        ended = await self._tables.withdraw(self._account, one.number, one.fields, one.at)
        rows = await self._tables.fields(self._account, one.number)
        old = [row for row in rows if row.field in one.fields and row.stored_at <= one.at]
        await forget_quotes(self._vault, {one.number: old})
        gone = await self._tables.delete_fields(self._account, one.number, one.fields, one.at)
        await self.forget_elsewhere([one.number], one.fields)
        return {"fields": len(gone), "consents": ended}

    async def _delete_unreadable(self) -> None:
        """Delete the rows of people who have no key: they were written while the account was erased, or by a host whose
        clock is ahead."""
        after = 0
        while numbers := await self._tables.people(self._account, after, AT_ONCE):
            after = numbers[-1]
            readable = {row.number for row in await self._keys.person_keys(self._account, numbers)}
            dead = [number for number in numbers if number not in readable]
            if dead:
                lines = [str(number) for number in dead]
                await self._tables.erase(self._account, dead, lines, running=True)

    async def _everybody(self) -> AsyncIterator[str]:
        """The OpenIDs of all people of the account."""
        after = 0
        while numbers := await self._tables.people(self._account, after, AT_ONCE):
            after = numbers[-1]
            for openid in await self._vault.openids(numbers):
                if openid is not None:
                    yield openid

    async def _recorded(self, certificate: Certificate) -> Certificate:
        """Record an erasure in the key store, its keys destroyed; later by some microseconds than it says, when another
        one of this number has the same moment."""
        while not await self._keys.record_erasure(
            self._account,
            certificate.number,
            msgspec.json.encode(certificate),
            certificate.at,
            certificate.scope,
        ):
            certificate = msgspec.structs.replace(certificate, at=certificate.at + TICK_S)
        return certificate

    def _certificate(self, number: int, scope: Scope, reason: str, by: str, fields: list[str]) -> Certificate:
        return Certificate(
            account=self._account,
            number=number,
            scope=scope,
            at=self._vault.clock.now(),
            reason=reason,
            by=by,
            fields=fields,
        )


def _not_before(certificate: Certificate, latest: float) -> Certificate:
    """The certificate of what was stored until `latest`: another host may have stored it, whose clock is ahead, and a
    restored copy is judged by the certificate's time."""
    at = max(certificate.at, min(latest, certificate.at + CLOCKS_DIFFER_S))
    return msgspec.structs.replace(certificate, at=at)
