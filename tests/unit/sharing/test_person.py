"""Who has a person: the decision, row by row as its table says, and what a record remembers."""

from __future__ import annotations

import pytest

from gongzhong.sharing.person import (
    ANSWERED_S,
    LARGEST_BODY,
    MOST_SEEN,
    AskWhetherDead,
    Decision,
    PassOn,
    PersonRecord,
    Take,
    decide,
    hashed,
    read,
    written,
)

ROWS: list[tuple[PersonRecord | None, bool | None, Decision]] = [
    (None, None, Take(load=True)),
    (PersonRecord(), None, Take(load=False)),
    (PersonRecord(waiting=1), None, Take(load=True)),
    (PersonRecord(owner="me"), None, Take(load=True)),
    (PersonRecord(owner="other"), None, AskWhetherDead("other")),
    (PersonRecord(owner="other"), True, Take(load=True)),
    (PersonRecord(owner="other"), False, PassOn("other")),
]


@pytest.mark.parametrize(("record", "dead", "expected"), ROWS)
def test_who_takes_a_person(record: PersonRecord | None, dead: bool | None, expected: Decision) -> None:
    assert decide(record, "me", dead) == expected


def note(record: PersonRecord, key: str, body: bytes | None, now: float) -> None:
    record.note([(key, hashed(key), body, now)], now, remembered_s=600.0)


def test_answers_are_kept_for_a_minute_and_pushes_for_as_long_as_asked() -> None:
    record = PersonRecord()
    note(record, "first", b"<xml>1</xml>", 1000.0)
    note(record, "second", None, 1000.0 + ANSWERED_S)
    assert record.answer("first") is None, "its minute is over"
    assert record.saw(hashed("first"))
    assert record.saw(hashed("second"))
    note(record, "third", b"x" * (LARGEST_BODY + 1), 1601.0)
    assert not record.saw(hashed("first"))
    assert record.answer("third") == b"success"


def test_the_answer_to_a_push_that_came_longer_ago_is_not_kept() -> None:
    """WeChat repeats a push within seconds, however long somebody stays busy after that."""
    record = PersonRecord()
    record.note([("old", hashed("old"), b"<xml>1</xml>", 1000.0)], 1000.0 + ANSWERED_S, remembered_s=600.0)
    assert record.answered == []
    assert record.finished("old")


def test_after_an_erasure_only_that_there_was_an_answer_is_known() -> None:
    record = PersonRecord()
    note(record, "before", b"<xml>1</xml>", 1000.0)
    note(record, "after", b"<xml>2</xml>", 1000.5)
    record.forget(1000.2)
    again = read(written(record))
    assert (again.answer("before"), again.answer("after")) == (b"success", b"<xml>2</xml>")
    assert again.forgotten == 1000.2


def test_a_record_does_not_grow_without_end_and_survives_writing() -> None:
    record = PersonRecord(owner="me", windows=(5, 1.0, 0, 0.0))
    for number in range(MOST_SEEN * 2):
        note(record, str(number), b"answer", 1000.0)
    assert len(record.seen) <= MOST_SEEN + 1
    again = read(written(record))
    assert (again.owner, again.windows, again.answered) == (record.owner, record.windows, record.answered)
    assert again.saw(hashed(str(MOST_SEEN * 2 - 1)))


@pytest.mark.parametrize("data", [b"", b"\xc1", b"\xff" * 9, b"{}"])
def test_a_record_of_somebody_else_is_an_empty_one(data: bytes) -> None:
    assert read(data).owner == ""
