"""WeChat's side for tests of the app: signed pushes on the way in, recorded API calls on the way out."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from typing import Any, cast

import pytest

from gongzhong.account import Account, Encryption, Secret
from gongzhong.app import OfficialAccount
from gongzhong.app.answer import Answer
from gongzhong.catalogue.base import GetQuota
from gongzhong.catalogue.customer_messages import SendCustomerMessage
from gongzhong.catalogue.model import Call, Ok
from gongzhong.client.flow import Listener
from gongzhong.errors import PermissionDenied, QuotaError
from gongzhong.messages import Click, Push, Reply, Subscribe, Text, TextReply, encode, parse_reply
from gongzhong.testing.virtual_time import VirtualClock, VirtualTimeLoop
from gongzhong.wire import PushWriter, SealedPush, read_xml

APPID = "wx0123456789abcdef"
TOKEN = "tokentokentoken"
SECRET = "s" * 32
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
ORIGINAL_ID = "gh_a1b2c3d4e5f6"
ALICE = "oAlice0000000000000000000001"
START = 1_700_000_000.0
"""When the wall clock of a test starts."""

_numbers = itertools.count(1)


def account(encryption: Encryption = "plain") -> Account:
    aes_key = Secret("" if encryption == "plain" else AES_KEY)
    return Account(
        appid=APPID, secret=Secret(SECRET), token=Secret(TOKEN), aes_key=aes_key, encryption=encryption
    )


def text(content: str, *, user: str = ALICE) -> Text:
    number = next(_numbers)
    return Text(
        to_user_name=ORIGINAL_ID,
        from_user_name=user,
        create_time=int(START) + number,
        msg_id=24_261_840_000_000_000 + number,
        content=content,
    )


def click(key: str, *, user: str = ALICE) -> Click:
    return Click(
        to_user_name=ORIGINAL_ID,
        from_user_name=user,
        create_time=int(START) + next(_numbers),
        event="CLICK",
        event_key=key,
    )


def subscribe(key: str = "", *, user: str = ALICE) -> Subscribe:
    return Subscribe(
        to_user_name=ORIGINAL_ID,
        from_user_name=user,
        create_time=int(START) + next(_numbers),
        event="subscribe",
        event_key=key,
    )


class FakeApi:
    """Stands where `AsyncClient` does: keeps what was sent, refuses what it was told to refuse."""

    def __init__(self) -> None:
        self.calls: list[Call[Any]] = []
        self.sent: list[SendCustomerMessage] = []
        self.times: list[float] = []
        self.failures: list[Exception | None] = []
        """For the next customer-service messages, one each; None lets one pass."""
        self.may_send = True
        self.closed = False
        self.listeners: list[Listener] = []

    async def perform(self, call: Call[Any]) -> Any:
        problem: BaseException | None = None
        try:
            return await self._answer(call)
        except BaseException as error:
            problem = error
            raise
        finally:
            for listener in self.listeners:
                listener(call, problem)

    async def _answer(self, call: Call[Any]) -> Any:
        await asyncio.sleep(0.05)
        self.calls.append(call)
        if isinstance(call, GetQuota):
            if not self.may_send:
                raise refused(48001)
            return Ok()
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure
        assert isinstance(call, SendCustomerMessage)
        self.sent.append(call)
        self.times.append(asyncio.get_running_loop().time())
        return Ok()

    look_up = perform

    @property
    def texts(self) -> list[str]:
        return [call.text.content for call in self.sent if call.text is not None]

    async def close(self) -> None:
        self.closed = True


def refused(errcode: int) -> Exception:
    kind = QuotaError if errcode == 45047 else PermissionDenied
    return kind("不行", "no", call="cgi-bin/message/custom/send", errcode=errcode, errmsg="no")


class WeChat:
    """Pushes to an account as WeChat does, and reads its answers as strictly."""

    def __init__(self, oa: OfficialAccount, api: FakeApi) -> None:
        self.oa, self.api = oa, api
        self.writer = PushWriter(TOKEN, AES_KEY, APPID, oa.account.encryption)

    def seal(self, push: Push) -> SealedPush:
        return self.writer.seal(encode(push), int(self.oa.clock.now()), str(next(_numbers)), push.openid)

    async def deliver(self, push: Push) -> Answer:
        sealed = self.seal(push)
        return await self.oa.handle(sealed.query, sealed.body)

    async def push(self, push: Push, deliveries: int = 3) -> Reply | None:
        """Deliver with WeChat's patience: five seconds each, at once again; None for `success`.

        Raises TimeoutError when no delivery was answered in time: the user sees the failure notice.
        """
        for _ in range(deliveries):
            delivery = asyncio.ensure_future(self.deliver(push))
            done, _ = await asyncio.wait({delivery}, timeout=5.0)
            if done:
                return self.read(delivery.result(), push)
        raise TimeoutError

    def read(self, answer: Answer, push: Push) -> Reply | None:
        assert answer.status == 200, answer
        body = self.writer.open_reply(answer.body)
        return None if body == b"success" else parse_reply(read_xml(body), push)

    async def say(self, content: str, *, user: str = ALICE) -> str | None:
        """What the user reads in answer to a text, or None."""
        return shown(await self.push(text(content, user=user)))


def shown(reply: Reply | None) -> str | None:
    if reply is None:
        return None
    assert isinstance(reply, TextReply), reply
    return reply.content


Make = Callable[..., WeChat]


@pytest.fixture
def make() -> Make:
    """Makes an account on the running virtual loop, with WeChat's side attached."""

    def build(*, encryption: Encryption = "plain", may_send: bool = True, **options: Any) -> WeChat:
        api = FakeApi()
        api.may_send = may_send
        clock = VirtualClock(asyncio.get_running_loop(), START)
        oa = OfficialAccount(account(encryption), api=cast(Any, api), clock=clock, **options)
        return WeChat(oa, api)

    return build


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "asyncio", {"loop_factory": VirtualTimeLoop}
