"""From the bytes of a request to the bytes of its answer, without knowing the server.

The one place where something from outside is believed or refused. A refusal is a 4xx with one line that says
why; it is counted by reason and logged. What was believed goes to the reply window.
"""

from __future__ import annotations

import logging
from collections.abc import Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ..background import Postponed, gone_on, in_task
from ..clock import Clock
from ..errors import CallbackError, Replayed, say
from ..messages import Push, Reply, dedup_key, encode_reply, parse
from ..wire import Opened, PushQuery, PushReader, Query
from .answer import XML, Answer, Gone, Incomplete, NotAccepted, Unreadable, WrongMethod, refusal
from .delivery import Delivery
from .outbox import about
from .runs import SUCCESS

if TYPE_CHECKING:
    from .binding import Binding

log = logging.getLogger("gongzhong.app")

OK = 200
Body = bytes | bytearray | memoryview | str
Begun: TypeAlias = Answer | Coroutine[Any, Any, Answer] | Delivery
"""An answer; or a coroutine, which has to be awaited at once; or a delivery that can be answered later."""

_ENDLESS = 12
"""A timestamp of so many digits is none."""
PUSHES_REMEMBERED = 200_000
"""Against replays, at most; our choice: some 15 MB."""


class Reception:
    """Reads, verifies and answers requests for one account. Raises SetupError when it lacks its Token or key."""

    def __init__(self, binding: Binding) -> None:
        self._window, self._clock, self._counters = binding.window, binding.clock, binding.counters
        self._claims = binding.claims
        self._reader = binding.services.reader or PushReader(
            binding.account, clock=binding.clock, random_bytes=binding.services.random_bytes
        )
        self._replays = Replays(binding.app.replay_window_s, binding.clock)
        self._shared, self._tracing = binding.shared, binding.tracing
        self._appid = binding.account.appid if self._tracing is not None else ""

    async def handle(
        self, query: Query, body: Body, method: str, gone: Gone | None = None, since: float | None = None
    ) -> Answer:
        """Answer one request. Raises nothing, whatever comes in. `since` is for a delivery that came to another process
        and was passed on: when it came there, in the loop's seconds; None: it came here, just now."""
        return await ended(self.begin(query, body, method, gone, since))

    def begin(
        self,
        query: Query,
        body: Body,
        method: str,
        gone: Gone | None = None,
        since: float | None = None,
    ) -> Begun:
        """The same: the answer, or what waits for it: see `ended`."""
        try:
            if method == "POST":
                given = PushQuery.read(query)
                content = body if type(body) is bytes else _as_bytes(body)
                opened = self._reader.open(given, content)
                push = parse(opened.fields)
                key = self._admitted(given, push)
            elif method == "GET":
                return self._verify(PushQuery.read(query))
            else:
                raise WrongMethod("只接受 GET 和 POST", "only GET and POST are accepted")
        except CallbackError as problem:
            return self.refuse(problem)
        except Exception:
            log.exception(say("请求读不懂", "a request could not be read"))
            return self.refuse(Unreadable("请求读不懂", "the request could not be read"))
        if self._tracing is not None:
            return self._traced(opened, push, key, gone, (given, content), since)
        if self._shared is not None:
            return self._push_shared(opened, push, key, gone, (given, content), since)
        return self._push(opened, push, key, gone)

    async def _traced(
        self,
        opened: Opened,
        push: Push,
        key: str,
        gone: Gone | None,
        request: tuple[PushQuery, bytes],
        since: float | None,
    ) -> Answer:
        """Answer a push within a span."""
        assert self._tracing is not None
        await in_task()  # a span ends in the context in which it began
        with self._tracing.push(type(push).__name__, self._appid) as span:
            if self._shared is not None:
                answer = await ended(self._push_shared(opened, push, key, gone, request, since))
            else:
                answer = await ended(self._push(opened, push, key, gone))
            if answer.status != OK:
                span.outcome = "not_accepted"
            elif answer.body == SUCCESS and span.outcome in ("", "passive"):
                span.outcome = "success"
            span.outcome = span.outcome or "passive"
            return answer

    def _push_shared(
        self,
        opened: Opened,
        push: Push,
        key: str,
        gone: Gone | None,
        request: tuple[PushQuery, bytes],
        since: float | None,
    ) -> Begun:
        """Answer a push, here or by the process that has the person. Counted where WeChat asked."""
        shared = self._shared
        assert shared is not None
        loop = shared.begin()
        if since is None:
            self._count(push)
            since = loop.time()
        delivery = Delivery(self, push, partial(self._seal, opened, push), key, gone, request, since, loop)
        try:
            return self._here(delivery) if shared.has_or_waits(delivery) else delivery
        except Exception:
            return self._went_wrong(push)

    def go_on(self, delivery: Delivery) -> Answer | Coroutine[Any, Any, Answer]:
        """Answer a delivery, now that it is known which process has its person."""
        assert self._shared is not None
        known = delivery.exception() is None
        owner = delivery.result() if known else ""
        if known and not owner and self._shared.has(delivery.person):
            return self._here(delivery)
        return self._elsewhere(delivery, owner)

    def drop(self, delivery: Delivery) -> None:
        """Nobody waits for a delivery any more."""
        assert self._shared is not None
        self._shared.done_with(delivery.person)

    def _here(self, delivery: Delivery) -> Answer | Coroutine[Any, Any, Answer]:
        """Answer a delivery for somebody who is this process's."""
        assert self._shared is not None
        try:
            body = self._shared.here(delivery)
        except Replayed as problem:
            answer = self.refuse(problem)
        except Exception:
            answer = self._went_wrong(delivery.push)
        else:
            if not isinstance(body, bytes):
                return self._awaited(delivery, body)
            answer = _answered(body)
        self._shared.done_with(delivery.person)
        return answer

    async def _awaited(self, delivery: Delivery, body: Coroutine[Any, Any, bytes]) -> Answer:
        assert self._shared is not None
        try:
            return _answered(await body)
        except NotAccepted:
            return await self._shared.not_accepted(delivery.gone, delivery.began)
        except Exception:
            return self._went_wrong(delivery.push)
        finally:
            self._shared.done_with(delivery.person)

    async def _elsewhere(self, delivery: Delivery, owner: str) -> Answer:
        """Answer a delivery through the process of this name, or wherever its person is then."""
        assert self._shared is not None
        try:
            delivery.result()  # NotAccepted
            returned = await self._shared.answer(delivery, owner)
        except Replayed as problem:
            return self.refuse(problem)
        except NotAccepted:
            return await self._shared.not_accepted(delivery.gone, delivery.began)
        except Exception:
            return self._went_wrong(delivery.push)
        finally:
            self._shared.done_with(delivery.person)
        return _answered(returned.body) if returned.status == OK else Answer(returned.status, returned.body)

    def _count(self, push: Push) -> None:
        self._counters["received"] += 1
        self._counters[_COUNTED[type(push)]] += 1

    def _admitted(self, query: PushQuery, push: Push) -> str:
        """The name under which a push is known. Raises Replayed for one that was recorded and is sent again, and
        Incomplete for one that nobody could answer."""
        if not (push.from_user_name and push.to_user_name and push.msg_type):
            raise Incomplete(
                "推送缺少 FromUserName、ToUserName 或 MsgType",
                "the push lacks FromUserName, ToUserName or MsgType",
            )
        key = dedup_key(push)
        if self._shared is not None:  # what came before is in the person's record
            self._replays.check_time(query.timestamp)
        elif not self._claims.knows(key):
            self._replays.check(query.msg_signature or query.signature, query.timestamp, key)
        return key

    def refuse(self, problem: CallbackError) -> Answer:
        """Count, log and answer a request that is not believed."""
        self._counters[f"refused.{problem.reason}"] += 1
        if self._tracing is not None:
            with self._tracing.push("refused", self._appid) as span:
                span.outcome = f"refused.{problem.reason}"
        line = " ".join(problem.text().split())
        log.warning(say("拒绝了一个请求（%s）：%s", "refused a request (%s): %s"), problem.reason, line)
        return refusal(problem)

    def _verify(self, query: PushQuery) -> Answer:
        echo = self._reader.verify_url(query)
        self._counters["verified"] += 1
        return Answer(200, echo.encode())

    def _push(
        self, opened: Opened, push: Push, key: str, gone: Gone | None
    ) -> Answer | Coroutine[Any, Any, Answer]:
        self._count(push)
        try:
            body = self._window.begin(push, partial(self._seal, opened, push), key, gone)
        except Exception:
            return self._went_wrong(push)
        return _answered(body) if isinstance(body, bytes) else self._waited(push, body)

    def _seal(self, opened: Opened, push: Push, reply: Reply) -> bytes:
        now = int(self._clock.now())
        return self._reader.seal(encode_reply(reply, push, now), now, opened=opened)

    async def _waited(self, push: Push, body: Coroutine[Any, Any, bytes]) -> Answer:
        try:
            return _answered(await body)
        except Exception:
            return self._went_wrong(push)

    def _went_wrong(self, push: Push) -> Answer:
        self._counters["internal_errors"] += 1
        log.exception(say("处理推送时出错：%s", "could not answer a push: %s"), about(push))
        return _answered(SUCCESS)


async def ended(begun: Begun) -> Answer:
    """The answer, once it is there."""
    if isinstance(begun, Answer):
        return begun
    return await (gone_on(begun) if isinstance(begun, Postponed) else begun)


def _answered(body: bytes) -> Answer:
    return Answer(200, body) if body == SUCCESS else Answer(200, body, XML)


class _Counted(dict[type[Push], str]):
    """The counter of each class of pushes."""

    def __missing__(self, kind: type[Push]) -> str:
        name = self[kind] = f"type.{kind.__name__}"
        return name


_COUNTED: Final = _Counted()


class Replays:
    """The pushes of the last `window_s` seconds, so that none is taken twice; used from one event loop.

    A push is named by its signature and what it says. One whose timestamp is more than `window_s` away from the clock
    is refused, too, so nothing needs to be remembered for longer. Of more than `size` pushes in that time the older
    half is forgotten, and what is as old as the newest of them is refused.
    """

    def __init__(self, window_s: float | None, clock: Clock, size: int = PUSHES_REMEMBERED) -> None:
        self._window_s, self._clock, self._most = window_s, clock, size // 2
        # Two sets: the older one is forgotten as a whole, so that a push costs one entry and nothing else.
        self._seen: set[int] = set()
        """A 64-bit hash of each push since the last change of sets."""
        self._before: set[int] = set()
        """Those before them."""
        self._newest = self._newest_before = 0
        """The latest timestamp in each set."""
        self._change_at = clock.now() + (window_s or 0)
        self._oldest = 0

    def __len__(self) -> int:
        return len(self._seen) + len(self._before)

    def check(self, signature: str, timestamp: str, what: str) -> None:
        """Let a push pass that is not one of WeChat's own repeats. Raises Replayed."""
        window_s, seen = self._window_s, self._seen
        if window_s is None:
            return
        now = self._clock.now()
        stamp = self._recent(timestamp, now, window_s)
        key = hash((signature, what))
        if key in seen or key in self._before or stamp <= self._oldest:
            raise Replayed(
                "这条推送已经收到过，拒绝重放", "this push was received before: a replay, which is refused"
            )
        seen.add(key)
        if stamp > self._newest:
            self._newest = stamp
        if now >= self._change_at or len(seen) >= self._most:
            self._change(now, window_s)

    def check_time(self, timestamp: str) -> None:
        """Raises Replayed for a push that is too old or too early, whether or not it was seen before."""
        if self._window_s is not None:
            self._recent(timestamp, self._clock.now(), self._window_s)

    def _recent(self, timestamp: str, now: float, window_s: float) -> int:
        stamp = int(timestamp) if timestamp.isdecimal() and len(timestamp) < _ENDLESS else 0
        if not -window_s <= now - stamp <= window_s:
            raise _too_far(stamp, now, window_s)
        return stamp

    def _change(self, now: float, window_s: float) -> None:
        """Forget the older set and begin a new one, once nothing in it could pass any more or there are too many."""
        if self._newest_before >= now - window_s:
            if len(self._seen) < self._most:
                return
            self._oldest = max(self._oldest, self._newest_before)
        self._before, self._newest_before = self._seen, self._newest
        self._seen, self._newest = set(), 0
        self._change_at = now + window_s


def _too_far(stamp: int, now: float, window_s: float) -> Replayed:
    apart = now - stamp
    zh, en = ("早", "before") if apart > 0 else ("晚", "after")
    return Replayed(
        f"推送的时间戳 {stamp} 比本机时间{zh} {abs(apart):.0f} 秒，超过 {window_s:g} 秒：过期的或重放的请求",
        f"the push's timestamp {stamp} is {abs(apart):.0f} s {en} this machine's time, more than {window_s:g} s: "
        "an old or replayed request",
        fix_zh="如果请求确实来自微信，说明本机时钟不准：校准时钟，或调整 replay_window_s",
        fix_en="if it does come from WeChat, this machine's clock is wrong: set it, or change replay_window_s",
    )


def _as_bytes(body: object) -> bytes:
    """A body as frameworks may give it. Raises Unreadable for anything that is no text and no bytes."""
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode(errors="surrogateescape")
    if isinstance(body, bytearray | memoryview):
        return bytes(body)
    kind = type(body).__name__
    raise Unreadable(f"请求体是 {kind}，不是 bytes", f"the body is {kind}, not bytes")
