"""Nobody is led elsewhere: a redirect would take the access_token of the query to another host."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gongzhong import OfficialAccount
from gongzhong.errors import CallError
from gongzhong.platform.delivery.receiver import HttpReceiver
from gongzhong.testing import LocalPlatform

from .peers import Act, Connection, Peer, peer
from .test_transports import EVERY, exchange, post

__all__ = ["peer"]

Start = Callable[[Act], Peer]


def leads_to(url: str, status: str) -> Act:
    def act(connection: Connection) -> None:
        while connection.read_request():
            connection.answer(b"", f"Location: {url}", status=status)

    return act


@pytest.mark.parametrize("status", ["301 Moved Permanently", "302 Found", "307 Temporary Redirect"])
@pytest.mark.parametrize("kind", EVERY)
def test_no_client_follows_a_redirect(kind: Any, status: str, peer: Start) -> None:
    elsewhere = peer(lambda connection: connection.answer(b"{}"))
    server = peer(leads_to(f"{elsewhere.url}/stolen", status))
    (reply,) = exchange(kind, post(server.url, query={"access_token": "88_abcdefgh"}))
    assert reply.status == int(status[:3])
    assert elsewhere.connections == []


@pytest.mark.anyio
async def test_a_push_follows_no_redirect(peer: Start) -> None:
    elsewhere = peer(lambda connection: connection.answer(b"success"))
    server = peer(leads_to(f"{elsewhere.url}/inner", "307 Temporary Redirect"))
    receiver = HttpReceiver()
    try:
        answer = await receiver.send("POST", server.url, b"<xml/>", timeout_s=5, connect_s=5)
    finally:
        await receiver.close()
    assert answer.status == 307
    assert elsewhere.connections == []


def test_the_platform_fetches_no_address_of_others(platform: LocalPlatform, peer: Start) -> None:
    """Calls that take the address of a picture are answered from what the tester declared."""
    inner = peer(lambda connection: connection.answer(b"\x89PNG"))
    oa = OfficialAccount.from_env()
    platform.connect(oa)
    client = platform.client(oa)
    for address in (
        f"{inner.url}/admin.png",
        "file:///etc/passwd",
        "http://169.254.169.254/latest/meta-data",
    ):
        with pytest.raises(CallError):
            client.ai.read_bank_card(img_url=address)
    assert inner.connections == []
