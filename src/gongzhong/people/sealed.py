"""Waiting messages, waiting answers and sessions, encrypted with the key of their person.

They stand around the store of work and the store of sessions and behave as these do. What lies in the database below
names people by their numbers; an erased person's rows cannot be read any more: whoever takes them removes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from ..store import Count, Health, NewWork, Stage, Work, WorkStore
from .errors import DataDamaged
from .vault import OPENID

if TYPE_CHECKING:
    from .people import People
    from .vault import Vault

SEALED_KINDS: Final = frozenset({"push", "answer", "late"})
"""Kinds of work whose line is an OpenID; other kinds pass as they are."""


DAMAGED: Final = b""
"""Data that no row has: nothing can be read from it."""


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """What is sealed of a row: its key, which may name the person, and its data."""

    key: str
    data: bytes


class SealedWork:
    """A `WorkStore` around another one. `show` gives the rows of people who were erased as they are stored."""

    def __init__(self, store: WorkStore, people: People) -> None:
        self._store, self._people = store, people
        self.clock = store.clock

    async def add(
        self, account: str, items: Sequence[NewWork], *, holder: str = "", seconds: float = 0.0
    ) -> list[Work]:
        sealed = await self._sealed(account, items)
        return await self._opened(
            account, await self._store.add(account, sealed, holder=holder, seconds=seconds)
        )

    async def take(self, account: str, kind: str, holder: str, n: int, seconds: float) -> list[Work]:
        return await self._taken(account, await self._store.take(account, kind, holder, n, seconds))

    async def renew(self, holder: str, seconds: float) -> set[int]:
        return await self._store.renew(holder, seconds)

    async def finish(self, work: Work, then: Sequence[NewWork] = ()) -> bool:
        return await self._store.finish(work, await self._sealed(work.account, then))

    async def overdue(self, accounts: Sequence[str], kinds: Sequence[str], n: int) -> list[tuple[str, str]]:
        lines: dict[str, list[str]] = {}
        for account, line in await self._store.overdue(accounts, kinds, n):
            lines.setdefault(account, []).append(line)
        return [
            (account, line) for account, of_it in lines.items() for line in await self._named(account, of_it)
        ]

    async def _named(self, account: str, lines: Sequence[str]) -> list[str]:
        """The OpenIDs of lines that are numbers of people; those of people who were erased are left out."""
        numbers = [int(line) for line in lines if line.isdecimal()]
        openids = dict(zip(numbers, await self._vault(account).openids(numbers), strict=True))
        found = (openids[int(line)] if line.isdecimal() else line for line in lines)
        return [line for line in found if line is not None]

    async def take_line(
        self, account: str, kinds: Sequence[str], line: str, holder: str, seconds: float
    ) -> list[Work]:
        [number] = await self._vault(account).find([line])
        theirs = [kind for kind in kinds if kind in SEALED_KINDS]
        others = [kind for kind in kinds if kind not in SEALED_KINDS]
        taken: list[Work] = []
        if theirs and number is not None:
            taken += await self._store.take_line(account, theirs, str(number), holder, seconds)
        if others:
            taken += await self._store.take_line(account, others, line, holder, seconds)
        return sorted(await self._taken(account, taken), key=lambda work: work.id)

    async def occupied(self, account: str, kinds: Sequence[str], lines: Sequence[str]) -> set[str]:
        theirs = [kind for kind in kinds if kind in SEALED_KINDS]
        others = [kind for kind in kinds if kind not in SEALED_KINDS]
        found = await self._store.occupied(account, others, lines) if others else set()
        numbers = await self._vault(account).find(lines) if theirs else []
        names = {
            str(number): line for number, line in zip(numbers, lines, strict=False) if number is not None
        }
        if names:
            found |= {names[name] for name in await self._store.occupied(account, theirs, list(names))}
        return found

    async def settle(self, done: Sequence[Work], account: str, then: Sequence[NewWork] = ()) -> bool:
        return await self._store.settle(done, account, await self._sealed(account, then))

    async def put_back(self, work: Work, reason: str, *, due: float = 0.0, data: bytes | None = None) -> bool:
        if data is not None:
            new = NewWork(kind=work.kind, data=data, line=work.line, key=work.key)
            [sealed] = await self._sealed(work.account, [new])
            data = sealed.data
        return await self._store.put_back(work, reason, due=due, data=data)

    async def bury(self, work: Work, reason: str) -> bool:
        return await self._store.bury(work, reason)

    async def show(
        self,
        account: str = "",
        kind: str = "",
        stage: Stage | None = None,
        *,
        after: int = 0,
        limit: int = 100,
    ) -> list[Work]:
        rows = await self._store.show(account, kind, stage, after=after, limit=limit)
        opened: dict[int, Work] = {}
        for owner in {row.account for row in rows}:
            theirs = await self._opened(owner, [row for row in rows if row.account == owner])
            opened |= {row.id: row for row in theirs}
        return [opened.get(row.id, row) for row in rows]

    async def health(self) -> Health:
        return await self._store.health()

    async def in_line(self, account: str, kind: str, line: str) -> list[Work]:
        if kind not in SEALED_KINDS:
            return await self._store.in_line(account, kind, line)
        [number] = await self._vault(account).find([line])
        if number is None:
            return []
        return await self._opened(account, await self._store.in_line(account, kind, str(number)))

    async def replay(self, ids: Sequence[int], *, every_s: float = 0.0) -> int:
        return await self._store.replay(ids, every_s=every_s)

    async def delete(self, ids: Sequence[int]) -> int:
        return await self._store.delete(ids)

    async def counts(self) -> list[Count]:
        return await self._store.counts()

    async def close(self) -> None:
        await self._store.close()

    def _vault(self, account: str) -> Vault:
        return self._people.vault(account)

    async def _sealed(self, account: str, items: Sequence[NewWork]) -> list[NewWork]:
        vault = self._vault(account)
        theirs = [item for item in items if item.kind in SEALED_KINDS and item.line]
        numbers = await vault.numbers([item.line for item in theirs])
        kept = [msgspec.msgpack.encode(Kept(item.key, item.data)) for item in theirs]
        sealed = await vault.seal(
            [(number, item.kind, data) for number, item, data in zip(numbers, theirs, kept, strict=True)]
        )
        ready = {
            id(item): NewWork(
                kind=item.kind,
                data=data,
                line=str(number),
                key=await vault.lookup("work", item.key) if item.key else "",
                due=item.due,
            )
            for item, number, data in zip(theirs, numbers, sealed, strict=True)
        }
        return [ready.get(id(item), item) for item in items]

    async def _taken(self, account: str, rows: Sequence[Work]) -> list[Work]:
        """Rows that are held now, as they were added. Those of people of whom an erasure is recorded are removed: a
        process that died held them at the erasure."""
        opened = await self._opened(account, rows)
        readable = {row.id for row in opened}
        hidden = [row for row in rows if row.id not in readable]
        if hidden:
            numbers = [int(row.line) for row in hidden]
            erased = await self._people.keyring.tables.erased(account, numbers)
            await self._store.settle([row for row in hidden if int(row.line) in erased], account)
        return opened

    async def _opened(self, account: str, rows: Sequence[Work]) -> list[Work]:
        """Rows as they were added; without those of people who were erased. The data of one that was changed in the
        database is DAMAGED: whoever takes it finds it unreadable and puts it aside."""
        vault = self._vault(account)
        theirs = [row for row in rows if row.kind in SEALED_KINDS and row.line.isdecimal()]
        numbers = [int(row.line) for row in theirs]
        openids = await vault.openids(numbers)
        plain = await self._unsealed(
            vault, [(number, row.kind, row.data) for number, row in zip(numbers, theirs, strict=True)]
        )
        opened: dict[int, Work | None] = {}
        for row, openid, data in zip(theirs, openids, plain, strict=True):
            if openid is None or data is None:
                opened[row.id] = None
                continue
            kept = msgspec.msgpack.decode(data, type=Kept) if data != DAMAGED else Kept(row.key, DAMAGED)
            opened[row.id] = msgspec.structs.replace(row, line=openid, key=kept.key, data=kept.data)
        found = (opened.get(row.id, row) for row in rows)
        return [row for row in found if row is not None]

    async def _unsealed(self, vault: Vault, items: list[tuple[int, str, bytes]]) -> list[bytes | None]:
        """What the vault gives, DAMAGED in place of what cannot be opened."""
        try:
            return await vault.unseal(items)
        except DataDamaged:
            if len(items) == 1:
                return [DAMAGED]
        return [value for item in items for value in await self._unsealed(vault, [item])]


class Sessions(Protocol):
    """A store of sessions that replaces a value only if it is still what was loaded; see `app.sessions`."""

    async def load(self, key: str) -> bytes | None: ...
    async def save(self, key: str, data: bytes, lifetime_s: float) -> None: ...
    async def delete(self, key: str) -> None: ...
    async def swap(self, key: str, loaded: bytes | None, data: bytes | None, lifetime_s: float) -> bool: ...


class SealedSessions:
    """A store of sessions around another one. Its keys are `APPID:OPENID`, below it `APPID:number`."""

    def __init__(self, store: Sessions, people: People) -> None:
        self._store, self._people = store, people

    async def load(self, key: str) -> bytes | None:
        return (await self._loaded(key))[1]

    async def save(self, key: str, data: bytes, lifetime_s: float) -> None:
        below, sealed = await self._sealed(key, data)
        await self._store.save(below, sealed, lifetime_s)

    async def delete(self, key: str) -> None:
        account, _, openid = key.partition(":")
        [number] = await self._people.vault(account).find([openid])
        if number is not None:
            await self._store.delete(f"{account}:{number}")

    async def swap(self, key: str, loaded: bytes | None, data: bytes | None, lifetime_s: float) -> bool:
        held, plain = await self._loaded(key)
        if plain != loaded:
            return False
        if data is None and held is None:
            return True
        below, sealed = await self._sealed(key, data or b"")
        return await self._store.swap(below, held, sealed if data is not None else None, lifetime_s)

    async def _loaded(self, key: str) -> tuple[bytes | None, bytes | None]:
        """What the store holds, and the session in it."""
        account, _, openid = key.partition(":")
        vault = self._people.vault(account)
        [number] = await vault.find([openid])
        held = None if number is None else await self._store.load(f"{account}:{number}")
        if held is None or number is None:
            return None, None
        rows = await vault.tables.openids(account, [number])
        theirs = [(number, OPENID, sealed) for sealed in rows.values()]
        [plain, *who] = await vault.unseal([(number, "session", held), *theirs])
        if who and who[0] not in (
            None,
            openid.encode(),
        ):  # somebody has moved blind indexes: see `Vault.person`
            raise DataDamaged(number, OPENID)
        return held, plain

    async def _sealed(self, key: str, data: bytes) -> tuple[str, bytes]:
        account, _, openid = key.partition(":")
        vault = self._people.vault(account)
        [number] = await vault.numbers([openid])
        [sealed] = await vault.seal([(number, "session", data)])
        return f"{account}:{number}", sealed
