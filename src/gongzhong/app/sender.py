"""Sends what waits in a person's line as customer-service messages (发送客服消息).

At most one call per person is under way, and it carries the front of the line, so order is kept. Nothing is sent past
the person's allowance, nothing is repeated that may have arrived, nothing that fails goes unmentioned.

A customer-service message has no id by which WeChat would send it once (as `client_msg_id` of template messages is). So
a call without an answer, and one answered with "system busy" (-1), is in doubt: the person may see the message or not.
It is put on record as that, and what follows it in the line goes out.

While a handler still streams, the last message of the allowance is kept for the rest: what comes meanwhile is joined,
and goes out when the handler has ended. What does not fit even then waits for the person's next message, and the last
text says so.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from ..catalogue.customer_messages import (
    SendCustomerMessage,
    image_message,
    music_message,
    news_message,
    text_message,
    video_message,
    voice_message,
)
from ..client.cause import KEY
from ..errors import BusyError, CallError, GongzhongError, TransportError, say
from ..facts import CUSTOMER_ARTICLES
from ..messages import (
    TEXT_MAX_BYTES,
    ImageReply,
    MusicReply,
    NewsReply,
    Reply,
    TextReply,
    VideoReply,
    VoiceReply,
)
from .allowance import AFTER_MESSAGE
from .outbox import Line, Reason, Undelivered
from .pieces import Piece, first_message, size

if TYPE_CHECKING:
    from .binding import Binding

log = logging.getLogger("gongzhong.app")

BY_CODE = {
    45009: Reason.QUOTA,
    45011: Reason.QUOTA,
    45015: Reason.ALLOWANCE,
    45047: Reason.ALLOWANCE,
    48001: Reason.NOT_PERMITTED,
}
"""Refusals that say nothing against the message itself."""
FUTILE = frozenset({Reason.ALLOWANCE, Reason.QUOTA, Reason.NOT_PERMITTED, Reason.NOT_REACHED})
"""After these the next message would fail in the same way."""
MAY_WAIT = frozenset({*FUTILE, Reason.SLOW, Reason.NO_FORM})
"""Undelivered for these reasons, an answer may still be the reply to the person's next message."""
PAUSES_S = (1.0, 2.0, 4.0)
"""Before each repetition of a message that surely did not arrive."""
FOLLOW_AFTER_S = 0.2
"""Between the passive reply and what follows it, so that the user sees them in order."""
PACE_S = 15.0
"""A running text is sent every PACE_S / n seconds while n messages are left: 3 s at first, then longer."""
QUIET_S = 60.0
"""A handler that streams and has been silent for this long no longer keeps the last message back."""
SENDS_WITHIN_S = 3.0
"""With other processes: how long this one must at least be sure of its lease before it begins to send a message. What
is not answered when that is over is given up, so that a host that is cut off does not send what another one sends."""
LOOK_AGAIN_S = 1.0
CLOSING_S = 5.0
"""What is there is sent when so little is left of the allowance's time."""


class NoForm(GongzhongError):
    """This kind of reply does not exist as a customer-service message."""


class Sender:
    """Empties the lines of one account."""

    def __init__(self, binding: Binding) -> None:
        self._binding, self._clock, self._counters = binding, binding.clock, binding.counters
        self._outbox, self._permission, self._allowance = (
            binding.outbox,
            binding.permission,
            binding.allowance,
        )
        self._more = binding.app.rules.more

    def wake(self, openid: str) -> asyncio.Task[None] | None:
        """Send what waits for a person, in a task of its own. None if that is being done already."""
        line = self._outbox.line(openid)
        if line.sending is not None and not line.sending.done():
            line.change()
            return None
        line.sending = asyncio.get_running_loop().create_task(self._empty(openid, line))
        return line.sending

    async def _empty(self, openid: str, line: Line) -> None:
        try:
            await asyncio.sleep(FOLLOW_AFTER_S)
            line.quiet_since = asyncio.get_running_loop().time()
            if await self._permission.find_out(line.items[0].key if line.items else ""):
                while line.items and await self._next(openid, line):
                    pass
        finally:
            line.sending = None
            self._put_away(openid, line)

    async def _next(self, openid: str, line: Line) -> bool:
        """Send one message, or wait until one can be sent. False when nothing more can be sent now."""
        left = self._allowance.left(openid, self._clock.now())
        if left is None:
            left = AFTER_MESSAGE[0]  # unknown after a restart: WeChat's own refusal is the last word
        if left == 0:
            self._mark(line, Reason.ALLOWANCE)
            return False
        message, rest = self._plan(openid, line, left)
        if message is None:
            return await self._wait(line)
        first = line.items[0]
        kept = [self._rest_of(line, number, reply, len(rest)) for number, reply in enumerate(rest)]
        line.in_flight = msgspec.structs.replace(first, reply=message)
        line.items.clear()
        line.items.extend(kept)
        KEY.set(first.key)  # this task is the line's own
        return await self._attempt(openid, line, message)

    def _rest_of(self, line: Line, number: int, reply: Reply, count: int) -> Undelivered:
        """The entry of the line that a remaining reply belongs to: they remain from the end."""
        return msgspec.structs.replace(line.items[number - count], reply=reply)

    def _plan(self, openid: str, line: Line, left: int) -> tuple[Reply | None, tuple[Reply, ...]]:
        replies = tuple(item.reply for item in line.items if item.reply is not None)
        going = bool(line.going) and not self._closes_soon(openid)
        now = asyncio.get_running_loop().time()
        growing = going and isinstance(replies[-1], Piece)
        if growing and len(replies) == 1:
            full = size(replies[0]) >= TEXT_MAX_BYTES
            if not full and now < line.last_sent + PACE_S / left:
                return None, replies
        return next_message(replies, left, going=going, growing=growing, more=self._more)

    def _closes_soon(self, openid: str) -> bool:
        until = self._allowance.until(openid)
        return until is not None and until - self._clock.now() <= CLOSING_S

    async def _wait(self, line: Line) -> bool:
        """Wait for the stream to go on; a handler that is silent for long keeps nothing back any more."""
        loop = asyncio.get_running_loop()
        changed = line.when_changed()
        await asyncio.wait({changed}, timeout=LOOK_AGAIN_S)
        if changed.done():
            line.quiet_since = loop.time()
        elif loop.time() - line.quiet_since >= QUIET_S:
            line.going.clear()
        return True

    async def _attempt(self, openid: str, line: Line, message: Reply) -> bool:
        """Send one message, again while it surely has not arrived. False when the next would fail, too."""
        try:
            failure = await self._repeatedly(openid, message)
        except BaseException:
            self._lost(line, Reason.IN_DOUBT, "")
            raise
        line.last_sent = asyncio.get_running_loop().time()
        if failure is None:
            line.in_flight = None
            self._counters["customer"] += 1
            return True
        reason, problem = failure
        self._counters["customer_failed"] += 1
        if reason is Reason.NOT_PERMITTED:
            self._permission.denied()
        if reason is not Reason.IN_DOUBT:
            log.error(
                say(
                    "发给 %s 的客服消息没有发出（%s）：%s", "customer-service message to %s not sent (%s): %s"
                ),
                openid,
                reason,
                problem,
            )
        self._lost(line, reason, str(problem))
        if reason in FUTILE:
            self._mark(line, reason)
        return reason not in FUTILE and reason is not Reason.NO_FORM

    def _lost(self, line: Line, reason: Reason, detail: str) -> None:
        """What was under way did not arrive, or perhaps not: back to the front, or on record."""
        item, line.in_flight = line.in_flight, None
        if item is None:
            return
        item = msgspec.structs.replace(item, reason=reason, detail=detail)
        if reason in MAY_WAIT:
            line.items.appendleft(item)
        else:
            self._counters["undelivered"] += 1
            _log_lost(item)
            self._outbox.record(item)

    def _mark(self, line: Line, reason: Reason) -> None:
        items = [msgspec.structs.replace(item, reason=reason) for item in line.items]
        line.items.clear()
        line.items.extend(items)

    def _put_away(self, openid: str, line: Line) -> None:
        """Note what waits for the person's next message from now on."""
        self._counters["parked"] += len(line.items)
        if line.items:
            log.info(
                say(
                    "%d 条答复等待用户的下一条消息：openid=%s",
                    "%d answers wait for the next message: openid=%s",
                ),
                len(line.items),
                openid,
            )
        self._outbox.tidy(openid)

    async def _repeatedly(self, openid: str, message: Reply) -> tuple[Reason, Exception] | None:
        failure = await self._once(openid, message)
        for pause_s in PAUSES_S:
            if failure is None or failure[0] is not Reason.NOT_REACHED:
                break
            await asyncio.sleep(pause_s)
            failure = await self._once(openid, message)
        return failure

    async def _once(self, openid: str, message: Reply) -> tuple[Reason, Exception] | None:
        shared, patience_s = self._binding.window.shared, None
        if shared is not None:
            await shared.member.until_sure(SENDS_WITHIN_S)
            patience_s = shared.member.sure_s
        try:
            async with asyncio.timeout(patience_s):
                await self._binding.api.perform(as_customer_message(openid, message))
        except NoForm as problem:
            return Reason.NO_FORM, problem
        except TimeoutError as problem:  # from now on another process may have the person
            return Reason.IN_DOUBT, problem
        except GongzhongError as problem:
            return reason_of(problem), problem
        except Exception as problem:
            log.exception(say("客服消息发送时出错", "sending a customer-service message failed"))
            return Reason.IN_DOUBT, problem
        return None


def reason_of(problem: GongzhongError) -> Reason:
    """What a failed call means for its message. A token that could not be fetched means that nothing was sent."""
    if problem.may_be_done:
        return Reason.IN_DOUBT
    if isinstance(problem, TransportError | BusyError):
        return Reason.NOT_REACHED
    return BY_CODE.get(problem.errcode, Reason.REFUSED) if isinstance(problem, CallError) else Reason.REFUSED


def _log_lost(item: Undelivered) -> None:
    if item.reason is Reason.IN_DOUBT:
        log.error(
            say(
                "不知道一条客服消息是否送达，用户可能看到了，也可能没有，不再重发：openid=%s %s",
                "a customer-service message may have reached its person or not, it is not sent again: openid=%s %s",
            ),
            item.openid,
            item.detail,
        )
        return
    log.error(
        say("答复没有送达（%s）：openid=%s", "answer not delivered (%s): openid=%s"), item.reason, item.openid
    )


def next_message(
    replies: Sequence[Reply], left: int, *, going: bool = False, growing: bool = False, more: str = ""
) -> tuple[Reply | None, tuple[Reply, ...]]:
    """What to send now of a person's line, `left` messages being allowed, and what remains.

    (None, replies) while the handler is `going` and only one message is left: that one is for the rest. Messages stay
    apart as long as the allowance suffices for all of them; else neighbouring texts are joined.
    """
    spare = left - 1 if going else left
    if spare <= 0:
        return None, tuple(replies)
    several = _count(replies, spare) > spare
    last = more if left == 1 else ""
    return first_message(replies, articles=CUSTOMER_ARTICLES, growing=growing, more=last, several=several)


def _count(replies: Sequence[Reply], most: int) -> int:
    """How many messages the replies are when none are joined, counted up to `most` + 1."""
    count, rest = 0, tuple(replies)
    while rest and count <= most:
        _, rest = first_message(rest, articles=CUSTOMER_ARTICLES, several=False)
        count += 1
    return count


def as_customer_message(openid: str, reply: Reply) -> SendCustomerMessage:
    """The call that shows `reply` to a user. Articles must come one at a time.

    Raises NoForm for what can only be a passive reply, such as a transfer to an agent.
    """
    match reply:
        case TextReply():
            return text_message(touser=openid, content=reply.content)
        case ImageReply():
            return image_message(touser=openid, media_id=reply.media_id)
        case VoiceReply():
            return voice_message(touser=openid, media_id=reply.media_id)
        case VideoReply():
            return video_message(
                touser=openid, media_id=reply.media_id, title=reply.title, description=reply.description
            )
        case MusicReply():
            return _music(openid, reply)
        case NewsReply(articles=(article,)):
            return news_message(
                touser=openid,
                title=article.title,
                url=article.url,
                description=article.description,
                picurl=article.pic_url,
            )
    kind = type(reply).__name__
    raise NoForm(f"{kind} 没有对应的客服消息", f"{kind} has no customer-service form")


def _music(openid: str, reply: MusicReply) -> SendCustomerMessage:
    return music_message(
        touser=openid,
        musicurl=reply.music_url or "",
        thumb_media_id=reply.thumb_media_id,
        title=reply.title or "",
        description=reply.description or "",
        hqmusicurl=reply.hq_music_url or "",
    )
