from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongzhong.wire import cdata, read_xml
from gongzhong.wire.reading import read_tree


def carried(text: str) -> str:
    """What XML makes of a text, said in another way than the code does: character by character."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(char if legal(ord(char)) else "�" for char in lines)


def legal(code: int) -> bool:
    """Production Char of XML 1.0."""
    return code in (9, 10, 13) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000


@given(st.text(st.characters()) | st.text(st.sampled_from("]>[<&!CDAT\r\n\t \0中\ufffe\ud800😀")))
def test_any_text_comes_back(text: str) -> None:
    body = f"<xml><Content>{cdata(text)}</Content></xml>".encode()
    assert read_tree(body) == {"Content": carried(text)}
    assert read_xml(body) == {"Content": carried(text)}


@pytest.mark.parametrize("code", [*range(0x20), 0x7F, 0x85, 0x2028, 0xD800, 0xDFFF, 0xFFFE, 0xFFFF, 0x1FFFE])
def test_every_odd_character(code: int) -> None:
    assert read_xml(f"<xml><A>{cdata(chr(code))}</A></xml>".encode()) == {"A": carried(chr(code))}


def test_no_way_out_of_the_section() -> None:
    attack = "]]></Content><MsgType>evil</MsgType><Content><![CDATA["
    assert read_xml(f"<xml><Content>{cdata(attack)}</Content></xml>".encode()) == {"Content": attack}


def test_plain_text_stands_as_it_is() -> None:
    assert cdata("价格 < 5 & 甜") == "<![CDATA[价格 < 5 & 甜]]>"
