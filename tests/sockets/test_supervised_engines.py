"""`gongzhong serve --workers 2` on the engines of several machines: a worker is killed in the middle of a message."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.servers import Postgres, RedisServer
from tests.sockets.served import credentials, serving

from gongzhong.testing.live_platform import LivePlatform

pytestmark = [pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"), pytest.mark.heavy]

PROGRAM = '''
"""Notes who begins what, answers a number after so many seconds."""
import asyncio, os
from pathlib import Path
from gongzhong import OfficialAccount, Text

oa = OfficialAccount.from_env()

@oa.text("[0-9]+")
async def slow(message: Text) -> str:
    with Path("begun").open("a") as file:
        file.write(f"{message.content} {os.getpid()}\\n")
    await asyncio.sleep(float(message.content))
    return f"done {message.content}"
'''
ENGINES = ["postgresql", "postgresql and redis"]


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Postgres, RedisServer]]:
    folder = tmp_path_factory.mktemp("engines")
    with ExitStack() as stack:
        postgres, redis = Postgres(folder / "postgres"), RedisServer(folder / "redis")
        for server in (postgres, redis):
            server.start()
            stack.callback(server.stop)
        yield postgres, redis


def owner(folder: Path, word: str) -> int:
    """The worker that has begun a message last."""
    ends = time.monotonic() + 20
    while time.monotonic() < ends:
        if (folder / "begun").exists():
            found = re.findall(rf"^{word} (\d+)$", (folder / "begun").read_text(), re.M)
            if found:
                return int(found[-1])
        time.sleep(0.05)
    raise AssertionError(f"{word} was not begun")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_worker_is_killed_in_the_middle_of_a_message_and_it_is_answered(
    engine: str, servers: tuple[Postgres, RedisServer], tmp_path: Path, live_platform: LivePlatform
) -> None:
    postgres, redis = servers
    encryption = live_platform.account.encryption
    env = credentials(live_platform, GONGZHONG_DATABASE=postgres.url, GONGZHONG_ENCRYPTION=encryption)
    if "redis" in engine:
        env["GONGZHONG_STATE"] = redis.url
    with serving("served:oa", "--workers", "2", program=PROGRAM, folder=tmp_path, env=env) as server:
        live_platform.connect(url=f"http://127.0.0.1:{server.port}/")
        alice = live_platform.person("alice")
        alice.follows()
        assert alice.says("0").text == "done 0"
        assert len(alice.says("8")) == 0, "WeChat was told that it was taken"
        first = owner(tmp_path, "8")
        os.kill(first, signal.SIGKILL)
        assert alice.waits(timeout_s=60).text == "done 8"
        assert owner(tmp_path, "8") != first
        assert alice.says("1").text == "done 1"
        time.sleep(1)
        assert [line.text for line in alice.inbox] == ["done 0", "done 8", "done 1"]
        server.terminate()
        assert server.ended() == 0
