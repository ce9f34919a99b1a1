"""What is done for people's data from time to time, by one process of all: retention, erasures, the directory.

Each job is a row of the table of work that waits until it is due, is done by whoever takes it, and waits again:

    retention   every hour       deletes what was kept for longer than its `keep_days`
    erasures    every minute     ends erasures whose process died in between
    directory   `sync_hours`     reads all followers, goes on where it stopped
    unions      every hour       forgets UnionIDs that are no longer stored, or are of an Open Platform account to which
                                 the account was bound before, or all where nobody is joined
    campaigns   every day        empties the variables of campaigns that ended a month ago (`app/duties.py`)

A job that fails is tried again after AGAIN_S at the latest. A process that dies during one loses its lease, and another
goes on. People who are to be read again (`Directory.note`) are read at every step.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Final

import msgspec

from ..errors import StateDown
from ..store import NewWork, Work, WorkStore
from .directory import LEASE_S, Directory
from .erasure import Erasure
from .records import Records
from .unions import Unions

KIND: Final = "upkeep"
HOUR_S: Final = 3600.0
ERASURES_S: Final = 60.0
AGAIN_S: Final = 300.0
RENEW_S: Final = LEASE_S / 3


class Job(msgspec.Struct, frozen=True):
    """Something that is done every so many seconds."""

    every_s: float
    do: Callable[[], Awaitable[object]]


class Upkeep:
    """The jobs of one account. `directory` None: the followers are not read. `sync_s` 0: not all of them by itself.
    `more`: jobs of the program, by names of their own."""

    def __init__(
        self,
        records: Records,
        erasure: Erasure,
        store: WorkStore,
        directory: Directory | None = None,
        *,
        sync_s: float = 24 * HOUR_S,
        unions: Unions | None = None,
        holder: str = "",
        more: Mapping[str, Job] | None = None,
    ) -> None:
        self._store, self._account = store, records.vault.account
        self._directory, self._keyring = directory, records.vault.keyring
        self._holder = holder or f"upkeep-{secrets.token_hex(8)}"
        tables = records.vault.tables
        self.jobs = {
            "retention": Job(HOUR_S, records.retain),
            "erasures": Job(ERASURES_S, erasure.complete),
            "unions": Job(HOUR_S, unions.end_others if unions else lambda: tables.end_unions(self._account)),
        }
        if directory is not None and sync_s > 0:
            self.jobs["directory"] = Job(sync_s, directory.sync)
        self.jobs |= more or {}
        self._noted = False

    async def step(self) -> list[str]:
        """Do every job that is due and that no other process has; their names. First of all the keys are loaded.

        Raises what a job raises, after the others were done: StateDown, or what the client raises.
        """
        with suppress(StateDown):  # jobs that need the keys say so
            await self._keyring.load(self._account)
        if not self._noted:
            await self._store.add(
                self._account, [NewWork(kind=KIND, key=name, data=b"") for name in self.jobs]
            )
            self._noted = True
        done: list[str] = []
        problems: list[Exception] = []
        while taken := await self._store.take(self._account, KIND, self._holder, 1, LEASE_S):
            try:
                await self._do(taken[0])
                done.append(taken[0].key)
            except Exception as problem:
                problems.append(problem)
        if self._directory is not None:
            while await self._directory.catch_up():
                pass
        if problems:
            raise problems[0]
        return done

    async def _do(self, work: Work) -> None:
        """One job, and when it is due again; a job that this program does not have is removed."""
        job = self.jobs.get(work.key)
        if job is None:
            await self._store.finish(work)
            return
        try:
            async with self._held():
                await job.do()
        except BaseException as problem:
            due = self._store.clock.now() + min(job.every_s, AGAIN_S)
            await self._store.put_back(work, type(problem).__name__, due=due)
            raise
        await self._store.put_back(work, "", due=self._store.clock.now() + job.every_s)

    @asynccontextmanager
    async def _held(self) -> AsyncIterator[None]:
        """Within it the lease is renewed."""

        async def renew() -> None:
            while True:
                await asyncio.sleep(RENEW_S)
                await self._store.renew(self._holder, LEASE_S)

        renewing = asyncio.create_task(renew())
        try:
            yield
        finally:
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)
