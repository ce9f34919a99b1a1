"""What stands inside `<xml>`, as a struct that loses nothing.

Attributes are the wire's element names in snake case. An element without an attribute survives in `extra`, on
every level, so that a push can be written back as it came. `read` has three ways, from fast to patient: msgspec
converts the usual push in one call; `arrange` prepares the unusual one (unknown elements, other spellings, one entry
where several may stand) so that the same call accepts it; the last one judges every element by itself, so that one
that is missing or unreadable takes nothing else with it.
"""

from __future__ import annotations

import enum
import functools
import types
from typing import Annotated, Any, ClassVar, TypeVar, Union, get_args, get_origin

import msgspec


class Form(enum.Enum):
    """How a value is spelt on the wire where its type alone does not say."""

    DIGIT = "0 or 1"
    QUOTED = "a number inside CDATA"


# The bound keeps out "nan" and "inf", which Python would read as numbers.
Decimal = Annotated[float, msgspec.Meta(ge=-1e15, le=1e15)]
Flag = Annotated[bool, Form.DIGIT]
QuotedInt = Annotated[int, Form.QUOTED]
QuotedDecimal = Annotated[Decimal, Form.QUOTED]

# XML names have no blank, so no element of a push can reach the attribute.
EXTRA = " "


class Element(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="pascal"):
    """An element with known children as attributes and every other child in `extra`."""

    aliases: ClassVar[dict[str, str]] = {}
    """Other names seen on the wire, in lower case → the wire name used here. Letter case never matters."""
    substitutes: ClassVar[dict[str, int]] = {}
    """Wire name of a required number → what stands for it when it is missing or unreadable."""

    extra: dict[str, Any] = msgspec.field(default_factory=dict, name=EXTRA)


E = TypeVar("E", bound=Element)


class Slot(msgspec.Struct, frozen=True):
    """What is known about one attribute: its element, and how values get in and out."""

    attribute: str
    name: str
    type: Any
    default: Any
    required: bool
    substitute: Any
    """What stands for a required element that is missing or unreadable, or NODEFAULT: then the push is not one of
    this class. A missing text is an empty one."""
    part: type[Element] | None
    """The struct of a nested element, or None for a plain value."""
    repeated: bool
    is_text: bool
    form: Form | None


@functools.cache
def slots(cls: type[Element]) -> dict[str, Slot]:
    """The attributes of a class by wire name, in declared order; made at first use, to keep imports cheap."""
    found: dict[str, Slot] = {}
    for info in msgspec.structs.fields(cls):
        if info.encode_name != EXTRA:
            kind, notes = _bare_type(info.type)
            repeated = get_origin(kind) is tuple
            if repeated:
                kind, inner = _bare_type(get_args(kind)[0])
                notes += inner
            found[info.encode_name] = Slot(
                attribute=info.name,
                name=info.encode_name,
                type=info.type,
                default=info.default,
                required=info.required,
                substitute="" if kind is str else cls.substitutes.get(info.encode_name, msgspec.NODEFAULT),
                part=kind if isinstance(kind, type) and issubclass(kind, Element) else None,
                repeated=repeated,
                is_text=kind is str,
                form=next((note for note in notes if isinstance(note, Form)), None),
            )
    return found


def _bare_type(annotation: Any) -> tuple[Any, tuple[Any, ...]]:
    """Take off `| None` and `Annotated[...]`; the second part is what was noted in them."""
    notes: tuple[Any, ...] = ()
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            notes += annotation.__metadata__
            annotation = annotation.__origin__
        elif origin in (Union, types.UnionType):
            annotation = next(arm for arm in get_args(annotation) if arm is not type(None))
        else:
            return annotation, notes


@functools.cache
def _spellings(cls: type[Element]) -> dict[str, str]:
    return {**cls.aliases, **{name.lower(): name for name in slots(cls)}}


def read(cls: type[E], fields: dict[str, Any]) -> E:
    """The element from what stands in it, however it is spelt.

    An optional element that cannot be read is None and stays in `extra`. A required text that is missing is
    empty, missing children are children without content, a required number gets its substitute if there is one.
    Raises msgspec.ValidationError when a required element is missing or unreadable and nothing can stand for it.
    """
    try:
        return msgspec.convert(fields, cls, strict=False)
    except msgspec.ValidationError:
        pass
    try:
        return msgspec.convert(arrange(cls, fields), cls, strict=False)
    except msgspec.ValidationError:
        return _read_one_by_one(cls, fields)


def arrange(cls: type[Element], fields: dict[str, Any]) -> dict[str, Any]:
    """The same content under the names that `cls` knows, the rest under `extra`; judges nothing."""
    known = slots(cls)
    chosen, extra = _known_and_rest(cls, fields)
    arranged: dict[str, Any] = {}
    for name, (_sent, value) in chosen.items():
        slot = known[name]
        if slot.repeated:
            arranged[name] = [_arrange_one(slot, one) for one in _entries(slot, value)]
        elif not _says_nothing(slot, value):
            arranged[name] = _arrange_one(slot, value)
    arranged[EXTRA] = extra
    return arranged


def _known_and_rest(
    cls: type[Element], fields: dict[str, Any]
) -> tuple[dict[str, tuple[str, Any]], dict[str, Any]]:
    """By wire name: the name as it was sent, and the value; and everything else."""
    known, spellings = slots(cls), _spellings(cls)
    chosen: dict[str, tuple[str, Any]] = {}
    extra: dict[str, Any] = {}
    for sent, value in fields.items():
        name = sent if sent in known else spellings.get(sent.strip().lower(), "")
        if not name or name in chosen or (name != sent and name in fields):
            extra[sent] = value
        else:
            chosen[name] = sent, value
    return chosen, extra


def _entries(slot: Slot, value: Any) -> list[Any]:
    entries = value if isinstance(value, list) else [value]
    return [one for one in entries if not _says_nothing(slot, one)]


def _says_nothing(slot: Slot, value: Any) -> bool:
    """An empty element where a number or children belong, and where it may be missing."""
    if slot.is_text or (slot.required and slot.part):
        return False
    return isinstance(value, str) and not value.strip()


def _arrange_one(slot: Slot, value: Any) -> Any:
    if slot.part is not None:
        return arrange(slot.part, value or {}) if isinstance(value, dict) or value == "" else value
    return value if slot.is_text or not isinstance(value, str) else value.strip()


def _read_one_by_one(cls: type[E], fields: dict[str, Any]) -> E:
    chosen, extra = _known_and_rest(cls, fields)
    values: dict[str, Any] = {}
    for name, slot in slots(cls).items():
        sent, value = chosen.get(name, ("", ""))
        if sent and not _says_nothing(slot, value):
            try:
                values[slot.attribute] = _read_slot(slot, value)
                continue
            except msgspec.ValidationError:
                if slot.required and (slot.is_text or slot.part):
                    raise
                extra[sent] = value
        if slot.required:
            values[slot.attribute] = _substitute(slot)
    return cls(**values, extra=extra)


def _read_slot(slot: Slot, value: Any) -> Any:
    if slot.part is None:
        given = [one.strip() for one in _entries(slot, value)] if slot.repeated else _arrange_one(slot, value)
        return msgspec.convert(given, slot.type, strict=False)
    if slot.repeated:
        return tuple(_read_part(slot.part, one) for one in _entries(slot, value))
    return _read_part(slot.part, value)


def _read_part(part: type[Element], value: Any) -> Element:
    if isinstance(value, dict) or value == "":
        return read(part, value or {})
    raise msgspec.ValidationError(f"{part.__name__} has children")


def _substitute(slot: Slot) -> Any:
    if slot.part is not None:
        return read(slot.part, {})
    if slot.substitute is msgspec.NODEFAULT:
        raise msgspec.ValidationError(f"{slot.name} is missing")
    return slot.substitute
