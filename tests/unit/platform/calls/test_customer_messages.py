"""Customer-service messages: every kind, the windows in which they may be sent, and the typing state."""

from __future__ import annotations

from typing import Any

import pytest

from gongzhong.platform.world import acts, chats, media, qrcodes
from gongzhong.platform.world.acts import Answer, Saying

from ..conftest import JPG, MP3, MP4, PNG, Bench

SEND, TYPING = "/cgi-bin/message/custom/send", "/cgi-bin/message/custom/typing"
CREATE_MENU = "/cgi-bin/menu/create"


@pytest.fixture
def openid(bench: Bench) -> str:
    """A follower whose minute after following is over."""
    made = bench.follower("alice")
    bench.clock.advance(minutes=2)
    return made


def says(bench: Bench, text: str = "在吗", **more: Any) -> None:
    acts.say(bench.world, bench.account, "alice", Saying(content=text, **more))


def text(bench: Bench, openid: str, **more: Any) -> int:
    return bench.code(
        bench.post(SEND, {"touser": openid, "msgtype": "text", "text": {"content": "嗯"}, **more})
    )


def screen(bench: Bench) -> list[dict[str, Any]]:
    items = chats.read(bench.world, bench.account.appid, "alice")
    return [item for item in items if item["via"] == "customer"]


def test_a_message_allows_five_within_48_hours(bench: Bench, openid: str) -> None:
    assert text(bench, openid) == 45015
    says(bench)
    bench.clock.advance(hours=47, minutes=59)
    assert [text(bench, openid) for _ in range(6)] == [0] * 5 + [45047]
    bench.clock.advance(minutes=1)
    assert text(bench, openid) == 45015
    says(bench)
    assert text(bench, openid) == 0


def test_following_allows_three_within_a_minute(bench: Bench) -> None:
    openid = bench.follower("alice")
    bench.clock.advance(59)
    assert [text(bench, openid) for _ in range(4)] == [0, 0, 0, 45047]
    bench.clock.advance(1)
    assert text(bench, openid) == 45015


def test_scanning_allows_three_within_a_minute(bench: Bench, openid: str) -> None:
    code = qrcodes.create(bench.world, bench.account, "door", None)
    acts.scan(bench.world, "alice", code.ticket)
    assert [text(bench, openid) for _ in range(4)] == [0, 0, 0, 45047]


OPENING = ("click", "scancode_push", "scancode_waitmsg")


@pytest.mark.parametrize("kind", [*OPENING, "view", "location_select", "pic_weixin"])
def test_of_the_buttons_three_kinds_open_a_window(bench: Bench, openid: str, kind: str) -> None:
    button = {"type": kind, "name": "按钮", "key": "K", "url": "http://a.example/"}
    bench.post(CREATE_MENU, {"button": [button]})
    acts.tap(bench.world, bench.account, "alice", [0], Answer())
    said = kind == "location_select"  # it sends the place as a message
    assert text(bench, openid) == (0 if kind in OPENING or said else 45015)
    if kind in OPENING:
        assert [text(bench, openid) for _ in range(3)] == [0, 0, 45047]


def test_choosing_from_a_menu_message_counts_as_a_tap(bench: Bench, openid: str) -> None:
    says(bench, "好", msgmenu_id="1")
    assert [text(bench, openid) for _ in range(4)] == [0, 0, 0, 45047]
    bench.clock.advance(minutes=1)
    assert text(bench, openid) == 45015


def test_the_window_that_closes_first_is_used_first(bench: Bench, openid: str) -> None:
    says(bench)
    code = qrcodes.create(bench.world, bench.account, "door", None)
    acts.scan(bench.world, "alice", code.ticket)
    assert [text(bench, openid) for _ in range(3)] == [0, 0, 0]
    bench.clock.advance(minutes=1)
    assert [text(bench, openid) for _ in range(6)] == [0] * 5 + [45047]


def test_an_act_that_the_phone_refuses_opens_nothing(bench: Bench, openid: str) -> None:
    for wrong in (Saying(content=""), Saying(type="image", file=b"no picture")):
        with pytest.raises(acts.NotPossible):
            acts.say(bench.world, bench.account, "alice", wrong)
    assert text(bench, openid) == 45015


def test_leaving_closes_everything(bench: Bench, openid: str) -> None:
    says(bench)
    acts.unfollow(bench.world, bench.account, "alice")
    assert text(bench, openid) == 43004
    acts.follow(bench.world, bench.account, "alice")
    assert [text(bench, openid) for _ in range(4)] == [0, 0, 0, 45047]


@pytest.mark.parametrize(("column", "code"), [("blacklisted", 43019), ("refuses", 48002)])
def test_people_who_cannot_be_written_to(bench: Bench, openid: str, column: str, code: int) -> None:
    says(bench)
    bench.world.db.run(f"UPDATE relation SET {column} = 1")
    assert text(bench, openid) == code


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"msgtype": "text"}, 40008),
        ({"msgtype": "dance", "dance": {}}, 40008),
        ({"msgtype": None, "text": {"content": "a"}}, 40008),
        ({"msgtype": "text", "image": {"media_id": "x"}}, 40008),
        ({"msgtype": "text", "text": {"content": ""}}, 44004),
        ({"msgtype": "text", "text": {}}, 44004),
        ({"msgtype": "text", "text": {"content": "长" * 683}}, 45002),
        ({"msgtype": "image", "image": {"media_id": "nothing"}}, 40007),
        ({"msgtype": "news", "news": {"articles": []}}, 45008),
        ({"msgtype": "news", "news": {"articles": [{"title": "t", "url": "u"}] * 2}}, 45008),
        ({"msgtype": "mpnews", "mpnews": {"media_id": "nothing"}}, 40007),
        ({"msgtype": "mpnewsarticle", "mpnewsarticle": {"article_id": "nothing"}}, 53600),
        ({"msgtype": "msgmenu", "msgmenu": {"list": []}}, 44005),
        ({"msgtype": "wxcard", "wxcard": {}}, 41012),
        ({"msgtype": "text", "text": {"content": "a"}, "customservice": {"kf_account": "x@y"}}, 61452),
    ],
)
def test_messages_that_are_none_use_up_nothing(
    bench: Bench, openid: str, body: dict[str, Any], code: int
) -> None:
    says(bench)
    for _ in range(6):
        assert bench.code(bench.post(SEND, {"touser": openid, **body})) == code
    assert [text(bench, openid) for _ in range(6)] == [0] * 5 + [45047]


def stored(bench: Bench, kind: str, content: bytes) -> str:
    return media.keep(bench.world, bench.account, kind, content).media_id


def contents(bench: Bench) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Each kind: what is sent, and what the phone shows of it."""
    image, voice = stored(bench, "image", PNG), stored(bench, "voice", MP3)
    video, thumb = stored(bench, "video", MP4), stored(bench, "thumb", JPG)
    article = {
        "title": "标题",
        "description": "摘要",
        "url": "http://a.example/",
        "picurl": "http://a.example/p",
    }
    options = [{"id": "1", "content": "满意"}, {"id": "2", "content": "不满意"}]
    song = {
        "title": "歌",
        "description": "",
        "musicurl": "http://m.example/",
        "hqmusicurl": "http://hq.example/",
    }
    program = {"title": "店", "appid": "wx1", "pagepath": "p", "thumb_media_id": thumb}
    return [
        ({"msgtype": "text", "text": {"content": "x" * 2048}}, {"content": "x" * 2048}),
        ({"msgtype": "image", "image": {"media_id": image}}, {"media_id": image}),
        ({"msgtype": "voice", "voice": {"media_id": voice}}, {"media_id": voice}),
        (
            {"msgtype": "video", "video": {"media_id": video, "thumb_media_id": thumb, "title": "影"}},
            {"media_id": video, "title": "影"},
        ),
        (
            {"msgtype": "music", "music": {**song, "thumb_media_id": thumb}},
            {"title": "歌", "url": "http://hq.example/"},
        ),
        ({"msgtype": "news", "news": {"articles": [article]}}, {"articles": [article]}),
        (
            {
                "msgtype": "msgmenu",
                "msgmenu": {"head_content": "如何", "list": options, "tail_content": "谢"},
            },
            {"head": "如何", "list": options, "tail": "谢"},
        ),
        ({"msgtype": "wxcard", "wxcard": {"card_id": "C1"}}, {"card_id": "C1"}),
        (
            {"msgtype": "miniprogrampage", "miniprogrampage": program},
            {"title": "店", "miniprogram": {"appid": "wx1", "pagepath": "p"}},
        ),
    ]


def test_every_kind_arrives(bench: Bench, openid: str) -> None:
    for body, shown in contents(bench):
        says(bench)
        assert bench.code(bench.post(SEND, {"touser": openid, **body})) == 0, body
        line = screen(bench)[-1]
        assert line["type"] == body["msgtype"]
        assert {name: line[name] for name in shown} == shown


def test_files_must_be_of_the_kind_that_is_sent(bench: Bench, openid: str) -> None:
    image, video = stored(bench, "image", PNG), stored(bench, "video", MP4)
    says(bench)
    for body in (
        {"msgtype": "voice", "voice": {"media_id": image}},
        {"msgtype": "image", "image": {"media_id": video}},
        {"msgtype": "video", "video": {"media_id": video, "thumb_media_id": video}},
        {"msgtype": "music", "music": {"musicurl": "http://a", "thumb_media_id": "nothing"}},
    ):
        assert bench.code(bench.post(SEND, {"touser": openid, **body})) == 40007


def test_what_an_ai_wrote_is_marked(bench: Bench, openid: str) -> None:
    says(bench)
    assert text(bench, openid, aimsgcontext={"is_ai_msg": 1}) == 0
    assert "AI" in screen(bench)[-1]["note"]
    assert text(bench, openid, aimsgcontext={"is_ai_msg": 0}) == 0
    assert "note" not in screen(bench)[-1]


def typing(bench: Bench, openid: str, command: str = "Typing") -> int:
    return bench.code(bench.post(TYPING, {"touser": openid, "command": command}))


def test_typing_needs_a_message_within_thirty_seconds(bench: Bench, openid: str) -> None:
    assert typing(bench, openid) == 45080
    says(bench)
    bench.clock.advance(30)
    assert typing(bench, openid) == 0
    bench.clock.advance(1)
    assert typing(bench, openid) == 45080


def test_typing_lasts_fifteen_seconds_or_until_a_message(bench: Bench, openid: str) -> None:
    says(bench)
    assert [typing(bench, openid), typing(bench, openid)] == [0, 45081]
    bench.clock.advance(15)
    assert typing(bench, openid) == 0
    assert [typing(bench, openid, "CancelTyping"), typing(bench, openid)] == [0, 0]
    assert [text(bench, openid), typing(bench, openid)] == [0, 0]


def test_typing_knows_two_commands_and_followers(bench: Bench, openid: str) -> None:
    assert typing(bench, openid, "Dance") == 45072
    assert typing(bench, "nobody") == 40003
    acts.unfollow(bench.world, bench.account, "alice")
    assert typing(bench, openid) == 43004
