"""Calls known by name only: complete lines, classes that travel, and clear words for mistakes."""

from __future__ import annotations

import re

import pytest

from gongzhong.catalogue import listed
from gongzhong.catalogue.answers import decode_answer
from gongzhong.catalogue.encoding import decode, encode
from gongzhong.catalogue.model import Status, Upload
from gongzhong.catalogue.registry import CALLS, by_name, by_path, listed_calls

LINES = listed.lines()


def test_every_line_says_what_the_call_is() -> None:
    assert len(LINES) > 300
    for line in LINES.values():
        assert line.group in listed.GROUPS
        assert re.fullmatch(r"(/[a-z0-9_-]+)+", line.path), line
        assert re.search("[一-鿿]", line.zh), line
        assert line.en
    assert {line.group for line in LINES.values()} == set(listed.GROUPS)


def test_a_call_is_declared_once() -> None:
    twice = {call.spec.path for call in CALLS} & set(LINES)
    assert not twice, f"declared in a chapter: delete the lines of {twice} from catalogue/listed.tsv"
    assert not {call.__name__ for call in CALLS} & set(listed.by_class_name())
    assert len(listed.by_class_name()) == len(LINES)


def test_a_listed_call_is_found_like_any_other() -> None:
    assert by_name("CardCreate") is by_path("/card/create") is by_name("card/create")
    assert by_name("CardCreate") is listed.declared("/card/create")
    assert listed.declared("/card/nothing") is None
    assert len(listed_calls()) == len(LINES)


@pytest.mark.parametrize(
    "call",
    [
        listed.listed("/card/create", {"card": {"card_type": "GIFT"}}, query={"b": "2"}),
        listed.listed("card/getcolors", query={"query": "x"}),
        listed.listed("/card/invoice/platform/setpdf", file=Upload(b"%PDF", "a.pdf", "application/pdf")),
    ],
    ids=lambda call: type(call).__name__,
)
def test_query_and_body_arrive_as_given(call: listed.ListedCall) -> None:
    sent = encode(call)
    query = {**sent.query, "access_token": "T"}
    assert isinstance(sent.body, bytes | None)
    assert decode(type(call), query, sent.body or b"", sent.content_type or "") == call


def test_the_answer_is_what_came() -> None:
    kind = listed.declared("/card/get")
    assert kind is not None
    answer = decode_answer(kind, '{"errcode":0,"card":{"title":"券"},"list":[]}'.encode())
    assert answer == {"errcode": 0, "card": {"title": "券"}, "list": []}
    assert decode_answer(kind, b"{}") == {}


def test_what_is_sent_stays_out_of_the_repr() -> None:
    call = listed.listed("/card/code/consume", {"code": "110201201245"}, query={"phone": "13800000000"})
    assert repr(call) == "CardCodeConsume(query=***, body=***)"


def test_calls_that_are_gone_say_so() -> None:
    for path, code in (("/bizwifi/shop/list", 48001), ("/cgi-bin/groups/create", 45106)):
        kind = listed.declared(path)
        assert kind is not None
        assert (kind.spec.status, tuple(kind.spec.errors)) == (Status.RETIRED, (code,))


@pytest.mark.parametrize(
    ("path", "given", "words"),
    [
        ("/card/nothing", {}, "/card/nothing is not listed"),
        ("/card/getcolors", {"body": {}}, "/card/getcolors takes a query only"),
        ("/card/create", {"file": Upload(b"x")}, "/card/create takes a JSON body"),
        ("/card/invoice/platform/setpdf", {}, "/card/invoice/platform/setpdf takes a file, pdf"),
    ],
)
def test_mistakes_are_explained(path: str, given: dict[str, object], words: str) -> None:
    with pytest.raises(listed.UnknownCall) as caught:
        listed.listed(path, **given)  # type: ignore[arg-type]
    assert caught.value.en == words
