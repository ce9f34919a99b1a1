"""The two ways to carry out steps: by blocking and by awaiting.

Whatever interrupts a step (an error, a cancelled task) is thrown into the rules, which tidy up and let it
pass.
"""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

from .steps import Ask, Pause, Send, Step, Steps, Wait
from .transport import AsyncTransport, Transport

R = TypeVar("R")


def drive(steps: Steps[R], transport: Transport) -> R:
    """Carry out steps in this thread."""
    try:
        step = next(steps)
        while True:
            try:
                result = _carry(step, transport)
            except BaseException as error:
                step = steps.throw(error)
            else:
                step = steps.send(result)
    except StopIteration as done:
        value: R = done.value
        return value


async def drive_awaiting(steps: Steps[R], transport: AsyncTransport) -> R:
    """Carry out steps in this task, leaving the event loop free."""
    try:
        step = next(steps)
        while True:
            try:
                result = await _carry_awaiting(step, transport)
            except BaseException as error:
                step = steps.throw(error)
            else:
                step = steps.send(result)
    except StopIteration as done:
        value: R = done.value
        return value


def _carry(step: Step, transport: Transport) -> Any:
    match step:
        case Send(request):
            return transport.send(request)
        case Pause(seconds):
            return time.sleep(seconds)
        case Ask(question, _):
            return question()
        case Wait(done, thread, patience_s):
            if thread == threading.get_ident():
                return done.done()
            with suppress(TimeoutError):
                done.result(patience_s)
            return done.done()


async def _carry_awaiting(step: Step, transport: AsyncTransport) -> Any:
    match step:
        case Send(request):
            return await transport.send(request)
        case Pause(seconds):
            return await asyncio.sleep(seconds)
        case Ask(question, threads):
            return await asyncio.get_running_loop().run_in_executor(threads, question)
        case Wait(done, _, patience_s):
            with suppress(TimeoutError):
                async with asyncio.timeout(patience_s):
                    await _settled(done)
            return done.done()


async def _settled(done: Future[None]) -> None:
    """Wait without chaining: a waiter that is cancelled must not cancel what the others wait for."""
    loop = asyncio.get_running_loop()
    noticed = asyncio.Event()

    def notice(_: Future[None]) -> None:
        with suppress(RuntimeError):  # the loop of a waiter may have been closed meanwhile
            loop.call_soon_threadsafe(noticed.set)

    done.add_done_callback(notice)
    await noticed.wait()
