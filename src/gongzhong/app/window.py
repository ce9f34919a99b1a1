"""The reply window: handlers without a deadline, although WeChat waits five seconds.

`claims.py` decides what happens to a push; here are the connections, tasks and timers that carry it out. A handler runs
as a task of its own, once, whatever happens to a connection. Its answer goes out exactly one way: on an open
connection, as customer-service messages, or, when neither is left, as the reply to the person's next message.

A message that only fetches (the word that the placeholder asks for) starts no handler while something waits or is
promised: it is answered with what waits, or told that the answer is not ready yet. Any other message is handled as
usual, and what waits stands before its reply.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Coroutine, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from msgspec.structs import replace

from ..background import cancelled_from_outside, eagerly, next_turn
from ..errors import say
from ..messages import Push, Reply, Text, articles_allowed
from .answer import Gone, NotAccepted, Seal, has_gone
from .claims import (
    Again,
    Answer,
    Claim,
    ConnectionClosed,
    Delivered,
    Ended,
    Event,
    Expect,
    Failed,
    FirstResult,
    HandedOff,
    HandOver,
    LaterResult,
    OwnerLost,
    Phase,
    Placeholder,
    Record,
    Release,
    Rescue,
    SendNext,
    Start,
    Tick,
    Untaken,
    Wait,
    Wake,
    decide,
)
from .dispatch import Dispatcher, Later
from .holds import Holds
from .late import Elsewhere
from .outbox import Reason, Undelivered, about
from .pieces import MOST_ANSWER_BYTES, TooLong, checked, fits, size
from .runs import SUCCESS, Run
from .sender import Sender

if TYPE_CHECKING:
    from .binding import Binding
    from .inbox import KeptPush
    from .shared_window import SharedWindow

log = logging.getLogger("gongzhong.app")

OfDelivery: TypeAlias = Wait | Answer | Again | Release | Placeholder | HandOver
"""What the first act for a `Tick` may be: it is about the delivery that asked."""

OUTCOMES = {Answer: "passive", Again: "joined", Placeholder: "placeholder", HandOver: "handed_over"}
RESCUE_S = 10.0
"""How long a finished answer waits for a further delivery to take it."""
LOOP_ENDS_S = 0.5
"""After a cancellation of unknown origin: a loop that still runs then is not ending."""
LAST_SENDING_S = 3.0
"""How long a stop lets what was cut off still be sent."""


class ReplyWindow:
    """Takes each delivery through its window. Used from one event loop."""

    def __init__(self, binding: Binding) -> None:
        app, self._clock, self._counters = binding.app, binding.clock, binding.counters
        self._rules, self._failure, self._fetch_words = app.rules, app.failure, app.fetch_words
        self._permission, self._allowance = binding.permission, binding.allowance
        self._outbox, self._dispatcher, self._sender = binding.outbox, Dispatcher(binding), Sender(binding)
        self._claims, self._tracing = binding.claims, binding.tracing
        self._tasks: set[asyncio.Task[None]] = set()
        self._holds = Holds()
        self.shared: SharedWindow | None = None
        """What keeps accepted messages for other processes; None: this process is alone."""
        self.cut: set[str] = set()
        """Claims that a stop cut off and that another process begins anew."""
        self.elsewhere = Elsewhere(self._claims)
        binding.permission.when_known = self._wake_all

    def _wake_all(self) -> None:
        """Let every delivery that waits look again: what the account may do has become known."""
        for run in self._claims.runs():
            run.wake()

    def begin(
        self,
        push: Push,
        seal: Seal,
        key: str,
        gone: Gone | None = None,
        since: float | None = None,
        loop: asyncio.AbstractEventLoop | None = None,
    ) -> bytes | Coroutine[Any, Any, bytes]:
        """Answer one delivery of a push, known as `key`: the body for WeChat, or a coroutine that waits for it, which
        has to be awaited at once. `since` is when WeChat's request came, in the loop's seconds; None: just now. `loop`
        is the one that is running, if the caller knows it."""
        claims = self._claims
        if claims.knows(key):
            joined = self._joined(key, seal, gone, since)
            if joined is not None:
                return joined
        loop = loop or asyncio.get_running_loop()
        began, fetches = time.monotonic(), self._fetches(push)
        self._allowance.opened(push, self._clock.now())
        first = None if fetches else self._first(key, push)
        whole = not fetches and key not in self.elsewhere.early
        if whole and fits(first) and (first is None or push.answerable):
            body = self._at_once(push, first, seal)
            late = time.monotonic() >= began + self._rules.patience_s
            if body is not None and not (late or (gone and gone())):
                if first is not None:
                    self._counters["passive"] += 1
                claims.keep(key, body, loop.time())
                return body
        run = self._begin(key, push, loop, fetches, first)
        return self._finish(run, since or loop.time(), seal, gone)

    def _joined(
        self, key: str, seal: Seal, gone: Gone | None, since: float | None
    ) -> bytes | Coroutine[Any, Any, bytes] | None:
        """What answers one more delivery of a push; None for one whose handler was cut off: it begins anew."""
        answered = self._claims.answered(key)
        if answered is not None:
            self._counters["joined"] += 1
            return answered
        run = self._claims.find(key)
        if run is None:
            return None
        self._counters["joined"] += 1
        self._apply(run, Delivered())
        return self._finish(run, since or run.loop.time(), seal, gone)

    def _first(self, key: str, push: Push) -> Reply | Later | None:
        """What the handler says at once, or the coroutine that runs it."""
        self.elsewhere.beginning = key
        try:
            return self._dispatcher.begin(push)
        except BaseException:  # whatever a handler raises is its failure
            return self._failed(push)
        finally:
            self.elsewhere.beginning = ""

    def _at_once(self, push: Push, reply: Reply | None, seal: Seal) -> bytes | None:
        """The body for a reply that is the whole answer; None if something stands before it or it cannot be written."""
        if self._outbox.find(push.openid) is not None:
            return None
        try:
            return SUCCESS if reply is None else seal(reply)
        except Exception:
            return None

    async def _finish(self, run: Run, began: float, seal: Seal, gone: Gone | None) -> bytes:
        """Wait for the body of one delivery; `began` in the loop's seconds."""
        loop, number, sure = run.loop, run.claim.deliveries, False
        try:
            body = await self._answer(run, number, began, seal, gone)
            if body is None:
                if self.shared is not None:  # deliveries of several processes may have come in another order
                    raise NotAccepted
                return SUCCESS
            sure = loop.time() < began + self._rules.patience_s and (gone is None or not gone())
            if sure and self.shared is not None:
                sure = await self.shared.handed(gone, body)
            return body
        finally:
            self._apply(run, ConnectionClosed(sure))
            if not sure and self.shared is not None:
                self.shared.keep_soon(run)
            self._claims.settle(run)

    def _begin(
        self,
        key: str,
        push: Push,
        loop: asyncio.AbstractEventLoop,
        fetches: bool,
        first: Reply | Later | None,
    ) -> Run:
        claim = Claim(
            key, push.openid, push.answerable, fetches, articles_allowed(push), first=fetches, ended=fetches
        )
        run = Run(claim, push, loop)
        run.first = first
        self._claims.begin(run)
        self._apply(run, Delivered())
        return run

    def _fetches(self, push: Push) -> bool:
        """Whether a message only asks for an answer that waits or was promised."""
        if not isinstance(push, Text) or push.content.strip() not in self._fetch_words:
            return False
        if self._outbox.waiting(push.openid) or self.elsewhere.expected.any(push.openid, self._clock.now()):
            return True
        return any(
            run.claim.promised and not run.claim.ended and run.claim.openid == push.openid
            for run in self._claims.runs()
        )

    async def _answer(
        self, run: Run, number: int, began: float, seal: Seal, gone: Gone | None
    ) -> bytes | None:
        """Wait until this delivery can be answered. None for a connection that nobody reads any more."""
        if not run.claim.first:
            await next_turn()  # many handlers have their answer after their first step
        waited = False
        while True:
            openid = run.push.openid
            older = bool(self._outbox.waiting(openid))
            lost = gone is not None and (waited or older) and await has_gone(gone)
            holds_left = await self._holds_left(run, began)
            if run.lost:
                raise NotAccepted
            # nothing may be said to the person between this look at what waits and the decision to take it
            act = self._look(run, number, began, self._outbox.waiting(openid), lost, holds_left)
            if isinstance(act, Wait):
                if waited and self.shared is not None:
                    self.shared.keep_slow(run, began)
                waited = True
                await self._wait(run, act.until)
            elif isinstance(act, Release):
                return None
            else:
                body = self._decided(run, act, seal)  # at once: what others decide meanwhile repeats it
                more = run.cut or run.lined or run.claim.replies or not run.claim.ended
                if self.shared is not None and more:
                    await self.shared.keep(run)
                return body

    def _decided(self, run: Run, act: Answer | Again | Placeholder | HandOver, seal: Seal) -> bytes:
        """The body of a delivery by what was decided about it."""
        if self._tracing is not None:
            self._tracing.outcome(OUTCOMES[type(act)])
        match act:
            case Answer():
                return self._replied(run, act, seal)
            case Again():
                return run.body or self._sealed(run, self._failure, seal)
            case Placeholder():
                self._counters["placeholder"] += 1
                run.body = self._sealed(run, self._rules.placeholder, seal)
                return run.body
            case HandOver():
                self._counters["handed_over"] += 1
                run.body = SUCCESS
                return SUCCESS

    def _look(
        self, run: Run, number: int, began: float, waiting: tuple[Reply, ...], gone: bool, holds_left: int
    ) -> OfDelivery:
        """Ask for the decision about one delivery; what it says for others is done at once."""
        now = run.loop.time()
        tick = Tick(number, began, now, self._permission.known, holds_left, waiting, gone)
        run.claim, acts = decide(run.claim, tick, self._rules)
        mine = cast(OfDelivery, acts[0])
        for act in acts[1:]:
            self._do(run, act)
        if isinstance(mine, Wait):
            if mine.ask:
                self._permission.ask_soon(run.claim.key)
            if mine.hold:
                self._counters["held"] += 1
                self._holds.take(now)
                holds_left -= 1
        if holds_left > 0 and self.shared is not None:
            self.shared.give_hold_back()
        return mine

    async def _holds_left(self, run: Run, began: float) -> int:
        """How often a connection may be held, once that matters; of the budget of all processes one is reserved."""
        if (
            run.loop.time() < began + self._rules.window_s
            or self._permission.known
            or not run.claim.answerable
        ):
            return 0
        return self._holds.left(run.loop.time()) if self.shared is None else await self.shared.holds.reserve()

    async def _wait(self, run: Run, until: float) -> None:
        """Wait until something happens to the claim, or to the line that it fetches from."""
        events = {run.when_changed()}
        if run.claim.fetches:
            events.add(self._outbox.line(run.push.openid).when_changed())
        left = max(0.0, until - run.loop.time())
        await asyncio.wait(events, timeout=left, return_when=asyncio.FIRST_COMPLETED)

    def _replied(self, run: Run, act: Answer, seal: Seal) -> bytes:
        if act.took:
            self._counters["late"] += len(self._outbox.waiting(run.push.openid))
            self._outbox.take(run.push.openid)
        if act.reply is not None and not act.placeholder:
            self._counters["passive"] += 1
        run.body = self._sealed(run, act.reply, seal)
        return run.body

    def _sealed(self, run: Run, reply: Reply | None, seal: Seal) -> bytes:
        """The body for a reply; one that cannot be written is the handler's failure, never the connection's."""
        if reply is None:
            return SUCCESS
        try:
            return seal(reply)
        except Exception:
            failure = self._failed(run.push)
            return SUCCESS if failure is None else seal(failure)

    def _apply(self, run: Run, event: Event) -> None:
        run.claim, acts = decide(run.claim, event, self._rules)
        for act in acts:
            self._do(run, act)

    def _do(self, run: Run, act: object) -> None:
        kind = type(act)  # compared in the order of how often each happens: this is on the way of every push
        if kind is Wake:
            run.wake()
        elif kind is Start:
            self._start(run)
        elif isinstance(act, SendNext):
            self._send(run, act.replies, act.ahead)
        elif kind is Rescue:
            if run.rescue is None:
                run.rescue = run.loop.call_later(RESCUE_S, self._untaken, run)
        elif kind is HandOver:
            run.body = SUCCESS
        elif isinstance(act, Record):
            self._record(run, act.reason, act.replies)
        elif kind is Expect:
            self.elsewhere.expected.add(run.push.openid, run.claim.key, self._clock.now())

    def _untaken(self, run: Run) -> None:
        run.rescue = None
        self._apply(run, Untaken())
        self._claims.settle(run)

    def _send(self, run: Run, replies: Sequence[Reply], ahead: bool) -> None:
        openid = run.push.openid
        line = self._outbox.line(openid)
        run.lined = True
        if self.shared is not None and not run.kept:
            self.shared.keep_soon(run)
        if not run.claim.ended:
            line.going.add(run.claim.key)
        self._outbox.keep(openid, replies, run.claim.key, ahead=ahead)
        self._wake_sender(openid)

    def _wake_sender(self, openid: str) -> None:
        if (task := self._sender.wake(openid)) is not None:
            self._keep(task)

    def _record(self, run: Run, reason: str, replies: Sequence[Reply]) -> None:
        self._counters[reason] += 1
        if reason == "not_answerable":
            log.warning(say("微信不显示对它的回复：%s", "WeChat shows no reply to this: %s"), about(run.push))
            return
        self._counters["undelivered"] += len(replies) or 1
        log.error(say("答复没有送达（%s）：%s", "answer not delivered (%s): %s"), reason, about(run.push))
        now = self._clock.now()
        for reply in replies or (None,):
            self._outbox.record(
                Undelivered(
                    openid=run.push.openid, reply=reply, reason=Reason(reason), since=now, key=run.claim.key
                )
            )

    # ---- the handler's side

    def _start(self, run: Run) -> None:
        first, run.first = run.first, None
        if isinstance(first, Coroutine):
            run.task = eagerly(self._work(run, first), run.loop)
            return
        try:
            self._said_first(run, self._checked(run, first), ended=True)
        except Exception:
            self._apply(run, Failed(self._failed(run.push)))
            self._no_more_elsewhere(run)

    def _said_first(self, run: Run, reply: Reply | None, *, ended: bool) -> None:
        """The handler's first result; without a reply the answer may come from elsewhere."""
        if reply is None and ended and run.claim.key in self.elsewhere.early:
            self._counters["handed_off"] += 1
            self._apply(run, HandedOff())
        else:
            self._apply(run, FirstResult(reply, ended))
        if ended:
            self._no_more_elsewhere(run)

    def _no_more_elsewhere(self, run: Run) -> None:
        """The handler has ended: what came from elsewhere meanwhile goes out now."""
        if came := self.elsewhere.early.pop(run.claim.key, None):
            self.come(run.push.openid, run.claim.key, came)

    def come(self, openid: str, key: str, replies: Sequence[Reply]) -> None:
        """Let an answer from elsewhere out: on an open delivery of its push, else by the person's line."""
        if key in self.elsewhere.early:
            self.elsewhere.early[key].extend(replies)
            return
        self._counters["elsewhere"] += len(replies)
        self.elsewhere.expected.came(openid, key)
        run = self._claims.find(key)
        if run is not None and run.claim.elsewhere and not run.claim.ended:
            first, *rest = replies
            self._apply(run, FirstResult(first, ended=not rest))
            for reply in rest:
                self._apply(run, LaterResult(reply))
            if rest:
                self._apply(run, Ended())
            self._claims.settle(run)
            return
        self._outbox.keep(openid, replies, key)
        self._wake_sender(openid)

    async def _work(self, run: Run, handling: Later) -> None:
        """Run the handler to its end. Whatever it raises is its failure: SystemExit and its own cancellation, too.

        Cancelled from outside, the loop is most likely ending: then `move` records it, and nothing may be begun here.
        """
        try:
            await self._handle(run, handling)
        except BaseException as problem:
            if run.cut or not run.loop.is_running():
                raise
            if isinstance(problem, asyncio.CancelledError) and cancelled_from_outside():
                run.loop.call_later(LOOP_ENDS_S, self._cancelled, run)
                raise
            self._apply(run, Failed(self._failed(run.push)))
        finally:
            if run.loop.is_running():  # else what is left of an ended loop is collected: nobody waits for it
                self._handler_ended(run)

    def _cancelled(self, run: Run) -> None:
        """The loop goes on after all: only the handler was ended."""
        if self._claims.find(run.claim.key) is run and not run.claim.ended:
            log.error(say("处理函数被取消：%s", "handler cancelled: %s"), about(run.push))
            self._counters["handler_errors"] += 1
            self._apply(run, Failed(self._failure))
            self._claims.settle(run)

    async def _handle(self, run: Run, handling: Later) -> None:
        first, stream = await handling
        self._said_first(run, self._checked(run, first), ended=stream is None)
        if stream is None:
            return
        async with aclosing(stream):
            async for reply in stream:
                if reply is not None:
                    self._apply(run, LaterResult(self._checked(run, reply)))
        self._apply(run, Ended())

    def _checked(self, run: Run, reply: Reply | None) -> Reply | None:
        """The reply as it can be written. Raises TooLong when one push gets more than a person reads."""
        if reply is None:
            return None
        reply = checked(reply)
        run.said_bytes += size(reply)
        if run.said_bytes > MOST_ANSWER_BYTES:
            raise TooLong
        return reply

    def _handler_ended(self, run: Run) -> None:
        line = self._outbox.find(run.push.openid)
        if line is not None and line.going:
            line.going.discard(run.claim.key)
            line.change()
        self._no_more_elsewhere(run)
        self._claims.settle(run)

    def _failed(self, push: Push) -> Reply | None:
        """Log and count the exception being handled; gives what the person is told instead of an answer."""
        self._counters["handler_errors"] += 1
        log.exception(say("处理函数出错：%s", "handler failed: %s"), about(push))
        return self._failure

    # ---- the end

    @property
    def busy(self) -> bool:
        """Whether a handler is running or an answer is being sent."""
        return bool(self._under_way())

    def _under_way(self) -> set[asyncio.Task[None]]:
        """The tasks of handlers and of sending that are not done."""
        handlers = {run.task for run in self._claims.runs() if run.task is not None and run.working}
        return self._tasks | handlers

    async def drain(self, patience_s: float) -> None:
        """Let everything finish; what is not done after `patience_s` seconds is cut off and recorded.

        Afterwards one log line says how many answers are undelivered, by reason.
        """
        for run in self._claims.runs():
            if run.rescue is not None and not run.claim.open:  # no further delivery will come
                run.rescue.cancel()
                self._untaken(run)
        await self._let_finish(patience_s)
        unfinished = [run for run in self._claims.runs() if run.working]
        for run in unfinished:
            self._cut_off(run)
        if unfinished:
            count = len(unfinished)
            log.error(say("停止时中断了 %d 个处理函数", "%d handlers were cut off at the stop"), count)
            await self._let_finish(LAST_SENDING_S)
        left = self._under_way()
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=LAST_SENDING_S)
        undelivered = self._outbox.summary()
        if undelivered:
            log.warning(say("停止时还有未送达的答复：%s", "undelivered answers at the stop: %s"), undelivered)

    async def _let_finish(self, patience_s: float) -> None:
        loop = asyncio.get_running_loop()
        ends = loop.time() + patience_s
        while (under_way := self._under_way()) and loop.time() < ends:
            await asyncio.wait(under_way, timeout=ends - loop.time())

    def _cut_off(self, run: Run) -> None:
        if self.shared is None:
            self._apply(run, OwnerLost())
        else:
            self.cut.add(run.claim.key)
            self._return(run)
        run.wake()
        run.cut = True
        if run.task is not None:
            self._keep(run.task)  # its run may be settled before it has ended
            run.task.cancel()

    def _return(self, run: Run) -> None:
        """Let another process handle the message anew: nothing of this run counts."""
        run.claim = replace(run.claim, phase=Phase.CLOSED, ended=True, replies=(), shown=None)
        run.body = run.body or SUCCESS

    def resume(self, push: Push, kept: KeptPush) -> None:
        """Handle a message again whose process died; the allowance begins with it, as what was sent is not known."""
        self.cut.discard(kept.key)
        self._allowance.opened(push, float(push.create_time))
        run = Run(kept.claim(push, self._clock.now()), push, asyncio.get_running_loop())
        run.body = SUCCESS if run.claim.phase is Phase.CLOSED else None
        run.kept, run.first = True, self._first(kept.key, push)
        self._claims.begin(run)
        self._start(run)
        self._claims.settle(run)

    def abandon(self, openid: str) -> None:
        """Another process has the person: stop what runs for them, without a record, and forget what waits."""
        for run in self._claims.runs():
            if run.push.openid == openid:
                self._return(run)
                run.lost = run.cut = True
                run.wake()
                if run.task is not None:
                    self._keep(run.task)
                    run.task.cancel()
                self._claims.drop(run)
                self.elsewhere.early.pop(run.claim.key, None)
        self._outbox.drop(openid)
        self.elsewhere.expected.restore(openid, ())

    def move(self) -> bool:
        """Go on in another event loop, the one before having ended: answers and what waits are kept.

        Gives whether handlers were cut off by that; they are recorded.
        """
        runs = self._claims.move(asyncio.get_running_loop().time())
        cut = [run for run in runs if run.task is not None and not run.claim.ended]
        for run in runs:
            run.claim, acts = decide(run.claim, OwnerLost(), self._rules)
            for act in acts:
                if isinstance(act, Record):
                    self._record(run, act.reason, act.replies)
        self._tasks.clear()
        self._holds = Holds()
        for line in self._outbox.lines():
            line.restart()
        return bool(cut)

    def _keep(self, task: asyncio.Task[None]) -> None:
        """Keep a task from being lost before it is done: the loop itself does not."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
