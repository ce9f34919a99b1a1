"""A moved clock survives a restart, one process has a data directory, a reset gives back the world of the start."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gongzhong.errors import SetupError
from gongzhong.platform import AccountConfig, PersonConfig, Platform, PlatformConfig, TieConfig
from gongzhong.platform.world import accounts, people

pytestmark = pytest.mark.anyio
DAY = 86_400
HOLDER = """
import asyncio, sys
from gongzhong.platform import Platform
async def main():
    platform = Platform(None, sys.argv[1])
    print("open", flush=True)
    sys.stdin.read()
asyncio.run(main())
"""


async def test_a_moved_clock_runs_on_after_a_restart(tmp_path: Path) -> None:
    before = Platform(None, tmp_path)
    before.clock.advance(days=3)
    await before.close()
    after = Platform(None, tmp_path)
    assert after.clock.now() - time.time() == pytest.approx(3 * DAY, abs=60)
    assert not after.clock.frozen
    await after.close()


async def test_a_frozen_clock_stands_after_a_restart(tmp_path: Path) -> None:
    before = Platform(PlatformConfig(start=1_800_000_000.0), tmp_path)
    before.clock.freeze()
    stood = before.clock.now()
    await before.close()
    after = Platform(PlatformConfig(start=1_800_000_000.0), tmp_path)
    assert (after.clock.now(), after.clock.frozen) == (stood, True)
    after.reset()
    after.clock.resume()
    await after.close()
    third = Platform(None, tmp_path)
    assert not third.clock.frozen
    await third.close()


async def test_a_clock_that_was_killed_is_kept_too(tmp_path: Path) -> None:
    script = (
        "import os, sys; from gongzhong.platform import Platform; p = Platform(None, sys.argv[1]); "
        "p.clock.advance(days=2); os._exit(9)"
    )
    await asyncio.to_thread(subprocess.run, [sys.executable, "-c", script, str(tmp_path)], timeout=60)
    after = Platform(None, tmp_path)
    assert after.clock.now() - time.time() == pytest.approx(2 * DAY, abs=60)
    await after.close()


async def test_a_second_process_on_a_data_directory_is_refused(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    holder = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert holder.stdout is not None
        assert await holder.stdout.readline() == b"open\n"
        with pytest.raises(SetupError) as refused:
            Platform(None, tmp_path)
        for said in (refused.value.zh, refused.value.en):
            assert str(holder.pid) in said
            assert str(tmp_path) in said
    finally:
        holder.kill()
        await holder.communicate()
    # The lock ends with the process, however it ended.
    await Platform(None, tmp_path).close()


async def test_two_platforms_of_one_process_do_not_share_a_directory(tmp_path: Path) -> None:
    first = Platform(None, tmp_path)
    with pytest.raises(SetupError):
        Platform(None, tmp_path)
    await first.close()
    await Platform(None, tmp_path).close()


async def test_a_reset_brings_back_the_account_and_url_of_the_start() -> None:
    person = PersonConfig(name="alice", accounts={"demo": TieConfig(follows=True)})
    platform = Platform(PlatformConfig(person=[PersonConfig(name="bob")]))
    account = accounts.create(platform.world, AccountConfig(name="demo", token="tok123"))
    account = accounts.change(platform.world, account.appid, {"url": "http://127.0.0.1:9/wx"})
    platform.config.person.append(person)
    platform.remember_start()
    people.create(platform.world, "eve")
    accounts.change(platform.world, account.appid, {"url": "http://127.0.0.1:9/elsewhere", "name": "other"})
    accounts.create(platform.world, AccountConfig(name="later"))
    platform.reset()
    assert list(platform.world.accounts.values()) == [account]
    assert {one.name for one in platform.people()} == {"alice", "bob"}
    await platform.close()
