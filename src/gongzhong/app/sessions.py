"""What an account remembers about a user between two messages.

A `Session` is a dict for handlers that ask for one: loaded before, saved after, gone when nobody has written for a
while. The store behind it sees only bytes under a key, so that a table or a cache server can take its place; values
must therefore be JSON.

No update is lost without a word:

* Handlers that run for one user at the same time in one process share one live session: neither overwrites what the
  other wrote.
* Several processes: what is saved is the difference that this process made, laid over what the store has by then. When
  both changed the same key, the later one stays and a warning names the key. A store with `swap` makes this exact; with
  `load` and `save` alone a write that falls into the moment between the two is overwritten.
* A store that fails or takes more than STORE_S to save costs the person no answer: an error is logged, the reply goes
  out, and what the handler changed is lost. One that fails or takes too long to load is the handler's failure: it must
  not run without knowing what was said before.

Beside the dict a session holds the person's place in a dialogue (see `dialogues`), saved in the same way.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Protocol, runtime_checkable

import msgspec

from ..clock import Clock
from ..config import Replies
from ..errors import HandlerError, say
from ..reasons import NOT_JSON

log = logging.getLogger("gongzhong.app")

LIFETIME_S = Replies().session_lifetime_s
"""How long an untouched session lives by default, in seconds."""
STORE_S = 3.0
"""How long a store may take to load or to save, in seconds; with a handler in between WeChat still gets its answer."""
PLACE = "gongzhong.dialogue"
"""The key under which a person's place in a dialogue is stored, beside the handlers' own keys."""
MISSING = object()


class SessionStore(Protocol):
    """Where sessions are kept. Keys are opaque; an expired or unknown key loads as None."""

    async def load(self, key: str) -> bytes | None: ...

    async def save(self, key: str, data: bytes, lifetime_s: float) -> None: ...

    async def delete(self, key: str) -> None: ...


@runtime_checkable
class SwappingStore(Protocol):
    """A store that can also replace a value only if it is still what was loaded: for several processes."""

    async def swap(self, key: str, loaded: bytes | None, data: bytes | None, lifetime_s: float) -> bool:
        """Save `data` (None: delete) if the key still holds `loaded` (None: nothing). False: it holds something else,
        and nothing was changed."""
        ...


class MemorySessionStore:
    """Sessions of one process: gone with it, and the longest untouched go first when there are too many."""

    def __init__(self, clock: Clock | None = None, most: int = 100_000) -> None:
        self._clock = clock or Clock()
        self._most = most
        self._kept: OrderedDict[str, tuple[bytes, float]] = OrderedDict()

    async def load(self, key: str) -> bytes | None:
        return self._current(key)

    async def save(self, key: str, data: bytes, lifetime_s: float) -> None:
        self._put(key, data, lifetime_s)

    async def delete(self, key: str) -> None:
        self._kept.pop(key, None)

    async def swap(self, key: str, loaded: bytes | None, data: bytes | None, lifetime_s: float) -> bool:
        if self._current(key) != loaded:
            return False
        if data is None:
            self._kept.pop(key, None)
        else:
            self._put(key, data, lifetime_s)
        return True

    def _current(self, key: str) -> bytes | None:
        kept = self._kept.get(key)
        if kept is None:
            return None
        data, expires_at = kept
        if expires_at <= self._clock.now():
            del self._kept[key]
            return None
        return data

    def _put(self, key: str, data: bytes, lifetime_s: float) -> None:
        self._kept[key] = (data, self._clock.now() + lifetime_s)
        self._kept.move_to_end(key)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)


class Place(msgspec.Struct, frozen=True):
    """Where a person is in a dialogue: its name, the step whose turn it is, what they said so far, until when (unix
    seconds) an answer is expected, and how long the dialogue waits for one (seconds)."""

    dialogue: str
    step: str
    data: dict[str, Any]
    until: float
    timeout_s: float


class Session(dict[str, Any]):
    """A user's dict. Values must be JSON: texts, numbers, booleans, None, lists and dicts of these."""

    def __init__(self, data: bytes | None = None) -> None:
        fields = _decoded(data)
        place = fields.pop(PLACE, None)
        super().__init__(fields)
        self.place = _place(place)
        self.loaded = data
        """What the store held when this process last looked."""
        self.turn = asyncio.Lock()
        """Held by the step of a dialogue that is running: the steps of one person run one after another."""

    def fields(self) -> tuple[dict[str, Any], HandlerError | None]:
        """What is to be stored, and the error for a key that cannot be: it is taken out, so that the rest is kept."""
        fields: dict[str, Any] = {}
        problem: HandlerError | None = None
        for key, value in list(self.items()):
            try:
                fields[_key(key)] = as_json(f"session[{key!r}]", value)
            except HandlerError as found:
                problem = found
                del self[key]
        if self.place is not None:
            fields[PLACE] = msgspec.to_builtins(self.place)
        return fields, problem


def _key(key: object) -> str:
    if isinstance(key, str) and key != PLACE:
        return key
    raise HandlerError(
        f"会话的键必须是文字（{PLACE} 除外），而不是 {type(key).__name__}",
        f"the keys of a session are texts (other than {PLACE}), not {type(key).__name__}",
    )


def as_json(name: str, value: Any) -> Any:
    """The value as JSON has it. Raises HandlerError that says `name`, never the value, when JSON has no such thing."""
    try:
        return msgspec.json.decode(msgspec.json.encode(value))
    except (TypeError, ValueError, RecursionError, msgspec.MsgspecError) as problem:
        kind = type(value).__name__
        raise HandlerError(
            f"{name} 存不了：{kind} 不能（或不能全部）用 JSON 表示",
            f"{name} cannot be stored: {kind} is not (or not wholly) JSON",
            fix_zh="会话里只能放文字、数字、真假、None，以及由它们组成的列表和字典",
            fix_en="a session holds texts, numbers, booleans, None, and lists and dicts of these",
        ) from (None if isinstance(problem, RecursionError) else problem)


class Loan:
    """One live session and how many handlers hold it."""

    def __init__(self, loading: asyncio.Task[Session]) -> None:
        self.loading = loading
        self.holders = 0
        self.saving = asyncio.Lock()


class Sessions:
    """Lends each user's session to the handlers that ask for it."""

    def __init__(self, store: SessionStore, appid: str, lifetime_s: float = LIFETIME_S) -> None:
        self._store = store
        self._appid = appid
        self._lifetime_s = lifetime_s
        self._loans: dict[str, Loan] = {}

    @asynccontextmanager
    async def borrow(self, openid: str) -> AsyncIterator[Session]:
        """The user's session while a handler runs; saved at the end, also when the handler failed."""
        key = f"{self._appid}:{openid}"
        loan = self._loans.get(key)
        if loan is None:
            loan = self._loans[key] = Loan(asyncio.ensure_future(self._load(key)))
        loan.holders += 1
        try:
            session = await asyncio.shield(loan.loading)
            try:
                yield session
            finally:
                async with loan.saving:
                    await self._save_in_time(key, session)
        finally:
            loan.holders -= 1
            if not loan.holders:
                del self._loans[key]

    async def forget(self, openid: str) -> None:
        """Delete a user's session; one that a handler has at this moment is saved again at its end."""
        await self._store.delete(f"{self._appid}:{openid}")

    async def _load(self, key: str) -> Session:
        try:
            async with asyncio.timeout(STORE_S):
                return Session(await self._store.load(key))
        except TimeoutError as problem:
            raise HandlerError(
                f"会话的存储 {STORE_S:g} 秒内没有应答",
                f"the session store did not answer within {STORE_S:g} s",
                fix_zh="检查存储是否可达、是否过载",
                fix_en="check whether the store can be reached and is not overloaded",
            ) from problem

    async def _save_in_time(self, key: str, session: Session) -> None:
        """Save; a store that fails is logged. Raises HandlerError for what cannot be stored."""
        try:
            async with asyncio.timeout(STORE_S):
                await self._save(key, session)
        except HandlerError:
            raise
        except Exception as problem:  # without its text, in which stores quote what they were given
            log.error(
                say("会话没有保存（%s）：openid=%s", "a session was not saved (%s): openid=%s"),
                type(problem).__name__,
                key.partition(":")[2],
            )

    async def _save(self, key: str, session: Session) -> None:
        fields, problem = session.fields()
        lifetime_s = max(self._lifetime_s, session.place.timeout_s if session.place else 0.0)
        before, held = _decoded(session.loaded), session.loaded
        swap = self._store.swap if isinstance(self._store, SwappingStore) else None
        if swap is None:
            held = await self._store.load(key)
        while True:
            merged = fields if held == session.loaded else _merged(fields, before, _decoded(held))
            data = msgspec.json.encode(merged) if merged else None
            if swap is None:
                await self._write(key, held, data, lifetime_s)
                break
            if await swap(key, held, data, lifetime_s):
                break
            held = await self._store.load(key)
        session.loaded = data
        if merged is not fields:
            _take_over(session, fields, merged)
        if problem is not None:
            raise problem

    async def _write(self, key: str, held: bytes | None, data: bytes | None, lifetime_s: float) -> None:
        if data is not None:
            await self._store.save(key, data, lifetime_s)
        elif held is not None:
            await self._store.delete(key)


def _decoded(data: bytes | None) -> dict[str, Any]:
    try:
        return msgspec.json.decode(data, type=dict[str, Any]) if data else {}
    except NOT_JSON:
        log.error(say("存储里的会话读不懂，从空会话开始", "a stored session cannot be read and begins anew"))
        return {}


def _place(stored: Any) -> Place | None:
    try:
        return None if stored is None else msgspec.convert(stored, Place)
    except msgspec.ValidationError:
        log.error(
            say("存储里对话的位置读不懂，对话结束", "a stored place in a dialogue cannot be read and ends")
        )
        return None


def _merged(mine: Mapping[str, Any], before: Mapping[str, Any], theirs: dict[str, Any]) -> dict[str, Any]:
    """Their state with the difference between `before` and `mine` laid over it."""
    merged = dict(theirs)
    for key in mine.keys() | before.keys():
        old, new, other = (fields.get(key, MISSING) for fields in (before, mine, theirs))
        if new == old:
            continue
        if other not in (old, new):
            log.warning(
                say(
                    "会话的键 %s 同时被两处修改，保留后写的",
                    "two handlers changed session key %s: the later one stays",
                ),
                key,
            )
        if new is MISSING:
            merged.pop(key, None)
        else:
            merged[key] = new
    return merged


def _take_over(session: Session, fields: Mapping[str, Any], merged: dict[str, Any]) -> None:
    """Show what another process wrote to the handlers that still hold this session."""
    for key in fields.keys() | merged.keys():
        old, new = fields.get(key, MISSING), merged.get(key, MISSING)
        if old == new:
            continue
        if key == PLACE:
            session.place = _place(None if new is MISSING else new)
        elif session.get(key, MISSING) != old:
            continue  # A handler has changed it since; its own saving comes.
        elif new is MISSING:
            session.pop(key, None)
        else:
            session[key] = new
