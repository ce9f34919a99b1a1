"""What a data directory keeps: everything that people and programs know, so that a restart changes nothing."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gongzhong.clock import MovableClock
from gongzhong.platform import AccountConfig, PersonConfig, Platform, PlatformConfig, TieConfig
from gongzhong.platform.world import (
    accounts,
    acts,
    chats,
    followers,
    media,
    menus,
    people,
    qrcodes,
    tags,
    templates,
    tokens,
    webauth,
)
from gongzhong.platform.world.database import FILE_NAME
from gongzhong.platform.world.refusal import BadInput, Refusal
from gongzhong.testing import PNG

pytestmark = pytest.mark.anyio
START = 1_800_000_000
CONFIG = PlatformConfig(
    account=[AccountConfig(name="花店", token="tok123")],
    person=[PersonConfig(name="alice", accounts={"花店": TieConfig(follows=True)})],
)


def opened(data: Path, *, later_s: int = 0, config: PlatformConfig = CONFIG) -> Platform:
    return Platform(config, data, clock=MovableClock(START + later_s, frozen=True))


def known(platform: Platform) -> dict[str, Any]:
    """What a developer and a person can see of the world."""
    world, account = platform.world, platform.account("花店")
    tie = people.relation(world, account, "alice")
    return {
        "account": account,
        "people": platform.people(),
        "tie": tie,
        "profile": followers.profile(world, account, tie),
        "chat": chats.read(world, account.appid, "alice"),
        "menu": menus.seen_by(world, account, tie),
        "tags": tags.listing(world, account),
        "codes": qrcodes.of_account(world, account.appid),
        "templates": templates.listing(world, account),
    }


async def test_everything_that_is_known_is_still_known(tmp_path: Path) -> None:
    before = opened(tmp_path)
    world = before.world
    account = accounts.change(world, before.account("花店").appid, {"oauth_domain": "shop.example"})
    people.create(world, "bob", nickname="鲍勃")
    acts.follow(world, account, "bob", qrcodes.create(world, account, "海报", None))
    acts.say(world, account, "alice", acts.Saying(type="text", content="在吗"))
    acts.say(world, account, "alice", acts.Saying(type="image", file=PNG))
    openid = people.relation(world, account, "alice").openid
    tags.change(world, account, tags.create(world, account, "常来"), [openid], put=True)
    followers.remark(world, account, openid, "老顾客")
    menus.set_default(world, account, [{"name": "帮助", "type": "click", "key": "HELP"}])
    templates.add_own(world, account, "订单", "金额:{{amount.DATA}}")
    expected = known(before)
    await before.close()
    after = opened(tmp_path)
    assert known(after) == expected
    assert expected["profile"]["remark"] == "老顾客"
    assert [line["type"] for line in expected["chat"]] == ["text", "image"]
    await after.close()


async def test_tokens_and_codes_live_on_as_long_as_they_had(tmp_path: Path) -> None:
    before = opened(tmp_path)
    account = before.account("花店")
    plain, _ = tokens.issue(before.world, account)
    stable, _ = tokens.stable(before.world, account, force=False)
    code = webauth.grant(before.world, account, "alice", webauth.USERINFO)
    picture = media.keep(before.world, account, "image", PNG).media_id
    await before.close()
    after = opened(tmp_path, later_s=60)
    for value in (plain, stable):
        assert tokens.check(after.world, value).appid == account.appid
    assert tokens.stable(after.world, account, force=False) == (stable, 7140)
    assert webauth.exchange(after.world, account, code).scope == webauth.USERINFO
    assert media.find(after.world, account, picture).content == PNG
    await after.close()
    late = opened(tmp_path, later_s=7200)
    with pytest.raises(Refusal) as refusal:
        tokens.check(late.world, plain)
    assert refusal.value.code == 42001
    await late.close()


async def test_what_was_changed_wins_over_the_file(tmp_path: Path) -> None:
    before = opened(tmp_path)
    account = before.account("花店")
    accounts.change(before.world, account.appid, {"token": "changed1"})
    acts.unfollow(before.world, account, "alice")
    await before.close()
    after = opened(tmp_path)
    assert after.account("花店").token == "changed1"
    assert not people.relation(after.world, account, "alice").subscribed
    after.reset()
    assert after.account("花店").token == "tok123"
    assert people.relation(after.world, account, "alice").subscribed
    await after.close()


def test_a_platform_in_memory_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    platform = Platform(CONFIG)
    acts.say(platform.world, platform.account("花店"), "alice", acts.Saying(content="在吗"))
    platform.world.close()
    assert list(tmp_path.iterdir()) == []


async def test_data_of_another_version_are_refused_and_kept(tmp_path: Path) -> None:
    await opened(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as file:
        file.execute("PRAGMA user_version = 7")
    with pytest.raises(BadInput, match="其他版本（7）"):
        opened(tmp_path)
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as file:
        assert file.execute("SELECT count(*) FROM account").fetchone() == (1,)
