"""Real processes of one program behind a real nginx, and what befalls them."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from contextlib import suppress
from pathlib import Path

from tests.servers import program, wait_until
from tests.sockets.served import credentials

from gongzhong.running.listening import free_port
from gongzhong.testing.live_platform import LivePlatform

PROGRAM = """
import asyncio, os
from gongzhong import OfficialAccount, Text

oa = OfficialAccount.from_env()

@oa.text()
async def answer(message: Text) -> str:
    seconds = float(message.content.partition("@")[2] or 0)
    with open(os.environ["STARTED"], "a") as file:
        file.write(f"{os.getpid()} {message.content}\\n")
    await asyncio.sleep(seconds)
    return f"答{message.content}"
"""
NGINX = """
daemon off; master_process off; pid nginx.pid; user root;
events {{ worker_connections 4096; }}
http {{
    access_log off; {kept}
    upstream workers {{ {servers} }}
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location / {{
            proxy_pass http://workers;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_connect_timeout 1s;
            proxy_read_timeout 20s;
            proxy_next_upstream error timeout;
            proxy_ignore_client_abort off;
        }}
    }}
}}
"""


class Farm:
    """Workers on Unix sockets, each started again when it is killed, and the nginx that shares deliveries out."""

    def __init__(
        self, folder: Path, platform: LivePlatform, workers: int, environment: dict[str, str]
    ) -> None:
        folder.mkdir()
        self.folder, self.port, self.platform = folder, free_port(), platform
        (folder / "shop.py").write_text(PROGRAM, "utf-8")
        self.started_file = folder / "started"
        self.started_file.touch()
        self.environment = credentials(platform, STARTED=str(self.started_file), **environment)
        self.sockets = [folder / f"{number}.sock" for number in range(workers)]
        self.workers = [self._worker(path) for path in self.sockets]
        self.nginx = self._nginx()
        self.befallen: list[int] = []
        """The pids of workers that were killed or stopped."""
        for path in self.sockets:
            wait_until(path.exists, lambda: "a worker did not start")

    def _worker(self, socket: Path) -> subprocess.Popen[bytes]:
        with (self.folder / "log").open("ab") as log:
            serve = [sys.executable, "-m", "gongzhong", "serve", "shop.py:oa", "--unix-socket", str(socket)]
            return subprocess.Popen(serve, cwd=self.folder, env=self.environment, stdout=log, stderr=log)

    def _nginx(self) -> subprocess.Popen[bytes]:
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        kept = " ".join(f"{kind}_temp_path {kind};" for kind in kinds)
        servers = " ".join(f"server unix:{path} max_fails=1 fail_timeout=1s;" for path in self.sockets)
        path = self.folder / "nginx.conf"
        path.write_text(NGINX.format(kept=kept, servers=servers, port=self.port), "utf-8")
        nginx = program("nginx")
        return subprocess.Popen([nginx, "-p", str(self.folder), "-c", str(path), "-e", "errors"])

    def started(self) -> Counter[str]:
        """How often the handler of each message began."""
        return Counter(line.split(" ", 1)[1] for line in self.started_file.read_text("utf-8").splitlines())

    def starters(self, text: str) -> list[int]:
        """Which processes began the handler of a message."""
        lines = (line.split(" ", 1) for line in self.started_file.read_text("utf-8").splitlines())
        return [int(pid) for pid, content in lines if content == text]

    def kill(self, chance: random.Random) -> None:
        """Kill a worker without a warning and start another one in its place."""
        place = chance.randrange(len(self.workers))
        victim = self.workers[place]
        self.befallen.append(victim.pid)
        victim.kill()
        victim.wait()
        self.sockets[place].unlink(missing_ok=True)
        self.workers[place] = self._worker(self.sockets[place])

    def stop(self, chance: random.Random) -> None:
        """Stop a worker for some seconds, as a machine that swaps would."""
        victim = chance.choice(self.workers)
        self.befallen.append(victim.pid)
        victim.send_signal(signal.SIGSTOP)
        threading.Timer(chance.choice((1.0, 4.0, 12.0)), self._go_on, [victim]).start()

    @staticmethod
    def _go_on(victim: subprocess.Popen[bytes]) -> None:
        with suppress(ProcessLookupError):
            victim.send_signal(signal.SIGCONT)

    def close(self) -> None:
        for process in (self.nginx, *self.workers):
            process.send_signal(signal.SIGCONT)
            process.send_signal(signal.SIGTERM)
        for process in (self.nginx, *self.workers):
            try:
                process.wait(40)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
