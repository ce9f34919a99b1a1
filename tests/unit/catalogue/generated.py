"""Values of any struct of the catalogue, made from its declaration: what the property tests feed on."""

from __future__ import annotations

from functools import cache
from typing import Any

from hypothesis import strategies as st
from msgspec import inspect as shapes

from gongzhong.catalogue.model import Upload

TEXT = st.characters(codec="utf-8")
LONGEST = 1_000
SMALL = 5


@cache
def values(kind: Any) -> st.SearchStrategy[Any]:
    """Any valid value of a type."""
    return _of(shapes.type_info(kind))


def _of(node: shapes.Type) -> st.SearchStrategy[Any]:
    match node:
        case shapes.Metadata():
            return _of(node.type)
        case shapes.UnionType():
            return st.one_of(*map(_of, node.types))
        case shapes.NoneType():
            return st.none()
        case shapes.LiteralType():
            return st.sampled_from(node.values)
        case shapes.BoolType():
            return st.booleans()
        case shapes.IntType():
            least, most = (
                (-(2**63) if node.ge is None else node.ge),
                (2**63 - 1 if node.le is None else node.le),
            )
            return st.integers(least, most)
        case shapes.FloatType():
            return st.floats(allow_nan=False, allow_infinity=False)
        case shapes.StrType(pattern=str() as pattern):
            least, most = node.min_length or 0, node.max_length or LONGEST
            matching = st.from_regex(pattern.replace("$", r"\Z"), alphabet=st.characters(codec="ascii"))
            return matching.filter(lambda text: least <= len(text) <= most)
        case shapes.StrType():
            return st.text(
                TEXT, min_size=node.min_length or 0, max_size=_most(node.max_length, node.min_length)
            )
        case shapes.ListType():
            most = _most(node.max_length, node.min_length)
            return st.lists(_of(node.item_type), min_size=node.min_length or 0, max_size=most)
        case shapes.DictType():
            return st.dictionaries(_of(node.key_type), _of(node.value_type), max_size=SMALL)
        case shapes.StructType(cls=cls) if cls is Upload:
            names, kinds = (
                st.sampled_from(["a.jpg", "voice", "b-1.mp4"]),
                st.sampled_from(["image/jpeg", "video/mp4"]),
            )
            return st.builds(Upload, st.binary(), names, kinds)
        case shapes.StructType():
            return _struct(node)
        case shapes.AnyType():
            return st.text(TEXT, max_size=SMALL)
    raise AssertionError(f"no values for {node}")


def _struct(node: shapes.StructType) -> st.SearchStrategy[Any]:
    struct: Any = node.cls
    made = {field.name: _of(field.type) for field in node.fields}
    required = {field.name: made.pop(field.name) for field in node.fields if field.required}
    return st.fixed_dictionaries(required, optional=made).map(lambda fields: struct(**fields))


def _most(limit: int | None, least: int | None) -> int:
    return max(SMALL if limit is None else min(limit, SMALL), least or 0)
