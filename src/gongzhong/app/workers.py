"""Whether other worker processes answer on the same port: each of them would have a memory of its own.

Nothing in a request says so, except in WSGI. But the workers of one server (gunicorn, uvicorn, granian, hypercorn) are
children of one process and listen on one address, and Linux tells both. Elsewhere nothing is found.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from ..errors import say

log = logging.getLogger("gongzhong.app")

LOOK_AFTER_S = 60.0
"""From the first request to the look: a worker that replaces another one meets it for some seconds."""
PROC = Path("/proc")
_LISTENING = "0A"


class Workers:
    """Says once that several processes answer for an account whose state is in the memory of each.

    Nothing is said of an account whose state they share, which `shared` tells. `beside` finds the others.
    """

    def __init__(
        self, shared: Callable[[], bool] = lambda: False, beside: Callable[[], list[int]] | None = None
    ) -> None:
        self._said, self._shared, self._beside = False, shared, beside or workers_beside

    def look(self) -> None:
        """Say it if other workers are found. Returns at once: a machine with many processes has much in /proc to read,
        which a thread does."""
        if not (self._said or self._shared()):
            threading.Thread(target=self._look, name="gongzhong-workers", daemon=True).start()

    def _look(self) -> None:
        if self._beside():
            self.say()

    def say(self) -> None:
        """Say it, if it was not said before."""
        if self._said or self._shared():
            return
        self._said = True
        log.warning(
            say(
                "服务器有多个进程，去重和等待的答复却只在各自的进程里，处理函数可能运行多次；请用一个进程（多线程）",
                "this server runs several processes, but repeats and waiting answers are known to one process "
                "only, so a handler may run once in each; use one process with threads",
            )
        )


def workers_beside() -> list[int]:
    """The process ids of this process's siblings that listen on an address on which it listens, too."""
    addresses = dict(_listening())
    mine = {addresses[number] for number in _sockets(os.getpid()) if number in addresses}
    if not mine:
        return []
    return [
        pid
        for pid in _siblings()
        if any(addresses.get(number) in mine for number in _sockets(pid) if number in addresses)
    ]


def _listening() -> Iterator[tuple[str, str]]:
    """The inode and the address of every listening socket in this network."""
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in (PROC / "net" / table).read_text().splitlines()[1:]:
                fields = line.split()
                if len(fields) > 9 and fields[3] == _LISTENING:
                    yield fields[9], fields[1]
    with suppress(OSError):
        for line in (PROC / "net" / "unix").read_text().splitlines()[1:]:
            fields = line.split()
            if len(fields) > 7 and fields[3] == "00010000":  # __SO_ACCEPTCON
                yield fields[6], fields[7]


def _sockets(pid: int) -> Iterator[str]:
    """The inodes of a process's open sockets; none when it may not be looked at."""
    with suppress(OSError):
        for entry in (PROC / str(pid) / "fd").iterdir():
            with suppress(OSError):
                target = str(entry.readlink())
                if target.startswith("socket:["):
                    yield target[8:-1]


def _siblings() -> Iterator[int]:
    parent, own = os.getppid(), os.getpid()
    with suppress(OSError):
        for entry in PROC.iterdir():
            if not entry.name.isdecimal() or int(entry.name) == own:
                continue
            with suppress(OSError, ValueError, IndexError):
                # after the name, which may hold anything, come the state and the parent
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(fields[1]) == parent:
                    yield int(entry.name)
