"""An answer that WeChat acknowledged with -1 is sent once, also by workers that share a durable inbox."""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from gongzhong.testing.live_platform import LivePlatform

from .served import credentials, serving
from .test_supervisor import children, until

pytestmark = [pytest.mark.heavy, pytest.mark.skipif(sys.platform == "win32", reason="one process on Windows")]

PROGRAM = """
import asyncio
from gongzhong import OfficialAccount, Text

oa = OfficialAccount.from_env()

@oa.text("slow")
async def slow(message: Text) -> str:
    await asyncio.sleep(5.5)
    return "done"

@oa.default
async def echo(message: Text) -> str:
    return message.content
"""
SEND = "message/custom/send"


@pytest.mark.parametrize("carried_out", [True, False])
def test_no_worker_sends_it_again_not_even_when_the_first_is_killed(
    carried_out: bool, live_platform: LivePlatform, tmp_path: Path
) -> None:
    database = tmp_path / "data.db"
    env = credentials(
        live_platform,
        GONGZHONG_DATABASE=f"sqlite:///{database}",
        GONGZHONG_ENCRYPTION=live_platform.account.encryption,
    )
    with serving("served:oa", "--workers", "2", program=PROGRAM, folder=tmp_path, env=env) as server:
        live_platform.connect(url=f"http://127.0.0.1:{server.port}/")
        alice = live_platform.person("alice")
        alice.follows()
        live_platform.trouble("api", "errcode", SEND, times=1, carried_out=carried_out)
        alice.says("slow")
        until(lambda: "不知道一条客服消息是否送达" in server.said)
        until(lambda: _work(database) == 0)
        for worker in children(server.process.pid):
            os.kill(worker, signal.SIGKILL)
        until(lambda: len(children(server.process.pid)) == 2)
        alice.says("next")
        until(lambda: "next" in [one.text for one in alice.inbox])
        time.sleep(
            10
        )  # in real time: leases of the dead (8 s) end, and whoever would begin it anew has done so
        assert [one.text for one in alice.inbox].count("done") == carried_out
        assert len([one for one in live_platform.calls if SEND in one.url]) == 1


def _work(database: Path) -> int:
    """How many accepted messages and answers are not settled."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        (count,) = connection.execute("SELECT count(*) FROM work WHERE kind IN ('push', 'answer')").fetchone()
        return int(count)
