"""Samples in the documentation's format, and ways to make a push out of elements."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gongzhong.messages import Push, parse
from gongzhong.wire import Fields, read_xml

SAMPLES = Path(__file__).parent / "samples"
COMMON: Fields = {
    "ToUserName": "gh_a1b2c3d4e5f6",
    "FromUserName": "oABCD1234efgh5678ijkl9012mnop",
    "CreateTime": "1700000100",
}


def written_samples(chapter: str) -> list[str]:
    """The samples of a chapter in the documentation's own layout."""
    text = (SAMPLES / f"{chapter}.xml").read_text("utf-8")
    return re.findall(r"<xml>.*?</xml>", text, re.DOTALL)


def read_samples(chapter: str) -> list[Fields]:
    return [read_xml(one.encode()) for one in written_samples(chapter)]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`message_sample`, `event_sample`, `reply_sample`: the test runs once for each sample of that chapter."""
    for chapter in ("message", "event", "reply"):
        name = f"{chapter}_sample"
        if name in metafunc.fixturenames:
            plural = "replies" if chapter == "reply" else f"{chapter}s"
            found = read_samples(plural)
            labels = [str(fields.get("Event", fields["MsgType"])) for fields in found]
            metafunc.parametrize(name, found, ids=labels)


@pytest.fixture
def samples() -> Callable[[str], list[Fields]]:
    """All samples of "messages", "events" or "replies"."""
    return read_samples


@pytest.fixture
def event() -> Callable[..., Push]:
    """Parse an event from its name and elements."""

    def make(name: str, /, **elements: Any) -> Push:
        return parse({**COMMON, "MsgType": "event", "Event": name, **elements})

    return make


@pytest.fixture
def text_fields() -> Fields:
    """A text message as read from XML; the test may change it."""
    return {**COMMON, "MsgType": "text", "Content": "where is my order", "MsgId": "24261840000000001"}
