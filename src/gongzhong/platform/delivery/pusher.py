"""One push: sealed, tried up to three times, judged, and its reply shown (接收消息 / 被动回复).

Every attempt carries the same body elements; timestamp, nonce and signatures are new each time. Only silence is
repeated: a wrong answer is a wrong answer.
"""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Awaitable, Callable, Iterable
from urllib.parse import urlencode, urlsplit

import msgspec

from ...account import Encryption
from ...messages import Event, Message, Push, TransferReply, dedup_key, encode, parse
from ...wire import PushWriter, read_xml
from ..traffic import CUT_OFF, Cause, Delivery, Exchange, Traffic, Verdict
from ..world import chats, media, rendering, sessions, statistics
from ..world.faults import Fault, Faults
from ..world.refusal import Refusal
from ..world.rendering import show_reply
from ..world.world import AccountState, World
from .alarms import Alarms, Sample
from .receiver import FirstLost, Mishaps, Receiver, Unanswered
from .verdict import UNANSWERED, Judged, foreign_file, judge

BLOCKED = Verdict(False, "mark_fail", "MarkFail 屏蔽中，未推送", "not pushed: MarkFail is in force")
NO_URL = Verdict(True, "no_url", "未配置服务器地址，未推送", "not pushed: no server URL is configured")


class Outcome(msgspec.Struct, frozen=True):
    """How a push ended, the numbers of its traffic entries, and of its row."""

    verdict: Verdict
    entries: list[int]
    row: int


@functools.lru_cache(maxsize=256)
def _writer(token: str, aes_key: str, appid: str, encryption: Encryption) -> PushWriter:
    return PushWriter(token, aes_key, appid, encryption)


def title_of(push: Push) -> str:
    """How a push is called in lists: `text`, `event:CLICK`."""
    return f"event:{push.event}" if isinstance(push, Event) else push.msg_type


def key_of(push: Push, body: bytes) -> str:
    """How a program knows the push; of an event it is what the program reads that counts."""
    return dedup_key(push if isinstance(push, Message) and push.msg_id else parse(read_xml(body)))


EVENT_NAMES = {
    "subscribe": "[Msg=Subscribe][Event=Subscribe]",
    "unsubscribe": "[Event=UnSubscribe]",
    "CLICK": "[Event=Click]",
    "VIEW": "[Event=Click Menu Url]",
    "LOCATION": "[Event=Location Report]",
    "TEMPLATESENDJOBFINISH": "[Event=Template Send Job Finish]",
}
"""How alarms call events (developers' posts of 2019 to 2025); others are not known and go by their own name."""


def what_of(push: Push) -> str:
    """The pair of an alarm's sample that says what was pushed."""
    if isinstance(push, Event):
        return EVENT_NAMES.get(push.event, f"[Event={push.event}]")
    return f"[Msg={push.msg_type.capitalize()}]"


class Pusher:
    """Delivers pushes to the URL of their account through a `Receiver`."""

    def __init__(self, world: World, traffic: Traffic, receiver: Receiver, faults: Faults) -> None:
        self.world, self.traffic, self.receiver, self.faults = world, traffic, receiver, faults
        self.alarms = Alarms(world)
        self._mishaps = Mishaps()

    async def push(
        self,
        account: AccountState,
        push: Push,
        person: str | None = None,
        *,
        lines: Iterable[int] = (),
        cause: Cause | None = None,
    ) -> Outcome:
        """Deliver, and show the person what came of it. `person` is None for pushes about nobody's act.

        `lines` are the chat lines that the push is about, `cause` the row that it follows from.
        """
        goes = bool(account.url)
        fault = self.faults.strike("push", account.appid, title_of(push).lower()) if goes else None
        first = self.traffic.begin(self._row(account, push, person, fault, cause), lines)

        def deliver() -> Awaitable[Outcome]:
            again = first.verdict is not None  # a fault has it delivered twice
            row = self.traffic.begin(self._row(account, push, person, fault, cause)) if again else first
            return self._shown(row, account, push, fault)

        if fault is None:
            outcome = await deliver()
        else:
            outcome = await self._met(fault, first, deliver)
        self._mishaps.passed(account.appid)
        return outcome

    async def _met(self, fault: Fault, row: Delivery, deliver: Callable[[], Awaitable[Outcome]]) -> Outcome:
        try:
            return await self._mishaps.meet(fault, row.appid, deliver)
        finally:
            if row.verdict is None:
                self.traffic.finish(row, CUT_OFF)

    def _row(
        self,
        account: AccountState,
        push: Push,
        person: str | None,
        fault: Fault | None,
        cause: Cause | None,
    ) -> Delivery:
        body = encode(push)
        return Delivery(
            appid=account.appid,
            title=title_of(push),
            time=self.world.now(),
            person=person,
            openid=push.openid,
            key=key_of(push, body),
            body=body,
            url=account.url,
            fault=None if fault is None else fault.id,
            cause=cause,
            of=self.world.rules.deliveries,
        )

    async def _shown(self, row: Delivery, account: AccountState, push: Push, fault: Fault | None) -> Outcome:
        """Deliver, and note in the row how it ended, whatever ends it."""
        verdict = CUT_OFF
        try:
            verdict = await self._deliver(row, account, push, fault)
        finally:
            self.traffic.finish(row, verdict)
        return Outcome(verdict, [entry.seq for entry in row.attempts], row.number)

    async def _deliver(
        self, row: Delivery, account: AccountState, push: Push, fault: Fault | None
    ) -> Verdict:
        if not account.url:
            if row.person is not None:
                with self.traffic.working_on(row):
                    rendering.answer_automatically(self.world, account, push, row.person)
            return NO_URL
        if self.alarms.blocked(account):
            self._show_failure(row, account, push)
            return BLOCKED
        judged, sample = await self._attempts(row, account, push, fault)
        if not judged.verdict.ok:
            # One push is one failure, however many attempts it took.
            if self.alarms.failed(account, judged.verdict, sample):
                self._note_pause(row, account)
            self._show_failure(row, account, push)
        elif judged.reply is not None and row.person is not None:
            with self.traffic.working_on(row):
                if isinstance(judged.reply, TransferReply):
                    sessions.hand_over(self.world, account, push, judged.reply.kf_account or "")
                else:
                    show_reply(self.world, account, row.person, judged.reply)
        return judged.verdict

    async def _attempts(
        self, row: Delivery, account: AccountState, push: Push, fault: Fault | None
    ) -> tuple[Judged, Sample]:
        """Up to three requests; how the last one was judged, and the first for an alarm."""
        writer = _writer(account.token, account.aes_key, account.appid, account.encryption)
        judged = Judged(UNANSWERED["timeout"])
        sample: Sample | None = None
        receiver = self.receiver
        if fault is not None and fault.kind == "drop":
            receiver = FirstLost(receiver, arrives=fault.carried_out)
        start = time.perf_counter()
        for attempt in range(1, self.world.rules.deliveries + 1):
            began, began_ms = time.monotonic(), (time.perf_counter() - start) * 1000
            entry, judged, ip = await self._attempt(account, push, writer, receiver, row.body, attempt)
            sample = sample or self._sample(account, push, entry, ip)
            entry.person, entry.fault, entry.began_ms = row.person, row.fault, began_ms
            row.cost_ms = (time.perf_counter() - start) * 1000
            self.traffic.record(entry, row)
            if entry.status is not None:
                break
            if attempt < self.world.rules.deliveries and judged.verdict.kind != "timeout":
                # A refused connection fails at once; the next attempt is not made in the same moment.
                await asyncio.sleep(max(self.world.rules.attempt_gap_s - (time.monotonic() - began), 0.0))
        assert sample is not None
        return judged, sample

    def _note_pause(self, row: Delivery, account: AccountState) -> None:
        """A row for the moment from which nothing is pushed (MarkFail)."""
        pause = Delivery(
            kind="pause",
            appid=account.appid,
            title="MarkFail",
            time=self.world.now(),
            verdict=BLOCKED,
            until=self.alarms.blocked_until(account),
            cause=Cause(row.number, known=True),
        )
        self.traffic.begin(pause)

    async def _attempt(
        self,
        account: AccountState,
        push: Push,
        writer: PushWriter,
        receiver: Receiver,
        body: bytes,
        attempt: int,
    ) -> tuple[Exchange, Judged, str]:
        """One request, how its answer was judged, and the address that answered."""
        ip, rules = "", self.world.rules
        entry = self._entry(account, push, writer, body)
        entry.attempt, entry.of = attempt, rules.deliveries
        started = time.perf_counter()
        try:
            answer = await receiver.send(
                "POST",
                entry.url,
                entry.request_body,
                timeout_s=rules.answer_timeout_s,
                connect_s=rules.connect_timeout_s,
            )
            judged = self._with_known_files(account, judge(account, push, writer, answer))
            entry.status, entry.response_headers, entry.response_body = (
                answer.status,
                answer.headers,
                answer.body,
            )
            ip = answer.ip
            entry.response_decrypted = None if judged.xml == answer.body else judged.xml
        except Unanswered as problem:
            judged = Judged(UNANSWERED[problem.kind])
        entry.cost_ms = (time.perf_counter() - started) * 1000
        entry.verdict = judged.verdict
        statistics.pushed(self.world, account, ok=judged.verdict.ok, began=entry.time)
        return entry, judged, ip

    def _entry(self, account: AccountState, push: Push, writer: PushWriter, body: bytes) -> Exchange:
        """The request of one attempt: a new timestamp, nonce and signature around the same body."""
        nonce = self.world.ids.fresh(10, "0123456789")
        query, sealed = writer.seal(body, str(self.world.seconds()), nonce, push.openid)
        return Exchange(
            kind="push",
            appid=account.appid,
            title=title_of(push),
            method="POST",
            url=account.url + ("&" if "?" in account.url else "?") + urlencode(query),
            time=self.world.now(),
            openid=push.openid,
            request_headers={"content-type": "text/xml"},
            request_body=sealed,
            decrypted=None if sealed == body else body,
        )

    def _with_known_files(self, account: AccountState, judged: Judged) -> Judged:
        """A reply that names a file which is not the account's cannot be shown."""
        for name in ("media_id", "thumb_media_id"):
            media_id: str = getattr(judged.reply, name, None) or ""
            try:
                if media_id:
                    media.find(self.world, account, media_id)
            except Refusal:
                return foreign_file(name, media_id, judged)
        return judged

    def _sample(self, account: AccountState, push: Push, entry: Exchange, ip: str) -> Sample:
        ip = ip or urlsplit(account.url).hostname or ""
        return Sample(entry.time, push.openid, ip, account.url, what_of(push), entry.response_body or b"")

    def _show_failure(self, row: Delivery, account: AccountState, push: Push) -> None:
        """Show WeChat's failure line, when the push is one that the person expects an answer to."""
        waits = isinstance(push, Message) or (isinstance(push, Event) and push.answerable)
        if row.person is not None and waits:
            with self.traffic.working_on(row):
                chats.add(
                    self.world,
                    account,
                    row.person,
                    "system",
                    "platform",
                    "failure",
                    content=chats.FAILURE_LINE,
                )
