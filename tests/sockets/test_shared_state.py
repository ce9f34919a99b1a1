"""Two processes of one program that share a state by configuration alone: one access_token, one memory of a person."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.servers import RedisServer
from tests.sockets.served import credentials

from gongzhong.testing.live_platform import LivePlatform

pytestmark = pytest.mark.heavy

PROGRAM = """
import asyncio, json, sys
from gongzhong import OfficialAccount, Session, Text

oa = OfficialAccount.from_env()

async def main() -> None:
    addresses = await oa.api.base.api_addresses()
    async with oa.sessions.borrow("oAlice") as session:
        session["visits"] = session.get("visits", 0) + 1
        visits = session["visits"]
    await oa.shutdown()
    print(json.dumps({"visits": visits, "addresses": len(addresses.ip_list)}))

asyncio.run(main())
"""


@pytest.fixture(params=["sqlite", "redis"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'state.db'}"
        return
    server = RedisServer(tmp_path / "redis")
    server.start()
    yield server.url
    server.stop()


def test_processes_share_token_and_sessions(
    address: str, tmp_path: Path, live_platform: LivePlatform
) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM, "utf-8")
    live_platform.connect()
    env = credentials(live_platform, GONGZHONG_STATE=address)
    told = [
        json.loads(
            subprocess.run(
                [sys.executable, program], env=env, capture_output=True, check=True, timeout=60
            ).stdout
        )
        for _ in range(3)
    ]
    assert [one["visits"] for one in told] == [1, 2, 3]
    fetches = [call for call in live_platform.calls if "stable_token" in call.url]
    assert len(fetches) == 1


def output_of(program: Path, env: dict[str, str]) -> bytes:
    done = subprocess.run([sys.executable, program], env=env, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout
