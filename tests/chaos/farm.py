"""One program under the real supervisor behind a real nginx, and what befalls its workers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from tests.servers import START_WITHIN_S, alive, called, children, program, wait_until

from gongzhong.running.listening import free_port

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


def ended(process: subprocess.Popen[bytes]) -> None:
    """Stop a process; kill it when it does not end by itself."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(ENDS_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Steps:
    """What handlers wrote down, in a file that all processes append to."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.touch()

    def of(self, kind: str) -> list[Step]:
        """The starts ("start") or ends ("said") of handlers."""
        lines = (line.split(" ", 3) for line in self.path.read_text("utf-8").splitlines())
        return [Step(int(pid), float(at), text) for step, pid, at, text in lines if step == kind]


class Host:
    """`gongzhong serve --workers N` of the program, listening as `listen` says. `inside` is put before the command."""

    def __init__(
        self,
        folder: Path,
        environment: dict[str, str],
        workers: int,
        listen: Sequence[str],
        *,
        inside: Sequence[str] = (),
    ) -> None:
        folder.mkdir()
        self.folder, self.environment = folder, environment
        (folder / "shop.py").write_text(PROGRAM, "utf-8")
        serve = [*inside, sys.executable, "-m", "gongzhong", "serve", "shop.py:oa", "--json", *listen]
        serve += ["--workers", str(workers)]
        with (folder / "log").open("wb") as log:
            self.supervisor = subprocess.Popen(
                serve, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=log
            )
        assert self.supervisor.stdout is not None
        watchdog = threading.Timer(START_WITHIN_S, self.supervisor.kill)
        watchdog.start()
        ready = self.supervisor.stdout.readline()
        watchdog.cancel()
        assert ready, self.log()
        assert json.loads(ready)["workers"] == workers

    def log(self) -> str:
        """What supervisor and workers said."""
        return (self.folder / "log").read_text("utf-8")

    def workers(self) -> list[int]:
        """The processes that run now, oldest first, without the one that they are copies of."""
        return [pid for pid in children(self.supervisor.pid) if alive(pid) and called(pid) != "gz-template"]

    def replay(self) -> int:
        """Let messages that were put aside, because their processes died five times, be tried again, as an operator
        would; gives how many."""
        listed = json.loads(self._work("list", "--dead", "--json"))
        if listed:
            self._work("replay", "--all")
        return len(listed)

    def _work(self, *command: str) -> bytes:
        """What `gongzhong work` says."""
        work = [sys.executable, "-m", "gongzhong", "work", *command]
        return subprocess.run(
            work, check=True, cwd=self.folder, env=self.environment, stdout=subprocess.PIPE
        ).stdout


class Nginx:
    """An nginx with the sample configuration of deploy/, for these upstream servers."""

    def __init__(self, folder: Path, listen: str, upstreams: str) -> None:
        folder.mkdir()
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        kept = " ".join(f"{kind}_temp_path {kind};" for kind in kinds)
        lines = SAMPLE.read_text("utf-8").splitlines()
        text = "\n".join(line for line in lines if not line.strip().startswith("server web-"))
        text = text.replace("consistent;", f"consistent; {upstreams}")
        text = text.replace("listen 80;", f"listen {listen};").replace("http {", f"http {{ {kept}", 1)
        head = "daemon off; master_process off; pid nginx.pid; user root;\n"
        (folder / "nginx.conf").write_text(head + text, "utf-8")
        command = [program("nginx"), "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "errors"]
        self.process = subprocess.Popen(command)
        wait_until((folder / "nginx.pid").exists, lambda: "nginx did not start")


class Farm:
    """Workers on a Unix socket, and the nginx on `port` that WeChat's pushes come through."""

    def __init__(self, folder: Path, workers: int, environment: dict[str, str]) -> None:
        folder.mkdir()
        self.steps = Steps(folder / "steps")
        self.fates: list[Fate] = []
        self._resumes: list[threading.Timer] = []
        socket = folder / "serve.sock"
        environment = {**environment, "STEPS": str(self.steps.path)}
        self.host = Host(folder / "host", environment, workers, ["--unix-socket", str(socket)])
        # twice, so that nginx passes a request whose worker died on to another one
        self.port = free_port()
        upstreams = f"server unix:{socket} max_fails=0;" * 2
        self.nginx = Nginx(folder / "nginx", f"127.0.0.1:{self.port}", upstreams)

    def befall(self, fault: Fault) -> None:
        """Kill or stop a worker, if one is there. A stopped one goes on by itself."""
        running = [pid for pid in self.host.workers() if not self._stopped(pid)]
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

    def close(self) -> None:
        for timer in self._resumes:
            timer.join()
        ended(self.nginx.process)
        ended(self.host.supervisor)
