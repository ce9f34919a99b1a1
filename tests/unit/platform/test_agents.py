"""Who may become an agent, and what the platform says when not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gongzhong.platform import AccountConfig
from gongzhong.platform.world import accounts, agents, people
from gongzhong.platform.world.refusal import Refusal
from gongzhong.platform.world.settings import Rules
from gongzhong.platform.world.world import AccountState, World

JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 64


@pytest.fixture
def world() -> World:
    world = World(rules=Rules(agents_per_account=3, agents_per_person=2))
    for name in ("worker", "other"):
        people.create(world, name)
    return world


@pytest.fixture
def shop(world: World) -> AccountState:
    account = accounts.create(world, AccountConfig(name="shop", wechat_id="shop"))
    for prefix in ("a", "b"):
        agents.add(world, account, f"{prefix}@shop", prefix)
    return account


def refusal(act: Callable[[], object]) -> int:
    with pytest.raises(Refusal) as refused:
        act()
    return refused.value.code


def hire(world: World, account: AccountState, kf_account: str, person: str) -> None:
    agents.invite(world, account, kf_account, person)
    assert agents.answer(world, account, kf_account, person, accept=True)


def test_new_agents(world: World, shop: AccountState) -> None:
    assert refusal(lambda: agents.add(world, shop, "c@elsewhere", "c")) == 65404
    assert refusal(lambda: agents.add(world, shop, "a@shop", "a")) == 65406
    agents.add(world, shop, "c@shop", "c")
    assert refusal(lambda: agents.add(world, shop, "d@shop", "d")) == 65405
    assert [agent.kf_id for agent in agents.listing(world, shop)] == [1001, 1002, 1003]


def test_invitations_that_cannot_be(world: World, shop: AccountState) -> None:
    invite = agents.invite
    assert refusal(lambda: invite(world, shop, "x@shop", "worker")) == 65401
    assert refusal(lambda: invite(world, shop, "a@shop", "nobody")) == 65409
    invite(world, shop, "a@shop", "worker")
    assert refusal(lambda: invite(world, shop, "a@shop", "other")) == 65411
    assert refusal(lambda: invite(world, shop, "b@shop", "worker")) == 65408
    assert not agents.answer(world, shop, "a@shop", "other", accept=True)
    assert agents.answer(world, shop, "a@shop", "worker", accept=True)
    assert refusal(lambda: invite(world, shop, "a@shop", "other")) == 65412
    assert refusal(lambda: invite(world, shop, "b@shop", "worker")) == 65407


def test_a_person_works_for_a_few_only(world: World, shop: AccountState) -> None:
    for name in ("second", "third"):
        account = accounts.create(world, AccountConfig(name=name, wechat_id=name))
        agents.add(world, account, f"a@{name}", "a")
        hire(world, account, f"a@{name}", "worker")
    assert refusal(lambda: agents.invite(world, shop, "a@shop", "worker")) == 65410


def test_going_to_work_takes_a_person(world: World, shop: AccountState) -> None:
    assert refusal(lambda: agents.appear(world, shop, "a@shop", online=True, auto_accept=0)) == 65402
    hire(world, shop, "a@shop", "worker")
    agents.appear(world, shop, "a@shop", online=True, auto_accept=3)
    (online,) = agents.online(world, shop)
    assert (online.kf_account, online.auto_accept) == ("a@shop", 3)
    assert agents.openid(world, shop, online) == people.relation(world, shop, "worker").openid


def test_portraits_are_jpg(world: World, shop: AccountState) -> None:
    assert refusal(lambda: agents.portray(world, shop, "a@shop", b"GIF89a")) == 40005
    agents.portray(world, shop, "a@shop", JPEG)
    assert agents.find(world, shop, "a@shop").headimgurl.startswith("/_platform/media/")


def test_what_the_configuration_declares_stays_as_it_became(world: World, shop: AccountState) -> None:
    agents.rename(world, shop, "a@shop", "改过的")
    agents.ensure(world, shop, "a@shop", "原来的", kf_wx="worker")
    found = agents.find(world, shop, "a@shop")
    assert (found.nickname, found.kf_wx) == ("改过的", "")
