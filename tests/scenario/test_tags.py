"""Tags on followers: their names and numbers, who carries them, and every way to be told no."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from gongzhong import CallError
from gongzhong.platform import PlatformConfig
from gongzhong.platform.world.settings import Rules
from gongzhong.testing import LocalPlatform

from .conftest import Magazine, refused
from .test_followers import crowd


@pytest.fixture
def narrow() -> Iterator[LocalPlatform]:
    """A platform whose limits are within reach."""
    rules = Rules(tags_per_account=3, tags_per_user=2, tag_delete_limit=1, follower_page=2)
    local = LocalPlatform(PlatformConfig(rules=rules))
    yield local
    local.close()


def test_own_tags_start_at_one_hundred_beside_the_star_group(magazine: Magazine) -> None:
    api = magazine.api
    made = api.tags.create(name="广东").tag
    assert (made.id, made.name, made.count) == (100, "广东", None)
    assert api.tags.create(name="广西").tag.id == 101
    (openid,) = crowd(magazine, "alice")
    api.tags.tag_users(openid_list=[openid], tagid=100)
    listed = [(tag.id, tag.name, tag.count) for tag in api.tags.list().tags]
    assert listed == [(2, "星标组", 0), (100, "广东", 1), (101, "广西", 0)]
    api.tags.rename(id=100, name="广东人")
    assert api.tags.list().tags[1].name == "广东人"
    api.tags.delete(id=100)
    assert [tag.id for tag in api.tags.list().tags] == [2, 101]
    assert api.tags.of_user(openid=openid).tagid_list == []


def test_names_are_taken_once_and_have_thirty_characters(magazine: Magazine) -> None:
    api = magazine.api
    api.tags.create(name="广东")
    other = api.tags.create(name="字" * 30).tag.id
    for taken in ("广东", "星标组", "黑名单"):
        with refused(45157):
            api.tags.create(name=taken)
        with refused(45157):
            api.tags.rename(id=other, name=taken)
    with refused(45157):
        api.tags.create(name="")
    with refused(45158):
        api.tags.create(name="字" * 31)
    with refused(45158):
        api.tags.rename(id=other, name="字" * 31)
    api.tags.rename(id=other, name="字" * 30)


def test_the_systems_tags_stay_as_they_are(magazine: Magazine) -> None:
    for id in (0, 1, 2):
        with refused(45058):
            magazine.api.tags.rename(id=id, name="新名")
        with refused(45058):
            magazine.api.tags.delete(id=id)


def test_a_tag_that_is_not_there(magazine: Magazine) -> None:
    api = magazine.api
    (openid,) = crowd(magazine, "alice")
    for use in (
        lambda: api.tags.rename(id=100, name="新名"),
        lambda: api.tags.delete(id=100),
        lambda: api.tags.tag_users(openid_list=[openid], tagid=100),
        lambda: api.tags.untag_users(openid_list=[openid], tagid=100),
        lambda: api.tags.list_users(tagid=100),
    ):
        with refused(45159):
            use()


def test_an_account_has_only_so_many(narrow: LocalPlatform) -> None:
    api = Magazine(narrow).api
    made = [api.tags.create(name=name).tag.id for name in "甲乙丙"]
    with refused(45056):
        api.tags.create(name="丁")
    api.tags.delete(id=made[0])
    assert api.tags.create(name="丁").tag.id not in made


def test_a_tag_that_many_carry_must_be_taken_off_first(narrow: LocalPlatform) -> None:
    magazine = Magazine(narrow)
    api, both = magazine.api, crowd(magazine, "alice", "bob")
    tag = api.tags.create(name="甲").tag.id
    api.tags.tag_users(openid_list=both, tagid=tag)
    with refused(45057):
        api.tags.delete(id=tag)
    api.tags.untag_users(openid_list=both[:1], tagid=tag)
    api.tags.delete(id=tag)


def test_one_person_carries_only_so_many(narrow: LocalPlatform) -> None:
    magazine = Magazine(narrow)
    api, (alice, bob) = magazine.api, crowd(magazine, "alice", "bob")
    first, second, third = [api.tags.create(name=name).tag.id for name in "甲乙丙"]
    for tag in (first, second):
        api.tags.tag_users(openid_list=[alice], tagid=tag)
    with refused(45059):
        api.tags.tag_users(openid_list=[alice], tagid=third)
    api.tags.tag_users(openid_list=[alice], tagid=second)
    assert sorted(api.tags.of_user(openid=alice).tagid_list) == [first, second]
    with pytest.raises(CallError) as error:
        api.tags.tag_users(openid_list=[bob, alice], tagid=third)
    assert (error.value.errcode, error.value.answer["fail_openid_list"]) == (45171, [alice])
    assert api.tags.of_user(openid=bob).tagid_list == [third]


def test_who_carries_a_tag_comes_in_pages(narrow: LocalPlatform) -> None:
    magazine = Magazine(narrow)
    api, people = magazine.api, crowd(magazine, "一", "二", "三", "四")
    tag = api.tags.create(name="甲").tag.id
    assert api.tags.list_users(tagid=tag).openids == []
    assert json.loads(narrow.calls[-1].response_body) == {"count": 0}
    api.tags.tag_users(openid_list=people[:3], tagid=tag)
    first = api.tags.list_users(tagid=tag)
    assert (first.count, first.openids, first.next_openid) == (2, people[:2], people[1])
    assert list(api.tags.walk_users(tagid=tag)) == people[:3]


def test_only_followers_carry_tags(magazine: Magazine) -> None:
    api, (alice, bob) = magazine.api, crowd(magazine, "alice", "bob")
    tag = api.tags.create(name="甲").tag.id
    api.tags.tag_users(openid_list=[alice, bob], tagid=tag)
    magazine.platform.person("bob").unfollows()
    assert api.tags.list_users(tagid=tag).openids == [alice]
    for nobody in (bob, "oNobody"):
        with refused(40003):
            api.tags.tag_users(openid_list=[alice, nobody], tagid=tag)
    with refused(40032):
        api.tags.tag_users(openid_list=[alice] * 51, tagid=tag)


def test_followers_can_be_starred(magazine: Magazine) -> None:
    api, (alice,) = magazine.api, crowd(magazine, "alice")
    api.tags.tag_users(openid_list=[alice], tagid=2)
    own = api.tags.create(name="甲").tag.id
    api.tags.tag_users(openid_list=[alice], tagid=own)
    assert api.users.get(openid=alice).tagid_list == [2, own]
    assert api.tags.list().tags[0].count == 1
