"""How worker processes are made: as copies of a template process where the system can, else each as a new Python.

The template (`template.py`) is started with the supervisor and anew at every reload, so that new workers run the files
as they were then. Should it end, the next worker is a new Python, and the one after it a copy of a new template.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import sys
from contextlib import suppress
from typing import Final, Protocol

from ...errors import say
from .messages import NUMBER_BYTES

logger = logging.getLogger("gongzhong.serve")

PR_SET_CHILD_SUBREAPER: Final = 36
COPIED_WITHIN_S: Final = 20.0
"""How long the template may take, which loads everything before its first copy."""
LAUNCHED: Final = "gongzhong.running.supervisor"


class Process(Protocol):
    """A worker's process: `returncode` is None while it runs, and negative when a signal ended it."""

    @property
    def pid(self) -> int: ...

    @property
    def returncode(self) -> int | None: ...

    async def wait(self) -> object:
        """Return when it has ended."""


class Copied:
    """A process that the template has made. Raises OSError if it cannot be watched."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._watched = os.pidfd_open(pid)
        self._ended = asyncio.Event()
        asyncio.get_running_loop().add_reader(self._watched, self._end)

    def _end(self) -> None:
        asyncio.get_running_loop().remove_reader(self._watched)
        os.close(self._watched)
        try:
            self.returncode = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        except ChildProcessError:
            self.returncode = 1
        self._ended.set()

    async def wait(self) -> None:
        await self._ended.wait()


class Launcher:
    """Makes processes that inherit the file descriptors `shared`. Used from one event loop."""

    def __init__(self, shared: tuple[int, ...]) -> None:
        self._shared = shared
        self._copies = inherits_orphans()
        self._turn = asyncio.Lock()
        self._template: asyncio.subprocess.Process | None = None
        self._orders: socket.socket | None = None
        self._stale = True
        """Whether the next copy needs a new template."""
        self._own: set[int] = set()
        """Children that somebody waits for."""
        self._waits: set[asyncio.Task[None]] = set()

    async def worker(self, theirs: socket.socket) -> Process:
        """A new worker at the other end of this socket. Raises OSError."""
        async with self._turn:
            copy = await self._copy(theirs) if self._copies else None
            process = copy or await self._python("worker", theirs)
            self._own.add(process.pid)
        return process

    def forget(self, process: Process) -> None:
        """Nobody waits for this one any more: it has ended."""
        self._own.discard(process.pid)

    def renew(self) -> None:
        """Have the next worker be a copy of a template that is loaded from now on."""
        self._stale = True

    async def close(self) -> None:
        """End the template."""
        self._give_up()
        await asyncio.gather(*self._waits)

    def _give_up(self) -> None:
        """Let no copy come any more, also not of what was asked for before."""
        self._stale = True
        if self._template is not None:
            with suppress(ProcessLookupError):
                self._template.kill()

    def reap(self) -> None:
        """Take leave of orphans that have ended: processes that workers started, and that fell to this one."""
        if not self._copies or self._turn.locked():
            return
        with suppress(ChildProcessError):
            while (found := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) is not None:
                if found.si_pid in self._own:
                    return
                os.waitpid(found.si_pid, 0)

    async def _copy(self, theirs: socket.socket) -> Process | None:
        """A copy of the template; None if there is none to be had."""
        if self._stale:
            await self._load()
        orders, loop = self._orders, asyncio.get_running_loop()
        assert orders is not None
        try:
            socket.send_fds(orders, [b"+"], [theirs.fileno()])
            async with asyncio.timeout(COPIED_WITHIN_S):
                number = await loop.sock_recv(orders, NUMBER_BYTES)
            if number:
                return Copied(int.from_bytes(number))
        except OSError:  # TimeoutError is one
            pass
        logger.warning(
            say("模板进程不可用，新的工作进程单独启动", "no template process: a new worker starts by itself")
        )
        self._give_up()
        return None

    async def _load(self) -> None:
        if self._orders is not None:
            self._orders.close()  # its template ends by that
        self._orders, theirs = socket.socketpair()
        self._orders.setblocking(False)
        self._stale = False
        with theirs:
            self._template = await self._python("template", theirs)
        self._own.add(self._template.pid)
        waiting = asyncio.create_task(self._wait(self._template))
        self._waits.add(waiting)
        waiting.add_done_callback(self._waits.discard)

    async def _wait(self, template: Process) -> None:
        await template.wait()
        self.forget(template)

    async def _python(self, module: str, theirs: socket.socket) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", f"{LAUNCHED}.{module}", str(theirs.fileno())),
            pass_fds=(theirs.fileno(), *self._shared),
            stdin=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )


def inherits_orphans() -> bool:
    """Have orphans of this process's children become its own children; gives whether the system does that, and lets
    them be watched."""
    if sys.platform != "linux":
        return False
    try:
        os.close(os.pidfd_open(os.getpid()))
    except OSError:
        return False
    import ctypes

    return bool(ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)
