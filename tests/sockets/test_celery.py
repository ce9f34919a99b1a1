"""The example with Celery: two serving workers, a Celery worker of its own, a Redis between them, and one that dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.servers import RedisServer, alive, children, wait_until
from tests.sockets.served import credentials

from gongzhong.running.listening import free_port
from gongzhong.testing.live_platform import LivePlatform

pytestmark = pytest.mark.heavy

EXAMPLES = Path(__file__).parents[2] / "examples"
ANSWER = "算了 {} 秒：42"


class Programs:
    """The example under `gongzhong serve --workers 2`, and Celery's workers."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self.port, self._folder, self._env = free_port(), folder, env
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self, name: str, *command: str) -> subprocess.Popen[bytes]:
        with (self._folder / name).open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=EXAMPLES,
                env=self._env,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._running.append(process)
        return process

    def said(self, name: str) -> str:
        return (self._folder / name).read_text("utf-8", "replace")

    def serve(self) -> None:
        self.start(
            "serve",
            "gongzhong",
            "serve",
            "celery_app.py:oa",
            "--workers",
            "2",
            "--port",
            str(self.port),
            "--json",
        )
        wait_until(lambda: '"ready"' in self.said("serve"), lambda: self.said("serve"))

    def work(self) -> None:
        (self._folder / "celery").write_bytes(b"")
        self.worker = self.start(
            "celery", "celery", "-A", "celery_app:jobs", "worker", "-c", "2", "-l", "info", "--without-mingle"
        )
        wait_until(lambda: "ready." in self.said("celery"), lambda: self.said("celery"))

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """As the machine's end would: with everything that it started."""
        every = [*children(process.pid), process.pid]
        for pid in every:
            if alive(pid):
                os.kill(pid, signal.SIGKILL)
        process.wait()
        self._running.remove(process)

    def close(self) -> None:
        for process in list(self._running):
            self.kill(process)


@pytest.fixture
def programs(tmp_path: Path, live_platform: LivePlatform) -> Iterator[Programs]:
    with ExitStack() as stack:
        broker = RedisServer(tmp_path / "redis")
        broker.start()
        stack.callback(broker.stop)
        env = credentials(
            live_platform,
            GONGZHONG_DATABASE=f"sqlite:///{tmp_path / 'oa.db'}",
            CELERY_BROKER_URL=broker.url,
            CELERY_VISIBILITY_S="6",  # shorter than a job of seven seconds, which is therefore given out twice
            PYTHONPATH=os.pathsep.join([str(EXAMPLES), os.environ.get("PYTHONPATH", "")]),
        )
        made = Programs(tmp_path, env)
        stack.callback(made.close)
        made.serve()
        made.work()
        yield made


def answers(platform: LivePlatform, name: str) -> list[str]:
    return [line.text for line in platform.person(name).inbox]


def test_jobs_answer_by_every_road_and_once_although_their_worker_dies(
    programs: Programs, live_platform: LivePlatform
) -> None:
    live_platform.connect(url=f"http://127.0.0.1:{programs.port}/")
    alice, bob = live_platform.person("alice"), live_platform.person("bob")
    alice.follows()
    bob.follows()
    assert alice.says("算 1").text == ANSWER.format(1), "on the open delivery"
    assert alice.says("在吗").text == "发“算 3”，我就算 3 秒。"

    assert len(alice.says("算 6")) == 0
    assert alice.waits(timeout_s=30).text == ANSWER.format(6), "as a customer-service message"

    assert len(bob.says("算 7")) == 0
    programs.kill(programs.worker)
    time.sleep(2)  # the job was taken, and nobody has it now
    programs.work()
    assert bob.waits(timeout_s=60).text == ANSWER.format(7), "the job ran again"
    time.sleep(10)  # longer than the job's time to be given out once more
    assert answers(live_platform, "bob").count(ANSWER.format(7)) == 1
    assert answers(live_platform, "alice").count(ANSWER.format(6)) == 1
    assert sum("custom/send" in call.url for call in live_platform.calls) == 2
