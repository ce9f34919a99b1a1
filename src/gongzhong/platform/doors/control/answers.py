"""What the control routes answer, as types: the OpenAPI document shows them, and generated tests hold the routes to
them.

Answers may have further fields.
"""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from ....account import Encryption
from ...traffic import Kind as ExchangeKind
from ...world.schedule import FailedJob
from ...world.world import AccountState
from .lines import ChatLine


class ClockView(msgspec.Struct, kw_only=True):
    """The platform's clock, in unix seconds."""

    now: float
    frozen: bool


class CredentialsView(msgspec.Struct, kw_only=True):
    """What a program needs to call the API as an account and to read its pushes, in clear."""

    appid: str
    secret: str
    token: str
    aes_key: str
    encryption: Encryption


class TieView(msgspec.Struct, kw_only=True):
    """A person's relation to one account."""

    openid: str
    subscribed: bool
    unionid: str | None


class PersonView(msgspec.Struct, kw_only=True):
    """Somebody with a phone; `accounts` is keyed by AppID."""

    name: str
    nickname: str
    headimgurl: str
    sex: int
    language: str
    closed: bool
    """The person has closed the WeChat account and can do nothing any more."""
    accounts: dict[str, TieView]


class StateView(msgspec.Struct, kw_only=True):
    """The whole test bed."""

    clock: ClockView
    accounts: list[AccountState]
    """With `***` in place of AppSecret, Token and EncodingAESKey; empty where there is none."""
    people: list[PersonView]
    failed_jobs: list[FailedJob]
    """Jobs of the schedule that were given up, the latest first."""
    version: str


class ActView(msgspec.Struct, kw_only=True):
    """What an act made at once: lines, a page to open, the event it is."""

    items: list[ChatLine]
    open: str | None
    appid: str | None
    event: str | None


class MenuButtonView(msgspec.Struct, kw_only=True):
    """A button as menu/create takes it: one that opens others (`sub_button`), or one of a `type`."""

    name: str
    type: str | UnsetType = UNSET
    key: str | UnsetType = UNSET
    url: str | UnsetType = UNSET
    appid: str | UnsetType = UNSET
    pagepath: str | UnsetType = UNSET
    media_id: str | UnsetType = UNSET
    article_id: str | UnsetType = UNSET
    sub_button: list[MenuButtonView] | UnsetType = UNSET


class MenuView(msgspec.Struct, kw_only=True):
    """A menu as menu/create takes it."""

    button: list[MenuButtonView]


class ChatView(msgspec.Struct, kw_only=True):
    """A chat as the phone shows it."""

    items: list[ChatLine]
    menu: MenuView
    typing: bool


class Verified(msgspec.Struct, kw_only=True):
    """Whether a server URL answered the verification; `seq` is the traffic entry."""

    ok: bool
    zh: str
    en: str
    seq: int | None


class Delivered(msgspec.Struct, kw_only=True):
    """How a push ended, and its traffic entries."""

    ok: bool
    zh: str
    en: str
    entries: list[int]
    row: int
    """Number of the push's row in the log."""


class CallCount(msgspec.Struct, kw_only=True):
    """Calls of today; `daily` is null where no quota is published."""

    path: str
    daily: int | None
    used: int


class QuotaView(msgspec.Struct, kw_only=True):
    calls: list[CallCount]


class AlarmView(msgspec.Struct, kw_only=True):
    time: float
    type: str
    text: str


class AlarmsView(msgspec.Struct, kw_only=True):
    alarms: list[AlarmView]


class CodeView(msgspec.Struct, kw_only=True):
    """A QR code that has not expired; `scene` is what EventKey will say."""

    ticket: str
    appid: str
    url: str
    scene: str
    expires_at: float | None


class CodesView(msgspec.Struct, kw_only=True):
    codes: list[CodeView]


class TriggerView(msgspec.Struct, kw_only=True):
    """A push that can be triggered."""

    name: str
    zh: str
    en: str


class TriggersView(msgspec.Struct, kw_only=True):
    events: list[TriggerView]


class SizeOnly(msgspec.Struct, kw_only=True):
    """A body that is no text."""

    bytes: int
    content_type: str


class RequestView(msgspec.Struct, kw_only=True):
    method: str
    url: str
    headers: dict[str, str]
    body: str | SizeOnly
    bytes: int


class ResponseView(msgspec.Struct, kw_only=True):
    status: int
    headers: dict[str, str]
    body: str | SizeOnly
    bytes: int


class VerdictView(msgspec.Struct, kw_only=True, rename={"kind": "class"}):
    """Whether an exchange went well; `class` is a stable word to filter by."""

    ok: bool
    kind: str
    zh: str
    en: str


class TrafficEntry(msgspec.Struct, kw_only=True):
    """One request and its answer; secrets and tokens are shortened."""

    seq: int
    time: float
    kind: ExchangeKind
    appid: str
    title: str
    person: str | None
    openid: str | None
    attempt: int | None
    of: int | None
    request: RequestView
    decrypted: str | SizeOnly | None
    response: ResponseView | None
    response_decrypted: str | SizeOnly | None
    verdict: VerdictView
    cost_ms: float
    rid: str | None
    errcode: int | None
    fault: int | None
    """Number of the fault that struck, when one was ordered."""


class TrafficView(msgspec.Struct, kw_only=True):
    """A part of the log, oldest first. `after=` with the last number continues while there is `more`; `dropped` counts
    the entries after the cursor that are not held any more."""

    entries: list[TrafficEntry]
    oldest: int
    last: int
    dropped: int
    more: bool
