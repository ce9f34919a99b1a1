"""Any push by name: for events that no act of a person causes, and for trying a handler quickly.

Every class of `messages` can be made: fields that the caller leaves out get a value of the right shape, the
common ones a realistic one.
"""

from __future__ import annotations

from typing import Any

import msgspec

from ..messages import EVENTS, MESSAGES, Push
from ..messages.elements import Element, Slot, slots
from .world import people
from .world.world import AccountState, World

ENVELOPE = frozenset({"to_user_name", "from_user_name", "create_time", "msg_type", "event"})
ASSISTANT = "mphelper"
YEAR_S = 365 * 86400

EXAMPLES: dict[str, Any] = {
    "Content": "你好",
    "Status": "success",
    "Latitude": 31.230416,
    "Longitude": 121.473701,
    "Precision": 65.0,
    "Location_X": 31.230416,
    "Location_Y": 121.473701,
    "Scale": 16,
    "Label": "人民广场",
    "Format": "amr",
    "TotalCount": 1,
    "FilterCount": 1,
    "SentCount": 1,
    "ScanType": "qrcode",
    "ScanResult": "https://example.com/",
    "SubscribeStatusString": "accept",
    "PopupScene": "2",
    "ErrorStatus": "success",
    "debug_str": "hello world",
}


class Trigger(msgspec.Struct, frozen=True):
    """One push that can be made: its class and what it is called."""

    cls: type[Push]
    zh: str
    en: str


CATALOGUE: dict[str, Trigger] = {
    **{name: Trigger(cls, cls.title_zh, cls.title_en) for name, cls in MESSAGES.items()},
    **{name: Trigger(cls, cls.title_zh, cls.title_en) for name, cls in EVENTS.items()},
}


def make(world: World, account: AccountState, name: str, person: str, fields: dict[str, Any]) -> Push:
    """The push called `name`, about `person` if there is one. `fields` go by attribute or by wire name.

    Raises ValueError for an unknown name or field, KeyError for an unknown person.
    """
    trigger = CATALOGUE.get(name) or CATALOGUE.get(name.lower())
    if trigger is None:
        raise ValueError(f"没有这种推送：{name} / no such push: {name}")
    sender = ASSISTANT
    if person:
        try:
            sender = people.relation(world, account, people.get(world, person).name).openid
        except KeyError:
            raise ValueError(f"没有这个人：{person} / no such person: {person}") from None
    values: dict[str, Any] = {
        "to_user_name": account.original_id,
        "from_user_name": sender,
        "create_time": world.seconds(),
    }
    values |= _filled(world, account, trigger.cls, dict(fields), sender)
    return trigger.cls(**values)


def _filled(
    world: World, account: AccountState, cls: type[Element], given: dict[str, Any], sender: str
) -> dict[str, Any]:
    """Values for the attributes of one struct: what is given, an example, or something of the right type."""
    values: dict[str, Any] = {}
    for slot in slots(cls).values():
        key = next((name for name in (slot.name, slot.attribute) if name in given), None)
        if key is not None:
            values[slot.attribute] = _converted(cls, slot, given.pop(key))
        elif slot.default is msgspec.NODEFAULT and slot.attribute not in ENVELOPE:
            values[slot.attribute] = _example(world, account, cls, slot, sender)
    if given:
        unknown = "、".join(given)
        raise ValueError(f"{cls.__name__} 没有这些字段：{unknown} / has no such fields: {unknown}")
    return values


def _converted(cls: type[Element], slot: Slot, value: Any) -> Any:
    kind = next(field.type for field in msgspec.structs.fields(cls) if field.name == slot.attribute)
    try:
        return msgspec.convert(value, kind, strict=False)
    except msgspec.ValidationError as problem:
        raise ValueError(f"{slot.name}: {problem}") from None


def _example(world: World, account: AccountState, cls: type[Element], slot: Slot, sender: str) -> Any:
    if slot.part is not None:
        part = slot.part(**_filled(world, account, slot.part, {}, sender))
        return (part,) if slot.repeated else part
    known = {
        "OpenID": sender,
        "AppID": account.appid,
        "ExpiredTime": world.seconds() + YEAR_S,
        "FailTime": world.seconds(),
        "KfAccount": f"kf@{account.wechat_id}",
        "MsgId": world.message_id(),
        "MsgID": world.message_id(),
        **EXAMPLES,
    }
    if slot.name in known:
        return known[slot.name]
    return _converted(cls, slot, "example" if slot.is_text else "1")
