"""Every kind of menu button: what the tap pushes, what follows it, what opens, and what the account may say then."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from gongzhong import CallError
from gongzhong.catalogue.menus import Button, MatchRule, SubButton
from gongzhong.catalogue.model import Download, Upload
from gongzhong.messages import (
    Click,
    Image,
    Location,
    LocationSelect,
    PicPhotoOrAlbum,
    PicSysPhoto,
    PicWeixin,
    ScanCodePush,
    ScanCodeWaitMsg,
    Text,
    View,
    ViewMiniProgram,
)
from gongzhong.platform.world.acts import Answer, NotPossible
from gongzhong.testing import PNG, Actor

from .conftest import Magazine, refused

JPEG = b"\xff\xd8\xff\xe0" + bytes(64)
MP3 = b"ID3\x03" + bytes(64)
PAGE = "https://shop.example/m?a=1&b=2"


@pytest.fixture
def alice(magazine: Magazine) -> Actor:
    """A follower whose first window has closed."""
    alice = magazine.platform.person("alice")
    alice.follows()
    magazine.platform.clock.advance(minutes=5)
    magazine.told.clear()
    return alice


def menu(magazine: Magazine, *buttons: Button) -> None:
    magazine.api.menu.create(button=list(buttons))


def one(magazine: Magazine) -> Any:
    """The only push since the last look."""
    (push,) = magazine.told
    magazine.told.clear()
    return push


def sent(magazine: Magazine, alice: Actor) -> int:
    """How many messages the account may still send, found by sending them."""
    for number in range(10):
        try:
            magazine.api.customer.send_text(touser=alice.openid(), content="您好")
        except CallError as error:
            assert error.errcode in (45015, 45047)
            return number
    return 10


def test_a_click_pushes_its_key_and_opens_a_minute(magazine: Magazine, alice: Actor) -> None:
    menu(magazine, Button.click("帮助", "HELP"))
    assert alice.taps("帮助").opened is None
    event = one(magazine)
    assert isinstance(event, Click)
    assert (event.event_key, event.openid) == ("HELP", alice.openid())
    assert sent(magazine, alice) == 3
    alice.taps("帮助")
    magazine.platform.clock.advance(minutes=1, seconds=1)
    with refused(45015):
        magazine.api.customer.send_text(touser=alice.openid(), content="您好")


def test_a_link_opens_and_is_reported_but_opens_no_window(magazine: Magazine, alice: Actor) -> None:
    menu(magazine, Button.view("商店", PAGE))
    assert alice.taps("商店").opened == PAGE
    event = one(magazine)
    assert isinstance(event, View)
    assert (event.event_key, event.menu_id) == (PAGE, None)
    assert sent(magazine, alice) == 0


def test_buttons_of_a_personalised_menu_say_which(magazine: Magazine, alice: Actor) -> None:
    api = magazine.api
    menu(magazine, Button.view("商店", "https://shop.example/"))
    tag = api.tags.create(name="会员").tag.id
    mini = Button.miniprogram("小程序", appid="wx1", pagepath="pages/index", url="https://old.example/")
    menuid = api.menu.add_conditional(
        button=[Button.view("会员店", PAGE), mini], matchrule=MatchRule(tag_id=str(tag))
    ).menuid
    with pytest.raises(NotPossible):
        alice.taps("会员店")
    api.tags.tag_users(openid_list=[alice.openid()], tagid=tag)
    assert alice.taps("会员店").opened == PAGE
    assert str(one(magazine).menu_id) == menuid
    alice.taps("小程序")
    assert str(one(magazine).menu_id) == menuid
    api.menu.delete_conditional(menuid=menuid)
    assert alice.taps("商店").opened == "https://shop.example/"
    assert one(magazine).menu_id is None


def test_a_mini_program_is_reported_by_its_page(magazine: Magazine, alice: Actor) -> None:
    menu(
        magazine,
        Button.miniprogram("小程序", appid="wx1", pagepath="pages/index", url="https://old.example/"),
    )
    assert alice.taps("小程序").opened == "https://old.example/"
    event = one(magazine)
    assert isinstance(event, ViewMiniProgram)
    assert event.event_key == "pages/index"
    assert sent(magazine, alice) == 0


@pytest.mark.parametrize(
    ("type", "event_type", "result", "opens"),
    [
        ("scancode_push", ScanCodePush, "https://example.com/q", "https://example.com/q"),
        ("scancode_push", ScanCodePush, "EAN 6900000000012", None),
        ("scancode_waitmsg", ScanCodeWaitMsg, "https://example.com/q", None),
    ],
)
def test_a_scan_reports_what_was_read(
    magazine: Magazine,
    alice: Actor,
    type: Any,
    event_type: type[ScanCodePush | ScanCodeWaitMsg],
    result: str,
    opens: str | None,
) -> None:
    menu(magazine, Button(name="扫一扫", type=type, key="SCAN"))
    assert alice.taps("扫一扫", answer=Answer(scan_result=result)).opened == opens
    event = one(magazine)
    assert isinstance(event, event_type)
    info = event.scan_code_info
    assert (event.event_key, info.scan_type, info.scan_result) == ("SCAN", "qrcode", result)
    assert sent(magazine, alice) == 3


@pytest.mark.parametrize(
    ("type", "event_type"),
    [("pic_sysphoto", PicSysPhoto), ("pic_photo_or_album", PicPhotoOrAlbum), ("pic_weixin", PicWeixin)],
)
def test_pictures_follow_their_digests(
    magazine: Magazine, alice: Actor, type: Any, event_type: type[PicSysPhoto | PicPhotoOrAlbum | PicWeixin]
) -> None:
    menu(magazine, Button(name="传图", type=type, key="PHOTO"))
    alice.taps("传图", answer=Answer(files=[PNG, JPEG]))
    event, *pictures = magazine.told
    assert isinstance(event, event_type)
    told = [item.pic_md5_sum for item in event.send_pics_info.pic_list.item]
    assert (event.event_key, event.send_pics_info.count) == ("PHOTO", 2)
    assert told == [hashlib.md5(file).hexdigest() for file in (PNG, JPEG)]
    received = []
    for picture in pictures:
        assert isinstance(picture, Image)
        file = magazine.api.media.get(media_id=picture.media_id)
        assert isinstance(file, Download)
        received.append(file.content)
    assert [hashlib.md5(content).hexdigest() for content in received] == told
    assert [line.type for line in alice.screen[-2:]] == ["image", "image"]
    assert sent(magazine, alice) == 5


def test_nothing_chosen_is_still_told(magazine: Magazine, alice: Actor) -> None:
    menu(magazine, Button(name="传图", type="pic_weixin", key="PHOTO"))
    alice.taps("传图")
    info = one(magazine).send_pics_info
    assert (info.count, info.pic_list.item) == (0, ())
    assert sent(magazine, alice) == 0


def test_what_is_no_picture_cannot_be_chosen(magazine: Magazine, alice: Actor) -> None:
    menu(magazine, Button(name="传图", type="pic_weixin", key="PHOTO"))
    lines = len(alice.screen)
    with pytest.raises(NotPossible):
        alice.taps("传图", answer=Answer(files=[PNG, b"no picture"]))
    assert magazine.told == []
    assert len(alice.screen) == lines


def test_a_place_follows_as_a_message(magazine: Magazine, alice: Actor) -> None:
    menu(magazine, Button(name="位置", type="location_select", key="WHERE"))
    alice.taps("位置", answer=Answer(latitude=31.23, longitude=121.47, label="人民广场"))
    event, message = magazine.told
    assert isinstance(event, LocationSelect)
    info = event.send_location_info
    assert (event.event_key, info.location_x, info.location_y, info.label) == (
        "WHERE",
        31.23,
        121.47,
        "人民广场",
    )
    assert isinstance(message, Location)
    assert (message.location_x, message.location_y, message.label) == (31.23, 121.47, "人民广场")
    assert alice.screen[-1].type == "location"
    assert sent(magazine, alice) == 5


def test_files_come_from_the_menu_without_any_push(magazine: Magazine, alice: Actor) -> None:
    voice = magazine.api.material.add(type="voice", media=Upload(MP3, "a.mp3")).media_id
    picture = magazine.picture()
    menu(
        magazine,
        Button(name="图", type="media_id", media_id=picture),
        Button(name="声", type="media_id", media_id=voice),
    )
    for name, type, media_id in (("图", "image", picture), ("声", "voice", voice)):
        assert alice.taps(name).opened is None
        line = alice.inbox[-1]
        assert (line.type, line.via, line.content["media_id"]) == (type, "menu", media_id)
    assert magazine.told == []
    assert sent(magazine, alice) == 0


def test_second_level_buttons_are_reached_through_their_parent(magazine: Magazine, alice: Actor) -> None:
    menu(
        magazine,
        Button.click("一", "ONE"),
        Button(name="更多", sub_button=[SubButton.click("甲", "A"), SubButton.view("乙", PAGE)]),
    )
    alice.taps("更多", "甲")
    assert one(magazine).event_key == "A"
    assert alice.taps("更多", "乙").opened == PAGE
    assert one(magazine).event_key == PAGE
    with pytest.raises(NotPossible):
        alice.taps("更多")
    with pytest.raises(NotPossible):
        alice.taps("更多", "丙")
    assert magazine.told == []


def test_only_followers_have_the_menu(magazine: Magazine, alice: Actor) -> None:
    menu(magazine, Button.click("帮助", "HELP"))
    alice.unfollows()
    magazine.told.clear()
    with pytest.raises(NotPossible):
        alice.taps("帮助")
    assert magazine.told == []


def test_an_option_of_a_menu_message_is_a_text_that_counts_as_a_click(
    magazine: Magazine, alice: Actor
) -> None:
    alice.says("菜单")
    magazine.api.customer.send_menu(
        touser=alice.openid(), head_content="选一个", options={"101": "满意", "102": "不满意"}
    )
    magazine.platform.clock.advance(days=3)
    magazine.told.clear()
    alice.chooses("102")
    message = one(magazine)
    assert isinstance(message, Text)
    assert (message.content, message.bizmsgmenuid) == ("不满意", "102")
    assert sent(magazine, alice) == 3
