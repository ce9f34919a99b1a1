"""What must not be lost, as rows of the table of work: messages that were accepted, and answers that wait.

A row of kind `push` is made when its handler has run for a second, at the latest before WeChat is told that the message
was taken, and stays until everything that the handler said has gone out. Rows of kind `answer` are what waits for the
person's next message, rows of kind `late` what came from elsewhere and has not gone out. A row's line is the person's
OpenID.
Rows are held by the process that has the person; when it dies, whoever has the person next takes them all.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import msgspec

from .. import facts
from ..errors import StateDown, say
from ..messages import (
    ImageReply,
    MusicReply,
    NewsReply,
    Push,
    Reply,
    TextReply,
    TransferReply,
    VideoReply,
    VoiceReply,
    articles_allowed,
    encode,
    parse,
)
from ..sharing.person import hashed
from ..store import NewWork, Work, WorkStore
from ..wire import read_xml
from .claims import Claim, Phase
from .outbox import WAITS_S, Reason, Undelivered
from .pieces import Piece

log = logging.getLogger("gongzhong.app")

PUSH, ANSWER, LATE = "push", "answer", "late"
ORDER = {ANSWER: 0, PUSH: 1, LATE: 2}
HELD_S = 15.0
"""How long a row stays with a process that renews it no more."""
DELIVERED_WITHIN_S: Final = facts.DELIVERIES * facts.ANSWER_TIMEOUT_S
"""WeChat makes its deliveries of a push within so long after it was made."""
MOST_ATTEMPTS = 5
"""A message that was begun so often, and whose process died each time, is put aside: it may be what kills them."""
LINES_AT_ONCE = 100
AGAIN_AFTER_S = 0.2
"""Before the next attempt while database or state is down."""

REPLIES: Final[dict[str, type[Reply]]] = {
    kind.__name__: kind
    for kind in (
        TextReply,
        Piece,
        ImageReply,
        VoiceReply,
        VideoReply,
        MusicReply,
        NewsReply,
        TransferReply,
    )
}


class KeptPush(msgspec.Struct, frozen=True, array_like=True):
    """A message that must not be lost: its XML, the key of its claim, and whether the person was told to ask for the
    answer."""

    xml: bytes
    key: str
    promised: bool
    accepted: bool = True
    """Whether WeChat was about to be told that it was taken; before that, WeChat delivers it again."""

    def claim(self, push: Push, now: float) -> Claim:
        """The claim with which it is begun anew. While WeChat may deliver it again, a delivery takes the answer; if
        none comes, and after that, the answer goes the way of late ones. Whether the person was told to ask is not
        known of a row that was written before WeChat had an answer: then asking fetches in any case."""
        comes = not self.accepted and now < push.create_time + DELIVERED_WITHIN_S
        return Claim(
            self.key,
            push.openid,
            push.answerable,
            articles=articles_allowed(push),
            phase=Phase.RUNNING if comes else Phase.CLOSED,
            deliveries=1,
            promised=self.promised or not self.accepted,
        )


class KeptAnswer(msgspec.Struct, frozen=True, array_like=True):
    """An answer that waits."""

    kind: str
    reply: dict[str, Any]
    reason: str
    since: float
    detail: str
    push: str = ""
    """The key of the push that it answers; earlier versions did not keep it."""


class KeptLate(msgspec.Struct, frozen=True, array_like=True):
    """What was replied from elsewhere to the push with this key: each reply with its kind."""

    key: str
    replies: list[tuple[str, dict[str, Any]]]
    named: bool = False
    """Whether the program gave it a name, under which nothing else may be taken."""


class Rows:
    """The rows of all accounts of this process that are in one table of work."""

    def __init__(self, store: WorkStore) -> None:
        self._store = store

    async def renew(self, holder: str) -> None:
        """Hold what this process holds for HELD_S more. Raises StateDown."""
        await self._store.renew(holder, HELD_S)

    async def overdue(self, accounts: Sequence[str]) -> list[tuple[str, str]]:
        """Accounts and OpenIDs of people of whom a row is there that nobody holds. Raises StateDown."""
        return await self._store.overdue(accounts, (PUSH, ANSWER, LATE), LINES_AT_ONCE)


class Inbox:
    """The rows of one account."""

    def __init__(self, store: WorkStore, appid: str) -> None:
        self._store, self._appid = store, appid

    async def keep(self, push: Push, key: str, promised: bool, accepted: bool, holder: str) -> list[Work]:
        """The row of a message, held: made now, or by an attempt before whose outcome was not known. Raises
        StateDown."""
        data = msgspec.msgpack.encode(KeptPush(encode(push), key, promised, accepted))
        row = NewWork(kind=PUSH, data=data, line=push.openid, key=key)
        made = await self._store.add(self._appid, [row], holder=holder, seconds=HELD_S)
        if made:
            return made
        return [work for work in await self._store.in_line(self._appid, PUSH, push.openid) if work.key == key]

    async def leave(self, push: Push, key: str) -> None:
        """Keep a message of somebody whom another process has; nothing new if it is kept already. Raises StateDown."""
        data = msgspec.msgpack.encode(KeptPush(encode(push), key, promised=False))
        await self._store.add(self._appid, [NewWork(kind=PUSH, data=data, line=push.openid, key=key)])

    async def add_late(self, openid: str, key: str, replies: Sequence[Reply], name: str) -> bool:
        """Keep what was replied from elsewhere to the push `key`. False when a row of this name is there already.
        Raises StateDown."""
        kept = KeptLate(key, [_kept(reply) for reply in replies], bool(name))
        row = NewWork(
            kind=LATE,
            data=msgspec.msgpack.encode(kept),
            line=openid,
            key=f"{key}#{name or secrets.token_hex(8)}",
        )
        return bool(await self._store.add(self._appid, [row]))

    async def occupied(self, openids: Sequence[str]) -> set[str]:
        """Those of these people of whom any row is there. Raises StateDown."""
        return await self._store.occupied(self._appid, (ANSWER, PUSH, LATE), openids)

    async def load(self, openid: str, holder: str) -> list[Work]:
        """Take every row of a person, whoever holds it: what waits, then messages, then answers from elsewhere. What
        cannot be worked on, or be read by this version, becomes a dead letter. Raises StateDown."""
        rows = await self._store.take_line(self._appid, (ANSWER, PUSH, LATE), openid, holder, HELD_S)
        good = []
        for row in sorted(rows, key=lambda row: ORDER[row.kind]):
            reason = self._spoilt(row)
            if reason:
                log.error(say("工作 %d 成为死信（%s）", "work %d is a dead letter now (%s)"), row.id, reason)
                await self._store.bury(row, reason)
            else:
                good.append(row)
        return good

    async def settle(self, done: Sequence[Work], waiting: Iterable[Undelivered] = ()) -> bool:
        """Remove rows and keep what waits instead, together. False when another process has one of them.

        Tries again while the database is down: whether the attempt before was carried out is looked up first.
        """
        batch, again = secrets.token_hex(8), False
        then = [self._waiting(item, f"{batch}.{number}") for number, item in enumerate(waiting)]
        while True:
            try:
                if again and await self._was_settled(done, then):
                    return True
                return await self._store.settle(done, self._appid, then)
            except StateDown:
                again = True
                await asyncio.sleep(AGAIN_AFTER_S)

    async def _was_settled(self, done: Sequence[Work], then: Sequence[NewWork]) -> bool:
        if then:
            kept = await self._store.in_line(self._appid, ANSWER, then[0].line)
            return any(row.key == then[0].key for row in kept)
        line = done[0].line
        left = [row for kind in ORDER for row in await self._store.in_line(self._appid, kind, line)]
        return not {row.id for row in done} & {row.id for row in left}

    async def put_back(self, rows: Iterable[Work]) -> None:
        """Let others take rows: messages that were cut off here are begun anew, WeChat having been told that they were
        taken; rows of other kinds stay as they are. Raises StateDown."""
        for row in rows:
            data = None
            if row.kind == PUSH:
                kept = msgspec.msgpack.decode(row.data, type=KeptPush)
                data = msgspec.msgpack.encode(msgspec.structs.replace(kept, accepted=True))
            await self._store.put_back(row, "stopped", data=data)

    def taken_key(self, push_key: str, name: str) -> str:
        """The key in the shared state that says that an answer of this name to a push was taken."""
        return self._taken_key(f"{push_key}#{name}")

    def taken_keys(self, rows: Iterable[Work]) -> list[str]:
        """Those of the answers from elsewhere among these rows that have a name."""
        late = [row for row in rows if row.kind == LATE]
        named = [row for row in late if msgspec.msgpack.decode(row.data, type=KeptLate).named]
        return [self._taken_key(row.key) for row in named]

    def _taken_key(self, row_key: str) -> str:
        return f"late|{self._appid}|{hashed(row_key)}"

    def _spoilt(self, row: Work) -> str:
        """Why a row can't be worked on; empty when it can."""
        if row.kind in (ANSWER, LATE) and row.created_at <= self._store.clock.now() - WAITS_S:
            return "expired"
        if row.kind == PUSH and row.attempts > MOST_ATTEMPTS:
            return "died"
        try:
            _READ[row.kind](row)
        except Exception:  # written by a newer version, or damaged
            return "unreadable"
        return ""

    def _waiting(self, item: Undelivered, key: str) -> NewWork:
        kept = KeptAnswer(*_kept(item.reply), item.reason, item.since, item.detail, item.key)
        due = item.since + WAITS_S
        return NewWork(kind=ANSWER, data=msgspec.msgpack.encode(kept), line=item.openid, key=key, due=due)


def _kept(reply: Reply | None) -> tuple[str, dict[str, Any]]:
    """The kind of a reply, and its fields. A program's own subclass of a kind is kept as that kind."""
    kind = next((base for base in type(reply).__mro__ if base in REPLIES.values()), type(reply))
    fields = {name: getattr(reply, name) for name in getattr(kind, "__struct_fields__", ())}
    return kind.__name__, msgspec.to_builtins(fields)


def read_push(row: Work) -> tuple[Push, KeptPush]:
    """The message of a row, and what else is in it."""
    kept = msgspec.msgpack.decode(row.data, type=KeptPush)
    return parse(read_xml(kept.xml)), kept


def read_answer(row: Work) -> Undelivered:
    """The answer of a row."""
    kept = msgspec.msgpack.decode(row.data, type=KeptAnswer)
    reply = msgspec.convert(kept.reply, REPLIES[kept.kind])
    return Undelivered(
        openid=row.line,
        reply=reply,
        reason=Reason(kept.reason),
        since=kept.since,
        detail=kept.detail,
        key=kept.push,
    )


def read_late(row: Work) -> tuple[str, list[Reply]]:
    """The key of the push, and what was replied to it from elsewhere."""
    kept = msgspec.msgpack.decode(row.data, type=KeptLate)
    return kept.key, [msgspec.convert(reply, REPLIES[kind]) for kind, reply in kept.replies]


_READ: Final[dict[str, Callable[[Work], object]]] = {
    PUSH: read_push,
    ANSWER: read_answer,
    LATE: read_late,
}


def claim_of(row: Work) -> str:
    """The key of the push that a row is about."""
    return row.key.rpartition("#")[0] if row.kind == LATE else row.key
