"""Customer-service messages: what each kind looks like on the phone, and when one may be sent at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from gongzhong.catalogue.menus import Button
from gongzhong.catalogue.model import Upload
from gongzhong.messages import Text
from gongzhong.testing import PNG, Actor, Line

from .conftest import refused
from .shop import Shop

SEND = "/cgi-bin/message/custom/send"
OUT_OF_TIME, OUT_OF_COUNT = 45015, 45047
NO_RECENT_EXCHANGE, ALREADY_TYPING = 45080, 45081
MP3 = b"ID3" + bytes(64)
MP4 = b"\x00\x00\x00\x18ftypmp42" + bytes(64)
JPEG = b"\xff\xd8\xff\xe0" + bytes(64)


class Desk(Shop):
    """A shop that answers alice by hand."""

    @property
    def alice(self) -> Actor:
        return self.platform.person("alice")

    def write(self, content: str = "您好", **fields: Any) -> None:
        self.api.customer.send_text(touser=self.alice.openid(), content=content, **fields)

    def writes_until_refused(self) -> tuple[int, int]:
        """How many messages go through, and the code that ends it."""
        for sent in range(100):
            code = self.call(
                SEND, {"touser": self.alice.openid(), "msgtype": "text", "text": {"content": str(sent)}}
            )
            if code:
                return sent, code
        raise AssertionError("a hundred messages went through")

    def file(self, type: Any, content: bytes) -> str:
        return self.api.media.upload(type=type, media=Upload(content, "file")).id

    @property
    def last(self) -> Line:
        return self.alice.inbox[-1]

    def typing(self, command: Any = "Typing") -> None:
        self.api.customer.set_typing(touser=self.alice.openid(), command=command)


@pytest.fixture
def desk() -> Iterator[Desk]:
    with Desk.opened() as desk:
        desk.alice.follows()
        desk.platform.clock.advance(minutes=2)
        desk.alice.says("在吗")
        yield desk


def test_text_appears_as_it_is(desk: Desk) -> None:
    desk.write('看<a href="https://shop.example/">这里</a>')
    assert (desk.last.side, desk.last.via, desk.last.type) == ("account", "customer", "text")
    assert desk.last.text == '看<a href="https://shop.example/">这里</a>'
    desk.write("机器人说", made_by_ai=True)
    assert (desk.last.text, desk.last.content["note"]) == ("机器人说", "内容由第三方 AI 生成")


def test_files_appear_with_their_content(desk: Desk) -> None:
    send, alice = desk.api.customer, desk.alice.openid()
    image, voice, video = desk.file("image", PNG), desk.file("voice", MP3), desk.file("video", MP4)
    thumb = desk.file("thumb", JPEG)
    send.send_image(touser=alice, media_id=image)
    assert (desk.last.type, desk.last.content["media_id"]) == ("image", image)
    send.send_voice(touser=alice, media_id=voice)
    assert (desk.last.type, desk.last.content["media_id"]) == ("voice", voice)
    send.send_video(touser=alice, media_id=video, thumb_media_id=thumb, title="短片", description="三秒")
    assert (desk.last.type, desk.last.content["media_id"], desk.last.text) == ("video", video, "短片")
    assert desk.last.content["description"] == "三秒"
    music = {"musicurl": "https://m.example/1", "hqmusicurl": "https://m.example/2"}
    send.send_music(touser=alice, thumb_media_id=thumb, title="歌", description="慢", **music)
    assert (desk.last.type, desk.last.text, desk.last.content["url"]) == ("music", "歌", music["hqmusicurl"])
    assert desk.last.content["thumb_url"].endswith(thumb)


def test_cards_appear_with_where_they_lead(desk: Desk) -> None:
    send, alice = desk.api.customer, desk.alice.openid()
    thumb = desk.file("thumb", JPEG)
    link, picture = "https://shop.example/1", "https://shop.example/1.png"
    send.send_news(touser=alice, title="新品", url=link, description="苹果", picurl=picture)
    (article,) = desk.last.content["articles"]
    assert desk.last.type == "news"
    assert article == {"title": "新品", "url": link, "description": "苹果", "picurl": picture}
    send.send_miniprogram(
        touser=alice, title="小店", appid="wxmini", pagepath="pages/i", thumb_media_id=thumb
    )
    assert (desk.last.type, desk.last.text) == ("miniprogrampage", "小店")
    assert desk.last.content["miniprogram"] == {"appid": "wxmini", "pagepath": "pages/i"}
    send.send_card(touser=alice, card_id="pCard")
    assert (desk.last.type, desk.last.content["card_id"]) == ("wxcard", "pCard")
    send.send_menu(
        touser=alice, head_content="满意吗", options={"1": "满意", "2": "不满意"}, tail_content="谢谢"
    )
    assert (desk.last.type, desk.last.text) == ("msgmenu", "满意吗\n满意\n不满意\n谢谢")


def test_an_agent_gives_its_name(desk: Desk) -> None:
    desk.platform.agent("anna", "小安")
    desk.write(kf_account=f"anna@{desk.state.wechat_id}")
    assert desk.last.content["kf"] == "小安"
    with refused(61452):
        desk.write(kf_account=f"nobody@{desk.state.wechat_id}")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ({"msgtype": "nonsense"}, 40008),
        ({"text": {"content": "x"}}, 40008),
        ({"msgtype": "image", "text": {"content": "x"}}, 40008),
        ({"msgtype": "text", "text": {"content": ""}}, 44004),
        ({"msgtype": "text", "text": {}}, 44004),
        ({"msgtype": "text", "text": {"content": "字" * 683}}, 45002),
        ({"msgtype": "image", "image": {"media_id": "unknown"}}, 40007),
        ({"msgtype": "video", "video": {"media_id": "unknown"}}, 40007),
        ({"msgtype": "news", "news": {"articles": []}}, 45008),
        ({"msgtype": "news", "news": {"articles": [{"title": "一", "url": "https://a.test/"}] * 2}}, 45008),
        ({"msgtype": "msgmenu", "msgmenu": {"head_content": "?", "list": []}}, 44005),
        ({"msgtype": "mpnewsarticle", "mpnewsarticle": {"article_id": "unknown"}}, 53600),
        ({"msgtype": "text", "text": {"content": "x"}, "touser": "nobody"}, 40003),
        ({"msgtype": "text", "text": {"content": "x"}, "touser": None}, 41009),
    ],
)
def test_what_is_wrong_with_a_message_costs_nothing(desk: Desk, content: dict[str, Any], code: int) -> None:
    fields = {"touser": desk.alice.openid(), **content}
    before = len(desk.alice.screen)
    assert desk.call(SEND, {name: value for name, value in fields.items() if value is not None}) == code
    assert len(desk.alice.screen) == before
    assert desk.writes_until_refused() == (5, OUT_OF_COUNT)


def test_a_file_must_be_of_its_kind_and_still_there(desk: Desk) -> None:
    image = desk.file("image", PNG)
    with refused(40007):
        desk.api.customer.send_voice(touser=desk.alice.openid(), media_id=image)
    desk.platform.clock.advance(days=3, seconds=1)
    desk.alice.says("还在吗")
    with refused(40007):
        desk.api.customer.send_image(touser=desk.alice.openid(), media_id=image)


def test_five_messages_in_forty_eight_hours(desk: Desk) -> None:
    assert desk.writes_until_refused() == (5, OUT_OF_COUNT)
    desk.platform.clock.advance(hours=1)
    desk.alice.says("还有问题")
    desk.write()
    desk.platform.clock.advance(hours=47, minutes=59)
    assert desk.writes_until_refused() == (4, OUT_OF_COUNT)
    desk.platform.clock.advance(minutes=2)
    assert desk.writes_until_refused() == (0, OUT_OF_TIME)


def follow(desk: Desk) -> None:
    desk.alice.unfollows()
    desk.alice.follows()


def scan(desk: Desk) -> None:
    desk.alice.scans(desk.platform.code(desk.state, "poster"))


def click(desk: Desk) -> None:
    desk.alice.taps("点")


def scan_for_menu(desk: Desk) -> None:
    desk.alice.taps("扫")


@pytest.mark.parametrize("act", [follow, scan, click, scan_for_menu])
def test_three_messages_within_a_minute_of_an_act(desk: Desk, act: Callable[[Desk], None]) -> None:
    desk.api.menu.create(
        button=[Button.click("点", "K"), Button(name="扫", type="scancode_waitmsg", key="S")]
    )
    desk.platform.clock.advance(hours=49)
    assert desk.writes_until_refused() == (0, OUT_OF_TIME)
    act(desk)
    assert desk.writes_until_refused() == (3, OUT_OF_COUNT)
    desk.platform.clock.advance(minutes=1, seconds=1)
    assert desk.writes_until_refused() == (0, OUT_OF_TIME)
    act(desk)
    desk.platform.clock.advance(58)
    desk.write()
    desk.platform.clock.advance(3)
    assert desk.writes_until_refused() == (0, OUT_OF_TIME)


def test_buttons_that_open_pages_allow_nothing(desk: Desk) -> None:
    desk.api.menu.create(button=[Button.view("看", "https://example.com/")])
    desk.platform.clock.advance(hours=49)
    assert desk.alice.taps("看").opened == "https://example.com/"
    assert desk.writes_until_refused() == (0, OUT_OF_TIME)


def test_an_option_of_a_menu_message_counts_as_a_menu_click(desk: Desk) -> None:
    desk.api.customer.send_menu(touser=desk.alice.openid(), options={"1": "满意", "2": "不满意"})
    desk.platform.clock.advance(hours=49)
    desk.told.clear()
    desk.alice.chooses("2")
    (told,) = desk.told
    assert isinstance(told, Text)
    assert (told.content, told.bizmsgmenuid) == ("不满意", "2")
    assert desk.writes_until_refused() == (3, OUT_OF_COUNT)
    desk.platform.clock.advance(minutes=1, seconds=1)
    assert desk.writes_until_refused() == (0, OUT_OF_TIME)


def test_each_act_keeps_its_own_count_and_the_shortest_goes_first(desk: Desk) -> None:
    scan(desk)
    for _ in range(3):
        desk.write()
    desk.platform.clock.advance(minutes=2)
    assert desk.writes_until_refused() == (5, OUT_OF_COUNT)
    scan(desk)
    assert desk.writes_until_refused() == (3, OUT_OF_COUNT)


def test_who_does_not_want_messages_gets_none(desk: Desk) -> None:
    alice = desk.alice.openid()
    desk.api.users.block(openid_list=[alice])
    with refused(43019):
        desk.write()
    desk.api.users.unblock(openid_list=[alice])
    desk.write()
    desk.refuses(desk.alice)
    with refused(48002):
        desk.write()


def test_who_left_gets_none(desk: Desk) -> None:
    desk.alice.unfollows()
    with refused(43004):
        desk.write()
    desk.alice.follows()
    assert desk.writes_until_refused() == (3, OUT_OF_COUNT)


def test_typing_needs_a_message_within_thirty_seconds(desk: Desk) -> None:
    desk.platform.clock.advance(29)
    desk.typing()
    desk.platform.clock.advance(16)
    with refused(NO_RECENT_EXCHANGE):
        desk.typing()
    desk.write()
    desk.typing()


def test_typing_is_shown_once_for_fifteen_seconds(desk: Desk) -> None:
    desk.typing()
    desk.platform.clock.advance(13)
    with refused(ALREADY_TYPING):
        desk.typing()
    desk.platform.clock.advance(3)
    desk.typing()
    desk.typing("CancelTyping")
    desk.typing()
    desk.write()
    desk.typing()


def test_typing_knows_two_commands_and_followers_only(desk: Desk) -> None:
    for command in ("Thinking", None):
        fields = {"touser": desk.alice.openid()} | ({"command": command} if command else {})
        assert desk.call("/cgi-bin/message/custom/typing", fields) == 45072
    with refused(40003):
        desk.api.customer.set_typing(touser="nobody", command="Typing")
    desk.alice.unfollows()
    with refused(43004):
        desk.typing()


def test_the_page_is_told_when_somebody_types(desk: Desk) -> None:
    told: list[tuple[str, dict[str, Any]]] = []
    desk.platform.world.announce = lambda name, data: told.append((name, data))
    desk.typing()
    desk.typing("CancelTyping")
    shown = [data for name, data in told if name == "typing"]
    assert [(data["person"], data["on"]) for data in shown] == [("alice", True), ("alice", False)]
