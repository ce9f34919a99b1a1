"""A call → query and body, and back: the client uses one half, the platform the other, on the same
declaration.

GET sends its fields in the query, POST as JSON in raw UTF-8 (WeChat does not undo `\\u` escapes everywhere),
a call with an `Upload` as multipart; half an emoji (a lone surrogate) goes out as U+FFFD. The platform's half
takes what WeChat takes: text for numbers, numbers for text, unknown fields, and it tells what is wrong with the
rest by `DecodeProblem`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final, Literal, TypeVar
from urllib.parse import parse_qs

import msgspec
from msgspec import inspect as shapes

from ..account import Secret
from ..errors import GongzhongError
from ..reasons import NOT_JSON
from ..wire.surrogates import mended, mended_value
from . import multipart
from .fields import codes_for, is_demanded
from .lenient import alternatives, build
from .model import Call, Upload

C = TypeVar("C", bound=Call[Any])

JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"
TEXT: Final = "text/plain; charset=utf-8"
MALFORMED_JSON: Final = 47001
EMPTY_BODY: Final = 44002
NO_FILE: Final = 41005

Kind = Literal["json", "empty", "missing", "invalid", "multipart"]


class Encoded(msgspec.Struct, frozen=True):
    """What goes on the wire: query parameters (not yet escaped), body and its content type.

    A body is `Pieces` when files are to be read while it is sent.
    """

    query: dict[str, str]
    body: bytes | multipart.Pieces | None = None
    content_type: str | None = None

    def __repr__(self) -> str:
        size = "no body" if self.body is None else f"{len(self.body)} bytes of {self.content_type}"
        return f"Encoded({', '.join(self.query) or 'no query'}; {size})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("query", list(self.query)), ("content_type", self.content_type)]


class DecodeProblem(GongzhongError):
    """A request that is not a call: `kind` of mistake, `path` of the field, msgspec's `detail`, WeChat's
    `code`."""

    def __init__(self, kind: Kind, code: int, path: str = "", detail: str = "") -> None:
        zh, en = {
            "json": ("请求体不是 JSON 对象", "the body is not a JSON object"),
            "empty": ("请求体是空的", "the body is empty"),
            "missing": (f"缺少字段 {path}", f"the field {path} is missing"),
            "invalid": (f"字段 {path} 的值不符合要求", f"the field {path} has a wrong value"),
            "multipart": (
                "请求体不是完整的 multipart/form-data",
                "the body is not complete multipart/form-data",
            ),
        }[kind]
        super().__init__(zh, f"{en}: {detail}" if detail else en)
        self.kind, self.code, self.path, self.detail = kind, code, path, detail


class _Field(msgspec.Struct, frozen=True):
    attribute: str
    name: str
    default: Any
    """What is left out when equal; NODEFAULT when everything is sent."""
    in_query: bool
    is_file: bool
    is_text: bool
    required: bool


class _Layout(msgspec.Struct, frozen=True):
    """Where the fields of one class travel, found out once."""

    fields: tuple[_Field, ...]
    queried: tuple[_Field, ...]
    has_file: bool
    demanded: tuple[str, ...]
    """Fields that the client fills in by itself, and whose absence WeChat has a code for."""
    reader: Any

    @property
    def has_body(self) -> bool:
        return len(self.queried) < len(self.fields)

    @property
    def needs_body(self) -> bool:
        """Whether a request without a body can't be this call."""
        if self.has_file:
            return any(field.is_file and field.required for field in self.fields)
        return self.has_body


@cache
def _layout(call_type: type[Call[Any]]) -> _Layout:
    node = shapes.type_info(call_type)
    assert isinstance(node, shapes.StructType)
    fields = []
    for field in node.fields:
        kinds = alternatives(field.type)
        fields.append(
            _Field(
                field.name,
                field.encode_name,
                [] if field.default_factory is list else field.default,
                call_type.spec.in_query(field.encode_name),
                any(isinstance(kind, shapes.StructType) and kind.cls is Upload for kind in kinds),
                not any(
                    isinstance(kind, shapes.StructType | shapes.ListType | shapes.DictType) for kind in kinds
                ),
                field.required,
            )
        )
    return _Layout(
        tuple(fields),
        tuple(field for field in fields if field.in_query),
        any(field.is_file for field in fields),
        tuple(field.encode_name for field in node.fields if is_demanded(field)),
        msgspec.json.Decoder(call_type, strict=False),
    )


def encode(call: Call[Any], injected: Mapping[str, str | Secret] | None = None) -> Encoded:
    """Query, body and content type of a call. `injected` holds what `spec.inject` names, by wire name.

    Secrets are revealed only in what is returned: a traceback may show local variables.
    """
    call_type: Any = type(call)
    layout, spec, added = _layout(call_type), call.spec, dict(injected or {})
    if spec.verb == "POST" and not (added or layout.queried or layout.has_file or spec.whole):
        return Encoded({}, _as_json(call), JSON)
    given = [(field, getattr(call, field.attribute)) for field in layout.fields]
    always_sent = (spec.rest, spec.whole)
    sent = {
        field.name: value
        for field, value in given
        if field.name in always_sent or (value is not None and value != field.default)
    }
    kind = spec.file_kind or str(getattr(call, "type", ""))
    return _on_wire(call_type, sent, added, kind)


def encode_values(
    call_type: type[Call[Any]],
    values: Mapping[str, Any],
    injected: Mapping[str, str | Secret] | None = None,
) -> Encoded:
    """What `encode` makes of a call, from values by wire name that need not be right: for whoever tries out what
    WeChat says to a wrong request. Files are `Upload`s; None counts as absent; unknown names are sent, too."""
    sent = {name: value for name, value in values.items() if value is not None}
    kind = call_type.spec.file_kind or str(sent.get("type", ""))
    return _on_wire(call_type, sent, dict(injected or {}), kind)


def _on_wire(call_type: Any, sent: dict[str, Any], added: dict[str, str | Secret], file_kind: str) -> Encoded:
    """Query and body of the values that are sent."""
    layout, spec = _layout(call_type), call_type.spec
    rest = sent.pop(spec.rest, {}) if spec.rest else {}
    query = {name: _as_text(value) for name, value in sent.items() if spec.in_query(name)}
    query |= mended_value(rest)
    in_query = {name: value for name, value in added.items() if spec.in_query(name)}
    if spec.verb == "GET":
        return Encoded(spec.action | query | _revealed(in_query))
    payload = {name: value for name, value in sent.items() if not spec.in_query(name)}
    in_body = {name: value for name, value in added.items() if name not in in_query}
    if spec.whole:
        return Encoded(query | _revealed(in_query), *_whole(payload.get(spec.whole, {})))
    by_body_alone = not (added or layout.queried or layout.has_file)
    if not (payload or in_body or layout.needs_body or by_body_alone):
        return Encoded(query | _revealed(in_query))
    if layout.has_file:
        parts = {
            name: value.named(file_kind) if isinstance(value, Upload) else _as_text(value)
            for name, value in payload.items()
        }
        return Encoded(query | _revealed(in_query), *multipart.write(parts | _revealed(in_body)))
    if not in_body:
        return Encoded(query | _revealed(in_query), _as_json(payload), JSON)
    plain = mended_value(msgspec.to_builtins(payload))
    return Encoded(query | _revealed(in_query), msgspec.json.encode(plain | _revealed(in_body)), JSON)


def _revealed(values: Mapping[str, str | Secret]) -> dict[str, str]:
    return {
        name: _as_text(value.reveal() if isinstance(value, Secret) else value)
        for name, value in values.items()
    }


def _whole(value: Any) -> tuple[bytes, str]:
    return (mended(value).encode(), TEXT) if isinstance(value, str) else (_as_json(value), JSON)


def _as_text(value: Any) -> str:
    return mended(value) if isinstance(value, str) else _as_json(value).decode()


def _as_json(value: Any) -> bytes:
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return msgspec.json.encode(mended_value(msgspec.to_builtins(value)))


def decode(call_type: type[C], query: Mapping[str, str], body: bytes = b"", content_type: str = "") -> C:
    """The call that a request makes; raises DecodeProblem. Other query parameters and body fields are
    ignored."""
    kind: Any = call_type
    layout, spec = _layout(kind), call_type.spec
    raw: dict[str, Any] = {field.name: query[field.name] for field in layout.queried if field.name in query}
    if spec.rest:
        raw[spec.rest] = {name: value for name, value in query.items() if name != "access_token"}
    if spec.verb == "GET" or not layout.has_body or not (body or layout.needs_body):
        return _built(call_type, raw)
    if spec.whole:
        return _built(call_type, raw | {spec.whole: _whole_of(layout, spec.whole, body)})
    if layout.has_file:
        return _built(call_type, raw | _parts(layout, body, content_type))
    if spec.forms:
        return _built(call_type, dict(query) | raw | _form_or_object(body, content_type))
    if not raw and body and not layout.demanded:
        # Nearly every call: straight from bytes to the struct.
        try:
            decoded: C = layout.reader.decode(body)
            return decoded
        except NOT_JSON:
            pass
    return _built(call_type, raw | _object(body))


def injected_values(
    call_type: type[Call[Any]], query: Mapping[str, str], body: bytes = b"", content_type: str = ""
) -> dict[str, str]:
    """What a request says for the names in `spec.inject` (appid, secret); absent names are absent."""
    spec, found = call_type.spec, dict(query)
    if spec.forms:
        found |= _form_or_object(body, content_type)
    elif not all(map(spec.in_query, spec.inject)):
        found = {**{name: value for name, value in query.items() if spec.in_query(name)}, **_object(body)}
    return {name: _as_text(found[name]) for name in spec.inject if found.get(name) not in (None, "")}


def _whole_of(layout: _Layout, name: str, body: bytes) -> Any:
    if any(field.name == name and field.is_text for field in layout.fields):
        if not body:
            raise DecodeProblem("empty", EMPTY_BODY)
        return body.decode("utf-8", "replace")
    return _object(body)


def _object(body: bytes) -> dict[str, Any]:
    if not body.strip():
        raise DecodeProblem("empty", EMPTY_BODY)
    try:
        raw = msgspec.json.decode(body)
    except NOT_JSON as error:
        raise DecodeProblem("json", MALFORMED_JSON, detail=str(error)) from None
    if not isinstance(raw, dict):
        raise DecodeProblem("json", MALFORMED_JSON, detail="not an object")
    return raw


def _form_or_object(body: bytes, content_type: str) -> dict[str, Any]:
    # Tools label JSON as a form by default: what it is counts, not what it is called.
    if not body.strip():
        return {}
    if body.lstrip().startswith(b"{") or not content_type.startswith(FORM):
        return _object(body)
    fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
    return {name: values[0] if len(values) == 1 else values for name, values in fields.items()}


def _parts(layout: _Layout, body: bytes, content_type: str) -> dict[str, Any]:
    if not body:
        raise DecodeProblem("multipart", NO_FILE, detail="the body is empty")
    try:
        parts: dict[str, Any] = dict(multipart.read(body, content_type))
    except multipart.MalformedBody as error:
        raise DecodeProblem("multipart", NO_FILE, detail=str(error)) from None
    for field in layout.fields:
        part = parts.get(field.name)
        if field.is_file and not isinstance(part, Upload):
            parts.pop(field.name, None)
        elif isinstance(part, str) and not field.is_text and not field.in_query:
            parts[field.name] = _object(part.encode())
    return parts


def _built(call_type: type[C], raw: dict[str, Any]) -> C:
    for name in _layout(call_type).demanded:
        if name not in raw:
            raise DecodeProblem("missing", codes_for(call_type, name, missing=True), name)
    try:
        made: C = build(raw, call_type)
    except msgspec.ValidationError as error:
        raise _problem(call_type, str(error)) from None
    return made


def _problem(call_type: type[Call[Any]], message: str) -> DecodeProblem:
    """Read msgspec's message: what is wrong, then where."""
    detail, _, where = message.partition(" - at `")
    path = where.rstrip("`").lstrip("$.")
    absent = re.fullmatch(r"Object missing required field `([^`]+)`", detail)
    if absent:
        path = f"{path}.{absent[1]}" if path else absent[1]
        return DecodeProblem("missing", codes_for(call_type, path, missing=True), path)
    return DecodeProblem("invalid", codes_for(call_type, path), path, detail)
