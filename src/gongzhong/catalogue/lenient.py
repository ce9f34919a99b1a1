"""Values as WeChat takes them: `"1"` where a number is due, `1` where a text is due, null where nothing is
due.

msgspec reads numbers out of text by itself; the other two are mended here, and only after the strict reading
failed, so that well-formed data pays nothing.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import inspect as shapes


def build(raw: Any, kind: Any) -> Any:
    """Turn parsed JSON into `kind`; raises msgspec.ValidationError when even patience does not help."""
    try:
        return msgspec.convert(raw, kind, strict=False)
    except msgspec.ValidationError:
        return msgspec.convert(_mended(raw, shapes.type_info(kind)), kind, strict=False)


def _mended(value: Any, node: shapes.Type) -> Any:
    for kind in alternatives(node):
        if isinstance(value, dict) and isinstance(kind, shapes.StructType):
            return _mended_fields(value, kind)
        if isinstance(value, dict) and isinstance(kind, shapes.DictType):
            return {key: _mended(entry, kind.value_type) for key, entry in value.items()}
        if isinstance(value, list) and isinstance(kind, shapes.ListType):
            return [_mended(entry, kind.item_type) for entry in value]
        if isinstance(value, int | float) and not isinstance(value, bool) and _is_text(kind):
            return str(value)
    return value


def _mended_fields(value: dict[str, Any], kind: shapes.StructType) -> dict[str, Any]:
    fields = {field.encode_name: field for field in kind.fields}
    mended = {}
    for name, entry in value.items():
        field = fields.get(name)
        if field is None:
            continue
        if entry is None and not field.required:
            continue
        mended[name] = _mended(entry, field.type)
    return mended


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
