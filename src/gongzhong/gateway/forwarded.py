"""A client's request as an `Order`: it goes to WeChat under the same rules as a call of the kit's own client."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import parse_qsl

import msgspec

from ..account import Account, Secret
from ..catalogue.encoding import Encoded
from ..catalogue.model import Host, Repeat, Spec
from ..catalogue.multipart import Pieces
from ..catalogue.registry import by_path
from ..client.replies import Head
from ..client.transport import WireReply
from ..reasons import NOT_JSON

Verb: TypeAlias = Literal["GET", "POST"]

PATH: Final = re.compile(r"(/[A-Za-z0-9_-]+)+")
"""What WeChat's paths are made of. Dots, empty segments, escapes and all that could mean another address are none."""
MOST_PARAMETERS: Final = 64
PASSED_HEADERS: Final = ("range",)
PASSED_BEGINNING: Final = "wechatmp-"
"""Headers of the payload encryption and signature (API 安全): they belong to the request."""

_TOKEN_ALONE: Final = re.compile(rb"access_token=([A-Za-z0-9_.~-]*)")
_HEAD: Final = msgspec.json.Decoder(Head, strict=False)


class BadQuery(Exception):
    """The query cannot be passed on: escapes that are no UTF-8, or a parameter twice."""


def read_query(raw: bytes) -> dict[str, str]:
    """The parameters. Raises BadQuery; WeChat has no parameter that may stand twice, and who reads which is a guess."""
    if only := _TOKEN_ALONE.fullmatch(raw):  # nearly every call
        return {"access_token": only[1].decode()}
    try:
        pairs = parse_qsl(
            raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_PARAMETERS
        )
    except ValueError:
        raise BadQuery from None
    query = dict(pairs)
    if len(query) != len(pairs):
        raise BadQuery
    return query


def passed_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers of a request that go on to WeChat."""
    return {
        name: value
        for name, value in headers.items()
        if name in PASSED_HEADERS or name.startswith(PASSED_BEGINNING)
    }


@lru_cache(maxsize=4096)
def spec_for(verb: Verb, path: str, action: str = "") -> Spec | None:
    """What is known about a call; None for a path of another host of WeChat's.

    A call that the catalogue does not know is repeated after an unknown outcome only if it is a GET.
    """
    found = by_path(path, verb, action)
    if found is None:
        return Spec(verb, path, repeat=Repeat.SAFE if verb == "GET" else Repeat.IF_NOT_SENT)
    if found.spec.host is not Host.API:
        return None
    return found.spec if found.spec.verb == verb else msgspec.structs.replace(found.spec, verb=verb)


class Forwarded:
    """One request. The account's AppID and AppSecret are filled in where a call carries them."""

    __slots__ = ("_body", "_content_type", "_query", "may_be_done", "spec")

    def __init__(
        self, spec: Spec, query: Mapping[str, str], body: bytes | Pieces | None, content_type: str | None
    ) -> None:
        self.spec = spec
        self.may_be_done = False
        """Whether it was sent to WeChat and no answer came, and repeating it would not be safe."""
        self._query, self._body, self._content_type = dict(query), body, content_type
        if spec.token:
            self._query.pop("access_token", None)

    def name(self) -> str:
        return self.spec.path.strip("/")

    def encoded(self, account: Account) -> Encoded:
        query, body = self._query, self._body
        self.may_be_done = self.spec.repeat is not Repeat.SAFE
        if "secret" in self.spec.inject.values():
            # No local variable holds a secret in clear: tracebacks may show them.
            given = {wire: getattr(account, what) for wire, what in self.spec.inject.items()}
            if self.spec.verb == "GET":
                query = {**query, **{name: _text(value) for name, value in given.items()}}
            else:
                body = _filled(body, given)
        return Encoded(query, body, self._content_type)

    def code_of(self, reply: WireReply) -> int:
        """0 for whatever is not a JSON object with a return code: what it is, is for the client to judge."""
        self.may_be_done = False
        return return_code(reply.body)


def return_code(body: bytes) -> int:
    """The return code in an answer; 0 for none."""
    if body.lstrip()[:1] != b"{":
        return 0
    try:
        return _HEAD.decode(body).code
    except NOT_JSON:
        return 0


def read_object(body: bytes | Pieces | None) -> dict[str, Any]:
    """A JSON object; empty for anything else."""
    if not isinstance(body, bytes):
        return {}
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except NOT_JSON:
        return {}


def _filled(body: bytes | Pieces | None, given: Mapping[str, Any]) -> bytes:
    return msgspec.json.encode({**read_object(body), **{name: _text(value) for name, value in given.items()}})


def _text(value: str | Secret) -> str:
    return value.reveal() if isinstance(value, Secret) else value
