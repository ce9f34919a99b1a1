"""A test bed from one file: everything in it is there, every time with the same ids, and mistakes are named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from gongzhong.errors import SetupError
from gongzhong.platform import Platform, PlatformConfig
from gongzhong.platform import config as declared
from gongzhong.platform.config import load
from gongzhong.platform.world import accounts, chats, media, people, tags, templates
from gongzhong.platform.world.world import AccountState

EXAMPLE = Path(__file__).parents[3] / "examples" / "testbed.toml"


def ids_of(platform: Platform) -> list[Any]:
    world = platform.world
    return [
        [(one.appid, one.secret, one.original_id) for one in world.accounts.values()],
        world.db.all("SELECT appid, openid, person FROM relation ORDER BY id"),
        world.db.column("SELECT media_id FROM media"),
        world.db.column("SELECT template_id FROM template"),
    ]


def shop_of(platform: Platform) -> AccountState:
    return accounts.find(platform.world, "小店")


def test_the_example_shows_every_kind_of_entry() -> None:
    config = load(EXAMPLE)
    tables = [field.name for field in msgspec.structs.fields(PlatformConfig) if field.default_factory is list]
    assert all(getattr(config, name) for name in tables)
    assert len(tables) == 11


def test_the_example_is_there_after_the_start() -> None:
    platform = Platform(load(EXAMPLE))
    world, shop = platform.world, shop_of(platform)
    tie = people.relation(world, shop, "小明")
    assert tie.openid == "o6_bmjrPTlm6_2sgVt7hMZOPfL2M"
    assert (tie.subscribed, tie.remark, tie.reports_location, tie.refuses) == (True, "老顾客", True, False)
    assert tags.listing(world, shop)[1] == (100, "会员", 1)
    assert templates.find(world, shop, "OPENTMxK3vR8sQ1nYc7Zd2Wf5Hj9Lp4Ab6Gt0Ue_Mi-").title == "订单状态通知"
    cover = media.find(world, shop, "cover_4V5sL6tMzn9xKqP3wRbE7yHcJdGfAuTiOo1Zs2Xm8N", permanent=True)
    assert cover.content == EXAMPLE.with_name("testbed-cover.png").read_bytes()
    assert 1714500000 <= platform.clock.now() < 1714500060
    assert [account.kind for account in world.accounts.values()] == [
        "service",
        "subscription",
        "subscription",
        "test",
    ]
    assert chats.read(world, shop.appid, "小明") == []


def test_the_same_file_gives_the_same_ids() -> None:
    first, second = Platform(load(EXAMPLE)), Platform(load(EXAMPLE))
    assert [list(map(tuple, part)) for part in ids_of(first)[:2]] == [
        list(map(tuple, part)) for part in ids_of(second)[:2]
    ]
    assert ids_of(first)[2:] == ids_of(second)[2:]


def test_another_seed_gives_other_ids() -> None:
    text = '[[account]]\nname = "a"\n'
    made = [
        Platform(msgspec.toml.decode(f"seed = {seed}\n{text}", type=PlatformConfig)).account("a")
        for seed in (1, 1, 2)
    ]
    assert made[0].appid == made[1].appid != made[2].appid
    assert made[0].secret != made[2].secret


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[[account]]", "name"),
        ('[[account]]\nname = "a"\nkind = "bank"', "kind"),
        ('[[account]]\nname = "a"\ncolour = "red"', "colour"),
        ("[rules]\nlives = 9", "lives"),
        ("this is not toml", "bed.toml"),
        ('[[tag]]\naccount = "nobody"\nname = "t"', "nobody"),
        ('[[person]]\nname = "p"\n[person.accounts.nobody]', "nobody"),
        ('[[account]]\nname = "a"\n[[account]]\nname = "a"', "account.name"),
        ('[[account]]\nname = "a"\nappid = "wx1"\n[[account]]\nname = "b"\nappid = "wx1"', "account.appid"),
        (
            '[[account]]\nname = "a"\noriginal_id = "gh_1"\n[[account]]\nname = "b"\noriginal_id = "gh_1"',
            "gh_1",
        ),
        ('[[person]]\nname = "p"\n[[person]]\nname = "p"', "person.name"),
        (
            '[[account]]\nname = "a"\n[[tag]]\naccount = "a"\nid = 7\nname = "x"\n'
            '[[tag]]\naccount = "a"\nid = 7\nname = "y"',
            "tag",
        ),
        ('[[account]]\nname = "a"\n[[media]]\naccount = "a"\nmedia_id = "m"\nfile = "none.png"', "none.png"),
        ('[[account]]\nname = "a"\n[[media]]\naccount = "a"\nmedia_id = "m"\nfile = "bed.toml"', "40005"),
        ('[[recognised]]\nkind = "dreams"\nkey = "k"\nresult = {}', "dreams"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, named: str) -> None:
    file = tmp_path / "bed.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(SetupError) as mistake:
        Platform(load(file))
    assert named in mistake.value.text("zh")
    assert named in mistake.value.text("en")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "latin.toml").write_bytes(b'[[account]]\nname = "\xe9"')
    for path in (tmp_path / "missing.toml", tmp_path, tmp_path / "latin.toml"):
        with pytest.raises(SetupError, match=path.name):
            load(path)


def test_unknown_settings_of_rules_are_refused_but_known_ones_count() -> None:
    config = msgspec.toml.decode("[rules]\ndeliveries = 1\nanswer_timeout_s = 0.5", type=PlatformConfig)
    assert (config.rules.deliveries, config.rules.answer_timeout_s) == (1, 0.5)
    assert declared.Rules().deliveries == 3
