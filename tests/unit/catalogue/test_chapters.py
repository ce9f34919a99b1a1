"""What single chapters add to their declarations: pages, builders, sizes of files, and the promises of retries."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
import pytest

from gongzhong import facts
from gongzhong.catalogue import customer_messages as cm
from gongzhong.catalogue import qrcodes, tags, templates, users
from gongzhong.catalogue.base import GetStableToken, GetToken
from gongzhong.catalogue.encoding import encode
from gongzhong.catalogue.fields import check
from gongzhong.catalogue.media import MediaType, UploadImage, UploadMedia
from gongzhong.catalogue.model import TEST, VERIFIED_SERVICE, Call, Repeat, Upload
from gongzhong.catalogue.oauth import ExchangeCode
from gongzhong.catalogue.templates import SendTemplate, template_data


def page(count: int, last: str, total: int | None = None) -> users.OpenIDPage:
    names = [*(f"o{number}" for number in range(count - 1)), last] if count else []
    data = users.OpenIDs(openid=names) if names else users.NOBODY
    return users.OpenIDPage(total=total, count=count, data=data, next_openid=last)


FIRST_CALLS = (users.ListFollowers(), users.ListBlocked(), tags.ListTagged(tagid=134))


@pytest.mark.parametrize("first", FIRST_CALLS, ids=lambda call: type(call).__name__)
def test_pages_follow_the_cursor_until_an_empty_one(first: Any) -> None:
    second = first.following(page(3, "oX"))
    assert b"oX" in msgspec.json.encode(second)
    assert type(second) is type(first)
    assert second.following(page(0, "")) is None
    assert second.following(page(2, "")) is None


@pytest.mark.parametrize("first", FIRST_CALLS, ids=lambda call: type(call).__name__)
def test_a_cursor_that_stands_still_ends_the_walk(first: Any) -> None:
    second = first.following(page(3, "oX"))
    assert second.following(page(3, "oX")) is None


def test_a_list_that_fits_one_page_needs_one_call() -> None:
    assert users.ListFollowers().following(page(3, "oX", total=3)) is None
    assert users.ListFollowers().following(page(3, "oX", total=4)) is not None
    later = users.ListFollowers(next_openid="oW")
    assert later.following(page(3, "oX", total=3)) is not None
    assert users.ListFollowers().items(page(2, "oX")) == ["o0", "oX"]


def test_blocked_templates_follow_the_largest_id() -> None:
    call = templates.QueryBlockedTemplates(tmpl_msg_id="5")
    rows = [templates.BlockedTemplate(id=number, tmpl_msg_id="5") for number in (3, "11", 7)]
    following = call.following(templates.BlockedTemplates(msginfo=rows))
    assert following is not None
    assert following.largest_id == 11
    assert following.following(templates.BlockedTemplates(msginfo=rows)) is None
    assert call.following(templates.BlockedTemplates()) is None


MESSAGES = [
    (cm.text_message(touser="o", content="好"), {"text": {"content": "好"}}),
    (cm.image_message(touser="o", media_id="M"), {"image": {"media_id": "M"}}),
    (cm.voice_message(touser="o", media_id="M"), {"voice": {"media_id": "M"}}),
    (cm.video_message(touser="o", media_id="M", title="t"), {"video": {"media_id": "M", "title": "t"}}),
    (
        cm.music_message(touser="o", musicurl="u", thumb_media_id="M", title="t"),
        {
            "music": {
                "musicurl": "u",
                "thumb_media_id": "M",
                "title": "t",
                "description": "",
                "hqmusicurl": "u",
            }
        },
    ),
    (cm.news_message(touser="o", title="t", url="u"), {"news": {"articles": [{"title": "t", "url": "u"}]}}),
    (cm.material_news_message(touser="o", media_id="M"), {"mpnews": {"media_id": "M"}}),
    (cm.article_message(touser="o", article_id="A"), {"mpnewsarticle": {"article_id": "A"}}),
    (
        cm.menu_message(touser="o", options={"1": "满意", "2": "不满意"}, head_content="h"),
        {
            "msgmenu": {
                "head_content": "h",
                "list": [{"id": "1", "content": "满意"}, {"id": "2", "content": "不满意"}],
                "tail_content": "",
            }
        },
    ),
    (cm.card_message(touser="o", card_id="C"), {"wxcard": {"card_id": "C"}}),
    (
        cm.miniprogram_message(touser="o", title="t", appid="wx1", pagepath="p", thumb_media_id="M"),
        {"miniprogrampage": {"title": "t", "appid": "wx1", "pagepath": "p", "thumb_media_id": "M"}},
    ),
]


@pytest.mark.parametrize(("call", "content"), MESSAGES, ids=lambda case: getattr(case, "msgtype", ""))
def test_each_kind_of_customer_message(call: cm.SendCustomerMessage, content: dict[str, Any]) -> None:
    sent = msgspec.json.decode(encode(call).body or b"")
    assert sent == {"touser": "o", "msgtype": next(iter(content)), **content}
    assert check(call) is None


def test_every_kind_has_a_builder() -> None:
    assert {call.msgtype for call, _ in MESSAGES} == set(get_args(cm.MessageType))


@pytest.mark.parametrize(
    ("call", "name", "scene", "seconds"),
    [
        (qrcodes.temporary_qrcode(scene=7, expire_seconds=60), "QR_SCENE", {"scene_id": 7}, 60),
        (qrcodes.temporary_qrcode(scene="a", expire_seconds=60), "QR_STR_SCENE", {"scene_str": "a"}, 60),
        (qrcodes.permanent_qrcode(scene=7), "QR_LIMIT_SCENE", {"scene_id": 7}, None),
        (qrcodes.permanent_qrcode(scene="a"), "QR_LIMIT_STR_SCENE", {"scene_str": "a"}, None),
    ],
)
def test_kinds_of_qr_codes(
    call: qrcodes.CreateQRCode, name: str, scene: dict[str, Any], seconds: int | None
) -> None:
    sent = msgspec.json.decode(encode(call).body or b"")
    expected = {"action_name": name, "action_info": {"scene": scene}}
    assert sent == (expected if seconds is None else {**expected, "expire_seconds": seconds})
    assert check(call) is None


@pytest.mark.parametrize(
    "call",
    [
        qrcodes.temporary_qrcode(scene=0, expire_seconds=60),
        qrcodes.temporary_qrcode(scene="", expire_seconds=60),
        qrcodes.temporary_qrcode(scene="a" * 65, expire_seconds=60),
        qrcodes.temporary_qrcode(scene=1, expire_seconds=30 * 86400 + 1),
        qrcodes.permanent_qrcode(scene=100_001),
        qrcodes.CreateQRCode(
            action_name="QR_SCENE", action_info=qrcodes.ActionInfo(scene=qrcodes.Scene(scene_str="a"))
        ),
    ],
)
def test_scenes_out_of_range(call: qrcodes.CreateQRCode) -> None:
    found = check(call)
    assert found is not None
    assert found.code == 40053


@pytest.mark.parametrize(
    ("kind", "largest", "code"),
    [
        ("image", 10 * 1024 * 1024, 40009),
        ("voice", 2 * 1024 * 1024, 40010),
        ("video", 10 * 1024 * 1024, 40011),
        ("thumb", 64 * 1024, 40012),
    ],
)
def test_sizes_of_files(kind: MediaType, largest: int, code: int) -> None:
    assert check(UploadMedia(type=kind, media=Upload(b"x" * largest))) is None
    found = check(UploadMedia(type=kind, media=Upload(b"x" * (largest + 1))))
    assert found is not None
    assert found.code == code


def test_empty_files_and_large_article_images() -> None:
    empty = check(UploadImage(media=Upload(b"")))
    large = check(UploadImage(media=Upload(b"x" * facts.ARTICLE_IMAGE_BYTES)))
    assert empty is not None and large is not None
    assert (empty.code, large.code) == (44001, 40009)


def test_short_forms_build_the_call() -> None:
    assert tags.create_tag(name="广东") == tags.CreateTag(tag=tags.NamedTag(name="广东"))
    assert tags.rename_tag(id=134, name="x").tag == tags.RenamedTag(id=134, name="x")
    assert tags.delete_tag(id=134).tag.id == 134
    assert users.get_users(openids=["o"], lang="en").user_list == [users.UserQuery(openid="o", lang="en")]
    assert template_data(thing1="a") == {"thing1": templates.TemplateValue(value="a")}


@pytest.mark.parametrize(
    "call", [cm.SendCustomerMessage, SendTemplate, tags.CreateTag, UploadMedia, ExchangeCode]
)
def test_what_acts_is_never_repeated_blindly(call: type[Call[Any]]) -> None:
    assert call.spec.repeat is Repeat.IF_NOT_SENT


def test_quotas_of_accounts() -> None:
    assert (GetToken.spec.daily_for(VERIFIED_SERVICE), GetToken.spec.daily_for(TEST)) == (2_000, 200)
    assert GetStableToken.spec.daily_for(TEST) == 500_000
    assert SendTemplate.spec.daily_for(VERIFIED_SERVICE) == 100_000
    assert users.ListFollowers.spec.daily_for(TEST) == 100
