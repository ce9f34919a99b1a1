"""The friendly face of one account: an `App` and its `Binding` in one object."""

from __future__ import annotations

from collections import Counter
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self, Unpack

from ..account import PREFIX, Account, EnvironmentAccount
from ..clock import Clock, RelayClock
from ..errors import CallbackError, SetupError
from ..messages import Push
from ..wire import PushReader, Query
from .answer import Answer, Gone
from .app import App, Policy
from .binding import Binding, Services
from .dispatch import RUNNING
from .late import Late
from .outbox import Undelivered
from .served import Served
from .sessions import Sessions, SessionStore

if TYPE_CHECKING:
    from ..client import AsyncClient, Client
    from ..people import Certificate, People, Records
    from ..state import State
    from ..tracing import Tracing


class OfficialAccount(App, Served):
    """One account's handlers and everything between them and WeChat.

    The settings are those of `App`; `api`, `blocking_api`, `clock`, `state`, `sessions`, `reader`, `people`
    and `tracing` those of `Services`. An `EnvironmentAccount` (see `from_env`) is read when it is first needed.

    What is asked of it goes to one `Binding`: in a handler the one that runs it, otherwise the one in use, which is
    that of the account given here unless `bound_to` says another.
    """

    def __init__(
        self,
        account: Account | EnvironmentAccount,
        *,
        api: AsyncClient | None = None,
        blocking_api: Client | None = None,
        clock: Clock | None = None,
        state: State | str | None = None,
        sessions: SessionStore | None = None,
        reader: PushReader | None = None,
        people: People | None = None,
        tracing: Tracing | None = None,
        **policy: Unpack[Policy],
    ) -> None:
        super().__init__(**policy)
        services = Services(
            api=api,
            blocking_api=blocking_api,
            clock=clock or Clock(),
            state=state,
            sessions=sessions,
            reader=reader,
            people=people,
            tracing=tracing,
        )
        self._bindings = [self.bind(account, services)]
        """The one in use is the last."""
        self.clock = RelayClock(lambda: self.binding.clock)
        """The time of the binding in use."""

    @classmethod
    def from_env(cls, prefix: str = PREFIX, **options: Any) -> Self:
        """The account named by GONGZHONG_APPID, _SECRET, _TOKEN, _AES_KEY; options as for the constructor.

        `prefix` replaces `GONGZHONG_`, for a program with several accounts. The variables are read when the account
        is first needed (a request comes in, a call is made, `check`), so that the module of the program can be
        imported without them. Then a SetupError names what is missing.
        """
        return cls(EnvironmentAccount(prefix), **options)

    @property
    def binding(self) -> Binding:
        """The account at work: in a handler the one that it runs for."""
        running = RUNNING.get()
        return running if running is not None and running.app is self else self._bindings[-1]

    @property
    def only(self) -> Binding:
        return self.binding

    @contextmanager
    def bound_to(self, binding: Binding) -> Iterator[Binding]:
        """Within it, what is asked of this object goes to `binding`: for a test against another WeChat.

        Nothing of the binding before changes; afterwards it is in use again. Raises SetupError for a binding of
        another app.
        """
        if binding.app is not self:
            raise SetupError(
                "这个 Binding 属于另一个 App",
                "this binding is of another app",
                fix_zh="用 oa.bind(account, services) 创建",
                fix_en="make it with oa.bind(account, services)",
            )
        self._bindings.append(binding)
        try:
            yield binding
        finally:
            self._bindings.remove(binding)

    @property
    def source(self) -> Account | EnvironmentAccount:
        """The account as it was given."""
        return self.binding.source

    @property
    def account(self) -> Account:
        """The account's credentials. Raises SetupError when they are to come from the environment and do not."""
        return self.binding.account

    @property
    def api(self) -> AsyncClient:
        """The account's client for `async` code, made on first use."""
        return self.binding.api

    @property
    def blocking_api(self) -> Client:
        """The account's client for plain functions and threads, made on first use; shares the token of `api`."""
        return self.binding.blocking_api

    @property
    def sessions(self) -> Sessions:
        """What is remembered about each user between two messages."""
        return self.binding.sessions

    @property
    def records(self) -> Records:
        """What is stored about the people of this account. Raises SetupError when people's data is not in use."""
        return self.binding.records

    async def erase(
        self, openid: str, *, fields: Sequence[str] | None = None, reason: str = "request", by: str = "person"
    ) -> Certificate | None:
        """Erase everything about a person, or single fields; see `Binding.erase`."""
        return await self.binding.erase(openid, fields=fields, reason=reason, by=by)

    async def export(self, openid: str, *, by: str = "person") -> dict[str, Any] | None:
        """Everything that is held about a person; see `Binding.export`."""
        return await self.binding.export(openid, by=by)

    @property
    def counters(self) -> Counter[str]:
        """How many deliveries, answers and troubles; docs/app.md lists the names."""
        return self.binding.counters

    @property
    def undelivered(self) -> list[Undelivered]:
        """Answers that have not reached their user, oldest first, with the reason."""
        return self.binding.undelivered

    def late(self, of: Push | str) -> Late:
        """Answer a push later, from anywhere: the push itself, or the ticket that `late(push).ticket` gave.

        Called by the push's own handler, it also says that the answer comes from elsewhere: a handler that then ends
        without a reply leaves the delivery open for it. Raises BadTicket, and SetupError for a ticket of another
        account.
        """
        return self.binding.late(of)

    @property
    def busy(self) -> bool:
        return self.binding.busy

    def handle(
        self, query: Query, body: bytes, method: str = "POST", *, gone: Gone | None = None
    ) -> Coroutine[Any, Any, Answer]:
        """Answer one request to the callback URL, from any framework; to be awaited.

        Raises nothing for what came in; SetupError while the account cannot be read from the environment. `gone` says
        whether the peer has closed its connection, if the caller can tell.
        """
        return self.binding.handle(query, body, method, gone=gone)

    def handle_blocking(
        self, query: Query, body: bytes, method: str = "POST", *, gone: Gone | None = None
    ) -> Answer:
        """`handle` for frameworks that call plain functions: Flask, Django, any WSGI server."""
        return self.binding.handle_blocking(query, body, method, gone=gone)

    def refuse(self, problem: CallbackError) -> Answer:
        return self.binding.refuse(problem)

    def check(self) -> None:
        self.binding.check()

    async def shutdown(self) -> None:
        await self.binding.shutdown()

    def close(self) -> None:
        self.binding.close()

    def __repr__(self) -> str:
        return repr(self.binding).replace("Binding", "OfficialAccount", 1)
