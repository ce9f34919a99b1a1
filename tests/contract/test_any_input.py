"""Whatever arrives at a door is answered: WeChat's JSON, the control API's words or a page, never a crash."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gongzhong.catalogue.model import Host
from gongzhong.catalogue.registry import CALLS
from gongzhong.platform import AccountConfig, PersonConfig, Platform, PlatformConfig, TieConfig
from gongzhong.platform.delivery.receiver import Answered
from gongzhong.platform.doors.control import ROUTES
from gongzhong.platform.doors.server import Server
from gongzhong.platform.world import tokens

APPID = "wx0123456789abcdef"
ENDLESS = "/events"
API_PATHS = sorted({call.spec.path for call in CALLS if call.spec.host is Host.API})
CONTROL_PATHS = sorted({control.path for control in ROUTES} - {ENDLESS})
quick = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
NAMES = st.sampled_from(
    [
        *(
            "access_token",
            "appid",
            "secret",
            "openid",
            "touser",
            "type",
            "media_id",
            "tag",
            "tagid",
            "button",
        ),
        *(
            "matchrule",
            "menuid",
            "data",
            "template_id",
            "name",
            "ticket",
            "url",
            "code",
            "next_openid",
            "after",
        ),
        *("articles", "filter", "msgtype", "text", "action_name", "action_info", "cgi_path", "rid", "person"),
        *("redirect_uri", "scope", "state", "response_type", "event", "fields", "path", "file", "advance"),
    ]
)
OBJECTS = st.dictionaries(NAMES, JSON, max_size=8)
BODIES = (
    st.binary(max_size=200)
    | JSON.map(lambda value: json.dumps(value).encode())
    | OBJECTS.map(lambda value: json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"))
)
QUERIES = st.dictionaries(NAMES | st.text(max_size=8), st.text(max_size=30), max_size=6)
TYPES = st.sampled_from(
    [
        "application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=B",
        "text/xml",
        "é",
    ]
)
VERBS = st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])


class Nobody:
    """A developer's server that takes everything."""

    async def send(
        self, method: str, url: str, body: bytes, *, timeout_s: float, connect_s: float
    ) -> Answered:
        return Answered(200, {}, b"success")

    async def close(self) -> None:
        """Nothing is open."""


class Doors:
    """A platform on a loop of its own; `ask` is one request, bytes in and bytes out."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        account = AccountConfig(name="shop", appid=APPID, token="token123", url="http://shop.test/")
        person = PersonConfig(name="alice", accounts={"shop": TieConfig(follows=True)})
        config = PlatformConfig(account=[account], person=[person])
        self.platform = Platform(config, receiver=Nobody())
        self.server = Server(self.platform)

    def token(self) -> str:
        accounts = self.platform.world.accounts
        return (
            tokens.stable(self.platform.world, accounts[APPID], force=False)[0]
            if APPID in accounts
            else "88_"
        )

    def ask(self, verb: str, path: str, query: str, body: bytes, content_type: str) -> tuple[int, bytes]:
        return self.loop.run_until_complete(self._ask(verb, path, query, body, content_type))

    async def _ask(
        self, verb: str, path: str, query: str, body: bytes, content_type: str
    ) -> tuple[int, bytes]:
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "method": verb,
            "path": path,
            "raw_path": quote(path).encode(),
            "query_string": query.encode("utf-8", "surrogatepass"),
            "headers": [(b"content-type", content_type.encode()), (b"host", b"127.0.0.1:8700")],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 8700),
            "scheme": "http",
            "root_path": "",
            "http_version": "1.1",
        }
        await self.server(scope, receive, send)
        await self.platform.settle()
        answer = b"".join(message.get("body", b"") for message in sent[1:])
        return int(sent[0]["status"]), answer


DOORS = Doors()


@pytest.fixture(scope="module", autouse=True)
def closed_in_the_end() -> Any:
    yield
    DOORS.loop.run_until_complete(DOORS.platform.close())
    DOORS.loop.close()


def written(query: dict[str, str]) -> str:
    return "&".join(
        f"{quote(name, safe='', errors='replace')}={quote(value, safe='', errors='replace')}"
        for name, value in query.items()
    )


@quick
@given(VERBS, st.sampled_from(API_PATHS), QUERIES, BODIES, TYPES, st.booleans())
def test_the_api_answers_everything(
    verb: str, path: str, query: dict[str, str], body: bytes, content_type: str, known: bool
) -> None:
    if known:
        query = {**query, "access_token": DOORS.token()}
    status, answer = DOORS.ask(verb, path, written(query), body, content_type)
    assert status == 200
    assert isinstance(json.loads(answer), dict) if answer.startswith(b"{") else known


@quick
@given(VERBS, st.text(max_size=20), st.text(max_size=40), st.binary(max_size=60), TYPES)
def test_paths_that_nobody_knows(verb: str, path: str, query: str, body: bytes, content_type: str) -> None:
    status, answer = DOORS.ask(verb, f"/{path}", query, body, content_type)
    assert status < 500
    assert b"Traceback" not in answer


@quick
@given(VERBS, QUERIES, BODIES, st.sampled_from(["", "/decision"]))
def test_the_pages_of_wechat(verb: str, query: dict[str, str], body: bytes, decision: str) -> None:
    whole = {
        "appid": APPID,
        "redirect_uri": "http://[",
        "response_type": "code",
        "scope": "snsapi_base",
        **query,
    }
    for given_query in (query, whole):
        status, _ = DOORS.ask(verb, f"/connect/oauth2/authorize{decision}", written(given_query), body, "")
        only_looks = verb in ("GET", "HEAD", "OPTIONS")
        assert status == 405 if decision and only_looks else status in (200, 302)
    assert DOORS.ask(verb, "/cgi-bin/showqrcode", written(query), body, "")[0] in (200, 404)


@quick
@given(
    VERBS,
    st.sampled_from(CONTROL_PATHS),
    QUERIES,
    BODIES,
    st.sampled_from(["shop", "alice", "1", "x", "%", "爱"]),
)
def test_the_control_api_says_what_is_wrong(
    verb: str, path: str, query: dict[str, str], body: bytes, name: str
) -> None:
    filled = "/".join(name if part.startswith("{") else part for part in path.split("/"))
    status, answer = DOORS.ask(verb, f"/_platform{filled}", written(query), body, "application/json")
    assert status < 500
    if status >= 400 and verb != "HEAD":
        error = json.loads(answer)["error"]
        assert error["zh"]
        assert error["en"]
