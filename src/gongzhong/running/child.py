"""The developer's program as a process of its own, so that code that blocks or crashes never touches the platform.

Its output goes where ours goes, unless a test wants it: a traceback appears as it was written. It gets a session of
its own, because Ctrl-C is answered by us, in order: first it, then the platform that it may still be calling.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from ..account import WECHAT_PREFIX
from ..clock import Clock

PATIENCE_S = 3.0
"""How long the program may take to end, in seconds; then it is killed. A developer does not wait for slow handlers."""


def without_wechat(env: Mapping[str, str]) -> dict[str, str]:
    """The environment without the real account of the platform's debugging tool, which is no program's business."""
    return {name: value for name, value in env.items() if not name.startswith(WECHAT_PREFIX)}


class ChildProgram:
    """One program with a fixed command, started and stopped any number of times.

    Its standard output and error go to the file `output`, or where ours go; it runs in the directory `folder`, or in
    ours.
    """

    def __init__(
        self,
        command: Sequence[str],
        env: Mapping[str, str],
        *,
        output: IO[bytes] | None = None,
        folder: Path | None = None,
    ) -> None:
        self._command, self._env, self._output, self._folder = command, env, output, folder
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            env={**without_wechat(os.environ), **self._env},
            stdin=asyncio.subprocess.PIPE,
            stdout=self._output,
            stderr=self._output,
            cwd=self._folder,
            start_new_session=True,
        )

    def set_clock(self, ahead_s: float) -> None:
        """Tell the program by how many seconds its clocks are to be ahead of this machine's (`end_with_parent`)."""
        if self.running and self._process is not None and self._process.stdin is not None:
            self._process.stdin.write(b"%.3f\n" % ahead_s)

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def ended(self) -> int:
        """The exit status, when it has ended by itself."""
        assert self._process is not None
        return await self._process.wait()

    async def stop(self, patience_s: float = PATIENCE_S) -> None:
        """Ask it to end, insist after `patience_s` seconds. Processes that it started end with it."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(patience_s):
                await process.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                if sys.platform == "win32":
                    process.kill()
                else:
                    os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


def end_with_parent() -> None:
    """Stop this process when the one that started it has ended, which closes standard input.

    Until then each line that comes there is a number: the seconds that the clocks of this process are to be ahead of
    the machine's, because the platform's clock was moved. A line that is no number changes nothing.
    """

    def watch() -> None:
        # Not through sys.stdin: its lock, held by a waiting thread, would keep the interpreter from ending.
        line = b""
        while piece := os.read(0, 1):
            line += piece
            if piece == b"\n":
                with suppress(ValueError):
                    Clock.ahead_s = float(line)
                line = b""
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent", daemon=True).start()


def serve_command(target: str, host: str, port: int) -> list[str]:
    """The command that serves a target with this interpreter."""
    words = ["serve", target, "--host", host, "--port", str(port), "--quiet", "--with-parent"]
    return [sys.executable, "-m", "gongzhong", *words]
