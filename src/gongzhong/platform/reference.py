"""What a developer looks up: calls with fields and codes, return codes with cause and fix and the calls that name them,
pushes with their elements.

Read from the declarations, like `coverage`, which says of each how far it is here. Causes and fixes are those of
`gongzhong explain`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final, Literal

import msgspec

from ..catalogue import codes, listed
from ..catalogue.failures import Explanation, explain, who_may
from ..catalogue.model import EVERY_ACCOUNT, TEST, VERIFIED, VERIFIED_SERVICE, Accounts
from ..catalogue.registry import CALLS, by_name, listed_calls
from ..messages.elements import Form, Slot, slots
from ..messages.events import cards, shops
from ..messages.model import Message, Push
from ..messages.writing import encode
from .coverage import CoveredPush, Endpoint, Given, Kit, PushKind, Simulated, codes_of, coverage
from .debugging import explained, forms
from .debugging.forms import CallForm
from .triggers import CATALOGUE, make
from .world.refusal import BadInput
from .world.world import AccountState, World

ENVELOPE: Final = ("ToUserName", "FromUserName", "CreateTime", "MsgType", "Event", "MsgId")
"""Elements that every push has."""

ElementKind = Literal["text", "number", "flag", "element"]


class CallEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One call, or the page that asks a person to sign in (`OAuth`): who may use it, and how far it is here."""

    name: str
    zh: str
    en: str
    verb: str
    path: str
    chapter: str
    chapter_zh: str
    chapter_en: str
    kit: Kit
    platform: Simulated
    accounts_zh: str
    accounts_en: str
    daily: int | None


class CodeOfCall(msgspec.Struct, frozen=True, kw_only=True):
    """A return code of one call."""

    code: int
    zh: str
    en: str
    given: Given
    fields: list[str]
    """Parameters that it is about, as far as the declaration says."""


class CallPage(msgspec.Struct, frozen=True, kw_only=True):
    """One call with everything that is declared about it; `form` is null for the page that is no call."""

    call: CallEntry
    form: CallForm | None
    codes: list[CodeOfCall]


class CodeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A return code: what it means, what to do about it in general (`category`), and how it came about in tests."""

    code: int
    zh: str
    en: str
    category: codes.Category
    given: Given
    calls: int
    """How many calls name it."""


class NamingCall(msgspec.Struct, frozen=True, kw_only=True):
    """A call whose page names the code, or that was refused with it in a test."""

    name: str
    path: str
    zh: str
    en: str
    given: Given


class CodePage(msgspec.Struct, frozen=True, kw_only=True):
    """One return code with cause and fix, and the calls that name it."""

    explanation: Explanation
    given: Given
    calls: list[NamingCall]


class ElementView(msgspec.Struct, frozen=True, kw_only=True):
    """One element of a push."""

    name: str
    attribute: str
    """What the kit calls it."""
    kind: ElementKind
    required: bool
    repeated: bool
    inside: list[ElementView] = []


class PushEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A message or an event, by the name that triggers it."""

    name: str
    kind: PushKind
    cls: str
    entry: str
    """Number in the list of messages (2.x) or events."""
    zh: str
    en: str
    answerable: bool
    """Whether a passive reply to it is shown to the person."""
    made_by: list[str]
    """Functions of the platform that make it; empty: it can only be triggered."""
    accounts_zh: str
    accounts_en: str


class PushPage(msgspec.Struct, frozen=True, kw_only=True):
    """One push with its elements, those that every push has left out, and an example."""

    push: PushEntry
    elements: list[ElementView]
    xml: str
    """As it would be pushed to the account; empty without an account."""


def call_rows() -> list[CallEntry]:
    """Every call, chapter by chapter."""
    return list(_call_entries().values())


@cache
def _call_entries() -> Mapping[str, CallEntry]:
    titles = {chapter.name: (chapter.zh, chapter.en) for chapter in forms.chapters()}
    return {row.name: _call_entry(row, titles[row.group]) for row in coverage().endpoints}


def _call_entry(row: Endpoint, title: tuple[str, str]) -> CallEntry:
    call = by_name(row.name)
    english = row.en if call is None else forms.row_of(call).en
    accounts = VERIFIED_SERVICE | TEST if call is None else call.spec.accounts
    zh, en = who_may(accounts) if accounts else ("公众号不能调用", "not for official accounts")
    return CallEntry(
        name=row.name,
        zh=row.zh,
        en=english,
        verb=row.verb,
        path=row.path,
        chapter=row.group,
        chapter_zh=title[0],
        chapter_en=title[1],
        kit=row.kit,
        platform=row.platform,
        accounts_zh=zh,
        accounts_en=en,
        daily=None if call is None else call.spec.daily,
    )


def call_page(name: str, methods: Mapping[str, str]) -> CallPage:
    """One call by the name of its class; `methods` are the client's names by class. Raises BadInput for others."""
    entry = _call_entries().get(name)
    if entry is None:
        raise BadInput(f"没有接口 {name}", f"there is no call {name}")
    call = by_name(name)
    if call is None:
        return CallPage(call=entry, form=None, codes=[])
    seen = codes_of().get(name, {})
    known = (
        (code, call.spec.codes.get(code) or codes.lookup(code))
        for code in dict.fromkeys((*call.spec.errors, *seen))
    )
    told = [
        CodeOfCall(
            code=code,
            zh=row.meaning("zh"),
            en=row.meaning("en"),
            given=seen.get(code, "no"),
            fields=explained.fields_of(call, code),
        )
        for code, row in known
        if row is not None
    ]
    return CallPage(call=entry, form=forms.form_of(call, methods), codes=told)


def code_rows() -> list[CodeRow]:
    """Every return code but success."""
    named = _calls_by_code()
    return [
        CodeRow(
            code=row.code,
            zh=row.zh or row.en,
            en=row.en or row.zh,
            category=codes.table()[row.code].category,
            given=row.given,
            calls=len(named.get(row.code, ())),
        )
        for row in coverage().codes
    ]


def code_page(code: int, call: str = "") -> CodePage:
    """One code, in general or as the answer to a call. Also for a code that no table has; its explanation says so."""
    found = next((row for row in coverage().codes if row.code == code), None)
    answered = by_name(call) if call else None
    return CodePage(
        explanation=explain(code, "", answered),
        given="no" if found is None else found.given,
        calls=_calls_by_code().get(code, []),
    )


@cache
def _calls_by_code() -> Mapping[int, list[NamingCall]]:
    found: dict[int, list[NamingCall]] = {}
    rows = {row.name: row for row in coverage().endpoints}
    for call in (*CALLS, *listed_calls()):
        row, seen = rows[call.__name__], codes_of().get(call.__name__, {})
        for code in dict.fromkeys((*call.spec.errors, *seen)):
            naming = NamingCall(
                name=row.name, path=row.path, zh=row.zh, en=row.en, given=seen.get(code, "no")
            )
            found.setdefault(code, []).append(naming)
    return found


_MENU: Final = "CreateMenu"
NEEDS: Final[Mapping[str, str | Accounts]] = {
    **dict.fromkeys(("Click", "View", "ViewMiniProgram", "ScanCodePush", "ScanCodeWaitMsg"), _MENU),
    **dict.fromkeys(("PicSysPhoto", "PicPhotoOrAlbum", "PicWeixin", "LocationSelect"), _MENU),
    "Scan": "CreateQRCode",
    "ReportLocation": VERIFIED_SERVICE | TEST,
    "MassSendJobFinish": "SendMass",
    "TemplateSendJobFinish": "SendTemplate",
    "PublishJobFinish": "SubmitDraft",
    **dict.fromkeys(("SubscribeMsgPopup", "SubscribeMsgChange", "SubscribeMsgSent"), "SendNotice"),
    **dict.fromkeys(("KfCreateSession", "KfCloseSession", "KfSwitchSession"), "CreateSession"),
    **dict.fromkeys(("UserInfoModified", "UserAuthorizationRevoke"), "GetWebUser"),
    "UserAuthorizationCancellation": "GetWebUser",
}
"""Push → the call whose permission an account needs for it to happen, or the kinds of account themselves. Messages and
what is not named here reach every account; events of a product, whoever may call that product."""
PRODUCTS: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        ("UserAuthorizeInvoice", "UpdateInvoiceStatus", "SubmitInvoiceTitle", "CloudInvoiceResult"), "invoice"
    ),
    **dict.fromkeys(("GuideQrcodeScan", "GuideInviteResult", "AddGuideBuyerRelation"), "guide"),
    "WifiConnected": "wifi",
    "MerchantOrder": "merchant",
}
"""Events of products whose calls are listed with kinds of account of their own."""


def accounts_of(cls: type[Push]) -> Accounts:
    """The kinds of account that can get a push."""
    if (product := PRODUCTS.get(cls.__name__)) is not None:
        return listed.GROUPS[product].accounts
    if cls.__module__ in (cards.__name__, shops.__name__):
        return VERIFIED
    needed = NEEDS.get(cls.__name__, EVERY_ACCOUNT)
    if isinstance(needed, Accounts):
        return needed
    call = by_name(needed)
    assert call is not None, f"{needed} is no call"
    return call.spec.accounts


def push_rows() -> list[PushEntry]:
    """Every message and event."""
    return list(_entries().values())


@cache
def _entries() -> Mapping[str, PushEntry]:
    covered = {row.cls: row for row in coverage().pushes}
    return {name: _entry(name, covered[trigger.cls.__name__]) for name, trigger in CATALOGUE.items()}


def _entry(name: str, row: CoveredPush) -> PushEntry:
    cls = CATALOGUE[name].cls
    zh, en = who_may(accounts_of(cls))
    return PushEntry(
        name=name,
        kind="message" if issubclass(cls, Message) else "event",
        cls=row.cls,
        entry=cls.entry,
        zh=row.zh,
        en=row.en,
        answerable=cls.answerable,
        made_by=row.made_by,
        accounts_zh=zh,
        accounts_en=en,
    )


def push_page(world: World, account: AccountState | None, name: str) -> PushPage:
    """One push, with an example for the account if there is one. Raises BadInput for an unknown name."""
    entry = _entries().get(name)
    if entry is None:
        raise BadInput(f"没有这种推送：{name}", f"no such push: {name}")
    known = slots(CATALOGUE[name].cls)
    elements = [_view(slot) for slot in known.values() if slot.name not in ENVELOPE]
    xml = "" if account is None else encode(make(world, account, name, "", {})).decode()
    return PushPage(push=entry, elements=elements, xml=xml)


def _view(slot: Slot) -> ElementView:
    return ElementView(
        name=slot.name,
        attribute=slot.attribute,
        kind=_kind(slot),
        required=slot.required,
        repeated=slot.repeated,
        inside=[_view(inner) for inner in slots(slot.part).values()] if slot.part else [],
    )


def _kind(slot: Slot) -> ElementKind:
    if slot.part is not None:
        return "element"
    if slot.form is Form.DIGIT:
        return "flag"
    return "text" if slot.is_text else "number"
