"""Whatever fits the OpenAPI document, and much that does not, is answered as the document says, never with a crash."""

from __future__ import annotations

import os
from typing import Any

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from gongzhong.platform import AccountConfig, PersonConfig, Platform, PlatformConfig, TieConfig
from gongzhong.platform.doors.server import Server
from gongzhong.platform.world import tokens

PROMISES = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
"""WeChat says no with HTTP 200 and a return code, so nothing is concluded from what was accepted or refused."""
EXAMPLES = int(os.environ.get("GONGZHONG_SCHEMA_EXAMPLES", "3"))
"""Requests tried for each operation, beside those at the edges of every limit."""
ENDLESS = "/_platform/events"
CLIENTS_NAME = "testserver"
"""The host that schemathesis's ASGI client asks: a name of the operator's, as with `--allow-host`."""

ACCOUNT = AccountConfig(name="demo", kind="service", open_platform="demo")
PERSON = PersonConfig(name="alice", accounts={"demo": TieConfig(follows=True)})


class Nobody:
    """A receiver that answers no push, at once."""

    async def send(self, method: str, url: str, body: bytes, *, timeout_s: float, connect_s: float) -> Any:
        raise AssertionError("no account has a URL")

    async def close(self) -> None:
        """Nothing is open."""


class AlwaysOpen:
    """The platform's server without the beginning and end that a client would give it around each request."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            await self._server(scope, receive, send)
            return
        for step in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{step}.complete"})


PLATFORM = Platform(PlatformConfig(account=[ACCOUNT], person=[PERSON]), receiver=Nobody())
APP = AlwaysOpen(Server(PLATFORM, hosts=[CLIENTS_NAME]))
SCHEMA = schemathesis.openapi.from_asgi("/_platform/openapi.json", APP).exclude(path=ENDLESS)


@schemathesis.hook
def before_call(context: Any, case: schemathesis.Case, kwargs: Any) -> None:
    """Give every call of WeChat's a token that is good, so that what comes after the token is reached, and spare it
    the faults that earlier requests ordered: a broken connection is no answer that could be judged.
    """
    if "access_token" in case.query:
        PLATFORM.faults.lift()
        (account,) = [one for one in PLATFORM.world.accounts.values() if one.name == "demo"]
        case.query["access_token"], _ = tokens.issue(PLATFORM.world, account)


@SCHEMA.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_operation_keeps_to_the_document(case: schemathesis.Case) -> None:
    case.call_and_validate(checks=PROMISES)
