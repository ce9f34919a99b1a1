"""What a test bed can start with: people who wrote just now, follow times, industries, mass speed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gongzhong.errors import SetupError
from gongzhong.platform import Platform
from gongzhong.platform.config import load
from gongzhong.platform.world import (
    articles,
    chats,
    drafts,
    mass,
    menus,
    notices,
    people,
    quotas,
    templates,
    tokens,
)
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


FULL = """
[[account]]
name = "shop"
menu = [{ type = "click", name = "today", key = "TODAY" }]
used_quota = { "/cgi-bin/user/get" = 7 }
[[account.conditional_menu]]
matchrule = { client_platform_type = "1" }
button = [{ type = "click", name = "a", key = "A" }]
[[notice]]
account = "shop"
tid = 3102
kids = [1, 2]
template_id = "NOTICE"
[[person]]
name = "alice"
[person.accounts.shop]
follows = true
notices = { NOTICE = 2 }
"""


def test_a_bed_has_menus_notices_and_used_quotas(tmp_path: Path) -> None:
    platform = opened(tmp_path, FULL)
    world, shop = platform.world, platform.account("shop")
    assert menus.default(world, shop) == [{"type": "click", "name": "today", "key": "TODAY"}]
    assert len(menus.conditional(world, shop)) == 1
    assert quotas.used(world, shop, "/cgi-bin/user/get") == 7
    alice = people.relation(world, shop, "alice")
    assert notices.remaining(world, shop, alice.openid, notices.find(world, shop, "NOTICE")) == 2
    world.close()


@pytest.mark.parametrize(
    ("right", "wrong", "words"),
    [
        ("kids = [1, 2]", "kids = [1, 99]", "200020"),
        ("{ NOTICE = 2 }", "{ OTHER = 2 }", "40037"),
        ("{ NOTICE = 2 }", "{ NOTICE = -2 }", "person[0].accounts['shop'].notices['NOTICE']"),
        ('menu = [{ type = "click", name = "today", key = "TODAY" }]', "", "65303"),
        ('key = "TODAY"', 'keyy = "TODAY"', "40019"),
        ("/cgi-bin/user/get", "/cgi-bin/user/gett", "used_quota"),
        ("follows = true", "folows = true", "did you mean follows"),
        (
            "used_quota",
            "usd_quota",
            "account[0]: Object contains unknown field `usd_quota`; did you mean used_quota",
        ),
        ("[[notice]]", "[[notise]]", "did you mean notice"),
        ("[[notice]]", "[rules]\ndeliverys = 3\n[[notice]]", "did you mean deliveries"),
        ("[[notice]]", "[rules]\ndeliveries = -1\n[[notice]]", "rules.deliveries: must be from 1 to 10"),
        ("[[notice]]", "[rules]\nanswer_timeout_s = inf\n[[notice]]", "rules.answer_timeout_s"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, right: str, wrong: str, words: str) -> None:
    with pytest.raises(SetupError) as refused:
        opened(tmp_path, FULL.replace(right, wrong))
    assert words in refused.value.en


def test_a_file_nested_too_deeply_is_refused(tmp_path: Path) -> None:
    for text in ("a = " + "[" * 100_000, "a = " + "{ a = " * 100_000):
        with pytest.raises(SetupError, match="nested"):
            opened(tmp_path, text)


def test_a_frozen_secret_and_a_page_error(tmp_path: Path) -> None:
    """AppSecret: a frozen one gives 40243 (limits.md section 3; 公众号与服务号 1.2)."""
    frozen = FULL.replace('name = "shop"', 'name = "shop"\nsecret_frozen = true\npage_error = 10009', 1)
    platform = opened(tmp_path, frozen)
    shop = platform.account("shop")
    assert shop.page_error == 10009
    with pytest.raises(Refusal, match="40243"):
        tokens.credentials(platform.world, shop.appid, shop.secret)
    platform.world.close()


ARTICLES = """
[[account]]
name = "shop"
[[draft]]
account = "shop"
media_id = "COMING"
[[draft.article]]
article_type = "newspic"
title = "明天上新"
content = "桂花拿铁"
image_info = {image_list = [{image_media_id = "COVER"}]}
[[published]]
account = "shop"
article_id = "APRIL"
via = "mass"
published_at = 1_700_000_000
[[published.article]]
title = "四月的新品"
content = "<p>三款咖啡</p>"
thumb_media_id = "COVER"
[[media]]
account = "shop"
media_id = "COVER"
file = "cover.png"
"""


def bed_with_cover(tmp_path: Path, text: str) -> Platform:
    shutil.copy(Path(__file__).parents[2] / "examples" / "testbed-cover.png", tmp_path / "cover.png")
    return opened(tmp_path, text)


def test_drafts_and_published_articles_are_there_from_the_start(tmp_path: Path) -> None:
    platform = bed_with_cover(tmp_path, ARTICLES)
    world, shop = platform.world, platform.account("shop")
    draft = drafts.find(world, shop, "COMING")
    assert [article.title for article in draft.articles] == ["明天上新"]
    assert drafts.page(world, shop, 0, 20) == (1, [draft])
    made = articles.find(world, shop, "APRIL")
    assert (made.via, made.created_at) == ("mass", 1_700_000_000)
    assert [page.article.title for page in articles.pages(world, made)] == ["四月的新品"]
    world.close()


def test_articles_of_the_file_are_there_once_after_a_restart(tmp_path: Path) -> None:
    for _ in range(2):
        bed_with_cover(tmp_path, ARTICLES)
        config = load(tmp_path / "bed.toml")
        platform = Platform(config, tmp_path / "data.sqlite")
        assert drafts.count(platform.world, platform.account("shop")) == 1
        platform.world.close()


@pytest.mark.parametrize(
    ("right", "wrong", "named"),
    [
        ('thumb_media_id = "COVER"', 'thumb_media_id = "OTHER"', r"published\[0\].*40007"),
        ("[[draft.article]]\narticle_type", "[[draft.article]]\nkind", "kind"),
        ('title = "明天上新"', f'title = "{"长" * 33}"', r"draft\[0\].*45003"),
        ("published_at = 1_700_000_000", "published_at = -1", "published_at"),
    ],
)
def test_a_wrong_article_is_named(tmp_path: Path, right: str, wrong: str, named: str) -> None:
    with pytest.raises(SetupError, match=named):
        bed_with_cover(tmp_path, ARTICLES.replace(right, wrong))
