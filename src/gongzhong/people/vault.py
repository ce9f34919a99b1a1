"""Numbers for OpenIDs, and sealing of what belongs to a person: bound to one account, many people at a time.

Rows elsewhere hold a person's number, never the OpenID. A number is never used again, also not after an erasure: a
person who comes back gets a new one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from ..clock import Clock
from ..errors import ArgumentError, StateDown
from .errors import DataDamaged, PersonErased
from .key_tables import batches
from .keys import AccountKeys, Keyring, bound_to
from .sealing import BadSeal, open_sealed, seal
from .tables import NewPerson, PeopleTables

OPENID: Final = "openid"
LONGEST_OPENID: Final = 128
"""Characters. WeChat's own have 28; longer ones are a mistake."""
MOST_ROUNDS: Final = 8


class Vault:
    """The people of one account. Every method raises StateDown when database or key store cannot be reached."""

    def __init__(
        self, account: str, keyring: Keyring, tables: PeopleTables, clock: Clock | None = None
    ) -> None:
        self.account = account
        self.keyring, self.tables = keyring, tables
        self.clock = clock or Clock()

    async def numbers(self, openids: Sequence[str]) -> list[int]:
        """The numbers of people; who has none yet gets one. Raises ArgumentError for what is no OpenID."""
        for openid in openids:
            _check(openid)
        found: list[int] = []
        for batch in batches(openids):
            found += await self._numbers(batch)
        return found

    async def find(self, openids: Sequence[str]) -> list[int | None]:
        """The numbers of people; None for those who have none. Creates nothing."""
        found = await self._found(openids)
        if None in found and await self.keyring.replaced(self.account):
            return await self._found(openids)
        return found

    async def person(self, openid: str) -> int | None:
        """The number of one person whose data is to be given, changed or erased; None for who has none.

        Raises DataDamaged when the row that was found is another person's: somebody has moved blind indexes.
        """
        [number] = await self.find([openid])
        if number is None:
            return None
        [theirs] = await self.openids([number])
        if theirs is not None and theirs != openid:
            raise DataDamaged(number, OPENID)
        return number

    async def _found(self, openids: Sequence[str]) -> list[int | None]:
        keys = await self.keyring.account(self.account)
        found: list[int | None] = []
        for batch in batches(openids):
            lookups = [keys.blind(OPENID, openid) for openid in batch]
            known = await self.tables.numbers(self.account, lookups)
            found += [known.get(lookup) for lookup in lookups]
        return found

    async def openids(self, numbers: Sequence[int]) -> list[str | None]:
        """The OpenIDs behind numbers; None for people who were erased or never existed."""
        found: list[str | None] = []
        for batch in batches(numbers):
            sealed = await self.tables.openids(self.account, batch)
            plain = await self.unseal(
                [(number, OPENID, sealed[number]) for number in batch if number in sealed]
            )
            opened = dict(zip((number for number in batch if number in sealed), plain, strict=True))
            found += [None if (text := opened.get(number)) is None else text.decode() for number in batch]
        return found

    async def living(self, numbers: Sequence[int]) -> set[int]:
        """Those of these people who were not erased. Opens nothing, and so takes a fraction of `openids`' time."""
        found: set[int] = set()
        for batch in batches(numbers):
            rows = await self.keyring.tables.person_keys(self.account, batch)
            found |= {row.number for row in rows}
        return found

    async def seal(self, items: Iterable[tuple[int, str, bytes]]) -> list[bytes]:
        """Encrypt values of people: (number, field, plain) → sealed, in the same order.

        `field` is bound to the value and needed to open it. Raises PersonErased, with nothing sealed, when somebody's
        key is gone.
        """
        wanted = list(items)
        keys = await self.keyring.people(self.account, [number for number, _, _ in wanted])
        erased = dict.fromkeys(number for number, _, _ in wanted if number not in keys)
        if erased:
            raise PersonErased(erased)
        account = self.account
        return [
            seal(keys[number], plain, bound_to(account, number, field)) for number, field, plain in wanted
        ]

    async def unseal(self, items: Iterable[tuple[int, str, bytes]]) -> list[bytes | None]:
        """Decrypt values: (number, field, sealed) → plain, in the same order; None when the person was erased.

        Raises DataDamaged for a value that was changed, or sealed for another account, person or field.
        """
        wanted = list(items)
        keys = await self.keyring.people(self.account, [number for number, _, _ in wanted])
        return [self._opened(keys.get(number), number, field, sealed) for number, field, sealed in wanted]

    async def lookup(self, kind: str, value: str) -> str:
        """The blind index of a value: equal for equal values of this account, and useless without its key."""
        return (await self.keyring.account(self.account)).blind(kind, value)

    def _opened(self, key: bytes | None, number: int, field: str, sealed: bytes) -> bytes | None:
        if key is None:
            return None
        try:
            return open_sealed(key, sealed, bound_to(self.account, number, field))
        except BadSeal:
            raise DataDamaged(number, field) from None

    async def _numbers(self, openids: Sequence[str]) -> list[int]:
        for _ in range(MOST_ROUNDS):
            keys = await self.keyring.account(self.account)
            lookups = {openid: keys.blind(OPENID, openid) for openid in openids}
            known = await self.tables.numbers(self.account, list(lookups.values()))
            missing = [openid for openid, lookup in lookups.items() if lookup not in known]
            if not missing:
                return [known[lookups[openid]] for openid in openids]
            await self._add(keys, {openid: lookups[openid] for openid in missing})
        raise StateDown(
            "人员编号一直被占用：密钥库可能是从旧备份恢复的",
            "numbers of people keep being taken: the key store may have been restored from an old copy",
        )

    async def _add(self, keys: AccountKeys, lookups: dict[str, str]) -> None:
        """Make people: first the keys, then the rows. Another process may make the same people at the same time: then
        its rows stand, and the keys that were made here are taken away again. Rows are added in the order of their
        blind indexes, so that such processes do not wait for each other in a circle.

        When another process has erased the whole account meanwhile, the blind indexes that `keys` made mean nothing
        any more: then nobody is made, and the caller begins anew.
        """
        lookups = dict(sorted(lookups.items(), key=lambda item: item[1]))
        made = await self.keyring.new_people(self.account, len(lookups))
        if not keys.same_index(await self.keyring.account(self.account)):
            await self.keyring.tables.drop_person_keys(self.account, list(made))
            return
        people = [
            NewPerson(number, lookup, seal(key, openid.encode(), bound_to(self.account, number, OPENID)))
            for (openid, lookup), (number, key) in zip(lookups.items(), made.items(), strict=True)
        ]
        await self.tables.add_people(self.account, people, self.clock.now())
        standing = await self.tables.numbers(self.account, list(lookups.values()))
        unused = [one.number for one in people if standing.get(one.lookup) != one.number]
        if unused:
            await self.keyring.tables.drop_person_keys(self.account, unused)


def _check(openid: object) -> None:
    if not isinstance(openid, str) or not openid or len(openid) > LONGEST_OPENID or not _is_text(openid):
        raise ArgumentError(
            "OpenID 须是不为空的文字", f"an OpenID is a text of 1 to {LONGEST_OPENID} characters"
        )


def _is_text(openid: str) -> bool:
    """Whether it can be stored: half a surrogate pair, from a terminal in another encoding, cannot."""
    try:
        openid.encode()
    except UnicodeEncodeError:
        return False
    return True
