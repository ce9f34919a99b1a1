"""The control API's way of saying no: always JSON, in both languages, never a crash."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gongzhong.client import WireReply, WireRequest
from gongzhong.platform import AccountConfig, PersonConfig, Platform, PlatformConfig, TieConfig
from gongzhong.platform.delivery.receiver import HttpReceiver
from gongzhong.platform.doors.server import Server
from gongzhong.testing.in_process import InProcessTransport

JSON = {"content-type": "application/json"}
pytestmark = pytest.mark.anyio


class Control:
    """The control API of one platform with an account, alice and bob."""

    def __init__(self) -> None:
        self.platform = Platform(
            PlatformConfig(
                account=[AccountConfig(name="shop", original_id="gh_1")],
                person=[
                    PersonConfig(name="alice", accounts={"shop": TieConfig(follows=True)}),
                    PersonConfig(name="bob"),
                ],
            ),
            receiver=HttpReceiver(),
        )
        self._transport = InProcessTransport(Server(self.platform))

    async def call(self, verb: str, path: str, body: Any = None, **query: str) -> WireReply:
        sent = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        url = f"http://127.0.0.1:8700/_platform/{path}"
        request = WireRequest(method=verb, url=url, query=query, headers=JSON, body=sent)  # type: ignore[arg-type]
        return await self._transport.send(request)


@pytest.fixture
async def control() -> AsyncIterator[Control]:
    made = Control()
    yield made
    await made.platform.close()


@pytest.mark.parametrize(
    ("verb", "path", "body", "status"),
    [
        ("GET", "nothing/here", None, 404),
        ("GET", "reset", None, 405),
        ("POST", "state", {}, 405),
        ("POST", "people", b"{", 400),
        ("POST", "people", b"\xff", 400),
        ("POST", "people", [], 400),
        ("POST", "people", {}, 400),
        ("POST", "people", {"name": " "}, 400),
        ("POST", "people", {"name": "x", "colour": "red"}, 400),
        ("POST", "people", {"name": "x", "sex": 2**70}, 400),
        ("POST", "people/nobody/follow", {"appid": "shop"}, 404),
        ("POST", "people/alice/follow", {"appid": "nothing"}, 404),
        ("POST", "people/alice/follow", {"appid": "shop"}, 409),
        ("POST", "people/bob/say", {"appid": "shop", "content": "hi"}, 409),
        ("POST", "people/alice/say", {"appid": "shop", "content": ""}, 409),
        ("POST", "people/alice/say", {"appid": "shop", "type": "dance"}, 400),
        ("POST", "people/alice/say", {"appid": "shop", "type": "image", "file": "!"}, 400),
        ("POST", "people/alice/say", {"appid": "shop", "type": "image", "file": ""}, 409),
        ("POST", "people/alice/tap", {"appid": "shop", "path": [0]}, 409),
        ("POST", "people/alice/scan", {"ticket": "nothing"}, 409),
        ("POST", "accounts", {"name": "shop"}, 400),
        ("POST", "accounts", {"name": "b", "original_id": "gh_1"}, 400),
        ("POST", "accounts", {"name": "b", "encryption": "safe", "aes_key": "short"}, 400),
        ("PATCH", "accounts/shop", {"encryption": "safe"}, 400),
        ("PATCH", "accounts/shop", {"appid": "wx1"}, 400),
        ("PATCH", "accounts/nothing", {}, 404),
        ("POST", "clock", {"advance": -1}, 400),
        ("POST", "clock", {"advance": 1e300}, 400),
        ("GET", "traffic/7", None, 404),
        ("GET", "traffic/x", None, 404),
        ("GET", "media/nothing", None, 404),
        ("POST", "trigger", {"appid": "shop", "event": "dance"}, 400),
        ("POST", "trigger", {"appid": "shop", "event": "subscribe", "person": "nobody"}, 400),
        ("POST", "trigger", {"appid": "shop", "event": "subscribe", "fields": {"colour": "red"}}, 400),
    ],
)
async def test_every_mistake_is_said_in_both_languages(
    control: Control, verb: str, path: str, body: Any, status: int
) -> None:
    reply = await control.call(verb, path, body)
    assert reply.status == status
    error = json.loads(reply.body)["error"]
    assert error["zh"]
    assert error["en"]
    assert "Traceback" not in str(error)


async def test_numbers_in_the_query(control: Control) -> None:
    for path, name in (("traffic", "after"), ("traffic", "limit"), ("people/alice/chats/shop", "after")):
        assert (await control.call("GET", path, **{name: "x"})).status == 400
        assert (await control.call("GET", path, **{name: "9" * 30})).status in (200, 400)


async def test_a_refused_change_changes_nothing(control: Control) -> None:
    before = control.platform.account("shop")
    await control.call("PATCH", "accounts/shop", {"name": "new", "encryption": "safe", "aes_key": "short"})
    assert control.platform.account("shop") == before


async def test_the_phones_cookies_can_be_carried(control: Control) -> None:
    reply = await control.call("GET", "browse", person="小明", appid="小店;\r\nx", url="http://a.example/页")
    assert reply.status == 302
    assert reply.headers["location"].isascii()
    assert "\n" not in reply.headers["set-cookie"]
    for url in ("javascript:alert(1)", "", "file:///etc/passwd"):
        assert (await control.call("GET", "browse", person="alice", url=url)).status == 400
