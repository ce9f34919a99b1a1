"""What stands inside `<xml>`, as a struct that loses nothing.

Attributes are the wire's element names in snake case. An element without an attribute survives in `extra`, on
every level, so that a push can be written back as it came. Two ways lead in: msgspec converts the usual push
in one call; `arrange` prepares the unusual one (unknown elements, other spellings, one entry where several
may stand) so that the same call accepts it.
"""

from __future__ import annotations

import enum
import functools
import types
from typing import Annotated, Any, ClassVar, Union, get_args, get_origin

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

    extra: dict[str, Any] = msgspec.field(default_factory=dict, name=EXTRA)


class Slot(msgspec.Struct, frozen=True):
    """What is known about one attribute: its element, and how values get in and out."""

    attribute: str
    name: str
    default: Any
    required: bool
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
                default=info.default,
                required=info.required,
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


def arrange(cls: type[Element], fields: dict[str, Any]) -> dict[str, Any]:
    """The same content under the names that `cls` knows, the rest under `extra`; judges nothing."""
    known, spellings = slots(cls), _spellings(cls)
    arranged: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    for sent, value in fields.items():
        name = sent if sent in known else spellings.get(sent.strip().lower(), "")
        if not name or name in arranged or (name != sent and name in fields):
            extra[sent] = value
            continue
        slot = known[name]
        if slot.repeated:
            entries = value if isinstance(value, list) else [value]
            arranged[name] = [_arrange_one(slot, one) for one in entries if not _says_nothing(slot, one)]
        elif not _says_nothing(slot, value):
            arranged[name] = _arrange_one(slot, value)
    arranged[EXTRA] = extra
    return arranged


def _says_nothing(slot: Slot, value: Any) -> bool:
    """An empty element where a number or children belong, and where it may be missing."""
    if slot.is_text or (slot.required and slot.part):
        return False
    return isinstance(value, str) and not value.strip()


def _arrange_one(slot: Slot, value: Any) -> Any:
    if slot.part is not None:
        return arrange(slot.part, value or {}) if isinstance(value, dict) or value == "" else value
    return value if slot.is_text or not isinstance(value, str) else value.strip()
