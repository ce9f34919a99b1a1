"""One worker process: a copy of the template, or `python -m gongzhong.running.supervisor.worker FD`, where FD is its
end of the socket pair.

A thread reads what the supervisor says, so that its end is noticed also while the event loop is busy: then the worker
ends at once, and the socket is free for whoever is started next. On Linux the kernel does the same (PR_SET_PDEATHSIG),
also for a worker that was stopped. What it had not answered WeChat delivers again; what it had accepted is taken over
when its lease ends.
"""

from __future__ import annotations

import asyncio
import faulthandler
import logging
import os
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import Final

from ...config import Alarms, renew
from ...errors import GongzhongError, SetupError, say
from ..alarms import alarmed
from ..embedded import run_loop
from ..logs import log_to_stderr
from ..metrics.measure import Measures
from ..serve import Options, Serving
from ..target import Target, resolve
from .messages import BEAT_S, Beat, Drain, Failed, Setup, ToSupervisor, Up, line_of, read_line

log = logging.getLogger("gongzhong.serve")

SHOW_WHERE: Final = signal.SIGUSR2
"""The signal by which a worker writes to standard error where each of its threads is."""
PR_SET_PDEATHSIG: Final = 1
PR_SET_NAME: Final = 15
FAILED: Final = 3
"""The exit status of a worker that has said why it cannot serve."""


class Channel:
    """The worker's end of the socket pair. Used from one thread, apart from the one that reads."""

    def __init__(self, fd: int) -> None:
        os.set_inheritable(fd, False)
        self._socket = socket.socket(fileno=fd)
        self._lines = self._socket.makefile("rb")
        self._unsent = b""

    def setup(self) -> Setup:
        """The first message; ends this process if the supervisor is gone before it said it."""
        line = self._lines.readline()
        if not line:
            os._exit(1)
        setup: Setup = read_line(line, Setup)
        return setup

    def tell(self, message: ToSupervisor) -> None:
        """Send a message without waiting: a supervisor that was stopped must not stop its workers.

        What finds no room goes out with the next message; a Beat is left out then.
        """
        if not (self._unsent and isinstance(message, Beat)):
            self._unsent += line_of(message)
        try:
            self._unsent = self._unsent[self._socket.send(self._unsent, socket.MSG_DONTWAIT) :]
        except BlockingIOError:
            return
        except OSError:
            os._exit(1)

    def listen(self, serving: Serving, stop: asyncio.Event, loop: asyncio.AbstractEventLoop) -> None:
        """Read on in a thread; end this process when the supervisor's end closes."""

        def read() -> None:
            for line in self._lines:
                drain: Drain = read_line(line, Drain)
                loop.call_soon_threadsafe(_drain, serving, stop, drain)
            os._exit(1)

        threading.Thread(target=read, name="supervisor", daemon=True).start()


def main(fd: int) -> int:
    """Serve as the supervisor says; gives the exit status."""
    channel = Channel(fd)
    setup = channel.setup()
    end_with(setup.parent)
    be_called("gz-worker")
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    faulthandler.register(SHOW_WHERE, all_threads=True)
    log_to_stderr(as_json=setup.log.format == "json", level=setup.log.level)
    try:
        settings = renew(os.environ).settings
        found = resolve(setup.target)
        run_loop(_serve(found, setup, channel, settings.alarms))
    except GongzhongError as error:
        channel.tell(Failed.of(error))
        return FAILED
    return 0


def be_called(name: str) -> None:
    """Have the kernel show this name of the process, of 15 bytes at most, in `ps -o comm` and `top`."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_NAME, name.encode(), 0, 0, 0)


def end_with(parent: int) -> None:
    """Have the kernel end this process when the one that started it has ended."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


async def _serve(found: Target, setup: Setup, channel: Channel, alarms: Alarms) -> None:
    os.set_inheritable(setup.listener, False)
    serving = Serving(found, _options(setup), socket.socket(fileno=setup.listener))
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    _require_shared(serving)
    channel.listen(serving, stop, loop)
    measures = Measures(serving, setup.number)
    beating = loop.create_task(_beat(channel, measures))
    try:
        await serving.prepare(setup.turn)
        measures.start()
        async with alarmed(lambda: serving.accounts, measures.too_late, alarms):
            await serving.run(stop=stop, ready=lambda: channel.tell(Up(serving.found.kind)))
    finally:
        beating.cancel()
        measures.close()
        channel.tell(_report(measures))


def _options(setup: Setup) -> Options:
    return Options(
        certificate=Path(setup.certificate) if setup.certificate else None,
        key=Path(setup.key) if setup.key else None,
        access_log=setup.access_log,
        drain_s=setup.drain_s,
    )


def _drain(serving: Serving, stop: asyncio.Event, drain: Drain) -> None:
    serving.server.others_serve = drain.others_serve
    stop.set()


def _require_shared(serving: Serving) -> None:
    """Raises SetupError for an account whose state other workers do not see."""
    for account in serving.accounts:
        if account.state is None or not account.state.shared:
            raise SetupError(
                "监督下的工作进程需要共享的状态：只在内存里时，同一条消息会在每个进程里各处理一遍",
                "supervised workers need a state that they share: in memory, each would handle the same message",
                fix_zh="设置 GONGZHONG_STATE（sqlite:///gongzhong.db、postgresql://… 或 redis://…），"
                "或去掉 --workers 和 --supervised",
                fix_en="set GONGZHONG_STATE (sqlite:///gongzhong.db, postgresql://… or redis://…), "
                "or leave --workers and --supervised out",
            )


def _report(measures: Measures) -> Beat:
    try:
        return Beat(measures.snapshot(), measures.state_up)
    except Exception:
        log.exception(say("统计指标时出错", "measuring failed"))
        return Beat()


async def _beat(channel: Channel, measures: Measures) -> None:
    while True:
        channel.tell(_report(measures))
        await asyncio.sleep(BEAT_S)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
