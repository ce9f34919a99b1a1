"""What goes out for the values of a form, and what a page is told of the answer.

Values are sent as they are, right or wrong: what WeChat says to a wrong request is what somebody may want to see.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final, Literal
from urllib.parse import urlencode

import msgspec

from ...catalogue.encoding import Encoded, encode_values
from ...catalogue.fields import check
from ...catalogue.files import upload_name
from ...catalogue.lenient import build
from ...catalogue.model import Call, Upload
from ...reasons import NOT_JSON, in_words
from ..traffic import BY_HAND
from ..world import tokens
from ..world.refusal import BadInput
from ..world.world import AccountState, World
from .forms import file_fields

AnyCall = type[Call[Any]]
Target = Literal["platform", "wechat"]

SHOWN_BYTES: Final = 1024 * 1024
"""Of a body that is text; a file is shown whole, up to `FILE_BYTES`."""
FILE_BYTES: Final = 12 * 1024 * 1024
MARK: Final[Mapping[str, str]] = {BY_HAND: "1"}
"""Recordings leave these requests out."""


class GivenFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file of a form; `content` is base64."""

    filename: str = "file"
    content: bytes = b""
    content_type: str = ""


class ValuesProblem(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with the values before they are sent: the parameter, WeChat's code for it, and why."""

    path: str
    code: int
    zh: str
    en: str


class ShownBody(msgspec.Struct, frozen=True, kw_only=True):
    """A body as a page shows it: text, or a file in base64; of long ones the beginning or only the size."""

    text: str | None = None
    file: bytes | None = None
    filename: str = ""
    content_type: str = ""
    size: int = 0


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    """A request on its way to the platform: with its token, ready for a door."""

    verb: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


def with_files(call: AnyCall, values: Mapping[str, Any], files: Mapping[str, GivenFile]) -> dict[str, Any]:
    """The values with their files. Raises BadInput for a file where none belongs."""
    fields = file_fields(call)
    for name in files:
        if name not in fields:
            raise BadInput(f"{name} 不是文件参数", f"{name} is no parameter for a file")
    uploads = {
        name: Upload(file.content, file.filename, file.content_type or "application/octet-stream")
        for name, file in files.items()
    }
    return {**{name: value for name, value in values.items() if name not in fields}, **uploads}


def problem_with(call: AnyCall, values: Mapping[str, Any]) -> ValuesProblem | None:
    """The first rule that the values break."""
    try:
        made = build(dict(values), call)
    except NOT_JSON as problem:
        zh, en = in_words(problem)
        place = str(problem).partition(" - at `$")[2].rstrip("`").lstrip(".")
        missing = str(problem).partition("missing required field `")[2].partition("`")[0]
        path = f"{place}.{missing}".strip(".") if missing else place
        return ValuesProblem(path=path, code=0, zh=zh, en=en)
    found = check(made)
    return (
        None if found is None else ValuesProblem(path=found.path, code=found.code, zh=found.zh, en=found.en)
    )


def to_platform(
    world: World, account: AccountState, call: AnyCall, values: Mapping[str, Any], token: str | None
) -> Outgoing:
    """The request as the platform gets it. `token` None takes a good one of the account."""
    injected = {name: getattr(account, what) for name, what in call.spec.inject.items()}
    encoded = encode_values(call, values, injected)
    query = encoded.query
    if call.spec.token:
        query = {"access_token": token_of(world, account) if token is None else token, **query}
    return Outgoing(
        verb=call.spec.verb,
        path=call.spec.address,
        query=urlencode(query),
        headers={**content_headers(encoded), **MARK},
        body=body_of(encoded),
    )


def token_of(world: World, account: AccountState) -> str:
    """A token that is good now and ends no other one."""
    return tokens.stable(world, account, force=False)[0]


def content_headers(encoded: Encoded) -> dict[str, str]:
    """Type and length of the body, where there is one."""
    if encoded.body is None:
        return {}
    return {"content-type": encoded.content_type or "", "content-length": str(len(encoded.body))}


def body_of(encoded: Encoded) -> bytes:
    return b"" if encoded.body is None else bytes(encoded.body)


def shown(body: bytes, headers: Mapping[str, str]) -> ShownBody:
    """A body as the page shows it."""
    content_type = headers.get("content-type", "")
    disposition = headers.get("content-disposition", "")
    name = disposition.partition('filename="')[2].partition('"')[0]
    if not name:
        try:
            return ShownBody(text=body[:SHOWN_BYTES].decode(), content_type=content_type, size=len(body))
        except UnicodeDecodeError:
            name = upload_name("file", body[:64], content_type.partition(";")[0])[0]
    kept = body if len(body) <= FILE_BYTES else None
    return ShownBody(file=kept, filename=name, content_type=content_type, size=len(body))


def shown_request(body: bytes, content_type: str, values: Mapping[str, Any]) -> ShownBody:
    """The body of a request; of one with files its parts in words."""
    if not content_type.startswith("multipart/"):
        return shown(body, {"content-type": content_type})
    parts = [
        f"{name}: {value.filename} ({value.size} bytes)"
        if isinstance(value, Upload)
        else f"{name}: {value if isinstance(value, str) else msgspec.json.encode(value).decode()}"
        for name, value in values.items()
    ]
    return ShownBody(text="\n".join(parts), content_type=content_type, size=len(body))


def status_line(status: int) -> str:
    """`HTTP/1.1 200 OK`, as WeChat's tool shows it first."""
    try:
        return f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"HTTP/1.1 {status}"


def as_json(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values for a page: files as name and content in base64 (see `GivenFile`)."""
    return {
        name: {
            "filename": value.filename,
            "content": base64.b64encode(value.content).decode(),
            "content_type": value.content_type,
        }
        if isinstance(value, Upload)
        else msgspec.to_builtins(value)
        for name, value in values.items()
    }
