"""Every sample of the documentation becomes a typed push, element by element, and survives being written."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from gongzhong.messages import EVENTS, MESSAGES, Element, Push, encode, parse
from gongzhong.messages.elements import slots
from gongzhong.wire import Fields, read_xml

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


def test_every_listed_class_has_a_sample(samples: Samples) -> None:
    events = {str(fields["Event"]).lower() for fields in samples("events")}
    assert set(EVENTS) - events == UNDOCUMENTED
    assert {str(fields["MsgType"]) for fields in samples("messages")} == set(MESSAGES)


def test_numbers_stay_exact_beyond_53_bits(samples: Samples) -> None:
    [big] = [fields for fields in samples("messages") if fields["MsgType"] == "text"]
    push = parse({**big, "MsgId": "18446744073709551615"})
    assert b"<MsgId>18446744073709551615</MsgId>" in encode(push)
