"""What the pages' TypeScript types are made from: the part of the OpenAPI document that control routes take and give.

`make types` writes `web/src/api/schema.ts` from it; `digest` stands in that file's first line, so that a test can say
without Node whether the file is fresh.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from .route import BASE

PREFIX = "#/components/schemas/"


def pages_document(document: dict[str, Any]) -> dict[str, Any]:
    """The schemas that control routes reach.

    What answers always contain is required there, although the field has a default; what bodies may leave out is not.
    """
    schemas: dict[str, Any] = document["components"]["schemas"]
    routes = [verbs for path, verbs in document["paths"].items() if path.startswith(BASE)]
    operations = [operation for verbs in routes for operation in verbs.values()]
    asked = _reached([operation.get("requestBody", {}) for operation in operations], schemas)
    given = [
        said for operation in operations for code, said in operation["responses"].items() if code < "400"
    ]
    answered = _reached(given, schemas)
    kept = {
        name: _without_defaults(schema) if name in asked else _with_all_fields(schema)
        for name, schema in sorted(schemas.items())
        if name in asked | answered
    }
    short = _short_names(kept)
    return {
        "openapi": document["openapi"],
        "info": {"title": "gongzhong control API", "version": "1"},
        "paths": {},
        "components": {"schemas": {short[name]: _renamed(schema, short) for name, schema in kept.items()}},
    }


def digest(document: dict[str, Any]) -> str:
    """Says of which document a file was made."""
    whole = json.dumps(document, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(whole.encode()).hexdigest()[:32]


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _references(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            if name == "$ref":
                yield item.removeprefix(PREFIX)
            else:
                yield from _references(item)


def _reached(start: Any, schemas: dict[str, Any]) -> set[str]:
    found: set[str] = set()
    waiting = list(_references(start))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _references(schemas[name])
    return found


def _with_all_fields(schema: dict[str, Any]) -> dict[str, Any]:
    fields = schema.get("properties", {})
    always = [
        name for name, field in fields.items() if "default" in field or name in schema.get("required", ())
    ]
    return {**schema, "required": always} if fields else schema


def _without_defaults(schema: dict[str, Any]) -> dict[str, Any]:
    fields = schema.get("properties", {})
    bare = {
        name: {word: value for word, value in field.items() if word != "default"}
        for name, field in fields.items()
    }
    return {**schema, "properties": bare} if fields else schema


def _short_names(names: Iterable[str]) -> dict[str, str]:
    """Names that only a call of WeChat's has as well are written with their module; here they need it no longer."""
    last = {name: name.rpartition(".")[2] for name in names}
    often = Counter(last.values())
    return {name: word if often[word] == 1 else name for name, word in last.items()}


def _renamed(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [_renamed(item, names) for item in value]
    if isinstance(value, dict):
        return {key: _renamed(item, names) for key, item in value.items()}
    if isinstance(value, str) and value.startswith(PREFIX):
        return PREFIX + names[value.removeprefix(PREFIX)]
    return value
