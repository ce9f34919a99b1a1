"""Followers and the black list: pages, what is left of a profile, remarks."""

from __future__ import annotations

from typing import Any

import pytest

from gongzhong.platform.world import accounts, acts, people, qrcodes
from gongzhong.platform.world.settings import Rules

from ..conftest import START, Bench

LIST, INFO, BATCH = "/cgi-bin/user/get", "/cgi-bin/user/info", "/cgi-bin/user/info/batchget"
REMARK = "/cgi-bin/user/info/updateremark"
BLOCKED, BLOCK = "/cgi-bin/tags/members/getblacklist", "/cgi-bin/tags/members/batchblacklist"
UNBLOCK = "/cgi-bin/tags/members/batchunblacklist"


@pytest.fixture
def small() -> Any:
    """Pages of two, so that three people make several."""
    made = Bench(Rules(follower_page=2, blacklist_page=2, test_account_followers=2))
    yield made
    made.world.close()


def test_pages_end_with_an_empty_one(small: Bench) -> None:
    first, second, third = (small.follower(name) for name in ("a", "b", "c"))
    assert small.get(LIST) == {
        "total": 3,
        "count": 2,
        "data": {"openid": [first, second]},
        "next_openid": second,
    }
    last = small.get(LIST, next_openid=second)
    assert last == {"total": 3, "count": 1, "data": {"openid": [third]}, "next_openid": third}
    assert small.get(LIST, next_openid=third) == {"total": 3, "count": 0, "next_openid": ""}


def test_nobody_follows(bench: Bench) -> None:
    assert bench.get(LIST) == {"total": 0, "count": 0, "next_openid": ""}
    assert bench.code(bench.get(LIST, next_openid="nobody")) == 40003


def test_who_follows_again_stands_at_the_end(bench: Bench) -> None:
    first, second = bench.follower("a"), bench.follower("b")
    acts.unfollow(bench.world, bench.account, "a")
    assert bench.get(LIST)["data"]["openid"] == [second]
    acts.follow(bench.world, bench.account, "a")
    assert bench.get(LIST)["data"]["openid"] == [second, first]


def test_a_profile_without_name_and_picture(bench: Bench) -> None:
    openid = bench.follower("alice")
    assert bench.get(INFO, openid=openid) == {
        "subscribe": 1,
        "openid": openid,
        "nickname": "",
        "sex": 0,
        "language": "zh_CN",
        "city": "",
        "province": "",
        "country": "",
        "headimgurl": "",
        "subscribe_time": int(START),
        "remark": "",
        "groupid": 0,
        "tagid_list": [],
        "subscribe_scene": "ADD_SCENE_SEARCH",
        "qr_scene": 0,
        "qr_scene_str": "",
    }


@pytest.mark.parametrize(("scene", "number", "words"), [(77, 77, ""), ("door", 0, "door")])
def test_a_profile_tells_the_code_that_was_scanned(
    bench: Bench, scene: int | str, number: int, words: str
) -> None:
    code = qrcodes.create(bench.world, bench.account, scene, 60)
    acts.scan(bench.world, bench.person("alice"), code.ticket)
    openid = people.relation(bench.world, bench.account, "alice").openid
    found = bench.get(INFO, openid=openid)
    assert found["subscribe_scene"] == "ADD_SCENE_QR_CODE"
    assert (found["qr_scene"], found["qr_scene_str"]) == (number, words)


def test_who_left_has_no_profile_and_loses_remark_and_tags(bench: Bench) -> None:
    openid = bench.follower("alice")
    tag = bench.post("/cgi-bin/tags/create", {"tag": {"name": "甲"}})["tag"]["id"]
    bench.post("/cgi-bin/tags/members/batchtagging", {"openid_list": [openid], "tagid": tag})
    assert bench.code(bench.post(REMARK, {"openid": openid, "remark": "老王"})) == 0
    assert (bench.get(INFO, openid=openid)["remark"], bench.get(INFO, openid=openid)["tagid_list"]) == (
        "老王",
        [tag],
    )
    acts.unfollow(bench.world, bench.account, "alice")
    assert bench.get(INFO, openid=openid) == {"subscribe": 0, "openid": openid}
    acts.follow(bench.world, bench.account, "alice")
    again = bench.get(INFO, openid=openid)
    assert (again["openid"], again["remark"], again["tagid_list"]) == (openid, "", [])


def test_a_batch_mixes_followers_and_others(bench: Bench) -> None:
    here, gone = bench.follower("a"), bench.follower("b")
    acts.unfollow(bench.world, bench.account, "b")
    asked = [{"openid": here, "lang": "en"}, {"openid": gone}]
    found = bench.post(BATCH, {"user_list": asked})["user_info_list"]
    assert [(one["openid"], one["subscribe"]) for one in found] == [(here, 1), (gone, 0)]
    assert bench.code(bench.post(BATCH, {"user_list": [{"openid": here}, {"openid": "nobody"}]})) == 40003
    assert bench.code(bench.post(BATCH, {"user_list": [{"openid": here}] * 101})) == 40032
    assert bench.code(bench.post(BATCH, {"user_list": []})) == 40032


@pytest.mark.parametrize(
    ("query", "code"), [({}, 41009), ({"openid": ""}, 40003), ({"openid": "nobody"}, 40003)]
)
def test_asking_for_nobody(bench: Bench, query: dict[str, str], code: int) -> None:
    assert bench.code(bench.get(INFO, **query)) == code


def test_remarks(bench: Bench) -> None:
    openid = bench.follower("alice")
    for remark, code in (("王" * 30, 0), ("王" * 31, 40092), ("", 0)):
        assert bench.code(bench.post(REMARK, {"openid": openid, "remark": remark})) == code
    assert bench.get(INFO, openid=openid)["remark"] == ""
    acts.unfollow(bench.world, bench.account, "alice")
    assert bench.code(bench.post(REMARK, {"openid": openid, "remark": "x"})) == 43004


def test_the_black_list_in_pages(small: Bench) -> None:
    openids = [small.follower(name) for name in "abc"]
    assert small.post(BLOCKED, {"begin_openid": ""}) == {"total": 0, "count": 0, "next_openid": ""}
    assert small.code(small.post(BLOCK, {"openid_list": openids})) == 0
    page = small.post(BLOCKED, {})
    assert page == {"total": 3, "count": 2, "data": {"openid": openids[:2]}, "next_openid": openids[1]}
    assert small.post(BLOCKED, {"begin_openid": openids[1]})["data"] == {"openid": openids[2:]}
    assert small.post(BLOCKED, {"begin_openid": openids[2]}) == {"total": 3, "count": 0, "next_openid": ""}
    assert small.code(small.post(UNBLOCK, {"openid_list": openids[:1]})) == 0
    assert small.post(BLOCKED, {})["total"] == 2


def test_blocking_takes_twenty_of_our_own_people(bench: Bench) -> None:
    ours, theirs = bench.follower("a"), bench.follower("b", bench.add("other"))
    for openids, code in (
        ([], 40032),
        ([ours] * 21, 40032),
        ([ours] * 20, 0),
        ([theirs], 49003),
        (["x"], 40003),
    ):
        assert bench.code(bench.post(BLOCK, {"openid_list": openids})) == code
    assert bench.code(bench.post(BLOCK, {"openid_list": [ours, "x"]})) == 40003
    assert bench.code(bench.post(BLOCKED, {"begin_openid": theirs})) == 49003


def test_a_test_account_holds_few_followers(small: Bench) -> None:
    trial = small.add("trial", kind="test")
    small.follower("a", trial)
    small.follower("b", trial)
    with pytest.raises(acts.NotPossible):
        small.follower("c", trial)
    acts.unfollow(small.world, trial, "a")
    acts.follow(small.world, trial, "c")


def test_one_unionid_below_one_open_platform(bench: Bench) -> None:
    bench.account = accounts.change(bench.world, bench.account.appid, {"open_platform": "group"})
    sister, stranger = bench.add("sister", open_platform="group"), bench.add("stranger", open_platform="b")
    here = bench.follower("alice")
    found = {"here": bench.get(INFO, openid=here)}
    for name, account in (("sister", sister), ("stranger", stranger)):
        acts.follow(bench.world, account, "alice")
        openid = people.relation(bench.world, account, "alice").openid
        found[name] = bench.get(INFO, of=account, openid=openid)
    assert found["here"]["unionid"] == found["sister"]["unionid"] != found["stranger"]["unionid"]
    assert len({one["openid"] for one in found.values()}) == 3


def test_nothing_was_migrated(bench: Bench) -> None:
    path, openid = "/cgi-bin/changeopenid", bench.follower("alice")
    assert bench.code(bench.post(path, {"from_appid": "gh_1", "openid_list": [openid]})) == 63183
    assert bench.code(bench.post(path, {"from_appid": "gh_1", "openid_list": []})) == 63182
    assert bench.code(bench.post(path, {"openid_list": [openid]})) == 63178
