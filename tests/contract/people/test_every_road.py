"""Every public method of everything that is bound to an account is called through another account, about the first
one's people: none gives or changes anything of theirs. Methods that are added are tried by themselves.

The account is in the same Open Platform account as nobody: theirs are two, and the same person has one UnionID in both.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest

from gongzhong import MovableClock
from gongzhong.people import Audit, People, Purposes
from gongzhong.people.key_tables import AccountKeyRow, PersonKeyRow
from gongzhong.people.sealed import SealedSessions, SealedWork
from gongzhong.people.tables import AuditRow, NewPerson, StoredConsent, StoredField
from gongzhong.state import open_state
from gongzhong.state.sessions import StateSessionStore
from gongzhong.store import NewWork, Work
from gongzhong.store.sql import SqlWork

from .conftest import Places
from .test_erasure import NICKNAME, PHONE, fill, rows_of
from .test_records import ALICE, BOB, SHOP, purposes
from .test_upkeep import Followers

pytestmark = pytest.mark.anyio
OTHER = "wx00000000000000bb"
UNIONID, REMEMBERED, ASKED = "uAliceEverywhere", "上次谈到的红毛衣", "我想退掉那件红毛衣"
SECRETS = (PHONE, NICKNAME, UNIONID, REMEMBERED, ASKED)
OF_EVERYBODY = {"close", "accounts", "erased_accounts", "renew", "health", "counts", "replay", "delete"}
"""Methods that are bound to no account by what they are: for operators of the whole database, who give row numbers of
their own, or about this process's rows."""


def declared() -> Purposes:
    made = purposes()
    made.add(
        made.of("phone").__class__(field="unionid", purpose="各号同一人", text_version="1", basis="service")
    )
    return made


class Values:
    """An argument for each name of a parameter."""

    def __init__(self, people: People, number: int, waiting: Work, clock: MovableClock) -> None:
        sealed, now = b"x", clock.now()
        field = StoredField("phone", sealed, "x", now)
        consent = StoredConsent(0, "phone", "x", "1", sealed, now, 0.0)
        theirs = Work(
            **{name: getattr(waiting, name) for name in waiting.__struct_fields__} | {"account": OTHER}
        )
        self.by_name: dict[str, Any] = {
            "account": OTHER,
            "accounts": [OTHER],
            "openid": ALICE,
            "openids": [ALICE, BOB],
            "number": number,
            "numbers": [number],
            "people": [NewPerson(9_000_001, "lookup", sealed)],
            "person": number,
            "platform": "wxother",
            "fields": ["phone", "nickname", "unionid"],
            "field": "phone",
            "value": field,
            "declared": declared(),
            "values": [(number, field, declared().of("phone"))],
            "lookups": ["lookup"],
            "consent": consent,
            "items": [],
            "row": AuditRow(9_000_000, number, now, sealed, sealed),
            "rows": [],
            "by": "other",
            "reason": "x",
            "snapshot": False,
            "how": "chat",
            "text": "",
            "action": "look",
            "detail": {},
            "after": -1,
            "limit": 100,
            "n": 10,
            "now": now,
            "until": now,
            "since": 0.0,
            "before": now + 1,
            "lines": [str(number), ALICE],
            "line": ALICE,
            "kinds": ["push"],
            "kind": "push",
            "mark": "x" * 8,
            "ids": [waiting.id],
            "holder": "other",
            "seconds": 60.0,
            "work": theirs,
            "done": [theirs],
            "then": [],
            "due": now,
            "data": b"mine",
            "stage": None,
            "every_s": 0.0,
            "running": True,
            "key": f"{OTHER}:{ALICE}",
            "lifetime_s": 60.0,
            "loaded": None,
            "older_s": -1.0,
            "unionids": {},
            "purposes": declared(),
            "state": "",
            "openid_other": ALICE,
            "api": Followers(platform="wxother").api,
            "version": 1,
            "wrapped": sealed,
            "certificate": b"{}",
            "at": now,
            "scope": "fields",
            "digest": "d",
            "seq": 1,
            "first": True,
            "fresh": False,
            "certificates": {},
            "told": lambda _: None,
            "progress": lambda _: None,
        }

    def of(self, method: Callable[..., Any]) -> dict[str, Any]:
        special = SPECIAL.get(method.__qualname__, {})
        names = [
            name
            for name, one in inspect.signature(method).parameters.items()
            if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY) and name != "self"
        ]
        missing = [name for name in names if name not in self.by_name and name not in special]
        assert not missing, f"give values for {missing} of {method.__qualname__}"
        return {name: special.get(name, self.by_name.get(name)) for name in names}


SPECIAL: dict[str, dict[str, Any]] = {
    "Records.store": {"value": "13900000000", "field": "unionid"},
    "PeopleTables.put_field": {"declared": declared().of("phone")},
    "PeopleTables.set_unions": {"lookups": {1: "lookup"}},
    "Vault.lookup": {"value": "x"},
    "SealedWork.add": {"items": [NewWork(kind="push", data=b"mine", line=ALICE, key="mine")]},
    "KeyTables.add_account_key": {"row": AccountKeyRow("people", 9_000_000, b"x", "m")},
    "KeyTables.rewrap_account_key": {"row": AccountKeyRow("people", 1, b"x", "m"), "before": "m"},
    "KeyTables.rewrap_person_keys": {"rows": [(PersonKeyRow(1, 9_000_000, b"x"), 1)]},
    "KeyTables.add_person_keys": {"rows": [PersonKeyRow(1, 9_000_000, b"x")]},
    "KeyTables.set_audit_head": {"digest": b"d"},
    "KeyTables.move_audit_head": {"before": (1, b"d"), "after": (2, b"d")},
}


def methods_of(*things: Any) -> list[Callable[..., Any]]:
    """Their public asynchronous methods, those that erase everything last."""
    found = [
        method
        for thing in things
        for name, method in inspect.getmembers(thing, inspect.iscoroutinefunction)
        if not name.startswith("_") and name not in OF_EVERYBODY
    ]
    return sorted(found, key=lambda method: method.__name__ in ("account", "erase_account", "record_erasure"))


async def everything(people: People, places: Places) -> dict[str, Any]:
    """All that is stored of the shop, as it opens."""
    records = people.records(SHOP, declared())
    work = SealedWork(SqlWork(people.tables.database, places.clock), people)
    rows = await rows_of(places.data)
    return {
        "fields": [await records.all(openid) for openid in (ALICE, BOB)],
        "consents": [await records.consents(openid) for openid in (ALICE, BOB)],
        "trail": [row for row in rows["person_audit"] if row[0] == SHOP],
        "people": [row for row in rows["person"] if row[0] == SHOP],
        "work": await work.show(SHOP),
        "keys": await people.keyring.tables.account_keys(SHOP),
        "erasures": await people.keyring.tables.erasures(SHOP),
    }


async def test_no_public_method_crosses_from_one_account_to_another(people: People, places: Places) -> None:
    clock = places.clock
    await fill(people)
    state = open_state("memory:", clock)
    work = SealedWork(SqlWork(people.tables.database, clock), people)
    sessions = SealedSessions(StateSessionStore(state), people)
    [waiting] = await work.add(SHOP, [NewWork(kind="push", data=ASKED.encode(), line=ALICE, key="m")])
    await sessions.save(f"{SHOP}:{ALICE}", REMEMBERED.encode(), 3600)
    for account, openid, platform in ((SHOP, ALICE, "wxopen"), (OTHER, "oAliceThere", "wxother")):
        followers = Followers(openid, platform=platform)
        followers.unionids = {openid: UNIONID}
        await people.directory(account, declared(), followers.api, open_platform=platform).sync()
    [number] = await people.vault(SHOP).numbers([ALICE])
    await people.vault(OTHER).numbers([f"oOther{one}" for one in range(number)])
    values, before = Values(people, number, waiting, clock), await everything(people, places)
    assert UNIONID in str(before["fields"])
    own = people.records(OTHER, declared())
    unions = people.unions(OTHER, "wxother")
    things = [
        *(people.vault(OTHER), own, Audit(people.vault(OTHER)), people.erasure(OTHER), unions),
        *(work, sessions, people.tables, people.keyring, people.keyring.tables),
    ]
    methods = methods_of(*things)
    assert len(methods) > 80
    for method in methods:
        told = repr(await method(**values.of(method)))
        own_words = (
            {UNIONID} if method.__qualname__.startswith("Records.") else set()
        )  # of the other account, too
        assert not [text for text in SECRETS if text in told and text not in own_words], method.__qualname__
        assert await everything(people, places) == before, f"{method.__qualname__} changed it"
    assert await sessions.load(f"{SHOP}:{ALICE}") == REMEMBERED.encode()
    assert (await Audit(people.vault(SHOP)).verify()).whole
    await state.close()
