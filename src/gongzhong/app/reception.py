"""From the bytes of a request to the bytes of its answer, without knowing the server.

The one place where something from outside is believed or refused. A refusal is a 4xx with one line that says
why; it is counted by reason and logged. What was believed goes to the reply window.
"""

from __future__ import annotations

import logging
from collections import Counter

from ..clock import Clock
from ..errors import CallbackError
from ..messages import Push, Reply, encode_reply, parse
from ..wire import Opened, PushQuery, PushReader, Query
from .answer import XML, Answer, Incomplete, Unreadable, WrongMethod, refusal
from .trace import about
from .window import ReplyWindow
from .work import SUCCESS

log = logging.getLogger("gongzhong.app")


class Reception:
    """Reads, verifies and answers requests for one account."""

    def __init__(
        self, reader: PushReader, window: ReplyWindow, *, clock: Clock, counters: Counter[str]
    ) -> None:
        self._reader = reader
        self._window = window
        self._clock = clock
        self._counters = counters

    async def handle(self, query: Query, body: bytes, method: str) -> Answer:
        """Answer one request. Raises nothing."""
        try:
            if method == "POST":
                opened, push = self._open(PushQuery.read(query), body)
            elif method == "GET":
                return self._verify(PushQuery.read(query))
            else:
                raise WrongMethod("只接受 GET 和 POST", "only GET and POST are accepted")
        except CallbackError as problem:
            return self.refuse(problem)
        return await self._push(opened, push)

    def refuse(self, problem: CallbackError) -> Answer:
        """Count, log and answer a request that is not believed."""
        self._counters[f"refused.{problem.reason}"] += 1
        line = " ".join(problem.text().split())
        log.warning("拒绝了一个请求 / refused a request (%s): %s", problem.reason, line)
        return refusal(problem)

    def _verify(self, query: PushQuery) -> Answer:
        echo = self._reader.verify_url(query)
        self._counters["verified"] += 1
        return Answer(200, echo.encode())

    def _open(self, query: PushQuery, body: bytes) -> tuple[Opened, Push]:
        try:
            opened = self._reader.open(query, body)
            push = parse(opened.fields)
        except CallbackError:
            raise
        except Exception as surprise:
            log.exception("推送读不懂 / a push could not be read")
            raise Unreadable("推送读不懂", "the push could not be read") from surprise
        if not (push.from_user_name and push.to_user_name and push.msg_type):
            raise Incomplete(
                "推送缺少 FromUserName、ToUserName 或 MsgType",
                "the push lacks FromUserName, ToUserName or MsgType",
            )
        return opened, push

    async def _push(self, opened: Opened, push: Push) -> Answer:
        self._counters["received"] += 1
        self._counters[f"type.{type(push).__name__}"] += 1

        def seal(reply: Reply) -> bytes:
            xml = encode_reply(reply, push, int(self._clock.now()))
            return self._reader.seal(xml, opened=opened)

        try:
            answer = await self._window.deliver(push, seal)
        except Exception:
            self._counters["internal_errors"] += 1
            log.exception("处理推送时出错 / could not answer a push: %s", about(push))
            answer = SUCCESS
        return Answer(200, answer) if answer == SUCCESS else Answer(200, answer, XML)
