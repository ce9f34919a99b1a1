"""Requests gone wrong in every place: each field missing, empty, too long, too large, of another kind."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import msgspec
from msgspec import inspect as shapes

from gongzhong.catalogue.lenient import alternatives
from gongzhong.catalogue.model import Call
from gongzhong.client import WireRequest

from .catalogue_world import Tamper

Path = tuple[str | int, ...]

GONE = object()
LONG = "长" * 20_001
"""Longer than any text may be."""
MANY = 10_001
"""More than any list may hold."""


def mutations(kind: type[Call[Any]], sample: WireRequest) -> Iterator[Tamper]:
    """Ways to spoil the request of a call, one field after another."""
    yield _other_verb
    for name, old in sample.query.items():
        if name != "access_token":
            for value in _wrong(old):
                yield asking(name, value)
    if not isinstance(sample.body, bytes):
        yield from (asking(name, value) for name in _absent(kind, sample.query) for value in ("?", "-1"))
        return
    yield from (partial(_with, body=body) for body in (b"", b"{", b"[]"))
    try:
        document = msgspec.json.decode(sample.body)
    except msgspec.DecodeError:
        yield partial(_with, body=LONG.encode())
        return
    for path in _paths(document):
        for value in _wrong(_at(document, path)):
            yield put(path, value)
    for name in _absent(kind, document):
        for value in ("?", "", LONG, -1):
            yield put((name,), value)


def _with(request: WireRequest, *, body: bytes) -> WireRequest:
    return replace(request, body=body)


def _other_verb(request: WireRequest) -> WireRequest:
    return replace(request, method="GET" if request.method == "POST" else "POST")


def asking(name: str, value: Any) -> Tamper:
    """The request with another parameter in its query, or without it when GONE."""

    def change(request: WireRequest) -> WireRequest:
        query = {key: old for key, old in request.query.items() if key != name}
        if value is not GONE:
            query[name] = value if isinstance(value, str) else msgspec.json.encode(value).decode()
        return replace(request, query=query)

    return change


def put(path: Path, value: Any) -> Tamper:
    """The request with another value in one place of its JSON, or without it when GONE."""

    def change(request: WireRequest) -> WireRequest:
        assert isinstance(request.body, bytes)
        return replace(
            request, body=msgspec.json.encode(_put(msgspec.json.decode(request.body), path, value))
        )

    return change


def without(name: str) -> Tamper:
    """The request without a parameter of its query."""
    return asking(name, GONE)


def _paths(document: Any, here: Path = ()) -> Iterator[Path]:
    """Every place inside a document, the first element of a list for all of them."""
    if isinstance(document, dict):
        keys: list[str] | range = list(document)
    elif isinstance(document, list):
        keys = range(min(len(document), 1))
    else:
        return
    for key in keys:
        yield (*here, key)
        yield from _paths(document[key], (*here, key))


def _at(document: Any, path: Path) -> Any:
    for key in path:
        document = document[key]
    return document


def _put(document: Any, path: Path, value: Any) -> Any:
    whole = copy.deepcopy(document)
    place = _at(whole, path[:-1])
    if value is GONE:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return whole


def _wrong(old: Any) -> list[Any]:
    values = [GONE, "", "?", LONG, "0", -1, 10**6, [], {}]
    if isinstance(old, list):
        plain = bool(old) and isinstance(old[0], str)
        return [*values, old * (MANY if plain else MANY // 100 + 1)]
    return values


def _absent(kind: type[Call[Any]], given: Any) -> list[str]:
    """Fields of the call that its example does not use."""
    node = shapes.type_info(kind)
    assert isinstance(node, shapes.StructType)
    return [field.encode_name for field in node.fields if field.encode_name not in given and _plain(field)]


def _plain(field: shapes.Field) -> bool:
    return not any(isinstance(one, shapes.StructType) for one in alternatives(field.type))
