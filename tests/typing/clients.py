"""What both type checkers must see of the two clients; `test_checkers.py` runs them over this file.

A `reveal_type` line ends with the type it must show. A line with an ignore comment must be an error: both
checkers are set to complain about an ignore that is not needed.
"""

# pyright: reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

import asyncio
from typing import assert_type, reveal_type

from gongzhong.catalogue.model import Call, Ok, PagedCall, Reply, Spec
from gongzhong.catalogue.users import SetRemark
from gongzhong.client import AsyncClient, Awaiting, Blocking, Client, WireReply
from gongzhong.client.method import Group, Method, Mode, Walk


class Follower(Reply, kw_only=True, frozen=True):
    openid: str
    remark: str = ""


class GetFollower(Call[Follower], kw_only=True, frozen=True):
    """Read one follower."""

    spec = Spec("GET", "/follower")
    openid: str
    lang: str = "zh_CN"


class Page(Reply, kw_only=True, frozen=True):
    openids: list[str]


class ListFollowers(PagedCall[Page, str], kw_only=True, frozen=True):
    """All followers."""

    spec = Spec("GET", "/followers")
    next_openid: str = ""


def follower_named(openid: str, *, lang: str = "en") -> GetFollower:
    """Read one follower in a language."""
    return GetFollower(openid=openid, lang=lang)


class Followers(Group[Mode]):
    get = Method(GetFollower)
    named = Method(follower_named)
    walk = Walk(ListFollowers)


def blocking(client: Client, followers: Followers[Blocking]) -> None:
    reveal_type(followers.get)  # (*, openid: str, lang: str =) -> Follower
    reveal_type(followers.named)  # (openid: str, *, lang: str =) -> Follower
    reveal_type(followers.walk)  # (*, next_openid: str =) -> Iterator[str]
    assert_type(followers.get(openid="o1"), Follower)
    assert_type(client.perform(GetFollower(openid="o1")), Follower)
    assert_type(client.perform_raw(GetFollower(openid="o1")), WireReply)
    assert_type(list(client.walk(ListFollowers())), list[str])
    assert_type(client.users.set_remark(openid="o1", remark="老王"), Ok)
    assert_type(client.perform(SetRemark(openid="o1", remark="老王")), Ok)
    assert_type(client.ticket("wx_card"), str)


async def awaiting(client: AsyncClient, followers: Followers[Awaiting]) -> None:
    reveal_type(followers.get)  # (*, openid: str, lang: str =) -> Coroutine[Any, Any, Follower]
    reveal_type(followers.named)  # (openid: str, *, lang: str =) -> Coroutine[Any, Any, Follower]
    reveal_type(followers.walk)  # (*, next_openid: str =) -> AsyncIterator[str]
    assert_type(await followers.get(openid="o1"), Follower)
    assert_type(await client.perform(GetFollower(openid="o1")), Follower)
    assert_type([openid async for openid in client.walk(ListFollowers())], list[str])
    assert_type(await client.users.set_remark(openid="o1", remark="老王"), Ok)
    task = asyncio.create_task(followers.get(openid="o1"))
    assert_type(await task, Follower)


def wrong(client: Client, followers: Followers[Blocking]) -> None:
    followers.get()  # type: ignore[call-arg]
    followers.get(openid=1)  # type: ignore[arg-type]
    followers.get(open_id="o1")  # type: ignore[call-arg]
    followers.get("o1")  # type: ignore[call-arg]
    client.users.set_remark(openid="o1")  # type: ignore[call-arg]
    client.users.set_remarks(openid="o1", remark="x")  # type: ignore[attr-defined]
    client.ticket("jsapi_ticket")  # type: ignore[arg-type]
    client.perform("users.get")  # type: ignore[arg-type]
    client.walk(GetFollower(openid="o1"))  # type: ignore[arg-type]
    for _ in followers.get(openid="o1"):  # type: ignore[attr-defined]
        pass


async def wrong_awaiting(followers: Followers[Awaiting]) -> None:
    (await followers.get(openid="o1")).nickname  # type: ignore[attr-defined]  # noqa: B018
    followers.get(openid="o1").openid  # type: ignore[attr-defined]  # noqa: B018
    await followers.walk(next_openid="")  # type: ignore[misc]
