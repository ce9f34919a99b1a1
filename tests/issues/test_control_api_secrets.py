"""Pages get AppSecret, Token and EncodingAESKey by one route only; programs of this machine's owner get them anywhere.

Source: DESIGN section 8 (secrets appear nowhere but where somebody asks for them).
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from gongzhong.platform import AccountConfig, PersonConfig, Platform, PlatformConfig, TieConfig
from gongzhong.platform.doors.control import ROUTES
from gongzhong.platform.doors.control.route import BASE
from gongzhong.platform.doors.server import Server

from .test_control_api_owner import ENDLESS, HOST, JSON, ask, filled, words

pytestmark = pytest.mark.anyio

SECRET, TOKEN, KEY = "5ec7e7" * 5 + "aa", "tokenTOKENtoken", "k" * 43
REVEAL = "/accounts/{appid}/credentials"
PAGE = (b"sec-fetch-site", b"same-origin")


@pytest.fixture
async def server() -> Any:
    platform = Platform(
        PlatformConfig(
            account=[
                AccountConfig(
                    name="shop", appid="wx1", secret=SECRET, token=TOKEN, aes_key=KEY, encryption="safe"
                )
            ],
            person=[PersonConfig(name="alice", accounts={"shop": TieConfig(follows=True)})],
        )
    )
    yield Server(platform)
    await platform.close()


async def test_a_page_gets_them_in_clear_on_one_route_only(server: Server) -> None:
    for route in ROUTES:
        if route.path == ENDLESS:
            continue
        _, _, body = await ask(server, route.verb, filled(route), [HOST, JSON, PAGE])
        found = [value for value in (SECRET, TOKEN, KEY) if value.encode() in body]
        assert found == ([SECRET, TOKEN, KEY] if route.path == REVEAL else []), route.path


async def test_a_program_reads_them_in_the_state(server: Server) -> None:
    _, _, body = await ask(server, "GET", f"{BASE}/state", [HOST])
    (account,) = json.loads(body)["accounts"]
    assert (account["secret"], account["token"], account["aes_key"]) == (SECRET, TOKEN, KEY)


async def test_the_state_says_a_page_which_are_set(server: Server) -> None:
    changed = json.dumps({"aes_key": "", "encryption": "plain"}).encode()
    status, _, body = await ask(server, "PATCH", f"{BASE}/accounts/wx1", [HOST, JSON, PAGE], changed)
    assert status == 200
    _, _, state = await ask(server, "GET", f"{BASE}/state", [HOST, PAGE])
    for account in (json.loads(body), json.loads(state)["accounts"][0]):
        assert (account["secret"], account["token"], account["aes_key"]) == ("***", "***", "")


async def test_asking_is_no_get_and_nobody_else_may(server: Server) -> None:
    path = BASE + REVEAL.replace("{appid}", "wx1")
    origin = (b"origin", b"https://evil.example")
    assert (await ask(server, "GET", path, [HOST]))[0] == 405
    assert (await ask(server, "POST", path, [HOST, (b"content-type", b"text/plain")]))[0] == 415
    assert (await ask(server, "POST", path, [HOST, JSON, origin]))[0] == 403
    assert (await ask(server, "POST", path, [(b"host", b"evil.example"), JSON]))[0] == 421
    status, got, body = await ask(server, "POST", path, [HOST, JSON])
    assert (status, got["cache-control"]) == (200, "no-store")
    assert json.loads(body) == {
        "appid": "wx1",
        "secret": SECRET,
        "token": TOKEN,
        "aes_key": KEY,
        "encryption": "safe",
    }


@pytest.mark.parametrize("name", ["secret", "token", "aes_key"])
async def test_the_hidden_form_is_never_saved(server: Server, name: str) -> None:
    body = json.dumps({name: "***"}).encode()
    status, _, answer = await ask(server, "PATCH", f"{BASE}/accounts/wx1", [HOST, JSON], body)
    assert status == 400
    assert f"{name} is the hidden form" in words(answer)
    account = server.platform.account("wx1")
    assert (account.secret, account.token, account.aes_key) == (SECRET, TOKEN, KEY)


async def test_a_callback_form_without_token_and_key_keeps_them(server: Server) -> None:
    path = f"{BASE}/accounts/wx1/url"
    form = {"url": "http://127.0.0.1:1/wx", "encryption": "safe"}
    _, _, body = await ask(server, "POST", path, [HOST, JSON], json.dumps(form).encode())
    assert json.loads(body)["seq"], "the form was complete, so the address was asked"
    _, _, body = await ask(server, "POST", path, [HOST, JSON], json.dumps({**form, "token": ""}).encode())
    assert json.loads(body)["seq"] is None
    assert "Token" in json.loads(body)["en"]
