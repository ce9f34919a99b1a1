"""An official account as a program: handlers in, answers to WeChat out.

    door (ASGI, WSGI, RSGI, or `handle`) ─► PushReader.open ─► messages.parse ─► reply window
        ─► middleware ─► router ─► handler ─► reply ─► PushReader.seal ─► door

Nothing that comes in from outside leads to an exception or a status of 500: what is not a verified push
gets a 4xx with one line that says why, is counted by reason, and never reaches a handler.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self, TypeVar

from ..account import Account
from ..catalogue.base import GetQuota
from ..catalogue.customer_messages import SendCustomerMessage
from ..clock import Clock, RelayClock
from ..errors import CallbackError, SetupError
from ..messages import Reply
from ..wire import PushReader, Query
from .allowance import Allowance
from .answer import Answer
from .asgi import AsgiDoor
from .background import Background, wait_for
from .courier import Courier
from .customer import as_customer_message
from .dispatch import Dispatcher, Middleware
from .outbox import Outbox, Undelivered
from .permission import Permission
from .reception import Reception
from .routing import Router
from .rsgi import RsgiDoor
from .rules import ANSWER_TIMEOUT_S
from .sessions import LIFETIME_S, MemorySessionStore, Sessions, SessionStore
from .window import ReplyWindow
from .work import Work
from .wsgi import WsgiDoor

if TYPE_CHECKING:
    from ..client import AsyncClient, Client

WINDOW_S = 4.5
FAILURE_TEXT = "抱歉，出了点问题，请稍后再试。"
PLACEHOLDER_TEXT = "还在处理中，稍后发送任意消息即可查看结果。"
DRAIN_S = 20.0

M = TypeVar("M", bound=Middleware)


class OfficialAccount(Router):
    """One account's handlers and everything between them and WeChat.

    `window` is how long a handler may take for a passive reply, in seconds. `customer_service` says whether
    the account may send customer-service messages; None finds out from WeChat. `failure_text` is the answer
    when a handler fails (empty: none), `placeholder_text` when the answer must wait for the user's next
    message. `api` and `blocking_api` replace the clients that are otherwise made from the account. An
    instance belongs to the event loop that uses it first; calls from elsewhere are passed there. Raises
    SetupError when the account lacks its Token or EncodingAESKey.
    """

    def __init__(
        self,
        account: Account,
        *,
        api: AsyncClient | None = None,
        blocking_api: Client | None = None,
        clock: Clock | None = None,
        window: float = WINDOW_S,
        customer_service: bool | None = None,
        failure_text: str = FAILURE_TEXT,
        placeholder_text: str = PLACEHOLDER_TEXT,
        sessions: SessionStore | None = None,
        session_lifetime_s: float = LIFETIME_S,
        reader: PushReader | None = None,
        drain_s: float = DRAIN_S,
    ) -> None:
        super().__init__()
        _check_window(window)
        self.account = account
        self.clock = RelayClock(clock or Clock())
        self.counters: Counter[str] = Counter()
        """Deliveries (received, type.…, verified, joined, refused.…), answers (passive, handed_over, held,
        placeholder, customer, late), troubles (handler_errors, customer_failed, parked, not_answerable, undelivered,
        unhandled, internal_errors)."""
        self._given_sessions, self._session_lifetime_s = sessions, session_lifetime_s
        self.sessions = self._new_sessions()
        self._api, self._blocking_api = api, blocking_api
        self._own_api: AsyncClient | None = None
        self._own_blocking_api: Client | None = None
        self._drain_s = drain_s
        self._clock_before: Clock = self.clock.source
        self._loop: asyncio.AbstractEventLoop | None = None
        self._background: Background | None = None
        self._starting = threading.Lock()
        self._permission = Permission(self._ask_permission, self.clock, customer_service)
        self._outbox = Outbox(self.clock)
        self._middleware: list[Middleware] = []
        self._work = self._new_work(failure_text)
        self._reception = self._new_reception(reader, window, placeholder_text)

    @classmethod
    def from_env(cls, **options: Any) -> Self:
        """The account named by GONGZHONG_APPID, _SECRET, _TOKEN, _AES_KEY; options as for the constructor."""
        return cls(Account.from_env(), **options)

    def middleware(self, function: M) -> M:
        """Wrap every handler: `async (push, call_next)`, the first registered outermost.

        `await call_next(push)` gives the handler's first reply or None; what is returned takes its place.
        What an async generator yields after its first item does not pass here again.
        """
        self._middleware.append(function)
        return function

    @property
    def undelivered(self) -> list[Undelivered]:
        """Answers that have not reached their user, oldest first, with the reason."""
        return self._outbox.undelivered()

    @property
    def busy(self) -> bool:
        """Whether a handler is running or an answer is being sent."""
        return self._work.busy

    @cached_property
    def asgi(self) -> AsgiDoor:
        """The callback URL as an ASGI application."""
        return AsgiDoor(self)

    @cached_property
    def wsgi(self) -> WsgiDoor:
        """The callback URL as a WSGI application."""
        return WsgiDoor(self)

    @cached_property
    def rsgi(self) -> RsgiDoor:
        """The callback URL as an RSGI application, for granian."""
        return RsgiDoor(self)

    @property
    def api(self) -> AsyncClient:
        """The account's client for `async` code, made on first use."""
        if self._api is None:
            from ..client import AsyncClient

            tokens = self._blocking_api.tokens if self._blocking_api is not None else None
            self._api = self._own_api = AsyncClient(self.account, tokens=tokens, clock=self.clock)
        return self._api

    @property
    def blocking_api(self) -> Client:
        """The account's client for plain functions and threads, made on first use; shares the token of `api`."""
        if self._blocking_api is None:
            from ..client import Client

            tokens = self._api.tokens if self._api is not None else None
            self._blocking_api = self._own_blocking_api = Client(
                self.account, tokens=tokens, clock=self.clock
            )
        return self._blocking_api

    def attach(self, *, api: AsyncClient, blocking_api: Client, clock: Clock) -> None:
        """Run against another WeChat for a while: other clients, another clock, nothing remembered.

        `detach` ends it.
        """
        self._forget_everything()
        self._api, self._blocking_api = api, blocking_api
        self._clock_before, self.clock.source = self.clock.source, clock

    def detach(self) -> None:
        """Back to the clock of before; clients are made anew when they are needed."""
        self._forget_everything()
        self._api = self._blocking_api = None
        self.clock.source = self._clock_before

    async def handle(self, query: Query, body: bytes, method: str = "POST") -> Answer:
        """Answer one request to the callback URL, from any framework. Raises nothing."""
        here = asyncio.get_running_loop()
        home = self._home(here)
        if home is here:
            return await self._reception.handle(query, body, method)
        work = self._reception.handle(query, body, method)
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, home))

    def handle_blocking(self, query: Query, body: bytes, method: str = "POST") -> Answer:
        """`handle` for frameworks that call plain functions: Flask, Django, any WSGI server."""
        _not_on_a_loop()
        with self._starting:
            if self._loop is None or not self._loop.is_running():
                self._background = Background()
                self._home(self._background.loop)
            home = self._loop
        assert home is not None
        return wait_for(self._reception.handle(query, body, method), home)

    def refuse(self, problem: CallbackError) -> Answer:
        """What a door answers when it does not let a request in; counted and logged."""
        return self._reception.refuse(problem)

    async def shutdown(self) -> None:
        """Let running handlers finish, then close the clients that were made here."""
        await self._work.drain(self._drain_s)
        if self._own_api is not None:
            await self._own_api.close()
            self._api = self._own_api = None
        if self._own_blocking_api is not None:
            self._own_blocking_api.close()
            self._blocking_api = self._own_blocking_api = None

    def close(self) -> None:
        """`shutdown` for programs without an event loop."""
        _not_on_a_loop()
        if self._background is not None:
            wait_for(self.shutdown(), self._background.loop)
            self._background.stop()
            self._background = None

    @asynccontextmanager
    async def lifespan(self, _app: object = None) -> AsyncIterator[None]:
        """For Starlette and FastAPI: `Starlette(lifespan=oa.lifespan)`; for anything else: `async with`."""
        try:
            yield
        finally:
            await self.shutdown()

    def __repr__(self) -> str:
        return f"OfficialAccount({self.account.appid})"

    def _home(self, here: asyncio.AbstractEventLoop) -> asyncio.AbstractEventLoop:
        """The loop that everything of this account lives on: the first one, until it ends."""
        home = self._loop
        if home is not None and (home is here or home.is_running()):
            return home
        if home is not None:
            self._work.forget()
            self._permission.forget()
        self._loop = here
        return here

    def _forget_everything(self) -> None:
        self._work.forget()
        self._permission.forget()
        self._outbox.clear()
        self.counters.clear()
        self.sessions = self._new_sessions()

    def _new_sessions(self) -> Sessions:
        store = self._given_sessions or MemorySessionStore(self.clock)
        return Sessions(store, self.account.appid, self._session_lifetime_s)

    def _new_work(self, failure_text: str) -> Work:
        courier = Courier(
            self._send,
            allowance=Allowance(),
            permission=self._permission,
            clock=self.clock,
            counters=self.counters,
        )
        return Work(
            Dispatcher(self, self._middleware),
            courier,
            permission=self._permission,
            outbox=self._outbox,
            clock=self.clock,
            counters=self.counters,
            failure_text=failure_text,
        )

    def _new_reception(self, reader: PushReader | None, window_s: float, placeholder_text: str) -> Reception:
        window = ReplyWindow(
            self._work,
            permission=self._permission,
            outbox=self._outbox,
            counters=self.counters,
            window_s=window_s,
            placeholder_text=placeholder_text,
        )
        reader = reader or PushReader(self.account, clock=self.clock)
        return Reception(reader, window, clock=self.clock, counters=self.counters)

    async def _send(self, openid: str, reply: Reply) -> None:
        await self.api.perform(as_customer_message(openid, reply))

    async def _ask_permission(self) -> None:
        await self.api.perform(GetQuota(cgi_path=SendCustomerMessage.spec.path))


def _not_on_a_loop() -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise SetupError(
        "这里正在运行事件循环，不能阻塞等待",
        "an event loop is running here, which must not be blocked",
        fix_zh="改用 await oa.handle(…) 或 await oa.shutdown()",
        fix_en="use `await oa.handle(…)` or `await oa.shutdown()`",
    )


def _check_window(window_s: float) -> None:
    if not 0 < window_s < ANSWER_TIMEOUT_S:
        raise SetupError(
            f"window={window_s:g}：微信只等 {ANSWER_TIMEOUT_S:g} 秒",
            f"window={window_s:g}: WeChat waits {ANSWER_TIMEOUT_S:g} seconds",
            fix_zh="给网络留出余地，例如 4.5；更慢的处理函数不需要更大的 window",
            fix_en="leave room for the network, as 4.5 does; slower handlers do not need a larger window",
        )
