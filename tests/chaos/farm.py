"""One program under the real supervisor behind a real nginx, and what befalls its workers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

from tests.servers import alive, children, program, wait_until
from tests.sockets.served import credentials

from gongzhong.running.listening import free_port
from gongzhong.testing.live_platform import LivePlatform

from .judge import Fate, Step
from .plan import Fault

PROGRAM = '''
"""Answers each text after the seconds that it names, and writes down each start and each end."""
import asyncio, os, time
from gongzhong import OfficialAccount, Text

oa = OfficialAccount.from_env()
steps = os.open(os.environ["STEPS"], os.O_WRONLY | os.O_APPEND)


def note(step: str, text: str) -> None:
    os.write(steps, f"{step} {os.getpid()} {time.time()} {text}\\n".encode())


@oa.text()
async def answer(message: Text) -> str:
    note("start", message.content)
    await asyncio.sleep(float(message.content.partition("@")[2] or 0))
    note("said", message.content)
    return f"答{message.content}"
'''
SAMPLE = Path(__file__).parents[2] / "deploy" / "nginx.conf"
ENDS_WITHIN_S = 40.0
RESTARTS_PER_MINUTE = 1_000
"""What kills them is the test: the supervisor must not give up."""


def nginx_configuration(folder: Path, listen: str, upstreams: str) -> Path:
    """The sample configuration of deploy/ with these upstream servers, its files in the folder."""
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    kept = " ".join(f"{kind}_temp_path {kind};" for kind in kinds)
    lines = SAMPLE.read_text("utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.strip().startswith("server web-"))
    text = text.replace("consistent;", f"consistent; {upstreams}").replace("listen 80;", f"listen {listen};")
    head = "daemon off; master_process off; pid nginx.pid; user root;\n"
    path = folder / "nginx.conf"
    path.write_text(head + text.replace("http {", f"http {{ {kept}", 1), "utf-8")
    return path


class Farm:
    """`gongzhong serve --workers N` on a Unix socket, and the nginx that WeChat's pushes come through."""

    def __init__(
        self, folder: Path, platform: LivePlatform, workers: int, environment: dict[str, str]
    ) -> None:
        folder.mkdir()
        self.folder, self.port = folder, free_port()
        (folder / "shop.py").write_text(PROGRAM, "utf-8")
        self._steps = folder / "steps"
        self._steps.touch()
        environment = credentials(platform, STEPS=str(self._steps), **environment)
        self.fates: list[Fate] = []
        self._resumes: list[threading.Timer] = []
        socket = folder / "serve.sock"
        serve = [sys.executable, "-m", "gongzhong", "serve", "shop.py:oa", "--unix-socket", str(socket)]
        serve += ["--workers", str(workers), "--restarts", str(RESTARTS_PER_MINUTE), "--json"]
        with (folder / "log").open("wb") as log:
            self.supervisor = subprocess.Popen(
                serve, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=log
            )
            assert self.supervisor.stdout is not None
            ready = self.supervisor.stdout.readline()
            assert ready, self.log()
            assert json.loads(ready)["workers"] == workers
            # twice, so that nginx passes a request whose worker died on to another one
            server = f"server unix:{socket} max_fails=0;"
            configuration = nginx_configuration(folder, f"127.0.0.1:{self.port}", server * 2)
            command = [program("nginx"), "-p", str(folder), "-c", str(configuration), "-e", "errors"]
            self.nginx = subprocess.Popen(command, stdout=log, stderr=log)
        wait_until((folder / "nginx.pid").exists, lambda: "nginx did not start")

    def log(self) -> str:
        """What supervisor, workers and nginx said."""
        return (self.folder / "log").read_text("utf-8")

    def workers(self) -> list[int]:
        """The processes that run now, oldest first."""
        return [pid for pid in children(self.supervisor.pid) if alive(pid)]

    def befall(self, fault: Fault) -> None:
        """Kill or stop a worker, if one is there. A stopped one goes on by itself."""
        running = [pid for pid in self.workers() if not self._stopped(pid)]
        if not running:
            return
        pid, now = running[fault.place % len(running)], time.time()
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL if fault.kind == "kill" else signal.SIGSTOP)
            self.fates.append(Fate(pid, now, None if fault.kind == "kill" else now + fault.seconds))
            if fault.kind == "stop":
                timer = threading.Timer(fault.seconds, self._go_on, [pid])
                self._resumes.append(timer)
                timer.start()

    def _stopped(self, pid: int) -> bool:
        return any(
            fate.pid == pid and fate.until is not None and fate.until > time.time() for fate in self.fates
        )

    @staticmethod
    def _go_on(pid: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)

    def steps(self, kind: str) -> list[Step]:
        """The starts ("start") or ends ("said") of handlers."""
        lines = (line.split(" ", 3) for line in self._steps.read_text("utf-8").splitlines())
        return [Step(int(pid), float(at), text) for step, pid, at, text in lines if step == kind]

    def close(self) -> None:
        for timer in self._resumes:
            timer.join()
        for process in (self.nginx, self.supervisor):
            process.send_signal(signal.SIGTERM)
        for process in (self.nginx, self.supervisor):
            try:
                process.wait(ENDS_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
