"""Three serving processes behind a real nginx with the sample configuration: each person stays with one of them."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.servers import program
from tests.sockets.served import credentials

from gongzhong.running.listening import free_port
from gongzhong.testing.live_platform import LivePlatform

pytestmark = pytest.mark.heavy

SAMPLE = Path(__file__).parents[2] / "deploy" / "nginx.conf"
PROGRAM = """
import asyncio, os
from gongzhong import OfficialAccount, Text

oa = OfficialAccount.from_env(customer_service=False)
runs = 0

@oa.text("慢")
async def slow(message: Text) -> str:
    global runs
    runs += 1
    await asyncio.sleep(6)
    return f"{os.getpid()} 第 {runs} 次"

@oa.default
async def who(message: Text) -> str:
    return str(os.getpid())
"""
START_WITHIN_S = 30.0


class Farm:
    """The processes and the nginx in front of them."""

    def __init__(self, folder: Path, platform: LivePlatform) -> None:
        self.folder, self.port = folder, free_port()
        (folder / "shop.py").write_text(PROGRAM, "utf-8")
        self.sockets = [folder / f"{number}.sock" for number in range(3)]
        env = credentials(platform)
        serve = [sys.executable, "-m", "gongzhong", "serve", "shop.py:oa", "--unix-socket"]
        self.workers = [subprocess.Popen([*serve, str(path)], cwd=folder, env=env) for path in self.sockets]
        nginx = program("nginx")
        self.nginx = subprocess.Popen(
            [nginx, "-p", str(folder), "-c", str(self._configuration()), "-e", "errors"]
        )
        end = time.monotonic() + START_WITHIN_S
        while not all(path.exists() for path in self.sockets):
            assert time.monotonic() < end, "the processes did not start"
            time.sleep(0.05)

    def _configuration(self) -> Path:
        """The sample, with the sockets and the port of this test, and nginx's files in its folder."""
        servers = "".join(f"server unix:{path} max_fails=1 fail_timeout=5s;" for path in self.sockets)
        lines = [
            line
            for line in SAMPLE.read_text("utf-8").splitlines()
            if not line.strip().startswith("server web-")
        ]
        text = (
            "\n".join(lines)
            .replace("consistent;", f"consistent; {servers}")
            .replace("listen 80;", f"listen 127.0.0.1:{self.port};")
        )
        kept = "".join(
            f"{kind}_temp_path {kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        head = "daemon off; master_process off; pid nginx.pid; user root;\n"
        path = self.folder / "nginx.conf"
        path.write_text(head + text.replace("http {", f"http {{ {kept}", 1), "utf-8")
        return path

    def close(self) -> None:
        for process in (self.nginx, *self.workers):
            process.send_signal(signal.SIGTERM)
        for process in (self.nginx, *self.workers):
            process.wait(30)


@pytest.fixture
def farm(tmp_path: Path, live_platform: LivePlatform) -> Iterator[Farm]:
    made = Farm(tmp_path, live_platform)
    yield made
    made.close()


def everywhere(farm: Farm, live_platform: LivePlatform) -> dict[str, str]:
    """People, at least one for each process, and which process answered them. OpenIDs are random, so that a few people
    may well share a process; two hundred do with a chance of 10⁻³⁵."""
    processes, homes = {str(worker.pid) for worker in farm.workers}, dict[str, str]()
    for number in range(200):
        person = live_platform.person(f"person {number}")
        person.follows()
        homes[person.name] = person.says("在吗").text
        if set(homes.values()) == processes:
            break
    assert set(homes.values()) == processes
    return homes


def test_each_person_stays_with_one_process(farm: Farm, live_platform: LivePlatform) -> None:
    live_platform.connect(url=f"http://127.0.0.1:{farm.port}/", kind="subscription", verified=False)
    for name, home in everywhere(farm, live_platform).items():
        answers = {live_platform.person(name).says("在吗").text for _ in range(2)}
        assert answers == {home}, "a person was answered by several processes"
    slow = live_platform.person("person 0")
    answer = slow.says("慢").text  # WeChat's second delivery joins the handler that runs
    assert answer.endswith("第 1 次")
    assert answer.split()[0] == slow.says("在吗").text


def test_the_others_go_on_when_one_dies(farm: Farm, live_platform: LivePlatform) -> None:
    live_platform.connect(url=f"http://127.0.0.1:{farm.port}/", kind="subscription", verified=False)
    homes = everywhere(farm, live_platform)
    victim = farm.workers.pop()
    victim.kill()
    victim.wait()
    for name, home in homes.items():
        answer = live_platform.person(name).says("还在吗").text
        assert answer == home or home == str(victim.pid)
        assert answer != str(victim.pid)
