"""Everything that is held about a person of an account, for them to have: what is stored, remembered, sent, and waits.

Fields, consents and history come from the records; the session and the messages and answers that wait from where the
app keeps them; what campaigns send, with the person's variables, from theirs. What a program keeps in tables of its
own it adds itself.
"""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import msgspec

from ..sharing.person import forget_answers, record_key
from ..store import Work, WorkStore
from ..wire import read_xml
from .elsewhere import kept_elsewhere
from .inbox import ANSWER, LATE, PUSH, KeptPush, read_answer, read_late
from .sessions import PLACE, SessionStore

if TYPE_CHECKING:
    from ..people import Erasure, People, Purposes, Records
    from ..people.sealed import SealedSessions
    from ..state import State


async def export(
    records: Records, openid: str, *, store: WorkStore, sessions: SessionStore | None, by: str = ""
) -> dict[str, Any] | None:
    """What `Records.export` gives, with `session`, `waiting` and `campaigns`; None when nothing is stored about the
    person.

    Raises StateDown.
    """
    from ..campaigns.person import campaigns_of  # programs that export nothing need not wait for it
    from ..campaigns.tables import CampaignTables

    [number] = await records.vault.find([openid])
    found = await records.export(openid, by=by)
    if found is None or number is None:
        return None
    sent = await campaigns_of(CampaignTables(records.vault.tables.database), records.vault, number)
    for one in sent:
        one.update(planned_at=_time(one["planned_at"]), at=_time(one["at"]) if one["at"] else None)
    account = records.vault.account
    held = None if sessions is None else await sessions.load(f"{account}:{openid}")
    session: dict[str, Any] = msgspec.json.decode(held) if held else {}
    session.pop(PLACE, None)
    rows = [row for kind in (PUSH, ANSWER, LATE) for row in await store.in_line(account, kind, openid)]
    return {**found, "session": session, "waiting": [_shown(row) for row in rows], "campaigns": sent}


async def export_stored(
    people: People, account: str, purposes: Purposes, openid: str, *, state: str, by: str = ""
) -> dict[str, Any] | None:
    """The same without a running program: sessions are read from the shared state of this address, if there is one."""
    from ..people.sealed import SealedWork
    from ..store.sql import SqlWork

    store = SealedWork(SqlWork(people.tables.database, people.clock), people)
    async with _opened(people, state) as opened:
        sessions = None if opened is None else _sessions(opened, people)
        records = people.records(account, purposes)
        return await export(records, openid, store=store, sessions=sessions, by=by)


@asynccontextmanager
async def stored_erasure(people: People, account: str, state: str) -> AsyncIterator[Erasure]:
    """Erasure in an account without a running program: in the shared state of this address, if there is one, the
    session and what was said to the person go, too. Raises SetupError for a wrong address."""
    async with _opened(people, state) as opened:

        async def forget(openid: str) -> None:
            if opened is not None:
                await _sessions(opened, people).delete(f"{account}:{openid}")
                await forget_answers(opened, record_key(account, openid))

        yield people.erasure(account, [forget], kept_elsewhere(people, opened))


@asynccontextmanager
async def stored_records(
    people: People, account: str, purposes: Purposes, state: str
) -> AsyncIterator[Records]:
    """What is stored about the people of an account, without a running program; `state` as for `stored_erasure`."""
    async with _opened(people, state) as opened:
        yield people.records(account, purposes, kept_elsewhere(people, opened))


async def replay_stored(people: People, state: str) -> int:
    """After a restore: erase again what was erased, in all accounts; how much. `state` as for `stored_erasure`."""
    async with _opened(people, state) as opened:
        return await people.replay(kept_elsewhere(people, opened))


@asynccontextmanager
async def _opened(people: People, state: str) -> AsyncIterator[State | None]:
    """The shared state of this address; None without an address. Raises SetupError for a wrong one."""
    from ..state import open_state

    if not state:
        yield None
        return
    opened = open_state(state, people.clock)
    try:
        yield opened
    finally:
        await opened.close()


def _sessions(opened: State, people: People) -> SealedSessions:
    from ..people.sealed import SealedSessions
    from ..state.sessions import StateSessionStore

    return SealedSessions(StateSessionStore(opened), people)


def _shown(row: Work) -> dict[str, Any]:
    """A message or answer that waits, as JSON."""
    kind = "message" if row.kind == PUSH else "answer"
    told = {"kind": kind, "at": _time(row.created_at)}
    try:
        return {**told, "content": _content(row)}
    except Exception:  # written by a newer version, or damaged: it is put aside when its turn comes
        return {**told, "content": None, "unreadable": b64encode(row.data).decode()}


def _content(row: Work) -> Any:
    if row.kind == PUSH:
        return read_xml(msgspec.msgpack.decode(row.data, type=KeptPush).xml)
    return msgspec.to_builtins(read_answer(row).reply if row.kind == ANSWER else read_late(row)[1])


def _time(unix_s: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(unix_s))
