"""What our OpenAPI documents (3.1) have in common: schemas made from types, parameters, the one form of a mistake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from .version import version

REF: Final = "#/components/schemas/{name}"
JSON: Final = "application/json"
MISTAKE: Final = "Mistake"


def schemas_of(kinds: Sequence[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What stands where each type is used, by the type's `repr`; and the schemas of the structs in them, by name."""
    found, components = msgspec.json.schema_components(kinds, ref_template=REF)
    return dict(zip(map(repr, kinds), found, strict=True)), dict(components)


def document(
    title: str, description: str, paths: Mapping[str, Any], schemas: Mapping[str, Any], *reasons: str
) -> dict[str, Any]:
    """The whole document, with the schema of a mistake: its words in both languages, and texts for programs."""
    texts = {name: {"type": "string"} for name in (*reasons, "zh", "en")}
    error = {"type": "object", "required": list(texts), "properties": texts}
    mistake = {"type": "object", "required": ["error"], "properties": {"error": error}}
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version(), "description": description},
        "paths": paths,
        "components": {"schemas": {**schemas, MISTAKE: mistake}},
    }


def content(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A body that is JSON."""
    return {JSON: {"schema": schema}}


def mistake(words: str) -> dict[str, Any]:
    """A response that says what was wrong."""
    return {"description": words, "content": content({"$ref": REF.format(name=MISTAKE)})}


def parameter(name: str, place: str) -> dict[str, Any]:
    """A text in the path, which must be there, or in the query."""
    return {"name": name, "in": place, "required": place == "path", "schema": {"type": "string"}}
