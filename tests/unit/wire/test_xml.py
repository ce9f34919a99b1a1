from __future__ import annotations

import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongzhong.errors import BadXml, TooLarge
from gongzhong.wire import Fields, Writable, read_strict_xml, read_xml, write_xml
from gongzhong.wire.reading import read_tree
from gongzhong.wire.xml import MAX_BODY_BYTES, MAX_DEPTH

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
        ("<xml><A> <![CDATA[ b ]]> </A></xml>", {"A": " b "}),
        ("<xml><A>\n  <![CDATA[b]]>\n</A>\n</xml>", {"A": "b"}),
        ("<xml><A>\n<![CDATA[b]]>\n<![CDATA[c]]></A></xml>", {"A": "bc"}),
        ("<xml><A>a <![CDATA[b]]> c</A></xml>", {"A": "a b c"}),
        ("<xml><A> <![CDATA[]]> </A></xml>", {"A": ""}),
        ("<xml><A><!-- x --><![CDATA[b]]><!-- y --></A></xml>", {"A": "b"}),
        ("\ufeff<xml><A>1</A></xml>", {"A": "1"}),
        ("<xml><A b='>' c=\"/>\"/></xml>", {"A": ""}),
        ("<xml><A>a<!-- no -->b</A></xml>", {"A": "ab"}),
        ('<xml n="1"><A b="c">1</A></xml>', {"A": "1"}),
        ('<?xml version="1.0" encoding="UTF-8"?>\n<xml><A>汉</A></xml>', {"A": "汉"}),
        (" \n<xml><A>1</A></xml>\n ", {"A": "1"}),
        ("<xml><A><![CDATA[a&b<c]]></A></xml>", {"A": "a&b<c"}),
    ],
)
def test_other_spellings(text: str, fields: Fields) -> None:
    assert read_xml(text.encode()) == fields
    assert read_strict_xml(text.encode()) == fields


@pytest.mark.parametrize(
    ("inside", "text"),
    [
        ("<![CDATA[早\x02安]]>", "早\x02安"),
        ("<![CDATA[\0]]>", "\0"),
        ("<![CDATA[a\r\nb\rc]]>", "a\r\nb\rc"),
        ("<![CDATA[\x08\x0b\x1d\x7f\x85\u2028\ufffe\uffff]]>", "\x08\x0b\x1d\x7f\x85\u2028\ufffe\uffff"),
        ("a\x02b", "a\x02b"),
        ("&#2;&#x1D;&#xFFFF;", "\x02\x1d\uffff"),
        ("&#xD800;&#9999999;&#99999999;", "��&#99999999;"),
        ("https://a.example/?b=1&c=2&d", "https://a.example/?b=1&c=2&d"),
        ("<![CDATA[a]]>b]]>", "a]]>b"),
        ("<![CDATA[a]]><b>c</b>]]>", "a]]><b>c</b>"),
        ("<![CDATA[]]></B><MsgType>evil]]>", "]]></B><MsgType>evil"),
        ("<![CDATA[]]>]]>", "]]>"),
        ("<![CDATA[]]]]><![CDATA[>]]>", "]]>"),
        ("a]]>b", "a]]>b"),
        ("< ![CDATA[a] ]>", "a"),
        ("< ![CDATA[a]]>", "a"),
        ("<![CDATA[a] ]>]]>", "a] ]>"),
    ],
)
def test_what_a_strict_reader_refuses(inside: str, text: str) -> None:
    body = f"<xml><A>{inside}</A><B>1</B></xml>".encode()
    assert read_xml(body) == read_tree(body) == {"A": text, "B": "1"}


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        (b"a\xffb", "a�b"),
        (b"\xe6\xb1", "�"),
        ("汉".encode("gbk"), "��"),
        (b"\xed\xa0\xbd\xed\xb8\x80", "😀"),
        (b"\xed\xa0\xbd", "�"),
        (b"\xed\xb8\x80\xed\xa0\xbd!", "��!"),
        (b"\xc0\x80", "��"),
    ],
)
def test_bytes_that_are_no_text_are_shown_as_lost(typed: bytes, text: str) -> None:
    assert read_xml(b"<xml><A><![CDATA[" + typed + b"]]></A></xml>") == {"A": text}


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
        ("<xml><A>1</A></xml>".encode("utf-16"), "malformed"),
        (b"<xml><A><![CDATA[a]]>b<C>]]></B></xml>", "malformed"),
        (b"<xml><A><![CDATA[a</A></xml>", "malformed"),
        (b"<xml><!-- <A>1</A></xml>", "malformed"),
        (b"<xml><!ELEMENT A></xml>", "malformed"),
        (b'<xml><A b="></A></xml>', "malformed"),
        (b"\n<?xml version='1.0'?><xml/>", "instruction"),
        (b"<xml><A>a < b</A></xml>", "malformed"),
        (b'<?xml version="1.0" encoding="gb2312"?><xml></xml>', "gb2312"),
        (b"", "outermost"),
        (b"success", "outermost"),
        (b'{"ToUserName":"x"}', "outermost"),
        (b"<html></html>", "outermost"),
        (b"<XML><A>1</A></XML>", "outermost"),
        (b"<xml>text</xml>", "outermost"),
        (b"<xml><A>1</A></xml><xml></xml>", "outermost"),
        (b"<xml><A>1</B></xml>", "mismatched"),
        (b"<xml><A>1</A>", "unclosed"),
        (b"<xml>text<A>1</A></xml>", "mixes"),
        (b"<xml><A>1<B>2</B></A></xml>", "mixes"),
    ],
)
def test_refused_with_a_reason(body: bytes, word: str) -> None:
    with pytest.raises(BadXml) as caught:
        read_xml(body)
    assert word in caught.value.en
    assert caught.value.zh


@pytest.mark.parametrize(
    "body",
    [
        b"<xml><A>\xff</A></xml>",
        b"<xml><A>a\x00b</A></xml>",
        b"<xml><A>&#0;</A></xml>",
        b"<xml><A>\xef\xbf\xbf</A></xml>",
        b"<xml><A>]]></A></xml>",
        b"<xml><A>a&b=1</A></xml>",
        b"<xml>< ![CDATA[a] ]></xml>",
        b"<xml><A>1</B></xml>",
        BOMB.encode(),
        b"<xml><?php x ?></xml>",
        b"<xml>" + b"<A>" * 80_000,
    ],
)
def test_a_reply_must_be_xml(body: bytes) -> None:
    with pytest.raises(BadXml):
        read_strict_xml(body)


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
        b"<" * MAX_BODY_BYTES,
        b"<xml><A>" + b"<![CDATA[a]]>b]]>" * 15_000 + b"</A></xml>",
        b"<xml><A>" + b"<![CDATA[a]]><b>" * 15_000 + b"</A></xml>",
        b"<xml>" + b"<A><![CDATA[a]]><b>]]></A>" * 10_000 + b"</xml>",
        b"<xml><A>" + b"<![CDATA[a]]> " * 18_000 + b"</A></xml>",
        b"<xml><A>" + b"<!-- " * 50_000,
        b"<xml><A" + b' "<A' * 60_000,
        b"<xml><A " + b"/" * 250_000,
        b"<xml><A>" + b"&a" * 120_000 + b"</A></xml>",
        b"<xml><A>" + b"\xed\xa0\xbd" * 80_000 + b"</A></xml>",
        b"<xml><A>" + b"< ![CDATA[] " * 20_000,
        b"<?xml " + b"?" * 250_000,
    ],
)
def test_the_largest_hostile_body_takes_no_time(body: bytes) -> None:
    before = time.process_time()
    with suppress(BadXml):
        read_xml(body)
    with suppress(BadXml):
        read_tree(body)
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
    assert read_strict_xml(write_xml(fields)) == fields


@given(st.text(st.characters()) | st.text(st.sampled_from("]>[<&!CDAT\r\n\t \0中\ufffe😀")))
def test_what_was_typed_arrives_as_it_was_typed(text: str) -> None:
    body = write_xml({"Content": text, "MsgId": 1})
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert read_xml(body) == read_tree(body) == {"Content": whole, "MsgId": "1"}


SCRAPS = st.lists(
    st.sampled_from(
        [
            "<xml>", "</xml>", "<A>", "</A>", "<B>", "</B>", "<A/>", "<B />", "<![CDATA[", "]]>", "]", ">", "&amp;",
            "&#65;", "&lt;", "1", "汉", "a b", "\n", "\t", "😀", "<!-- x -->", '<A c="d">', "<A>1</A>",
            "<B><![CDATA[2]]></B>", "<C>\n<![CDATA[x]]>\n</C>", '<?xml version="1.0"?>',
        ]
    ),
    max_size=9,
).map("".join)  # fmt: skip


@settings(max_examples=1000)
@given(SCRAPS | SCRAPS.map(lambda inside: f"<xml>{inside}</xml>"))
def test_what_a_strict_reader_accepts_is_read_identically(text: str) -> None:
    with suppress(BadXml):
        fields = read_strict_xml(text.encode())
        assert read_tree(text.encode()) == fields
        assert read_xml(text.encode()) == fields


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
