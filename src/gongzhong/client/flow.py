"""The rules of a call, once for both clients: which token, what is repeated, when to refresh, what to raise.

    quota ─► token ─► send ─► 0 ──────────────► answer
                       │  ├─► 40001 40014 42001 ► set that generation aside, get another, send again (twice at most)
                       │  ├─► -1 …             ► repeat with growing pauses, when the call may be repeated; then raise
                       │  └─► other code       ► raise
                       ├─ not reached          ► nothing happened: the next host at once, then again after a pause
                       ├─ 502 503 504 page     ► the next host, when the call may be repeated; then raise
                       └─ outcome unknown      ► the next host after a pause, only what is safe to repeat

Every arrow back is counted, none is recursive: a call that can't succeed ends after a handful of requests, and no pause
goes beyond the time that the call has. What may be repeated stands in the catalogue (`Spec.repeat`, `Spec.once_by`).
Which host is used: `hosts.py`. What is refused before the call: `budgets.py`.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from os import PathLike
from typing import Any, Final, Literal, Protocol, TypeAlias, TypeVar

import msgspec

from ..account import Account, Secret
from ..catalogue.base import GetQuota, GetStableToken, GetToken
from ..catalogue.encoding import Encoded, encode
from ..catalogue.model import Call, Download, Host, Repeat, Spec
from ..catalogue.tickets import GetTicket
from ..clock import Clock
from ..errors import BadAnswer, CallError, GongzhongError, NotReached, SetupError, TransportError
from ..reasons import NOT_JSON
from ..tracing import Tracing
from .answer_file import AnswerFile, AnswerSink, DiskError
from .budgets import Budgets
from .cause import is_told, with_cause
from .drivers import Pause, Send, Steps
from .hosts import HostChoice
from .replies import errcode_of, refusal, refuse_early, result
from .token_store import TokenRecord
from .tokens import Fetched, Tokens
from .transport import LARGEST_ANSWER, WireReply, WireRequest

R = TypeVar("R")

TicketKind: TypeAlias = Literal["jsapi", "wx_card"]

log = logging.getLogger("gongzhong.client")

REJECTED: Final = frozenset({40001, 40014, 42001})
"""The token was replaced, malformed or expired: a new one helps (全局返回码)."""

BUSY: Final = frozenset({-1, -1000, 61450, 268487001, 268487002})
"""System busy: the same request may work in a moment (全局返回码)."""

UNAVAILABLE: Final = frozenset({502, 503, 504})
"""HTTP statuses of a gateway in front of WeChat whose page says that nobody behind it answered."""

LONGEST_VALUE: Final = 4096
"""Characters of a token or ticket. WeChat asks for room for 512 (获取接口调用凭据)."""

_VALUE: Final = re.compile(rf"[!-~]{{1,{LONGEST_VALUE}}}")

LONGEST_LIFE_S: Final = 30 * 86_400
"""WeChat gives 7,200 s; a month leaves room for gateways of one's own."""

NO_HEADERS: Final[Mapping[str, str]] = {}
REFRESHES: Final = 2
"""How often a call whose token was rejected gets a newer one and is repeated. Twice, since the first newer token may be
one that another program stored some time ago, and out of date, too."""
LOOKUP: Final = {"X-Gongzhong-Lookup": "1"}
"""The header of requests that the kit makes by itself, not the program: recordings on the platform leave them out."""


class CallPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How long a call may take, how often it is tried, and what is checked before. Times are seconds."""

    timeout_s: float = 10
    """Seconds until the whole answer of one request must be there, and how long a call may still be repeated.
    Files get as much longer as they need at 16 KiB a second."""
    answer_bytes: int = LARGEST_ANSWER
    """A longer answer is an error, unless it is a file that `save` writes."""
    tries: int = 3
    pause_s: float = 0.3
    """Before the second try, more or less by half of it; doubled before each further one."""
    connect_s: float = 3
    """How long connecting to a host may take while there is another one to try (`Hosts.api_others`)."""
    check: bool = False
    """Whether declared limits are checked before anything is sent: the same error, without spending quota."""


class Order(Protocol):
    """What the rules carry out: a call of the catalogue, or a request of another program that a gateway passes on."""

    @property
    def spec(self) -> Spec:
        """Verb and address, whether a token is added, whether it may be repeated."""
        ...

    def name(self) -> str:
        """How logs and errors name it."""
        ...

    def encoded(self, account: Account, /) -> Encoded:
        """Query and body, without the token."""
        ...

    def code_of(self, reply: WireReply, /) -> int:
        """The return code of an answer, 0 for success; may raise BadAnswer."""
        ...


def ending(problem: BaseException | None) -> tuple[str | None, int | None]:
    """How a call ended, for its span: the class of the error, and WeChat's return code if it gave one."""
    if problem is None:
        return None, 0
    return type(problem).__name__, problem.errcode if isinstance(problem, CallError) else None


class CallOrder:
    """A call of the catalogue as an `Order`."""

    __slots__ = ("call", "sent", "spec")

    def __init__(self, call: Call[Any]) -> None:
        self.call, self.spec = call, call.spec
        self.sent = 0
        """How many requests were sent for it."""

    def name(self) -> str:
        return self.call.name()

    def encoded(self, account: Account) -> Encoded:
        # No local variable holds a secret in clear: tracebacks may show them.
        return encode(self.call, {name: getattr(account, what) for name, what in self.spec.inject.items()})

    def code_of(self, reply: WireReply) -> int:
        return errcode_of(self.call, reply)


Listener: TypeAlias = Callable[[Call[Any], BaseException | None], None]
"""Is told of every call that ended, and how: None for success. Called in the thread of the call; must not raise."""


def chance() -> float:
    """A random number from 0 up to 1: what makes the pauses of many programs differ."""
    from random import random  # loads six modules, for what few calls need

    return random()


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """The account that calls, its tokens, hosts and budgets, and the policy of its calls."""

    account: Account
    tokens: Tokens
    clock: Clock
    policy: CallPolicy
    hosts: HostChoice
    budgets: Budgets
    owner: str
    """How shared records name the account at its address."""
    chance: Callable[[], float] = chance
    listeners: list[Listener] = msgspec.field(default_factory=list)
    tracing: Tracing | None = None
    tells_cause: bool = False
    """Whether calls say because of which push they are made: only to a platform on this machine."""

    @classmethod
    def of(
        cls,
        account: Account,
        tokens: Tokens,
        clock: Clock,
        policy: CallPolicy | None = None,
        budgets: Budgets | None = None,
        chance: Callable[[], float] = chance,
        tracing: Tracing | None = None,
    ) -> Caller:
        return cls(
            account=account,
            tokens=tokens,
            clock=clock,
            policy=policy or CallPolicy(),
            hosts=HostChoice(account.hosts.api_hosts, clock),
            budgets=budgets or Budgets(clock=clock),
            owner=f"{account.hosts.api}|{account.appid}",
            chance=chance,
            tracing=tracing,
            tells_cause=is_told(account.hosts.api),
        )

    def perform(
        self, call: Call[R], timeout_s: float | None = None, headers: Mapping[str, str] = NO_HEADERS
    ) -> Steps[R]:
        """Steps whose result is the call's typed answer."""
        return result(call, (yield from self.raw(call, timeout_s, headers=headers)))

    def save(self, call: Call[R], path: str | PathLike[str], timeout_s: float | None = None) -> Steps[R]:
        """The typed answer; a file among the answers goes to `path` while it comes in."""
        answer_file = AnswerFile(path)
        try:
            reply = yield from self.raw(call, timeout_s, answer_file)
            answer = result(call, reply)
            if isinstance(answer, Download):
                saved = answer_file.keep(answer.content)
                answer = msgspec.structs.replace(answer, content=b"", path=str(saved))
            return answer
        except DiskError as problem:
            raise problem.error from None
        finally:
            answer_file.discard()

    def raw(
        self,
        call: Call[Any],
        timeout_s: float | None = None,
        answer_file: AnswerSink | None = None,
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> Steps[WireReply]:
        """The answer's bytes, after the same rules."""
        if self.policy.check:
            refuse_early(call)
        problem: BaseException | None = None
        order = CallOrder(call)
        span = None if self.tracing is None else self.tracing.call(call.spec.path, self.account.appid)
        try:
            reply, code, token = yield from self.carried(order, timeout_s, answer_file, headers)
            if code:
                raise refusal(call, reply, (self.account.secret, *([token.value] if token else ())))
            return reply
        except BaseException as error:
            problem = error
            raise
        finally:
            if span is not None:
                span.ended(*ending(problem), order.sent)
            for listener in self.listeners:
                listener(call, problem)

    def carried(
        self,
        order: Order,
        timeout_s: float | None = None,
        answer_file: AnswerSink | None = None,
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> Steps[tuple[WireReply, int, TokenRecord | None]]:
        """The last answer, its return code, and the token that it was asked with.

        Raises QuotaSpent for a call that WeChat would refuse because its quota is used up; nothing is sent then.
        """
        budgets, owner, spec = self.budgets, self.owner, order.spec
        usage, settled = budgets.count(owner, spec)
        if usage is not None and not settled:
            yield from budgets.settle(owner, order.name(), usage, self._quota)
        timeout_s = timeout_s or self.policy.timeout_s
        try:
            token = (yield from self._token()) if spec.token else None
            reply, code = yield from self._tried(order, token, timeout_s, answer_file, headers)
            for _ in range(REFRESHES):
                if token is None or code not in REJECTED:
                    break
                newer = yield from self._token(rejected=token)
                if not newer.newer_than(token):
                    break
                token = newer
                reply, code = yield from self._tried(order, token, timeout_s, answer_file, headers)
        except NotReached:
            if usage is not None:
                budgets.give_back(usage)
            raise
        if budgets.told_by(spec, code):
            yield from budgets.answered(owner, spec, code, order.encoded(self.account).body, reply)
        return reply, code, token

    def _quota(self, call: GetQuota) -> Steps[object]:
        return (yield from self.perform(call, headers=LOOKUP))

    def access_token(self, rejected: TokenRecord | None = None) -> Steps[TokenRecord]:
        """The token to call with, newer than `rejected` where there is one."""
        if not self.account.secret:
            raise SetupError(
                "没有 AppSecret，取不到 access_token",
                "there is no AppSecret to get an access_token with",
                fix_zh="设置环境变量 GONGZHONG_SECRET，或在 Account(secret=…) 里给出",
                fix_en="set the environment variable GONGZHONG_SECRET, or pass Account(secret=…)",
            )
        return (yield from self.tokens.obtain(self._key("access_token"), self._fetch_token, rejected))

    def _token(self, rejected: TokenRecord | None = None) -> Steps[TokenRecord]:
        """The token for a call. Whatever keeps it from coming, the call itself was surely not carried out."""
        try:
            return (yield from self.access_token(rejected))
        except GongzhongError as problem:
            problem.may_be_done = False
            raise

    def ticket(self, kind: TicketKind) -> Steps[TokenRecord]:
        """The ticket that pages are signed with."""

        def fetch(_: TokenRecord | None) -> Steps[Fetched]:
            return (yield from self._fetch(GetTicket(type=kind), "ticket"))

        return (yield from self.tokens.obtain(self._key(f"{kind}_ticket"), fetch))

    def _fetch_token(self, rejected: TokenRecord | None) -> Steps[Fetched]:
        if self.tokens.policy.kind == "plain":
            return (yield from self._fetch(GetToken(), "access_token"))
        fetched = yield from self._fetch(GetStableToken(), "access_token")
        same = rejected is not None and fetched.value == rejected.value
        if same and self.tokens.may_force(self._key("access_token")):
            fetched = yield from self._fetch(GetStableToken(force_refresh=True), "access_token")
        return fetched

    def _fetch(self, call: Call[Any], field: str) -> Steps[Fetched]:
        """The token or ticket that stands in this field of the answer, and its life."""
        reply = yield from self.raw(call, headers=LOOKUP)
        answer = result(call, reply)
        return checked(call, reply, Secret(getattr(answer, field)), answer.expires_in)

    def _tried(
        self,
        order: Order,
        token: TokenRecord | None,
        timeout_s: float,
        answer_file: AnswerSink | None,
        headers: Mapping[str, str],
    ) -> Steps[tuple[WireReply, int]]:
        """The answer and its return code, after as many tries as the call allows."""
        request = self._request(order, token, timeout_s, answer_file, headers)
        attempts = Attempts(self, order, request, self.clock.now() + timeout_s)
        while True:
            try:
                reply: WireReply = yield Send(attempts.request())
            except TransportError as error:
                pause_s = attempts.failed(error)
                if pause_s is None:
                    raise attempts.blamed(error) from None
                log.info("%s is tried again: %s", order.name(), error.en)
            else:
                if attempts.elsewhere(reply):
                    log.info("%s is tried at another host: HTTP %d", order.name(), reply.status)
                    continue
                code = order.code_of(reply)
                pause_s = attempts.busy() if code in BUSY else None
                if pause_s is None:
                    return reply, code
                log.info("%s is tried again: WeChat is busy (%d)", order.name(), code)
            if pause_s:
                yield Pause(pause_s)

    def _request(
        self,
        order: Order,
        token: TokenRecord | None,
        timeout_s: float,
        answer_file: AnswerSink | None,
        headers: Mapping[str, str],
    ) -> WireRequest:
        spec, encoded = order.spec, order.encoded(self.account)
        headers = with_cause(headers) if self.tells_cause else headers
        return WireRequest(
            method=spec.verb,
            url=getattr(self.account.hosts, spec.host.value) + spec.address,
            query=({} if token is None else {"access_token": token.value.reveal()}) | encoded.query,
            headers={**headers, **({"Content-Type": encoded.content_type} if encoded.content_type else {})},
            body=encoded.body,
            timeout_s=timeout_s,
            limit_bytes=self.policy.answer_bytes,
            answer_file=answer_file,
            connect_s=self.policy.connect_s if self.hosts.several and spec.host is Host.API else None,
        )

    def _key(self, kind: str) -> str:
        return f"{self.owner}|{kind}"


class Attempts:
    """The tries of one request: which host is next, after which pause, and when there is none any more."""

    __slots__ = (
        *(
            "_base",
            "_caller",
            "_first",
            "_hosts",
            "_moves",
            "_order",
            "_own",
            "_request",
            "_safe",
            "_tried",
            "_tries",
        ),
        *("_unreached", "_until"),
    )

    def __init__(self, caller: Caller, order: Order, request: WireRequest, until: float) -> None:
        self._caller, self._hosts, self._request, self._until = caller, caller.hosts, request, until
        self._order = order
        self._safe = order.spec.repeat is Repeat.SAFE or carried_out_once(order)
        self._moves = caller.hosts.several and order.spec.host is Host.API
        self._tries = 1
        self._own = self._base = caller.account.hosts.api
        if self._moves:
            self._base = self._hosts.choose() or self._base
        self._tried: set[str] = {self._base} if self._moves else set()
        self._unreached = True
        """Whether no host of this round could be reached."""
        self._first: TransportError | None = None

    def request(self) -> WireRequest:
        """The request, to the host whose turn it is."""
        if isinstance(self._order, CallOrder):
            self._order.sent += 1
        if self._base == self._own:
            return self._request
        return replace(self._request, url=self._base + self._request.url.removeprefix(self._own))

    def failed(self, error: TransportError) -> float | None:
        """How long to wait before the next try, 0 for at once; None when there is to be none."""
        self._first = self._first or error
        self._unreached = self._unreached and not error.sent
        if self._moves:
            self._hosts.failed(self._base, surely=not error.sent)
        if (error.sent and not self._repeatable) or self._caller.clock.now() >= self._until:
            return None
        moved = self._move()
        if moved and not error.sent:
            return 0.0
        if not moved and self._moves:
            if self._unreached:
                self._hosts.forget()
            self._base = self._hosts.choose() or self._own
            self._tried, self._unreached = {self._base}, True
        return self._again()

    def elsewhere(self, reply: WireReply) -> bool:
        """Whether a gateway's page came in place of an answer, and the request now goes to another host."""
        if not self._moves:
            return False
        if reply.status not in UNAVAILABLE or reply.body.lstrip()[:1] == b"{":
            self._hosts.answered(self._base)
            return False
        self._unreached = False
        self._hosts.failed(self._base, surely=True)
        return self._repeatable and self._caller.clock.now() < self._until and self._move()

    def busy(self) -> float | None:
        """The pause after "system busy"; None when the call is not to be repeated."""
        return self._again() if self._repeatable else None

    def blamed(self, error: TransportError) -> TransportError:
        """What to raise: where no host could be reached, the error names the first of them."""
        return error if error.sent else self._first or error

    @property
    def _repeatable(self) -> bool:
        """Whether it may be sent again although it may have been carried out."""
        sink = self._request.answer_file
        return self._safe and not (sink is not None and sink.passed_on)

    def _move(self) -> bool:
        """Go on to a host that this round has not tried; False when there is none."""
        other = self._hosts.choose(self._tried) if self._moves else None
        if other is None:
            return False
        self._base = other
        self._tried.add(other)
        return True

    def _again(self) -> float | None:
        policy, caller = self._caller.policy, self._caller
        pause_s: float = policy.pause_s * 2.0 ** (self._tries - 1) * (0.5 + caller.chance())
        if self._tries >= policy.tries or caller.clock.now() + pause_s >= self._until:
            return None
        self._tries += 1
        return pause_s


def carried_out_once(order: Order) -> bool:
    """Whether the call carries an id of its own by which WeChat carries it out only once."""
    field = order.spec.once_by
    return bool(field) and isinstance(order, CallOrder) and bool(getattr(order.call, field))


class Texts(msgspec.Struct):
    """The fields of an answer that must be JSON texts: a token that comes as a number is none."""

    access_token: str = ""
    ticket: str = ""


_TEXTS: Final = msgspec.json.Decoder(Texts)


def checked(call: Call[Any], reply: WireReply, value: Secret, expires_in: float) -> Fetched:
    """What a fetch brought. Raises BadAnswer for a value or a life that cannot be: neither is ever kept."""
    if not _usable(value) or not _in_text(reply):
        what = "空的" if not value else "不可用的"
        kind = "an empty" if not value else "an unusable"
        zh, en = f"{call.name()} 给了{what}凭据", f"{call.name()} answered {kind} credential"
    elif not 0 < expires_in <= LONGEST_LIFE_S:
        zh = f"{call.name()} 给的有效期不合理：{expires_in} 秒"
        en = f"{call.name()} answered a life that cannot be: {expires_in} s"
    else:
        return Fetched(value, expires_in)
    raise BadAnswer(
        zh,
        en,
        fix_zh="稍后再试；这样的应答不会被缓存。若总是如此，检查 GONGZHONG_API_BASE 和网关",
        fix_en="try again later; such an answer is never kept. If it stays so, check GONGZHONG_API_BASE and gateways",
    )


def _usable(value: Secret) -> bool:
    return _VALUE.fullmatch(value.reveal()) is not None


def _in_text(reply: WireReply) -> bool:
    try:
        _TEXTS.decode(reply.body)
    except msgspec.ValidationError:
        return False
    except NOT_JSON:
        pass  # what is odd elsewhere in the answer does not matter
    return True
