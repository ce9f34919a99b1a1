"""What the people API can do: each action once, with its body and its function. Roles name actions (`keys.py`).

The OpenID of a person stands in the body, never in the address: addresses end up in logs.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, Final, Generic, TypeVar

import msgspec
from msgspec import Meta

from ...app.export import export_stored, stored_erasure, stored_records
from ...errors import GongzhongError
from ...people import Audit, Erasure, People, Purposes, Records

Body = TypeVar("Body")
OpenID = Annotated[str, Meta(min_length=1, max_length=128)]
Words = Annotated[str, Meta(min_length=1, max_length=200)]
Fields = Annotated[list[Annotated[str, Meta(max_length=40)]], Meta(min_length=1, max_length=100)]


class NotConfirmed(GongzhongError):
    """The whole account was to be erased, and `confirm` is not its AppID."""

    def __init__(self) -> None:
        super().__init__("confirm 须是这个公众号的 AppID", "confirm must be the AppID of this account")


class NoPurposes(GongzhongError):
    """Retention needs what the program declares."""

    def __init__(self) -> None:
        super().__init__(
            "不知道程序声明了什么：用 gongzhong people serve 程序 启动",
            "it is not known what the program declares: start with gongzhong people serve PROGRAM",
        )


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """No further words."""


class Person(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    openid: OpenID


class Withdrawal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    openid: OpenID
    fields: Fields


class Erase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Without `fields`: everything about the person. An empty list is refused, lest it erases them by mistake."""

    openid: OpenID
    fields: Fields | None = None
    reason: Words = "request"


class Everybody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`confirm` is the AppID of the account, so that nobody erases one by mistake."""

    reason: Words
    confirm: str


class Page(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    after: Annotated[int, Meta(ge=0)] = 0
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100


class Since(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Unix seconds."""

    since: float = 0.0


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """One request that may do what it asks for: the account's people, and who asks, for the audit trail."""

    people: People
    account: str
    by: str
    purposes: Purposes | None
    state: str = ""
    """The address of the shared state, where sessions are; empty: there is none."""

    @property
    def whose(self) -> tuple[People, str, Purposes]:
        return self.people, self.account, self.purposes or Purposes()

    @property
    def records(self) -> Records:
        return self.people.records(self.account, self.purposes or Purposes())

    @property
    def erasure(self) -> Erasure:
        return self.people.erasure(self.account)

    @property
    def audit(self) -> Audit:
        return Audit(self.people.vault(self.account))


class Action(msgspec.Struct, Generic[Body], frozen=True):
    """One action: the form of its body, what it does, and what it is for."""

    body: type[Body]
    do: Callable[[Caller, Body], Awaitable[Any]]
    zh: str
    en: str


async def consents(caller: Caller, body: Person) -> Any:
    [number] = await caller.people.vault(caller.account).find([body.openid])
    if number is not None:
        await caller.audit.append("look", number=number, by=caller.by)
    return {"consents": await caller.records.consents(body.openid)}


async def withdraw(caller: Caller, body: Withdrawal) -> Any:
    async with stored_records(*caller.whose, caller.state) as records:
        return {"deleted": await records.withdraw(body.openid, body.fields, by=caller.by)}


async def export(caller: Caller, body: Person) -> Any:
    purposes = caller.purposes or Purposes()
    found = await export_stored(
        caller.people, caller.account, purposes, body.openid, state=caller.state, by=caller.by
    )
    return {"person": found}


async def erase(caller: Caller, body: Erase) -> Any:
    by, reason = caller.by, body.reason
    async with stored_erasure(caller.people, caller.account, caller.state) as erasure:
        if body.fields is not None:
            return {"certificate": await erasure.fields(body.openid, body.fields, reason=reason, by=by)}
        return {"certificate": await erasure.person(body.openid, reason=reason, by=by)}


async def erase_everybody(caller: Caller, body: Everybody) -> Any:
    if body.confirm != caller.account:
        raise NotConfirmed
    async with stored_erasure(caller.people, caller.account, caller.state) as erasure:
        return {"certificate": await erasure.account(reason=body.reason, by=caller.by)}


async def retention(caller: Caller, body: Nothing) -> Any:
    if caller.purposes is None:
        raise NoPurposes
    async with stored_records(*caller.whose, caller.state) as records:
        return {"deleted": await records.retain(by=caller.by)}


async def certificates(caller: Caller, body: Since) -> Any:
    return {"certificates": await caller.erasure.certificates(body.since)}


async def audit(caller: Caller, body: Page) -> Any:
    return {"entries": await caller.audit.entries(after=body.after, limit=body.limit)}


async def verify(caller: Caller, body: Nothing) -> Any:
    report = await caller.audit.verify()
    return {"whole": report.whole, "entries": report.entries, "faults": report.faults}


ACTIONS: Final[Mapping[str, Action[Any]]] = {
    "consents": Action(Person, consents, "一个人同意过什么", "what a person agreed to"),
    "withdraw": Action(
        Withdrawal, withdraw, "撤回同意，删除这些字段", "end consents, and delete these fields"
    ),
    "export": Action(Person, export, "导出一个人的全部数据", "everything about a person"),
    "erase": Action(Erase, erase, "删除一个人或个别字段", "erase a person, or single fields"),
    "erase-everybody": Action(
        Everybody, erase_everybody, "删除公众号所有人的数据", "erase all people of the account"
    ),
    "retention": Action(Nothing, retention, "删除到期的数据", "delete what was kept for its time"),
    "certificates": Action(Since, certificates, "删除证明", "the certificates of erasures"),
    "audit": Action(Page, audit, "审计记录", "the audit trail"),
    "verify": Action(Nothing, verify, "检查审计记录是否完整", "check that the audit trail is whole"),
}
