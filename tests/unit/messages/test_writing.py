"""`encode` writes what WeChat would send."""

from __future__ import annotations

from typing import Any

import pytest

from gongzhong.errors import BadXml
from gongzhong.messages import (
    Location,
    LocationSelect,
    PicList,
    PicSysPhoto,
    Picture,
    PublishEventInfo,
    PublishJobFinish,
    SendLocationInfo,
    SendPicsInfo,
    SubscribeChoices,
    SubscribeMsgPopup,
    Text,
    UserGetCard,
    encode,
    parse,
)
from gongzhong.wire import read_xml

WHO: dict[str, Any] = {"to_user_name": "gh_1", "from_user_name": "o1", "create_time": 5}


def test_order_and_form_are_those_of_wechat() -> None:
    push = Text(
        to_user_name="gh_1",
        from_user_name="o1",
        create_time=5,
        content="hi",
        msg_id=9,
        idx=1,
        msg_data_id="d",
    )
    assert encode(push) == (
        b"<xml><ToUserName><![CDATA[gh_1]]></ToUserName><FromUserName><![CDATA[o1]]></FromUserName>"
        b"<CreateTime>5</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[hi]]></Content>"
        b"<MsgId>9</MsgId><MsgDataId><![CDATA[d]]></MsgDataId><Idx>1</Idx></xml>"
    )


def test_the_events_name_follows_the_type_and_flags_are_digits() -> None:
    push = UserGetCard(
        to_user_name="gh_1",
        from_user_name="o1",
        create_time=5,
        card_id="p",
        user_card_code="1",
        is_give_by_friend=False,
    )
    assert encode(push).endswith(
        b"<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[user_get_card]]></Event><CardId><![CDATA[p]]></CardId>"
        b"<UserCardCode><![CDATA[1]]></UserCardCode><IsGiveByFriend>0</IsGiveByFriend></xml>"
    )


def test_containers_and_repeated_elements() -> None:
    pictures = PicList(item=(Picture(pic_md5_sum="a"), Picture(pic_md5_sum="b")))
    push = PicSysPhoto(**WHO, event_key="K", send_pics_info=SendPicsInfo(count=2, pic_list=pictures))
    assert (
        b"<SendPicsInfo><Count>2</Count><PicList><item><PicMd5Sum><![CDATA[a]]></PicMd5Sum></item>"
        b"<item><PicMd5Sum><![CDATA[b]]></PicMd5Sum></item></PicList></SendPicsInfo>"
    ) in encode(push)
    info = PublishEventInfo(publish_id=1, publish_status=2, fail_idx=(1, 2))
    assert b"<fail_idx>1</fail_idx><fail_idx>2</fail_idx>" in encode(
        PublishJobFinish(**WHO, publish_event_info=info)
    )


def test_containers_without_entries_survive() -> None:
    for push in (
        PicSysPhoto(**WHO, event_key="K", send_pics_info=SendPicsInfo(count=0)),
        SubscribeMsgPopup(**WHO, subscribe_msg_popup_event=SubscribeChoices()),
    ):
        assert parse(read_xml(encode(push))) == push


def test_small_decimals_have_no_exponent() -> None:
    push = Location(**WHO, location_x=0.000001, location_y=-121.5, scale=1, label="", msg_id=1)
    assert b"<Location_X>0.000001</Location_X><Location_Y>-121.5</Location_Y>" in encode(push)
    assert parse(read_xml(encode(push))) == push


def test_some_numbers_stand_in_cdata() -> None:
    place = SendLocationInfo(location_x=0.000001, location_y=121.47, scale=15, label="")
    written = encode(LocationSelect(**WHO, event_key="K", send_location_info=place))
    assert b"<Location_X><![CDATA[0.000001]]></Location_X>" in written
    assert b"<Scale><![CDATA[15]]></Scale>" in written


def test_text_cannot_leave_its_section() -> None:
    push = Text(**WHO, content="]]></Content><MsgId>1</MsgId>", msg_id=9)
    assert parse(read_xml(encode(push))) == push


def test_an_attribute_wins_over_the_same_name_among_the_rest() -> None:
    push = Text(**WHO, content="hi", msg_id=9, extra={"Content": "forged", "New": "1"})
    assert read_xml(encode(push))["Content"] == "hi"
    assert read_xml(encode(push))["New"] == "1"


def test_a_name_that_no_element_can_have_is_refused() -> None:
    with pytest.raises(BadXml):
        encode(Text(**WHO, content="hi", msg_id=9, extra={"a b": "1"}))
