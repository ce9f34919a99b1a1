"""Every sample of the documentation becomes a typed push, element by element, and survives being written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from xml.sax.saxutils import escape

import pytest

from gongzhong.messages import EVENTS, MESSAGES, Element, Push, encode, parse
from gongzhong.messages.elements import slots
from gongzhong.wire import Fields, read_xml

from .conftest import written_samples

Samples = Callable[[str], list[Fields]]

# No public page names a single element of these.
UNDOCUMENTED = {"add_guide_buyer_relation_event", "shakearoundlotterybind"}


def values(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else [value]


def differences(element: Element, fields: Fields, path: str = "") -> Iterator[str]:
    """Elements of the sample that the attributes do not hold with the same meaning."""
    known = slots(type(element))
    for name, sent in fields.items():
        if name not in known:
            yield f"{path}{name}: no attribute"
            continue
        got = values(getattr(element, known[name].attribute))
        for one, wanted in zip(got, values(sent), strict=True):
            if isinstance(one, Element):
                assert isinstance(wanted, dict)
                yield from differences(one, wanted, f"{path}{name}/")
            elif not same(one, wanted):
                yield f"{path}{name}: {wanted!r} became {one!r}"


def same(got: object, sent: object) -> bool:
    if isinstance(got, bool):
        return got is (sent in ("1", "true"))
    if isinstance(got, int | float):
        return got == type(got)(str(sent))
    return got == sent


def check(fields: Fields, classes: dict[str, type[Push]], name: str) -> None:
    push = parse(fields)
    assert type(push) is classes[name]
    assert list(differences(push, fields)) == []
    assert push.extra == {}
    written = read_xml(encode(push))
    assert parse(written) == push
    assert set(written) == set(fields)


def test_message(message_sample: Fields) -> None:
    check(message_sample, MESSAGES, str(message_sample["MsgType"]))


def test_event(event_sample: Fields) -> None:
    check(event_sample, EVENTS, str(event_sample["Event"]).lower())


def bare(text: str) -> str:
    """Every text without its CDATA section, as some relays write it."""
    return re.sub(r"<!\[CDATA\[(.*?)\]\]>", lambda found: escape(found[1]), text)


LAYOUTS: dict[str, Callable[[str], str]] = {
    "one line": lambda text: re.sub(r">\s+<", "><", text),
    "windows lines": lambda text: text.replace("\n", "\r\n"),
    "tabs": lambda text: text.replace("  ", "\t"),
    "blanks around sections": lambda text: text.replace("<![", "\n    <![").replace("]]>", "]]>\n  "),
    "blanks around numbers": lambda text: re.sub(r">(\d+)<", r"> \1\n<", text),
    "spaced marks of older pages": lambda text: text.replace("<![CDATA[", "< ![CDATA[").replace(
        "]]>", "] ]>"
    ),
    "remarks": lambda text: text.replace("</", "<!-- a > b --></").replace("<xml>", "<xml><!-- push -->"),
    "texts without sections": bare,
    "numbers in sections": lambda text: re.sub(r">(\d+)<", r"><![CDATA[\1]]><", text),
    "byte order mark": lambda text: "\ufeff" + text,
    "declaration": lambda text: f'<?xml version="1.0" encoding="utf-8"?>\n{text}',
    "attributes": lambda text: text.replace("<MsgType>", '<MsgType type="a>b">'),
    "zero byte at the end": lambda text: text + "\n\0",
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("chapter", ["messages", "events"])
def test_layout_changes_nothing(chapter: str, layout: str) -> None:
    for text in written_samples(chapter):
        push = parse(read_xml(text.encode()))
        assert parse(read_xml(LAYOUTS[layout](text).encode())) == push


def test_every_listed_class_has_a_sample(samples: Samples) -> None:
    events = {str(fields["Event"]).lower() for fields in samples("events")}
    assert set(EVENTS) - events == UNDOCUMENTED
    assert {str(fields["MsgType"]) for fields in samples("messages")} == set(MESSAGES)


def test_numbers_stay_exact_beyond_53_bits(samples: Samples) -> None:
    [big] = [fields for fields in samples("messages") if fields["MsgType"] == "text"]
    push = parse({**big, "MsgId": "18446744073709551615"})
    assert b"<MsgId>18446744073709551615</MsgId>" in encode(push)
