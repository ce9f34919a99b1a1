"""The lists of messages and events are complete and fit for tables."""

from __future__ import annotations

import re

import gongzhong.messages
from gongzhong.messages import EVENTS, MESSAGES, Event, Message, Push, UnknownEvent, UnknownMessage
from gongzhong.messages.parsing import type_name

# The official pages, in the numbers used for the list: 2 is a subscribe that came from a code.
ENTRIES = {str(number) for number in range(1, 66)} | {"63a", "64a"}
ANSWERED = {
    "subscribe",
    "scan",
    "click",
    "scancode_push",
    "scancode_waitmsg",
    "pic_sysphoto",
    "pic_photo_or_album",
    "pic_weixin",
    "location_select",
}


def test_every_entry_of_the_list_of_events_has_a_class() -> None:
    assert {entry for cls in EVENTS.values() for entry in cls.entry.split(", ")} == ENTRIES


def test_the_eight_messages() -> None:
    assert list(MESSAGES) == [
        "text",
        "image",
        "voice",
        "video",
        "shortvideo",
        "location",
        "link",
        "miniprogrampage",
    ]
    assert [cls.entry for cls in MESSAGES.values()] == [f"2.{number}" for number in range(1, 9)]


def test_every_class_with_a_place_in_a_list_is_listed_and_published() -> None:
    listed = {*MESSAGES.values(), *EVENTS.values()}
    public = [getattr(gongzhong.messages, name) for name in gongzhong.messages.__all__]
    pushes = [cls for cls in public if isinstance(cls, type) and issubclass(cls, Message | Event)]
    assert {cls for cls in pushes if cls.entry} == listed


def test_titles_say_it_in_both_languages() -> None:
    classes: list[type[Push]] = [*MESSAGES.values(), *EVENTS.values(), UnknownMessage, UnknownEvent]
    for cls in classes:
        assert re.search(r"[\u4e00-\u9fff]", cls.title_zh), cls
        assert re.fullmatch(r"[A-Za-z][ -~]+", cls.title_en), cls
    titles = [cls.title_zh for cls in [*MESSAGES.values(), *EVENTS.values()]]
    assert len(titles) == len(set(titles))


def test_which_events_may_be_answered() -> None:
    assert {name for name, cls in EVENTS.items() if cls.answerable} == ANSWERED
    assert all(cls.answerable for cls in MESSAGES.values())


def test_names_keep_wechats_letter_case() -> None:
    assert type_name(EVENTS["masssendjobfinish"]) == "MASSSENDJOBFINISH"
    assert type_name(EVENTS["wificonnected"]) == "WifiConnected"
    assert type_name(MESSAGES["shortvideo"]) == "shortvideo"


def test_public_names_are_sorted() -> None:
    names = gongzhong.messages.__all__
    assert len(names) == len(set(names))
    assert [name for name in names if not hasattr(gongzhong.messages, name)] == []
