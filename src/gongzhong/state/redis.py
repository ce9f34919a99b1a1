"""State in Redis 6 or newer, or Valkey: for any number of processes and hosts, where such a server is there already.

Each operation is one Lua script, which Redis carries out alone; the time is one of its arguments. The server's own
expiry only tidies up, KEPT_S later. What many tasks ask at once goes out together. The server must not evict keys
(`maxmemory-policy noeviction`): a lease that vanishes early would be granted twice.

    PREFIXnumber        the last version or fence given
    PREFIXv:KEY         hash: data, version, expires_at (unix seconds)
    PREFIXl:KEY         hash: holder, number, until; gone when it is released
    PREFIXc:KEY         hash: count, until
    PREFIXq:QUEUE       items by number; beside it QUEUE's o: numbers in order, e: numbers by their end
    PREFIXchanged:KEY   channel on which every write of a value is told
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

import msgspec
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.connection import AbstractConnection, ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, RedisError, ResponseError

from ..account import Secret
from ..clock import Clock
from ..errors import SetupError, StateDown
from .base import BaseState, Watch
from .protocol import FENCE_KEPT_S, LONGEST_LEASE_S, Fence, Versioned, Write, next_number
from .redis_scripts import ADD, DELETE, GET, LEASE, PUSH, PUT, PUT_MANY, RELEASE, TAKE, Script

log = logging.getLogger("gongzhong.state")

PREFIX: Final = "gongzhong:"
KEPT_S: Final = 60.0
"""How much longer than its life by our clock the server keeps a key, so that only our clock decides."""
MOST_AT_ONCE: Final = 200
"""Calls in one batch."""
MOST_BATCHES: Final = 3
"""Batches under way in one event loop, each on a connection of its own."""
SOCKET_S: Final = 1.5
LISTEN_AGAIN_S: Final = 1.0
IDLE_S: Final = 0.5
"""A connection that was not used for so long is looked at before it is used again."""

Argument: TypeAlias = str | bytes | int | float


class RedisState(BaseState):
    """`State` in a Redis or Valkey server. `prefix` keeps several programs on one server apart."""

    def __init__(
        self, url: str, clock: Clock | None = None, *, prefix: str = PREFIX, **bounds: float
    ) -> None:
        super().__init__(clock, **bounds)
        self._server = Server(url)
        self._prefix = prefix
        self._parents: list[object] = []
        self._begin()

    def _begin(self) -> None:
        self._lanes: dict[asyncio.AbstractEventLoop, Lane] = {}

    def _after_fork(self) -> None:
        super()._after_fork()
        self._parents.extend(
            self._lanes.items()
        )  # kept, so that nothing ends the parent's connections from here
        self._begin()

    async def close(self) -> None:
        here = asyncio.get_running_loop()
        self._server.closed = True
        for loop, lane in list(self._lanes.items()):
            if loop is here:
                await lane.close()

    async def _get(self, key: str, now: float) -> Versioned | None:
        found = await self._call(GET, [f"v:{key}"], now)
        return stored(found) if found else None

    async def _put(
        self, key: str, data: bytes, replaces: int, now: float, expires_at: float, fence: Fence | None
    ) -> int | None:
        lease, number = fence or ("", "")
        return whole(
            await self._call(
                PUT,
                [f"v:{key}", f"l:{lease}", "number", f"changed:{key}"],
                *(now, replaces, number, FENCE_KEPT_S),
                *(next_number(0, now), data, expires_at, kept_ms(expires_at - now)),
            )
        )

    async def _put_many(
        self, writes: Sequence[Write], now: float, expires_at: float
    ) -> list[int | Versioned | None]:
        prefix = f"{self._prefix}v:"
        listed = [(prefix + key, str(replaces), len(data)) for key, data, replaces in writes]
        outcomes = await self._call(
            PUT_MANY,
            ["number"],
            *(now, next_number(0, now), expires_at, kept_ms(expires_at - now)),
            msgspec.msgpack.encode(listed),
            b"".join(data for _, data, _ in writes),
        )
        return [stored(outcome) if isinstance(outcome, list) else whole(outcome) for outcome in outcomes]

    async def _delete(self, key: str, replaces: int, now: float, fence: Fence | None) -> bool:
        lease, number = fence or ("", "")
        return bool(await self._call(DELETE, [f"v:{key}", f"l:{lease}"], now, replaces, number, FENCE_KEPT_S))

    async def _lease(self, key: str, holder: str, now: float, until: float) -> int | None:
        kept = kept_ms(until - now + FENCE_KEPT_S)
        first = next_number(0, now)
        return whole(
            await self._call(LEASE, [f"l:{key}", "number"], now, LONGEST_LEASE_S, holder, first, until, kept)
        )

    async def _release(self, key: str, fence: int, now: float) -> bool:
        return bool(await self._call(RELEASE, [f"l:{key}"], now, LONGEST_LEASE_S, fence))

    async def _add(self, key: str, n: int, limit: int | None, now: float, expires_at: float) -> int | None:
        most = "" if limit is None else limit
        return whole(await self._call(ADD, [f"c:{key}"], now, n, most, expires_at, kept_ms(expires_at - now)))

    async def _push(
        self, queue: str, data: bytes, limit: int | None, now: float, expires_at: float, fence: Fence | None
    ) -> int | None:
        lease, number = fence or ("", "")
        return whole(
            await self._call(
                PUSH,
                [f"q:{queue}", f"o:{queue}", f"e:{queue}", f"l:{lease}", "number"],
                *(now, "" if limit is None else limit, number, FENCE_KEPT_S),
                *(next_number(0, now), data, expires_at, kept_ms(expires_at - now)),
            )
        )

    async def _take(self, queue: str, n: int, now: float) -> list[bytes]:
        taken: list[bytes] = await self._call(TAKE, [f"q:{queue}", f"o:{queue}", f"e:{queue}"], now, n)
        return taken

    async def _call(self, wanted: Script, keys: Sequence[str], *arguments: Argument) -> Any:
        return await self._lane().call(wanted, [self._prefix + key for key in keys], arguments)

    def _lane(self) -> Lane:
        if self._server.closed:
            raise StateDown("共享状态已关闭", "the shared state was closed")
        loop = asyncio.get_running_loop()
        lane = self._lanes.get(loop)
        if lane is None:
            for ended in [other for other in list(self._lanes) if other.is_closed()]:
                del self._lanes[ended]
            lane = self._lanes[loop] = Lane(self._server, f"{self._prefix}changed:", super()._notify)
        return lane

    @contextmanager
    def _watched(self, key: str) -> Iterator[Watch]:
        lane = self._lane()
        lane.watch(key)
        try:
            with super()._watched(key) as watch:
                yield watch
        finally:
            lane.forget(key)


class Server:
    """A checked address; its password is never printed."""

    def __init__(self, url: str) -> None:
        scheme, separator, rest = url.strip().partition("://")
        known = {"redis": "redis", "valkey": "redis", "rediss": "rediss", "valkeys": "rediss", "unix": "unix"}
        try:
            parts = urlsplit(f"{known[scheme.lower()]}://{rest}")
            if not separator or parts.fragment:
                raise ValueError
            self._address = Secret(parts.geturl())
            port = f":{parts.port}" if parts.port else ""
            self.place = f"{scheme.lower()}://{parts.hostname or ''}{port}{parts.path}"
            self.client()
        except (KeyError, ValueError):
            raise SetupError(
                "Redis 地址写得不对",
                "the address of Redis is wrong",
                fix_zh="例如 redis://:password@127.0.0.1:6379/0；TLS 用 rediss://；密码中的特殊字符写成 %40 这样的编码",
                fix_en="redis://:password@127.0.0.1:6379/0 for example; rediss:// for TLS; odd characters of it as %40",
            ) from None
        self.closed = False

    def __repr__(self) -> str:
        return f"Server({self.place!r})"

    def client(self) -> Redis:
        """A client without repeats of its own: a repeated addition would count twice."""
        return Redis.from_url(
            self._address.reveal(),
            protocol=2,
            retry=Retry(NoBackoff(), 0),
            socket_timeout=SOCKET_S,
            socket_connect_timeout=SOCKET_S,
            max_connections=2,
        )

    def pool(self) -> ConnectionPool:
        """Makes connections on which batches go out. Whoever uses one sets its own time limit."""
        return Redis.from_url(
            self._address.reveal(),
            protocol=2,
            retry=Retry(NoBackoff(), 0),
            socket_timeout=None,
            socket_connect_timeout=SOCKET_S,
        ).connection_pool

    def down(self, problem: Exception) -> StateDown:
        """What went wrong, in Redis's first word at most: the rest may quote what was sent."""
        word = str(problem).partition(" ")[0] if isinstance(problem, ResponseError) else ""
        name = word if word.isalpha() and word.isupper() else type(problem).__name__
        return StateDown(
            f"{self.place} 没有执行（{name}）",
            f"{self.place} did not carry it out ({name})",
            fix_zh="检查 Redis 是否在运行、地址和密码是否正确、内存是否用完",
            fix_en="check that Redis runs, that address and password are right, and that memory is left",
        )


class Facts(msgspec.Struct, frozen=True):
    """What a server says of itself; None for what it does not tell."""

    appends: bool | None
    """Whether it writes to a file what it is told (`appendonly`)."""
    evicts: bool | None
    """Whether it throws keys away when its memory is full."""
    time: float
    """Its clock, in unix seconds."""


async def ask_server(url: str) -> Facts:
    """What the server of an address says of itself. Raises SetupError for a wrong address, StateDown when it is out of
    reach."""
    server = Server(url)
    client = server.client()
    try:
        told: dict[str, Any] = await client.info("everything")
        seconds, micros = await client.time()
    except (RedisError, OSError) as problem:
        raise server.down(problem) from None
    finally:
        await client.aclose()
    policy = told.get("maxmemory_policy")
    return Facts(
        appends=bool(told["aof_enabled"]) if "aof_enabled" in told else None,
        evicts=bool(told.get("maxmemory")) and policy != "noeviction" if policy else None,
        time=seconds + micros / 1e6,
    )


@dataclass(slots=True, eq=False)
class Call:
    """One script on its way, and the task that waits for it."""

    script: Script
    keys: list[str]
    arguments: Sequence[Argument]
    answer: asyncio.Future[Any]

    def words(self) -> tuple[Argument, ...]:
        return ("EVALSHA", self.script.sha, len(self.keys), *self.keys, *self.arguments)

    def settle(self, outcome: object) -> None:
        if self.answer.done():
            return
        if isinstance(outcome, Exception):
            self.answer.set_exception(outcome)
        else:
            self.answer.set_result(outcome)


class Lane:
    """The connections of one event loop: calls that wait are sent together, changes are listened for."""

    def __init__(self, server: Server, channels: str, changed: Callable[[str], None]) -> None:
        self._server, self._channels, self._changed = server, channels, changed
        self._client, self._pool = server.client(), server.pool()
        self._idle: list[tuple[AbstractConnection, float]] = []
        """Connections that carry no batch now, and since when (in the loop's seconds)."""
        self._calls: deque[Call] = deque()
        self._sending = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._watched: dict[str, int] = {}
        self._hearing: asyncio.Task[None] | None = None
        self._pubsub: PubSub | None = None
        self._subscribed: set[str] = set()
        self._subscribing = asyncio.Lock()

    async def call(self, wanted: Script, keys: list[str], arguments: Sequence[Argument]) -> Any:
        call = Call(wanted, keys, arguments, asyncio.get_running_loop().create_future())
        self._calls.append(call)
        if self._sending < MOST_BATCHES:
            self._sending += 1
            self._aside(self._send)
        return await call.answer

    async def close(self) -> None:
        tasks = [*self._tasks, *([self._hearing] if self._hearing else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for call in self._calls:
            call.settle(StateDown("共享状态已关闭", "the shared state was closed"))
        with suppress(RedisError, OSError):
            await self._client.aclose()
        while self._idle:
            with suppress(RedisError, OSError):
                await self._idle.pop()[0].disconnect(nowait=True)

    async def _send(self) -> None:
        try:
            while self._calls:
                batch = [self._calls.popleft() for _ in range(min(len(self._calls), MOST_AT_ONCE))]
                await self._carry_out([call for call in batch if not call.answer.done()])
        finally:
            self._sending -= 1

    async def _carry_out(self, batch: list[Call]) -> None:
        try:
            unknown = await self._attempt(batch)
            if unknown:
                for text in {call.script.text for call in unknown}:
                    await self._client.script_load(text)
                for call in await self._attempt(unknown):
                    call.settle(self._server.down(NoScriptError("NOSCRIPT")))
        except (RedisError, OSError, TimeoutError) as problem:
            for call in batch:
                call.settle(self._server.down(problem))
        except BaseException:
            for call in batch:
                call.settle(StateDown("共享状态已关闭", "the shared state was closed"))
            raise

    async def _attempt(self, batch: list[Call]) -> list[Call]:
        """Send a batch; gives the calls whose script the server does not know, which it did not carry out."""
        if not batch:
            return []
        unknown = []
        for call, outcome in zip(batch, await self._exchanged(batch), strict=True):
            if isinstance(outcome, NoScriptError):
                unknown.append(call)
            else:
                call.settle(self._server.down(outcome) if isinstance(outcome, Exception) else outcome)
        return unknown

    def _connection(self) -> AbstractConnection:
        made: AbstractConnection = self._pool.make_connection()  # type: ignore[no-untyped-call]
        return made

    async def _exchanged(self, batch: list[Call]) -> list[object]:
        """What the server answers to each call. A pipeline of the client's would cost more than what it carries."""
        loop = asyncio.get_running_loop()
        connection, since = self._idle.pop() if self._idle else (self._connection(), -IDLE_S)
        outcomes: list[object] = []
        try:
            async with asyncio.timeout(SOCKET_S):
                if loop.time() >= since + IDLE_S:  # the server may have closed it meanwhile
                    await self._pool.ensure_connection(connection)
                packed = connection.pack_commands(call.words() for call in batch)
                await connection.send_packed_command(packed, check_health=False)
                for _ in batch:
                    try:
                        outcomes.append(await connection.read_response())
                    except ResponseError as refused:
                        outcomes.append(refused)
        except BaseException:
            with suppress(RedisError, OSError):
                await connection.disconnect(nowait=True)
            raise
        self._idle.append((connection, loop.time()))
        return outcomes

    def watch(self, key: str) -> None:
        """Hear of this key's changes from now on."""
        self._watched[key] = self._watched.get(key, 0) + 1
        if self._hearing is None:
            self._hearing = asyncio.get_running_loop().create_task(self._hear())
        elif self._watched[key] == 1:
            self._aside(self._subscribe)

    def forget(self, key: str) -> None:
        self._watched[key] -= 1
        if not self._watched[key]:
            del self._watched[key]
            self._aside(self._subscribe)

    async def _hear(self) -> None:
        """Pass on changes until nobody waits any more; polling goes on meanwhile whatever happens here."""
        while self._watched:
            self._pubsub, self._subscribed = self._client.pubsub(), set()
            try:
                await self._subscribe()
                while self._watched:
                    message = await self._pubsub.get_message(
                        ignore_subscribe_messages=True, timeout=LISTEN_AGAIN_S
                    )
                    if message is not None:
                        self._changed(message["channel"].decode().removeprefix(self._channels))
            except (RedisError, OSError):
                await asyncio.sleep(LISTEN_AGAIN_S)
            finally:
                pubsub, self._pubsub = self._pubsub, None
                await pubsub.aclose()  # type: ignore[no-untyped-call]
        self._hearing = None

    async def _subscribe(self) -> None:
        """Bring the channels in line with the keys that are waited for; one task at a time."""
        async with self._subscribing:
            wanted = {self._channels + key for key in self._watched}
            new, old = wanted - self._subscribed, self._subscribed - wanted
            if self._pubsub is None or not wanted:
                return
            self._subscribed = wanted
            if new:
                await self._pubsub.subscribe(*new)
            if old:
                await self._pubsub.unsubscribe(*old)

    def _aside(self, work: Callable[[], Awaitable[None]]) -> None:
        async def quietly() -> None:
            with suppress(RedisError, OSError):
                await work()

        task = asyncio.get_running_loop().create_task(quietly())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def stored(fields: list[bytes]) -> Versioned:
    """A value as the server gives its fields."""
    data, version, expires_at = fields
    return Versioned(data, int(version), float(expires_at))


def whole(text: bytes | int | None) -> int | None:
    """A number as Lua gives it."""
    return None if text is None else int(text)


def kept_ms(seconds: float) -> int:
    return int((seconds + KEPT_S) * 1000) + 1
