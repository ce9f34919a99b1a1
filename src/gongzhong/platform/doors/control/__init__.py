"""The control API under `/_platform/`: for the pages, for tests, and for anyone with curl."""

from __future__ import annotations

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...platform import Platform
from . import acts, articles, bench, coverage, desk, js_sdk, privacy, recognition, sending, tools
from .openapi import document
from .route import BASE, answer_http_error, build

CONTROLS = (
    *acts.CONTROLS,
    *articles.CONTROLS,
    *bench.CONTROLS,
    *sending.CONTROLS,
    *desk.CONTROLS,
    *js_sdk.CONTROLS,
    *privacy.CONTROLS,
    *recognition.CONTROLS,
    *tools.CONTROLS,
    *coverage.CONTROLS,
)


def control_app(platform: Platform) -> Starlette:
    """The routes, bound to one platform."""

    async def openapi(request: Request) -> Response:
        return Response(msgspec.json.encode(document(CONTROLS)), media_type="application/json")

    routes = [build(control, platform) for control in CONTROLS]
    return Starlette(
        routes=[Route(f"{BASE}/openapi.json", openapi), *routes],
        exception_handlers={HTTPException: answer_http_error},
    )
