from __future__ import annotations

import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongzhong.errors import BadXml, TooLarge
from gongzhong.wire import Fields, Writable, read_xml, write_xml
from gongzhong.wire.xml import MAX_BODY_BYTES, MAX_DEPTH, read_tree

NESTED = """<xml><MsgType><![CDATA[event]]></MsgType>
<SendPicsInfo><Count>2</Count>
<PicList><item><PicMd5Sum><![CDATA[a]]></PicMd5Sum></item>
<item><PicMd5Sum><![CDATA[b]]></PicMd5Sum></item></PicList></SendPicsInfo></xml>"""


def test_nesting_and_repeats() -> None:
    assert read_xml(NESTED.encode()) == {
        "MsgType": "event",
        "SendPicsInfo": {"Count": "2", "PicList": {"item": [{"PicMd5Sum": "a"}, {"PicMd5Sum": "b"}]}},
    }


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("<xml/>", {}),
        ("<xml>\n</xml>", {}),
        ("<xml><A/></xml>", {"A": ""}),
        ("<xml><A>1</A><A>2</A><A>3</A></xml>", {"A": ["1", "2", "3"]}),
        ("<xml><A></A><A>2</A></xml>", {"A": ["", "2"]}),
        ("<xml><A>a&amp;b&lt;&#65;</A></xml>", {"A": "a&b<A"}),
        ("<xml><A> <![CDATA[ b ]]> </A></xml>", {"A": "  b  "}),
        ("<xml><A>a<!-- no -->b</A></xml>", {"A": "ab"}),
        ('<xml n="1"><A b="c">1</A></xml>', {"A": "1"}),
        ('<?xml version="1.0" encoding="UTF-8"?>\n<xml><A>汉</A></xml>', {"A": "汉"}),
        (" \n<xml><A>1</A></xml>\n ", {"A": "1"}),
        ("<xml><A><![CDATA[a&b<c]]></A></xml>", {"A": "a&b<c"}),
        ("<xml><A>\r\n</A></xml>", {"A": "\n"}),
    ],
)
def test_other_spellings(text: str, fields: Fields) -> None:
    assert read_xml(text.encode()) == fields


BOMB = "<!DOCTYPE xml [" + '<!ENTITY a "ha">' + '<!ENTITY b "&a;&a;&a;">' + "]><xml><A>&b;</A></xml>"


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (BOMB.encode(), "DTD"),
        (b'<!DOCTYPE xml SYSTEM "file:///etc/passwd"><xml><A>1</A></xml>', "DTD"),
        (b"<!DOCTYPE xml><xml><A>1</A></xml>", "DTD"),
        (b"<xml><A>&secret;</A></xml>", "entity"),
        (b"<xml><?php x ?></xml>", "instruction"),
        (b'<?xml-stylesheet href="x"?><xml></xml>', "instruction"),
        (b"<xml><A>\xff</A></xml>", "UTF-8"),
        ("<xml><A>汉</A></xml>".encode("gbk"), "UTF-8"),
        ("<xml><A>1</A></xml>".encode("utf-16"), "UTF-8"),
        (b'<?xml version="1.0" encoding="gb2312"?><xml></xml>', "gb2312"),
        (b"", "no element"),
        (b"success", "malformed"),
        (b'{"ToUserName":"x"}', "malformed"),
        (b"<html></html>", "outermost"),
        (b"<XML><A>1</A></XML>", "outermost"),
        (b"<xml>text</xml>", "outermost"),
        (b"<xml><A>1</A></xml><xml></xml>", "junk"),
        (b"<xml><A>1</B></xml>", "mismatched"),
        (b"<xml><A>1</A>", "no element|unclosed"),
        (b"<xml>text<A>1</A></xml>", "mixes"),
        (b"<xml><A>1<B>2</B></A></xml>", "mixes"),
        (b"<xml><A>a\x00b</A></xml>", "malformed"),
        (b"<xml><A>&#0;</A></xml>", "malformed"),
        (b"<xml><A>\xef\xbf\xbf</A></xml>", "malformed"),
        (b"<xml><A>]]></A></xml>", "malformed"),
    ],
)
def test_refused_with_a_reason(body: bytes, word: str) -> None:
    with pytest.raises(BadXml) as caught:
        read_xml(body)
    assert any(part in caught.value.en for part in word.split("|")), caught.value.en
    assert caught.value.zh


def test_size_is_limited() -> None:
    def body(size: int) -> bytes:
        return b"<xml><A>" + b"a" * (size - 18) + b"</A></xml>"

    assert len(body(MAX_BODY_BYTES)) == MAX_BODY_BYTES
    assert read_xml(body(MAX_BODY_BYTES))
    with pytest.raises(TooLarge):
        read_xml(body(MAX_BODY_BYTES + 1))
    with pytest.raises(TooLarge):
        read_xml(body(21), max_bytes=20)


def test_depth_is_limited() -> None:
    def body(levels: int) -> bytes:
        return b"<xml>" + b"<A>" * (levels - 1) + b"</A>" * (levels - 1) + b"</xml>"

    assert read_xml(body(MAX_DEPTH))
    with pytest.raises(BadXml, match=str(MAX_DEPTH)):
        read_xml(body(MAX_DEPTH + 1))
    with pytest.raises(BadXml):
        read_xml(b"<xml>" + b"<A>" * 80_000)


@pytest.mark.parametrize(
    "body",
    [
        b"<xml>" + b"<A>" * 80_000,
        b"<xml>" + b"<A><![CDATA[" * 20_000,
        b"<xml><A>" + b"]" * 250_000,
        b"<xml>" + b"<A>1</A>" * 30_000,
        b"<xml><A>" + b"&#65;" * 50_000 + b"</A></xml>",
        b"<xml><A>" + b"<![CDATA[a]]>" * 20_000 + b"</A></xml>",
        b"<xml><A" + b"a" * 250_000,
        b"<xml><ToUserName><![CDATA[" + b"]" * 250_000 + b"<Content>",
        b"<xml><ToUserName><![CDATA[x]]></ToUserName>" + b" " * 250_000 + b"<Content>",
    ],
)
def test_the_largest_hostile_body_takes_no_time(body: bytes) -> None:
    before = time.process_time()
    with suppress(BadXml):
        read_xml(body)
    assert time.process_time() - before < 1


@settings(max_examples=400)
@given(st.binary(max_size=60) | st.binary(max_size=40).map(lambda inside: b"<xml>" + inside + b"</xml>"))
def test_no_bytes_raise_anything_else(body: bytes) -> None:
    try:
        assert isinstance(read_xml(body), dict)
    except BadXml as problem:
        assert problem.status == 400


LEGAL = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff")
)
NAMES = st.from_regex(r"[A-Za-z_][\w.-]{0,8}", fullmatch=True).filter(str.isascii)
TREES: st.SearchStrategy[Fields] = st.recursive(
    st.dictionaries(NAMES, LEGAL, min_size=1, max_size=4),
    lambda inner: st.dictionaries(
        NAMES, LEGAL | inner | st.lists(LEGAL | inner, min_size=2, max_size=3), min_size=1, max_size=4
    ),
    max_leaves=8,
)


@given(TREES)
def test_what_is_written_is_read_back(fields: Fields) -> None:
    assert read_xml(write_xml(fields)) == fields
    assert read_tree(write_xml(fields)) == fields


def test_spelling_of_what_is_written() -> None:
    fields: dict[str, Writable] = {
        "CreateTime": 1700000001,
        "Image": {"MediaId": "m"},
        "item": ["a", {"B": 2}],
    }
    assert write_xml(fields) == (
        b"<xml><CreateTime>1700000001</CreateTime><Image><MediaId><![CDATA[m]]></MediaId></Image>"
        b"<item><![CDATA[a]]></item><item><B>2</B></item></xml>"
    )


@pytest.mark.parametrize("name", ["", "a b", "A><B", "1", "Ä", "-a", "A\n", "<!--"])
def test_a_name_cannot_break_out(name: str) -> None:
    with pytest.raises(BadXml):
        write_xml({name: "1"})
