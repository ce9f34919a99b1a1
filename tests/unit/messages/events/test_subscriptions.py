"""Choices and results come as one entry or several."""

from __future__ import annotations

from collections.abc import Callable

from gongzhong.messages import Push, SubscribeMsgPopup, SubscribeMsgSent

EventMaker = Callable[..., Push]


def choice(template: str, status: str) -> dict[str, str]:
    return {"TemplateId": template, "SubscribeStatusString": status, "PopupScene": "2"}


def test_choices(event: EventMaker) -> None:
    entries = [choice("t1", "accept"), choice("t2", "reject")]
    push = event("subscribe_msg_popup_event", SubscribeMsgPopupEvent={"List": entries})
    assert isinstance(push, SubscribeMsgPopup)
    choices = push.subscribe_msg_popup_event.list
    assert [(one.template_id, one.accepted, one.popup_scene) for one in choices] == [
        ("t1", True, 2),
        ("t2", False, 2),
    ]


def test_results_as_a_single_entry(event: EventMaker) -> None:
    entry = {"TemplateId": "t", "MsgID": "1700827132819550001", "ErrorCode": "0", "ErrorStatus": "success"}
    push = event("subscribe_msg_sent_event", SubscribeMsgSentEvent={"List": entry})
    assert isinstance(push, SubscribeMsgSent)
    [sent] = push.subscribe_msg_sent_event.list
    assert (sent.msg_id, sent.error_code) == (1700827132819550001, 0)
