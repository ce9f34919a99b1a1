"""`gongzhong campaign start` and `resume`: send, here and wherever else the same command runs, with a progress bar.

Ctrl-C (or SIGTERM) lets the calls under way end, gives the chunks back and leaves the campaign running: other processes
go on, and the same command goes on later. A second Ctrl-C ends at once; what was under way is then in doubt. The other
processes of `--workers` always let their calls end. Ctrl-Z stops all of them until `fg`; chunks that they held longer
than a lease are then others'.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
from cyclopts import Parameter

from ..errors import StateDown
from .campaign import Number, Opened, Place, described, show_status, stage_said, with_campaigns
from .config import read
from .options import AsJson, flag, option
from .outcome import DONE, FAILED, INTERRUPTED
from .people import account_of
from .usage import Usage
from .words import err, print_json, say

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from ..account import Account
    from ..campaigns.allowances import SharedAllowance
    from ..campaigns.plan import Plan
    from ..campaigns.stages import Campaign
    from ..client import AsyncClient

LOOK_S: Final = 0.5
"""How often the progress bar is drawn anew."""
LINE_S: Final = 10.0
"""How often a line is written where there is no terminal."""

Workers = Annotated[int, option("发送进程数", "processes that send")]
Detach = Annotated[bool, flag("只改变状态，不在这里发送", "let others send, not this process")]
Child = Annotated[bool, Parameter(show=False, negative="")]


def start(
    number: Number,
    /,
    *,
    workers: Workers = 1,
    detach: Detach = False,
    place: Place | None = None,
    json: AsJson = False,
    child: Child = False,
) -> int:
    if workers < 1:
        raise Usage("--workers 至少为 1", "--workers is at least 1")
    if child:
        from ..running.child import end_with_parent

        end_with_parent()
    children: list[subprocess.Popen[bytes]] = []

    async def answer(opened: Opened) -> tuple[Campaign, bool]:
        found = await opened.campaigns.find(number)
        credentials = None if detach else account_of(opened.config, opened.appid)
        # A child never starts it: somebody may have paused it meanwhile.
        if not child and found.stage.value != "running":
            found = await opened.campaigns.start(number)
        if credentials is None:
            return found, False
        children.extend(_child(number, place) for _ in range(workers - 1))
        async with _client(opened.config, credentials) as (client, allowance):
            sending = Sending(opened, client, allowance, number, children, silent=child)
            return await sending.carry_out()

    try:
        found, interrupted = with_campaigns(place, answer)
    finally:
        _end(children, wait=True)
    shows = not child and not detach
    return _ended(found, interrupted, place, as_json=json) if shows else DONE


def _child(number: int, place: Place | None) -> subprocess.Popen[bytes]:
    """Another process that sends; the end of its standard input ends it.

    It belongs to this process's job, so that Ctrl-Z and `fg` reach it, too. Ctrl-C and the end of the terminal do not:
    it lets its calls end.
    """
    given = asdict(place or Place())
    words = [word for name, value in given.items() if value for word in (f"--{name}", str(value))]
    command = [sys.executable, "-m", "gongzhong", "campaign", "start", str(number), "--child", *words]
    with _held_back("SIGINT", "SIGHUP"):  # who is started holds back what its parent does, for ever
        return subprocess.Popen(command, stdin=subprocess.PIPE)


@contextmanager
def _held_back(*names: str) -> Iterator[None]:
    """Within it these signals wait; those that this system does not have are left out."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [getattr(signal, name) for name in names])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end(children: Sequence[subprocess.Popen[bytes]], *, wait: bool = False) -> None:
    """Have them let their calls end and begin no others, and wait for that if asked to."""
    for process in children:
        if process.stdin is not None:
            process.stdin.close()
    for process in children if wait else ():
        process.wait()


@asynccontextmanager
async def _client(
    config: Path | None, account: Account
) -> AsyncIterator[tuple[AsyncClient, SharedAllowance | None]]:
    """The account's client. Where a state is configured, its access_token is shared with other processes, and so is
    what people may still get of customer-service messages."""
    from ..campaigns.allowances import SharedAllowance
    from ..client import AsyncClient, Tokens
    from ..state import open_state
    from ..state.tokens import StateTokenStore

    address = read(config, {}).state
    if not address:
        async with AsyncClient(account) as client:
            yield client, None
        return
    state = open_state(address)
    store = StateTokenStore(state)
    try:
        async with AsyncClient(account, tokens=Tokens(store)) as client:
            yield client, SharedAllowance(state, account.appid)
    finally:
        store.close()
        await state.close()


class Sending:
    """One process that sends for one campaign, until that ends or somebody interrupts it."""

    def __init__(
        self,
        opened: Opened,
        client: AsyncClient,
        allowance: SharedAllowance | None,
        number: int,
        children: Sequence[subprocess.Popen[bytes]],
        *,
        silent: bool,
    ) -> None:
        from ..campaigns.worker import CampaignWorker

        self._opened, self._number, self._children, self._silent = opened, number, children, silent
        holder = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        self._worker = CampaignWorker(
            opened.tables,
            client,
            opened.vault,
            holder=holder,
            only=number,
            clock=client.clock,
            allowance=allowance,
        )
        self._interrupted = False
        self._plan: Plan | None = None

    async def carry_out(self) -> tuple[Campaign, bool]:
        """The campaign at the end, and whether the process was interrupted."""
        sending = asyncio.ensure_future(self._worker.run())
        with suppress(NotImplementedError):  # there are no such handlers on Windows
            for one in (signal.SIGTERM,) if self._silent else (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(one, self._interrupt, sending)
        try:
            if not self._silent:
                await self._show(sending)
            await sending
        except asyncio.CancelledError:
            if not self._interrupted:
                raise
        return await self._opened.campaigns.find(self._number), self._interrupted

    def _interrupt(self, sending: asyncio.Task[None]) -> None:
        if self._interrupted:
            sending.cancel()
            return
        self._interrupted = True
        self._worker.stop()
        _end(self._children)
        if not self._silent:
            err().print(
                say(
                    "正在结束已开始的调用……再按一次 Ctrl-C 立即结束",
                    "the calls under way end … Ctrl-C again ends at once",
                )
            )

    async def _show(self, sending: asyncio.Task[None]) -> None:
        from ..campaigns.campaigns import plan_of

        found = await self._opened.campaigns.find(self._number)
        self._plan = plan_of(found)
        with _bar() as bar:
            task = bar.add_task(found.name, total=max(found.recipients, 1), told="")
            line_at = time.monotonic() + LINE_S
            while not sending.done():
                with suppress(
                    StateDown
                ):  # the worker goes on as soon as the database is back, and so does this
                    done, told = await self._told()
                    bar.update(task, completed=done, told=told)
                    if not err().is_terminal and time.monotonic() >= line_at:
                        line_at += LINE_S
                        err().print(f"{done:,} / {found.recipients:,}  {told}")
                await asyncio.wait({sending}, timeout=LOOK_S)
            with suppress(StateDown):
                done, told = await self._told()
                bar.update(task, completed=done, told=told)

    async def _told(self) -> tuple[int, str]:
        """Recipients that are done, and what is worth knowing besides."""
        campaigns = self._opened.campaigns
        progress = await campaigns.progress(self._number)
        left = await campaigns.quota_left(self._number)
        pieces = [say(f"今日剩余 {left:,}", f"{left:,} left today")]
        if self._plan is not None and self._plan.content.monthly:
            pieces = [say(f"本月剩余 {left:,}", f"{left:,} left this month")]
        refused = self._worker.sent.refused
        pieces += [f"{code or '?'}×{count}" for code, count in refused.most_common(4)]
        if progress.unknown:
            pieces.append(say(f"未知 {progress.unknown}", f"{progress.unknown} unknown"))
        now = time.time()
        due = max(progress.due or 0.0, self._plan.opens_at(now) if self._plan else 0.0)
        if not progress.held and progress.due is not None and due > now + 1:
            at = time.strftime("%m-%d %H:%M:%S %z", time.localtime(due))
            pieces.append(say(f"等到 {at}", f"waits until {at}"))
        return progress.done + self._worker.under_way, "  ".join(pieces)


def _bar() -> Bar:
    """The progress bar: done, rate, time left, quota left, failures by code."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, Task, TextColumn, TimeRemainingColumn
    from rich.text import Text

    class Rate(TextColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{task.speed or 0:,.0f}/s")

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(""),
        TimeRemainingColumn(),
        TextColumn("{task.fields[told]}"),
        console=err(),
    )


def _ended(found: Campaign, interrupted: bool, place: Place | None, *, as_json: bool) -> int:
    """Say how it ended: 0 when everything is sent, 130 when it was interrupted, else 1."""
    status = with_campaigns(place, lambda opened: opened.campaigns.status(found.id))
    if as_json:
        print_json({**described(found), **_json(status)})
    else:
        show_status(status)
    if interrupted:
        return INTERRUPTED
    if status.stage != "done":
        err().print(
            say(
                f"没有发完：{stage_said(status.stage)}", f"not everything is sent: {stage_said(status.stage)}"
            )
        )
    return DONE if status.stage == "done" else FAILED


def _json(status: Any) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(status, str_keys=True)
    return found
