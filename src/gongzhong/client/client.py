"""The two clients of one account: `Client` blocks, `AsyncClient` is awaited. Everything else they share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from os import PathLike
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

from ..account import Account
from ..catalogue.model import Call, PagedCall
from ..clock import Clock
from ..errors import BadAnswer, SetupError
from ..tracing import Tracing
from .answer_file import AnswerSink
from .budgets import Budgets
from .drivers import drive, drive_awaiting
from .flow import LOOKUP, NO_HEADERS, Caller, CallPolicy, Listener, Order, TicketKind, chance
from .groups import Groups
from .method import Awaiting, Blocking
from .token_store import TokenRecord
from .tokens import Tokens
from .transport import AsyncTransport, Transport, WireReply

R = TypeVar("R")
T = TypeVar("T")


class Client(Groups[Blocking]):
    """Calls WeChat's API and returns the answers. May be used by many threads at once.

    Without a `transport` it sends through urllib3 and closes that itself; it does not
    close a transport that it was given. Share `tokens` and `budgets` among all clients of an account.
    """

    def __init__(
        self,
        account: Account,
        transport: Transport | None = None,
        tokens: Tokens | None = None,
        clock: Clock | None = None,
        *,
        policy: CallPolicy | None = None,
        budgets: Budgets | None = None,
        chance: Callable[[], float] = chance,
        tracing: Tracing | None = None,
    ) -> None:
        self.account = account
        self.clock = clock or Clock()
        self.tokens = tokens or Tokens(clock=self.clock)
        self._owned = transport is None
        self.transport = transport or _urllib3(account)
        self._caller = Caller.of(account, self.tokens, self.clock, policy, budgets, chance, tracing)
        self._open_groups(self)
        self._closed = False

    def _open(self) -> Transport:
        if self._closed:
            raise _closed(self)
        return self.transport

    @property
    def budgets(self) -> Budgets:
        """What is known of the account's quotas."""
        return self._caller.budgets

    @property
    def owner(self) -> str:
        """How `budgets`, which several accounts may share, name this account: `budgets.usages(client.owner)`."""
        return self._caller.owner

    @property
    def listeners(self) -> list[Listener]:
        """Functions that are told of every call that ended, such as a count of messages sent. Append your own."""
        return self._caller.listeners

    @property
    def tracing(self) -> Tracing | None:
        """What makes spans of its calls."""
        return self._caller.tracing

    def perform(self, call: Call[R], *, timeout_s: float | None = None) -> R:
        """Make a call; `timeout_s` bounds one request and its whole answer, in seconds.

        Raises `CallError` when WeChat refuses, `TransportError` when no usable answer came.
        """
        return drive(self._caller.perform(call, timeout_s), self._open())

    def save(self, call: Call[R], path: str | PathLike[str], *, timeout_s: float | None = None) -> R:
        """Make a call that answers a file and write it to `path` as it comes in, never holding all of it.

        Answers a `Download` with `path` and no `content`; where WeChat answers words instead (the address of a
        video), those. A file that does not arrive whole leaves nothing behind. Raises as `perform` does, and
        OSError when the disk refuses.
        """
        return drive(self._caller.save(call, path, timeout_s), self._open())

    def perform_raw(self, call: Call[Any], *, timeout_s: float | None = None) -> WireReply:
        """Make a call under the same rules, but give the answer as it came: for fields not declared yet."""
        return drive(self._caller.raw(call, timeout_s), self._open())

    def walk(self, call: PagedCall[R, T]) -> Iterator[T]:
        """All items of a paged call, fetching each page when it is reached."""
        following: PagedCall[R, T] | None = call
        while following is not None:
            page = self.perform(following)
            yield from following.items(page)
            following = _advanced(following, page)

    def access_token(self) -> str:
        """The current token, for requests that this package does not make. Handle it as a secret."""
        return drive(self._caller.access_token(), self._open()).value.reveal()

    def ticket(self, kind: TicketKind = "jsapi") -> str:
        """The current ticket that pages are signed with. Handle it as a secret."""
        return drive(self._caller.ticket(kind), self._open()).value.reveal()

    def close(self) -> None:
        """Close the transport that this client made, not one that it was given. Later calls raise SetupError."""
        self._closed = True
        if self._owned:
            self.transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Client({self.account.appid})"


class AsyncClient(Groups[Awaiting]):
    """Calls WeChat's API without blocking the event loop. May be used by many tasks, in several loops.

    Without a `transport` it makes connections of its own and closes them itself; it does not
    close a transport that it was given. Share `tokens` and `budgets` among all clients of an account.
    """

    def __init__(
        self,
        account: Account,
        transport: AsyncTransport | None = None,
        tokens: Tokens | None = None,
        clock: Clock | None = None,
        *,
        policy: CallPolicy | None = None,
        budgets: Budgets | None = None,
        chance: Callable[[], float] = chance,
        tracing: Tracing | None = None,
    ) -> None:
        self.account = account
        self.clock = clock or Clock()
        self.tokens = tokens or Tokens(clock=self.clock)
        self._owned = transport is None
        self.transport = transport or _asyncio(account)
        self._caller = Caller.of(account, self.tokens, self.clock, policy, budgets, chance, tracing)
        self._open_groups(self)
        self._closed = False

    def _open(self) -> AsyncTransport:
        if self._closed:
            raise _closed(self)
        return self.transport

    @property
    def budgets(self) -> Budgets:
        """What is known of the account's quotas."""
        return self._caller.budgets

    @property
    def owner(self) -> str:
        """How `budgets`, which several accounts may share, name this account: `budgets.usages(client.owner)`."""
        return self._caller.owner

    @property
    def listeners(self) -> list[Listener]:
        """Functions that are told of every call that ended, such as a count of messages sent. Append your own."""
        return self._caller.listeners

    @property
    def tracing(self) -> Tracing | None:
        """What makes spans of its calls."""
        return self._caller.tracing

    async def perform(self, call: Call[R], *, timeout_s: float | None = None) -> R:
        """Make a call; `timeout_s` bounds one request and its whole answer, in seconds.

        Raises `CallError` when WeChat refuses, `TransportError` when no usable answer came.
        """
        return await drive_awaiting(self._caller.perform(call, timeout_s), self._open())

    async def look_up(self, call: Call[R]) -> R:
        """As `perform`, for what a framework asks by itself: recordings on the platform leave it out."""
        return await drive_awaiting(self._caller.perform(call, headers=LOOKUP), self._open())

    async def save(self, call: Call[R], path: str | PathLike[str], *, timeout_s: float | None = None) -> R:
        """Make a call that answers a file and write it to `path` as it comes in, never holding all of it.

        Answers a `Download` with `path` and no `content`; where WeChat answers words instead (the address of a
        video), those. A file that does not arrive whole leaves nothing behind. Raises as `perform` does, and
        OSError when the disk refuses.
        """
        return await drive_awaiting(self._caller.save(call, path, timeout_s), self._open())

    async def perform_raw(self, call: Call[Any], *, timeout_s: float | None = None) -> WireReply:
        """Make a call under the same rules, but give the answer as it came: for fields not declared yet."""
        return await drive_awaiting(self._caller.raw(call, timeout_s), self._open())

    async def walk(self, call: PagedCall[R, T]) -> AsyncIterator[T]:
        """All items of a paged call, fetching each page when it is reached."""
        following: PagedCall[R, T] | None = call
        while following is not None:
            page = await self.perform(following)
            for item in following.items(page):
                yield item
            following = _advanced(following, page)

    async def access_token(self) -> str:
        """The current token, for requests that this package does not make. Handle it as a secret."""
        return (await drive_awaiting(self._caller.access_token(), self._open())).value.reveal()

    async def ticket(self, kind: TicketKind = "jsapi") -> str:
        """The current ticket that pages are signed with. Handle it as a secret."""
        return (await drive_awaiting(self._caller.ticket(kind), self._open())).value.reveal()

    async def carry(
        self,
        order: Order,
        answer_file: AnswerSink | None = None,
        *,
        headers: Mapping[str, str] = NO_HEADERS,
        timeout_s: float | None = None,
    ) -> tuple[WireReply, int]:
        """Send a request of another program under the same rules; gives its answer and its return code, 0 or not.

        Raises TransportError when no answer came, CallError when there is no access_token to be had.
        """
        steps = self._caller.carried(order, timeout_s, answer_file, headers)
        reply, code, _ = await drive_awaiting(steps, self._open())
        return reply, code

    async def credential(
        self, kind: Literal["access_token"] | TicketKind = "access_token", rejected: TokenRecord | None = None
    ) -> TokenRecord:
        """The current token or ticket with its times and generation; a token newer than `rejected`, if one is given.

        Its value is a `Secret`.
        """
        caller = self._caller
        steps = caller.access_token(rejected) if kind == "access_token" else caller.ticket(kind)
        return await drive_awaiting(steps, self._open())

    async def close(self) -> None:
        """Close the transport that this client made, not one that it was given. Later calls raise SetupError."""
        self._closed = True
        if self._owned:
            await self.transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"AsyncClient({self.account.appid})"


def _closed(client: Client | AsyncClient) -> SetupError:
    return SetupError(
        f"{client!r} 已经关闭，不能再调用接口",
        f"{client!r} is closed and makes no more calls",
        fix_zh="在 with 块里调用，或到程序结束时才 close()；一个程序用一个客户端就够了",
        fix_en="call inside the with block, or close() only when the program ends; one client is enough for a program",
    )


def _advanced(call: PagedCall[R, T], page: R) -> PagedCall[R, T] | None:
    following = call.following(page)
    if following == call:
        raise BadAnswer(
            f"{call.name()} 又给了同一个翻页位置",
            f"{call.name()} gave the same position again",
            fix_zh="停止翻页以免无限循环；请稍后从头再取",
            fix_en="stopped, or it would go on for ever; start over later",
        )
    return following


def _urllib3(account: Account) -> Transport:
    from .transports.network import Network
    from .transports.urllib3_transport import Urllib3Transport

    return Urllib3Transport(network=Network.of(account))


def _asyncio(account: Account) -> AsyncTransport:
    from .transports.asyncio_transport import AsyncioTransport
    from .transports.network import Network

    return AsyncioTransport(network=Network.of(account))
