"""The supervisor at work: processes, signals and the socket. What to do when is decided in `lifecycle.py`."""

from __future__ import annotations

import asyncio
import logging
import os
import random
import signal
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any, Final

from ...config import Log
from ...errors import GongzhongError, SetupError, say
from ...reasons import NOT_JSON
from ..http_server import DRAIN_S
from ..listening import bind, where
from ..metrics import Admin, Health, Totals
from ..metrics.table import series
from ..serve import LOG, Announce, Options, Ready
from ..systemd import Systemd, inherited
from ..target import require_there
from . import lifecycle
from .launching import Launcher, Process
from .lifecycle import (
    Act,
    Died,
    End,
    Event,
    Heard,
    Kill,
    Mode,
    News,
    Phase,
    Record,
    Reload,
    Rules,
    Start,
    Stop,
    Tell,
    Tick,
)
from .messages import LONGEST_LINE, Beat, Drain, Failed, Setup, ToSupervisor, Up, line_of, read_line

logger = logging.getLogger("gongzhong.serve")

TICK_S: Final = 0.25
LAST_WORDS_S: Final = 2.0
"""How long what an ended worker has said may take to be read: processes that it started may keep its end open."""
SHOW_WHERE_S: Final = 0.5
"""What a worker that hangs gets to say where, before it is killed."""
LAST_DRAIN_S: Final = 20.0
"""How much longer than twice `drain_s` (for open requests, then for handlers) a worker may take to end."""
SENT_BY_OTHERS: Final = frozenset({signal.SIGKILL, signal.SIGTERM})
"""Signals by which somebody ends a process: an operator, the kernel that is short of memory. A worker that crashes ends
by others."""
ERROR: Final = 3
"""The exit status that an error of a worker asks for; the error itself is raised."""

_NEWS: Final = {
    News.READY: (logging.INFO, "全部工作进程已就绪", "all workers are ready"),
    News.DIED: (
        logging.ERROR,
        "工作进程 %(number)d 结束了（状态 %(status)s），%(pause).1f 秒后启动新的",
        "worker %(number)d ended (status %(status)s); a new one is started in %(pause).1f s",
    ),
    News.FAILED: (
        logging.ERROR,
        "工作进程 %(number)d 不能运行：%(why)s",
        "worker %(number)d cannot serve: %(why)s",
    ),
    News.HUNG: (
        logging.ERROR,
        "工作进程 %(number)d 没有反应（事件循环被阻塞），将被替换；它停在哪里见下面的输出",
        "worker %(number)d hangs (its event loop is blocked) and is replaced; the output below says where it hangs",
    ),
    News.SLOW_START: (
        logging.ERROR,
        "工作进程 %(number)d 启动太久，已放弃；它停在哪里见下面的输出",
        "worker %(number)d took too long to start; the output below says where it is",
    ),
    News.SLOW_DRAIN: (
        logging.WARNING,
        "工作进程 %(number)d 没有按时收尾，已被终止",
        "worker %(number)d did not finish in time and was killed",
    ),
    News.RELOADING: (logging.INFO, "重新加载程序", "reloading the program"),
    News.RELOADED: (logging.INFO, "已换成新的工作进程", "all workers run the new program"),
    News.RELOAD_FAILED: (
        logging.ERROR,
        "新的程序不能运行，原来的工作进程继续服务",
        "the new program cannot be served: the workers from before go on",
    ),
    News.STOPPING: (logging.INFO, "正在停止", "stopping"),
    News.GAVE_UP: (
        logging.ERROR,
        "工作进程一再结束，不再重试",
        "workers end again and again: giving up",
    ),
}
"""How each kind of news is logged."""


def _reloads(result: str) -> str:
    return series("gongzhong_reloads_total", result=result)


_COUNTED: Final = {
    **dict.fromkeys((News.DIED, News.FAILED, News.HUNG, News.SLOW_START), ("gongzhong_worker_deaths_total",)),
    News.RELOADED: (_reloads("ok"),),
    News.RELOAD_FAILED: (_reloads("failed"),),
}


def supervise(
    target: str,
    options: Options,
    *,
    workers: int,
    announce: Announce | None = None,
    log: Log = LOG,
) -> None:
    """Serve with several workers until Ctrl-C or SIGTERM.

    Raises SetupError when the address is taken or no worker can be started, with the error that a worker gave;
    GongzhongError when workers end again and again.
    """
    if sys.platform == "win32":
        raise SetupError("Windows 上只能用一个进程", "on Windows serve runs one process only")
    require_there(target)
    passed = inherited(os.environ)
    listener = passed or bind(options.host, options.port, options.unix_socket, reuse_port=options.reuse_port)
    rules = Rules(
        workers=workers,
        hang_s=options.hang_s,
        deaths_per_minute=options.deaths_per_minute,
        drain_s=2 * (DRAIN_S if options.drain_s is None else options.drain_s) + LAST_DRAIN_S,
    )
    try:
        with tempfile.TemporaryFile() as turn:
            supervisor = Supervisor(target, options, listener, turn, rules, announce, log)
            asyncio.run(supervisor.run())
    finally:
        listener.close()
        if options.unix_socket is not None and passed is None:
            options.unix_socket.unlink(missing_ok=True)


class Child:
    """One worker's process and our end of its socket pair."""

    def __init__(self, process: Process, writer: asyncio.StreamWriter) -> None:
        self.process, self.writer = process, writer
        self.kind = ""
        """Of the target, once the worker serves."""
        self.failure: Failed | None = None

    def signal(self, number: int) -> None:
        """Send a signal to the process, if it still runs."""
        if self.process.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self.process.pid, number)

    def kill(self) -> None:
        """Kill the process and those that it started."""
        if self.process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)


class Supervisor:
    """Carries out what `decide` says. `turn` is an empty file that workers lock, see `Serving.prepare`."""

    def __init__(
        self,
        target: str,
        options: Options,
        listener: socket.socket,
        turn: IO[bytes],
        rules: Rules,
        announce: Announce | None,
        log: Log,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._target, self._options, self._listener, self._turn = target, options, listener, turn
        self._rules, self._announce, self._log, self._clock = rules, announce, log, clock
        self.url = where(listener, secure=options.certificate is not None)
        self.systemd = Systemd(os.environ)
        self.record, self.totals = Record(), Totals()
        self._counts: Counter[str] = Counter()
        """What the supervisor counts itself."""
        self.children: dict[int, Child] = {}
        self._launcher = Launcher((listener.fileno(), turn.fileno()))
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended = asyncio.Event()
        self._broken: BaseException | None = None
        self._without_state: set[int] = set()
        """Workers that do not reach their state."""
        self._failure: Failed | None = None
        """Why the last worker that failed could not serve."""

    async def run(self) -> None:
        """Until nothing is left. Raises what `supervise` does."""
        admin = Admin(self._options.admin, self.values, self.health) if self._options.admin else None
        if admin is not None:
            await admin.start()
        try:
            await self._until_ended()
        finally:
            if admin is not None:
                await admin.close()
        for child in self.children.values():
            child.kill()
        await self._launcher.close()
        if self._broken is not None:
            raise self._broken
        if self.record.status == ERROR and self._failure is not None:
            raise self._failure.error
        if self.record.status:
            raise self._gave_up()

    async def _until_ended(self) -> None:
        with self._signals():
            self.take(Tick())
            while not self._ended.is_set():
                with suppress(TimeoutError):
                    async with asyncio.timeout(TICK_S):
                        await self._ended.wait()
                self.take(Tick())
                self._launcher.reap()
                self.systemd.alive(self._clock())

    def values(self) -> dict[str, float]:
        """Every series of all workers, and the supervisor's own."""
        found = self.totals.values() | {
            series("gongzhong_workers", phase=phase.value): self.record.count(phase) for phase in Phase
        }
        for key in ("gongzhong_worker_deaths_total", *(_reloads(result) for result in ("ok", "failed"))):
            found[key] = self._counts[key]
        return found

    def health(self) -> Health:
        """Ready while at least one worker serves that reaches its state."""
        serving = [worker.number for worker in self.record.workers if worker.phase is Phase.SERVING]
        down = [number for number in serving if number in self._without_state]
        reasons = []
        if self.record.mode in (Mode.STOPPING, Mode.ENDED):
            reasons.append("stopping")
        elif not serving:
            reasons.append("no worker serves")
        elif len(down) == len(serving):
            reasons.append("state")
        facts = {"workers": len(serving), "wanted": self._rules.workers, "mode": self.record.mode.value}
        return Health(not reasons, tuple(reasons), facts)

    @contextmanager
    def _signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        wishes: dict[int, Event] = {signal.SIGTERM: Stop(), signal.SIGINT: Stop(), signal.SIGHUP: Reload()}
        for number, wish in wishes.items():
            loop.add_signal_handler(number, self.take, wish)
        try:
            yield
        finally:
            for number in wishes:
                loop.remove_signal_handler(number)

    def take(self, event: Event) -> None:
        """Let an event be decided upon, and carry out what follows."""
        self.record, acts = lifecycle.decide(self.record, event, self._clock(), self._rules)
        for act in acts:
            self._carry_out(act)

    def _carry_out(self, act: Act) -> None:
        match act:
            case Start(number):
                self._begin(self._run_worker(number))
            case lifecycle.Drain(number, others_serve):
                self._drain(self.children.get(number), others_serve)
            case Kill(number, hung):
                self._begin(self._kill(self.children.get(number), hung))
            case Tell():
                self._tell(act)
            case End():
                self._ended.set()

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        """A mistake in the supervisor itself ends it: workers that nobody watches would be worse."""
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._broken = task.exception()
            self._ended.set()

    async def _run_worker(self, number: int) -> None:
        """One worker, from its start to its end."""
        try:
            child, reader = await self._start(number)
        except OSError as problem:
            logger.error(say("不能启动工作进程：%s", "cannot start a worker: %s"), problem)
            self.take(Died(number, chance=random.random()))
            return
        self.children[number] = child
        hearing = asyncio.ensure_future(self._hear(number, child, reader))
        await child.process.wait()
        self._launcher.forget(child.process)
        await asyncio.wait({hearing}, timeout=LAST_WORDS_S)
        hearing.cancel()
        child.writer.close()
        self.totals.end(number)
        self._without_state.discard(number)
        self._failure = child.failure or self._failure
        killed = -(child.process.returncode or 0) in SENT_BY_OTHERS
        self.take(Died(number, ERROR if child.failure else 0, killed, random.random()))
        del self.children[number]

    async def _start(self, number: int) -> tuple[Child, asyncio.StreamReader]:
        ours, theirs = socket.socketpair()
        with theirs:
            process = await self._launcher.worker(theirs)
        reader, writer = await asyncio.open_connection(sock=ours, limit=LONGEST_LINE)
        writer.write(line_of(self._setup(number)))
        child = Child(process, writer)
        worker = self.record.find(number)
        if worker is None or worker.phase is not Phase.STARTING:  # stopped while it was started
            child.kill()
        return child, reader

    def _setup(self, number: int) -> Setup:
        options = self._options
        return Setup(
            number=number,
            workers=self._rules.workers,
            parent=os.getpid(),
            target=self._target,
            listener=self._listener.fileno(),
            turn=self._turn.fileno(),
            certificate=str(options.certificate) if options.certificate else None,
            key=str(options.key) if options.key else None,
            access_log=options.access_log,
            log=self._log,
            drain_s=options.drain_s,
        )

    async def _hear(self, number: int, child: Child, reader: asyncio.StreamReader) -> None:
        """What the worker says, until its end of the pair closes."""
        with suppress(OSError, ValueError):
            async for line in reader:
                with suppress(*NOT_JSON):
                    self._heard(number, child, read_line(line, ToSupervisor))

    def _heard(self, number: int, child: Child, message: ToSupervisor) -> None:
        match message:
            case Up(kind):
                child.kind = kind
                self.take(lifecycle.Ready(number))
            case Failed():
                child.failure = message
            case Beat(snapshot, state_up):
                self.totals.report(number, snapshot)
                (self._without_state.discard if state_up else self._without_state.add)(number)
                self.take(Heard(number))

    def _drain(self, child: Child | None, others_serve: bool) -> None:
        if child is None:
            return
        if child.kind:
            child.writer.write(line_of(Drain(others_serve)))
        else:
            child.signal(signal.SIGTERM)

    async def _kill(self, child: Child | None, hung: bool) -> None:
        if child is None:
            return
        if hung:
            child.signal(signal.SIGUSR2)
            with suppress(TimeoutError):
                async with asyncio.timeout(SHOW_WHERE_S):
                    await child.process.wait()
        child.kill()

    def _gave_up(self) -> GongzhongError:
        most = self._rules.most_deaths
        why = self._failure
        return GongzhongError(
            f"一分钟内有 {most} 次工作进程刚启动就结束，不再重试" + (f"；最后一次：{why.zh}" if why else ""),
            f"{most} workers ended right after their start within a minute: giving up"
            + (f"; the last one said: {why.en}" if why else ""),
            fix_zh="原因见上面的日志",
            fix_en="see the log above for the reason",
        )

    def _tell(self, told: Tell) -> None:
        child = self.children.get(told.number)
        level, zh, en = _NEWS[told.news]
        facts = {
            "number": told.number,
            "pause": told.pause_s,
            "status": child.process.returncode if child else None,
            "why": child.failure.error if child and child.failure else "",
        }
        logger.log(level, say(zh, en), facts)
        self._counts.update(_COUNTED.get(told.news, ()))
        if told.news is News.RELOADING:
            self._launcher.renew()
            self.systemd.reloading()
        elif told.news is News.STOPPING:
            self.systemd.stopping()
        elif told.news in (News.READY, News.RELOADED, News.RELOAD_FAILED):
            self.systemd.ready(self.url)
        if told.news is News.READY and self._announce is not None:
            kind = next(child.kind for child in self.children.values() if child.kind)
            workers = self._rules.workers
            self._announce(
                Ready(spec=self._target, kind=kind, url=self.url, pid=os.getpid(), workers=workers)
            )
