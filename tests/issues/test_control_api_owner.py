"""The control API belongs to this machine's owner: tried on every declared route, in every way a web page has.

What browsers send is Fetch Metadata (https://www.w3.org/TR/fetch-metadata/), `Origin` as the Fetch standard says, and
the Host of the address bar, which DNS rebinding chooses.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from gongzhong.console.pages import Pages
from gongzhong.platform import AccountConfig, PersonConfig, Platform, PlatformConfig, TieConfig
from gongzhong.platform.doors.control import ROUTES
from gongzhong.platform.doors.control.route import BASE, Route
from gongzhong.platform.doors.server import Server

pytestmark = pytest.mark.anyio

HOST = (b"host", b"127.0.0.1:8700")
JSON = (b"content-type", b"application/json")
FOREIGN = [
    [HOST, JSON, (b"origin", b"https://evil.example"), (b"sec-fetch-site", b"cross-site")],
    [HOST, JSON, (b"sec-fetch-site", b"same-site")],
    [HOST, JSON, (b"origin", b"http://127.0.0.1:9999")],
    [HOST, JSON, (b"origin", b"null")],
    [HOST, JSON, (b"origin", b"")],
    [HOST, JSON, (b"origin", b"https://127.0.0.1:8700.evil.example")],
]
REBOUND = [
    b"rebound.evil.example:8700",
    b"127.0.0.1.evil.example",
    b"localhost.evil.example",
    b"192.168.1.5:8700",
    b"0.0.0.0:8700",
    b"",
    b"evil.example#127.0.0.1",
    b"[::1].evil.example",
]
SIMPLE = [b"text/plain", b"application/x-www-form-urlencoded", b"multipart/form-data; boundary=x", b""]
"""What a form or a fetch without preflight can send."""
CHANGES = [route for route in ROUTES if route.verb != "GET"]
ENDLESS = "/events"


def label(route: Route[Any, Any]) -> str:
    return f"{route.verb} {route.path}"


@pytest.fixture
async def server() -> Any:
    platform = Platform(
        PlatformConfig(
            account=[AccountConfig(name="shop", appid="wx1")],
            person=[PersonConfig(name="alice", accounts={"shop": TieConfig(follows=True)})],
            allow_hosts=["bed.example"],
        )
    )
    yield Server(platform, Pages())
    await platform.close()


async def ask(
    server: Server,
    verb: str,
    path: str,
    headers: list[tuple[bytes, bytes]],
    body: bytes = b"{}",
    query: bytes = b"",
) -> tuple[int, dict[str, str], bytes]:
    sent: list[Any] = []
    waiting: Iterator[dict[str, Any]] = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> dict[str, Any]:
        return next(waiting, {"type": "http.disconnect"})

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": verb,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query,
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8700),
        "scheme": "http",
        "http_version": "1.1",
    }
    await server(scope, receive, send)
    got = {name.decode().lower(): value.decode("latin-1") for name, value in sent[0]["headers"]}
    return sent[0]["status"], got, b"".join(message.get("body", b"") for message in sent[1:])


def filled(route: Route[Any, Any]) -> str:
    return BASE + re.sub(
        r"{\w+}", lambda found: {"{appid}": "wx1", "{name}": "alice"}.get(found[0], "1"), route.path
    )


def words(body: bytes) -> str:
    error = json.loads(body)["error"]
    assert error["zh"]
    assert error["en"]
    assert not re.search("[一-鿿]", error["en"])
    return str(error["en"])


def remembered(server: Server) -> Any:
    """Everything that a successful request would have changed."""
    world = server.platform.world
    return [
        [*map(tuple, world.db.all(f"SELECT * FROM {table}"))]
        for table in ("account", "person", "relation", "chat")
    ]


@pytest.mark.parametrize("route", ROUTES, ids=label)
async def test_no_page_of_another_origin_reaches_a_route(server: Server, route: Route[Any, Any]) -> None:
    before = remembered(server)
    for headers in FOREIGN:
        status, got, body = await ask(server, route.verb, filled(route), headers)
        assert status == (404 if route.public else 403), headers
        assert "another site" in words(body) or route.public
        assert not [name for name in got if name.startswith("access-control")]
    assert remembered(server) == before


@pytest.mark.parametrize("route", ROUTES, ids=label)
async def test_no_rebound_host_name_reaches_a_route(server: Server, route: Route[Any, Any]) -> None:
    before = remembered(server)
    for host in REBOUND:
        headers = [(b"host", host), JSON, (b"sec-fetch-site", b"same-origin")]
        status, _, body = await ask(server, route.verb, filled(route), headers)
        assert status == 421, host
        assert "--allow-host" in words(body)
    assert remembered(server) == before


@pytest.mark.parametrize("route", CHANGES, ids=label)
async def test_no_form_changes_anything(server: Server, route: Route[Any, Any]) -> None:
    before = remembered(server)
    for content_type in SIMPLE:
        headers = [HOST, (b"content-type", content_type)] if content_type else [HOST]
        status, _, body = await ask(server, route.verb, filled(route), headers)
        assert status == 415, content_type
        assert "Content-Type" in words(body)
    assert remembered(server) == before


@pytest.mark.parametrize("route", [route for route in ROUTES if route.path != ENDLESS], ids=label)
async def test_answers_can_be_neither_framed_nor_sniffed_nor_kept(
    server: Server, route: Route[Any, Any]
) -> None:
    status, got, _ = await ask(server, route.verb, filled(route), [HOST, JSON])
    assert status < 500
    assert got["x-content-type-options"] == "nosniff"
    assert got["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in got["content-security-policy"] or route.public
    assert not [name for name in got if name.startswith("access-control")]


@pytest.mark.parametrize(
    "headers",
    [
        [HOST, JSON],
        [JSON],
        [(b"host", b"localhost:8700"), JSON, (b"origin", b"http://localhost:8700")],
        [(b"host", b"[::1]:8700"), JSON, (b"sec-fetch-site", b"same-origin")],
        [(b"host", b"p-alice.localhost:8700"), JSON],
        [(b"host", b"BED.example"), JSON, (b"origin", b"https://bed.example")],
        [HOST, (b"x-gongzhong-control", b"1")],
        [HOST, (b"content-type", b"application/json; charset=utf-8")],
    ],
)
async def test_the_owner_is_let_in(server: Server, headers: list[tuple[bytes, bytes]]) -> None:
    status, _, _ = await ask(server, "POST", f"{BASE}/people", headers, b'{"name": "bob"}')
    assert status == 200


async def test_a_host_given_twice_is_refused(server: Server) -> None:
    status, _, body = await ask(server, "GET", f"{BASE}/state", [(b"host", b"evil.example"), HOST])
    assert status == 400
    assert "twice" in words(body)


async def test_the_pages_say_what_to_do_under_a_strange_name(server: Server) -> None:
    for path in ("/", "/_platform/pages/index.html"):
        status, _, body = await ask(server, "GET", path, [(b"host", b"evil.example")])
        assert status == 421
        assert "--allow-host" in body.decode()


async def test_no_request_decides_where_files_are_found(server: Server) -> None:
    before = server.platform.world.origin
    for host in (b"rebound.evil.example", b"127.0.0.1:9", b"localhost"):
        await ask(server, "GET", "/cgi-bin/token", [(b"host", host)])
        assert server.platform.world.origin == before == "http://127.0.0.1:8700"


@pytest.mark.parametrize("path", ["/connect/oauth2/authorize/decision", "/mp/subscribemsg/decision"])
async def test_nobody_else_agrees_for_a_person(server: Server, path: str) -> None:
    cookie = (b"cookie", b"gongzhong_person=alice")
    form = (b"content-type", b"application/x-www-form-urlencoded")
    for headers, expected in (
        ([HOST, cookie, form, (b"origin", b"https://evil.example")], 403),
        ([HOST, cookie, form, (b"sec-fetch-site", b"cross-site")], 403),
        ([(b"host", b"evil.example"), cookie, form], 421),
    ):
        status, got, _ = await ask(server, "POST", path, headers, b"decision=allow")
        assert status == expected
        assert "location" not in got
    assert (await ask(server, "GET", path, [HOST, cookie]))[0] == 405


@pytest.mark.parametrize("path", ["/connect/oauth2/authorize", "/mp/subscribemsg", "/s/nothing"])
async def test_only_the_phone_frames_the_pages_that_act(server: Server, path: str) -> None:
    _, got, _ = await ask(server, "GET", path, [HOST])
    ancestors = got["content-security-policy"].partition("frame-ancestors ")[2]
    assert ancestors.startswith("'self' http://127.0.0.1:* http://localhost:*")
    assert "https://evil.example" not in ancestors
    assert " *" not in ancestors.replace("http://*.localhost:*", "")
    assert got["x-content-type-options"] == "nosniff"
    assert got["referrer-policy"] == "same-origin"
