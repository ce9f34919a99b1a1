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
from ...people import (
    Audit,
    AuditEntry,
    Certificate,
    Consent,
    Erasure,
    People,
    Purposes,
    Records,
)

Body = TypeVar("Body")
Answer = TypeVar("Answer")
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


class Consents(msgspec.Struct, frozen=True):
    """What a person agreed to, oldest first."""

    consents: list[Consent]


class Withdrawn(msgspec.Struct, frozen=True):
    """The fields that had a value."""

    deleted: list[str]


class Exported(msgspec.Struct, frozen=True):
    """Everything about a person; null: nothing is stored."""

    person: dict[str, Any] | None


class Erased(msgspec.Struct, frozen=True):
    """The certificate of an erasure; null: there was nothing to erase."""

    certificate: Certificate | None


class Expired(msgspec.Struct, frozen=True):
    """How many values of each field were kept for their time."""

    deleted: dict[str, int]


class Certificates(msgspec.Struct, frozen=True):
    """Certificates of erasures, oldest first."""

    certificates: list[Certificate]


class Entries(msgspec.Struct, frozen=True):
    """Entries of the audit trail, in order."""

    entries: list[AuditEntry]


class Verified(msgspec.Struct, frozen=True):
    """Whether the audit trail is whole, of how many entries, and each fault as number of the entry and what is wrong:
    changed, missing, cut off."""

    whole: bool
    entries: int
    faults: list[list[int | str]]


class Action(msgspec.Struct, Generic[Body, Answer], frozen=True):
    """One action: the forms of its body and its answer, what it does, and what it is for."""

    body: type[Body]
    answer: type[Answer]
    do: Callable[[Caller, Body], Awaitable[Answer]]
    zh: str
    en: str


async def consents(caller: Caller, body: Person) -> Consents:
    return Consents(await caller.records.consents(body.openid))


async def withdraw(caller: Caller, body: Withdrawal) -> Withdrawn:
    async with stored_records(*caller.whose, caller.state) as records:
        return Withdrawn(await records.withdraw(body.openid, body.fields, by=caller.by))


async def export(caller: Caller, body: Person) -> Exported:
    purposes = caller.purposes or Purposes()
    found = await export_stored(
        caller.people, caller.account, purposes, body.openid, state=caller.state, by=caller.by
    )
    return Exported(found)


async def erase(caller: Caller, body: Erase) -> Erased:
    by, reason = caller.by, body.reason
    async with stored_erasure(caller.people, caller.account, caller.state) as erasure:
        if body.fields is not None:
            return Erased(await erasure.fields(body.openid, body.fields, reason=reason, by=by))
        return Erased(await erasure.person(body.openid, reason=reason, by=by))


async def erase_everybody(caller: Caller, body: Everybody) -> Erased:
    if body.confirm != caller.account:
        raise NotConfirmed
    async with stored_erasure(caller.people, caller.account, caller.state) as erasure:
        return Erased(await erasure.account(reason=body.reason, by=caller.by))


async def retention(caller: Caller, body: Nothing) -> Expired:
    if caller.purposes is None:
        raise NoPurposes
    async with stored_records(*caller.whose, caller.state) as records:
        return Expired(await records.retain(by=caller.by))


async def certificates(caller: Caller, body: Since) -> Certificates:
    return Certificates(await caller.erasure.certificates(body.since))


async def audit(caller: Caller, body: Page) -> Entries:
    return Entries(await caller.audit.entries(after=body.after, limit=body.limit))


async def verify(caller: Caller, body: Nothing) -> Verified:
    report = await caller.audit.verify()
    return Verified(report.whole, report.entries, [list(fault) for fault in report.faults])


ACTIONS: Final[Mapping[str, Action[Any, Any]]] = {
    "consents": Action(Person, Consents, consents, "一个人同意过什么", "what a person agreed to"),
    "withdraw": Action(
        Withdrawal, Withdrawn, withdraw, "撤回同意，删除这些字段", "end consents, and delete these fields"
    ),
    "export": Action(Person, Exported, export, "导出一个人的全部数据", "everything about a person"),
    "erase": Action(Erase, Erased, erase, "删除一个人或个别字段", "erase a person, or single fields"),
    "erase-everybody": Action(
        Everybody, Erased, erase_everybody, "删除公众号所有人的数据", "erase all people of the account"
    ),
    "retention": Action(Nothing, Expired, retention, "删除到期的数据", "delete what was kept for its time"),
    "certificates": Action(Since, Certificates, certificates, "删除证明", "the certificates of erasures"),
    "audit": Action(Page, Entries, audit, "审计记录", "the audit trail"),
    "verify": Action(
        Nothing, Verified, verify, "检查审计记录是否完整", "check that the audit trail is whole"
    ),
}
