"""One declared call as a method of both clients."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Coroutine, Iterator
from typing import Any

import pytest

from gongzhong.catalogue.model import Call, Ok, PagedCall, Reply, Spec
from gongzhong.client.method import Awaiting, Blocking, Group, Method, Mode, Walk

pytestmark = pytest.mark.anyio


class SetRemark(Call[Ok], kw_only=True, frozen=True):
    """Give one follower a remark."""

    spec = Spec("POST", "/cgi-bin/user/info/updateremark")
    openid: str
    remark: str = ""


def remark_many(openid: str, *words: str) -> SetRemark:
    """Give a remark of several words."""
    return SetRemark(openid=openid, remark=" ".join(words))


class Page(Reply, kw_only=True, frozen=True):
    names: list[str]
    next: str = ""


class ListNames(PagedCall[Page, str], kw_only=True, frozen=True):
    """All names."""

    spec = Spec("GET", "/names")
    start: str = ""

    def items(self, page: Page) -> list[str]:
        return page.names

    def following(self, page: Page) -> ListNames | None:
        return ListNames(start=page.next) if page.next else None


class Users(Group[Mode]):
    set_remark = Method(SetRemark)
    remark_many = Method(remark_many)
    list = Method(ListNames)
    walk = Walk(ListNames)


class BlockingClient:
    def __init__(self) -> None:
        self.calls: list[Call[Any]] = []

    def perform(self, call: Call[Any], /) -> Any:
        self.calls.append(call)
        return "answer"

    def walk(self, call: PagedCall[Any, Any], /) -> Iterator[Any]:
        self.calls.append(call)
        yield from "ab"


class AwaitingClient(BlockingClient):
    async def perform(self, call: Call[Any], /) -> Any:
        self.calls.append(call)
        return "answer"

    async def walk(self, call: PagedCall[Any, Any], /) -> AsyncIterator[Any]:  # type: ignore[override]
        self.calls.append(call)
        for letter in "ab":
            yield letter


def test_a_method_builds_its_call_and_returns_the_answer() -> None:
    client = BlockingClient()
    users = Users[Blocking](client)
    assert users.set_remark(openid="o1", remark="老王") == "answer"
    assert client.calls == [SetRemark(openid="o1", remark="老王")]


def test_a_function_that_builds_a_call_is_a_method_with_the_function_s_parameters() -> None:
    client = BlockingClient()
    Users[Blocking](client).remark_many("o1", "old", "friend")
    assert client.calls == [SetRemark(openid="o1", remark="old friend")]


async def test_an_awaiting_method_is_a_coroutine_function_and_says_so() -> None:
    users = Users[Awaiting](AwaitingClient())
    assert inspect.iscoroutinefunction(users.set_remark)
    pending = users.set_remark(openid="o1")
    assert isinstance(pending, Coroutine)
    assert await pending == "answer"


def test_a_blocking_method_is_not_taken_for_a_coroutine_function() -> None:
    assert not inspect.iscoroutinefunction(Users[Blocking](BlockingClient()).set_remark)


async def test_walking_gives_an_iterator_or_an_async_iterator() -> None:
    assert list(Users[Blocking](BlockingClient()).walk(start="x")) == ["a", "b"]
    assert [item async for item in Users[Awaiting](AwaitingClient()).walk(start="x")] == ["a", "b"]


def test_a_method_shows_the_call_s_documentation_and_parameters() -> None:
    method = Users[Blocking](BlockingClient()).set_remark
    assert method.__doc__ == "Give one follower a remark."
    assert list(inspect.signature(method).parameters) == ["openid", "remark"]
    assert (method.__name__, method.__qualname__) == ("set_remark", "Users.set_remark")


def test_binding_is_paid_for_once_in_each_group() -> None:
    users, others = Users[Blocking](BlockingClient()), Users[Blocking](BlockingClient())
    assert users.set_remark is users.set_remark
    assert users.set_remark is not others.set_remark


def test_on_the_class_a_method_tells_which_call_it_makes() -> None:
    assert Users.set_remark.make is SetRemark
    assert Users.walk.make is ListNames


def test_a_wrong_argument_is_refused_before_anything_is_sent() -> None:
    client = BlockingClient()
    with pytest.raises(TypeError, match="open_id"):
        Users[Blocking](client).set_remark(open_id="o1")  # type: ignore[call-arg]
    assert client.calls == []
