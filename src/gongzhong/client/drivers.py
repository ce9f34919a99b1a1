"""The steps that the rules of a call are made of, and the two drivers that carry them out: blocking and awaiting.

The rules (`flow.py`, `tokens.py`) are generators that yield one of these steps and are given its result; a test
can be a third driver that only writes them down.

Whatever interrupts a step (an error, a cancelled task) is thrown into the generator, which
releases what it holds and raises it again.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Generator
from concurrent.futures import Executor, Future
from contextlib import suppress
from typing import Any, TypeAlias, TypeVar

import msgspec

from .transport import AsyncTransport, Transport, WireRequest

R = TypeVar("R")


class Send(msgspec.Struct, frozen=True):
    """Send a request. The result is a `WireReply`; a `TransportError` is thrown into the generator."""

    request: WireRequest


class Pause(msgspec.Struct, frozen=True):
    """Wait so many seconds."""

    seconds: float


class Wait(msgspec.Struct, frozen=True):
    """Wait for another caller's fetch; the result is False when it did not end within `timeout_s`.

    `thread` is the thread that fetches: a blocking driver in that thread would wait for ever, so it
    does not start.
    """

    done: Future[None]
    thread: int
    timeout_s: float


class Ask(msgspec.Struct, frozen=True):
    """Call a function that may wait for a disk or a network; the result is what it returns.

    An awaiting driver calls it in a thread of `threads`.
    """

    question: Callable[[], Any]
    threads: Executor | None = None


Step: TypeAlias = Send | Pause | Wait | Ask
Steps: TypeAlias = Generator[Step, Any, R]


def drive(steps: Steps[R], transport: Transport) -> R:
    """Carry out the steps of a generator in this thread; returns its result."""
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
    """Carry out the steps of a generator in this task without blocking the event loop; returns its result."""
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
        case Wait(done, thread, timeout_s):
            if thread == threading.get_ident():
                return done.done()
            with suppress(TimeoutError):
                done.result(timeout_s)
            return done.done()


async def _carry_awaiting(step: Step, transport: AsyncTransport) -> Any:
    match step:
        case Send(request):
            return await transport.send(request)
        case Pause(seconds):
            return await asyncio.sleep(seconds)
        case Ask(question, threads):
            return await asyncio.get_running_loop().run_in_executor(threads, question)
        case Wait(done, _, timeout_s):
            with suppress(TimeoutError):
                async with asyncio.timeout(timeout_s):
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
