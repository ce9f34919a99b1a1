"""Private database servers for tests: Debian's PostgreSQL, PgBouncer and Redis on free ports of 127.0.0.1.

Absence of a program is a skip on a developer's machine and a failure where CI=true.
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from gongzhong.running.listening import free_port

START_WITHIN_S = 90.0
"""Also after a crash, and on a machine that is busy with other tests."""


def program(name: str, *places: str) -> str:
    """The path of an installed program, from one of these folders first."""
    path = shutil.which(name, path=os.pathsep.join([*places, os.environ.get("PATH", ""), "/usr/sbin"]))
    if path is not None:
        return path
    if os.environ.get("CI") == "true":
        pytest.fail(f"{name} is not installed: .ci/run installs it")
    pytest.skip(f"{name} is not installed (apt-get install postgresql redis-server pgbouncer)")


def newest_postgres() -> str:
    """Debian keeps PostgreSQL's programs in a folder for each version."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: float(folder.parent.name))
    return str(folders[-1]) if folders else ""


def as_user(name: str, command: list[str]) -> list[str]:
    """PostgreSQL and PgBouncer refuse to run as root."""
    return ["runuser", "-u", name, "--", *command] if os.geteuid() == 0 else command


def open_to(name: str, folder: Path) -> Path:
    """Where a server that runs as this user keeps its files: the folder, or, when root runs the tests, one outside of
    it that belongs to the user. Every start of pytest closes the folder of all its runs to other users again."""
    if os.geteuid() != 0:
        folder.mkdir(parents=True, exist_ok=True)
        return folder
    apart = Path(tempfile.mkdtemp(prefix=f"{folder.name}-"))
    atexit.register(shutil.rmtree, apart, ignore_errors=True)
    shutil.chown(apart, name)
    return apart


class Server:
    """One process that listens on `port`. `stop` and `start` may be called again and again."""

    name = ""
    gently = signal.SIGTERM
    """The signal that ends it with everything written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = self.address()
        self._process: subprocess.Popen[bytes] | None = None

    def address(self) -> str:
        """What a program is configured with."""
        raise NotImplementedError

    def command(self) -> list[str]:
        raise NotImplementedError

    def start(self) -> None:
        """Start it and wait until it answers; one that gave up is started again: what a killed one left (processes,
        a port, shared memory) may need a moment to go."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(self.command(), cwd=self.folder, stdout=log, stderr=log)

            def runs() -> bool:
                if self._process is None or self._process.poll() is not None:
                    self._process = subprocess.Popen(self.command(), cwd=self.folder, stdout=log, stderr=log)
                return self.answers()

            wait_until(runs, lambda: f"{self.name} did not start:\n{self.last_words()}")

    @property
    def pid(self) -> int:
        """The process that was started; the others are its children."""
        assert self._process is not None
        return self._process.pid

    def last_words(self) -> str:
        """The end of its log."""
        return "\n".join((self.folder / "log").read_text(errors="replace").splitlines()[-20:])

    def answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1):
                return True
        except OSError:
            return False

    def shut_down(self) -> None:
        """End it as an administrator would; who is connected is cut off. Killed after START_WITHIN_S."""
        assert self._process is not None
        inner = children(self._process.pid) if os.geteuid() == 0 else []  # runuser's child is the server
        os.kill(inner[0] if inner else self._process.pid, self.gently)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(START_WITHIN_S)
        self.stop()

    def stop(self) -> None:
        """Kill it at once, as a power cut would."""
        if self._process is not None:
            running = [
                *children(self._process.pid),
                self._process.pid,
            ]  # runuser stops itself with what it runs
            for pid in running:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self._process.wait()
            self._process = None
            wait_until(lambda: not any(alive(pid) for pid in running), lambda: f"{self.name} still runs")

    def signal(self, number: int) -> None:
        """Send a signal to all of its processes."""
        assert self._process is not None
        for pid in [*children(self._process.pid), self._process.pid]:
            os.kill(pid, number)


class Postgres(Server):
    """A cluster of its own, without flushes to the disk unless they are asked for: what a test needs is speed."""

    name = "postgres"
    gently = signal.SIGINT
    """Its "fast" shutdown: SIGTERM would wait until every client has gone."""

    def __init__(self, folder: Path, *, flushes: bool = False) -> None:
        super().__init__(open_to("postgres", folder))
        self._flushes = "on" if flushes else "off"
        places = newest_postgres()
        self._binary = program("postgres", places)
        self.data = self.folder / "data"
        command = [program("initdb", places), "-D", str(self.data), "-U", "tester"]
        command += ["-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"]
        made = subprocess.run(
            as_user("postgres", command), check=False, capture_output=True, text=True, cwd=self.folder
        )
        assert made.returncode == 0, made.stderr

    def command(self) -> list[str]:
        settings: dict[str, object] = {"port": self.port, "listen_addresses": "127.0.0.1"}
        settings |= {"unix_socket_directories": self.folder, "max_connections": 200, "shared_buffers": "32MB"}
        settings |= {"fsync": self._flushes, "full_page_writes": self._flushes}
        options = [f"-c{name}={value}" for name, value in settings.items()]
        return as_user("postgres", [self._binary, "-D", str(self.data), *options])

    def answers(self) -> bool:
        ready = [program("pg_isready", newest_postgres()), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(ready, check=False).returncode == 0

    def address(self) -> str:
        return f"postgresql://tester@127.0.0.1:{self.port}/postgres"


class PgBouncer(Server):
    """Pools transactions in front of a PostgreSQL."""

    name = "pgbouncer"

    def __init__(self, folder: Path, postgres: Postgres) -> None:
        super().__init__(open_to("postgres", folder))
        self._binary = program("pgbouncer")
        self._settings = self.folder / "pgbouncer.ini"
        self._settings.write_text(
            f"[databases]\npostgres = host=127.0.0.1 port={postgres.port} user=tester\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {self.port}\nunix_socket_dir =\n"
            "auth_type = any\npool_mode = transaction\ndefault_pool_size = 5\nmax_client_conn = 300\n"
            "server_login_retry = 1\n"
        )

    def command(self) -> list[str]:
        return as_user("postgres", [self._binary, str(self._settings)])

    def address(self) -> str:
        return f"postgresql://tester@127.0.0.1:{self.port}/postgres"


class RedisServer(Server):
    """A Redis that keeps nothing over a restart, unless told to."""

    name = "redis-server"

    def __init__(self, folder: Path, *, keeps: bool = False) -> None:
        super().__init__(open_to("redis", folder))
        self._keeps = "yes" if keeps else "no"
        self._binary = program("redis-server")

    def command(self) -> list[str]:
        options = {
            "port": self.port,
            "bind": "127.0.0.1",
            "dir": self.folder,
            "save": "",
            "appendonly": self._keeps,
        }
        return [
            self._binary,
            *(word for name, value in options.items() for word in (f"--{name}", str(value))),
        ]

    def address(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"


def children(pid: int) -> list[int]:
    """Processes that this one started, and theirs: first those that start others."""
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except (FileNotFoundError, ProcessLookupError):  # it has ended
        listed = ""
    direct = [int(child) for child in listed.split()]
    return [found for child in direct for found in (child, *children(child))]


def called(pid: int) -> str:
    """What the kernel calls a process; empty once it is gone."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def alive(pid: int) -> bool:
    """Whether a process runs, which one that nobody waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_until(holds: Callable[[], bool], otherwise: Callable[[], str]) -> None:
    end = time.monotonic() + START_WITHIN_S
    while not holds():
        assert time.monotonic() < end, otherwise()
        time.sleep(0.02)
