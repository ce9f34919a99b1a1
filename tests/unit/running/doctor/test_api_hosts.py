"""What the doctor says about WeChat's hosts."""

from __future__ import annotations

import pytest

from gongzhong import Account, Hosts
from gongzhong.client import WireReply, WireRequest
from gongzhong.errors import NotReached
from gongzhong.running.doctor.api_hosts import check_api_hosts

pytestmark = pytest.mark.anyio


class Network:
    """Two hosts answer, one is out of reach, one shows a gateway's page."""

    def __init__(self, away: str) -> None:
        self.away = away
        self.asked: list[str] = []

    async def send(self, request: WireRequest, /) -> WireReply:
        self.asked.append(request.host)
        assert "access_token" not in request.query
        if request.host == self.away:
            raise NotReached("连接不上", "out of reach")
        if request.host.startswith("sz."):
            return WireReply(502, {"content-type": "text/html"}, b"<html>")
        return WireReply(200, {}, b'{"errcode":41001,"errmsg":"access_token missing"}')

    async def close(self) -> None: ...


def account(**hosts: str) -> Account:
    return Account(appid="wx0123456789abcdef", hosts=Hosts(**hosts))


@pytest.mark.parametrize(
    ("away", "status"), [("api.weixin.qq.com", "warning"), ("hk.api.weixin.qq.com", "note")]
)
async def test_each_host_is_asked_once_and_a_dead_one_is_named(away: str, status: str) -> None:
    network = Network(away)
    found = {one.check: one for one in await check_api_hosts(account(), network)}
    assert len(network.asked) == 5 == len(set(network.asked))
    assert found[f"api_host.{away}"].status == status
    assert found["api_host.sz.api.weixin.qq.com"].status == "note"
    good = found["api_host.api2.weixin.qq.com"]
    assert good.status == "ok" and "毫秒" in good.text("zh") and "ms" in good.text("en")


async def test_an_account_with_one_host_has_nothing_to_compare() -> None:
    network = Network("")
    assert await check_api_hosts(account(api="http://127.0.0.1:8700"), network) == []
    assert network.asked == []
