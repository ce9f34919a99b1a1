"""One account at work: an app, an account, and everything that runs for them in this process.

    door (ASGI, WSGI, RSGI, or `handle`) ─► PushReader.open ─► messages.parse ─► reply window
        ─► middleware ─► router ─► handler ─► reply ─► PushReader.seal ─► door

Nothing that comes in from outside leads to an exception or a status of 500: what is not a verified push
gets a 4xx with one line that says why, is counted by reason, and never reaches a handler.

Two bindings share nothing, not even when they are of one app; what they were both given as `Services` is theirs
to share.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import weakref
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from ..account import Account, EnvironmentAccount
from ..catalogue.base import GetQuota
from ..catalogue.customer_messages import SendCustomerMessage
from ..catalogue.model import Call
from ..clock import Clock
from ..database import is_database
from ..errors import CallbackError, GongzhongError, SetupError
from ..messages import Push
from ..threads import Threads
from ..tracing import VARIABLE, Tracing, wanted
from ..wire import PushReader, Query
from .allowance import Allowance
from .answer import Answer, Gone
from .connections import Connections, Taken
from .dispatch import Observer
from .duties import Duties
from .late import Late, read_ticket, ticket_of
from .loops import Home, OwnHome
from .outbox import Outbox, Undelivered
from .permission import Permission
from .reception import Begun, Reception, ended
from .runs import Claims
from .served import Served
from .sessions import MemorySessionStore, Sessions, SessionStore
from .window import ReplyWindow

if TYPE_CHECKING:
    from ..client import AsyncClient, Budgets, Client, Tokens
    from ..config import PeopleData
    from ..people import Certificate, Elsewhere, People, Records
    from ..sharing.members import Beat
    from ..state import State
    from ..store import WorkStore
    from .app import App
    from .shared_window import SharedWindow

T = TypeVar("T")


class Services(msgspec.Struct, frozen=True, kw_only=True):
    """What a binding works with besides its account. Every service has a default that is made for the one binding.

    `api` and `blocking_api` take the place of the clients that are made from the account; whoever gives them closes
    them. `state`, or its address such as `redis://127.0.0.1/0`, is where several processes share access_tokens,
    tickets and sessions, and take turns with people; without it each process is alone. `store`, or its address, is
    where accepted messages and waiting answers are kept: by default the database of `state`, else memory, which ends
    with the process; `beat` is how processes watch each other. `sessions` keeps the sessions (by default `state`, else
    memory), `reader` verifies and decrypts, `counters` counts (names: docs/app.md), `random_bytes` gives what makes
    encrypted replies different. `people` is where
    data of people is stored, encrypted: by default as the variables GONGZHONG_PEOPLE_… say for an account of the
    environment. `people_of` is, in a test, the account of the environment in whose place the account stands: its
    variables say the same then. `open_platform` is the AppID of the Open Platform account within which people are
    joined by UnionID (by default the variable …OPEN_PLATFORM, else nobody is joined). `home` is where handlers run: by
    default the event loop used first, see `loops`. `tracing` makes spans of pushes, handlers and calls: by default as
    the variable GONGZHONG_TRACING says. `connections` is what bindings open together, see `connections`.
    """

    clock: Clock = Clock()
    api: AsyncClient | None = None
    blocking_api: Client | None = None
    state: State | str | None = None
    store: WorkStore | str | None = None
    beat: Beat | None = None
    sessions: SessionStore | None = None
    reader: PushReader | None = None
    counters: Counter[str] | None = None
    random_bytes: Callable[[int], bytes] = os.urandom
    people: People | None = None
    people_of: EnvironmentAccount | None = None
    open_platform: str = ""
    home: Home | None = None
    tracing: Tracing | None = None
    connections: Connections | None = None


class Binding(Served):
    """An app at work for an account: `app.bind(account, services)`.

    An instance belongs to the event loop that uses it first; calls from elsewhere are passed there, and in a forked
    child everything is made anew. Raises SetupError when the account lacks its Token or EncodingAESKey; an
    `EnvironmentAccount` is read when it is first needed, and raises then. `source` is the account as it was given.
    """

    def __init__(
        self, app: App, account: Account | EnvironmentAccount, services: Services | None = None
    ) -> None:
        self.app, self.source = app, _checked_source(account)
        self.face: Served = app if isinstance(app, Served) else self
        """What a handler gets as `oa`."""
        self.services = services or Services()
        self.clock = self.services.clock
        self.counters = Counter[str]() if self.services.counters is None else self.services.counters
        """How many deliveries, answers and troubles; docs/app.md lists the names."""
        self.observer: Observer | None = None
        """Is told of every handler that runs."""
        self._begin()
        if isinstance(account, Account):
            self.check()

    def _begin(self) -> None:
        """Make everything that belongs to one process."""
        for made in (
            "people",
            "duties",
            "sessions",
            "state",
            "store",
            "shared",
            "_tokens",
            "_budgets",
            "_reception",
        ):
            vars(self).pop(made, None)
        self._taken = Taken(self.services.connections)
        self._api, self._blocking_api = self.services.api, self.services.blocking_api
        self.threads = Threads(self.app.handler_threads, "gongzhong-handler")
        """For plain handlers alone: stores, files and look-ups of names have threads of their own."""
        self.permission = Permission(self._ask_permission, self.clock, self.app.customer_service)
        self.outbox, self.allowance, self.claims = Outbox(self.clock), Allowance(), Claims()
        self.maker = secrets.token_hex(6)
        """Names this binding in this process, for tickets."""
        for given in (self._api, self._blocking_api):
            if given is not None:
                self._listen(given)
        self.window = ReplyWindow(self)
        shares = weakref.WeakMethod(
            self._shares
        )  # a timer of the loop must not keep an account that nobody holds
        self._home = self.services.home or OwnHome(
            self._moved, self.shutdown, lambda: (ask := shares()) is not None and ask()
        )

    def _shares(self) -> bool:
        """Whether other processes see this one's state."""
        return self.state is not None and self.state.shared

    def _moved(self) -> bool:
        """Go on in another loop. Gives whether handlers were cut off with the one before."""
        self.permission.forget()
        return self.window.move()

    def _notice_fork(self) -> None:
        """In a child process make everything anew: its parent's threads, loop and connections do not exist here."""
        if self._home.pid != os.getpid():
            self.counters.clear()
            self._begin()

    # What handlers and programs ask for.

    @cached_property
    def account(self) -> Account:
        """The account's credentials. Raises SetupError when they are to come from the environment and do not."""
        return self.source if isinstance(self.source, Account) else self.source.read()

    @property
    def api(self) -> AsyncClient:
        """The account's client for `async` code, made on first use."""
        if self._api is None:
            from ..client import AsyncClient

            self._api = AsyncClient(
                self.account,
                tokens=self._tokens,
                clock=self.clock,
                budgets=self._budgets,
                tracing=self.tracing,
            )
            self._listen(self._api)
        return self._api

    @property
    def blocking_api(self) -> Client:
        """The account's client for plain functions and threads, made on first use; shares the token of `api`."""
        if self._blocking_api is None:
            from ..client import Client

            self._blocking_api = Client(
                self.account,
                tokens=self._tokens,
                clock=self.clock,
                budgets=self._budgets,
                tracing=self.tracing,
            )
            self._listen(self._blocking_api)
        return self._blocking_api

    @property
    def made_client(self) -> AsyncClient | Client | None:
        """A client of the account, if one was made by now: for alarms and metrics."""
        return self._api or self._blocking_api

    @property
    def made_store(self) -> WorkStore | None:
        """The store, if it was opened by now: for alarms and metrics."""
        made: WorkStore | None = vars(self).get("store")
        return made

    @cached_property
    def state(self) -> State | None:
        """What processes share: as given, else as the variable GONGZHONG_STATE says for an account of the environment,
        else in the database that GONGZHONG_DATABASE names.

        Raises SetupError for an address that cannot be used.
        """
        given = self._state_given
        if not isinstance(given, str):
            if given is None or hasattr(given, "lease"):
                return given
            raise SetupError(
                f"state 要的是地址（文字）或 State，而不是 {type(given).__name__}",
                f"state is an address (text) or a State, not {type(given).__name__}",
            )
        return self._taken.state(given, self.clock)

    @property
    def _state_given(self) -> State | str | None:
        if self.services.state is not None:
            return self.services.state
        return self._address("STATE") or self._address("DATABASE")

    @cached_property
    def store(self) -> WorkStore:
        """Where accepted messages and waiting answers are kept: as given, else as GONGZHONG_DATABASE says, else in the
        database of the state, else in memory. Raises SetupError for an address or a database that cannot be used."""
        given = self.services.store
        if given is not None and not isinstance(given, str):
            return given
        if address := given or self._database():
            return self._taken.store(address, self.clock, self.people)
        from ..store import MemoryWork

        return MemoryWork(self.clock)

    def _database(self) -> str:
        """The address of the durable data: that of the environment, else the state's, else none."""
        state = self.services.state or self._address("STATE")
        return self._address("DATABASE") or (state if isinstance(state, str) and is_database(state) else "")

    @cached_property
    def tracing(self) -> Tracing | None:
        """What makes spans; None: nothing does. Raises MissingExtra when they are wanted without the package."""
        if self.services.tracing is None and wanted(os.environ.get(VARIABLE, "")):
            return Tracing()
        return self.services.tracing

    @cached_property
    def people(self) -> People | None:
        """Where data of people is stored; None when it is not in use. Raises SetupError for wrong settings."""
        named = self.services.people_of
        if self.services.people is not None or not (named or isinstance(self.source, EnvironmentAccount)):
            return self.services.people
        database = os.environ.get(f"{named.prefix}DATABASE", "").strip() if named else self._database()
        return self._taken.people(self.people_settings, database, self.clock)

    @cached_property
    def people_settings(self) -> PeopleData:
        from ..people import from_environment

        return from_environment(os.environ)

    @property
    def records(self) -> Records:
        """What is stored about the people of this account. Raises SetupError when people's data is not in use."""
        if self.people is None:
            raise SetupError(
                "个人数据没有启用：没有主密钥",
                "people's data is not in use: there is no master key",
                fix_zh="设置 GONGZHONG_PEOPLE_MASTER_KEY（openssl rand -base64 32），见 docs/people.zh-CN.md",
                fix_en="set GONGZHONG_PEOPLE_MASTER_KEY (openssl rand -base64 32), see docs/people.md",
            )
        return self.people.records(self.account.appid, self.app.purposes, self.kept_elsewhere)

    @property
    def kept_elsewhere(self) -> list[Elsewhere]:
        """What is to be told when fields of people go."""
        from .elsewhere import kept_elsewhere

        return [] if self.people is None else kept_elsewhere(self.people, self.state)

    async def erase(
        self, openid: str, *, fields: Sequence[str] | None = None, reason: str = "request", by: str = "person"
    ) -> Certificate | None:
        """Erase everything about a person, or single fields (of an empty list: none); the certificate, or None when
        nothing was stored.

        For handlers in which people ask for it. Raises SetupError when people's data is not in use, StateDown.
        """
        self.records  # noqa: B018
        return await self.duties.erase(openid, fields, reason=reason, by=by)

    async def export(self, openid: str, *, by: str = "person") -> dict[str, Any] | None:
        """Everything that is held about a person, session, waiting messages and campaigns included, as JSON;
        None if nothing is.

        Raises SetupError when people's data is not in use, StateDown.
        """
        from .export import export

        sessions = self.services.sessions or self._session_store()
        return await export(self.records, openid, store=self.store, sessions=sessions, by=by)

    @cached_property
    def duties(self) -> Duties:
        """What must be done to stored data after pushes and calls, and from time to time."""
        return Duties(self)

    async def tend(self) -> None:
        """Do what is due for people's data, where it is in use. Raises StateDown, and what the client raises."""
        if self.people is not None:
            await self._home.carry_out(self.duties.tend)

    @property
    def open_platform(self) -> str:
        """The Open Platform account within which people are joined by UnionID; empty: they are not."""
        return self.services.open_platform or self._address("OPEN_PLATFORM") or ""

    def _address(self, name: str) -> str | None:
        """The address of a service in an environment variable, for an account of the environment."""
        if isinstance(self.source, EnvironmentAccount):
            return os.environ.get(f"{self.source.prefix}{name}", "").strip() or None
        return None

    @cached_property
    def shared(self) -> SharedWindow | None:
        """What shares people with other processes; None while this process is alone."""
        state = self.state
        if state is None or not state.shared:
            return None
        from .shared_window import SharedWindow

        address = self._state_given
        together = isinstance(address, str) and address == (self.services.store or self._database())
        self.window.shared = made = SharedWindow(
            self,
            self._taken.node(state, self.services.beat),
            state,
            self.store,
            rows=self._taken.rows(self.store),
            together=together,
        )
        return made

    @cached_property
    def _tokens(self) -> Tokens:
        """The tokens of both clients: those of a client that was given, else this process's or the state's."""
        given = self._api or self._blocking_api
        if given is not None:
            return given.tokens
        if self.state is not None:
            return self._taken.tokens(self.state, self.clock)
        from ..client import Tokens

        return Tokens(clock=self.clock)

    @cached_property
    def _budgets(self) -> Budgets:
        """What both clients know of the account's quotas, shared as tokens are."""
        given = self._api or self._blocking_api
        if given is not None:
            return given.budgets
        if self.state is not None:
            return self._taken.budgets(self.state, self.clock)
        from ..client import Budgets

        return Budgets(clock=self.clock)

    def _listen(self, client: AsyncClient | Client) -> None:
        """Have every customer-service message counted, also those that the program sends by itself."""
        listeners = getattr(client, "listeners", None)  # a test's stand-in may have none
        if isinstance(listeners, list) and self._performed not in listeners:
            listeners.append(self._performed)

    def _performed(self, call: Call[Any], problem: BaseException | None) -> None:
        if isinstance(call, SendCustomerMessage) and (
            problem is None or (isinstance(problem, GongzhongError) and problem.may_be_done)
        ):
            if self.window.shared is None:
                self.allowance.spend(call.touser)
            else:
                self.window.shared.sent(call.touser)
        elif problem is None and self.people is not None:
            self.duties.performed(call)

    @cached_property
    def sessions(self) -> Sessions:
        """What is remembered about each user between two messages."""
        store = self.services.sessions or self._session_store()
        return Sessions(store, self.account.appid, self.app.session_lifetime_s)

    def _session_store(self) -> SessionStore:
        if self.state is None:
            return MemorySessionStore(self.clock)
        from ..state.sessions import StateSessionStore

        kept = StateSessionStore(self.state)
        if self.people is None:
            return kept
        from ..people.sealed import SealedSessions

        return SealedSessions(kept, self.people)

    @property
    def undelivered(self) -> list[Undelivered]:
        """Answers that have not reached their user, oldest first, with the reason."""
        return self.outbox.undelivered()

    def late(self, of: Push | str) -> Late:
        """Answer a push later, from anywhere: the push itself, or the ticket that `late(push).ticket` gave.

        Called by the push's own handler, it also says that the answer comes from elsewhere: a handler that then ends
        without a reply leaves the delivery open for it. Raises BadTicket, and SetupError for a ticket of another
        account.
        """
        if not isinstance(of, Push):
            return Late(self, read_ticket(of))
        ticket = ticket_of(of, self)
        self.window.elsewhere.note(ticket.key)
        return Late(self, ticket)

    async def on_home(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Do something on the event loop of this account, whatever loop is running here."""
        self._notice_fork()
        return await self._home.carry_out(work)

    def on_home_blocking(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The same for callers without a loop. Raises SetupError on a running loop."""
        self._notice_fork()
        return self._home.carry_out_blocking(work)

    @property
    def busy(self) -> bool:
        return self.window.busy

    # Requests

    @property
    def only(self) -> Binding:
        return self

    async def handle(
        self, query: Query, body: bytes, method: str = "POST", *, gone: Gone | None = None
    ) -> Answer:
        """Answer one request to the callback URL, from any framework.

        Raises nothing for what came in; SetupError while the account cannot be read from the environment.

        `gone` says whether the peer has closed its connection, if the caller can tell: an answer that would not
        arrive is then kept for a delivery that does.
        """
        return await ended(self.begin(query, body, method, gone))

    def begin(self, query: Query, body: bytes, method: str, gone: Gone | None) -> Begun:
        """The same for a server on an event loop: the answer, or what waits for it."""
        if self._home.loop is asyncio.get_running_loop():  # in a forked child this loop does not run
            return self._reception.begin(query, body, method, gone)
        self._notice_fork()
        return self._home.carry_out(lambda: self._reception.handle(query, body, method, gone))

    def handle_blocking(
        self, query: Query, body: bytes, method: str = "POST", *, gone: Gone | None = None
    ) -> Answer:
        """`handle` for frameworks that call plain functions: Flask, Django, any WSGI server."""
        self._notice_fork()
        return self._home.carry_out_blocking(lambda: self._reception.handle(query, body, method, gone))

    async def passed_on(self, query: dict[str, str], body: bytes, gone: Gone, since: float) -> Answer:
        """Answer a delivery that came to another process at `since`, in the loop's seconds."""
        return await self._reception.handle(query, body, "POST", gone, since)

    async def ready(self) -> None:
        """Wait until messages can be accepted: until the shared state answers, where there is one."""
        if self.shared is not None:
            await self._home.carry_out(self.shared.ready)

    def refuse(self, problem: CallbackError) -> Answer:
        return self._reception.refuse(problem)

    def say_several_processes(self) -> None:
        """Log a warning, once: the server runs several processes, and each remembers only what came to itself."""
        if isinstance(self._home, OwnHome):
            self._home.workers.say()

    @cached_property
    def _reception(self) -> Reception:
        return Reception(self)

    # From the start to the stop

    def check(self) -> None:
        self._reception, self.state  # noqa: B018
        named = isinstance(self.source, EnvironmentAccount) and self.source.prefix
        if named and not self.account.secret and self._api is None and self.app.customer_service is not False:
            raise SetupError(
                f"没有设置 {named}SECRET：超过 5 秒的回复和 api 的调用都需要它",
                f"{named}SECRET is not set: replies after 5 seconds and calls of `api` need it",
                fix_zh="在公众平台“设置与开发 → 基本配置”取得 AppSecret；只发被动回复时写 customer_service=False",
                fix_en="take the AppSecret from the console; write customer_service=False to reply passively only",
            )

    async def shutdown(self, patience_s: float | None = None) -> None:
        """The same; `patience_s` in place of the app's `drain_s`."""
        await self._home.finish(lambda: self._end(self.app.drain_s if patience_s is None else patience_s))

    def close(self, patience_s: float | None = None) -> None:
        self._home.close(lambda: self.shutdown(patience_s))

    async def _end(self, patience_s: float) -> None:
        await self.window.drain(patience_s)
        if (shared := vars(self).get("shared")) is not None:
            await shared.finish()
        given = self.services
        api, self._api = self._api, given.api
        blocking, self._blocking_api = self._blocking_api, given.blocking_api
        if api is not None and api is not given.api:
            await api.close()
        if blocking is not None and blocking is not given.blocking_api:
            blocking.close()
        for client in (given.api, given.blocking_api):
            listeners = getattr(client, "listeners", None)
            if isinstance(listeners, list) and self._performed in listeners:
                listeners.remove(self._performed)
        await self._leave_state()

    async def _leave_state(self) -> None:
        """Give back the state that was opened; it is opened anew when it is needed again."""
        made = vars(self)
        for name in ("_tokens", "_budgets", "state", "store", "sessions", "people", "duties"):
            made.pop(name, None)
        if made.pop("shared", None) is not None:
            self.window.shared = None
            made.pop("_reception", None)
        await self._taken.give_back()

    def __repr__(self) -> str:
        known = vars(self).get("account")
        return f"Binding({known.appid if known else self.source!r})"

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
