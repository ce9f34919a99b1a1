"""What a test bed can start with: people who wrote just now, follow times, industries, mass speed."""

from __future__ import annotations

from pathlib import Path

import pytest

from gongzhong.errors import SetupError
from gongzhong.platform import Platform
from gongzhong.platform.config import load
from gongzhong.platform.world import chats, mass, people, templates
from gongzhong.platform.world.refusal import Refusal

BED = """
start = 1_800_000_000
[[account]]
name = "shop"
industries = [1, 2]
mass_speed = 3
[[person]]
name = "alice"
[person.accounts.shop]
follows = true
followed_at = 1_700_000_000
wrote_s_ago = 3600
[[person]]
name = "bob"
[person.accounts.shop]
follows = true
wrote_s_ago = 172_801
blacklisted = true
"""


def opened(tmp_path: Path, text: str) -> Platform:
    file = tmp_path / "bed.toml"
    file.write_text(text, "utf-8")
    return Platform(load(file))


def test_a_bed_starts_as_it_says(tmp_path: Path) -> None:
    platform = opened(tmp_path, BED)
    world, shop = platform.world, platform.account("shop")
    alice, bob = (people.relation(world, shop, name) for name in ("alice", "bob"))
    assert alice.subscribe_time == 1_700_000_000
    assert bob.blacklisted
    chats.spend(world, shop, alice.openid)
    with pytest.raises(Refusal, match="45015"):
        chats.spend(world, shop, bob.openid)
    assert templates.chosen_industries(world, shop) is not None
    assert mass.speed(world, shop) == 3
    world.close()


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ("followed_at = 1_700_000_000", "followed_at = 99_999_999_999"),
        ("wrote_s_ago = 3600", "wrote_s_ago = -1"),
        ("wrote_s_ago = 3600", "wrote_s_ago = inf"),
        ("industries = [1, 2]", "industries = [1, 99]"),
        ("mass_speed = 3", "mass_speed = 5"),
        ("start = 1_800_000_000", "start = 1e300"),
        ("start = 1_800_000_000", "start = nan"),
    ],
)
def test_a_wrong_number_is_refused_by_its_name(tmp_path: Path, wrong: str, named: str) -> None:
    with pytest.raises(SetupError) as refused:
        opened(tmp_path, BED.replace(wrong, named))
    assert named.partition(" ")[0] in refused.value.en
