"""What all processes of an account know of one person: who has them, what was answered, what may be sent.

One record in the shared state, changed by compare-and-swap. A process takes the person before it touches a message of
theirs and lays them down when nothing of theirs is under way, so that everything about one person (order, joins,
waiting answers, allowance) happens in one process at a time, by the same code as with a single process.

    record says         found by              decision
    nothing             anybody               Take, with everything of theirs in the inbox
    nobody has them     anybody               Take; with what waits in the inbox, if anything does
    I have them         me                    Take (again: the write before was not sure to have happened)
    another has them    anybody               Ask whether it is dead
                        … and it is dead      Take, with everything of theirs in the inbox
                        … and it lives        Pass the delivery on to it
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from .. import facts
from ..reasons import NOT_JSON

if TYPE_CHECKING:
    from ..state import State

ANSWERED_S = 60.0
"""How long an answer stays for WeChat's repeats, which span 15 seconds."""
MOST_ANSWERED = 8
LARGEST_BODY = 8_192
"""Bytes of an answer that is kept; a repeat of a push with a longer one is answered with `success`."""
SUCCESS = b"success"
"""The answer that shows the person nothing."""
MOST_SEEN = 300
"""Pushes of one person within the replay window that are remembered."""


class Answered(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The answer to a push, and when the push came (unix seconds)."""

    key: str
    body: bytes
    at: float


Windows: TypeAlias = tuple[int, float, int, float]
"""What a person's last message and last act allow: how many customer-service messages are left, and until when (unix
seconds), of each."""
Noted: TypeAlias = tuple[str, int, bytes | None, float]
"""A push: its key, the key `hashed`, the answer, None if there is none, and when it came (unix seconds)."""


class PersonRecord(msgspec.Struct, array_like=True, gc=False):
    """One person, for all processes. Times are unix seconds."""

    owner: str = ""
    """The process that has them; empty: none."""
    waiting: int = 0
    """How many rows in the inbox are theirs: whoever takes them loads these first."""
    windows: Windows | None = None
    """What may be sent to them; None: it is not known."""
    answered: list[Answered] = []
    seen: list[tuple[int, float]] = []
    """A hash of each push of the last minutes, and when it came: none is taken twice."""
    expected: list[tuple[str, float]] = []
    """Pushes whose answers come from elsewhere and for which they were told to ask, and until when."""

    forgotten: float = 0.0
    """Until when answers are to be forgotten, because the person's data was erased; 0: never."""

    def answer(self, key: str) -> bytes | None:
        """What a push was answered with, if that is still kept."""
        return next((kept.body for kept in reversed(self.answered) if kept.key == key), None)

    def saw(self, mark: int) -> bool:
        """Whether a push was taken before; `mark` is its key `hashed`."""
        return any(number == mark for number, _ in self.seen)

    def finished(self, key: str) -> bool:
        """Whether a push was dealt with to its end by the process that had the person then."""
        return self.answer(key) is not None or self.saw(hashed(key))

    def note(self, pushes: Sequence[Noted], now: float, remembered_s: float) -> None:
        """Remember pushes for `remembered_s` seconds, and their answers for a minute after the push came; forget what
        is older."""
        seen = [entry for entry in self.seen if entry[1] > now - remembered_s] if self.seen else []
        answered = [entry for entry in self.answered if entry.at > now - ANSWERED_S] if self.answered else []
        for key, mark, body, came in pushes:
            seen.append((mark, now))
            if body is not None and came > now - ANSWERED_S:
                answered.append(Answered(key, body if len(body) <= LARGEST_BODY else SUCCESS, came))
        self.seen, self.answered = seen[-MOST_SEEN:], answered[-MOST_ANSWERED:]

    def forget(self, until: float) -> None:
        """Forget what was said in answer to pushes that came until then; a repeat of one is answered with `success`."""
        self.forgotten = until
        self.answered = [
            kept if kept.at > until else Answered(kept.key, SUCCESS, kept.at) for kept in self.answered
        ]


class Take(msgspec.Struct, frozen=True, gc=False):
    """Take the person; `load`: everything of theirs in the inbox comes along."""

    load: bool


class AskWhetherDead(msgspec.Struct, frozen=True, gc=False):
    """Find out whether the process that has them is dead; then decide again."""

    owner: str


class PassOn(msgspec.Struct, frozen=True, gc=False):
    """Hand the delivery to the process that has them."""

    owner: str


Decision: TypeAlias = Take | AskWhetherDead | PassOn


TAKE, TAKE_AND_LOAD = Take(load=False), Take(load=True)


def decide(record: PersonRecord | None, me: str, dead: bool | None = None) -> Decision:
    """What a process does about a person whose message came in; `dead`: whether their process is, None: not known."""
    if record is None or record.owner == me:
        return TAKE_AND_LOAD
    if not record.owner:
        return TAKE_AND_LOAD if record.waiting else TAKE
    if dead is None:
        return AskWhetherDead(record.owner)
    return TAKE_AND_LOAD if dead else PassOn(record.owner)


def left(windows: Windows, now: float) -> int:
    """How many messages may still be sent: the better of the two windows counts."""
    after_message, message_until, after_act, act_until = windows
    return max(after_message if now < message_until else 0, after_act if now < act_until else 0)


def spent(windows: Windows, count: int) -> Windows:
    """What is left after so many messages more, which count in both windows; negative: not sent after all."""
    after_message, message_until, after_act, act_until = windows
    return (
        min(max(0, after_message - count), facts.AFTER_MESSAGE),
        message_until,
        min(max(0, after_act - count), facts.AFTER_ACT),
        act_until,
    )


def record_key(appid: str, openid: str) -> str:
    """The key of a person's record in the shared state."""
    return f"person|{appid}|{openid}"


def hashed(key: str) -> int:
    """The same number for a push in every process; never 0."""
    return int.from_bytes(blake2b(key.encode(), digest_size=7).digest()) | 1


_encoder, _decoder = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(PersonRecord)


def written(record: PersonRecord) -> bytes:
    return _encoder.encode(record)


def read(data: bytes) -> PersonRecord:
    """The record; an empty one for data that means nothing."""
    try:
        return _decoder.decode(data)
    except NOT_JSON:
        return PersonRecord()


Change: TypeAlias = Callable[[PersonRecord], PersonRecord]


async def change(state: State, key: str, changed: Change, ttl_s: float) -> str:
    """Change the record under this key while nobody has the person, by compare-and-swap; it then stays for `ttl_s`
    seconds. Gives the name of the process that has them, the record being as it was; else an empty text, also when
    nothing is recorded. Raises StateDown."""
    while (found := await state.get(key)) is not None:
        record = read(found.data)
        if record.owner:
            return record.owner
        if await state.put(key, written(changed(record)), replaces=found.version, ttl_s=ttl_s):
            break
    return ""


async def forget_answers(state: State, key: str) -> None:
    """Remove from the record under this key what was said to the person, whoever has them: a process that does finds
    out when it lays them down, as the record has another version then. Raises StateDown."""
    while (found := await state.get(key)) is not None:
        record, now = read(found.data), state.clock.now()
        record.forget(now)
        ttl_s = max(found.expires_at - now, ANSWERED_S)
        if await state.put(key, written(record), replaces=found.version, ttl_s=ttl_s):
            return
