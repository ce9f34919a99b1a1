"""A platform with a crowd of followers, in a process of its own, and what each of them was shown.

    python -m tests.chaos.campaign_platform FOLDER FOLLOWERS

It keeps its tables in FOLDER, where whoever started it reads them: what counts is what stands in people's chats.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Final

from tests.sockets.served import variables

from gongzhong import Account
from gongzhong.platform import PlatformConfig
from gongzhong.platform.world import accounts, people, templates
from gongzhong.platform.world.database import FILE_NAME
from gongzhong.platform.world.world import World
from gongzhong.running.embedded import run_loop
from gongzhong.running.platform_server import open_platform, run_platform
from gongzhong.testing.simulated import account_config

SEND: Final = "/cgi-bin/message/template/send"
TEMPLATE: Final = "t1"
ADDRESS, OPENIDS = "address", "openids"
ROOT: Final = Path(__file__).parents[2]
START_S: Final = 900.0
"""A million followers take their time."""


def make(world: World, size: int) -> list[str]:
    """An account with a template and so many followers; their OpenIDs."""
    account = Account.for_tests()
    own = {name: getattr(account, name).reveal() for name in ("secret", "token", "aes_key")}
    limits = {SEND: 10 * size}
    more = {"name": "shop", "appid": account.appid, "kind": "service", "verified": True}
    state = accounts.create(world, account_config({**own, **more, "call_limits": limits}))
    templates.ensure(world, state, "到货", "书名：{{thing1.DATA}}", TEMPLATE, "")
    with world.db.transaction():
        for number in range(size):
            people.ensure(world, f"p{number}")
        return [people.follow(world, state, f"p{number}").openid for number in range(size)]


def main(folder: Path, size: int) -> None:
    platform = open_platform(PlatformConfig(), folder)
    (folder / OPENIDS).write_text("\n".join(make(platform.world, size)), "ascii")

    def announce(url: str) -> None:
        part = folder / f"{ADDRESS}.part"
        part.write_text(url, "ascii")
        part.rename(folder / ADDRESS)

    run_loop(run_platform(platform, port=0, announce=announce))


class CrowdPlatform:
    """The process, seen from the one that started it."""

    def __init__(self, folder: Path, size: int) -> None:
        self._folder = folder
        folder.mkdir()
        command = [sys.executable, "-m", "tests.chaos.campaign_platform", str(folder), str(size)]
        with (folder / "log").open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=ROOT)

    def wait(self) -> None:
        """Until it listens."""
        end = time.monotonic() + START_S
        while not (self._folder / ADDRESS).exists():
            log = (self._folder / "log").read_text("utf-8", "replace")[-2_000:]
            assert self.process.poll() is None and time.monotonic() < end, log
            time.sleep(0.1)

    @property
    def environment(self) -> dict[str, str]:
        """Of a program that sends for the account."""
        url = (self._folder / ADDRESS).read_text("ascii")
        return {**os.environ, **variables(Account.for_tests(), url)}

    def openids(self) -> list[str]:
        return (self._folder / OPENIDS).read_text("ascii").split()

    def lines(self) -> int:
        """How many messages stand in all chats together."""
        return int(self._asked("SELECT coalesce(max(seq), 0) FROM chat")[0][0])

    def shown(self, size: int) -> Counter[int]:
        """How many of the recipients were shown how many messages; zero is left out when it is nobody."""
        counted = "SELECT n, count(*) FROM (SELECT count(*) AS n FROM chat GROUP BY person) GROUP BY n"
        found: Counter[int] = Counter(dict(self._asked(counted)))
        found[0] = size - found.total()
        return +found

    def _asked(self, sql: str) -> list[tuple[int, int]]:
        with closing(sqlite3.connect(f"file:{self._folder / FILE_NAME}?mode=ro", uri=True)) as db:
            return db.execute(sql).fetchall()

    def close(self) -> None:
        self.process.kill()
        self.process.wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
