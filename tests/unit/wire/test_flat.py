from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongzhong.errors import BadXml
from gongzhong.wire.reading import read_flat, read_tree

PUSH = """<xml>
<ToUserName><![CDATA[gh_a1b2c3d4e5f6]]></ToUserName>
<FromUserName><![CDATA[oABCD1234efgh5678ijkl9012mnop]]></FromUserName>
<CreateTime>1700000001</CreateTime>
<MsgType><![CDATA[text]]></MsgType>
<Content><![CDATA[第一行
[微笑] ]] > 1 😀]]></Content>
<MsgId>24261840000000001</MsgId>
</xml>"""

EVENT = """<xml>
<ToUserName><![CDATA[gh_a1b2c3d4e5f6]]></ToUserName>
<FromUserName><![CDATA[oABCD1234efgh5678ijkl9012mnop]]></FromUserName>
<CreateTime>1700000001</CreateTime>
<MsgType><![CDATA[event]]></MsgType>
<Event><![CDATA[CLICK]]></Event>
<EventKey><![CDATA[<Content>key]]></EventKey>
</xml>"""

FLAT = [
    "<xml><A>a\x00b</A></xml>",
    "<xml><A>a\x0bb</A></xml>",
    "<xml><A>a\ufffeb</A></xml>",
    "<xml><A>a\uffffb</A></xml>",
    "<xml><A>a\rb</A></xml>",
    PUSH.replace("第一行", "a\0b"),
    PUSH.replace("第一行", "a\rb"),
    PUSH.replace("第一行", "a&b"),
    EVENT.replace("<Content>", ""),
    EVENT.replace("<Content>", "").replace("EventKey", "Latitude"),
    PUSH.replace("MsgId", "MsgID"),
    PUSH,
    PUSH.replace("\n", ""),
    PUSH.replace(">\n<", ">\n\t <").replace("<xml>\n\t ", "<xml>\n"),
    PUSH + "\n",
    "<xml><A></A></xml>",
    "<xml><A><![CDATA[]]></A></xml>",
    "<xml><A> b </A></xml>",
    "<xml><A>a > b</A></xml>",
    "<xml><xml>1</xml></xml>",
    "<xml><A><![CDATA[a]]]></A></xml>",
    "<xml><A_1>1</A_1></xml>",
]

NEAR_MISSES = [
    EVENT,
    PUSH.replace("第一行", "a]]>b"),
    PUSH.replace("第一行", "a<b"),
    PUSH.replace("</CreateTime>", "]]></CreateTime>"),
    PUSH.replace("MsgId>", "Content>"),
    PUSH.replace("</xml>", "<Idx/></xml>"),
    "",
    "<xml>",
    "</xml>",
    "<xml></xml>",
    "<xml>text</xml>",
    "<xml/>",
    "<xml><A>1</A>",
    "<xml><A>1</A></xml>x",
    "<xml><A>1</A></xml><xml></xml>",
    "x<xml><A>1</A></xml>",
    "<xml>x<A>1</A></xml>",
    "<xml><A>1</A>x</xml>",
    "<xml><A>1</A>x<B>2</B></xml>",
    "<xml><A>1</B></xml>",
    "<xml><A>1</A >2</A></xml>",
    '<xml><A b="c">1</A></xml>',
    "<xml><A><B>1</B></A></xml>",
    "<xml><A>1</A><A>2</A></xml>",
    "<xml><A>&amp;</A></xml>",
    "<xml><A><![CDATA[a&b]]></A></xml>",
    "<xml><A><![CDATA[a<b]]></A></xml>",
    "<xml><A>a]]></A></xml>",
    "<xml><A>a]]>b</A></xml>",
    "<xml><A><![CDATA[a]]>b]]></A></xml>",
    "<xml><A><![CDATA[a]]>b</A></xml>",
    "<xml><A>b<![CDATA[a]]></A></xml>",
    "<xml><A><![CDATA[a]]><![CDATA[b]]></A></xml>",
    "<xml><A><![CDATA[a]]</A></xml>",
    "<xml><A><![cdata[a]]></A></xml>",
    "<xml>\r\n<A>1</A></xml>",
    "<xml><A>1</A>\x0c</xml>",
    "<xml><A>1</A>\u00a0</xml>",
    "<xml><1>1</1></xml>",
    "<xml><Ä>1</Ä></xml>",
    "<xml><A-B>1</A-B></xml>",
    "<xml><!-- c --><A>1</A></xml>",
    "<xml><A><!-- c --></A></xml>",
    "<xml><?p?><A>1</A></xml>",
    '<?xml version="1.0"?><xml><A>1</A></xml>',
    '<!DOCTYPE xml [<!ENTITY e "x">]><xml><A>e</A></xml>',
    "\ufeff<xml><A>1</A></xml>",
    " <xml><A>1</A></xml>",
    "<XML><A>1</A></XML>",
    "<xml ><A>1</A></xml>",
]


@pytest.mark.parametrize("text", FLAT)
def test_flat_shape_is_read_as_by_the_full_reader(text: str) -> None:
    fields = read_flat(text.encode())
    assert fields is not None
    assert fields == read_tree(text.encode())


@pytest.mark.parametrize("text", NEAR_MISSES)
def test_anything_else_is_left_to_the_full_reader(text: str) -> None:
    assert read_flat(text.encode()) is None


@pytest.mark.parametrize(
    "body", [b"<xml><A>\xff</A></xml>", b"<xml><A>\xed\xa0\x80</A></xml>", b"\xff\xfe<\0x\0"]
)
def test_what_is_not_utf8_is_left_too(body: bytes) -> None:
    assert read_flat(body) is None


PIECES = st.sampled_from(
    [
        "<xml>", "</xml>", "<A>", "</A>", "<B>", "</B>", "<A/>", "<![CDATA[", "]]>", "]", ">", "<", "&",
        "&lt;", "/", "1", "汉", "a b", "\n", "\t", "\r", "\0", "\x1f", "\ufffe", "\u2028", "😀", "<!--",
        "-->", "<?x?>", 'c="d"', "<A>1</A>", "<B><![CDATA[2]]></B>", "<C><![CDATA[x]]></C>\n",
    ]
)  # fmt: skip
WRAPPED = st.lists(PIECES, max_size=8).map(lambda pieces: "<xml>" + "".join(pieces) + "</xml>")
SCRAPS = st.lists(PIECES, max_size=8).map("".join)


@settings(max_examples=800)
@given(WRAPPED | SCRAPS)
def test_what_is_accepted_the_full_reader_reads_identically(text: str) -> None:
    fields = read_flat(text.encode())
    if fields is not None:
        assert fields == read_tree(text.encode())


@settings(max_examples=400)
@given(
    st.dictionaries(st.from_regex(r"[A-Za-z]\w{0,8}", fullmatch=True), st.text(st.characters(codec="utf-8")))
)
def test_any_value_is_read_identically_or_not_at_all(values: dict[str, str]) -> None:
    inside = "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in values.items())
    body = f"<xml>{inside}</xml>".encode()
    fields = read_flat(body)
    if fields is not None:
        assert fields == read_tree(body)


@settings(max_examples=400)
@given(
    st.sampled_from([PUSH.encode(), EVENT.replace("<Content>", "").encode()]),
    st.integers(0, len(EVENT)),
    st.sampled_from([b"", b"&", b"<", b">", b"]]>", b"\r", b"\0", b"<A>1</A>", b"<!---->"])
    | st.binary(max_size=4),
    st.integers(0, 3),
)
def test_one_damage_anywhere(whole: bytes, position: int, inserted: bytes, removed: int) -> None:
    body = whole[:position] + inserted + whole[position + removed :]
    fields = read_flat(body)
    if fields is not None:
        assert fields == read_tree(body)
    else:
        try:
            read_tree(body)
        except BadXml as problem:
            assert problem.zh and problem.en
