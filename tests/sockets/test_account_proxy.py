"""Each account's calls go through its own proxy: those of both clients, and those of the gateway."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gongzhong import Account, AsyncClient, Client, Hosts, SetupError
from gongzhong.testing.live_platform import LivePlatform

from .gateways import Keeper, served, told
from .peers import Act, Connection, Peer, peer

__all__ = ["peer"]

NOWHERE = Hosts.local("http://weixin.invalid")
"""A host that only the proxy could know."""
ANSWERS = {
    b"stable_token": json.dumps({"access_token": "88_t", "expires_in": 7200}).encode(),
    b"domain_ip": b'{"ip_list":["192.0.2.1"]}',
}


class SeenBy:
    """A forward proxy that answers in WeChat's place; remembers the heads that it was sent."""

    def __init__(self, start: Callable[[Act], Peer]) -> None:
        self.heads: list[bytes] = []
        self.url = start(self.act).url.replace("//", "//us%40er:pa%3Ass@")

    def act(self, connection: Connection) -> None:
        while connection.read_request():
            self.heads.append(connection.head)
            connection.answer(next(body for path, body in ANSWERS.items() if path in connection.head))

    def carried(self) -> bool:
        """Whether all of it was for the host that only a proxy could know, and with user and password."""
        lines = {head.split()[1].partition(b"/cgi-bin")[0] for head in self.heads}
        named = all(b"Proxy-Authorization: Basic dXNAZXI6cGE6c3M=" in head for head in self.heads)
        return lines == {b"http://weixin.invalid"} and named and len(self.heads) == 2


def account_behind(url: str) -> Account:
    made = Account.for_tests()
    return Account(appid=made.appid, secret=made.secret, hosts=NOWHERE, proxy=url)


@pytest.fixture(autouse=True)
def another_proxy_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")


def test_the_blocking_client(peer: Callable[[Act], Peer]) -> None:
    proxy = SeenBy(peer)
    with Client(account_behind(proxy.url)) as client:
        assert client.base.api_addresses().ip_list == ["192.0.2.1"]
    assert proxy.carried()


def test_the_awaiting_client(peer: Callable[[Act], Peer]) -> None:
    proxy = SeenBy(peer)

    async def call() -> list[str]:
        async with AsyncClient(account_behind(proxy.url)) as client:
            return (await client.base.api_addresses()).ip_list

    assert asyncio.run(call()) == ["192.0.2.1"]
    assert proxy.carried()


def test_the_gateway(peer: Callable[[Act], Peer], live_platform: LivePlatform, tmp_path: Path) -> None:
    proxy, keeper = SeenBy(peer), Keeper(f"sqlite:///{tmp_path / 'gateway.db'}")
    account = account_behind(proxy.url)
    url, _ = served(live_platform, keeper.address, account)
    answer = told(f"{url}/{account.appid}/cgi-bin/get_api_domain_ip", Authorization=f"Bearer {keeper.key()}")
    assert answer["ip_list"] == ["192.0.2.1"]
    assert proxy.carried()


@pytest.mark.parametrize(
    "proxy", ["10.0.0.1:3128", "ftp://x", "http://", "http://h:70000", "socks5://u:sec[ret@h"]
)
def test_what_is_no_address_is_an_error_that_shows_nothing(proxy: str) -> None:
    with pytest.raises(SetupError) as problem:
        Account(appid="wx0123456789abcdef", secret="0" * 32, proxy=proxy)
    assert "proxy" in problem.value.en
    assert "sec" not in str(problem.value)


def test_it_comes_from_the_environment() -> None:
    env = {"SHOP_APPID": "wx0123456789abcdef", "SHOP_PROXY": " socks5://10.0.0.1:1080 "}
    assert Account.from_env(env, "SHOP_").proxy.reveal() == "socks5://10.0.0.1:1080"
