"""A platform that is stopped and started, or set back: what stays, and what does not."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gongzhong.clock import MovableClock
from gongzhong.platform import AccountConfig, PersonConfig, Platform, PlatformConfig, TieConfig
from gongzhong.platform.config import TagConfig
from gongzhong.platform.delivery.receiver import Answered
from gongzhong.platform.world import acts, chats, media, menus, people, qrcodes, quotas, tags, tokens
from gongzhong.platform.world.acts import Saying
from gongzhong.platform.world.world import AccountState

from .conftest import PNG, START

pytestmark = pytest.mark.anyio


class Silent:
    """A developer's server that has nothing to say; keeps what arrives."""

    def __init__(self) -> None:
        self.arrived: list[bytes] = []
        self.before: Callable[[], Awaitable[None]] | None = None

    async def send(
        self, method: str, url: str, body: bytes, *, timeout_s: float, connect_s: float
    ) -> Answered:
        if self.before is not None:
            await self.before()
        self.arrived.append(body)
        return Answered(200, {}, b"success")

    async def close(self) -> None:
        """Nothing is open."""


def config() -> PlatformConfig:
    return PlatformConfig(
        account=[AccountConfig(name="shop", token="token123", url="http://shop.test/")],
        person=[PersonConfig(name="alice", accounts={"shop": TieConfig(follows=True)})],
        tag=[TagConfig(account="shop", name="会员")],
    )


Start = Callable[[], AbstractAsyncContextManager[Platform]]


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Starts the platform over the same data directory, as often as wanted."""

    @asynccontextmanager
    async def started() -> AsyncIterator[Platform]:
        clock = MovableClock(START, frozen=True)
        platform = Platform(config(), tmp_path / "data", receiver=Silent(), clock=clock)
        yield platform
        await platform.close()

    return started


def shop(platform: Platform) -> AccountState:
    return platform.account("shop")


async def test_everything_is_there_after_a_restart(start: Start) -> None:
    async with start() as platform:
        world, account = platform.world, shop(platform)
        openid = people.relation(world, account, "alice").openid
        token, _ = tokens.issue(world, account)
        stable, _ = tokens.stable(world, account, force=False)
        menus.set_default(world, account, [{"type": "click", "name": "点", "key": "K"}])
        file = media.keep(world, account, "image", PNG)
        code = qrcodes.create(world, account, "door", None)
        tag = tags.create(world, account, "新")
        quotas.spend(world, account, "/cgi-bin/user/get", 10)
        await platform.carry_out(acts.say(world, account, "alice", Saying(content="你好")), wait=True)
        written = chats.read(world, account.appid, "alice")
    async with start() as platform:
        world = platform.world
        assert shop(platform) == account
        assert people.relation(world, account, "alice").openid == openid
        assert people.follower_count(world, account) == 1
        assert tokens.check(world, token) == tokens.check(world, stable) == account
        assert tokens.stable(world, account, force=False)[0] == stable
        assert menus.default(world, account) == [{"type": "click", "name": "点", "key": "K"}]
        assert media.find(world, account, file.media_id).content == PNG
        assert qrcodes.find(world, ticket=code.ticket) == code
        assert [one[1] for one in tags.listing(world, account)] == ["星标组", "会员", "新"]
        assert tags.create(world, account, "更新") == tag + 1
        assert quotas.used(world, account, "/cgi-bin/user/get") == 1
        assert chats.read(world, account.appid, "alice") == written
        chats.spend(world, account, openid)


async def test_nothing_fresh_comes_twice(start: Start) -> None:
    made: list[Any] = []
    for _ in range(3):
        async with start() as platform:
            world, account = platform.world, shop(platform)
            made += [tokens.issue(world, account)[0], qrcodes.create(world, account, 1, 60).ticket]
            made += [media.keep(world, account, "image", PNG).media_id, world.message_id()]
    assert len(set(made)) == len(made)


async def test_nothing_fresh_comes_twice_after_a_reset_either(start: Start) -> None:
    made: list[str] = []
    async with start() as platform:
        made.append(tokens.issue(platform.world, shop(platform))[0])
        platform.reset()
        made += [tokens.issue(platform.world, shop(platform))[0] for _ in range(3)]
    async with start() as platform:
        made += [tokens.issue(platform.world, shop(platform))[0] for _ in range(5)]
    assert len(set(made)) == len(made)


async def test_a_reset_is_what_the_configuration_declares(start: Start) -> None:
    async with start() as platform:
        world, account = platform.world, shop(platform)
        openid = people.relation(world, account, "alice").openid
        token, _ = tokens.issue(world, account)
        tags.create(world, account, "新")
        people.create(world, "bob")
        await platform.carry_out(acts.say(world, account, "alice", Saying(content="你好")), wait=True)
        platform.reset()
        assert shop(platform) == account
        assert [person.name for person in platform.people()] == ["alice"]
        assert people.relation(world, account, "alice").openid == openid
        assert [one[1] for one in tags.listing(world, account)] == ["星标组", "会员"]
        assert chats.read(world, account.appid, "alice") == []
        assert platform.traffic.everything() == []
        with pytest.raises(Exception, match="40001"):
            tokens.check(world, token)


async def test_a_reset_in_the_middle_of_pushes_ends_them(start: Start) -> None:
    async with start() as platform:
        receiver = platform.receiver
        assert isinstance(receiver, Silent)
        act = acts.say(platform.world, shop(platform), "alice", Saying(content="一"))
        act.pushes *= 3

        async def forget() -> None:
            platform.config.account.clear()
            platform.config.person.clear()
            platform.config.tag.clear()
            platform.reset()

        receiver.before = forget
        outcomes = await platform.carry_out(act, wait=True)
        assert len(outcomes) == len(receiver.arrived) == 1


async def test_the_changed_file_adds_and_what_happened_stays(start: Start, tmp_path: Path) -> None:
    async with start() as platform:
        people.create(platform.world, "bob")
    wider = config()
    wider.account.append(AccountConfig(name="second"))
    wider.account[0] = msgspec.structs.replace(wider.account[0], url="http://elsewhere.test/")
    platform = Platform(wider, tmp_path / "data", receiver=Silent())
    assert [account.name for account in platform.world.accounts.values()] == ["shop", "second"]
    assert shop(platform).url == "http://shop.test/"
    assert [person.name for person in platform.people()] == ["alice", "bob"]
    await platform.close()


async def test_memory_begins_the_same_each_time() -> None:
    first, second = Platform(config(), receiver=Silent()), Platform(config(), receiver=Silent())
    token, _ = tokens.issue(first.world, shop(first))
    assert tokens.issue(second.world, shop(second))[0] == token
    for platform in (first, second):
        await platform.close()
