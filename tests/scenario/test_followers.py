"""Who follows: the pages of the list, what is told of one person, remarks, the black list, and whose OpenID it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from gongzhong.catalogue.model import Upload
from gongzhong.messages import Subscribe, Unsubscribe
from gongzhong.platform import PlatformConfig
from gongzhong.platform.world.settings import Rules
from gongzhong.testing import PNG, Actor, LocalPlatform

from .conftest import Magazine, refused

OTHER = "wx00000000000000bb"


@pytest.fixture
def pages_of_two() -> Iterator[LocalPlatform]:
    """A platform whose lists are short enough to have several pages."""
    local = LocalPlatform(PlatformConfig(rules=Rules(follower_page=2, blacklist_page=2)))
    yield local
    local.close()


def crowd(magazine: Magazine, *names: str) -> list[str]:
    """Let people follow, one after another; returns their OpenIDs."""
    people = [magazine.platform.person(name) for name in names]
    for person in people:
        person.follows(magazine.state)
    return [person.openid(magazine.state) for person in people]


def answered(platform: LocalPlatform) -> dict[str, Any]:
    """The latest API call's answer as it went over the wire."""
    answer: dict[str, Any] = json.loads(platform.calls[-1].response_body)
    return answer


def test_the_list_ends_with_a_page_without_data(pages_of_two: LocalPlatform) -> None:
    magazine = Magazine(pages_of_two)
    one, two, three, four = crowd(magazine, "一", "二", "三", "四")
    first = magazine.api.users.list()
    assert (first.total, first.count, first.openids, first.next_openid) == (4, 2, [one, two], two)
    second = magazine.api.users.list(next_openid=two)
    assert (second.openids, second.next_openid) == ([three, four], four)
    magazine.api.users.list(next_openid=four)
    assert answered(pages_of_two) == {"total": 4, "count": 0, "next_openid": ""}
    assert list(magazine.api.users.walk()) == [one, two, three, four]


def test_nobody_follows_yet(magazine: Magazine) -> None:
    assert magazine.api.users.list().openids == []
    assert answered(magazine.platform) == {"total": 0, "count": 0, "next_openid": ""}


def test_the_list_is_in_the_order_of_following_and_without_those_who_left(magazine: Magazine) -> None:
    alice, bob, carol = crowd(magazine, "alice", "bob", "carol")
    magazine.platform.person("alice").unfollows()
    assert magazine.api.users.list().openids == [bob, carol]
    magazine.platform.person("alice").follows()
    assert magazine.api.users.list().openids == [bob, carol, alice]


def test_a_cursor_must_be_somebody(magazine: Magazine) -> None:
    with refused(40003):
        magazine.api.users.list(next_openid="oNobody")


def test_what_is_told_of_a_follower(magazine: Magazine) -> None:
    platform, api = magazine.platform, magazine.api
    alice = platform.person("alice", nickname="爱丽丝", headimgurl="http://example.com/a.png", sex=2)
    alice.follows()
    openid = alice.openid()
    told = api.users.get(openid=openid)
    assert (told.subscribe, told.follows, told.openid) == (1, True, openid)
    assert told.subscribe_time == pytest.approx(platform.clock.now(), abs=2)
    assert answered(platform) == {
        "subscribe": 1,
        "openid": openid,
        "nickname": "",
        "sex": 0,
        "language": "zh_CN",
        "city": "",
        "province": "",
        "country": "",
        "headimgurl": "",
        "subscribe_time": told.subscribe_time,
        "remark": "",
        "groupid": 0,
        "tagid_list": [],
        "subscribe_scene": "ADD_SCENE_SEARCH",
        "qr_scene": 0,
        "qr_scene_str": "",
    }


def test_who_left_is_told_with_two_fields_only(magazine: Magazine) -> None:
    (openid,) = crowd(magazine, "alice")
    magazine.platform.person("alice").unfollows()
    assert not magazine.api.users.get(openid=openid).follows
    assert answered(magazine.platform) == {"subscribe": 0, "openid": openid}


def test_who_comes_back_is_the_same_person_with_a_new_beginning(magazine: Magazine) -> None:
    platform, api = magazine.platform, magazine.api
    (openid,) = crowd(magazine, "alice")
    alice = platform.person("alice")
    api.users.set_remark(openid=openid, remark="老顾客")
    tag = api.tags.create(name="常来").tag.id
    api.tags.tag_users(openid_list=[openid], tagid=tag)
    before = api.users.get(openid=openid)
    assert (before.remark, before.tagid_list, before.groupid) == ("老顾客", [tag], tag)
    alice.unfollows()
    platform.clock.advance(days=1)
    alice.follows(scene="春季海报")
    after = api.users.get(openid=openid)
    assert (after.openid, after.remark, after.tagid_list) == (openid, "", [])
    assert (after.subscribe_time or 0) - (before.subscribe_time or 0) >= 86400
    assert (after.subscribe_scene, after.qr_scene, after.qr_scene_str) == (
        "ADD_SCENE_QR_CODE",
        0,
        "春季海报",
    )
    assert [type(push) for push in magazine.told] == [Subscribe, Unsubscribe, Subscribe]


def test_a_numbered_code_leaves_its_number(magazine: Magazine) -> None:
    alice = magazine.platform.person("alice")
    alice.follows(scene=98765)
    told = magazine.api.users.get(openid=alice.openid())
    assert (told.qr_scene, told.qr_scene_str) == (98765, "")


def test_a_batch_answers_in_its_order_for_followers_and_others(magazine: Magazine) -> None:
    alice, bob = crowd(magazine, "alice", "bob")
    magazine.platform.person("bob").unfollows()
    found = magazine.api.users.get_many(openids=[bob, alice]).user_info_list
    assert [(person.openid, person.subscribe) for person in found] == [(bob, 0), (alice, 1)]
    with refused(40003):
        magazine.api.users.get_many(openids=[alice, "oNobody"])
    with refused(40032):
        magazine.api.users.get_many(openids=[alice] * 101)


def test_a_remark_is_for_followers_and_short(magazine: Magazine) -> None:
    api = magazine.api
    (openid,) = crowd(magazine, "alice")
    api.users.set_remark(openid=openid, remark="爱" * 30)
    assert api.users.get(openid=openid).remark == "爱" * 30
    with refused(40092):
        api.users.set_remark(openid=openid, remark="a" * 31)
    api.users.set_remark(openid=openid, remark="")
    assert api.users.get(openid=openid).remark == ""
    magazine.platform.person("alice").unfollows()
    with refused(43004):
        api.users.set_remark(openid=openid, remark="走了")
    with refused(40003):
        api.users.set_remark(openid="oNobody", remark="谁")


def test_the_black_list_has_pages_of_its_own(pages_of_two: LocalPlatform) -> None:
    magazine = Magazine(pages_of_two)
    api = magazine.api
    one, two, three = crowd(magazine, "一", "二", "三")
    assert api.users.list_blocked().openids == []
    assert answered(pages_of_two) == {"total": 0, "count": 0, "next_openid": ""}
    api.users.block(openid_list=[one, two, three])
    first = api.users.list_blocked()
    assert (first.total, first.count, first.openids, first.next_openid) == (3, 2, [one, two], two)
    last = api.users.list_blocked(begin_openid=two)
    assert (last.total, last.count, last.openids, last.next_openid) == (3, 1, [three], three)
    api.users.unblock(openid_list=[two])
    assert list(api.users.walk_blocked()) == [one, three]


def test_whom_the_account_blocked_it_cannot_write_to(magazine: Magazine) -> None:
    (openid,) = crowd(magazine, "alice")
    magazine.platform.person("alice").says("在吗")
    magazine.api.users.block(openid_list=[openid])
    with refused(43019):
        magazine.api.customer.send_text(touser=openid, content="您好")
    magazine.api.users.unblock(openid_list=[openid])
    magazine.api.customer.send_text(touser=openid, content="您好")


def test_blocking_is_all_or_nothing(magazine: Magazine) -> None:
    (openid,) = crowd(magazine, "alice")
    with refused(40003):
        magazine.api.users.block(openid_list=[openid, "oNobody"])
    with refused(40032):
        magazine.api.users.block(openid_list=[openid] * 21)
    assert magazine.api.users.list_blocked().total == 0


class Two:
    """Two accounts that the same person follows."""

    def __init__(self, platform: LocalPlatform, first: str = "", second: str = "") -> None:
        self.ours = Magazine(platform, open_platform=first)
        self.theirs = Magazine(platform, OTHER, open_platform=second)
        self.alice: Actor = platform.person("alice")
        for account in (self.ours, self.theirs):
            self.alice.follows(account.state)

    def told(self, account: Magazine) -> Any:
        return account.api.users.get(openid=self.alice.openid(account.state))


def test_one_open_platform_account_means_one_unionid_and_two_openids(platform: LocalPlatform) -> None:
    two = Two(platform, "集团", "集团")
    ours, theirs = two.told(two.ours), two.told(two.theirs)
    assert ours.unionid is not None
    assert ours.unionid == theirs.unionid
    assert ours.openid != theirs.openid
    assert (len(ours.openid), ours.openid[0]) == (28, "o")


@pytest.mark.parametrize(("first", "second"), [("甲", "乙"), ("甲", "")])
def test_other_bindings_share_nothing(platform: LocalPlatform, first: str, second: str) -> None:
    two = Two(platform, first, second)
    ours, theirs = two.told(two.ours), two.told(two.theirs)
    assert ours.unionid not in (None, theirs.unionid)
    assert (theirs.unionid is not None) == bool(second)


def test_another_accounts_openid_is_foreign(platform: LocalPlatform) -> None:
    two = Two(platform)
    api, foreign = two.ours.api, two.alice.openid(two.theirs.state)
    tag = api.tags.create(name="新").tag.id
    two.alice.says("您好", to=two.ours.state)
    with refused(40003):
        api.users.get(openid=foreign)
    with refused(40003):
        api.users.get_many(openids=[foreign])
    with refused(40003):
        api.customer.send_text(touser=foreign, content="您好")
    with refused(49003):
        api.tags.tag_users(openid_list=[foreign], tagid=tag)
    with refused(49003):
        api.tags.of_user(openid=foreign)
    with refused(49003):
        api.users.block(openid_list=[foreign])


def test_another_accounts_files_cannot_be_used(platform: LocalPlatform) -> None:
    two = Two(platform)
    theirs = two.theirs.api.media.upload(type="image", media=Upload(PNG, "a.png")).id
    stored = two.theirs.picture()
    two.alice.says("您好", to=two.ours.state)
    with refused(40007):
        two.ours.api.media.get(media_id=theirs)
    with refused(40007):
        two.ours.api.material.get(media_id=stored)
    with refused(40007):
        two.ours.api.customer.send_image(touser=two.alice.openid(two.ours.state), media_id=theirs)


def test_a_token_speaks_for_its_own_account_only(platform: LocalPlatform) -> None:
    two = Two(platform)
    bob = platform.person("bob")
    bob.follows(two.ours.state)
    assert len(two.ours.api.users.list().openids) == 2
    assert two.theirs.api.users.list().openids == [two.alice.openid(two.theirs.state)]


def test_tools_for_followers_need_a_verified_account(platform: LocalPlatform) -> None:
    magazine = Magazine(platform, kind="subscription", verified=False)
    (openid,) = crowd(magazine, "alice")
    for forbidden in (
        lambda: magazine.api.users.list(),
        lambda: magazine.api.users.get(openid=openid),
        lambda: magazine.api.tags.list(),
        lambda: magazine.api.users.list_blocked(),
    ):
        with refused(48001):
            forbidden()
