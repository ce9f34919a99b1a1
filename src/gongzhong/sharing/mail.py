"""Letters between processes, over the shared state: a delivery goes to the process that has the person, and its answer
comes back.

    process that WeChat asked                          process that has the person
    Ask(number, query, body) ──── queue `to|NAME` ───► verifies and answers it as if it had come to it
    ◄──── value `answer|NUMBER` ─────────────────────  the body for WeChat, or "not mine (any more)"
    ────── value `handed|NUMBER` ────────────────────► knows whether WeChat surely got it

The request is passed on as it came, signature included, and is verified again: a letter carries no more trust than
a request from WeChat.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeAlias

import msgspec

from ..errors import StateDown, say
from ..reasons import NOT_JSON
from ..state import State

log = logging.getLogger("gongzhong.app")

KEPT_S = 30.0
"""How long a letter or an answer waits: longer than WeChat waits for anything."""
ACKNOWLEDGED_WITHIN_S = 3.0
"""How long to wait for the word that an answer was handed to WeChat."""
AGAIN_AFTER_S = 0.1
AT_ONCE = 64
SURE = b"sure"


class Ask(msgspec.Struct, frozen=True, tag="ask", array_like=True):
    """Answer this request; `waits_s` is how long WeChat goes on waiting for it."""

    number: str
    query: dict[str, str]
    body: bytes
    waits_s: float
    appid: str = ""
    """Which of the process's accounts is asked. Empty: a letter of a version whose processes had a name for each."""


class HungUp(msgspec.Struct, frozen=True, tag="gone", array_like=True):
    """WeChat has closed the connection of a request."""

    number: str


class Sent(msgspec.Struct, frozen=True, tag="sent", array_like=True):
    """The program itself sent somebody this many customer-service messages."""

    openid: str
    count: int
    appid: str = ""


class Added(msgspec.Struct, frozen=True, tag="added", array_like=True):
    """Something for a person was put into the inbox from elsewhere."""

    openid: str
    appid: str = ""


Letter: TypeAlias = Ask | HungUp | Sent | Added


async def post(state: State, to: str, letter: Letter) -> None:
    """Put a letter into the queue of the process of this name. Raises StateDown."""
    await state.push(f"to|{to}", msgspec.msgpack.encode(letter), ttl_s=KEPT_S)


class Returned(msgspec.Struct, frozen=True, array_like=True):
    """What comes back: status and body for WeChat, or MOVED."""

    status: int = 200
    body: bytes = b""


MOVED = Returned(421)
"""Another process has the person by now; HTTP's name for it is Misdirected Request. WeChat never gets it."""


class Remote:
    """A delivery that is open at another process. Calling it says whether WeChat has closed the connection."""

    def __init__(self, number: str, state: State) -> None:
        self.hung_up, self.given = False, False
        self.returned: Returned | None = None
        """What was decided, whether or not the other process has it already."""
        self._number, self._state = number, state

    def __call__(self) -> bool:
        return self.hung_up

    async def give(self, returned: Returned) -> None:
        """Let the other process have the answer, once. Raises StateDown."""
        self.returned = returned
        if not self.given:
            data = msgspec.msgpack.encode(returned)
            await self._state.put(answer_key(self._number), data, replaces=0, ttl_s=KEPT_S)
            self.given = True

    async def hand(self, body: bytes) -> bool:
        """Give the body for WeChat; whether it surely got there, False when no word of that comes in time."""
        loop = asyncio.get_running_loop()
        ends = loop.time() + ACKNOWLEDGED_WITHIN_S
        while not self.hung_up and loop.time() < ends:
            try:
                await self.give(Returned(200, body))
                found = await self._state.wait(handed_key(self._number), 0, ends - loop.time())
            except StateDown:
                await asyncio.sleep(AGAIN_AFTER_S)
            else:
                return found is not None and found.data == SURE
        return False


Serve: TypeAlias = Callable[[Ask, Remote], Awaitable[Returned]]
"""Answers a request that another process passed on."""


class Mail:
    """The letters of one process. `serve` answers requests, `sent` hears of messages that others' programs sent,
    `added` of people for whom something was put into the inbox."""

    def __init__(
        self,
        state: State,
        serve: Serve,
        sent: Callable[[Sent], None],
        added: Callable[[Added], None] | None = None,
    ) -> None:
        self._state, self._serve, self._sent, self._added = state, serve, sent, added
        self._remotes: dict[str, Remote] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def send(self, to: str, letter: Letter) -> None:
        """Put a letter into another process's queue. Raises StateDown."""
        await post(self._state, to, letter)

    async def handed(self, number: str, sure: bool) -> None:
        """Say whether an answer was written to a connection that WeChat had open; again while the state is down."""
        for _ in range(round(ACKNOWLEDGED_WITHIN_S / AGAIN_AFTER_S)):
            try:
                await self._state.put(handed_key(number), SURE if sure else b"", replaces=0, ttl_s=KEPT_S)
            except StateDown:
                await asyncio.sleep(AGAIN_AFTER_S)
            else:
                return

    async def fetch(self, name: str) -> None:
        """Take in the letters to the process of this name. Raises StateDown."""
        for data in await self._state.take(f"to|{name}", AT_ONCE):
            try:
                letter = msgspec.msgpack.decode(data, type=Letter)
            except NOT_JSON:  # of another version; those after it are not lost
                log.error(
                    say(
                        "读不懂另一个进程的来信，跳过", "a letter of another process cannot be read: left out"
                    )
                )
                continue
            self._read(letter)

    def _read(self, letter: Letter) -> None:
        match letter:
            case Ask(number):
                remote = self._remotes.get(number)
                if remote is None:
                    remote = self._remotes[number] = Remote(number, self._state)
                    loop = asyncio.get_running_loop()
                    loop.call_later(
                        2 * KEPT_S, self._remotes.pop, number
                    )  # the letter may come again until then
                    self._aside(self._answer(letter, remote))
                elif remote.returned is not None:  # the letter came again: the answer may not have arrived
                    self._aside(self._give(remote, remote.returned))
            case HungUp(number) if number in self._remotes:
                self._remotes[number].hung_up = True
            case Sent():
                self._sent(letter)
            case Added() if self._added is not None:
                self._added(letter)

    async def _answer(self, letter: Ask, remote: Remote) -> None:
        await self._give(remote, await self._serve(letter, remote))

    async def _give(self, remote: Remote, returned: Returned) -> None:
        with suppress(StateDown):
            await remote.give(returned)

    def _aside(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something that nobody waits for."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def answer(self, number: str, timeout_s: float) -> Returned | None:
        """Wait for an answer from another process; None when there is none in that time. Raises StateDown."""
        found = await self._state.wait(answer_key(number), 0, timeout_s)
        return None if found is None else msgspec.msgpack.decode(found.data, type=Returned)


def answer_key(number: str) -> str:
    return f"answer|{number}"


def handed_key(number: str) -> str:
    return f"handed|{number}"


def new_number() -> str:
    return secrets.token_hex(12)
