"""`parse` never fails and loses nothing; `dedup_key` tells pushes apart, not deliveries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongzhong.messages import (
    EVENTS,
    MESSAGES,
    Click,
    Push,
    ScanCodeInfo,
    SendPicsInfo,
    SubscribeMsgChange,
    Text,
    UnknownEvent,
    UnknownMessage,
    UserAuthorizationRevoke,
    Voice,
    dedup_key,
    encode,
    parse,
)
from gongzhong.messages.elements import slots
from gongzhong.wire import Fields, read_xml

EventMaker = Callable[..., Push]
COMMON: Fields = {"ToUserName": "gh_1", "FromUserName": "o1", "CreateTime": "1700000100"}


def test_a_text_message(text_fields: Fields) -> None:
    assert parse(text_fields) == Text(
        to_user_name="gh_a1b2c3d4e5f6",
        from_user_name="oABCD1234efgh5678ijkl9012mnop",
        create_time=1700000100,
        content="where is my order",
        msg_id=24261840000000001,
    )
    assert parse(text_fields).openid == "oABCD1234efgh5678ijkl9012mnop"


def test_a_message_from_inside_an_article(text_fields: Fields) -> None:
    push = parse({**text_fields, "MsgDataId": "2650001234_1", "Idx": "1"})
    assert isinstance(push, Text)
    assert (push.msg_data_id, push.idx) == ("2650001234_1", 1)


def test_the_other_spelling_of_msg_id() -> None:
    push = parse({**COMMON, "MsgType": "voice", "MediaId": "m", "Format": "amr", "MsgID": "7"})
    assert isinstance(push, Voice)
    assert push.msg_id == 7


@pytest.mark.parametrize("name", ["CLICK", "Click", "click"])
def test_letter_case_of_event_names_does_not_matter(event: EventMaker, name: str) -> None:
    push = event(name, EventKey="K")
    assert isinstance(push, Click)
    assert push.event == name


def test_other_spellings_in_privacy_events(event: EventMaker) -> None:
    push = event("user_authorization_revoke", openid="oPerson", appid="wx1", RevokeInfo="301")
    assert isinstance(push, UserAuthorizationRevoke)
    assert (push.open_id, push.app_id, push.extra) == ("oPerson", "wx1", {})


def test_the_old_name_of_the_container_of_changed_subscriptions(event: EventMaker) -> None:
    choice = {"TemplateId": "t", "SubscribeStatusString": "reject"}
    push = event("subscribe_msg_change_event", SubscribeMsgPopupEvent={"List": choice})
    assert isinstance(push, SubscribeMsgChange)
    assert push.subscribe_msg_change_event.list[0].template_id == "t"


def test_an_element_we_do_not_know_is_kept_and_written_back(text_fields: Fields) -> None:
    push = parse({**text_fields, "BusinessId": "3", "Tree": {"Leaf": ["a", "b"]}})
    assert isinstance(push, Text)
    assert push.extra == {"BusinessId": "3", "Tree": {"Leaf": ["a", "b"]}}
    assert parse(read_xml(encode(push))) == push


def test_an_unknown_type_of_message(text_fields: Fields) -> None:
    push = parse({**text_fields, "MsgType": "file", "FileKey": "k"})
    assert isinstance(push, UnknownMessage)
    assert (push.msg_type, push.msg_id, push.answerable) == ("file", 24261840000000001, True)
    assert push.extra == {"Content": "where is my order", "FileKey": "k"}


def test_an_unknown_event(event: EventMaker) -> None:
    push = event("new_thing", EventKey="K", Detail={"A": "1"})
    assert isinstance(push, UnknownEvent)
    assert (push.event, push.event_key, push.extra) == ("new_thing", "K", {"Detail": {"A": "1"}})
    assert not push.answerable


@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        ({"MsgType": "text", "Content": {"b": "1"}, "MsgId": "1"}, {"Content": {"b": "1"}}),
        ({"MsgType": "text", "Content": ["a", "b"], "MsgId": "1"}, {"Content": ["a", "b"]}),
        ({"MsgType": "location", "Label": "a", "Scale": "1"}, {"Label": "a", "Scale": "1"}),
    ],
)
def test_without_what_makes_its_type_it_is_an_unknown_message(
    fields: dict[str, Any], kept: dict[str, Any]
) -> None:
    push = parse({**COMMON, **fields})
    assert isinstance(push, UnknownMessage)
    assert push.msg_type == fields["MsgType"]
    assert push.extra == kept
    assert parse(read_xml(encode(push))) == push


TEXT: Fields = {"MsgType": "text", "Content": "a", "MsgId": "1"}


@pytest.mark.parametrize(
    ("fields", "attributes", "kept"),
    [
        ({**TEXT, "MsgId": "x1"}, {"msg_id": 0, "content": "a"}, {"MsgId": "x1"}),
        ({**TEXT, "MsgId": ["1", "2"]}, {"msg_id": 0}, {"MsgId": ["1", "2"]}),
        ({**TEXT, "CreateTime": ""}, {"create_time": 0, "msg_id": 1}, {}),
        ({**TEXT, "CreateTime": "soon"}, {"create_time": 0}, {"CreateTime": "soon"}),
        ({**TEXT, "Idx": "first", "New": "1"}, {"idx": None}, {"Idx": "first", "New": "1"}),
        ({**TEXT, "MsgDataId": {"a": "1"}}, {"msg_data_id": None}, {"MsgDataId": {"a": "1"}}),
        ({"MsgType": "text", "MsgId": "1"}, {"content": ""}, {}),
        ({"MsgType": "event", "Event": "CLICK"}, {"event_key": ""}, {}),
        ({"MsgType": "event", "Event": " CLICK "}, {"event_key": ""}, {}),
        ({"MsgType": "event", "Event": "VIEW", "EventKey": "u", "MenuId": "x"}, {"event_key": "u", "menu_id": None},
         {"MenuId": "x"}),
        ({"MsgType": "event", "Event": "scancode_push", "EventKey": "k"},
         {"scan_code_info": ScanCodeInfo(scan_type="", scan_result="")}, {}),
        ({"MsgType": "event", "Event": "pic_weixin", "SendPicsInfo": {"Count": "two", "New": "1"}},
         {"send_pics_info": SendPicsInfo(extra={"Count": "two", "New": "1"})}, {}),
        ({"MsgType": "event", "Event": "MASSSENDJOBFINISH", "MsgID": "7", "Status": "send success",
          "CopyrightCheckResult": "none"},
         {"msg_id": 7, "status": "send success", "sent_count": None, "copyright_check_result": None},
         {"CopyrightCheckResult": "none"}),
    ],
)  # fmt: skip
def test_one_missing_or_unreadable_element_takes_nothing_with_it(
    fields: Fields, attributes: dict[str, Any], kept: dict[str, Any]
) -> None:
    push = parse({**COMMON, **fields})
    assert not isinstance(push, UnknownEvent | UnknownMessage)
    assert {name: getattr(push, name) for name in attributes} == attributes
    assert push.extra == kept
    assert parse(read_xml(encode(push))) == push


@pytest.mark.parametrize("cls", [*MESSAGES.values(), *EVENTS.values()])
def test_every_push_survives_the_loss_of_any_text(
    cls: type[Push], samples: Callable[[str], list[Fields]]
) -> None:
    chapter = "messages" if cls in MESSAGES.values() else "events"
    for fields in samples(chapter):
        if type(parse(fields)) is not cls:
            continue
        for name in set(fields) - {"MsgType", "Event"}:
            slot = slots(cls)[name]
            if slot.is_text or not slot.required:
                without = {key: value for key, value in fields.items() if key != name}
                assert type(parse(without)) is cls, name


@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "1e400", "31,2", "north"])
def test_what_is_no_number_is_not_read_as_one(number: str, event: EventMaker) -> None:
    push = event("LOCATION", Latitude=number, Longitude="1", Precision="1")
    assert isinstance(push, UnknownEvent)
    assert push.extra == {"Latitude": number, "Longitude": "1", "Precision": "1"}


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"InfoType": "component_verify_ticket", "AppId": "wx1", "CreateTime": "5"},
        {"MsgType": {"a": "b"}},
        {"MsgType": ["text", "text"]},
        {"MsgType": ""},
    ],
)
def test_a_push_without_a_type(fields: Fields) -> None:
    push = parse(fields)
    assert type(push) is UnknownMessage
    assert push.msg_type == ""
    assert set(push.extra) == set(fields) - {"CreateTime"} - (
        {"MsgType"} if fields.get("MsgType") == "" else set()
    )


def test_an_event_without_a_name() -> None:
    push = parse({**COMMON, "MsgType": "event", "Event": {"x": "y"}})
    assert isinstance(push, UnknownEvent)
    assert (push.event, push.extra) == ("", {"Event": {"x": "y"}})


NAMES = st.sampled_from(
    [
        "ToUserName",
        "FromUserName",
        "CreateTime",
        "Content",
        "MsgId",
        "MsgID",
        "EventKey",
        "Location_X",
        "Latitude",
    ]
) | st.sampled_from(
    [
        "SendPicsInfo",
        "PicList",
        "item",
        "Count",
        "PublishEventInfo",
        "publish_id",
        "List",
        "openid",
        "Ticket",
        "New",
    ]
)
WORDS = st.sampled_from(["north", "x]]>y", "公众", "null"])
TEXTS = WORDS | st.sampled_from(["", " ", "0", "1", "-3", "1e3", "nan", "true", "9" * 30])


def _trees(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    children = st.dictionaries(NAMES, inner | st.lists(inner, min_size=2, max_size=3), min_size=1, max_size=4)
    return children | TEXTS


FIELDS = st.dictionaries(NAMES, st.recursive(TEXTS, _trees, max_leaves=10), max_size=8)
TYPES = st.sampled_from([*MESSAGES, *["event"] * 8, "new"])
EVENT_NAMES = st.sampled_from([*EVENTS, "SCAN", "new"])


def words(value: Any) -> Counter[str]:
    """How often each text stands anywhere that could not be a number or a flag."""
    if isinstance(value, str):
        return Counter([value] if value in {"north", "x]]>y", "公众", "null"} else [])
    inside = value.values() if isinstance(value, dict) else value
    return sum((words(one) for one in inside), Counter[str]())


@settings(max_examples=400, deadline=None)
@given(FIELDS, TYPES, EVENT_NAMES)
def test_anything_is_parsed_and_no_text_disappears(fields: Fields, kind: str, name: str) -> None:
    sent: Fields = {**fields, "MsgType": kind, "Event": name}
    push = parse(sent)
    written = read_xml(encode(push))
    assert words(written) == words(sent)
    assert parse(written) == push


def test_a_repeated_delivery_has_the_same_key(text_fields: Fields) -> None:
    again = dict(reversed(text_fields.items()))
    assert dedup_key(parse(text_fields)) == dedup_key(parse(again))
    assert dedup_key(parse(text_fields)) == "oABCD1234efgh5678ijkl9012mnop:24261840000000001"


def test_events_of_one_second_have_different_keys(event: EventMaker) -> None:
    pushes = [
        event("CLICK", EventKey="A"),
        event("CLICK", EventKey="B"),
        event("VIEW", EventKey="A"),
        event("new", EventKey="A"),
        event("new", EventKey="A", More="1"),
    ]
    assert len({dedup_key(push) for push in pushes}) == len(pushes)


def test_the_key_of_an_event_is_short_and_the_same_for_each_delivery(event: EventMaker) -> None:
    first = event("VIEW", EventKey="https://example.com/" + "a" * 900, X="1", Y="2")
    again = event("VIEW", Y="2", X="1", EventKey="https://example.com/" + "a" * 900)
    assert dedup_key(first) == dedup_key(again)
    assert len(dedup_key(first)) < 100


def test_messages_without_an_id_are_told_apart_by_content() -> None:
    keys = {dedup_key(parse({**COMMON, "MsgType": "new", "Words": words})) for words in ("a", "b")}
    assert len(keys) == 2
