"""Values as WeChat writes them: `"1"` where a number is due, `1` where a text is due, one object where a list is due,
null or an empty text where nothing is due.

msgspec reads numbers out of text by itself; the others are mended here, and only after the strict reading failed, so
that well-formed data pays nothing.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec
from msgspec import inspect as shapes


def build(raw: Any, kind: Any) -> Any:
    """Turn parsed JSON into `kind`; raises msgspec.ValidationError when even patience does not help."""
    try:
        return msgspec.convert(raw, kind, strict=False)
    except msgspec.ValidationError:
        return msgspec.convert(_mended(raw, shapes.type_info(kind)), kind, strict=False)


def build_answer(raw: Any, kind: Any) -> Any:
    """`build` for answers: one object where a list is due is its only entry, an empty text an empty list, true and
    false are 1 and 0, and an optional field that cannot be read is left out, as a reader may do without it.

    Raises msgspec.ValidationError when a required field is missing or unreadable.
    """
    try:
        return build(raw, kind)
    except msgspec.ValidationError:
        mended = _mended(raw, shapes.type_info(kind), patient=True)
        return msgspec.convert(mended, kind, strict=False)


def _mended(value: Any, node: shapes.Type, patient: bool = False) -> Any:
    """The value in the shape that `node` asks for; `patient` adds what only answers are forgiven."""
    for kind in alternatives(node):
        if isinstance(value, dict) and isinstance(kind, shapes.StructType):
            return _mended_fields(value, kind, patient)
        if isinstance(value, dict) and isinstance(kind, shapes.DictType):
            return {key: _mended(entry, kind.value_type, patient) for key, entry in value.items()}
        if isinstance(kind, shapes.ListType):
            if isinstance(value, list):
                return [_mended(entry, kind.item_type, patient) for entry in value]
            if patient and isinstance(value, dict):
                return [_mended(value, kind.item_type, patient)]
            if patient and (value is None or value == ""):
                return []
        if patient and isinstance(value, bool) and isinstance(kind, shapes.IntType):
            return int(value)
        if isinstance(value, int | float) and not isinstance(value, bool) and _is_text(kind):
            return str(value)
    return value


def _mended_fields(value: dict[str, Any], kind: shapes.StructType, patient: bool) -> dict[str, Any]:
    mended = {}
    for field in kind.fields:
        name = field.encode_name
        if name not in value or (not field.required and _says_nothing(value[name], field.type)):
            continue
        entry = _mended(value[name], field.type, patient)
        if field.required or not patient or _readable(entry, kind.cls, name):
            mended[name] = entry
    return mended


def _says_nothing(value: Any, node: shapes.Type) -> bool:
    """Whether a value stands for an absent one: null, or an empty text where none is allowed."""
    return value is None or (
        value == ""
        and not any(
            isinstance(kind, shapes.StrType) and not kind.min_length and kind.pattern is None
            for kind in alternatives(node)
        )
    )


def _readable(value: Any, cls: type[msgspec.Struct], name: str) -> bool:
    try:
        msgspec.convert(value, _field_types(cls)[name], strict=False)
    except msgspec.ValidationError:
        return False
    return True


@cache
def _field_types(cls: type[msgspec.Struct]) -> dict[str, Any]:
    return {field.encode_name: field.type for field in msgspec.structs.fields(cls)}


def _is_text(kind: shapes.Type) -> bool:
    return isinstance(kind, shapes.StrType) or (
        isinstance(kind, shapes.LiteralType) and all(isinstance(value, str) for value in kind.values)
    )


def alternatives(node: shapes.Type) -> tuple[shapes.Type, ...]:
    """The types that a node stands for, without wrappers and without None."""
    if isinstance(node, shapes.Metadata):
        return alternatives(node.type)
    if isinstance(node, shapes.UnionType):
        return tuple(kind for member in node.types for kind in alternatives(member))
    return () if isinstance(node, shapes.NoneType) else (node,)
