"""Which handler still runs: for errors that say more than "timed out"."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import CodeType
from typing import Any

from ..app import dispatch
from ..errors import GongzhongError

PACKAGE = str(Path(__file__).parents[1])


class StillRunning(GongzhongError):
    """A handler does not end, not even when it is cancelled."""

    def __init__(self, handlers: Iterable[str]) -> None:
        names = sorted(set(handlers))
        super().__init__(
            f"处理函数没有结束：{'、'.join(names) or '（不知道是哪一个）'}",
            f"a handler does not end: {', '.join(names) or '(it is not known which)'}",
            fix_zh="async def 里不要调用会阻塞的函数（用 await asyncio.to_thread(…)），也不要吞掉 CancelledError",
            fix_en="call nothing that blocks in an async def (await asyncio.to_thread(…)); let CancelledError pass",
        )


def handler_in_thread(name: str) -> list[str]:
    """The handlers that run in threads of this name now, as function, file and line."""
    frames = sys._current_frames()
    idents = [thread.ident for thread in threading.enumerate() if thread.name == name]
    found = []
    for ident in idents:
        frame, codes = frames.get(ident or 0), []
        while frame is not None:
            codes.append(frame.f_code)
            frame = frame.f_back
        found += _handler(reversed(codes))
    return found


def handlers_of(tasks: Iterable[asyncio.Task[Any]]) -> list[str]:
    """The handlers that these tasks wait in."""
    return [name for task in tasks for name in _handler(_awaited(task.get_coro()))]


def _awaited(coroutine: Any) -> Iterator[CodeType]:
    """The code of a coroutine and of those that it waits for, from the outside."""
    while coroutine is not None:
        code = getattr(coroutine, "cr_code", None)
        if code is not None:
            yield code
        coroutine = getattr(coroutine, "cr_await", None)


def _handler(codes: Iterable[CodeType]) -> list[str]:
    """The first function of others that was called by the dispatcher."""
    dispatched = False
    for code in codes:
        if code.co_filename == dispatch.__file__:
            dispatched = True
        elif dispatched and not code.co_filename.startswith(PACKAGE):
            return [f"{code.co_qualname} ({code.co_filename}:{code.co_firstlineno})"]
    return []
