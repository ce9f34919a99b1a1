"""What a parameter must look like, and which return code WeChat gives when it does not.

A constraint is written once, in the annotation of the field: `Annotated[str, coded(invalid=40018,
max_bytes=16)]`. msgspec enforces the part it knows while the platform decodes; `check` enforces all of it,
lengths in bytes and rules between fields included, on a finished call, for both sides; `codes_for` tells the
code of a path.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import copy
from functools import cache
from typing import Annotated, Any, Final, TypeVar

import msgspec
from msgspec import Meta
from msgspec import inspect as shapes

from .. import facts
from .lenient import alternatives

T = TypeVar("T")

INVALID: Final = 47003
"""Code of a wrong value whose field declares none: 参数值不符合限制要求; its errmsg names the field."""
MISSING: Final = 41011
"""Code of a missing field that declares none: 缺少必填字段."""


SMALLEST: Final = -(2**63)
LARGEST: Final = 2**63 - 1
"""Numbers on the wire have 64 bits; JSON would allow more."""
SCHEMA_NAMES: Final = {
    "invalid": "x-code-invalid",
    "missing": "x-code-missing",
    "max_bytes": "x-max-bytes",
}
"""What a JSON Schema calls the constraints that it has no word for."""


def coded(
    *,
    invalid: int | None = None,
    missing: int | None = None,
    max_bytes: int | None = None,
    certain: bool = True,
    **constraints: Any,
) -> Meta:
    """A constraint with its return codes; further keywords are those of `msgspec.Meta`.

    `max_bytes` counts UTF-8. Not `certain` means that sources contradict each other: the platform enforces
    it, a client had better only warn.
    """
    known = {"invalid": invalid, "missing": missing, "max_bytes": max_bytes}
    extra: dict[str, Any] = {name: value for name, value in known.items() if value is not None}
    told = {SCHEMA_NAMES[name]: value for name, value in extra.items()}
    return Meta(
        extra=extra if certain else {**extra, "certain": False},
        extra_json_schema=told or None,
        **constraints,
    )


def always(value: T) -> T:
    """A default that is sent all the same, although defaults are left out; of a list everybody gets a copy."""
    default: T = msgspec.field(default_factory=lambda: copy(value))
    return default


OpenID = Annotated[str, coded(invalid=40003, missing=41009, min_length=1, max_length=facts.OPENID_LENGTH)]
MediaID = Annotated[str, coded(invalid=40007, missing=41006, min_length=1, max_length=facts.MEDIA_ID_LENGTH)]
TemplateID = Annotated[str, coded(invalid=40037, missing=40037, min_length=1)]
Url = Annotated[str, coded(invalid=40039)]


class Violation(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that a call breaks: where (`button[0].name`), WeChat's code, and why."""

    path: str
    code: int
    zh: str
    en: str
    certain: bool = True


Checker = Callable[[Any, str], Violation | None]


class _Limit(msgspec.Struct, frozen=True, kw_only=True):
    """The constraints of one value."""

    code: int
    certain: bool = True
    min_length: int | None = None
    max_length: int | None = None
    max_bytes: int | None = None
    pattern: str | None = None
    ge: float | None = None
    le: float | None = None
    choices: tuple[Any, ...] = ()

    def complaint(self, value: Any) -> tuple[str, str] | None:
        """What is wrong, in Chinese and English."""
        if self.choices:
            if value in self.choices:
                return None
            allowed = ", ".join(map(str, self.choices))
            return f"只能是 {allowed} 之一", f"must be one of {allowed}"
        if isinstance(value, str | list | tuple):
            return self._of_length(value)
        if isinstance(value, int | float):
            return self._of_size(value)
        return None

    def _of_length(self, value: str | list[Any] | tuple[Any, ...]) -> tuple[str, str] | None:
        count, text = len(value), isinstance(value, str)
        unit_zh, unit_en = ("个字符", "characters") if text else ("项", "items")
        if self.min_length is not None and count < self.min_length:
            return (
                f"至少 {self.min_length} {unit_zh}, 现有 {count}",
                f"at least {self.min_length} {unit_en}, not {count}",
            )
        if self.max_length is not None and count > self.max_length:
            return (
                f"最多 {self.max_length} {unit_zh}, 现有 {count}",
                f"at most {self.max_length} {unit_en}, not {count}",
            )
        if isinstance(value, str):
            if (
                self.max_bytes is not None
                and (size := len(value.encode("utf-8", "surrogatepass"))) > self.max_bytes
            ):
                return (
                    f"最多 {self.max_bytes} 字节, 现有 {size}",
                    f"at most {self.max_bytes} bytes, not {size}",
                )
            if self.pattern is not None and not re.search(self.pattern, value):
                return f"格式须符合 {self.pattern}", f"must match {self.pattern}"
        return None

    def _of_size(self, value: float) -> tuple[str, str] | None:
        if self.ge is not None and value < self.ge:
            return f"不能小于 {self.ge:g}", f"at least {self.ge:g}"
        if self.le is not None and value > self.le:
            return f"不能大于 {self.le:g}", f"at most {self.le:g}"
        return None

    def __call__(self, value: Any, path: str) -> Violation | None:
        words = self.complaint(value)
        if words is None:
            return None
        zh, en = words
        return Violation(
            path=path, code=self.code, zh=f"{path} {zh}", en=f"{path}: {en}", certain=self.certain
        )


def check(call: msgspec.Struct) -> Violation | None:
    """The first declared rule that a call (or any struct inside one) breaks, or None."""
    return _check_struct(call, "")


def codes_for(call_class: type[msgspec.Struct], path: str, *, missing: bool = False) -> int:
    """WeChat's code for a wrong value at `path` (msgspec's spelling, with or without `$`), or for a missing
    one.

    The innermost field on the way that declares a code decides.
    """
    code, node = (MISSING if missing else INVALID), shapes.type_info(call_class)
    for name, index in re.findall(r"([^.\[\]$]+)|\[([^\]]*)\]", path):
        found = _step(node, name, index)
        if found is None:
            break
        node = found
        declared = _extra(node)
        if "invalid" in declared:
            code = declared["invalid"]
        if missing and "missing" in declared:
            code = declared["missing"]
    return code


def is_demanded(field: shapes.Field) -> bool:
    """Whether a request must hold a field although callers may leave it out: it has a value of its own (`always`)."""
    return field.default_factory is not msgspec.NODEFAULT and "missing" in _extra(field.type)


def _extra(node: shapes.Type) -> dict[str, Any]:
    """What `coded` said about a node."""
    if isinstance(node, shapes.Metadata):
        return {**(node.extra or {}), **_extra(node.type)}
    if isinstance(node, shapes.UnionType):
        return {name: value for member in node.types for name, value in _extra(member).items()}
    return {}


def _step(node: shapes.Type, name: str, index: str) -> shapes.Type | None:
    """The type of a field or of an element."""
    for kind in alternatives(node):
        if name and isinstance(kind, shapes.StructType):
            return next((field.type for field in kind.fields if field.encode_name == name), None)
        if index and isinstance(kind, shapes.ListType):
            return kind.item_type
        if index and isinstance(kind, shapes.DictType):
            return kind.value_type
    return None


def _check_struct(value: Any, path: str) -> Violation | None:
    struct: Any = type(value)
    for attribute, name, checker in _plan(struct):
        member = getattr(value, attribute)
        if member is not None and (found := checker(member, f"{path}.{name}" if path else name)):
            return found
    between: Callable[[], Violation | None] | None = getattr(value, "cross_check", None)
    if between is None or (found := between()) is None:
        return None
    return msgspec.structs.replace(found, path=".".join(filter(None, (path, found.path))))


@cache
def _plan(struct: type[msgspec.Struct]) -> tuple[tuple[str, str, Checker], ...]:
    """The fields of a struct that have something to check: attribute, wire name, checker."""
    node = shapes.type_info(struct)
    assert isinstance(node, shapes.StructType)
    checked = ((field.name, field.encode_name, _checker(field.type)) for field in node.fields)
    return tuple((name, wire_name, checker) for name, wire_name, checker in checked if checker is not None)


def _checker(node: shapes.Type) -> Checker | None:
    own: Checker | None = _limit(node)
    inner = next(filter(None, map(_inner_checker, alternatives(node))), None)
    if own is None or inner is None:
        return own or inner
    return lambda value, path: own(value, path) or inner(value, path)


def _inner_checker(kind: shapes.Type) -> Checker | None:
    """Checks what is inside a list, a dict or a struct."""
    if isinstance(kind, shapes.StructType):
        return lambda value, path: _check_struct(value, path) if isinstance(value, msgspec.Struct) else None
    if isinstance(kind, shapes.ListType | shapes.DictType):
        element = _checker(kind.item_type if isinstance(kind, shapes.ListType) else kind.value_type)
        return None if element is None else _each(element)
    return None


def _each(element: Checker) -> Checker:
    def check_all(values: Any, path: str) -> Violation | None:
        if isinstance(values, dict):
            entries: Any = values.items()
        elif isinstance(values, list | tuple):
            entries = enumerate(values)
        else:
            return None
        found = (element(value, f"{path}[{key}]") for key, value in entries if value is not None)
        return next(filter(None, found), None)

    return check_all


def _limit(node: shapes.Type) -> _Limit | None:
    """The constraints that a field's type declares, or None."""
    extra = _extra(node)
    given: dict[str, Any] = {"max_bytes": extra.get("max_bytes")}
    for kind in alternatives(node):
        if isinstance(kind, shapes.LiteralType):
            given["choices"] = kind.values
        if isinstance(kind, shapes.IntType):
            given |= {
                "ge": SMALLEST if kind.ge is None else kind.ge,
                "le": LARGEST if kind.le is None else kind.le,
            }
        for name in ("min_length", "max_length", "pattern", "ge", "le"):
            given[name] = getattr(kind, name, None) if given.get(name) is None else given[name]
    if not any(value not in (None, ()) for value in given.values()):
        return None
    return _Limit(code=extra.get("invalid", INVALID), certain=extra.get("certain", True), **given)
