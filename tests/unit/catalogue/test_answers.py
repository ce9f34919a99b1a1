from __future__ import annotations

import pytest

from gongzhong.catalogue.answers import decode_answer, encode_answer
from gongzhong.catalogue.base import AccessToken, GetToken
from gongzhong.catalogue.media import GetMedia, GetVoice, MediaUploaded, UploadMedia, VideoLink
from gongzhong.catalogue.menus import AddConditionalMenu, GetMenu, Menu, MenuSettings, ShownButton, TryMenu
from gongzhong.catalogue.model import Download, Ok
from gongzhong.catalogue.oauth import WebUser
from gongzhong.catalogue.templates import BlockedTemplate, QueryBlockedTemplates, SendTemplate, TemplateSent
from gongzhong.catalogue.users import Follower, GetUser, ListFollowers, OpenIDPage, SetRemark
from gongzhong.errors import BadAnswer


def test_writing_calls_are_acknowledged_and_reading_ones_are_not() -> None:
    assert encode_answer(Ok()) == b'{"errcode":0,"errmsg":"ok"}'
    assert encode_answer(TemplateSent(msgid=2001234567890123456)) == (
        b'{"errcode":0,"errmsg":"ok","msgid":2001234567890123456}'
    )
    assert encode_answer(AccessToken(access_token="T", expires_in=7200)) == (
        b'{"access_token":"T","expires_in":7200}'
    )


def test_fields_that_always_come_come_even_when_empty() -> None:
    assert encode_answer(OpenIDPage(total=3, count=0, next_openid="")) == (
        b'{"total":3,"count":0,"next_openid":""}'
    )
    assert encode_answer(Follower(subscribe=0, openid="o")) == b'{"subscribe":0,"openid":"o"}'
    assert b'"privilege":[]' in encode_answer(WebUser(openid="o"))
    settings = MenuSettings(menu=Menu(button=[ShownButton(name="A", type="click", key="K")]))
    assert b'"sub_button":[]' in encode_answer(settings)
    assert b"conditionalmenu" not in encode_answer(settings)


def test_tokens_do_not_show() -> None:
    assert (
        repr(AccessToken(access_token="TOKEN", expires_in=7200))
        == "AccessToken(access_token=***, expires_in=7200)"
    )


def test_answers_are_read_with_patience() -> None:
    assert decode_answer(SetRemark, b'{"errcode":0,"errmsg":"ok","news":{}}') == Ok()
    assert decode_answer(SendTemplate, b'{"errcode":0,"msgid":"12"}').msgid == 12
    assert decode_answer(AddConditionalMenu, b'{"menuid":208379533}').menuid == 208379533
    assert decode_answer(AddConditionalMenu, b'{"menuid":"208379533"}').menuid == "208379533"
    assert decode_answer(GetToken, b'{"access_token":1,"expires_in":"7200"}').expires_in == 7200


def test_raw_control_characters_and_broken_text_survive() -> None:
    answer = decode_answer(GetUser, b'{"subscribe":1,"openid":"o","remark":"a\x01b\xff","unionid":null}')
    assert answer.remark == "a\x01b\ufffd"


def test_menus_of_both_shapes_are_read() -> None:
    inner = b'{"button":[{"name":"A","type":"click","key":"K","sub_button":[]}]}'
    bare, wrapped = decode_answer(TryMenu, inner), decode_answer(TryMenu, b'{"menu":' + inner + b"}")
    assert bare.buttons == wrapped.buttons == [ShownButton(name="A", type="click", key="K")]
    old = decode_answer(
        GetMenu,
        b'{"menu":' + inner + b',"conditionalmenu":[{"button":[],"matchrule":{"group_id":2},"menuid":3}]}',
    )
    assert old.conditionalmenu[0].matchrule == {"group_id": 2}


def test_one_object_where_a_list_is_meant() -> None:
    row = b'{"id":1,"tmpl_msg_id":"5","title":"t"}'
    one = decode_answer(QueryBlockedTemplates, b'{"errcode":0,"msginfo":' + row + b"}")
    many = decode_answer(QueryBlockedTemplates, b'{"errcode":0,"msginfo":[' + row + b"]}")
    assert one.messages == many.messages == [BlockedTemplate(id=1, tmpl_msg_id="5", title="t")]
    assert decode_answer(QueryBlockedTemplates, b'{"errcode":0,"errmsg":"ok"}').messages == []


def test_thumbs_have_their_own_field() -> None:
    answer = decode_answer(UploadMedia, b'{"type":"thumb","thumb_media_id":"M","created_at":1}')
    assert (answer.id, answer.media_id) == ("M", None)
    assert MediaUploaded(type="image", media_id="N", created_at=1).id == "N"


def test_files_come_as_files_and_videos_as_links() -> None:
    assert decode_answer(GetMedia, b'{"video_url":"http://v"}', "text/plain") == VideoLink(
        video_url="http://v"
    )
    assert decode_answer(GetMedia, b"\xff\xd8", "image/jpeg", "M.jpg") == Download(
        b"\xff\xd8", "image/jpeg", "M.jpg"
    )
    assert decode_answer(GetMedia, b'{"not":"a link"}') == Download(b'{"not":"a link"}')
    assert decode_answer(GetVoice, b'{"video_url":"x"}', "audio/speex").content == b'{"video_url":"x"}'


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"total":[]}'])
def test_what_wechat_never_says_is_a_bad_answer(body: bytes) -> None:
    with pytest.raises(BadAnswer, match="cgi-bin/token"):
        decode_answer(GetToken, body)


def test_the_empty_last_page() -> None:
    assert decode_answer(ListFollowers, b'{"total":2,"count":0,"next_openid":""}').openids == []
