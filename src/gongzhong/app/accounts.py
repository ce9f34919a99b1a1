"""Many accounts in one process, found by the address of a request."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias

from ..errors import CallbackError, SetupError
from ..wire import Query
from .answer import Answer, refusal
from .binding import Binding
from .late import Late, read_ticket
from .official_account import OfficialAccount
from .served import Served

One: TypeAlias = OfficialAccount | Binding
Find: TypeAlias = Callable[[str, str], One | None]
"""Gives the account for a host (lower case, without its port) and a path (without a slash at its end)."""


class UnknownAccount(CallbackError):
    """No account has this address."""

    status = 404
    reason = "unknown_account"


class Accounts(Served):
    """Several accounts behind one server: `Accounts({"/news": news, "/shop": shop})`.

    A key is a path (`/news`), a host (`news.example.com`) or both (`example.com/news`); the most exact one counts. In
    place of the mapping a function may find the account. Requests to any other address get a 404, counted in `counters`
    as `refused.unknown_account`. The accounts share nothing: each keeps its own tokens, sessions, claims and counters.

    Raises SetupError for a key that is no address, a value that is no account, an address or an account given twice.
    """

    def __init__(self, accounts: Mapping[str, One] | Find) -> None:
        self.counters: Counter[str] = Counter()
        """Requests that belong to no account."""
        self._met: dict[int, One] = {}
        self._known: dict[str, One] = {}
        self._find: Find = self._listed
        if not isinstance(accounts, Mapping):
            self._find = accounts
            return
        for address, one in accounts.items():
            host, slash, path = address.partition("/")
            if not address or not isinstance(one, OfficialAccount | Binding):
                raise _no_account(address, one)
            key = _host(host) + (slash + path).rstrip("/")
            if self._known.setdefault(key, one) is not one:
                raise SetupError(f"地址 {address!r} 写了两次", f"the address {address!r} is given twice")
            self._met[id(one)] = one

    def __iter__(self) -> Iterator[One]:
        """Every account, once; of those that a function finds the ones that were asked for so far."""
        return iter(list(self._met.values()))

    @property
    def only(self) -> None:
        return None

    def at(self, host: str, path: str) -> Binding:
        one = self._find(_host(host), path.rstrip("/"))
        if one is None:
            raise UnknownAccount("这个地址没有公众号", "no account has this address")
        self._met.setdefault(id(one), one)
        return one.only

    def refuse(self, problem: CallbackError) -> Answer:
        self.counters[f"refused.{problem.reason}"] += 1
        return refusal(problem)

    def _listed(self, host: str, path: str) -> One | None:
        known = self._known
        return known.get(host + path) or known.get(path) or known.get(host)

    async def handle(
        self, path: str, query: Query, body: bytes, method: str = "POST", *, host: str = ""
    ) -> Answer:
        """Answer one request, from any framework; `OfficialAccount.handle` says how."""
        try:
            return await self.at(host, path).handle(query, body, method)
        except CallbackError as problem:
            return self.refuse(problem)

    def handle_blocking(
        self, path: str, query: Query, body: bytes, method: str = "POST", *, host: str = ""
    ) -> Answer:
        """`handle` for frameworks that call plain functions."""
        try:
            return self.at(host, path).handle_blocking(query, body, method)
        except CallbackError as problem:
            return self.refuse(problem)

    def late(self, ticket: str) -> Late:
        """Answer a push later: see `Binding.late`. Raises BadTicket, and SetupError for a ticket of no account here."""
        appid = read_ticket(ticket).appid
        for one in self:
            if one.account.appid == appid:
                return one.late(ticket)
        raise SetupError(f"这里没有公众号 {appid}", f"there is no account {appid} here")

    @property
    def busy(self) -> bool:
        return any(one.busy for one in self)

    def check(self) -> None:
        appids: Counter[str] = Counter()
        for one in self:
            one.check()
            appids[one.account.appid] += 1
        twice = [appid for appid, count in appids.items() if count > 1]
        if twice:
            raise SetupError(
                f"AppID {twice[0]} 有两个 OfficialAccount 或 Binding：它们各自去重，处理函数会运行两次",
                f"two objects have the AppID {twice[0]}: each would run the handlers for the same push",
                fix_zh="两个地址都写同一个对象",
                fix_en="give both addresses the same object",
            )

    async def shutdown(self) -> None:
        ended = await asyncio.gather(*(one.shutdown() for one in self), return_exceptions=True)
        for problem in ended:
            if isinstance(problem, BaseException):
                raise problem

    def close(self) -> None:
        every = list(self)
        with ThreadPoolExecutor(len(every) or 1) as threads:
            for ended in [threads.submit(one.close) for one in every]:
                ended.result()


def _host(header: str) -> str:
    """The host of a Host header without its port, in lower case."""
    return header.rsplit(":", 1)[0].lower() if not header.endswith("]") else header.lower()


def _no_account(address: str, given: object) -> SetupError:
    return SetupError(
        f"{address!r}: {type(given).__name__} 不能作为 Accounts 里的公众号",
        f"{address!r}: {type(given).__name__} is not an address with its account",
        fix_zh='例如 Accounts({"/news": news, "/shop": app.bind(account)})',
        fix_en='for example Accounts({"/news": news, "/shop": app.bind(account)})',
    )
