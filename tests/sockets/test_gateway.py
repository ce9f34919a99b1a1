"""The gateway between clients and WeChat's API: keys, tokens, scopes, what passes and what does not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.sockets.gateways import Keeper, fetched, served, told

from gongzhong import Account, Client, Hosts
from gongzhong.testing.live_platform import LivePlatform


@pytest.fixture
def keeper(tmp_path: Path) -> Keeper:
    return Keeper(f"sqlite:///{tmp_path / 'gateway.db'}")


@pytest.fixture
def front(live_platform: LivePlatform, keeper: Keeper) -> Iterator[str]:
    """The address at which the platform's account is reached through a gateway."""
    live_platform.connect()
    url, _ = served(live_platform, keeper.address)
    yield f"{url}/{live_platform.account.appid}"


def test_a_client_with_a_key_calls_and_never_sees_wechats_token(
    live_platform: LivePlatform, keeper: Keeper, front: str
) -> None:
    token = fetched(front, keeper.key())
    assert told(f"{front}/cgi-bin/get_api_domain_ip", {"access_token": token})["ip_list"]
    (call,) = [call for call in live_platform.calls if "get_api_domain_ip" in call.url]
    assert token not in call.url
    assert token.startswith("gzt_")


def test_our_own_client_works_through_it_by_its_hosts(
    live_platform: LivePlatform, keeper: Keeper, front: str
) -> None:
    account = Account(appid=live_platform.account.appid, secret=keeper.key(), hosts=Hosts.local(front))
    with Client(account) as client:
        assert client.base.api_addresses().ip_list
        client.menu.create(button=[{"type": "click", "name": "今日", "key": "TODAY"}])
