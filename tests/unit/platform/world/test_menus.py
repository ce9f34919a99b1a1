"""The menu bar: what a menu may look like, who sees which, and the shapes it is read in."""

from __future__ import annotations

from typing import Any

import pytest

from gongzhong.platform.world import acts, media

from ..conftest import PNG, Bench

CREATE, GET, DELETE = "/cgi-bin/menu/create", "/cgi-bin/menu/get", "/cgi-bin/menu/delete"
ADD, DROP, TRY = "/cgi-bin/menu/addconditional", "/cgi-bin/menu/delconditional", "/cgi-bin/menu/trymatch"
IN_FORCE = "/cgi-bin/get_current_selfmenu_info"


def click(name: str = "今日", key: str = "K") -> dict[str, Any]:
    return {"type": "click", "name": name, "key": key}


def view(url: str, name: str = "官网") -> dict[str, Any]:
    return {"type": "view", "name": name, "url": url}


def parent(*subs: dict[str, Any], name: str = "更多") -> dict[str, Any]:
    return {"name": name, "sub_button": list(subs)}


LONG = "http://a.example/" + "x" * (1024 - 17)


@pytest.mark.parametrize(
    ("buttons", "code"),
    [
        ([], 40016),
        ([click()] * 4, 40016),
        ([{"name": "空"}], 40017),
        ([{**click(), "type": "dance"}], 40017),
        ([click("一二三四五六")], 40018),
        ([click("")], 40018),
        ([click(key="k" * 129)], 40019),
        ([{"type": "click", "name": "n"}], 40019),
        ([view(LONG + "x")], 40020),
        ([{"type": "view", "name": "n"}], 40020),
        ([view("www.a.example")], 40055),
        ([view("http://")], 40055),
        ([parent(*[click()] * 6)], 40023),
        ([parent({"name": "空"})], 40024),
        ([parent(click("长" * 21))], 40025),
        ([parent(click(key="k" * 129))], 40026),
        ([parent(view(LONG + "x"))], 40027),
        ([parent(view("weixin"))], 40054),
        ([parent({**click(), "sub_button": [click()]})], 40022),
        ([{"type": "media_id", "name": "n"}], 40007),
        ([{"type": "media_id", "name": "n", "media_id": "nothing"}], 40007),
        ([parent({"type": "article_id", "name": "n", "article_id": "nothing"})], 53600),
        ([{"type": "miniprogram", "name": "n", "url": "http://a.example", "appid": "wx1"}], 40165),
        ([{"type": "miniprogram", "name": "n", "url": "http://a.example", "pagepath": "p"}], 40013),
        ([{"type": "article_id", "name": "n"}], 53600),
    ],
)
def test_what_a_menu_may_not_be(bench: Bench, buttons: list[Any], code: int) -> None:
    assert bench.code(bench.post(CREATE, {"button": buttons})) == code
    assert bench.code(bench.get(GET)) == 46003


def test_buttons_show_permanent_files_of_the_account(bench: Bench) -> None:
    ours = [media.keep(bench.world, bench.account, "image", PNG, permanent=kept) for kept in (True, False)]
    theirs = media.keep(bench.world, bench.add("other"), "image", PNG, permanent=True)
    codes = [
        bench.code(
            bench.post(CREATE, {"button": [{"type": "media_id", "name": "n", "media_id": file.media_id}]})
        )
        for file in (*ours, theirs)
    ]
    assert codes == [0, 40007, 40007]


def test_the_largest_menu_there_may_be(bench: Bench) -> None:
    subs = [click("长" * 20, "k" * 128), view(LONG), *[click()] * 3]
    whole = [parent(*subs, name="名" * 5 + "x"), parent(*subs), parent(*subs)]
    assert bench.code(bench.post(CREATE, {"button": whole})) == 0
    menu = bench.get(GET)["menu"]
    assert len(menu["button"]) == 3
    assert menu["button"][0]["sub_button"][1]["url"] == LONG


def test_reading_shows_an_empty_list_below_every_button(bench: Bench) -> None:
    bench.post(CREATE, {"button": [click(), parent(view("https://a.example/"))]})
    assert bench.get(GET) == {
        "menu": {
            "button": [
                {**click(), "sub_button": []},
                {"name": "更多", "sub_button": [{**view("https://a.example/"), "sub_button": []}]},
            ]
        }
    }


def test_the_menu_in_force_has_a_shape_of_its_own(bench: Bench) -> None:
    assert bench.get(IN_FORCE)["is_menu_open"] == 0
    bench.post(CREATE, {"button": [click(), parent(view("https://a.example/"))]})
    assert bench.get(IN_FORCE) == {
        "is_menu_open": 1,
        "selfmenu_info": {
            "button": [click(), {"name": "更多", "sub_button": {"list": [view("https://a.example/")]}}]
        },
    }


def test_deleting_takes_the_conditional_menus_along(bench: Bench) -> None:
    bench.post(CREATE, {"button": [click()]})
    bench.post(ADD, {"button": [click("甲")], "matchrule": {"client_platform_type": "2"}})
    assert bench.code(bench.get(DELETE)) == 0
    assert bench.code(bench.get(GET)) == 46003
    assert bench.code(bench.post(ADD, {"button": [click()], "matchrule": {"tag_id": "2"}})) == 65303


def test_replacing_the_default_menu_keeps_the_conditional_ones(bench: Bench) -> None:
    bench.post(CREATE, {"button": [click()]})
    added = bench.post(ADD, {"button": [click("甲")], "matchrule": {"tag_id": "2"}})
    bench.post(CREATE, {"button": [click("新")]})
    menus = bench.get(GET)
    assert menus["menu"]["button"][0]["name"] == "新"
    assert menus["menu"]["menuid"]
    (kept,) = menus["conditionalmenu"]
    assert (str(kept["menuid"]), kept["matchrule"]) == (added["menuid"], {"tag_id": "2"})
    assert "errcode" not in menus


@pytest.mark.parametrize("rule", [{}, {"sex": "1"}, {"tag_id": ""}, None])
def test_a_conditional_menu_needs_a_condition(bench: Bench, rule: Any) -> None:
    bench.post(CREATE, {"button": [click()]})
    assert bench.code(bench.post(ADD, {"button": [click()], "matchrule": rule})) == 65304


def test_all_conditional_menus_together_link_to_three_hosts(bench: Bench) -> None:
    bench.post(CREATE, {"button": [view("http://main.example/")]})
    rule = {"client_platform_type": "1"}
    two = [view("http://a.example/1"), parent(view("http://b.example/"), view("http://a.example/2"))]
    assert "menuid" in bench.post(ADD, {"button": two, "matchrule": rule})
    assert "menuid" in bench.post(ADD, {"button": [view("http://c.example/")], "matchrule": rule})
    assert bench.code(bench.post(ADD, {"button": [view("http://d.example/")], "matchrule": rule})) == 65316
    assert "menuid" in bench.post(ADD, {"button": [view("http://b.example/x")], "matchrule": rule})


def name_seen(bench: Bench, user: str) -> str:
    return str(bench.post(TRY, {"user_id": user})["button"][0]["name"])


def test_the_newest_match_wins_and_of_several_tags_the_last(bench: Bench) -> None:
    openid = bench.follower("alice")
    bench.post(CREATE, {"button": [click("默认")]})
    ids = [bench.post("/cgi-bin/tags/create", {"tag": {"name": name}})["tag"]["id"] for name in "甲乙"]
    for name, tag in zip("甲乙", ids, strict=True):
        bench.post(ADD, {"button": [click(name)], "matchrule": {"tag_id": str(tag)}})
    assert name_seen(bench, openid) == "默认"
    for tag in reversed(ids):
        bench.post("/cgi-bin/tags/members/batchtagging", {"openid_list": [openid], "tagid": tag})
    assert name_seen(bench, openid) == "甲"
    newest = bench.post(ADD, {"button": [click("安卓")], "matchrule": {"client_platform_type": "2"}})
    assert name_seen(bench, openid) == name_seen(bench, "alice") == "安卓"
    assert bench.code(bench.post(DROP, {"menuid": newest["menuid"]})) == 0
    assert name_seen(bench, openid) == "甲"
    bench.post(ADD, {"button": [click("苹果")], "matchrule": {"client_platform_type": "1"}})
    assert name_seen(bench, openid) == "甲"


def test_trying_needs_a_follower(bench: Bench) -> None:
    openid = bench.follower("alice")
    bench.post(CREATE, {"button": [click()]})
    assert bench.code(bench.post(TRY, {"user_id": "nobody"})) == 65302
    acts.unfollow(bench.world, bench.account, "alice")
    assert bench.code(bench.post(TRY, {"user_id": openid})) == 65302


@pytest.mark.parametrize("menuid", ["1", "0", "x", "", "²", None])
def test_deleting_a_conditional_menu_that_is_not_there(bench: Bench, menuid: str | None) -> None:
    bench.post(CREATE, {"button": [click()]})
    assert bench.code(bench.post(DROP, {"menuid": menuid})) == 65301
    assert bench.code(bench.get(GET)) == 0


def test_menus_belong_to_their_account(bench: Bench) -> None:
    other = bench.add("other")
    bench.post(CREATE, {"button": [click()]})
    added = bench.post(ADD, {"button": [click()], "matchrule": {"tag_id": "2"}})
    assert bench.code(bench.get(GET, of=other)) == 46003
    assert bench.code(bench.post(DROP, {"menuid": added["menuid"]}, of=other)) == 65301
