"""Any sequence of what people and an account can do leaves the platform where a small model of WeChat's rules says.

The model knows four things: who follows in which order, which customer-service messages are still allowed, which
tokens are good, and what has been pushed. Hypothesis looks for a sequence after which the two disagree.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, precondition, rule

from gongzhong import Account, OfficialAccount, Secret
from gongzhong.catalogue.customer_messages import text_message
from gongzhong.catalogue.encoding import encode
from gongzhong.catalogue.users import ListFollowers
from gongzhong.client import Client
from gongzhong.client.transport import WireRequest
from gongzhong.errors import CallError
from gongzhong.platform.world.settings import Rules
from gongzhong.testing import LocalPlatform
from gongzhong.testing.in_process import InProcessTransport

RULES = Rules()
NAMES = ("alice", "bob", "carol")
STEPS = st.sampled_from([1, 59, 61, 299, 301, 3_600, 7_201, 86_400, 172_801])
OK, NOT_LATEST, EXPIRED, NOT_FOLLOWING, NO_WINDOW, NO_COUNT = 0, 40001, 42001, 43004, 45015, 45047


@dataclass
class Window:
    """Messages that an act allows, and until when."""

    left: int
    until: float


@dataclass
class Person:
    """What the model remembers of somebody."""

    windows: dict[str, Window] = field(default_factory=dict)


class Model(RuleBasedStateMachine):
    """The platform beside the model."""

    tokens: Bundle[str] = Bundle("tokens")

    def __init__(self) -> None:
        super().__init__()
        self.platform = LocalPlatform()
        self.oa = OfficialAccount(
            Account(appid="wx00000000000000cc", secret=Secret("s" * 32), token=Secret("tok123"))
        )
        self.expected: list[str] = []
        self.platform.connect(self.oa)
        self.client: Client = self.platform.client(self.oa)
        self.transport = InProcessTransport(self.platform.server)
        self.followers: list[str] = []
        self.known: dict[str, Person] = {}
        self.good: dict[str, tuple[float, float | None]] = {}

    def now(self) -> float:
        return self.platform.clock.now()

    def openid(self, name: str) -> str:
        return self.platform.world.ids.openid(self.oa.account.appid, name)

    @precondition(lambda self: len(self.followers) < len(NAMES))
    @rule(data=st.data())
    def follow(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from([name for name in NAMES if name not in self.followers]))
        self.platform.person(name).follows()
        self.followers.append(name)
        self.known.setdefault(name, Person()).windows["follow"] = self._window(
            RULES.after_act, RULES.after_act_s
        )
        self.expected.append("event:subscribe")

    @precondition(lambda self: self.followers)
    @rule(data=st.data())
    def unfollow(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(self.followers))
        self.platform.person(name).unfollows()
        self.followers.remove(name)
        self.known[name].windows.clear()
        self.expected.append("event:unsubscribe")

    @precondition(lambda self: self.followers)
    @rule(data=st.data())
    def say(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(self.followers))
        self.platform.person(name).says("你好")
        self.known[name].windows["message"] = self._window(RULES.after_message, RULES.after_message_s)
        self.expected.append("text")

    def _window(self, count: int, seconds: float) -> Window:
        return Window(count, self.now() + seconds)

    @precondition(lambda self: self.known)
    @rule(data=st.data())
    def send_customer_message(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.known)))
        try:
            self.client.perform(text_message(touser=self.openid(name), content="在"))
            code = OK
        except CallError as refused:
            code = refused.errcode
        assert code == self._allowed(name)

    def _allowed(self, name: str) -> int:
        """The code for one message to this person, which is spent when it is allowed."""
        if name not in self.followers:
            return NOT_FOLLOWING
        open_ones = [one for one in self.known[name].windows.values() if one.until > self.now()]
        if not open_ones:
            return NO_WINDOW
        usable = sorted((one for one in open_ones if one.left), key=lambda one: one.until)
        if not usable:
            return NO_COUNT
        usable[0].left -= 1
        return OK

    @rule(target=tokens)
    def fetch_token(self) -> str:
        reply = self.client.base.get_token()
        for value, (expires, replaced) in self.good.items():
            if replaced is None:
                self.good[value] = expires, self.now() + RULES.token_overlap_s
        self.good[reply.access_token] = self.now() + RULES.token_lifetime_s, None
        return reply.access_token

    @rule(token=tokens)
    def use_token(self, token: str) -> None:
        assert self._call_with(token) == self._state_of(token)

    @rule(token=consumes(tokens))
    def use_token_for_the_last_time(self, token: str) -> None:
        assert self._call_with(token) == self._state_of(token)

    def _call_with(self, token: str) -> int:
        call = ListFollowers()
        query = {**encode(call).query, "access_token": token}
        request = WireRequest(method="GET", url=f"http://api.test{call.spec.path}", query=query)
        body = self.platform.run(self.transport.send(request)).body
        return next((code for code in (NOT_LATEST, EXPIRED) if f'"errcode":{code},'.encode() in body), OK)

    def _state_of(self, token: str) -> int:
        expires, replaced = self.good[token]
        if replaced is not None and self.now() >= replaced:
            return NOT_LATEST
        return EXPIRED if self.now() >= expires else OK

    @rule(seconds=STEPS)
    def wait(self, seconds: int) -> None:
        self.platform.clock.advance(seconds)

    @invariant()
    def followers_are_listed_in_the_order_of_following(self) -> None:
        listed = list(self.client.walk(ListFollowers()))
        assert listed == [self.openid(name) for name in self.followers]

    @invariant()
    def every_act_was_pushed_once(self) -> None:
        assert [entry.title for entry in self.platform.pushes] == self.expected

    def teardown(self) -> None:
        self.platform.close()


TestModel = Model.TestCase
TestModel.settings = settings(
    max_examples=12, stateful_step_count=18, deadline=None, suppress_health_check=list(HealthCheck)
)
