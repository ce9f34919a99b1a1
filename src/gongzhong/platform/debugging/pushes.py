"""A push made by hand (消息接口调试): every element, signature and encryption step by step, and the answer.

What the tool of WeChat does: it signs with the Token, POSTs to the URL as a real push would, once, and says whether the
answer is a valid reply. Messages of that tool begin with an element <URL>, which programs must bear; here it is a
choice. The reply is judged and shown, and reaches nobody's phone.
"""

from __future__ import annotations

import shlex
import time
from collections.abc import Mapping
from typing import Any, Final, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec
from msgspec.structs import replace

from ...account import Encryption
from ...errors import CallbackError
from ...messages import Event, Message, Push, encode, parse
from ...messages.elements import EXTRA
from ...wire import PushWriter, cdata, read_xml
from ...wire.cipher import look_inside
from ..delivery import verification
from ..delivery.pusher import key_of, title_of
from ..delivery.receiver import Answered, Receiver, Unanswered
from ..delivery.verdict import UNANSWERED, Judged, judge
from ..traffic import CUT_OFF, Delivery, Exchange, Traffic
from ..triggers import CATALOGUE, make
from ..world.refusal import BadInput, BothLanguages
from ..world.world import AccountState, World
from .forms import REF
from .trying import MARK

FIXED: Final = ("MsgType", "Event")
"""Elements that make a push what it is."""
LAST: Final = ("ToUserName", "FromUserName", "CreateTime", "MsgId", "MsgDataId", "Idx")
"""Elements that every push has, or every message: in a form they follow those of the type."""
START: Final = b"<xml>"


class PushRow(msgspec.Struct, frozen=True, kw_only=True):
    """One push, to choose it by."""

    name: str
    zh: str
    en: str
    kind: Literal["message", "event"]
    answerable: bool
    """Whether a passive reply to it is shown to the person."""


class PushForm(msgspec.Struct, frozen=True, kw_only=True):
    """The elements of one push as JSON Schema, and values to begin with."""

    push: PushRow
    elements: dict[str, Any]
    values: dict[str, Any]


class PushWish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A push to build. What is left out is the account's own, or made new; `xml` in place of `event` and `fields`."""

    appid: str
    event: str = "text"
    person: str = ""
    fields: dict[str, Any] = {}
    xml: str | None = None
    url: str = ""
    url_element: bool = False
    """Whether the XML begins with <URL>, as in messages of WeChat's tool."""
    token: str | None = None
    aes_key: str | None = None
    encryption: Encryption | None = None
    timestamp: str = ""
    nonce: str = ""
    random: str = ""
    """The 16 characters that an encrypted push begins with."""


class BufferPart(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of the plaintext buffer."""

    name: Literal["random", "length", "message", "appid", "padding"]
    text: str
    """As text where it is some; bytes that are none as U+FFFD."""
    hex: str
    size: int


class Steps(msgspec.Struct, frozen=True, kw_only=True):
    """How the signatures and the ciphertext came about. The sorted strings hold the Token in clear."""

    sorted: list[str]
    joined: str
    signature: str
    buffer: list[BufferPart] = []
    ciphertext: str = ""
    msg_sorted: list[str] = []
    msg_joined: str = ""
    msg_signature: str = ""


class BuiltPush(msgspec.Struct, frozen=True, kw_only=True):
    """A push that is ready to go out, and everything on the way there."""

    xml: str
    url: str
    """With its query; only the query where there is no URL."""
    query: dict[str, str]
    body: str
    steps: Steps
    timestamp: str
    nonce: str
    random: str
    openid: str
    curl: str


class SentPush(msgspec.Struct, frozen=True, kw_only=True):
    """What came back, and whether it is a valid reply."""

    built: BuiltPush
    seq: int
    """Number of its row in the traffic."""
    status: int | None
    headers: dict[str, str]
    answer: str
    decrypted: str | None
    """The reply inside an encrypted answer."""
    ok: bool
    kind: str
    verdict: BothLanguages
    cost_ms: float


class VerifiedUrl(msgspec.Struct, frozen=True, kw_only=True):
    """The verification of a server URL: what was sent, what came back, and why it fails."""

    ok: bool
    verdict: BothLanguages
    url: str
    steps: Steps
    echostr: str
    status: int | None
    headers: dict[str, str]
    answer: str
    cost_ms: float
    seq: int


def listing() -> list[PushRow]:
    """Every message and event."""
    return [_row(name) for name in CATALOGUE]


def name_of(push: Push) -> str:
    """The name by which a push can be built; empty for one of an unknown type."""
    return next((name for name, trigger in CATALOGUE.items() if trigger.cls is type(push)), "")


def _row(name: str) -> PushRow:
    trigger = CATALOGUE[name]
    cls = trigger.cls
    return PushRow(
        name=name,
        zh=trigger.zh,
        en=trigger.en,
        kind="message" if issubclass(cls, Message) else "event",
        answerable=issubclass(cls, Message) or (issubclass(cls, Event) and cls.answerable),
    )


def form_of(world: World, account: AccountState, name: str, person: str) -> PushForm:
    """The form of a push. Raises BadInput for an unknown name or person."""
    push = make(world, account, name, person, {})
    known = name if name in CATALOGUE else next(one for one in CATALOGUE if one.lower() == name.lower())
    return PushForm(
        push=_row(known), elements=_elements(type(push)), values=_values(msgspec.to_builtins(push))
    )


def _elements(cls: type[Push]) -> dict[str, Any]:
    (_,), components = msgspec.json.schema_components([cls], ref_template=REF)
    parts = {name: _without_extra(part) for name, part in components.items()}
    own = parts.pop(cls.__name__)
    fields = {name: field for name, field in own["properties"].items() if name not in FIXED}
    in_order = sorted(fields, key=lambda name: LAST.index(name) if name in LAST else -1)
    own = {**own, "properties": {name: fields[name] for name in in_order}, "required": []}
    return {**own, "$defs": parts} if parts else own


def _without_extra(schema: dict[str, Any]) -> dict[str, Any]:
    """Without the place where a push keeps what it does not know."""
    kept = {name: part for name, part in schema.get("properties", {}).items() if name != EXTRA}
    return {name: value for name, value in schema.items() if name != "additionalProperties"} | {
        "properties": kept
    }


def _values(value: Any) -> Any:
    if isinstance(value, dict):
        left_out = (EXTRA, *FIXED)
        return {k: _values(v) for k, v in value.items() if k not in left_out and v is not None}
    return [_values(one) for one in value] if isinstance(value, list | tuple) else value


def configured(account: AccountState, wish: PushWish) -> AccountState:
    """The account as the push is to be made: with the URL, Token, key and mode that the wish names."""
    wanted = {
        "url": wish.url or account.url,
        "token": account.token if wish.token is None else wish.token,
        "aes_key": account.aes_key if wish.aes_key is None else wish.aes_key,
        "encryption": wish.encryption or account.encryption,
    }
    return replace(account, **wanted)


def build(world: World, account: AccountState, wish: PushWish) -> BuiltPush:
    """Make a push and seal it. Raises BadInput for what cannot be pushed, SetupError for a wrong key."""
    account = configured(account, wish)
    xml = _xml(world, account, wish)
    try:
        openid = parse(read_xml(xml)).openid
        writer = PushWriter(account.token, account.aes_key, account.appid, account.encryption)
        random = wish.random.encode() or world.ids.fresh(16).encode()
        if len(random) != 16:
            raise BadInput("随机串应为 16 个字节", "the random part must have 16 bytes")
        timestamp, nonce = (
            wish.timestamp or str(world.seconds()),
            wish.nonce or world.ids.fresh(10, "0123456789"),
        )
        sealed = writer.seal(xml, timestamp, nonce, openid, random)
    except CallbackError as problem:
        raise BadInput(problem.zh, problem.en) from None
    url = account.url + ("&" if "?" in account.url else "?") + urlencode(sealed.query)
    return BuiltPush(
        xml=xml.decode(),
        url=url,
        query=sealed.query,
        body=sealed.body.decode(),
        steps=steps_of(account, sealed.query, sealed.body),
        timestamp=timestamp,
        nonce=nonce,
        random=random.decode(),
        openid=openid,
        curl=_curl(url, sealed.body.decode()),
    )


def _xml(world: World, account: AccountState, wish: PushWish) -> bytes:
    if wish.xml is not None:
        xml = wish.xml.encode()
    else:
        xml = encode(make(world, account, wish.event, wish.person, dict(wish.fields)))
    if not wish.url_element or not xml.startswith(START) or b"<URL>" in xml:
        return xml
    return START + f"<URL>{cdata(account.url)}</URL>".encode() + xml[len(START) :]


def steps_of(account: AccountState, query: Mapping[str, str], body: bytes) -> Steps:
    """The values in between, read back from what goes out."""
    signed = sorted((account.token, query["timestamp"], query["nonce"]))
    plain = Steps(sorted=signed, joined="".join(signed), signature=query["signature"])
    if "msg_signature" not in query:
        return plain
    ciphertext = str(read_xml(body)["Encrypt"])
    inside = look_inside(account.aes_key, ciphertext)
    with_text = sorted((*signed, ciphertext))
    return replace(
        plain,
        buffer=parts_of(inside.random, inside.length, inside.message, inside.appid, inside.padding),
        ciphertext=ciphertext,
        msg_sorted=with_text,
        msg_joined="".join(with_text),
        msg_signature=query["msg_signature"],
    )


def parts_of(random: bytes, length: int, message: bytes, appid: bytes, padding: bytes) -> list[BufferPart]:
    """The plaintext buffer piece by piece."""
    return [
        _part("random", random, random),
        BufferPart(name="length", text=str(length), hex=length.to_bytes(4).hex(), size=4),
        _part("message", message, message),
        _part("appid", appid, appid),
        BufferPart(name="padding", text=f"{len(padding)} ×", hex=padding.hex(), size=len(padding)),
    ]


def _part(name: Any, text: bytes, content: bytes) -> BufferPart:
    return BufferPart(name=name, text=text.decode("utf-8", "replace"), hex=content.hex(), size=len(content))


def _curl(url: str, body: str) -> str:
    return f"curl {shlex.quote(url)} \\\n  -H 'Content-Type: text/xml' \\\n  --data-raw {shlex.quote(body)}\n"


async def send(
    world: World, traffic: Traffic, receiver: Receiver, account: AccountState, wish: PushWish
) -> SentPush:
    """Build, send once, and judge the answer as WeChat would. Raises BadInput and SetupError as `build` does."""
    built = build(world, account, wish)
    account = configured(account, wish)
    if not account.url:
        raise BadInput("没有服务器地址：填 URL，或先配置", "no server URL: enter one, or configure it first")
    push = parse(read_xml(built.xml.encode()))
    writer = PushWriter(account.token, account.aes_key, account.appid, account.encryption)
    row = traffic.begin(_row_of(world, account, push, built))
    entry = _entry(world, account, built, row)
    verdict = CUT_OFF
    try:
        judged = await _exchange(
            world, receiver, entry, lambda answer: _judged(account, push, writer, answer)
        )
        verdict = judged.verdict
    finally:
        traffic.record(entry, row)
        traffic.finish(row, verdict)
    return SentPush(
        built=built,
        seq=row.number,
        status=entry.status,
        headers=dict(entry.response_headers),
        answer=entry.response_body.decode("utf-8", "replace"),
        decrypted=None if judged.xml in (None, entry.response_body) else (judged.xml or b"").decode(),
        ok=judged.verdict.ok,
        kind=judged.verdict.kind,
        verdict=BothLanguages(judged.verdict.zh, judged.verdict.en),
        cost_ms=round(entry.cost_ms, 3),
    )


def _row_of(world: World, account: AccountState, push: Push, built: BuiltPush) -> Delivery:
    xml = built.xml.encode()
    return Delivery(
        appid=account.appid,
        title=title_of(push),
        time=world.now(),
        openid=built.openid,
        key=key_of(push, xml),
        body=xml,
        url=account.url,
    )


def _entry(world: World, account: AccountState, built: BuiltPush, row: Delivery) -> Exchange:
    return Exchange(
        kind="push",
        appid=account.appid,
        title=row.title,
        method="POST",
        url=built.url,
        time=world.now(),
        openid=built.openid,
        attempt=1,
        of=row.of,
        request_headers={"content-type": "text/xml", **MARK},
        request_body=built.body.encode(),
        decrypted=None if built.body == built.xml else row.body,
    )


def _judged(account: AccountState, push: Push, writer: PushWriter, answer: Answered) -> Judged:
    # Whose names the XML has counts, also where somebody wrote others into it.
    return judge(replace(account, original_id=push.to_user_name), push, writer, answer)


async def _exchange(world: World, receiver: Receiver, entry: Exchange, judging: Any) -> Judged:
    """Send the entry's request and put the answer into it."""
    started, rules = time.perf_counter(), world.rules
    try:
        answer = await receiver.send(
            "POST",
            entry.url,
            entry.request_body,
            timeout_s=rules.answer_timeout_s,
            connect_s=rules.connect_timeout_s,
        )
        entry.status, entry.response_headers, entry.response_body = answer.status, answer.headers, answer.body
        judged: Judged = judging(answer)
        entry.response_decrypted = None if judged.xml == answer.body else judged.xml
    except Unanswered as silence:
        judged = Judged(UNANSWERED[silence.kind])
    entry.cost_ms = (time.perf_counter() - started) * 1000
    entry.verdict = judged.verdict
    return judged


async def verify(
    world: World, traffic: Traffic, receiver: Receiver, account: AccountState, wanted: verification.Wanted
) -> VerifiedUrl:
    """Ask a URL for the echo, as the console does before it saves one; nothing is saved. Raises BadInput."""
    problem = verification.problem_with(wanted, any_port=world.rules.any_port)
    if problem is not None:
        raise BadInput(problem.zh, problem.en)
    entry = await verification.ask(world, traffic, receiver, account, wanted)
    query = dict(parse_qsl(urlsplit(entry.url).query))
    signed = sorted((wanted.token, query["timestamp"], query["nonce"]))
    return VerifiedUrl(
        ok=entry.verdict.ok,
        verdict=BothLanguages(*_reached(entry)),
        url=entry.url,
        steps=Steps(sorted=signed, joined="".join(signed), signature=query["signature"]),
        echostr=query["echostr"],
        status=entry.status,
        headers=dict(entry.response_headers),
        answer=entry.response_body.decode("utf-8", "replace"),
        cost_ms=round(entry.cost_ms, 3),
        seq=entry.seq,
    )


def _reached(entry: Exchange) -> tuple[str, str]:
    """The verdict; the console's word for success says that the URL was saved, which it was not here."""
    if entry.verdict.ok:
        return "验证通过：返回了 echostr", "verified: the echostr came back"
    return entry.verdict.zh, entry.verdict.en
