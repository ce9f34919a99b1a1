"""From what stands in `<xml>` to a typed push, without ever failing.

WeChat adds elements and events without notice, and a push that cannot be read must still reach a handler:
what is known becomes attributes, the rest stays in `extra`, and only a push without what makes its type (see
`elements.read`) becomes an unknown one.

Which class stands for which push: looked up by `parse`, read by tables in documentation and forms.

A class is listed when it fixes the message type or the event's name; the bases in between do not.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from types import ModuleType
from typing import TYPE_CHECKING, Any

import msgspec

from . import ordinary
from .elements import EXTRA, read
from .events import account, cards, sending, shops, user
from .model import Event, Message, Push, UnknownEvent, UnknownMessage

if TYPE_CHECKING:
    from ..wire.xml import Fields


def parse(fields: Fields) -> Push:
    """The typed push; raises nothing, whatever the fields hold."""
    kind, cls = fields.get("MsgType"), None
    if kind == "event":
        name = fields.get("Event")
        if isinstance(name, str):
            cls = EVENTS.get(name.strip().lower())
    elif isinstance(kind, str):
        cls = MESSAGES.get(kind)
    if cls is not None:
        try:
            return read(cls, fields)
        except msgspec.ValidationError:
            pass
    return _unknown(fields)


def _unknown(fields: Fields) -> Push:
    """Keep each element that fits an attribute there, and every other one as it came."""
    cls = UnknownEvent if fields.get("MsgType") == "event" else UnknownMessage
    known: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    for name, value in fields.items():
        place = known if _fits(cls, name, value) else extra
        place[name] = value
    return msgspec.convert({**known, EXTRA: extra}, cls, strict=False)


def _fits(cls: type[Push], name: str, value: Any) -> bool:
    try:
        msgspec.convert({name: value}, cls, strict=False)
    except msgspec.ValidationError:
        return False
    return True


def dedup_key(push: Push) -> str:
    """The same text for each delivery of one push, and only for those; short, with no content in it.

    Messages: user and MsgId. Events have no id: user, CreateTime, Event and a digest of everything, EventKey
    included, as one user can cause two events in one second.
    """
    if isinstance(push, Message) and (number := push.msg_id):
        return f"{push.from_user_name}:{number}"
    name = push.event if isinstance(push, Event) else push.msg_type
    digest = blake2b(msgspec.json.encode(push, order="deterministic"), digest_size=12).hexdigest()
    return f"{push.from_user_name}:{push.create_time}:{name.lower()}:{digest}"


_CHAPTERS = (user, sending, account, cards, shops)


def _listed(module: ModuleType, base: type[Push]) -> Iterator[type[Push]]:
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, base) and value.entry:
            yield value


def type_name(cls: type[Push]) -> str:
    """The MsgType of a message's class, the Event of an event's class, in WeChat's letter case."""
    attribute = "event" if issubclass(cls, Event) else "msg_type"
    fields, defaults = cls.__struct_fields__, cls.__struct_defaults__
    return str(defaults[fields.index(attribute) - len(fields)])


MESSAGES: dict[str, type[Push]] = {type_name(cls): cls for cls in _listed(ordinary, Message)}
"""Messages by MsgType, in the order of the official list."""

EVENTS: dict[str, type[Push]] = {
    type_name(cls).lower(): cls for chapter in _CHAPTERS for cls in _listed(chapter, Event)
}
"""Events by name in lower case, as letter case differs between WeChat's own pages; by chapter."""
