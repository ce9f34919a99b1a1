"""What people do with the phone, and the pushes that WeChat makes of it."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from gongzhong import messages
from gongzhong.platform.world import accounts, acts, chats, people
from gongzhong.platform.world.acts import Answer, NotPossible, Saying

from ..conftest import AMR, JPG, MP4, PNG, START, Bench

PLACE = {"latitude": 31.25, "longitude": 121.5, "label": "人民广场"}


@pytest.fixture
def openid(bench: Bench) -> str:
    return bench.follower("alice")


def say(bench: Bench, **saying: Any) -> messages.Push:
    (push,) = acts.say(bench.world, bench.account, "alice", Saying(**saying)).pushes
    return push


def screen(bench: Bench) -> list[dict[str, Any]]:
    return chats.read(bench.world, bench.account.appid, "alice")


def test_every_push_names_both_sides_and_the_time(bench: Bench, openid: str) -> None:
    push = say(bench, content="你好")
    assert (push.to_user_name, push.from_user_name) == (bench.account.original_id, openid)
    assert push.create_time == int(START)


def test_text_and_the_choice_from_a_menu_message(bench: Bench, openid: str) -> None:
    plain, chosen = say(bench, content="你好"), say(bench, content="满意", msgmenu_id="101")
    assert isinstance(plain, messages.Text)
    assert isinstance(chosen, messages.Text)
    assert (plain.content, plain.bizmsgmenuid) == ("你好", None)
    assert (chosen.content, chosen.bizmsgmenuid) == ("满意", "101")
    assert plain.msg_id < chosen.msg_id


@pytest.mark.parametrize(
    ("type", "file", "cls"),
    [
        ("image", JPG, messages.Image),
        ("voice", AMR, messages.Voice),
        ("video", MP4, messages.Video),
        ("shortvideo", MP4, messages.ShortVideo),
    ],
)
def test_files(bench: Bench, openid: str, type: str, file: bytes, cls: type[messages.Push]) -> None:
    bench.world.origin = "http://127.0.0.1:8700"
    push = say(bench, type=type, file=file)
    assert push.__class__ is cls
    stored = bench.world.db.value(
        "SELECT content FROM media WHERE media_id = ?", getattr(push, "media_id", "")
    )
    assert stored == file
    assert screen(bench)[-1]["type"] == type
    if isinstance(push, messages.Image):
        assert push.pic_url == f"http://127.0.0.1:8700/_platform/media/{push.media_id}"
    if isinstance(push, messages.Voice):
        assert push.format == "amr"


def test_places_and_links(bench: Bench, openid: str) -> None:
    place = say(bench, type="location", scale=15, **PLACE)
    assert isinstance(place, messages.Location)
    assert (place.location_x, place.location_y, place.scale, place.label) == (31.25, 121.5, 15, "人民广场")
    link = say(bench, type="link", title="题", description="述", url="http://a.example/")
    assert isinstance(link, messages.Link)
    assert (link.title, link.description, link.url) == ("题", "述", "http://a.example/")


@pytest.mark.parametrize(
    "saying",
    [{"content": ""}, {"type": "image", "file": MP4}, {"type": "voice", "file": b""}, {"type": "video"}],
)
def test_what_the_phone_does_not_send_leaves_no_trace(
    bench: Bench, openid: str, saying: dict[str, Any]
) -> None:
    before = screen(bench)
    with pytest.raises(NotPossible):
        say(bench, **saying)
    assert screen(bench) == before


def test_only_followers_use_the_chat(bench: Bench) -> None:
    bench.person("alice")
    for act in (
        lambda: say(bench, content="hi"),
        lambda: acts.tap(bench.world, bench.account, "alice", [0], Answer()),
        lambda: acts.enter(bench.world, bench.account, "alice", 1.0, 2.0),
        lambda: acts.unfollow(bench.world, bench.account, "alice"),
    ):
        with pytest.raises(NotPossible):
            act()


def test_nobody_follows_twice(bench: Bench, openid: str) -> None:
    with pytest.raises(NotPossible):
        acts.follow(bench.world, bench.account, "alice")
    left = acts.unfollow(bench.world, bench.account, "alice")
    assert [push.__class__ for push in left.pushes] == [messages.Unsubscribe]
    (again,) = acts.follow(bench.world, bench.account, "alice").pushes
    assert isinstance(again, messages.Subscribe)
    assert (again.from_user_name, again.event_key, again.ticket) == (openid, "", None)


def menu(bench: Bench, *buttons: dict[str, Any]) -> None:
    assert bench.code(bench.post("/cgi-bin/menu/create", {"button": buttons})) == 0


def tap(bench: Bench, *path: int, **answer: Any) -> acts.Act:
    return acts.tap(bench.world, bench.account, "alice", list(path), Answer(**answer))


def test_click_view_and_mini_program(bench: Bench, openid: str) -> None:
    program = {"url": "http://old.example/", "appid": "wx1", "pagepath": "pages/i?a=1"}
    menu(
        bench,
        {"type": "click", "name": "点", "key": "K1"},
        {"name": "更多", "sub_button": [{"type": "view", "name": "看", "url": "http://a.example/"}]},
        {"type": "miniprogram", "name": "程", **program},
    )
    clicked, viewed, opened = tap(bench, 0), tap(bench, 1, 0), tap(bench, 2)
    pushes = [act.pushes[0] for act in (clicked, viewed, opened)]
    assert [push.__class__ for push in pushes] == [messages.Click, messages.View, messages.ViewMiniProgram]
    keys = [getattr(push, "event_key", "") for push in pushes]
    assert keys == ["K1", "http://a.example/", "pages/i?a=1"]
    assert (clicked.open, viewed.open) == (None, "http://a.example/")


@pytest.mark.parametrize("path", [[], [1], [-1], [0, 0], [0, 0, 0]])
def test_buttons_that_are_not_there(bench: Bench, openid: str, path: list[int]) -> None:
    menu(bench, {"type": "click", "name": "点", "key": "K1"})
    with pytest.raises(NotPossible):
        tap(bench, *path)


@pytest.mark.parametrize(
    ("type", "cls"),
    [("scancode_push", messages.ScanCodePush), ("scancode_waitmsg", messages.ScanCodeWaitMsg)],
)
def test_scanning_buttons(bench: Bench, openid: str, type: str, cls: type[messages.Push]) -> None:
    menu(bench, {"type": type, "name": "扫", "key": "K"})
    act = tap(bench, 0, scan_result="http://a.example/")
    (push,) = act.pushes
    assert isinstance(push, messages.ScanCodePush | messages.ScanCodeWaitMsg)
    assert push.__class__ is cls
    assert push.event_key == "K"
    assert (push.scan_code_info.scan_type, push.scan_code_info.scan_result) == ("qrcode", "http://a.example/")
    assert act.open == ("http://a.example/" if type == "scancode_push" else None)
    assert tap(bench, 0, scan_result="6901234567890").open is None


@pytest.mark.parametrize(
    ("type", "cls"),
    [
        ("pic_sysphoto", messages.PicSysPhoto),
        ("pic_photo_or_album", messages.PicPhotoOrAlbum),
        ("pic_weixin", messages.PicWeixin),
    ],
)
def test_picture_buttons_tell_digests_first(
    bench: Bench, openid: str, type: str, cls: type[messages.Push]
) -> None:
    menu(bench, {"type": type, "name": "图", "key": "K"})
    told, *sent = tap(bench, 0, files=[PNG, JPG]).pushes
    assert isinstance(told, messages.PicSysPhoto | messages.PicPhotoOrAlbum | messages.PicWeixin)
    assert told.__class__ is cls
    digests = [picture.pic_md5_sum for picture in told.send_pics_info.pic_list.item]
    assert told.send_pics_info.count == 2
    assert digests == [hashlib.md5(file).hexdigest() for file in (PNG, JPG)]
    assert [push.__class__ for push in sent] == [messages.Image, messages.Image]


def test_the_place_button_tells_and_sends_the_place(bench: Bench, openid: str) -> None:
    menu(bench, {"type": "location_select", "name": "地", "key": "K"})
    told, sent = tap(bench, 0, **PLACE).pushes
    assert isinstance(told, messages.LocationSelect)
    info = told.send_location_info
    assert (info.location_x, info.location_y, info.label) == (31.25, 121.5, "人民广场")
    assert isinstance(sent, messages.Location)


def test_the_place_is_reported_to_accounts_that_may_know(bench: Bench, openid: str) -> None:
    def entered() -> list[messages.Push]:
        return acts.enter(bench.world, bench.account, "alice", 31.25, 121.5).pushes

    assert entered() == []
    bench.world.db.run("UPDATE relation SET reports_location = 1")
    (push,) = entered()
    assert isinstance(push, messages.ReportLocation)
    assert (push.latitude, push.longitude) == (31.25, 121.5)
    bench.account = accounts.change(bench.world, bench.account.appid, {"kind": "subscription"})
    assert entered() == []


def test_a_code_of_one_account_leads_to_that_account(bench: Bench, openid: str) -> None:
    other = bench.add("other")
    made = bench.post(
        "/cgi-bin/qrcode/create",
        {"action_name": "QR_STR_SCENE", "action_info": {"scene": {"scene_str": "x"}}},
        of=other,
    )
    act = acts.scan(bench.world, "alice", made["ticket"])
    assert (act.account.appid, act.event) == (other.appid, "subscribe")
    assert people.relation(bench.world, other, "alice").openid != openid
    with pytest.raises(NotPossible):
        acts.scan(bench.world, "alice", "nothing")
