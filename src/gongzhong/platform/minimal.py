"""The smallest value of a declared type: what a call answers that nobody has simulated yet, and what examples show.

Required fields are there and empty, all others absent.
"""

from __future__ import annotations

from typing import Any, get_args

import msgspec
from msgspec import inspect as shapes

from ..catalogue.model import Call, Download, Ok


def answer_of(call: type[Call[Any]]) -> Any:
    """The smallest answer of a call: JSON where there is a choice, and for calls without a declared answer just ok."""
    if call.returns == dict[str, Any]:
        return Ok()
    documents = [kind for kind in get_args(call.returns) or (call.returns,) if kind is not Download]
    return smallest(documents[0]) if documents else Download(b"")


def smallest(kind: Any) -> Any:
    """A value of the type that satisfies its declared limits."""
    built: Any = msgspec.convert(_raw(shapes.type_info(kind)), kind, strict=False)
    return built


def _raw(node: shapes.Type) -> Any:
    match node:
        case shapes.Metadata():
            return _raw(node.type)
        case shapes.UnionType():
            return (
                None if any(isinstance(kind, shapes.NoneType) for kind in node.types) else _raw(node.types[0])
            )
        case shapes.LiteralType():
            return node.values[0]
        case shapes.StrType():
            return "0" * (node.min_length or 0)
        case shapes.BoolType():
            return False
        case shapes.IntType() | shapes.FloatType():
            return max(node.ge or 0, 0)
        case shapes.ListType():
            return [_raw(node.item_type)] * (node.min_length or 0)
        case shapes.StructType():
            return {field.encode_name: _raw(field.type) for field in node.fields if field.required}
        case shapes.DictType():
            return {}
    return None
