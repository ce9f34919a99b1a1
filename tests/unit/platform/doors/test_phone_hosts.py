"""A host name for each phone: which addresses get it, who may set cookies there, and what else answers there."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest

from gongzhong.platform import AccountConfig, PersonConfig, Platform, PlatformConfig, TieConfig
from gongzhong.platform.doors.server import Server
from gongzhong.platform.world.domains import address_of, authorises, covers
from gongzhong.platform.world.phone_hosts import HOME, names_of, off_phone, on_phone, phone_host
from gongzhong.running.embedded import EmbeddedServer

pytestmark = pytest.mark.anyio
HERE = phone_host("小明", "wx1")
SHOP = "http://127.0.0.1:8000/me"


def test_each_person_and_account_has_a_name_that_dns_allows() -> None:
    names = {phone_host(person, appid) for person in ("小明", "小红", "Alice B.") for appid in ("wx1", "wx2")}
    assert len(names) == 6
    assert all(max(map(len, name.split("."))) < 64 and name.endswith(f".{HOME}") for name in names)
    assert phone_host("Alice B.", "wx1").startswith("alice-b-")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", HOME, phone_host("小红", "wx1")])
def test_pages_of_this_machine_get_the_name_and_keep_the_rest(host: str) -> None:
    assert on_phone(f"http://{host}:8000/a%20b?c=1#d", HERE) == f"http://{HERE}:8000/a%20b?c=1#d"
    assert on_phone(f"http://user:word@{host}/", HERE) == f"http://{HERE}/"


@pytest.mark.parametrize(
    "url",
    [
        "https://localhost:8000/",
        "http://shop.example/",
        "http://shop.localhost/",
        "/s/KEY",
        "http://[",
        "http://localhost:x/",
    ],
)
def test_other_pages_stay_as_they_are(url: str) -> None:
    assert on_phone(url, HERE) == url


def test_an_address_is_told_as_the_developer_knows_it() -> None:
    assert off_phone(f"http://{HERE}:8000/a?b") == "http://127.0.0.1:8000/a?b"
    assert names_of("http://shop.example/") == ["http://shop.example/"]


def test_domains_hold_for_the_phones_name_as_for_this_machines() -> None:
    page = f"http://{HERE}:8000/me"
    address = address_of(page)
    assert address is not None
    for domain in ("127.0.0.1:8000", "localhost"):
        assert authorises([domain], address)
        assert covers([domain], page, any_port=True)
    for domain in ("127.0.0.1:9000", "shop.example", "gongzhong.localhost.example"):
        assert not authorises([domain], address)
        assert not covers([domain], page, any_port=True)


@pytest.fixture
async def server() -> AsyncIterator[EmbeddedServer]:
    alice = PersonConfig(name="小明", accounts={"shop": TieConfig(follows=True)})
    account = AccountConfig(name="shop", appid="wx1", oauth_domain="127.0.0.1:8000")
    platform = Platform(PlatformConfig(account=[account], person=[alice, PersonConfig(name="小红")]))
    embedded = EmbeddedServer(Server(platform), host="127.0.0.1", port=0)
    await embedded.start()
    yield embedded
    await embedded.stop()


async def ask(server: EmbeddedServer, path: str, host: str, **headers: str) -> tuple[int, Any, str]:
    """Status, headers and text of an answer, asked for under a host name."""
    given = {
        "host": f"{host}:{server.port}",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    url = f"http://127.0.0.1:{server.port}{path}"
    async with (
        aiohttp.ClientSession() as session,
        session.get(url, headers=given, allow_redirects=False) as answer,
    ):
        return answer.status, answer.headers, await answer.text()


def browse(person: str, url: str = SHOP) -> str:
    return f"/_platform/browse?person={quote(person)}&appid=wx1&url={quote(url, safe='')}"


async def test_the_phone_is_sent_to_its_own_name_and_there_gets_its_cookies(server: EmbeddedServer) -> None:
    status, headers, _ = await ask(server, browse("小明"), HOME, sec_fetch_site="same-origin")
    assert status == 302
    assert "set-cookie" not in headers
    assert headers["location"].startswith(f"//{HERE}:{server.port}/_platform/browse?")
    path = headers["location"].removeprefix(f"//{HERE}:{server.port}")
    status, headers, _ = await ask(server, path, HERE, sec_fetch_site="same-site")
    assert (status, headers["location"]) == (302, f"http://{HERE}:8000/me")
    assert quote("小明") in headers["set-cookie"]


async def test_nobody_sets_a_cookie_of_one_person_in_anothers_jar(server: EmbeddedServer) -> None:
    status, headers, _ = await ask(server, browse("小红"), HERE, sec_fetch_site="cross-site")
    assert (status, "set-cookie" in headers) == (400, False)


@pytest.mark.parametrize("path", ["state", "traffic", "events", "openapi.json", "accounts/wx1/menu"])
async def test_nothing_else_of_the_control_api_answers_there(server: EmbeddedServer, path: str) -> None:
    assert (await ask(server, f"/_platform/{path}", HERE))[0] == 421
    assert (await ask(server, f"/_platform/{path}", HERE, sec_fetch_site="same-origin"))[0] == 421


async def test_a_foreign_page_cannot_browse_under_the_platforms_own_name(server: EmbeddedServer) -> None:
    for host in (HOME, "127.0.0.1", "localhost"):
        assert (await ask(server, browse("小明"), host, sec_fetch_site="same-site"))[0] == 403


def authorise(back: str) -> str:
    target = quote(back, safe="")
    return f"/connect/oauth2/authorize?appid=wx1&redirect_uri={target}&response_type=code&scope=snsapi_base&state=s"


async def test_the_way_back_from_an_authorisation_stays_on_the_phone(server: EmbeddedServer) -> None:
    cookie = f"gongzhong_person={quote('小明')}"
    _, headers, _ = await ask(server, authorise(SHOP), HERE, cookie=cookie)
    assert headers["location"].startswith(f"http://{HERE}:8000/me?code=")
    _, headers, _ = await ask(server, authorise(SHOP), "127.0.0.1", cookie=cookie)
    assert headers["location"].startswith(f"{SHOP}?code=")


async def test_a_frame_that_left_the_phones_name_is_sent_back(server: EmbeddedServer) -> None:
    status, headers, text = await ask(server, authorise(SHOP), "127.0.0.1", sec_fetch_dest="iframe")
    script = text.partition("<script>")[2].partition("</script>")[0]
    assert (status, "moved" in script) == (200, True)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in headers["content-security-policy"]
    _, _, text = await ask(server, authorise(SHOP), "127.0.0.1", sec_fetch_dest="document")
    assert "请在微信客户端打开链接" in text
