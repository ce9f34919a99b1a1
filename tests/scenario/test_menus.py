"""The menu bar: what a menu may hold, whose menu is shown to whom, and how it is read and removed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from gongzhong.catalogue.menus import Button, MatchRule, ShownButton, SubButton
from gongzhong.catalogue.model import Upload
from gongzhong.messages import Click, View, ViewMiniProgram
from gongzhong.testing import PNG, NotPossible

from .conftest import refused
from .shop import Shop

CREATE, ADD = "/cgi-bin/menu/create", "/cgi-bin/menu/addconditional"
PAGE = "https://example.com/"


@pytest.fixture
def shop() -> Iterator[Shop]:
    with Shop.opened() as shop:
        yield shop


def click(**changes: Any) -> dict[str, Any]:
    return {"type": "click", "name": "今日", "key": "K1", **changes}


def opens(url: str) -> dict[str, Any]:
    return {"type": "view", "name": "官网", "url": url}


def parent(*children: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"name": "更多", "sub_button": list(children), **changes}


@pytest.mark.parametrize(
    "buttons",
    [
        [click()] * 3,
        [parent(*[click()] * 5)],
        [click(name="菜" * 5 + "a"), click(key="k" * 128), opens(PAGE + "a" * (1024 - len(PAGE)))],
        [parent(click(name="菜" * 20, key="k" * 128), opens(PAGE + "a" * (1024 - len(PAGE))))],
        [click(type=kind) for kind in ("scancode_push", "scancode_waitmsg", "pic_sysphoto")],
        [click(type=kind) for kind in ("pic_photo_or_album", "pic_weixin", "location_select")],
        [{"type": "miniprogram", "name": "小店", "url": PAGE, "appid": "wxmini", "pagepath": "pages/i"}],
    ],
)
def test_what_a_menu_may_hold(shop: Shop, buttons: list[dict[str, Any]]) -> None:
    assert shop.call(CREATE, {"button": buttons}) == 0
    assert shop.call(ADD, {"button": buttons, "matchrule": {"client_platform_type": "1"}}) == 0


TOP = [
    ([], 40016),
    ([click()] * 4, 40016),
    (None, 40016),
    ([{"name": "空"}], 40017),
    ([click(type="nonsense")], 40017),
    ([click(name="")], 40018),
    ([click(name="菜" * 5 + "ab")], 40018),
    ([click(key="k" * 129)], 40019),
    ([click(key=None)], 40019),
    ([opens(PAGE + "a" * 1025)], 40020),
    ([{"type": "view", "name": "官网"}], 40020),
    ([opens("javascript:alert(1)")], 40055),
    ([opens("example.com")], 40055),
    ([{"type": "media_id", "name": "图"}], 40007),
    ([{"type": "article_id", "name": "文"}], 53600),
    ([{"type": "miniprogram", "name": "店", "url": PAGE, "pagepath": "p"}], 40013),
    ([{"type": "miniprogram", "name": "店", "url": PAGE, "appid": "wxmini"}], 40165),
    ([{"type": "miniprogram", "name": "店", "appid": "wxmini", "pagepath": "p"}], 40020),
]
SUB = [
    ([click()] * 6, 40023),
    ([click(sub_button=[click()])], 40022),
    ([click(type="nonsense")], 40024),
    ([{"name": "空"}], 40024),
    ([click(name="菜" * 20 + "a")], 40025),
    ([click(name="")], 40025),
    ([click(key="k" * 129)], 40026),
    ([click(key=None)], 40026),
    ([opens(PAGE + "a" * 1025)], 40027),
    ([{"type": "view", "name": "官网"}], 40027),
    ([opens("ftp://example.com/")], 40054),
]


@pytest.mark.parametrize(("buttons", "code"), TOP + [([parent(*children)], code) for children, code in SUB])
def test_what_a_menu_may_not_hold(shop: Shop, buttons: list[dict[str, Any]] | None, code: int) -> None:
    shop.api.menu.create(button=[Button.click("旧", "OLD")])
    assert shop.call(CREATE, {"button": buttons} if buttons is not None else {}) == code
    assert [button.name for button in shop.api.menu.get().menu.button] == ["旧"]


def test_what_is_not_json_is_no_menu(shop: Shop) -> None:
    token = {"access_token": shop.api.access_token()}
    assert shop.code("POST", CREATE, query=token, form={"button": "x"}) == 47001
    assert shop.code("GET", CREATE, query=token) == 43002


@pytest.mark.parametrize("wrap", [lambda button: button, lambda button: parent(button)])
def test_a_button_shows_only_what_the_account_has(shop: Shop, wrap: Any) -> None:
    kept = shop.api.material.add(type="image", media=Upload(PNG, "a.png")).media_id
    passing = shop.api.media.upload(type="image", media=Upload(PNG, "a.png")).id
    other = Shop(shop.platform, appid="wx00000000000000bb")

    def create(owner: Shop, **fields: str) -> int:
        return owner.call(CREATE, {"button": [wrap({"name": "看", **fields})]})

    assert create(shop, type="media_id", media_id=kept) == 0
    assert create(shop, type="media_id", media_id=passing) == 40007
    assert create(shop, type="view_limited", media_id="unknown") == 40007
    assert create(other, type="media_id", media_id=kept) == 40007
    assert create(shop, type="article_id", article_id="unknown") == 53600
    rule = {"client_platform_type": "2"}
    missing = {"type": "article_view_limited", "name": "看", "article_id": "unknown"}
    assert shop.call(ADD, {"button": [wrap(missing)], "matchrule": rule}) == 53600


def names(buttons: list[ShownButton]) -> list[str]:
    return [button.name for button in buttons]


def default(shop: Shop, name: str = "默认") -> None:
    shop.api.menu.create(button=[Button.click(name, "K")])


def conditional(shop: Shop, name: str, **rule: Any) -> str:
    added = shop.api.menu.add_conditional(button=[Button.click(name, "K")], matchrule=MatchRule(**rule))
    return str(added.menuid)


def seen(shop: Shop, name: str) -> list[str]:
    """What trymatch says that this person sees."""
    return names(shop.api.menu.try_match(user_id=shop.platform.person(name).openid()).buttons)


def test_a_menu_is_read_as_it_was_made(shop: Shop) -> None:
    with refused(46003):
        shop.api.menu.get()
    more = Button(name="更多", sub_button=[SubButton.view("官网", PAGE)])
    shop.api.menu.create(button=[Button.click("今日", "K1"), more])
    token = {"access_token": shop.api.access_token()}
    answer = shop.ask("GET", "/cgi-bin/menu/get", query=token)
    child = {"type": "view", "name": "官网", "url": PAGE, "sub_button": []}
    assert answer == {
        "menu": {
            "button": [
                {"type": "click", "name": "今日", "key": "K1", "sub_button": []},
                {"name": "更多", "sub_button": [child]},
            ]
        }
    }


def test_conditional_menus_appear_beside_the_default_one(shop: Shop) -> None:
    default(shop)
    added = shop.ask(
        "POST",
        ADD,
        query={"access_token": shop.api.access_token()},
        json={"button": [click()], "matchrule": {"tag_id": "100", "client_platform_type": "2"}},
    )
    assert list(added) == ["menuid"]
    settings = shop.api.menu.get()
    assert settings.menu.menuid is not None
    (other,) = settings.conditionalmenu
    assert str(other.menuid) == str(added["menuid"])
    assert other.matchrule == {"tag_id": "100", "client_platform_type": "2"}


def test_the_menu_in_force_has_its_own_shape(shop: Shop) -> None:
    path, token = "/cgi-bin/get_current_selfmenu_info", {"access_token": shop.api.access_token()}
    assert shop.ask("GET", path, query=token) == {"is_menu_open": 0, "selfmenu_info": {"button": []}}
    more = Button(name="更多", sub_button=[SubButton.view("官网", PAGE)])
    shop.api.menu.create(button=[Button.click("今日", "K1"), more])
    conditional(shop, "特别", client_platform_type="2")
    assert shop.ask("GET", path, query=token) == {
        "is_menu_open": 1,
        "selfmenu_info": {
            "button": [
                {"type": "click", "name": "今日", "key": "K1"},
                {"name": "更多", "sub_button": {"list": [{"type": "view", "name": "官网", "url": PAGE}]}},
            ]
        },
    }


def test_a_conditional_menu_needs_a_default_one_and_a_rule(shop: Shop) -> None:
    with refused(65303):
        conditional(shop, "特别", tag_id="2")
    default(shop)
    for rule in ({}, {"tag_id": ""}, {"tag_id": "", "client_platform_type": None}, {"sex": "1"}):
        assert shop.call(ADD, {"button": [click()], "matchrule": rule}) == 65304
    assert shop.call(ADD, {"button": [click()]}) == 65304
    assert shop.call(ADD, {"button": [], "matchrule": {"tag_id": "2"}}) == 40016
    assert shop.api.menu.get().conditionalmenu == []


def test_the_tag_put_on_last_and_the_newest_menu_decide(shop: Shop) -> None:
    alice, bob = shop.platform.person("alice"), shop.platform.person("bob")
    alice.follows()
    bob.follows()
    vip, old = (shop.api.tags.create(name=name).tag.id for name in ("贵宾", "老客"))
    default(shop)
    conditional(shop, "贵宾", tag_id=str(vip))
    conditional(shop, "老客", tag_id=str(old))
    assert seen(shop, "alice") == ["默认"]
    shop.api.tags.tag_users(tagid=old, openid_list=[alice.openid()])
    shop.api.tags.tag_users(tagid=vip, openid_list=[alice.openid()])
    assert (seen(shop, "alice"), seen(shop, "bob")) == (["贵宾"], ["默认"])
    newest = conditional(shop, "新贵宾", tag_id=str(vip))
    assert seen(shop, "alice") == ["新贵宾"]
    shop.api.menu.delete_conditional(menuid=newest)
    assert seen(shop, "alice") == ["贵宾"]
    shop.api.tags.untag_users(tagid=vip, openid_list=[alice.openid()])
    assert seen(shop, "alice") == ["老客"]
    alice.unfollows()
    alice.follows()
    assert seen(shop, "alice") == ["默认"]


def test_a_menu_for_one_kind_of_phone(shop: Shop) -> None:
    shop.platform.person("alice").follows()
    default(shop)
    conditional(shop, "苹果", client_platform_type="1")
    assert seen(shop, "alice") == ["默认"]
    conditional(shop, "安卓", client_platform_type="2")
    assert seen(shop, "alice") == ["安卓"]
    assert shop.call(ADD, {"button": [click()], "matchrule": {"client_platform_type": "4"}}) == 40035


def test_who_can_be_asked_for(shop: Shop) -> None:
    alice, bob = shop.platform.person("alice"), shop.platform.person("bob")
    alice.follows()
    default(shop)
    assert names(shop.api.menu.try_match(user_id="alice").buttons) == ["默认"]
    for nobody in ("carol", bob.openid(), ""):
        with refused(65302):
            shop.api.menu.try_match(user_id=nobody)
    alice.unfollows()
    with refused(65302):
        shop.api.menu.try_match(user_id=alice.openid())


def test_conditional_menus_link_to_three_hosts_together(shop: Shop) -> None:
    default(shop)
    rule = {"client_platform_type": "2"}
    first = {
        "button": [opens("https://a.test/"), parent(opens("https://b.test/1"), opens("https://b.test/2"))]
    }
    assert shop.call(ADD, {**first, "matchrule": rule}) == 0
    assert shop.call(ADD, {"button": [opens("https://c.test/")], "matchrule": rule}) == 0
    assert shop.call(ADD, {"button": [opens("https://d.test/")], "matchrule": rule}) == 65316
    assert shop.call(ADD, {"button": [opens("https://a.test/2")], "matchrule": rule}) == 0


def test_a_new_default_menu_leaves_the_conditional_ones(shop: Shop) -> None:
    default(shop)
    menuid = conditional(shop, "安卓", client_platform_type="2")
    default(shop, "新的")
    settings = shop.api.menu.get()
    assert names(settings.menu.button) == ["新的"]
    assert [str(other.menuid) for other in settings.conditionalmenu] == [menuid]


def test_deleting_takes_all_of_them(shop: Shop) -> None:
    shop.platform.person("alice").follows()
    default(shop)
    menuid = conditional(shop, "安卓", client_platform_type="2")
    for wrong in ("1", "0", "nonsense", 1):
        with refused(65301):
            shop.api.menu.delete_conditional(menuid=wrong)
    shop.api.menu.delete()
    with refused(46003):
        shop.api.menu.get()
    with refused(65301):
        shop.api.menu.delete_conditional(menuid=menuid)
    assert seen(shop, "alice") == []
    assert shop.api.menu.current().is_menu_open == 0
    shop.api.menu.delete()


def test_a_tap_tells_the_account(shop: Shop) -> None:
    alice = shop.platform.person("alice")
    alice.follows()
    shop.api.menu.create(
        button=[
            Button.click("今日", "K1"),
            Button(name="更多", sub_button=[SubButton.view("官网", PAGE)]),
            Button.miniprogram("小店", appid="wxmini", pagepath="pages/i?a=1", url=PAGE),
        ]
    )
    shop.told.clear()
    assert [alice.taps("今日").opened, alice.taps("更多", "官网").opened, alice.taps("小店").opened] == [
        None,
        PAGE,
        PAGE,
    ]
    clicked, viewed, started = shop.told
    assert isinstance(clicked, Click)
    assert isinstance(viewed, View)
    assert isinstance(started, ViewMiniProgram)
    assert [push.event_key for push in (clicked, viewed, started)] == ["K1", PAGE, "pages/i?a=1"]
    with pytest.raises(NotPossible):
        alice.taps("没有")
