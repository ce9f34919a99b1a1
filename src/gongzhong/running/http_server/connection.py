"""One connection: its phases, and what each event does to it.

    phase      meaning                                       ends after
    IDLE       open, no byte of the next request yet         head_s for a new one, idle_s after an answer
    HEAD       part of a head has arrived                    head_s
    BODY       the head is complete, the body is not         body_s
    ANSWERING  one request is with the application           answer_s
    FLUSHING   an answer waits for a peer that does not read write_s
    LINGERING  refused; the rest is read and thrown away     linger_s
    CLOSING    told to close, the last bytes are going out   write_s
    CLOSED     gone

    from       bytes arrive      request complete   answer written     peer ends   time is over    server is full
    IDLE       HEAD, BODY        ANSWERING, IDLE    –                  CLOSING     CLOSING         CLOSING
    HEAD       BODY              ANSWERING          –                  CLOSING     408, LINGERING  CLOSING
    BODY       –                 ANSWERING          –                  CLOSING     408, LINGERING  CLOSING
    ANSWERING  kept for later    waits its turn     IDLE, HEAD, BODY,  answers,    CLOSED          –
                                                    ANSWERING (next),  then
                                                    FLUSHING, CLOSING  CLOSING
    FLUSHING   –                 –                  as ANSWERING       CLOSING     CLOSED          CLOSED
    LINGERING  thrown away       –                  –                  CLOSING     CLOSED          CLOSED
    CLOSING    thrown away       –                  –                  CLOSED      CLOSED          CLOSED

A request that arrives in one piece and is answered at once leaves its connection IDLE: nobody can see what was between.
A peer that does not read what it was sent is in FLUSHING before it is in any phase that would send it more.
`TRANSITIONS` says the same for tests. Any phase goes to CLOSED when the transport is lost, and every phase but
ANSWERING goes to LINGERING when the reader refuses. Requests on one connection are answered in their order, one at a
time; what arrives meanwhile waits, up to a bound, and then the connection is not read.

An answer that is not written when its connection goes is dropped here; the application learns from `gone()`, which
it is given with each request, whether the peer could still be reached.
"""

from __future__ import annotations

import asyncio
import logging
import os
import select
import socket
import time
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from enum import Enum
from functools import lru_cache, partial
from types import CoroutineType
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, cast

from ...background import Brief, Postponed
from ...errors import say
from .reading import Part, Refusal, Request, RequestReader, timed_out

if TYPE_CHECKING:
    from .limits import Limits

log = logging.getLogger("gongzhong.http")

LOOK_AFTER_S = 1.0
"""An answer that took this long may find its peer gone without the event loop having noticed yet."""
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_OK = 200
_PHRASES = {
    _OK: "OK",
    400: "Bad Request",
    403: "Forbidden",
    405: "Method Not Allowed",
    413: "Content Too Large",
}


class Phase(Enum):
    """See the module's table."""

    IDLE = "idle"
    HEAD = "head"
    BODY = "body"
    ANSWERING = "answering"
    FLUSHING = "flushing"
    LINGERING = "lingering"
    CLOSING = "closing"
    CLOSED = "closed"


_I, _H, _B, _A, _F, _L, _C, _X = Phase
TRANSITIONS: dict[Phase, frozenset[Phase]] = {
    _I: frozenset({_H, _B, _A, _F, _L, _C, _X}),
    _H: frozenset({_B, _A, _F, _L, _C, _X}),
    _B: frozenset({_A, _F, _L, _C, _X}),
    _A: frozenset({_I, _H, _B, _A, _F, _L, _C, _X}),
    _F: frozenset({_I, _H, _B, _A, _L, _C, _X}),
    _L: frozenset({_C, _X}),
    _C: frozenset({_X}),
    _X: frozenset(),
}


class Answered(Protocol):
    """What the application answers with; `gongzhong.app.Answer` is one."""

    @property
    def status(self) -> int: ...
    @property
    def body(self) -> bytes: ...
    @property
    def content_type(self) -> str: ...
    def headers(self) -> list[tuple[str, str]]: ...


Begun: TypeAlias = Answered | Coroutine[Any, Any, Answered] | Postponed[Any]
"""See `server.Application.begin`."""


class Home(Protocol):
    """What a connection needs of its server."""

    limits: Limits
    now: float
    date: bytes
    stopping: bool
    access_log: bool
    """Whether to call `answered`."""
    measured: Callable[[float], None] | None
    """Is told how many seconds each answer took."""
    waiting: dict[Connection, None]
    """Connections without a request under way, the one that has waited longest first."""

    def opened(self, connection: Connection) -> bool: ...
    def closed(self, connection: Connection) -> None: ...
    def begin(self, request: Request, connection: Connection) -> Begun: ...
    def cut_off(self) -> None: ...
    def answered(self, request: Request, status: int, began: float) -> None: ...


class Connection(asyncio.Protocol):
    """The protocol of one accepted connection. Every method is called from the event loop's thread."""

    __slots__ = (
        "_answers_began",
        "_home",
        "_loop",
        "_peer_ended",
        "_reader",
        "_reading",
        "_refusal",
        "_request",
        "_requests",
        "_seen",
        "_task",
        "_thrown_away",
        "_transport",
        "_writable",
        "deadline",
        "phase",
    )

    def __init__(self, home: Home, loop: asyncio.AbstractEventLoop) -> None:
        self._home, self._loop = home, loop
        self._reader = RequestReader(home.limits, self._complete)
        self._requests: deque[Request] = deque()
        """Complete requests that wait for their turn."""
        self._request: Request | None = None
        """The one that is with the application."""
        self._refusal: Refusal | None = None
        """What goes out after the answers to `_requests`."""
        self._task: asyncio.Task[Answered] | None = None
        self._transport: asyncio.Transport | None = None
        self._reading = self._writable = True
        self._peer_ended = False
        self._thrown_away = 0
        self._answers_began = self._seen = 0.0
        self.phase = Phase.IDLE
        self.deadline = 0.0
        """On the server's clock."""

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if not self._home.opened(self):
            zh, en = "连接太多，请稍后再试", "too many connections, try again later"
            self._write_refusal(Refusal(503, "Service Unavailable", zh, en))
            self._close()
            return
        self.deadline = self._home.now + self._home.limits.head_s

    def data_received(self, data: bytes) -> None:
        phase, reader = self.phase, self._reader
        if phase is _I and self._writable:
            request = reader.whole(data)
            if request is not None:
                self._came_whole(request)
                return
        if reader.ended or self._refusal is not None or phase is Phase.LINGERING or phase is Phase.CLOSING:
            self._throw_away(len(data))
            return
        try:
            reader.feed(data)
        except Refusal as refusal:
            self._refusal = refusal
        if phase is not Phase.ANSWERING and phase is not Phase.FLUSHING:
            self._go_on()
        if len(self._requests) >= self._home.limits.pipelined:
            self._read(False)

    def eof_received(self) -> bool:
        """Keep the way back open for answers under way; a request that is not complete is dropped."""
        self._peer_ended = True
        if self.phase in (Phase.ANSWERING, Phase.FLUSHING) and not self._secured:
            return True
        self._close()
        return False

    def pause_writing(self) -> None:
        self._writable = False
        self._read(False)

    def resume_writing(self) -> None:
        self._writable = True
        if self.phase is Phase.FLUSHING:
            self._go_on()
        if len(self._requests) < self._home.limits.pipelined:
            self._read(True)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.phase is Phase.ANSWERING:
            self._home.cut_off()
        self._enter(Phase.CLOSED)
        self._requests.clear()
        self._home.closed(self)
        self._transport = None

    # What the server calls.

    def overdue(self) -> None:
        """The deadline has passed."""
        if self.phase is Phase.HEAD or self.phase is Phase.BODY:
            self._refusal = timed_out()
            self._go_on()
        elif self.phase is Phase.IDLE:
            self._close()
        else:
            if self.phase is Phase.ANSWERING:
                allowed_s = self._home.limits.answer_s
                log.error(say("%g 秒没有答复，连接已关闭", "no answer in %g s, connection closed"), allowed_s)
            self.abort()

    @property
    def arriving(self) -> bool:
        """Whether a request is expected now: part of it has come, or the connection is new and none has come yet."""
        if self.phase is Phase.IDLE:
            return self._answers_began == 0.0
        return self.phase is Phase.HEAD or self.phase is Phase.BODY

    def give_way(self) -> None:
        """Close for the sake of a new connection, or because the server stops: no request is under way."""
        if self.phase in (Phase.IDLE, Phase.HEAD, Phase.BODY):
            self._close()
        else:
            self.abort()

    def abort(self) -> None:
        """Close at once, whatever was not sent."""
        if self._transport is not None:
            self._transport.abort()

    # What the application sees.

    def gone(self) -> bool:
        """Whether the peer has closed or half-closed the connection, as far as this machine can know by now."""
        transport = self._transport
        if self._peer_ended or transport is None or transport.is_closing():
            return True
        return time.monotonic() - self._answers_began > LOOK_AFTER_S and _hung_up(transport)

    # One step after the other.

    @property
    def _secured(self) -> bool:
        return self._transport is not None and self._transport.get_extra_info("sslcontext") is not None

    def _complete(self, request: Request) -> None:
        self._requests.append(request)

    def _came_whole(self, request: Request) -> None:
        """Answer a request that came in one piece. Mostly that is done at once, and the connection stays IDLE."""
        home = self._home
        if not self._ask(request):
            self.phase = _A
            home.waiting.pop(self, None)
            self.deadline = home.now + home.limits.answer_s
        elif self._refusal is not None or not self._writable:
            self._go_on()
        elif self.phase is _I:
            deadline = home.now + home.limits.idle_s
            if deadline != self.deadline:  # the server's clock goes on by ticks: within one the order stays
                self.deadline = deadline
                home.waiting.pop(self, None)
                home.waiting[self] = None

    def _go_on(self) -> None:
        """Begin the requests whose turn has come; when there are none, wait for the next or end."""
        requests = self._requests
        while self._writable:
            if requests:
                if not self._begin(requests.popleft()):
                    return
                if self.phase is Phase.CLOSING:
                    return
            elif self._refusal is not None:
                self._linger(self._refusal)
                return
            elif self._peer_ended or self._reader.ended:
                self._close()
                return
            else:
                self._wait()
                return
        self._enter(Phase.FLUSHING)

    def _wait(self) -> None:
        """Be in the phase that fits what the reader expects next."""
        part = self._reader.part
        if part is Part.START:
            if self._home.stopping and self.phase is not Phase.IDLE:
                self._close()
                return
            self._enter(Phase.IDLE)
        elif part is Part.HEAD:
            self._enter(Phase.HEAD)
        else:
            self._enter(Phase.BODY)
            if self._reader.expects and self._transport is not None:
                self._reader.expects = False
                self._transport.write(CONTINUE)
        if not self._reading and self._writable:
            self._read(True)

    def _begin(self, request: Request) -> bool:
        """Begin with a request whose turn has come; True when it is answered already."""
        home = self._home
        if self.phase is not _A:
            self.phase = _A
            home.waiting.pop(self, None)
        self.deadline = home.now + home.limits.answer_s
        return self._ask(request)

    def _ask(self, request: Request) -> bool:
        """Give a request to the application; True when it is answered already."""
        self._request, self._answers_began = request, time.monotonic()
        try:
            answer: Any = self._home.begin(request, self)
        except Exception:
            self._fail()
            return True
        if type(answer) is CoroutineType:
            return self._step(answer)
        if isinstance(answer, Postponed):
            answer.add_done_callback(self._postponed_until_now)
            return False
        self._answer(answer)
        return True

    def _postponed_until_now(self, postponed: Postponed[Any]) -> None:
        """Go on with an answer that could not be begun before."""
        try:
            answer = postponed.go_on()
        except Exception:
            self._fail()
        else:
            if type(answer) is CoroutineType:
                if not self._step(answer):
                    return
            else:
                self._answer(answer)
        if self.phase is not Phase.CLOSED:
            self._go_on()

    def _step(self, answering: Coroutine[Any, Any, Answered]) -> bool:
        """Run the application without a task until it waits for something; most answers need one turn of the loop."""
        try:
            awaited = answering.send(None)
        except StopIteration as done:
            self._answer(done.value)
            return True
        except Exception:
            self._fail()
            return True
        if awaited is None:
            self._loop.call_soon(self._step_again, answering)
        elif type(awaited) is Brief:
            awaited._asyncio_future_blocking = False  # what a task does before it waits
            awaited.add_done_callback(partial(self._step_after, answering))
        else:
            self._task = self._loop.create_task(_resumed(answering, awaited))
            self._task.add_done_callback(self._finished)
        return False

    def _step_after(self, answering: Coroutine[Any, Any, Answered], awaited: Brief[Any]) -> None:
        """Go on after a future; the coroutine takes its result, or its exception, by itself."""
        self._step_again(answering)

    def _step_again(self, answering: Coroutine[Any, Any, Answered]) -> None:
        if self._step(answering) and self.phase is not Phase.CLOSED:
            self._go_on()

    def _finished(self, task: asyncio.Task[Answered]) -> None:
        self._task = None
        if task.cancelled():
            self._requests.clear()
            self._refusal = Refusal(503, "Service Unavailable", "服务正在停止", "the server is stopping")
        elif task.exception() is None:
            self._answer(task.result())
        else:
            self._fail(task.exception())
        if self.phase is not Phase.CLOSED:
            self._go_on()

    def _fail(self, problem: BaseException | None = None) -> None:
        """Answer for an application that raised, which an OfficialAccount never does."""
        log.error(say("应用出错", "the application failed"), exc_info=problem or True)
        self._requests.clear()
        self._refusal = Refusal(500, "Internal Server Error", "应用出错", "the application failed")

    def _answer(self, answer: Answered) -> None:
        request, self._request = self._request, None
        transport, home = self._transport, self._home
        if request is None or transport is None:
            return
        last = not request.keep_alive or (
            (self._peer_ended or home.stopping) and not self._requests and self._refusal is None
        )
        how_on = b"connection: close\r\n" if last else b"connection: keep-alive\r\n" if request.old else b""
        if answer.status == _OK and request.method != "HEAD":  # nearly always
            body = answer.body
            transport.write(
                b"%b%d\r\n%b%b%b" % (_head(answer.content_type), len(body), how_on, home.date, body)
            )
        else:
            body = b"" if request.method == "HEAD" else answer.body
            transport.write(b"".join((_status_and_fields(answer), how_on, home.date, body)))
        if home.measured is not None:
            home.measured(time.monotonic() - self._answers_began)
        if home.access_log:
            home.answered(request, answer.status, self._answers_began)
        if last:
            self._close()

    def _linger(self, refusal: Refusal) -> None:
        """Send a refusal, then read until the peer has taken it: closing at once could destroy it on its way."""
        self._write_refusal(refusal)
        transport = self._transport
        if transport is None or self._secured or self._peer_ended or not transport.can_write_eof():
            self._close()
            return
        self._enter(Phase.LINGERING)
        transport.write_eof()
        self._read(True)

    def _write_refusal(self, refusal: Refusal) -> None:
        reason = say(refusal.zh, refusal.en)
        body = f"{reason}\n".encode()
        head = (
            f"HTTP/1.1 {refusal.status} {refusal.phrase}\r\ncontent-type: text/plain; charset=utf-8\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n"
        )
        log.info(
            say("拒绝了一个请求（%d）：%s", "refused a request (%d): %s"),
            refusal.status,
            say(refusal.zh, refusal.en),
        )
        if self._transport is not None:
            self._transport.write(head.encode() + self._home.date + body)

    def _throw_away(self, count: int) -> None:
        self._thrown_away += count
        if self._thrown_away > self._home.limits.linger:
            self.abort()

    def _close(self) -> None:
        if self.phase is not Phase.CLOSED:
            self._enter(Phase.CLOSING)
        if self._transport is not None:
            self._transport.close()

    def _read(self, wanted: bool) -> None:
        """Let the event loop read from the connection, or not."""
        transport = self._transport
        if transport is None or transport.is_closing() or wanted == self._reading:
            return
        self._reading = wanted
        if wanted:
            transport.resume_reading()
        else:
            transport.pause_reading()

    def _enter(self, phase: Phase) -> None:
        """Change to a phase in which no request is with the application, with the deadline that belongs to it."""
        before = self.phase
        if before is phase:
            return
        self.phase = phase
        home = self._home
        if before is Phase.ANSWERING:
            home.waiting[self] = None
        limits = home.limits
        self.deadline = home.now + (limits.idle_s if phase is Phase.IDLE else _patience(phase, limits))


def _patience(phase: Phase, limits: Limits) -> float:
    """How long a phase other than IDLE and ANSWERING may last, in seconds."""
    if phase is Phase.HEAD:
        return limits.head_s
    if phase is Phase.BODY:
        return limits.body_s
    return limits.linger_s if phase is Phase.LINGERING else limits.write_s


@lru_cache(maxsize=16)
def _head(content_type: str) -> bytes:
    """The head of an answer of status 200 up to its length."""
    return f"HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ncontent-length: ".encode("latin-1")


def _status_and_fields(answer: Answered) -> bytes:
    phrase = _PHRASES.get(answer.status, "Answer")
    fields = "".join(f"{name}: {value}\r\n" for name, value in answer.headers())
    return f"HTTP/1.1 {answer.status} {phrase}\r\n{fields}".encode("latin-1")


def _hung_up(transport: asyncio.Transport) -> bool:
    """Whether the peer has ended its side although the event loop has not said so yet."""
    peer = transport.get_extra_info("socket")
    if peer is None:
        return False
    watch = select.poll()
    watch.register(peer.fileno(), select.POLLIN)
    for _, events in watch.poll(0):
        if events & (select.POLLHUP | select.POLLERR):
            return True
        with socket.socket(fileno=os.dup(peer.fileno())) as copy:
            try:
                return copy.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
            except BlockingIOError:
                return False
            except OSError:
                return True
    return False


async def _resumed(answering: Coroutine[Any, Any, Answered], awaited: Any) -> Answered:
    """The rest of a coroutine that has begun and waits for the future `awaited`, for a task to run."""
    return await _Begun(answering, awaited)


class _Begun:
    """Awaiting this goes on with a coroutine where its first steps left it."""

    def __init__(self, answering: Coroutine[Any, Any, Answered], awaited: Any) -> None:
        self._answering, self._awaited = answering, awaited

    def __await__(self) -> Generator[Any, Any, Answered]:
        answering, awaited = self._answering, self._awaited
        try:
            while True:
                try:
                    sent = yield awaited
                except Exception as problem:
                    awaited = answering.throw(problem)
                except asyncio.CancelledError as cancelled:
                    awaited = answering.throw(cancelled)
                else:
                    awaited = answering.send(sent)
        except StopIteration as done:
            return cast(Answered, done.value)
        finally:
            answering.close()
