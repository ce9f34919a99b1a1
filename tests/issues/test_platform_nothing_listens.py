"""Where nothing listens at the callback URL: attempts are spaced, and one push is one failure"""

from __future__ import annotations

import socket
import time

import pytest

from gongzhong.platform import AccountConfig, PersonConfig, Platform, PlatformConfig, TieConfig
from gongzhong.platform.world import accounts, acts
from gongzhong.platform.world.acts import Saying
from gongzhong.platform.world.settings import Rules

pytestmark = pytest.mark.anyio


def dead_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_three_attempts_that_begin_apart_and_one_failure() -> None:
    url = f"http://127.0.0.1:{dead_port()}/"
    platform = Platform(
        PlatformConfig(
            rules=Rules(attempt_gap_s=0.2, alarm_threshold=2),
            account=[AccountConfig(name="shop", token="tok123", url=url)],
            person=[PersonConfig(name="alice", accounts={"shop": TieConfig(follows=True)})],
        )
    )
    account = platform.account("shop")
    try:
        began = time.monotonic()
        (outcome,) = await platform.carry_out(
            acts.say(platform.world, account, "alice", Saying(content="一")), wait=True
        )
        assert time.monotonic() - began >= 0.4
        assert (outcome.verdict.kind, len(outcome.entries)) == ("connect", 3)
        assert accounts.alarms(platform.world, account.appid) == []
        await platform.carry_out(acts.say(platform.world, account, "alice", Saying(content="二")), wait=True)
        (alarm,) = accounts.alarms(platform.world, account.appid)
        assert "次数: 5分钟 2次" in str(alarm["text"])
        assert f"[3rdUrl={url}]" in str(alarm["text"])
    finally:
        await platform.close()
