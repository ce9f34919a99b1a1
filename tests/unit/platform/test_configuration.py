"""The example of a test bed shows every setting, does what it says, and what would go wrong later is told at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
import pytest

from gongzhong.errors import SetupError
from gongzhong.platform import Platform, PlatformConfig
from gongzhong.platform.config import load
from gongzhong.platform.world import accounts, acts, agents, chats, people, quotas, recognition, tags
from gongzhong.platform.world.settings import Rules

pytestmark = pytest.mark.anyio
EXAMPLE = Path(__file__).parents[3] / "examples" / "testbed.toml"
SET_BY_LOAD = {"folder"}
SHOP = '[[account]]\nname = "花店"\nwechat_id = "flowers"\n'


def structs_in(hint: Any) -> Iterator[type[msgspec.Struct]]:
    """Every struct that a configuration can contain, the given one included."""
    if get_origin(hint) is not None or isinstance(hint, UnionType):
        for part in get_args(hint):
            yield from structs_in(part)
    elif isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        yield hint
        for inner in get_type_hints(hint).values():
            yield from structs_in(inner)


def platform_of(text: str) -> Platform:
    return Platform(msgspec.toml.decode(text, type=PlatformConfig))


def test_the_example_shows_every_setting_but_the_rules() -> None:
    text = EXAMPLE.read_text("utf-8")
    settings = {
        name
        for struct in structs_in(PlatformConfig)
        if struct is not Rules
        and not any(base.__module__.startswith("gongzhong.catalogue") for base in struct.__mro__)
        for name in struct.__struct_fields__
    }
    assert len(settings) > 50
    hidden = [
        name
        for name in settings - SET_BY_LOAD
        if not re.search(rf"^\[*(?:\w+\.)*{name}\b|[{{,] ?{name} = ", text, re.MULTILINE)
    ]
    assert hidden == []


async def test_the_example_answers_while_there_is_no_server() -> None:
    platform = Platform(load(EXAMPLE))
    shop = platform.account("小店")
    await platform.carry_out(acts.follow(platform.world, shop, "小红"), wait=True)
    saying = acts.Saying(type="text", content="苹果多少钱？")
    await platform.carry_out(acts.say(platform.world, shop, "小红", saying), wait=True)
    lines = [chats.spoken(line) for line in chats.read(platform.world, shop.appid, "小红")]
    assert lines[:3] == ["你已关注小店", "欢迎来到小店！", "苹果多少钱？"]
    assert lines[3] in ("苹果 6 元一斤。", "苹果价目")


def test_the_example_sets_limits_agents_and_what_is_read() -> None:
    platform = Platform(load(EXAMPLE))
    shop = platform.account("小店")
    (limited,) = [row for row in quotas.table(platform.world, shop) if row["path"] == "/cgi-bin/user/get"]
    assert limited["daily"] == 500
    (agent,) = agents.listing(platform.world, shop)
    assert (agent.kf_account, agent.kf_wx, agent.online) == ("kf1@xiaodian", "xiaomei", True)
    cover = recognition.digest(EXAMPLE.with_name("testbed-cover.png").read_bytes())
    read = recognition.taught(platform.world, "comm", (cover,))
    assert read is not None
    assert read.items == []
    assert shop.mass.outcome.result(of_articles=True, ignore_reprint=False) == "err(30003)"


def test_a_reset_returns_to_the_example() -> None:
    platform = Platform(load(EXAMPLE))
    world, shop = platform.world, platform.account("小店")
    before = people.relation(world, shop, "小明")
    accounts.change(world, shop.appid, {"oauth_domain": "elsewhere.example"})
    people.unfollow(world, shop, "小明")
    people.create(world, "新人")
    platform.reset()
    assert platform.account("小店") == shop
    after = people.relation(world, shop, "小明")
    assert (after.openid, after.subscribed, after.remark) == (before.openid, True, before.remark)
    assert [person.name for person in platform.people()] == ["小明", "小红"]


def test_the_star_group_can_be_put_on_by_name() -> None:
    platform = platform_of(
        f'{SHOP}[[person]]\nname = "p"\n[person.accounts."花店"]\nfollows = true\ntags = ["星标组"]'
    )
    assert tags.listing(platform.world, platform.account("花店")) == [(2, "星标组", 1)]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('[[account]]\nname = "花店"\nencryption = "safe"', ["花店", "EncodingAESKey"]),
        (f'{SHOP}[account.call_limits]\n"/cgi-bin/menu/creat" = 1', ["花店", "/cgi-bin/menu/creat"]),
        (f'{SHOP}[[tag]]\naccount = "花店"\nname = "常客"\nid = 2', ["常客", "100"]),
        (f'{SHOP}[[agent]]\naccount = "花店"\nkf_account = "lin@other"\nnickname = "林"', ["@flowers"]),
        (f'{SHOP}[account.mass.outcome]\nstatus = "fine"', ["fine"]),
        (f'{SHOP}[[account.autoreply.rules]]\nname = "空"\nkeywords = []\nreplies = []', ["空"]),
        (f'{SHOP}[[account.autoreply.rules]]\nnam = "空"', ["nam"]),
        ('[[recognised]]\nkind = "comm"\nfile = "none.png"\nresult = { items = [] }', ["none.png"]),
        ('[[recognised]]\nkind = "comm"\nkey = "k"\nresult = { lines = [] }', ["comm", "items"]),
        ('[[template]]\naccount = "nobody"\ntitle = "t"\ncontent = "c"', ["nobody"]),
        ('[[agent]]\naccount = "nobody"\nkf_account = "a@b"\nnickname = "a"', ["nobody"]),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_what_would_go_wrong_later_is_told_at_once(tmp_path: Path, text: str, named: list[str]) -> None:
    file = tmp_path / "bed.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(SetupError) as mistake:
        Platform(load(file))
    for word in named:
        assert word in mistake.value.text("zh")
        assert word in mistake.value.text("en")
