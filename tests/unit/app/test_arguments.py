"""What handlers may ask for by name, and how each kind of function is run."""

from __future__ import annotations

import functools
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any, cast

import pytest

from gongzhong.app import Session, User
from gongzhong.app.arguments import Style, as_handler
from gongzhong.errors import SetupError
from gongzhong.messages import Push, Text

from .conftest import ALICE, Make

pytestmark = pytest.mark.anyio


async def test_every_name_is_filled(make: Make) -> None:
    wechat = make()
    seen: dict[str, Any] = {}

    @wechat.oa.text("(?P<word>.+)")
    async def everything(
        message: Text,
        event: Push,
        push: Push,
        user: User,
        session: Session,
        api: Any,
        account: Any,
        oa: Any,
        word: str,
        unrelated: int = 3,
    ) -> None:
        seen.update(locals())

    assert await wechat.say("喂") is None
    assert seen["message"] is seen["event"] is seen["push"]
    assert seen["message"].content == seen["word"] == "喂"
    assert seen["user"] == ALICE
    assert type(seen["user"]) is str
    assert (seen["session"], seen["unrelated"]) == ({}, 3)
    assert seen["oa"] is wechat.oa
    assert seen["api"] is wechat.oa.api
    assert seen["account"] is wechat.oa.account


async def test_a_plain_function_runs_in_a_thread_with_the_blocking_client(make: Make) -> None:
    client = cast(Any, object())
    wechat = make(blocking_api=client)
    seen: list[Any] = []

    @wechat.oa.default
    def handler(api: Any) -> str:
        seen.extend([threading.current_thread(), api])
        return "好"

    assert await wechat.say("?") == "好"
    assert seen[0] is not threading.main_thread()
    assert seen[1] is client


async def test_objects_that_can_be_called_are_handlers_too(make: Make) -> None:
    class Greeter:
        async def __call__(self, message: Text) -> str:
            return f"你好，{message.content}"

    async def greet(message: Text, greeting: str) -> str:
        return f"{greeting}，{message.content}"

    wechat = make()
    wechat.oa.text("甲")(Greeter())
    wechat.oa.text("乙")(functools.partial(greet, greeting="早"))
    wechat.oa.text("丙")(lambda message: greet(message, "晚安"))
    assert [await wechat.say(word) for word in "甲乙丙"] == ["你好，甲", "早，乙", "晚安，丙"]


def test_a_name_that_nobody_fills_is_an_error_when_registering() -> None:
    async def weather(message: Text, town: str) -> None: ...

    with pytest.raises(SetupError) as caught:
        as_handler(weather, {"city"})
    for part in ("town", "weather", "city", "(?P<town>"):
        assert part in caught.value.text("zh")
        assert part in caught.value.text("en")


def test_a_parameter_without_a_name_cannot_be_filled() -> None:
    def handler(message: Text, /) -> None: ...

    def star(*message: Text) -> None: ...

    for function in (handler, star):
        with pytest.raises(SetupError):
            as_handler(function)


def test_the_style_follows_from_how_the_function_is_written() -> None:
    def plain() -> None: ...
    async def awaited() -> None: ...
    async def stream() -> AsyncIterator[str]:
        yield ""

    assert [as_handler(f).style for f in (plain, awaited, stream)] == [
        Style.THREAD,
        Style.ASYNC,
        Style.STREAM,
    ]


def test_a_plain_generator_is_refused_with_the_way_out() -> None:
    def stream() -> Iterator[str]:
        yield ""

    with pytest.raises(SetupError, match="async def"):
        as_handler(stream)
