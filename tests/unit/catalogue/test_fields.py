from __future__ import annotations

from typing import Annotated

import msgspec
import pytest

from gongzhong.catalogue.customer_messages import SendCustomerMessage, news_message, text_message
from gongzhong.catalogue.fields import INVALID, MISSING, OpenID, always, check, coded, codes_for
from gongzhong.catalogue.menus import AddConditionalMenu, Button, CreateMenu, MatchRule, SubButton
from gongzhong.catalogue.qrcodes import CreateShortKey
from gongzhong.catalogue.users import SetRemark


class Leaf(msgspec.Struct, kw_only=True):
    word: Annotated[str, coded(invalid=40018, max_bytes=4)] = "ok"
    plain: str = ""
    size: Annotated[int, coded(invalid=7, ge=1, le=3)] | None = None


class Tree(msgspec.Struct, kw_only=True):
    openid: Annotated[OpenID, coded(missing=41999)]
    leaves: Annotated[list[Leaf], coded(invalid=9, max_length=2)] = []
    named: dict[str, Leaf] = {}
    uncertain: Annotated[str, coded(invalid=5, certain=False, max_length=1)] = ""
    other: int = 0


@pytest.mark.parametrize(
    ("tree", "path", "code"),
    [
        (Tree(openid=""), "openid", 40003),
        (Tree(openid="o", leaves=[Leaf(), Leaf(word="汉汉")]), "leaves[1].word", 40018),
        (Tree(openid="o", leaves=[Leaf()] * 3), "leaves", 9),
        (Tree(openid="o", named={"k": Leaf(size=4)}), "named[k].size", 7),
        (Tree(openid="o", named={"k": Leaf(size=0)}), "named[k].size", 7),
    ],
)
def test_the_first_broken_rule_is_named_with_its_code(tree: Tree, path: str, code: int) -> None:
    found = check(tree)
    assert found is not None
    assert (found.path, found.code, found.certain) == (path, code, True)
    assert path in found.zh and path in found.en


def test_what_keeps_every_rule_passes() -> None:
    assert check(Tree(openid="o", leaves=[Leaf(word="汉a", size=3)])) is None


def test_contradictory_rules_are_marked() -> None:
    found = check(Tree(openid="o", uncertain="ab"))
    assert found is not None
    assert not found.certain


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("$.leaves[0].word", 40018),
        ("leaves[...].word", 40018),
        ("$.leaves", 9),
        ("$.leaves[0].plain", 9),
        ("$.named[...].plain", INVALID),
        ("$.other", INVALID),
        ("", INVALID),
        ("$.nothing", INVALID),
    ],
)
def test_a_path_has_the_code_of_its_innermost_declaration(path: str, code: int) -> None:
    assert codes_for(Tree, path) == code


def test_missing_fields_have_codes_of_their_own() -> None:
    assert codes_for(Tree, "openid", missing=True) == 41999
    assert codes_for(Tree, "other", missing=True) == MISSING
    assert codes_for(SetRemark, "openid", missing=True) == 41009


def test_a_default_can_be_sent_all_the_same() -> None:
    class Greeting(msgspec.Struct, omit_defaults=True):
        kind: str = always("hello")
        name: str = ""

    assert msgspec.json.encode(Greeting()) == b'{"kind":"hello"}'


def menu(*buttons: Button) -> CreateMenu:
    return CreateMenu(button=list(buttons))


LONG = "长" * 30
PARENT = Button(name="更多", sub_button=[SubButton.view("官网", "https://example.com/")])


@pytest.mark.parametrize(
    ("call", "path", "code"),
    [
        (menu(), "button", 40016),
        (menu(*[PARENT] * 4), "button", 40016),
        (menu(Button.click("六个汉字太长", "K")), "button[0].name", 40018),
        (menu(PARENT, Button.click("好", LONG * 2)), "button[1].key", 40019),
        (menu(Button.view("好", "https://example.com/" + "a" * 1005)), "button[0].url", 40020),
        (menu(Button(name="好")), "button[0].type", 40017),
        (menu(Button(name="好", type="click")), "button[0].key", 40019),
        (menu(Button(name="好", type="media_id")), "button[0].media_id", 40007),
        (menu(Button(name="好", sub_button=[SubButton.click("好", "K")] * 6)), "button[0].sub_button", 40023),
        (
            menu(Button(name="好", sub_button=[SubButton.click(LONG, "K")])),
            "button[0].sub_button[0].name",
            40025,
        ),
        (
            menu(Button(name="好", sub_button=[SubButton(name="好", type="view")])),
            "button[0].sub_button[0].url",
            40027,
        ),
        (AddConditionalMenu(button=[PARENT], matchrule=MatchRule()), "matchrule", 65304),
        (text_message(touser="o", content=""), "text.content", 44004),
        (text_message(touser="o", content="长" * 683), "text.content", 45002),
        (SendCustomerMessage(touser="o", msgtype="image"), "image", 40008),
        (CreateShortKey(long_data="长" * 1366), "long_data", 9410010),
        (SetRemark(openid="o", remark="长" * 31), "remark", 40092),
    ],
)
def test_rules_of_the_pages(call: msgspec.Struct, path: str, code: int) -> None:
    found = check(call)
    assert found is not None
    assert (found.path, found.code) == (path, code)


@pytest.mark.parametrize(
    "call",
    [
        menu(Button.click("五个汉字哦", "K" * 128), PARENT),
        menu(Button.miniprogram("小店", appid="wx1", pagepath="pages/i", url="https://example.com/")),
        menu(Button(name="发图", type="pic_weixin", key="p")),
        text_message(touser="o", content="长" * 682),
        news_message(touser="o", title="题", url="https://example.com/"),
        SetRemark(openid="o", remark=""),
    ],
)
def test_calls_within_the_rules(call: msgspec.Struct) -> None:
    assert check(call) is None
