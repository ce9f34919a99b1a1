"""Everything that is held about a person of an account, for them to have: what is stored, remembered, and waits.

Fields, consents and history come from the records; the session and the messages and answers that wait from where the
app keeps them. What a program keeps in tables of its own it adds itself.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import msgspec

from ..store import Work, WorkStore
from ..wire import read_xml
from .inbox import ANSWER, LATE, PUSH, KeptPush, read_answer, read_late
from .sessions import PLACE, SessionStore

if TYPE_CHECKING:
    from ..people import People, Purposes, Records


async def export(
    records: Records, openid: str, *, store: WorkStore, sessions: SessionStore | None, by: str = ""
) -> dict[str, Any] | None:
    """What `Records.export` gives, with `session` and `waiting`; None when nothing is stored about the person.

    Raises StateDown.
    """
    found = await records.export(openid, by=by)
    if found is None:
        return None
    account = records.vault.account
    held = None if sessions is None else await sessions.load(f"{account}:{openid}")
    session: dict[str, Any] = msgspec.json.decode(held) if held else {}
    session.pop(PLACE, None)
    rows = [row for kind in (PUSH, ANSWER, LATE) for row in await store.in_line(account, kind, openid)]
    return {**found, "session": session, "waiting": [_shown(row) for row in rows]}


async def export_stored(
    people: People, account: str, purposes: Purposes, openid: str, *, state: str, by: str = ""
) -> dict[str, Any] | None:
    """The same without a running program: sessions are read from the shared state of this address, if there is one."""
    from ..people.sealed import SealedSessions, SealedWork
    from ..state import open_state
    from ..state.sessions import StateSessionStore
    from ..store.sql import SqlWork

    store = SealedWork(SqlWork(people.tables.database, people.clock), people)
    opened = open_state(state, people.clock) if state else None
    sessions = None if opened is None else SealedSessions(StateSessionStore(opened), people)
    try:
        records = people.records(account, purposes)
        return await export(records, openid, store=store, sessions=sessions, by=by)
    finally:
        if opened is not None:
            await opened.close()


def _shown(row: Work) -> dict[str, Any]:
    """A message or answer that waits, as JSON."""
    content: Any
    if row.kind == PUSH:
        content = read_xml(msgspec.msgpack.decode(row.data, type=KeptPush).xml)
    elif row.kind == ANSWER:
        content = msgspec.to_builtins(read_answer(row).reply)
    else:
        content = msgspec.to_builtins(read_late(row)[1])
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(row.created_at))
    return {"kind": "message" if row.kind == PUSH else "answer", "at": at, "content": content}
