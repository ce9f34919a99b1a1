"""Mass sends as the pages write them: contents paired with their type, audiences, and the short forms."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from gongzhong.catalogue import mass as forms
from gongzhong.catalogue import subscriptions
from gongzhong.catalogue.encoding import DecodeProblem, decode, encode
from gongzhong.catalogue.fields import check
from gongzhong.catalogue.mass import (
    Audience,
    DeleteMass,
    MassImages,
    MassMedia,
    MassText,
    PreviewMass,
    SendMass,
    SendMassToUsers,
    SetMassSpeed,
)
from gongzhong.catalogue.model import Repeat

TO_ALL = {"filter": {"is_to_all": True}}
CASES: list[tuple[Any, dict[str, Any]]] = [
    (forms.mass_text(content="好", to_all=True), {**TO_ALL, "msgtype": "text", "text": {"content": "好"}}),
    (
        forms.mass_article(media_id="M", tag_id=2, even_if_reprint=True),
        {"filter": {"tag_id": 2}, "msgtype": "mpnews", "mpnews": {"media_id": "M"}, "send_ignore_reprint": 1},
    ),
    (
        forms.mass_images(media_ids=["A", "B"], to_all=True, recommend="看"),
        {**TO_ALL, "msgtype": "image", "images": {"media_ids": ["A", "B"], "recommend": "看"}},
    ),
    (
        forms.mass_voice(media_id="M", to_all=True, clientmsgid="c1"),
        {**TO_ALL, "msgtype": "voice", "voice": {"media_id": "M"}, "clientmsgid": "c1"},
    ),
    (
        forms.mass_video(media_id="M", to_all=True),
        {**TO_ALL, "msgtype": "mpvideo", "mpvideo": {"media_id": "M"}},
    ),
    (
        forms.text_to_users(openids=["a", "b"], content="好"),
        {"touser": ["a", "b"], "msgtype": "text", "text": {"content": "好"}},
    ),
    (
        forms.article_to_users(openids=["a", "b"], media_id="M"),
        {"touser": ["a", "b"], "msgtype": "mpnews", "mpnews": {"media_id": "M"}},
    ),
    (
        forms.preview_text(content="好", wechat_id="alice"),
        {"towxname": "alice", "msgtype": "text", "text": {"content": "好"}},
    ),
    (
        forms.preview_article(media_id="M", openid="o"),
        {"touser": "o", "msgtype": "mpnews", "mpnews": {"media_id": "M"}},
    ),
    (
        subscriptions.one_time_message(openid="o", template_id="T", scene=7, title="t", content="c"),
        {
            "touser": "o",
            "template_id": "T",
            "scene": "7",
            "title": "t",
            "data": {"content": {"value": "c"}},
        },
    ),
]


@pytest.mark.parametrize(("call", "body"), CASES)
def test_short_forms(call: Any, body: dict[str, Any]) -> None:
    sent = msgspec.json.decode(encode(call).body or b"")
    assert sent == body
    assert check(call) is None


@pytest.mark.parametrize("choice", [{}, {"to_all": True, "tag_id": 2}])
def test_one_audience_must_be_chosen(choice: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="to_all"):
        forms.mass_text(content="好", **choice)


EVERYBODY = Audience(is_to_all=True)


@pytest.mark.parametrize(
    ("call", "path", "code"),
    [
        (SendMass(filter=EVERYBODY, msgtype="text"), "text", 40008),
        (SendMass(filter=EVERYBODY, msgtype="music"), "music", 40008),
        (SendMass(filter=EVERYBODY, msgtype="text", text=MassText(content="")), "text.content", 44004),
        (
            SendMass(filter=EVERYBODY, msgtype="image", images=MassImages(media_ids=[])),
            "images.media_ids",
            40007,
        ),
        (SendMass(filter=Audience(), msgtype="text", text=MassText(content="x")), "filter.tag_id", 40152),
        (SendMassToUsers(touser=["a", "b"], msgtype="voice"), "voice", 45162),
        (SendMassToUsers(touser=["a"], msgtype="text", text=MassText(content="x")), "touser", 40130),
        (SendMassToUsers(touser=["a", ""], msgtype="text", text=MassText(content="x")), "touser[1]", 40031),
        (SendMassToUsers(touser=["a"] * 10_001, msgtype="text", text=MassText(content="x")), "touser", 40032),
        (PreviewMass(msgtype="text", text=MassText(content="x")), "touser", 40003),
        (DeleteMass(), "msg_id", 40059),
        (DeleteMass(msg_id=1, article_idx=9), "article_idx", 40060),
        (SetMassSpeed(speed=5), "speed", 45083),
    ],
)
def test_rules(call: Any, path: str, code: int) -> None:
    found = check(call)
    assert found is not None
    assert (found.path, found.code) == (path, code)


def test_a_video_has_two_names_when_sent_by_openid() -> None:
    for name in ("video", "mpvideo"):
        body = {"touser": ["a", "b"], "msgtype": name, "mpvideo": {"media_id": "M", "title": "t"}}
        call = decode(SendMassToUsers, {}, msgspec.json.encode(body))
        assert call.kind == "mpvideo"
        assert check(call) is None


def test_one_picture_may_come_in_the_older_form() -> None:
    call = SendMass(filter=EVERYBODY, msgtype="image", image=MassMedia(media_id="M"))
    assert check(call) is None


def test_what_is_missing_has_its_code() -> None:
    for kind, body, code in (
        (SetMassSpeed, b"{}", 45084),
        (SendMass, b'{"msgtype":"text"}', 40152),
        (SendMassToUsers, b'{"touser":["a","b"]}', 40008),
    ):
        with pytest.raises(DecodeProblem) as problem:
            decode(kind, {}, body)
        assert problem.value.code == code


def test_a_template_may_be_taken_by_form_or_json() -> None:
    form = "application/x-www-form-urlencoded"
    wanted = subscriptions.AddNoticeTemplate(tid="401", kidList=[1, 2], sceneDesc="x")
    by_form = decode(subscriptions.AddNoticeTemplate, {}, b"tid=401&kidList=1&kidList=2&sceneDesc=x", form)
    by_json = decode(subscriptions.AddNoticeTemplate, {}, b'{"tid":401,"kidList":[1,2],"sceneDesc":"x"}')
    assert by_form == by_json == wanted
    with pytest.raises(DecodeProblem) as one_keyword:
        decode(subscriptions.AddNoticeTemplate, {}, b"tid=401&kidList=1", form)
    assert one_keyword.value.code == 200020


def test_nothing_here_is_repeated_blindly() -> None:
    for call in (SendMass, SendMassToUsers, PreviewMass, subscriptions.SendNotice, subscriptions.SendOneTime):
        assert call.spec.repeat is Repeat.IF_NOT_SENT
