"""From a push to its replies: middleware, dialogue, router, arguments, handler.

`begin` gives the first result, which may become the passive reply, and what an async generator still has to say. It
knows nothing of deadlines or connections.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import AbstractContextManager, AsyncExitStack, aclosing, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from ..client.cause import PUSH
from ..errors import HandlerError, SetupError, say
from ..messages import Push, Reply, TextReply
from ..tracing import Tracing
from .arguments import CALL_NEXT, DIALOGUE, Handler, Invocation, Style, as_handler, described
from .dialogues import Decision, DialogueState, Outcome, decide, place_after
from .results import Move, Result, as_reply
from .sessions import Session

if TYPE_CHECKING:
    from .binding import Binding

log = logging.getLogger("gongzhong.app")

CallNext: TypeAlias = Callable[[Push], Awaitable[Reply | None]]
"""What middleware calls to go on: the next middleware or the handler. Gives the first reply."""

Middleware: TypeAlias = Callable[..., Awaitable[Result]]
"""`async def` with `call_next` among its parameters; the others are those of handlers."""

Stream: TypeAlias = AsyncGenerator[Reply | None, None]
Later: TypeAlias = Coroutine[Any, Any, tuple[Reply | None, Stream | None]]
"""Gives the first reply, and the stream of those that follow."""
END = object()
NOT_OBSERVED: AbstractContextManager[object] = nullcontext()

RUNNING: contextvars.ContextVar[Binding | None] = contextvars.ContextVar("gongzhong.running", default=None)
"""The account at work whose handler runs here; what it starts (tasks, threads of its own `def`) belongs to it, too."""


def as_middleware(function: Callable[..., Any]) -> Handler:
    """Check a function that is to stand around the handlers. Raises SetupError."""
    middleware = as_handler(function, also=(CALL_NEXT,))
    name = described(function)
    if middleware.style is not Style.ASYNC:
        raise SetupError(
            f"中间件 {name} 必须是 async def（没有 yield）：它要 await call_next(…)",
            f"the middleware {name} must be `async def` without yield: it awaits call_next(…)",
            fix_zh="写成 async def；其中会阻塞的部分用 await asyncio.to_thread(…)",
            fix_en="write it as async def, and what blocks in it as await asyncio.to_thread(…)",
        )
    if CALL_NEXT not in middleware.parameters:
        raise SetupError(
            f"中间件 {name} 没有参数 call_next，处理函数永远不会被调用",
            f"the middleware {name} has no parameter call_next, so no handler would ever be called",
            fix_zh="写成 async def …(push, call_next)；想自己回答时不调用它就行",
            fix_en="write async def …(push, call_next); to answer yourself, just do not call it",
        )
    return middleware


class Observer(Protocol):
    """Is told of every handler that runs, such as to measure its time; see `Binding.observer`."""

    def handling(self, handler: Handler, push: Push) -> AbstractContextManager[object]:
        """Entered when the handler begins, left when it ends or raises."""
        ...


class Dispatcher:
    """Runs the handlers for one account."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def begin(self, push: Push) -> Reply | Later | None:
        """The whole answer to a push whose handler cannot wait: it is called here and now, in a context of its own,
        without a task. For any other push a coroutine, to be run as a task; so is what remains of a dialogue's move.

        Raises what the handler raises.
        """
        binding = self._binding
        app = binding.app
        if app.around or app.dialogues() or binding.duties.follow(push):
            return self._run(push)
        found = app.find(push)
        if found is None:
            binding.counters["unhandled"] += 1
            return None
        handler, groups = found
        if handler.waits:
            return self._run(push)
        try:
            with _observed(binding, handler, push):
                result = contextvars.copy_context().run(_call, binding, handler, push, groups)
        except BaseException as problem:
            name_handler(handler, problem)
            raise
        if type(result) is str and result:  # as nearly every handler answers
            return TextReply(content=result)
        if isinstance(result, Move):
            return self._moved(result, Invocation(binding, push, handler, groups))
        return as_reply(result, push, handler)

    async def _moved(self, move: Move, invocation: Invocation) -> tuple[Reply | None, Stream | None]:
        return await Run(self._binding).settled(move, invocation), None

    async def _run(self, push: Push) -> tuple[Reply | None, Stream | None]:
        """The first reply to a push, and the replies that follow it. Raises what the handler raises."""
        RUNNING.set(self._binding)
        PUSH.set(push)
        run = Run(self._binding)
        try:
            reply = await run.step(0, push)
        except BaseException:
            if run.stream is not None:
                await run.stream.aclose()
            raise
        finally:
            if self._binding.duties.follow(push):
                await self._binding.duties.after(push)
        return reply, run.stream


class Run:
    """One push on its way through middleware, dialogue and routes."""

    def __init__(self, binding: Binding) -> None:
        self._binding, self._app = binding, binding.app
        self.stream: Stream | None = None

    async def step(self, number: int, push: Push) -> Reply | None:
        """The middleware of this number and all that it stands around."""
        if number == len(self._app.around):
            return await self.handle(push)
        middleware = self._app.around[number]
        if not middleware.takes(type(push)):
            return await self.step(number + 1, push)

        async def call_next(push: Push) -> Reply | None:
            return await self.step(number + 1, push)

        return await self._run(Invocation(self._binding, push, middleware, {CALL_NEXT: call_next}))

    async def handle(self, push: Push) -> Reply | None:
        """The handler's first reply, past all middleware."""
        dialogues = self._app.dialogues()
        if not dialogues:
            return await self._route(push)
        async with AsyncExitStack() as held:
            session = await held.enter_async_context(self._binding.sessions.borrow(push.openid))
            await held.enter_async_context(session.turn)
            decision = decide(session.place, dialogues, push, self._binding.clock.now())
            if decision.outcome is Outcome.STEP:
                return await self._dialogue_step(decision, session, push, held)
            if decision.outcome is not Outcome.GENERAL:
                session.place = None
        return await self._outside(decision, push)

    async def _outside(self, decision: Decision, push: Push) -> Reply | None:
        """The answer to a push that no step of a dialogue took."""
        dialogue = decision.dialogue
        if decision.outcome is Outcome.CANCELLED and dialogue is not None:
            return as_reply(dialogue.cancel_text, push, dialogue)
        if decision.outcome is Outcome.UNKNOWN:
            log.warning(
                say("对话或步骤已不存在，按没有对话处理", "a dialogue or step no longer exists and is left")
            )
        reply = await self._route(push)
        if decision.outcome is Outcome.TIMED_OUT and dialogue is not None and dialogue.timeout_text:
            return self._preceded(dialogue.timeout_text, reply)
        return reply

    def _preceded(self, notice: str, reply: Reply | None) -> Reply:
        """Both for the person: as one text where that is possible, else one after the other."""
        if reply is None or isinstance(reply, TextReply):
            return TextReply(content=notice if reply is None else f"{notice}\n\n{reply.content}")
        self.stream = _after(reply, self.stream)
        return TextReply(content=notice)

    async def _dialogue_step(
        self, decision: Decision, session: Session, push: Push, held: AsyncExitStack
    ) -> Reply | None:
        assert decision.dialogue is not None and decision.handler is not None and session.place is not None
        state = DialogueState(decision.dialogue, session.place.step, session.place.data)
        given = {**decision.groups, DIALOGUE: state}
        invocation = Invocation(self._binding, push, decision.handler, given, session)
        if decision.handler.style is Style.STREAM:
            self.stream = self._streamed(invocation, held.pop_all(), state)
            return await anext(self.stream, None)
        return await self.settled(await self._result(invocation), invocation, state)

    async def _route(self, push: Push) -> Reply | None:
        found = self._app.find(push)
        if found is None:
            self._binding.counters["unhandled"] += 1
            return None
        handler, groups = found
        invocation = Invocation(self._binding, push, handler, groups)
        if handler.style is Style.STREAM:
            self.stream = self._streamed(invocation, AsyncExitStack())
            return await anext(self.stream, None)
        return await self._run(invocation)

    async def _run(self, invocation: Invocation) -> Reply | None:
        if not invocation.handler.wants_session:
            return await self.settled(await self._result(invocation), invocation)
        async with self._binding.sessions.borrow(invocation.push.openid) as invocation.session:
            return await self.settled(await self._result(invocation), invocation)

    async def _streamed(
        self, invocation: Invocation, held: AsyncExitStack, state: DialogueState | None = None
    ) -> Stream:
        async with held:
            if invocation.session is None and invocation.handler.wants_session:
                invocation.session = await held.enter_async_context(
                    self._binding.sessions.borrow(invocation.push.openid)
                )
            moved = False
            held.enter_context(_observed(self._binding, invocation.handler, invocation.push))
            async with aclosing(invocation.handler.function(**invocation.arguments())) as results:
                while True:
                    with Naming(invocation.handler):
                        result = await anext(results, END)
                    if result is END:
                        break
                    moved = moved or isinstance(result, Move)
                    yield await self.settled(result, invocation)
            if state is not None and not moved:
                await self.settled(state.stay(), invocation)

    async def settled(
        self, result: Any, invocation: Invocation, state: DialogueState | None = None
    ) -> Reply | None:
        """The reply that a result means, and the person's new place in a dialogue. `state`: of the step it is from."""
        reply = as_reply(result, invocation.push, invocation.handler)
        move = result if isinstance(result, Move) else None if state is None else state.stay()
        if move is None:
            return reply
        place = place_after(move, self._binding.clock.now())
        if invocation.session is not None:
            invocation.session.place = place
            return reply
        async with self._binding.sessions.borrow(invocation.push.openid) as session:
            session.place = place
        return reply

    async def _result(self, invocation: Invocation) -> Any:
        handler = invocation.handler
        with Naming(handler), _observed(self._binding, handler, invocation.push):
            arguments = invocation.arguments()
            if handler.style is Style.ASYNC:
                return await handler.function(**arguments)
            return await self._in_thread(handler.function, arguments)

    async def _in_thread(self, function: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
        context = contextvars.copy_context()
        ended: list[BaseException] = []

        def call() -> Any:
            try:
                return context.run(function, **arguments)
            except Exception:
                raise
            except BaseException as problem:
                # A future and those who await it would take it for their own end.
                ended.append(problem)
                return None

        result = await asyncio.get_running_loop().run_in_executor(self._binding.threads, call)
        if ended:
            raise ended[0]
        return await result if inspect.isawaitable(result) else result


def _observed(binding: Binding, handler: Handler, push: Push) -> AbstractContextManager[object]:
    observer, tracing = binding.observer, binding.tracing
    if tracing is not None:
        return _traced(binding, tracing, handler, push)
    return NOT_OBSERVED if observer is None else observer.handling(handler, push)


@contextmanager
def _traced(binding: Binding, tracing: Tracing, handler: Handler, push: Push) -> Iterator[None]:
    """Both the observer and a span."""
    name = getattr(handler.function, "__qualname__", None) or type(handler.function).__qualname__
    observed = NOT_OBSERVED if binding.observer is None else binding.observer.handling(handler, push)
    with observed, tracing.handler(name, type(push).__name__, binding.account.appid):
        yield


def _call(binding: Binding, handler: Handler, push: Push, groups: Mapping[str, Any]) -> Any:
    """The result of a handler that cannot wait."""
    RUNNING.set(binding)
    PUSH.set(push)
    if handler.wants_push_only:
        running = handler.function(**dict.fromkeys(handler.parameters, push))
    else:
        running = handler.function(**Invocation(binding, push, handler, groups).arguments())
    try:
        running.send(None)
    except StopIteration as done:
        return done.value
    running.close()
    raise RuntimeError(f"{handler.name} waits although its code awaits nothing")


def name_handler(handler: Handler, problem: BaseException) -> None:
    """Note on an exception which handler it came from, and make an error of what would end the whole program.

    Raises HandlerError for `sys.exit()`, KeyboardInterrupt and GeneratorExit of a handler, and for a CancelledError
    that nobody asked for. A cancellation from outside passes.
    """
    name = handler.name
    if isinstance(problem, Exception):
        problem.add_note(f"handler: {name}")
        return
    if asyncio._get_running_loop() is None:  # collected after the end of its loop: nobody waits for it
        return
    task = asyncio.current_task()
    if isinstance(problem, asyncio.CancelledError) and (task is None or task.cancelling()):
        return
    ended = type(problem).__name__
    raise HandlerError(
        f"处理函数 {name} 以 {ended} 结束", f"the handler {name} ended with {ended}"
    ) from problem


class Naming:
    """`name_handler` for what is raised inside `with`."""

    __slots__ = ("_handler",)

    def __init__(self, handler: Handler) -> None:
        self._handler = handler

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, kind: object, problem: BaseException | None, traceback: object) -> None:
        if problem is not None:
            name_handler(self._handler, problem)


async def _after(first: Reply, rest: Stream | None) -> Stream:
    yield first
    if rest is not None:
        async with aclosing(rest):
            async for reply in rest:
                yield reply
