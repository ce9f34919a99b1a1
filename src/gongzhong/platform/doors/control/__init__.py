"""The control API under `/_platform/`: for the pages, for tests, and for anyone with curl."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import Response

from ...platform import Platform
from ..guard import Guard
from . import (
    acts,
    articles,
    bench,
    debug,
    debug_push,
    desk,
    holdings,
    js_sdk,
    program,
    reference,
    rows,
    sending,
    situation,
    tools,
)
from .openapi import document
from .route import Given, Otherwise, Route, answer_http_error, build

DOCUMENT = Otherwise(200, "application/json", "本文档 / this document")
DECLARED: tuple[Route[Any, Any], ...] = (
    *acts.ROUTES,
    *articles.ROUTES,
    *bench.ROUTES,
    *sending.ROUTES,
    *debug.ROUTES,
    *debug_push.ROUTES,
    *desk.ROUTES,
    *holdings.ROUTES,
    *js_sdk.ROUTES,
    *program.ROUTES,
    *reference.ROUTES,
    *rows.ROUTES,
    *situation.ROUTES,
    *tools.ROUTES,
)


async def openapi(given: Given[None]) -> Response:
    """这份文档 / this document"""
    return Response(msgspec.json.encode(document(ROUTES)), media_type="application/json")


ROUTES = (Route(verb="GET", path="/openapi.json", function=openapi, answer=DOCUMENT), *DECLARED)
"""Every route there is."""


def control_app(platform: Platform, guard: Guard) -> Starlette:
    """The routes, bound to one platform and guarded by `guard`."""
    return Starlette(
        routes=[build(route, platform, guard) for route in ROUTES],
        exception_handlers={HTTPException: answer_http_error},
    )
