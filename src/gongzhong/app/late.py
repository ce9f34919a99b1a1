"""Answers that come from elsewhere: a job queue, a workflow engine, a person at a desk, another process.

    @oa.text()
    def ask(message: Text, oa: OfficialAccount) -> None:
        jobs.enqueue(message.content, oa.late(message).ticket)      # the handler ends without a reply

    oa.late(ticket).reply_blocking("…")                             # in the job, whenever and wherever it runs

A ticket is a short text that names the account, the person and the push; it can be stored and sent anywhere. What is
replied goes the way that an answer of the handler would have gone: on the open delivery while WeChat still waits (also
in another process), else as customer-service messages within the person's allowance, else with the person's next
message.

With a shared state the answer first becomes a row of the inbox, and the process that has the person takes it from
there: nothing that `reply` accepted is lost. Without one, only the process that made a ticket can use it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from ..client.cause import PUSH
from ..errors import GongzhongError, HandlerError, SetupError
from ..messages import Article, Push, Reply, dedup_key
from ..reasons import NOT_JSON
from .outbox import WAITS_S
from .pieces import checked
from .results import Move, as_reply
from .runs import Claims

if TYPE_CHECKING:
    from .binding import Binding

LateResult: TypeAlias = str | Reply | Sequence[Article]
"""What can be replied later: what a handler may return, without moves of a dialogue."""

MOST_NAMES = 10_000
"""Names of replies that a process without shared state remembers."""
MOST_EXPECTING = 10_000
"""People of whom a process remembers that they were told to ask for an answer."""
LONGEST_TICKET = 2_000


class BadTicket(GongzhongError, ValueError):
    """A text is no ticket that `oa.late(message).ticket` gave."""

    def __init__(self) -> None:
        super().__init__(
            "这不是 oa.late(message).ticket 给出的文字",
            "this text is no ticket of `oa.late(message).ticket`",
            fix_zh="把 ticket 原样保存和传递",
            fix_en="store the ticket and pass it on as it is",
        )


class Ticket(msgspec.Struct, frozen=True, array_like=True):
    """Which push an answer is for. As a text (`written`) it is JSON; it holds the OpenID and nothing that was said."""

    appid: str
    openid: str
    key: str
    """The name under which the push is known: `messages.dedup_key`."""
    kind: str
    """The class of the push, such as `Text`."""
    maker: str
    """The process that made the ticket."""

    def written(self) -> str:
        return msgspec.json.encode(self).decode()


def ticket_of(push: Push, binding: Binding) -> Ticket:
    """The ticket for a push. Raises SetupError while the account cannot be read from the environment."""
    return Ticket(binding.account.appid, push.openid, dedup_key(push), type(push).__name__, binding.maker)


def read_ticket(text: str) -> Ticket:
    """The ticket that `written` made a text of. Raises BadTicket."""
    if not isinstance(text, str) or len(text) > LONGEST_TICKET:
        raise BadTicket
    try:
        ticket = msgspec.json.decode(text, type=Ticket)
    except NOT_JSON:
        raise BadTicket from None
    if not (ticket.appid and ticket.openid and ticket.key):
        raise BadTicket
    return ticket


class Late:
    """Answers one push later: `oa.late(message)` or `oa.late(ticket)`."""

    def __init__(self, binding: Binding, ticket: Ticket) -> None:
        if ticket.appid != binding.account.appid:
            raise SetupError(
                f"ticket 属于公众号 {ticket.appid}，不是 {binding.account.appid}",
                f"the ticket is of the account {ticket.appid}, not of {binding.account.appid}",
                fix_zh="用那个公众号的 OfficialAccount 回复",
                fix_en="reply through the OfficialAccount of that account",
            )
        self._binding, self._ticket = binding, ticket

    @property
    def ticket(self) -> str:
        """A text from which any process makes this object again. It holds the person's OpenID."""
        return self._ticket.written()

    @property
    def key(self) -> str:
        """Names the push, the same for all of its deliveries: for engines that begin nothing twice under one name."""
        return self._ticket.key

    @property
    def openid(self) -> str:
        return self._ticket.openid

    @property
    def kind(self) -> str:
        """The class of the push that is answered, such as `Text`."""
        return self._ticket.kind

    async def reply(self, *results: LateResult, name: str = "") -> bool:
        """Answer. True once the answer is taken: in the database, where there is a shared state, else in this process.

        `name` is for engines that may run a job twice: of all replies to a push with one name only the first is taken,
        for the others this gives False. Without a name every call is an answer of its own.

        Raises HandlerError for what is no reply, SetupError for a ticket of another process without a shared state,
        and StateDown when state or database cannot be reached: then call again, with the same name.
        """
        replies = [self._as_reply(result) for result in results if result != ""]
        if not replies:
            return False
        return await self._binding.on_home(lambda: self._taken(replies, name))

    def reply_blocking(self, *results: LateResult, name: str = "") -> bool:
        """`reply` for plain functions. Raises SetupError where an event loop is running, too."""
        replies = [self._as_reply(result) for result in results if result != ""]
        if not replies:
            return False
        return self._binding.on_home_blocking(lambda: self._taken(replies, name))

    def _as_reply(self, result: LateResult) -> Reply:
        if isinstance(result, Move):
            raise HandlerError(
                "oa.late(…).reply 不能移动对话", "oa.late(…).reply cannot move the person in a dialogue"
            )
        reply = as_reply(result, None, _GIVER)
        if reply is None:
            raise HandlerError(
                "oa.late(…).reply 要的是回复，而不是 None", "oa.late(…).reply takes a reply, not None"
            )
        return checked(reply)

    async def _taken(self, replies: Sequence[Reply], name: str) -> bool:
        ticket, window, shared = self._ticket, self._binding.window, self._binding.shared
        if shared is not None:
            return await shared.answered_elsewhere(ticket.openid, ticket.key, replies, name)
        if ticket.maker != self._binding.maker:
            raise SetupError(
                "这个 ticket 是另一个进程给出的，而本进程没有共享状态：答复到不了那个进程",
                "another process made this ticket, and this process has no shared state: the answer cannot get there",
                fix_zh="给两个进程设置同一个 GONGZHONG_DATABASE（和 GONGZHONG_STATE），见 docs/state.zh-CN.md",
                fix_en="set the same GONGZHONG_DATABASE (and GONGZHONG_STATE) for both processes, see docs/state.md",
            )
        if name and not window.elsewhere.names.new(f"{ticket.key}|{name}"):
            return False
        window.come(ticket.openid, ticket.key, replies)
        return True

    def __repr__(self) -> str:
        return f"Late({self._ticket.appid}, {self._ticket.kind})"


class _Giver:
    """Who gave a result, for errors."""

    name = "oa.late(…).reply"


_GIVER = _Giver()


class Elsewhere:
    """What a process knows of answers that come from elsewhere. `note` may be called from any thread."""

    def __init__(self, claims: Claims) -> None:
        self._claims = claims
        self.early: dict[str, list[Reply]] = {}
        """The keys of pushes whose handlers run and have asked for a ticket, with the replies that came already."""
        self.beginning = ""
        """The key of the push whose handler is called now: one that cannot wait runs before its claim begins."""
        self.expected, self.names = Expected(), Names()

    def note(self, key: str) -> None:
        """The answer to a push comes from elsewhere; without effect unless its handler is what runs here. A task that
        the handler started may ask when the handler has ended long ago."""
        push, run = PUSH.get(), self._claims.find(key)
        if push is None or dedup_key(push) != key:
            return
        if key == self.beginning or (run is not None and not (run.claim.ended or run.claim.elsewhere)):
            self.early.setdefault(key, [])


class Names:
    """The names of replies that were taken, the newest `most` of them."""

    def __init__(self, most: int = MOST_NAMES) -> None:
        self._most = most
        self._known: OrderedDict[str, None] = OrderedDict()

    def new(self, name: str) -> bool:
        """Whether this name is heard for the first time."""
        if name in self._known:
            return False
        self._known[name] = None
        if len(self._known) > self._most:
            self._known.popitem(last=False)
        return True


class Expected:
    """Who was told to ask for an answer that is still to come from elsewhere: then a message that only fetches is no
    new question. Each is forgotten after WAITS_S seconds, as waiting answers are; times are unix seconds."""

    def __init__(self, most: int = MOST_EXPECTING) -> None:
        self._most = most
        self._people: OrderedDict[str, dict[str, float]] = OrderedDict()
        """For each person the keys of the pushes, and until when."""

    def __len__(self) -> int:
        return len(self._people)

    def add(self, openid: str, key: str, now: float) -> None:
        self._people.setdefault(openid, {})[key] = now + WAITS_S
        self._people.move_to_end(openid)
        if len(self._people) > self._most:
            self._people.popitem(last=False)

    def came(self, openid: str, key: str) -> None:
        """The answer to this push has come."""
        keys = self._people.get(openid)
        if keys is not None and keys.pop(key, None) is not None and not keys:
            del self._people[openid]

    def any(self, openid: str, now: float) -> bool:
        return any(until > now for until in self._people.get(openid, {}).values())

    def stored(self, openid: str, now: float) -> list[tuple[str, float]]:
        """What is known about a person, for another process."""
        return [(key, until) for key, until in self._people.get(openid, {}).items() if until > now]

    def restore(self, openid: str, stored: Sequence[tuple[str, float]]) -> None:
        """Go on from what another process stored."""
        self._people.pop(openid, None)
        if stored:
            self._people[openid] = dict(stored)
