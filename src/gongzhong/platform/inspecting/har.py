"""Rows as files for other tools: HAR 1.2, which browsers and proxies read, or JSON with everything.

Secrets and tokens are shortened as everywhere. HAR 1.2: http://www.softwareishard.com/blog/har-12-spec/
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from ...version import version
from ..rows.view import view
from ..rows.words import Names, sentence, words_of
from ..traffic import Delivery, Exchange, Row, present

UTC: Final = datetime.timezone.utc  # noqa: UP017


def as_har(rows: Iterable[Row], names: Names, base: str) -> dict[str, Any]:
    """The exchanges of the rows as a HAR document. `base` stands before the paths of calls."""
    entries = [_entry(entry, row, names, base) for row in rows for entry in exchanges_of(row)]
    creator = {"name": "gongzhong", "version": version()}
    return {"log": {"version": "1.2", "creator": creator, "entries": entries}}


def as_json(rows: Iterable[Row], names: Names) -> list[dict[str, Any]]:
    """The rows with all their exchanges."""
    return [
        {"row": view(row, names), "exchanges": [present(entry) for entry in exchanges_of(row)]}
        for row in rows
    ]


def exchanges_of(row: Row) -> list[Exchange]:
    """The requests of a row with their answers."""
    return row.attempts if isinstance(row, Delivery) else [row]


def _entry(entry: Exchange, row: Row, names: Names, base: str) -> dict[str, Any]:
    shown = present(entry)
    request, response = shown["request"], shown["response"]
    url = request["url"] if "://" in request["url"] else base + request["url"]
    moment = datetime.datetime.fromtimestamp(entry.time, UTC)
    cost = max(entry.cost_ms, 0.0)
    return {
        "startedDateTime": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "time": cost,
        "request": {
            "method": request["method"],
            "url": url,
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": _pairs(request["headers"]),
            "queryString": _pairs(dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))),
            **_posted(request),
            "headersSize": -1,
            "bodySize": request["bytes"],
        },
        "response": _response(response),
        "cache": {},
        "timings": {"send": 0, "wait": cost, "receive": 0},
        "comment": f"#{entry.row or entry.seq} {sentence(words_of(row, names), 'en')}",
    }


def _posted(request: dict[str, Any]) -> dict[str, Any]:
    if not request["bytes"]:
        return {}
    kind = request["headers"].get("content-type", "application/octet-stream")
    body = request["body"]
    return {"postData": {"mimeType": kind, "params": [], "text": body if isinstance(body, str) else ""}}


def _response(response: dict[str, Any] | None) -> dict[str, Any]:
    """The answer; of none, as HAR has it, status 0."""
    headers = response["headers"] if response else {}
    body = response["body"] if response else ""
    size = response["bytes"] if response else 0
    content: dict[str, Any] = {"size": size, "mimeType": headers.get("content-type", "x-unknown")}
    if isinstance(body, str):
        content["text"] = body
    return {
        "status": response["status"] if response else 0,
        "statusText": "",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(headers),
        "content": content,
        "redirectURL": headers.get("location", ""),
        "headersSize": -1,
        "bodySize": size,
    }


def _pairs(values: dict[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in values.items()]
