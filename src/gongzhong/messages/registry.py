"""Which class stands for which push: looked up by `parse`, read by tables in documentation and forms.

A class is listed when it fixes the message type or the event's name; the bases in between do not.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

from . import ordinary
from .events import account, cards, sending, shops, user
from .model import Event, Message, Push

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
