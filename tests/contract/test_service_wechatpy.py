"""Another kit, unchanged, keeps agents and sessions and reads statistics; also in the ways of older pages."""

from __future__ import annotations

import datetime
import io

import pytest
from wechatpy.client import WeChatClient
from wechatpy.exceptions import WeChatClientException

from gongzhong.platform.world import agents, people
from gongzhong.platform.world.world import CHINA

from .conftest import APPID, ORIGINAL_ID, SECRET, LivePlatform
from .test_wechatpy import ToPlatform

AGENT = f"anna@{ORIGINAL_ID}"
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 64


@pytest.fixture
def other(live: LivePlatform) -> WeChatClient:
    made = WeChatClient(APPID, SECRET)
    made._http.mount("https://api.weixin.qq.com", ToPlatform(live.url))
    return made


def employ(live: LivePlatform) -> None:
    """Alice agrees to work as the agent, and goes online."""
    world, account = live.platform.world, live.platform.account("demo")

    async def agree() -> None:
        agents.invite(world, account, AGENT, "alice")
        agents.answer(world, account, AGENT, "alice", accept=True)
        agents.appear(world, account, AGENT, online=True, auto_accept=0)

    live.run(agree())


def test_agents(live: LivePlatform, other: WeChatClient) -> None:
    service = other.customservice
    assert service.add_account(AGENT, "安娜", "a password of the old client")["errcode"] == 0
    assert service.update_account(AGENT, "小安", "another")["errcode"] == 0
    assert service.upload_headimg(AGENT, io.BytesIO(JPEG))["errcode"] == 0
    (listed,) = service.get_accounts()
    assert (listed["kf_account"], listed["kf_nick"], listed["kf_id"]) == (AGENT, "小安", "1001")
    assert listed["kf_headimgurl"]
    assert service.get_online_accounts() == []
    employ(live)
    (online,) = service.get_online_accounts()
    assert (online["kf_account"], online["kf_id"], online["accepted_case"]) == (AGENT, "1001", 0)
    assert service.delete_account(AGENT)["errcode"] == 0
    with pytest.raises(WeChatClientException) as refused:
        service.delete_account(AGENT)
    assert refused.value.errcode == 65401


def test_sessions(live: LivePlatform, other: WeChatClient) -> None:
    openid = people.relation(live.platform.world, live.platform.account("demo"), "alice").openid
    service = other.customservice
    service.add_account(AGENT, "安娜", "x")
    employ(live)
    assert service.get_wait_case() == {"count": 0, "waitcaselist": []}
    service.create_session(openid, AGENT)
    assert service.get_session(openid)["kf_account"] == AGENT
    assert [one["openid"] for one in service.get_session_list(AGENT)] == [openid]
    service.close_session(openid, AGENT)
    assert service.get_session(openid) == {"createtime": 0, "kf_account": ""}
    today = datetime.datetime.fromtimestamp(live.platform.clock.now(), CHINA)
    minute = datetime.timedelta(minutes=1)
    assert service.get_records(today - minute, today + minute)["recordlist"] == []


def test_statistics(live: LivePlatform, other: WeChatClient) -> None:
    long_ago = "2024-12-02"
    assert other.datacube.get_user_summary(long_ago, "2024-12-08") == []
    assert other.datacube.get_user_cumulate(long_ago, long_ago) == []
    assert other.datacube.get_interface_summary_hour(long_ago, long_ago) == []
    with pytest.raises(WeChatClientException) as refused:
        other.datacube.get_user_summary(long_ago, "2024-12-09")
    assert refused.value.errcode == 61501
