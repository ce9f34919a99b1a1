"""Middleware is checked like handlers, and no handler ends the server, starves the others or stays unnamed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest

from gongzhong import Account, AsyncClient, HandlerError, Image, OfficialAccount, Session, SetupError, Text
from gongzhong.app import CallNext, Result, User
from gongzhong.app.dispatch import Dispatcher
from gongzhong.messages import Push, TextReply
from gongzhong.testing import LocalPlatform


def message(content: str = "?") -> Text:
    return Text(to_user_name="gh_1", from_user_name="oA", create_time=1, msg_id=1, content=content)


def account() -> OfficialAccount:
    return OfficialAccount(Account(appid="wx0123456789abcdef", token="mytoken"), customer_service=False)


# Middleware


def test_middleware_may_ask_for_what_handlers_may(platform: LocalPlatform) -> None:
    oa = OfficialAccount.from_env()
    seen: dict[str, Any] = {}

    @oa.middleware()
    async def count(
        call_next: CallNext, message: Text, session: Session, user: User, api: AsyncClient, account: Account
    ) -> Result:
        seen.update(user=user, api=api, account=account)
        session["seen"] = session.get("seen", 0) + 1
        return await call_next(message)

    @oa.default
    async def handler(session: Session) -> str:
        session["handled"] = True
        return str(dict(session))

    platform.connect(oa)
    alice = platform.person("alice")
    alice.follows(oa)  # an event: the annotation lets it pass by
    assert alice.inbox[-1].text == "{'handled': True}"
    alice.says("?")
    assert alice.inbox[-1].text == "{'handled': True, 'seen': 1}"
    assert seen == {"user": alice.openid(), "api": oa.api, "account": oa.account}


async def no_next(push: Push) -> Result:
    return None


async def misspelt(push: Push, callnext: CallNext) -> Result:
    return None


def plain(push: Push, call_next: CallNext) -> Result:
    return None


async def stream(push: Push, call_next: CallNext) -> AsyncIterator[str]:
    yield ""


async def no_push(message: str, call_next: CallNext) -> Result:
    return None


@pytest.mark.parametrize(
    ("function", "word"),
    [
        (no_next, "call_next"),
        (misspelt, "did you mean call_next"),
        (plain, "async def"),
        (stream, "async def"),
        (no_push, "str"),
        (type("Around", (), {}), "class"),
    ],
)
def test_what_cannot_be_middleware_is_refused_at_import(function: Any, word: str) -> None:
    oa = account()
    for register in (oa.middleware, oa.middleware()):
        with pytest.raises(SetupError) as caught:
            register(function)
        assert word in caught.value.text("en")
        if not isinstance(function, type):
            assert "test_middleware_and_handler_faults.py:" in caught.value.text("zh")


# Faults of handlers


class Ended(BaseException):
    """No Exception, as SystemExit is none."""


@pytest.mark.anyio
@pytest.mark.parametrize(
    "error", [SystemExit, KeyboardInterrupt, GeneratorExit, asyncio.CancelledError, Ended]
)
@pytest.mark.parametrize("style", ["async", "thread", "stream", "later", "middleware"])
async def test_a_handler_that_ends_itself_is_a_failure_of_the_handler(
    error: type[BaseException], style: str
) -> None:
    oa = account()
    if style == "middleware":

        @oa.middleware
        async def around(push: Push, call_next: CallNext) -> Result:
            raise error

    if style == "thread":

        @oa.default
        def in_thread() -> str:
            raise error

    elif style in ("stream", "later"):

        @oa.default
        async def in_stream() -> AsyncIterator[str]:
            if style == "later":
                yield "一"
            raise error
            yield ""

    else:

        @oa.default
        async def in_loop() -> str:
            raise error

    with pytest.raises(HandlerError) as caught:
        reply, rest = await Dispatcher(oa.binding).begin(message())
        assert reply == TextReply(content="一")
        assert rest is not None
        await anext(rest)
    assert "test_middleware_and_handler_faults.py:" in caught.value.en
    assert error.__name__ in caught.value.en


@pytest.mark.anyio
async def test_a_cancellation_from_outside_passes() -> None:
    oa = account()

    @oa.default
    async def slow() -> str:
        await asyncio.sleep(60)
        return ""

    task = asyncio.ensure_future(Dispatcher(oa.binding).begin(message()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.anyio
async def test_stop_iteration_in_a_thread_ends() -> None:
    oa = account()

    @oa.default
    def careless() -> str:
        return str(next(iter(())))

    with pytest.raises(RuntimeError, match="StopIteration"):
        await asyncio.wait_for(Dispatcher(oa.binding).begin(message()), 5)


def test_the_log_names_the_handler(platform: LocalPlatform, caplog: pytest.LogCaptureFixture) -> None:
    oa = OfficialAccount.from_env()

    @oa.default
    async def divide(message: Text) -> str:
        return str(1 // 0)

    @oa.default
    async def pictures(message: Image) -> Any:
        return 3

    platform.connect(oa)
    alice = platform.person("alice")
    alice.follows(oa)
    alice.says("?")
    assert "divide (" in caplog.text
    alice.sends("image")
    assert "pictures (" in caplog.text
    assert "int" in caplog.text


# Threads


@pytest.mark.anyio
async def test_plain_handlers_that_hang_do_not_stop_the_others() -> None:
    oa = account()
    over = threading.Event()

    @oa.text("挂")
    def hangs() -> str:
        over.wait(30)
        return ""

    @oa.default
    def quick() -> str:
        return "好"

    dispatcher = Dispatcher(oa.binding)
    hanging = [asyncio.ensure_future(dispatcher.begin(message("挂"))) for _ in range(100)]
    await asyncio.sleep(0)
    reply, _ = await asyncio.wait_for(dispatcher.begin(message()), 20)
    assert reply == TextReply(content="好")
    over.set()
    await asyncio.gather(*hanging)
