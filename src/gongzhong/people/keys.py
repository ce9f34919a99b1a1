"""Keys of accounts and people: made, unwrapped and rotated.

    master key ──wraps──► the account's key (versions) ──wraps──► one key per person ──seals──► their data
               └─wraps──► the account's index key: OpenID → blind index (HMAC-SHA256)

Account keys stay in memory once unwrapped; people's keys are read for each batch, so that an erased person's data
cannot be opened by any process from that moment on. A sealed value and a wrapped key are bound to account, person and
field: moved to another row they cannot be opened.

Rotation: the new version of an account's key is added, people's keys are wrapped again in batches, and a version that
wraps nothing is deleted. Other processes go on meanwhile. After it, a copy of the key store that was made earlier opens
with the old account key only, which the old master key wraps: once that is destroyed too, the copy is worthless.
"""

from __future__ import annotations

import asyncio
import hmac
import time
from collections.abc import Callable, Sequence
from os import urandom
from typing import Final

from ..clock import Clock
from ..errors import SetupError
from .errors import DataDamaged
from .key_tables import AccountKeyRow, KeyTables, PersonKeyRow, batches
from .masters import KEY_BYTES, Masters, reached
from .sealing import BadSeal, open_sealed, seal

PEOPLE, INDEX = "people", "index"
INDEX_CHARACTERS: Final = 32
"""Hexadecimal digits of a blind index: 128 bits, among which two OpenIDs never meet."""
WRAPPED_KEY: Final = "key"
ACCOUNT_NUMBER: Final = 0
"""Stands for the account itself among the numbers of people."""
JOINING: Final = "open:"
"""Begins the names under which keys are kept that belong to an Open Platform account, not to an official account."""
MOST_ROUNDS: Final = 5
LOOK_EVERY_S: Final = 5.0
"""How often, at most, a process looks whether an account was erased by another one."""
CLOCKS_DIFFER_S: Final = 120.0


class AccountKeys:
    """The unwrapped keys of one account. Never printed, never logged."""

    def __init__(self, index: bytes, versions: dict[int, bytes]) -> None:
        self._index = index
        self._audit = hmac.digest(index, b"audit", "sha256")
        self.versions = versions
        self.current = max(versions)

    def blind(self, kind: str, value: str) -> str:
        """The blind index of a value; `kind` keeps equal values of different kinds apart."""
        text = f"{kind}\0{value}".encode("utf-8", "surrogatepass")
        return hmac.digest(self._index, text, "sha256").hex()[:INDEX_CHARACTERS]

    def same_index(self, other: AccountKeys) -> bool:
        """Whether both make the same blind indexes: they do not when the account was erased in between."""
        return hmac.compare_digest(self._index, other._index)

    def link(self, previous: bytes, entry: bytes) -> bytes:
        """The digest of an entry of the audit trail, which covers everything before it."""
        return hmac.digest(self._audit, previous + entry, "sha256")


class Keyring:
    """Keys of all accounts of a key store. One per process; its methods may run at the same time."""

    def __init__(self, tables: KeyTables, masters: Masters, clock: Clock | None = None) -> None:
        self.tables, self._masters, self._clock = tables, masters, clock or Clock()
        self._accounts: dict[str, AccountKeys] = {}
        self._loaded_at: dict[str, float] = {}
        self._looked_at: dict[str, float] = {}
        self._reading: dict[tuple[str, asyncio.AbstractEventLoop], asyncio.Future[AccountKeys]] = {}
        self.look_every_s = LOOK_EVERY_S

    async def account(self, account: str, *, fresh: bool = False) -> AccountKeys:
        """The account's keys, made at first use. `fresh`: read them again.

        Raises SetupError when the master key that wrapped them is not configured, StateDown when the store or the key
        service is out of reach.
        """
        if fresh:
            return await self._read(account)
        if (known := self._accounts.get(account)) is not None:
            return known
        here = (account, asyncio.get_running_loop())
        reading = self._reading.get(here)
        if reading is None:  # of all that ask at the start, one asks the key service
            reading = self._reading[here] = asyncio.ensure_future(self._read(account))
            reading.add_done_callback(lambda _: self._reading.pop(here, None))
        return await asyncio.shield(reading)

    async def load(self, account: str) -> None:
        """Have the account's keys in memory, if there are any: later the key service may be out of reach."""
        if account not in self._accounts and await self.tables.account_keys(account):
            await self.account(account)

    async def _read(self, account: str) -> AccountKeys:
        rows = await self.tables.account_keys(account)
        missing = {PEOPLE, INDEX} - {row.purpose for row in rows}
        if missing:
            for purpose in sorted(missing):
                made = await self._new_key(account, purpose, int(self._clock.now()))
                await self.tables.add_account_key(account, made, self._clock.now(), first=True)
            rows = await self.tables.account_keys(account)
        plain = {(row.purpose, row.version): await self._unwrapped(account, row) for row in rows}
        [index] = [key for (purpose, _), key in plain.items() if purpose == INDEX]
        versions = {version: key for (purpose, version), key in plain.items() if purpose == PEOPLE}
        self._accounts[account] = keys = AccountKeys(index, versions)
        self._loaded_at[account] = self._clock.now()
        return keys

    async def accounts(self) -> list[str]:
        """AppIDs of the official accounts that have keys."""
        return [one for one in await self.tables.accounts() if not one.startswith(JOINING)]

    async def joining(self, platform: str) -> AccountKeys:
        """The keys by which people of the accounts of one Open Platform account are joined."""
        return await self.account(JOINING + platform)

    async def new_people(self, account: str, n: int) -> dict[int, bytes]:
        """Numbers and keys for `n` new people, stored."""
        made: dict[int, bytes] = {}
        for number in await self.tables.reserve(account, n):
            made[number] = urandom(KEY_BYTES)
        for batch in batches(list(made.items())):
            await self._add(account, batch)
        return made

    async def add_own(self, account: str) -> None:
        """Make the key of number 0, which seals what belongs to the account and to no person, if it is not there."""
        await self._add(account, [(ACCOUNT_NUMBER, urandom(KEY_BYTES))])

    async def people(self, account: str, numbers: Sequence[int]) -> dict[int, bytes]:
        """The keys of those of these people who have one. Raises DataDamaged for a key that was changed."""
        keys = await self.account(account)
        found: dict[int, bytes] = {}
        for batch in batches(list(dict.fromkeys(numbers))):
            rows = await self.tables.person_keys(account, batch)
            if any(row.version not in keys.versions for row in rows):
                keys, rows = await self._after_rotation(account, batch)
            for row in rows:
                found[row.number] = _person_key(account, keys, row)
        return found

    async def rotate_account(self, account: str, progress: Callable[[int], None] = lambda n: None) -> int:
        """Give an account a new key and wrap every person's key with it; how many.

        May be cut off at any point and run again. `progress` is called with how many were done so far.
        """
        before = await self.account(account, fresh=True)
        version = max(before.current + 1, int(self._clock.now()))
        made = await self._new_key(account, PEOPLE, version)
        await self.tables.add_account_key(account, made, self._clock.now(), first=False)
        return await self.finish_rotation(account, progress)

    async def finish_rotation(self, account: str, progress: Callable[[int], None] = lambda n: None) -> int:
        """Wrap what older versions of the account's key wrap with the present one, and delete those; how many."""
        done = 0
        keys = await self.account(account, fresh=True)
        while rows := await self.tables.old_person_keys(account, keys.current):
            again = [
                (_wrapped(account, keys, row.number, _person_key(account, keys, row)), row.version)
                for row in rows
            ]
            await self.tables.rewrap_person_keys(account, again)
            done += len(rows)
            progress(done)
        await self.tables.end_old_keys(account, keys.current)
        await self.account(account, fresh=True)
        return done

    async def rewrap_accounts(self) -> int:
        """Wrap the keys of all accounts with the present master key; how many were wrapped by an older one."""
        done = 0
        present = self._masters.present
        for account in await self.tables.accounts():
            for row in await self.tables.account_keys(account):
                if row.master == present.name:
                    continue
                key = await self._unwrapped(account, row)
                with reached(present):
                    wrapped = await present.wrap(key, _bound(account, row.purpose, row.version))
                moved = AccountKeyRow(row.purpose, row.version, wrapped, present.name)
                done += await self.tables.rewrap_account_key(account, moved, row.master)
        return done

    async def replaced(self, account: str) -> bool:
        """Whether another process has erased the account since its keys were read here; then they are forgotten.

        For whoever did not find a person: the blind index may be of the keys from before. Looks every LOOK_EVERY_S at
        most, otherwise the answer is False.
        """
        now = time.monotonic()
        if (
            account not in self._accounts
            or now - self._looked_at.get(account, -LOOK_EVERY_S) < self.look_every_s
        ):
            return False
        self._looked_at[account] = now
        known = self._accounts[account]
        if not await self.tables.account_erased(account, self._loaded_at[account] - CLOCKS_DIFFER_S):
            return False
        return not known.same_index(await self.account(account, fresh=True))

    def forget(self, account: str) -> None:
        """Drop the account's keys from this process's memory."""
        self._accounts.pop(account, None)

    async def close(self) -> None:
        await self.tables.close()

    async def _add(self, account: str, people: Sequence[tuple[int, bytes]]) -> None:
        """Store new people's keys, also while the account's key is being rotated."""
        keys = await self.account(account)
        for _ in range(MOST_ROUNDS):
            rows = [_wrapped(account, keys, number, key) for number, key in people]
            if await self.tables.add_person_keys(account, rows):
                return
            keys = await self.account(account, fresh=True)
        raise _changes_too_often(account)

    async def _after_rotation(
        self, account: str, numbers: Sequence[int]
    ) -> tuple[AccountKeys, list[PersonKeyRow]]:
        """People's keys and the account's, read until both belong together: a rotation may go on meanwhile."""
        for _ in range(MOST_ROUNDS):
            keys = await self.account(account, fresh=True)
            rows = await self.tables.person_keys(account, numbers)
            if all(row.version in keys.versions for row in rows):
                return keys, rows
        raise _changes_too_often(account)

    async def _new_key(self, account: str, purpose: str, version: int) -> AccountKeyRow:
        master = self._masters.present
        with reached(master):
            wrapped = await master.wrap(urandom(KEY_BYTES), _bound(account, purpose, version))
        return AccountKeyRow(purpose, version, wrapped, master.name)

    async def _unwrapped(self, account: str, row: AccountKeyRow) -> bytes:
        master = self._masters.named(row.master)
        with reached(master):
            return await master.unwrap(row.wrapped, _bound(account, row.purpose, row.version))


def _bound(account: str, purpose: str, version: int) -> bytes:
    return f"gongzhong\0{account}\0{purpose}\0{version}".encode()


def bound_to(account: str, number: int, field: str) -> bytes:
    """What a sealed value is bound to."""
    return f"{account}\0{number}\0{field}".encode()


def _wrapped(account: str, keys: AccountKeys, number: int, key: bytes) -> PersonKeyRow:
    version = keys.current
    wrapped = seal(keys.versions[version], key, bound_to(account, number, WRAPPED_KEY))
    return PersonKeyRow(number, version, wrapped)


def _person_key(account: str, keys: AccountKeys, row: PersonKeyRow) -> bytes:
    try:
        wrapper = keys.versions[row.version]
        return open_sealed(wrapper, row.wrapped, bound_to(account, row.number, WRAPPED_KEY))
    except BadSeal:
        raise DataDamaged(row.number, WRAPPED_KEY) from None


def _changes_too_often(account: str) -> SetupError:
    return SetupError(
        f"账号 {account} 的密钥不完整：密钥库里缺少保护个人密钥的账号密钥",
        f"the keys of {account} do not belong together: the account key that wraps people's keys is missing",
        fix_zh="恢复密钥库的备份；数据库和密钥库须属于同一套",
        fix_en="restore the key store; database and key store must belong together",
    )
