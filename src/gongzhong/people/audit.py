"""The audit trail of an account: who did what with whose data. Append-only, sealed, and chained.

An entry is sealed first; the chain (HMAC-SHA256 under a key of the account) runs over what is stored, so it can be
verified after the person was erased and the entry can no longer be read. Where the chain ends also stands in the key
store, so that entries cut off at the end are missed, too: that end moves on along whole links only, so it stays where
something was cut off, whatever is appended later. `verify` names what was changed, removed or inserted.
"""

from __future__ import annotations

import struct
from collections.abc import AsyncIterator
from typing import Any, Final

import msgspec

from .errors import DataDamaged
from .keys import ACCOUNT_NUMBER
from .tables import AuditRow
from .vault import Vault

PAGE: Final = 500
BEGINNING: Final = b"gongzhong audit trail"
BY_PERSON, BY_ACCOUNT = b"p", b"a"


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry. `action` is empty, and `detail` None, when the person was erased and it cannot be read any more."""

    seq: int
    at: float
    number: int
    """The person's number; 0: the account itself."""
    action: str
    by: str
    detail: dict[str, Any] | None


class AuditReport(msgspec.Struct, frozen=True):
    """Whether a trail is whole: how many entries it has, and each fault as (number of the entry, what is wrong).

    Faults: `changed` (or inserted), `missing`, `cut off` (entries at the end are missing).
    """

    entries: int
    faults: list[tuple[int, str]]

    @property
    def whole(self) -> bool:
        return not self.faults


class Audit:
    """The trail of one account."""

    def __init__(self, vault: Vault) -> None:
        self._vault, self._tables = vault, vault.tables
        self._account = vault.account

    async def append(self, action: str, *, number: int = ACCOUNT_NUMBER, by: str = "", **detail: Any) -> int:
        """Add an entry; its number. It is sealed for the person, or for the account when there is no such person."""
        text = msgspec.json.encode({"action": action, "by": by, "detail": detail})
        at = self._vault.clock.now()
        while True:
            last, previous = await self._tables.last_audit(self._account) or (0, BEGINNING)
            seq = last + 1
            sealed = await self._sealed(number, seq, text)
            # Afterwards: sealing has noticed whether another process has erased the account meanwhile.
            keys = await self._vault.keyring.account(self._account)
            row = AuditRow(seq, number, at, sealed, b"")
            digest = keys.link(previous, _written(row))
            if await self._tables.add_audit(self._account, msgspec.structs.replace(row, digest=digest)):
                await self._move_head((last, previous), (seq, digest))
                return seq

    async def entries(self, *, after: int = 0, limit: int = 100) -> list[AuditEntry]:
        """In order, from the one after `after`."""
        return [await self._read(row) for row in await self._tables.audit(self._account, after, limit)]

    async def about(self, number: int) -> list[AuditEntry]:
        """All entries about a person."""
        return [await self._read(row) async for row in self._rows() if row.number == number]

    async def verify(self) -> AuditReport:
        """Read the whole trail and check the chain."""
        keys = await self._vault.keyring.account(self._account)
        head = await self._vault.keyring.tables.audit_head(self._account)
        faults: list[tuple[int, str]] = []
        count, last, previous = 0, 0, BEGINNING
        head_met = head is None
        async for row in self._rows():
            if row.seq != last + 1:
                faults.append((last + 1, "missing"))
            elif row.digest != keys.link(previous, _written(row)):
                faults.append((row.seq, "changed"))
            if head is not None and row.seq == head[0]:
                head_met = True
                if row.digest != head[1] and (row.seq, "changed") not in faults:
                    faults.append((row.seq, "changed"))
            count, last, previous = count + 1, row.seq, row.digest
        if not head_met and head is not None and head[0] > last:
            faults.append((last + 1, "cut off"))
        return AuditReport(count, faults)

    async def accept_end(self) -> int:
        """After the database was restored from a copy: go on from its present end; how many entries are lost, at least
        1 when others stand in their place already."""
        head = await self._vault.keyring.tables.audit_head(self._account)
        if head is None:
            return 0
        at_head = await self._tables.audit(self._account, head[0] - 1, 1)
        if at_head and (at_head[0].seq, at_head[0].digest) == head:
            return 0
        last, digest = await self._tables.last_audit(self._account) or (0, BEGINNING)
        await self._vault.keyring.tables.set_audit_head(self._account, last, digest)
        return max(head[0] - last, 1)

    async def _move_head(self, before: tuple[int, bytes], after: tuple[int, bytes]) -> None:
        """Note in the key store that the trail ends later. Where it does not end at `before` there, another process is
        about to note its entry, or died before that, and the entries from there on are followed; or entries were cut
        off, and then its end stays."""
        tables = self._vault.keyring.tables
        if await tables.move_audit_head(self._account, before, after):
            return
        keys = await self._vault.keyring.account(self._account)
        head = await tables.audit_head(self._account) or (0, BEGINNING)
        seq, previous = head
        if seq:
            rows = await self._tables.audit(self._account, seq - 1, 1)
            if not rows or (rows[0].seq, rows[0].digest) != head:
                return
        async for row in self._rows(seq):
            if row.seq != seq + 1 or row.digest != keys.link(previous, _written(row)):
                break
            seq, previous = row.seq, row.digest
        if seq > head[0]:
            await tables.move_audit_head(self._account, head, (seq, previous))

    async def _sealed(self, number: int, seq: int, text: bytes) -> bytes:
        keys = await self._vault.keyring.people(self._account, [number, ACCOUNT_NUMBER])
        if ACCOUNT_NUMBER not in keys:
            await self._vault.keyring.add_own(self._account)
        owner = number if number in keys else ACCOUNT_NUMBER
        [sealed] = await self._vault.seal([(owner, f"audit:{seq}", text)])
        return (BY_ACCOUNT if owner == ACCOUNT_NUMBER else BY_PERSON) + sealed

    async def _read(self, row: AuditRow) -> AuditEntry:
        owner = row.number if row.sealed[:1] == BY_PERSON else ACCOUNT_NUMBER
        try:
            [text] = await self._vault.unseal([(owner, f"audit:{row.seq}", row.sealed[1:])])
        except DataDamaged:
            text = None  # `verify` tells it
        said = msgspec.json.decode(text) if text is not None else {"action": "", "by": "", "detail": None}
        return AuditEntry(seq=row.seq, at=row.at, number=row.number, **said)

    async def _rows(self, after: int = 0) -> AsyncIterator[AuditRow]:
        while rows := await self._tables.audit(self._account, after, PAGE):
            for row in rows:
                yield row
            after = rows[-1].seq


def _written(row: AuditRow) -> bytes:
    return struct.pack("!qqd", row.seq, row.number, row.at) + row.sealed
