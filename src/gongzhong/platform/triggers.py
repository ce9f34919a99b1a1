"""Any push by name: for events that no act of a person causes, and for trying a handler quickly.

Every class of `messages` can be made: fields that the caller leaves out get a value of the right shape, the
common ones a realistic one.

Values for pushes that somebody triggers without saying more: of the form and the size that real ones have.

By the element's name on the wire; where WeChat's documentation lists values, one of those.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

import msgspec

from ..messages import EVENTS, MESSAGES, Push
from ..messages.elements import Element, Slot, slots
from ..messages.parsing import type_name
from ..reasons import in_words
from .world import media, people
from .world.refusal import BadInput
from .world.rendering import picture
from .world.world import AccountState, World

ENVELOPE = frozenset({"to_user_name", "from_user_name", "create_time", "msg_type", "event"})
ASSISTANT = "mphelper"


SHOWN = 12
"""How many choices an error names."""


class Trigger(msgspec.Struct, frozen=True):
    """One push that can be made: its class and what it is called."""

    cls: type[Push]
    zh: str
    en: str


CATALOGUE: dict[str, Trigger] = {
    **{name: Trigger(cls, cls.title_zh, cls.title_en) for name, cls in MESSAGES.items()},
    # The event LOCATION and the message location differ in nothing but their letters.
    **{
        type_name(cls) if name in MESSAGES else name: Trigger(cls, cls.title_zh, cls.title_en)
        for name, cls in EVENTS.items()
    },
}


def make(world: World, account: AccountState, name: str, person: str, fields: dict[str, Any]) -> Push:
    """The push called `name`, about `person` if there is one. `fields` go by attribute or by wire name.

    Raises BadInput for an unknown name or field, KeyError for an unknown person.
    """
    trigger = CATALOGUE.get(name) or CATALOGUE.get(name.lower())
    if trigger is None:
        raise _unknown(name)
    sender = ASSISTANT
    if person:
        try:
            sender = people.relation(world, account, people.get(world, person).name).openid
        except KeyError:
            raise _no_person(person, [one.name for one in people.everybody(world)]) from None
    values: dict[str, Any] = {
        "to_user_name": account.original_id,
        "from_user_name": sender,
        "create_time": world.seconds(),
    }
    values |= _filled(world, account, type_name(trigger.cls).lower(), trigger.cls, dict(fields), sender)
    return trigger.cls(**values)


def _unknown(name: str) -> BadInput:
    zh, en = _meant(name, CATALOGUE)
    return BadInput(f"没有这种推送：{name}{zh}", f"no such push: {name}{en}")


def _no_person(name: str, known: list[str]) -> BadInput:
    zh, en = _meant(name, known)
    return BadInput(f"没有这个人：{name}{zh}", f"no such person: {name}{en}")


def _meant(word: str, known: Iterable[str]) -> tuple[str, str]:
    """What a word probably stands for, else all that it may be, as the end of a sentence in Chinese and English."""
    by_lower = {one.lower(): one for one in known}
    cutoff = 0.6 if len(word) > 3 else 0.5  # one of two characters of a Chinese name
    close = [by_lower[one] for one in get_close_matches(word.lower(), by_lower, n=3, cutoff=cutoff)]
    if close:
        return f"。是不是 {'、'.join(close)}？", f". Did you mean {', '.join(close)}?"
    some = list(by_lower.values())[:SHOWN]
    more = " …" if len(by_lower) > SHOWN else ""
    return (f"。有：{'、'.join(some)}{more}", f". There are: {', '.join(some)}{more}") if some else ("", "")


def _filled(
    world: World, account: AccountState, push: str, cls: type[Element], given: dict[str, Any], sender: str
) -> dict[str, Any]:
    """Values for the attributes of one struct: what is given, an example, or something of the right type."""
    values: dict[str, Any] = {}
    for slot in slots(cls).values():
        key = next((name for name in (slot.name, slot.attribute) if name in given), None)
        if key is not None and slot.part is not None:
            values[slot.attribute] = _parts(world, account, push, slot, given.pop(key), sender)
        elif key is not None:
            values[slot.attribute] = _converted(cls, slot, given.pop(key))
        elif slot.default is msgspec.NODEFAULT and slot.attribute not in ENVELOPE:
            values[slot.attribute] = _example(world, account, push, cls, slot, sender)
    if given:
        name = next(iter(given))
        zh, en = _meant(name, [one.name for one in slots(cls).values() if one.attribute not in ENVELOPE])
        raise BadInput(f"{cls.__name__} 没有字段 {name}{zh}", f"{cls.__name__} has no field {name}{en}")
    return values


def _parts(
    world: World, account: AccountState, push: str, slot: Slot, given: Any, sender: str
) -> Element | tuple[Element, ...]:
    """An element with elements inside, from a dict (or, where it is repeated, a list of them)."""
    assert slot.part is not None
    listed = given if isinstance(given, list) else [given]
    if not all(isinstance(one, dict) for one in listed) or (len(listed) != 1 and not slot.repeated):
        raise BadInput(f"{slot.name} 要写成对象", f"{slot.name} must be an object")
    parts = tuple(slot.part(**_filled(world, account, push, slot.part, dict(one), sender)) for one in listed)
    return parts if slot.repeated else parts[0]


def _converted(cls: type[Element], slot: Slot, value: Any) -> Any:
    kind = next(field.type for field in msgspec.structs.fields(cls) if field.name == slot.attribute)
    try:
        return msgspec.convert(value, kind, strict=False)
    except msgspec.ValidationError as problem:
        zh, en = in_words(problem)
        raise BadInput(f"{slot.name}：{zh}", f"{slot.name}: {en}") from None


def _example(
    world: World, account: AccountState, push: str, cls: type[Element], slot: Slot, sender: str
) -> Any:
    if slot.part is not None:
        part = slot.part(**_filled(world, account, push, slot.part, {}, sender))
        return (part,) if slot.repeated else part
    example = value(world, account, push, slot.name, sender)
    if example is not None:
        return example
    return _converted(cls, slot, "example" if slot.is_text else "1")


DAY_S = 86400
YEAR_S = 365 * DAY_S

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc0000003"
    "0101005a4d7ff10000000049454e44ae426082"
)
AMR = b"#!AMR\n" + b"\x3c" + bytes(31)
MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"
FILES = {"image": PNG, "voice": AMR, "video": MP4, "shortvideo": MP4}
"""The smallest files of their kinds: what a push names can be fetched."""

VALUES: dict[str, Any] = {
    # Messages, menu, places
    "Content": "你好",
    "Title": "示例链接",
    "Description": "这是一条示例",
    "Url": "https://example.com/",
    "Latitude": 31.230416,
    "Longitude": 121.473701,
    "Precision": 65.0,
    "Location_X": 31.230416,
    "Location_Y": 121.473701,
    "Scale": 16,
    "Label": "人民广场",
    "Format": "amr",
    "AppId": "wx0000000000000000",
    "PagePath": "pages/index/index",
    "ScanType": "qrcode",
    "ScanResult": "https://example.com/",
    "PicMd5Sum": "5a75aaca956d97be686719218f275c6b",
    # Results of sends and publishing
    "Status": "success",
    "TotalCount": 1200,
    "FilterCount": 1180,
    "SentCount": 1175,
    "ErrorCount": 5,
    "publish_id": 2_247_503_999,
    "publish_status": 0,
    "SubscribeStatusString": "accept",
    "PopupScene": "2",
    "ErrorStatus": "success",
    # Verification
    "FailReason": "资料不清晰",
    # Cards, payment, invoices
    "CardId": "pEXAMPLE0000000000000000000c",
    "UserCardCode": "110201201245",
    "Code": "110201201245",
    "Detail": "the card's quantity is equal to 0",
    "OrderId": "404091456",
    "OrderType": "ORDER_TYPE_WXPAY",
    "PageId": "page-1",
    "TransId": "1000000000000000000000000001",
    "Fee": 4900,
    "OriginalFee": 5000,
    "MerchantId": 1001,
    "title": "示例科技有限公司",
    "title_type": "InvoiceUserTitleBusinessType",
    "fpqqlsh": "14570000000000000001",
    "nsrsbh": "150000000000000001",
    # Shops and devices
    "UniqId": "store-7",
    "PoiId": "285633001",
    "audit_id": 414_569_001,
    "ProductId": "prod_1",
    "OrderStatus": 2,
    "DeviceNo": "00:1f:7a:ad:5c:a8",
    "Uuid": "FDA50693-A4E2-4FB1-AFCF-C6EB07647825",
    "Major": 10001,
    "Minor": 10002,
    "Distance": 0.65,
    "KeyStandard": "ean13",
    "KeyStr": "6900000000012",
    "debug_str": "hello world",
}
OF_PUSH: dict[tuple[str, str], Any] = {
    ("view", "EventKey"): "https://example.com/",
    ("view_miniprogram", "EventKey"): "pages/index/index",
    ("poi_check_notify", "Result"): "succ",
    ("user_scan_product_verify_action", "Result"): "verify_ok",
    ("cloud_invoice_invoiceresult_event", "status"): 100,
}
"""Where the same element means something else in another push."""
KEY = "example-key"


def value(world: World, account: AccountState, push: str, name: str, sender: str) -> Any:
    """An example for one element of the push called `push`, or None when any text or number will do."""
    if (push, name) in OF_PUSH:
        return OF_PUSH[push, name]
    now = world.seconds()
    match name:
        case "MsgId" | "MsgID":
            return world.message_id()
        case "OpenID" | "openid":
            return sender
        case "AppID":
            return account.appid
        case "EventKey":
            return KEY
        case "ExpiredTime":
            return now + YEAR_S
        case "FailTime" | "CreateOrderTime" | "ConnectTime":
            return now
        case "KfAccount" | "FromKfAccount":
            return f"kf@{account.wechat_id}"
        case "ToKfAccount":
            return f"kf2@{account.wechat_id}"
        case "MediaId" | "ThumbMediaId":
            return _file(world, account, "image" if name == "ThumbMediaId" else push)
        case "PicUrl":
            return picture(_file(world, account, "image"))["url"]
    return VALUES.get(name)


def _file(world: World, account: AccountState, push: str) -> str:
    """The media_id of a file that is really there."""
    content = FILES.get(push, PNG)
    kind = "video" if push == "shortvideo" else push if push in FILES else "image"
    return media.keep(world, account, kind, content, source="user").media_id
