"""States under a name: saved, returned to, kept across restarts, and never a source of repeated ids."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from gongzhong import Account, OfficialAccount, Secret, Text
from gongzhong.clock import MovableClock
from gongzhong.platform import AccountConfig, PersonConfig, Platform, PlatformConfig, TieConfig
from gongzhong.platform.world import acts, people, tokens
from gongzhong.platform.world.acts import Saying
from gongzhong.platform.world.refusal import BadInput
from gongzhong.platform.world.snapshots import NoSnapshot
from gongzhong.testing import LocalPlatform

NOON = 1_700_000_000.0


def config() -> PlatformConfig:
    return PlatformConfig(
        start=NOON,
        account=[AccountConfig(name="demo")],
        person=[PersonConfig(name="alice", accounts={"demo": TieConfig(follows=True)})],
    )


@pytest.fixture
def shop(platform: LocalPlatform) -> OfficialAccount:
    oa = OfficialAccount(Account(appid="wx00000000000000e1", secret=Secret("s" * 32), token=Secret("tok123")))
    heard: list[str] = []

    @oa.on(Text)
    async def count(message: Text) -> str:
        heard.append(message.content)
        return f"第 {len(heard)} 条"

    platform.connect(oa)
    return oa


def test_a_loaded_state_is_the_saved_one(platform: LocalPlatform, shop: OfficialAccount) -> None:
    alice = platform.person("alice")
    alice.follows()
    alice.says("一")
    before = platform.clock.now()
    platform.platform.snapshots.save("after-one")
    alice.says("二")
    platform.clock.advance(days=3)
    platform.trouble("api", "errcode")
    alice.unfollows()
    platform.platform.load_snapshot("after-one")
    assert [line.text for line in alice.inbox] == ["第 1 条"]
    assert platform.clock.now() - before == pytest.approx(1, abs=0.5)
    assert platform.platform.faults.listing() == []
    platform.client(shop).customer.send_text(touser=alice.openid(), content="窗口还开着")
    assert alice.inbox[-1].text == "窗口还开着"


def test_what_happens_again_is_not_taken_for_a_repetition(
    platform: LocalPlatform, shop: OfficialAccount
) -> None:
    alice = platform.person("alice")
    alice.follows()
    platform.platform.snapshots.save("start")
    for number in (1, 2, 3):
        platform.platform.load_snapshot("start")
        alice.says("你好")
        assert alice.inbox[-1].text == f"第 {number} 条"
    platform.platform.reset()
    platform.connect(shop)
    alice = platform.person("alice")
    alice.follows()
    alice.says("你好")
    assert alice.inbox[-1].text == "第 4 条"


def test_snapshots_are_listed_replaced_and_deleted() -> None:
    platform = Platform(config())
    snapshots = platform.snapshots
    assert snapshots.listing() == []
    snapshots.save("一")
    snapshots.save("b.2")
    platform.clock.advance(60)
    snapshots.save("一")
    assert [one.name for one in snapshots.listing()] == ["一", "b.2"]
    assert snapshots.listing()[0].now == pytest.approx(NOON + 60, abs=5)
    snapshots.delete("一")
    assert [one.name for one in snapshots.listing()] == ["b.2"]
    for missing in (snapshots.delete, snapshots.load, platform.load_snapshot):
        with pytest.raises(NoSnapshot):
            missing("一")


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", ".hidden", "x" * 65, "a b", "a\nb"])
@pytest.mark.parametrize("kept", ["memory", "disk"])
def test_a_name_cannot_lead_anywhere(name: str, kept: str, tmp_path: Path) -> None:
    platform = Platform(config(), ":memory:" if kept == "memory" else tmp_path / "data")
    with pytest.raises(BadInput):
        platform.snapshots.save(name)
    with pytest.raises(NoSnapshot):
        platform.snapshots.load(name)
    assert not (tmp_path / "x.sqlite3").exists()


def test_a_restart_keeps_snapshots_and_makes_no_id_twice(tmp_path: Path) -> None:
    first = Platform(config(), tmp_path)
    account = first.account("demo")
    made = [tokens.issue(first.world, account)[0]]
    first.snapshots.save("kept")
    first.world.close()
    second = Platform(config(), tmp_path)
    made.append(tokens.issue(second.world, account)[0])
    second.load_snapshot("kept")
    made.append(tokens.issue(second.world, account)[0])
    acts.say(second.world, account, "alice", Saying(content="hi"))
    assert [one.name for one in second.snapshots.listing()] == ["kept"]
    second.world.close()
    third = Platform(config(), tmp_path)
    made.append(tokens.issue(third.world, account)[0])
    assert len(set(made)) == len(made)
    assert people.relation(third.world, account, "alice").subscribed
    third.world.close()


def test_a_damaged_or_foreign_file_changes_nothing(tmp_path: Path) -> None:
    platform = Platform(config(), tmp_path, clock=MovableClock(NOON, frozen=True))
    platform.snapshots.save("good")
    folder = tmp_path / "snapshots"
    (folder / "noise.sqlite3").write_bytes(b"not a database" * 100)
    with sqlite3.connect(folder / "foreign.sqlite3") as file:
        file.execute("CREATE TABLE snapshot_mark (now, saved_at)")
        file.execute("INSERT INTO snapshot_mark VALUES (1, 1)")
    for name in ("noise", "foreign"):
        with pytest.raises(BadInput):
            platform.load_snapshot(name)
    assert platform.clock.now() == NOON
    assert platform.account("demo").name == "demo"
    assert {one.name for one in platform.snapshots.listing()} == {"good", "foreign"}
    platform.world.close()
