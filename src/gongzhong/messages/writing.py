"""From a typed push to the XML that WeChat would send: what the platform pushes and tests are made of."""

from __future__ import annotations

import functools
from decimal import Decimal
from typing import Any

from ..wire.xml import Writable, write_xml
from .elements import Element, Form, Slot, slots
from .model import Push

# WeChat puts these after the elements of the type.
_LAST = ("MsgId", "MsgDataId", "Idx")


def encode(push: Push) -> bytes:
    """The push as XML: names, type, the type's elements, MsgId. `parse` of it gives an equal push.

    Raises BadXml if `extra` holds a name that no element can have.
    """
    return write_xml(_children(push))


@functools.cache
def _in_order(cls: type[Element]) -> tuple[Slot, ...]:
    return tuple(sorted(slots(cls).values(), key=lambda slot: slot.name in _LAST))


def _children(element: Element) -> dict[str, Writable]:
    written: dict[str, Writable] = {}
    for slot in _in_order(type(element)):
        value = getattr(element, slot.attribute)
        absent = not value and (value == slot.default or (not slot.is_text and value == slot.substitute))
        if not absent:
            written[slot.name] = (
                [_spelt(slot, one) for one in value] if slot.repeated else _spelt(slot, value)
            )
    # Only a push made by hand can have an attribute's name in `extra` too: the attribute wins.
    return written | {name: value for name, value in element.extra.items() if name not in written}


def _spelt(slot: Slot, value: Any) -> Writable:
    if isinstance(value, Element):
        return _children(value)
    if isinstance(value, bool):
        return int(value) if slot.form is Form.DIGIT else str(value).lower()
    if isinstance(value, str):
        return value
    # A float's own text may have an exponent, which a decimal written out never has.
    number = Decimal(repr(value))
    return f"{number:f}" if slot.form is Form.QUOTED else number
