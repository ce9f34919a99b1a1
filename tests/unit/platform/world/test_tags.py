"""Tags: their names and numbers, and who carries them."""

from __future__ import annotations

from typing import Any

import pytest

from gongzhong.platform.world import acts, tags
from gongzhong.platform.world.settings import Rules

from ..conftest import Bench

CREATE, LIST = "/cgi-bin/tags/create", "/cgi-bin/tags/get"
RENAME, DELETE = "/cgi-bin/tags/update", "/cgi-bin/tags/delete"
PUT, TAKE = "/cgi-bin/tags/members/batchtagging", "/cgi-bin/tags/members/batchuntagging"
CARRIERS, CARRIED = "/cgi-bin/user/tag/get", "/cgi-bin/tags/getidlist"


def new(bench: Bench, name: str) -> int:
    return int(bench.post(CREATE, {"tag": {"name": name}})["tag"]["id"])


def put(bench: Bench, tag: int, *openids: str) -> dict[str, Any]:
    answer: dict[str, Any] = bench.post(PUT, {"openid_list": openids, "tagid": tag})
    return answer


def test_own_tags_begin_at_100_and_no_id_comes_twice(bench: Bench) -> None:
    assert bench.post(CREATE, {"tag": {"name": "广东"}}) == {"tag": {"id": 100, "name": "广东"}}
    assert new(bench, "湖南") == 101
    assert bench.code(bench.post(DELETE, {"tag": {"id": 101}})) == 0
    assert new(bench, "湖南") == 102


def test_an_id_that_a_configuration_took_is_left_out(bench: Bench) -> None:
    tags.ensure(bench.world, bench.account, "固定", 101)
    tags.ensure(bench.world, bench.account, "小", 7)
    assert [new(bench, name) for name in ("甲", "乙")] == [100, 102]


def test_the_list_counts(bench: Bench) -> None:
    put(bench, new(bench, "甲"), bench.follower("a"), bench.follower("b"))
    star = {"id": 2, "name": "星标组", "count": 0}
    assert bench.get(LIST) == {"tags": [star, {"id": 100, "name": "甲", "count": 2}]}


@pytest.mark.parametrize(
    ("name", "code"),
    [("甲", 45157), ("星标组", 45157), ("黑名单", 45157), ("", 45157), ("长" * 31, 45158), ("长" * 30, 0)],
)
def test_names(bench: Bench, name: str, code: int) -> None:
    tag, _ = new(bench, "乙"), new(bench, "甲")
    assert bench.code(bench.post(RENAME, {"tag": {"id": tag, "name": name}})) == code
    if name != "长" * 30:
        assert bench.code(bench.post(CREATE, {"tag": {"name": name}})) == code


def test_a_tag_may_keep_its_name(bench: Bench) -> None:
    tag = new(bench, "甲")
    assert bench.code(bench.post(RENAME, {"tag": {"id": tag, "name": "甲"}})) == 0


@pytest.mark.parametrize(
    ("id", "code"), [(0, 45058), (1, 45058), (2, 45058), (99, 45159), (-1, 45159), ("x", 45159)]
)
def test_the_systems_tags_stay(bench: Bench, id: object, code: int) -> None:
    assert bench.code(bench.post(RENAME, {"tag": {"id": id, "name": "新"}})) == code
    assert bench.code(bench.post(DELETE, {"tag": {"id": id}})) == code


def test_a_hundred_tags_an_account(bench: Bench) -> None:
    for number in range(100):
        new(bench, f"t{number}")
    assert bench.code(bench.post(CREATE, {"tag": {"name": "too many"}})) == 45056


def test_twenty_tags_a_person_and_who_failed_is_named(bench: Bench) -> None:
    full, free = bench.follower("full"), bench.follower("free")
    for number in range(20):
        assert bench.code(put(bench, new(bench, f"t{number}"), full)) == 0
    tag = new(bench, "last")
    assert bench.code(put(bench, tag, full)) == 45059
    partly = put(bench, tag, full, free)
    assert (partly["errcode"], partly["fail_openid_list"]) == (45171, [full])
    assert bench.post(CARRIED, {"openid": free}) == {"tagid_list": [tag]}
    assert len(bench.post(CARRIED, {"openid": full})["tagid_list"]) == 20
    assert bench.code(put(bench, 100, full)) == 0  # carried already


def test_whom_a_batch_refuses(bench: Bench) -> None:
    tag, ours, gone = new(bench, "甲"), bench.follower("a"), bench.follower("gone")
    theirs = bench.follower("b", bench.add("other"))
    acts.unfollow(bench.world, bench.account, "gone")
    for openids, code in (
        ([], 40032),
        ([ours] * 51, 40032),
        (["nobody"], 40003),
        ([gone], 40003),
        ([ours, theirs], 49003),
        ([ours] * 50, 0),
    ):
        for path in (PUT, TAKE):
            assert bench.code(bench.post(path, {"openid_list": openids, "tagid": tag})) == code
    assert bench.code(put(bench, 999, ours)) == 45159
    assert bench.code(bench.post(CARRIED, {"openid": theirs})) == 49003
    assert bench.code(bench.post(CARRIED, {"openid": "nobody"})) == 40003


def test_the_tag_put_on_last_comes_first(bench: Bench) -> None:
    openid, first, second = bench.follower("a"), new(bench, "甲"), new(bench, "乙")
    put(bench, second, openid)
    put(bench, first, openid)
    assert bench.post(CARRIED, {"openid": openid}) == {"tagid_list": [first, second]}
    bench.post(TAKE, {"openid_list": [openid], "tagid": first})
    assert bench.post(CARRIED, {"openid": openid}) == {"tagid_list": [second]}


def test_carriers_in_pages() -> None:
    bench = Bench(Rules(follower_page=2))
    tag, openids = new(bench, "甲"), [bench.follower(name) for name in "abc"]
    put(bench, tag, *openids)
    page = bench.post(CARRIERS, {"tagid": tag, "next_openid": ""})
    assert page == {"count": 2, "data": {"openid": openids[:2]}, "next_openid": openids[1]}
    assert bench.post(CARRIERS, {"tagid": tag, "next_openid": openids[1]})["data"] == {"openid": openids[2:]}
    assert bench.post(CARRIERS, {"tagid": tag, "next_openid": openids[2]}) == {"count": 0}
    assert bench.code(bench.post(CARRIERS, {"tagid": tag, "next_openid": "nobody"})) == 40003
    assert bench.code(bench.post(CARRIERS, {"tagid": 999})) == 45159


def test_a_deleted_tag_is_on_nobody(bench: Bench) -> None:
    tag, openid = new(bench, "甲"), bench.follower("a")
    put(bench, tag, openid)
    bench.post(DELETE, {"tag": {"id": tag}})
    assert bench.post(CARRIED, {"openid": openid}) == {"tagid_list": []}
    assert bench.code(bench.post(CARRIERS, {"tagid": tag})) == 45159


def test_a_tag_on_too_many_people_stays() -> None:
    bench = Bench(Rules(tag_delete_limit=1))
    tag = new(bench, "甲")
    put(bench, tag, bench.follower("a"), bench.follower("b"))
    assert bench.code(bench.post(DELETE, {"tag": {"id": tag}})) == 45057


def test_tags_belong_to_their_account(bench: Bench) -> None:
    other, tag = bench.add("other"), new(bench, "甲")
    assert bench.code(bench.post(DELETE, {"tag": {"id": tag}}, of=other)) == 45159
    assert bench.post(CREATE, {"tag": {"name": "甲"}}, of=other)["tag"]["id"] == 100
