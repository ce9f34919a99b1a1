"""Any push by name: for events that no act of a person causes, and for trying a handler quickly.

Every class of `messages` can be made: fields that the caller leaves out get a value of the right shape, the
common ones a realistic one.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

import msgspec

from ..messages import EVENTS, MESSAGES, Push
from ..messages.elements import Element, Slot, slots
from ..messages.registry import type_name
from . import push_examples
from .mistakes import in_words
from .world import people
from .world.refusal import BadInput
from .world.world import AccountState, World

ENVELOPE = frozenset({"to_user_name", "from_user_name", "create_time", "msg_type", "event"})
ASSISTANT = "mphelper"


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
            raise BadInput(f"没有这个人：{person}", f"no such person: {person}") from None
    values: dict[str, Any] = {
        "to_user_name": account.original_id,
        "from_user_name": sender,
        "create_time": world.seconds(),
    }
    values |= _filled(world, account, type_name(trigger.cls).lower(), trigger.cls, dict(fields), sender)
    return trigger.cls(**values)


def _unknown(name: str) -> BadInput:
    lower = {known.lower(): known for known in CATALOGUE}
    close = [lower[one] for one in get_close_matches(name.lower(), lower, n=3)]
    zh, en = (f"。是不是 {'、'.join(close)}？", f". Did you mean {', '.join(close)}?") if close else ("", "")
    return BadInput(f"没有这种推送：{name}{zh}", f"no such push: {name}{en}")


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
        unknown = "、".join(given)
        raise BadInput(
            f"{cls.__name__} 没有这些字段：{unknown}", f"{cls.__name__} has no such fields: {unknown}"
        )
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
    example = push_examples.value(world, account, push, slot.name, sender)
    if example is not None:
        return example
    return _converted(cls, slot, "example" if slot.is_text else "1")
