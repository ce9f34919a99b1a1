"""An official account as a program: handlers in, answers to WeChat out.

    door (ASGI, WSGI, RSGI, or `handle`) ─► PushReader.open ─► messages.parse ─► reply window
        ─► middleware ─► router ─► handler ─► reply ─► PushReader.seal ─► door

Nothing that comes in from outside leads to an exception or a status of 500: what is not a verified push
gets a 4xx with one line that says why, is counted by reason, and never reaches a handler.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from functools import cached_property
from types import EllipsisType
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeAlias, TypeVar, cast, overload

from ..account import PREFIX, Account, EnvironmentAccount
from ..catalogue.base import GetQuota
from ..catalogue.customer_messages import SendCustomerMessage
from ..clock import Clock, RelayClock
from ..errors import CallbackError, SetupError
from ..messages import Reply, TextReply
from ..threads import Threads
from ..wire import PushReader, Query
from .allowance import Allowance
from .answer import Answer
from .arguments import Handler
from .asgi import AsgiDoor
from .claims import ANSWER_TIMEOUT_S, Rules
from .dispatch import Dispatcher, Middleware, as_middleware
from .loops import Home
from .outbox import Outbox, Undelivered
from .permission import Permission
from .reception import Reception, Replays
from .routing import Router
from .rsgi import RsgiDoor
from .sender import Sender, as_customer_message
from .sessions import LIFETIME_S, MemorySessionStore, Sessions, SessionStore
from .window import Gone, ReplyWindow
from .wsgi import WsgiDoor

if TYPE_CHECKING:
    from ..client import AsyncClient, Client

WINDOW_S = 4.5
FAILURE_TEXT = "抱歉，出了点问题，请稍后再试。"
FETCH_WORDS = ("继续", "好", "好的")
PLACEHOLDER_TEXT = "还在处理中，请稍后回复“{word}”查看结果。"
MORE_TEXT = "（还有内容，回复“{word}”查看）"
DRAIN_S = 20.0
HANDLER_THREADS = 128
REPLAY_WINDOW_S = 600.0
"""How old a push may be: far more than the 15 s of WeChat's repeats, and room for clocks that differ by minutes."""
REPLAY_VARIABLE = "GONGZHONG_REPLAY_WINDOW"

M = TypeVar("M", bound=Middleware)


class OfficialAccount(Router):
    """One account's handlers and everything between them and WeChat.

    `window` is how long a handler may take for a passive reply, in seconds. `customer_service` says whether
    the account may send customer-service messages; None finds out from WeChat. `failure_text` is the answer
    when a handler fails (empty: none), `placeholder_text` when the answer must wait until the user asks for it with one
    of the `fetch_words`; `more_text` stands below a text when more is there to be fetched ("{word}" is the first of the
    words). `replay_window_s` is how far a push's timestamp may be away from this machine's clock, in seconds; None: any
    (the variable GONGZHONG_REPLAY_WINDOW sets the default, "off" for none). `handler_threads` is how many plain
    handlers may run at once. `api` and `blocking_api` replace the clients that are otherwise made from the account. An
    instance belongs to the event loop that uses it first; calls from elsewhere are passed there. Raises
    SetupError when the account lacks its Token or EncodingAESKey; an `EnvironmentAccount` (see `from_env`) is read
    when it is first needed, and raises then. `source` is the account as it was given.
    """

    _sessions: Sessions | None
    _made_reception: Reception | None
    _own_api: AsyncClient | None = None
    _own_blocking_api: Client | None = None

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
        fetch_words: Sequence[str] = FETCH_WORDS,
        more_text: str = MORE_TEXT,
        replay_window_s: float | EllipsisType | None = ...,
        handler_threads: int = HANDLER_THREADS,
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
        self._api, self._blocking_api = api, blocking_api
        self._drain_s, self._clock_before = drain_s, self.clock.source
        self._customer_service, self._handler_threads = customer_service, handler_threads
        self._texts = Texts(failure_text, placeholder_text, more_text, tuple(fetch_words))
        self._rules = self._texts.rules(window)
        self._replay_window_s = _replay_window(replay_window_s)
        self._middleware: list[Handler] = []
        self._given_reader = reader
        self._carry_out: CarryOut | None = None
        self._begin_anew()
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
        named = isinstance(self.source, EnvironmentAccount) and self.source.prefix
        if named and not self.account.secret and self._api is None and self._customer_service is not False:
            raise SetupError(
                f"没有设置 {named}SECRET：超过 5 秒的回复和 api 的调用都需要它",
                f"{named}SECRET is not set: replies after 5 seconds and calls of `api` need it",
                fix_zh="在公众平台 “设置与开发 → 基本配置” 取得 AppSecret；只发被动回复时写 customer_service=False",
                fix_en="take the AppSecret from the console; write customer_service=False to reply passively only",
            )

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
        return self._window.busy

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
        self,
        *,
        api: AsyncClient,
        blocking_api: Client,
        clock: Clock,
        account: Account | None = None,
        carry_out: CarryOut | None = None,
    ) -> None:
        """Run against another WeChat for a while: other clients, another clock, nothing remembered; with `account`
        under other credentials.

        `carry_out` runs what callers without a loop ask for (`handle_blocking`). `detach` ends it.
        """
        self._home.discard()
        self._begin_anew()
        if account is not None:
            self._use(account)
        self._api, self._blocking_api, self._carry_out = api, blocking_api, carry_out
        self._clock_before, self.clock.source = self.clock.source, clock

    def detach(self) -> None:
        """Back to the clock of before; clients are made anew when they are needed."""
        self._home.discard()
        self._begin_anew()
        self._use(self.source if isinstance(self.source, Account) else None)
        self._api = self._blocking_api = self._carry_out = None
        self.clock.source = self._clock_before

    async def handle(
        self, query: Query, body: bytes, method: str = "POST", *, gone: Gone | None = None
    ) -> Answer:
        """Answer one request to the callback URL, from any framework.

        Raises nothing for what came in; SetupError while the account cannot be read from the environment.

        `gone` says whether the peer has closed its connection, if the caller can tell: an answer that would not
        arrive is then kept for a delivery that does.
        """
        home = self._home
        if home.loop is asyncio.get_running_loop() and home.pid == os.getpid():
            answer = self._reception.begin(query, body, method, gone)
            return answer if type(answer) is Answer else await cast("Coroutine[Any, Any, Answer]", answer)
        self._notice_fork()
        return await self._home.carry_out(lambda: self._reception.handle(query, body, method, gone))

    def handle_blocking(
        self, query: Query, body: bytes, method: str = "POST", *, gone: Gone | None = None
    ) -> Answer:
        """`handle` for frameworks that call plain functions: Flask, Django, any WSGI server."""
        self._notice_fork()
        if self._carry_out is not None:
            self._home.refuse_to_block()
            return self._carry_out(self._reception.handle(query, body, method, gone))
        return self._home.carry_out_blocking(lambda: self._reception.handle(query, body, method, gone))

    def refuse(self, problem: CallbackError) -> Answer:
        """What a door answers when it does not let a request in; counted and logged."""
        return self._reception.refuse(problem)

    def say_several_processes(self) -> None:
        """Log a warning, once: the server runs several processes, and each remembers only what came to itself."""
        self._home.workers.say()

    async def shutdown(self) -> None:
        """Let running handlers finish, then close the clients that were made here.

        What takes longer than `drain_s` is cut off and recorded in `undelivered`.
        """
        await self._window.drain(self._drain_s)
        if self._own_api is not None:
            await self._own_api.close()
            self._api = self._own_api = None
        if self._own_blocking_api is not None:
            self._own_blocking_api.close()
            self._blocking_api = self._own_blocking_api = None

    def close(self) -> None:
        """`shutdown` for programs without an event loop."""
        self._home.close()

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

    def _begin_anew(self) -> None:
        """Make everything that belongs to one run in one process: claims, lines, sessions, the loop, the threads."""
        self.counters.clear()
        self._sessions = self._made_reception = None
        self.threads = Threads(self._handler_threads, "gongzhong-handler")
        self._permission = Permission(self._ask_permission, self.clock, self._customer_service)
        self._outbox = Outbox(self.clock)
        allowance = Allowance()
        sender = Sender(
            self._send,
            outbox=self._outbox,
            allowance=allowance,
            permission=self._permission,
            clock=self.clock,
            counters=self.counters,
            more=self._rules.more,
        )
        self._window = ReplyWindow(
            Dispatcher(self, self._middleware),
            sender,
            rules=self._rules,
            permission=self._permission,
            outbox=self._outbox,
            clock=self.clock,
            counters=self.counters,
            failure_text=self._texts.failure,
            fetch_words=self._texts.fetch_words,
            opened=lambda push: allowance.opened(push, self.clock.now()),
        )
        self._home = Home(self._moved, self.shutdown)

    def _moved(self) -> bool:
        """Go on in another loop. Gives whether handlers were cut off with the one before."""
        self._permission.forget()
        return self._window.move()

    def _notice_fork(self) -> None:
        """In a child process make everything anew: its parent's threads, loop and connections do not exist here."""
        if self._home.pid == os.getpid():
            return
        if self._own_api is not None:
            self._api = self._own_api = None
        if self._own_blocking_api is not None:
            self._blocking_api = self._own_blocking_api = None
        self._begin_anew()

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
            replays = Replays(self._replay_window_s, self.clock)
            self._made_reception = Reception(
                reader, self._window, replays, clock=self.clock, counters=self.counters
            )
        return self._made_reception

    async def _send(self, openid: str, reply: Reply) -> None:
        await self.api.perform(as_customer_message(openid, reply))

    async def _ask_permission(self) -> None:
        await self.api.look_up(GetQuota(cgi_path=SendCustomerMessage.spec.path))


def _checked_source(given: Account | EnvironmentAccount) -> Account | EnvironmentAccount:
    if isinstance(given, Account | EnvironmentAccount):
        return given
    raise SetupError(
        f"OfficialAccount 要的是 Account，而不是 {type(given).__name__}",
        f"OfficialAccount takes an Account, not {type(given).__name__}",
        fix_zh="写 OfficialAccount(Account(appid=…, secret=…, token=…)) 或 OfficialAccount.from_env()",
        fix_en="write OfficialAccount(Account(appid=…, secret=…, token=…)) or OfficialAccount.from_env()",
    )


CarryOut: TypeAlias = Callable[[Coroutine[Any, Any, Answer]], Answer]
"""Runs a coroutine for a caller without a loop."""


class Texts(NamedTuple):
    """What the account says by itself."""

    failure: str
    placeholder: str
    more: str
    fetch_words: tuple[str, ...]

    def rules(self, window_s: float) -> Rules:
        """The rules of the reply window with these texts; "{word}" becomes the first of the fetch words."""
        word = self.fetch_words[0] if self.fetch_words else ""
        placeholder = self.placeholder.replace("{word}", word)
        return Rules(
            window_s=window_s,
            placeholder=TextReply(content=placeholder) if placeholder else None,
            more=self.more.replace("{word}", word),
        )


def _replay_window(chosen: float | EllipsisType | None) -> float | None:
    """What was chosen, else what the environment names, else REPLAY_WINDOW_S; in seconds."""
    if not isinstance(chosen, EllipsisType):
        return chosen
    given = os.environ.get(REPLAY_VARIABLE, "").strip().lower()
    if not given:
        return REPLAY_WINDOW_S
    if given == "off":
        return None
    try:
        return float(given)
    except ValueError:
        raise SetupError(
            f"{REPLAY_VARIABLE}={given}：应该是秒数或 off",
            f"{REPLAY_VARIABLE}={given}: expected a number of seconds or off",
        ) from None


def _check_window(window_s: float) -> None:
    if not 0 < window_s < ANSWER_TIMEOUT_S:
        raise SetupError(
            f"window={window_s:g}：微信只等 {ANSWER_TIMEOUT_S:g} 秒",
            f"window={window_s:g}: WeChat waits {ANSWER_TIMEOUT_S:g} seconds",
            fix_zh="给网络留出余地，例如 4.5；更慢的处理函数不需要更大的 window",
            fix_en="leave room for the network, as 4.5 does; slower handlers do not need a larger window",
        )
