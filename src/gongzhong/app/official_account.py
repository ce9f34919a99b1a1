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
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast, overload

from ..account import PREFIX, Account, EnvironmentAccount
from ..catalogue.base import GetQuota
from ..catalogue.customer_messages import SendCustomerMessage
from ..clock import Clock, RelayClock
from ..errors import CallbackError, SetupError
from ..messages import Reply
from ..wire import PushReader, Query
from .allowance import Allowance
from .answer import Answer
from .arguments import Handler
from .asgi import AsgiDoor
from .background import Background, wait_for
from .courier import Courier
from .customer import as_customer_message
from .dispatch import Dispatcher, Middleware, as_middleware
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
    SetupError when the account lacks its Token or EncodingAESKey; an `EnvironmentAccount` (see `from_env`) is read
    when it is first needed, and raises then. `source` is the account as it was given.
    """

    def __init__(
        self,
        account: Account | EnvironmentAccount,
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
        self.source = _checked_source(account)
        self._account = account if isinstance(account, Account) else None
        self.clock = RelayClock(clock or Clock())
        self.counters: Counter[str] = Counter()
        """How many deliveries, answers and troubles; docs/app.md lists the names."""
        self._given_sessions, self._session_lifetime_s = sessions, session_lifetime_s
        self._sessions: Sessions | None = None
        self._api, self._blocking_api = api, blocking_api
        self._own_api, self._own_blocking_api = cast("AsyncClient | None", None), cast("Client | None", None)
        self._drain_s = drain_s
        self._clock_before: Clock = self.clock.source
        self._loop: asyncio.AbstractEventLoop | None = None
        self._background: Background | None = None
        self._starting = threading.Lock()
        self._permission = Permission(self._ask_permission, self.clock, customer_service)
        self._outbox = Outbox(self.clock)
        self._middleware: list[Handler] = []
        self._work = self._new_work(failure_text)
        self._window = self._new_window(window, placeholder_text)
        self._given_reader, self._made_reception = reader, cast("Reception | None", None)
        if self._account is not None:
            self.check()

    @classmethod
    def from_env(cls, prefix: str = PREFIX, **options: Any) -> Self:
        """The account named by GONGZHONG_APPID, _SECRET, _TOKEN, _AES_KEY; options as for the constructor.

        `prefix` replaces `GONGZHONG_`, for a program with several accounts. The variables are read when the account
        is first needed (a request comes in, a call is made, `check`), so that the module of the program can be
        imported without them. Then a SetupError names what is missing.
        """
        return cls(EnvironmentAccount(prefix), **options)

    @property
    def account(self) -> Account:
        """The account's credentials. Raises SetupError when they are to come from the environment and do not."""
        if self._account is None:
            assert isinstance(self.source, EnvironmentAccount)
            self._account = self.source.read()
        return self._account

    def check(self) -> None:
        """Raise SetupError now, not at the first push, when the account is incomplete. Servers call it at start."""
        self._reception  # noqa: B018

    @overload
    def middleware(self, function: M, /) -> M: ...
    @overload
    def middleware(self) -> Callable[[M], M]: ...
    def middleware(self, function: Any = None) -> Any:
        """Wrap every handler: `async def …(push, call_next)`, the first registered outermost.

        `await call_next(push)` gives the handler's first reply or None; what is returned takes its place. Further
        parameters are those of handlers (`user`, `session`, `api`, `account` …); an annotated push, `push: Text`,
        makes other pushes pass it by. What an async generator yields after its first item does not pass here again.
        Raises SetupError for a plain `def`, and for parameters that nobody can fill.
        """
        if function is None:
            return self.middleware
        self._middleware.append(as_middleware(function))
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

    def attach(
        self, *, api: AsyncClient, blocking_api: Client, clock: Clock, account: Account | None = None
    ) -> None:
        """Run against another WeChat for a while: other clients, another clock, nothing remembered; with `account`
        under other credentials.

        `detach` ends it.
        """
        self._forget_everything()
        if account is not None:
            self._use(account)
        self._api, self._blocking_api = api, blocking_api
        self._clock_before, self.clock.source = self.clock.source, clock

    def detach(self) -> None:
        """Back to the clock of before; clients are made anew when they are needed."""
        self._forget_everything()
        self._use(self.source if isinstance(self.source, Account) else None)
        self._api = self._blocking_api = None
        self.clock.source = self._clock_before

    async def handle(self, query: Query, body: bytes, method: str = "POST") -> Answer:
        """Answer one request to the callback URL, from any framework.

        Raises nothing for what came in; SetupError while the account cannot be read from the environment.
        """
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
        self.check()
        try:
            yield
        finally:
            await self.shutdown()

    def __repr__(self) -> str:
        name = self._account.appid if self._account is not None else repr(self.source)
        return f"OfficialAccount({name})"

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
        self._sessions = None

    def _use(self, account: Account | None) -> None:
        """Take these credentials; None: read them when they are needed."""
        self._account, self._made_reception, self._sessions = account, None, None

    @property
    def sessions(self) -> Sessions:
        """What is remembered about each user between two messages."""
        if self._sessions is None:
            store = self._given_sessions or MemorySessionStore(self.clock)
            self._sessions = Sessions(store, self.account.appid, self._session_lifetime_s)
        return self._sessions

    @property
    def _reception(self) -> Reception:
        if self._made_reception is None:
            reader = self._given_reader or PushReader(self.account, clock=self.clock)
            self._made_reception = Reception(reader, self._window, clock=self.clock, counters=self.counters)
        return self._made_reception

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

    def _new_window(self, window_s: float, placeholder_text: str) -> ReplyWindow:
        return ReplyWindow(
            self._work,
            permission=self._permission,
            outbox=self._outbox,
            counters=self.counters,
            window_s=window_s,
            placeholder_text=placeholder_text,
        )

    async def _send(self, openid: str, reply: Reply) -> None:
        await self.api.perform(as_customer_message(openid, reply))

    async def _ask_permission(self) -> None:
        await self.api.perform(GetQuota(cgi_path=SendCustomerMessage.spec.path))


def _checked_source(given: Account | EnvironmentAccount) -> Account | EnvironmentAccount:
    if isinstance(given, Account | EnvironmentAccount):
        return given
    raise SetupError(
        f"OfficialAccount 要的是 Account，而不是 {type(given).__name__}",
        f"OfficialAccount takes an Account, not {type(given).__name__}",
        fix_zh="写 OfficialAccount(Account(appid=…, secret=…, token=…)) 或 OfficialAccount.from_env()",
        fix_en="write OfficialAccount(Account(appid=…, secret=…, token=…)) or OfficialAccount.from_env()",
    )


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
