"""Codes that segno draws are read back; everything else is no code."""

from __future__ import annotations

import io

import pytest
import segno
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from gongzhong.platform.world import pictures, qrcodes


def drawn(text: str, error: str = "m", version: int | None = None) -> Image.Image:
    written = io.BytesIO()
    code = segno.make(text, error=error, version=version, micro=False, boost_error=False)
    code.save(written, kind="png", scale=4, border=4)
    picture = pictures.opened(written.getvalue())
    assert picture is not None
    return picture


@pytest.mark.parametrize("error", ["l", "m", "q", "h"])
@pytest.mark.parametrize(
    "text", ["7", "12345678901", "HELLO WORLD $1", "你好，世界", "http://a.test/" + "x" * 300]
)
def test_what_was_written_is_read(text: str, error: str) -> None:
    (found,) = pictures.codes_in(drawn(text, error))
    assert (found.kind, found.text) == ("QR_CODE", text)


@pytest.mark.parametrize("version", [1, 2, 6, 7, 14, 21, 32, 40])
def test_every_size_of_code_is_read(version: int) -> None:
    (found,) = pictures.codes_in(drawn("WX 1", version=version))
    assert (found.kind, found.text) == ("QR_CODE", "WX 1")


@settings(max_examples=25, deadline=None)
@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=40))
def test_any_text_is_read(text: str) -> None:
    written = io.BytesIO()
    segno.make(text.encode(), mode="byte", micro=False).save(written, kind="png", scale=3, border=4)
    (found,) = pictures.codes_in(Image.open(written))
    assert (found.kind, found.text) == ("QR_CODE", text)


def test_the_platforms_own_picture_is_read_with_its_place() -> None:
    picture = pictures.opened(qrcodes.picture("http://weixin.qq.com/q/abcdefghij1234567890ZZ"))
    assert picture is not None
    (found,) = pictures.codes_in(picture)
    assert (found.kind, found.text) == ("QR_CODE", "http://weixin.qq.com/q/abcdefghij1234567890ZZ")
    assert found.corners[0] == pytest.approx((23, 23), abs=3)
    assert found.corners[2] == pytest.approx((407, 407), abs=3)


def test_a_code_is_read_turned_stained_and_on_a_dark_or_clear_ground() -> None:
    picture = drawn("http://a.test/order/1", "h").convert("L")
    ImageDraw.Draw(picture).rectangle((60, 60, 66, 66), fill=0)
    clear = Image.new("RGBA", picture.size, (0, 0, 0, 0))
    clear.paste((0, 0, 0, 255), mask=picture.point(lambda value: 255 - value))
    deep = picture.convert("I").point(lambda value: value * 256)
    for seen in (picture, picture.rotate(90), picture.rotate(7, expand=True, fillcolor=255), clear, deep):
        assert [one.text for one in pictures.codes_in(seen)] == ["http://a.test/order/1"]


def test_several_codes_are_all_read() -> None:
    both = Image.new("L", (600, 300), 255)
    both.paste(drawn("one").convert("L"), (10, 10))
    both.paste(drawn("two").convert("L"), (300, 10))
    assert {one.text for one in pictures.codes_in(both)} == {"one", "two"}


def test_a_damaged_code_is_not_guessed() -> None:
    picture = drawn("http://a.test/order/1", "l").convert("L")
    side = picture.width // 2
    ImageDraw.Draw(picture).rectangle((side - 30, side - 30, side + 30, side + 30), fill=0)
    assert pictures.codes_in(picture) == []


def test_pictures_without_a_code() -> None:
    assert pictures.codes_in(Image.new("RGB", (40, 40), "white")) == []
    assert pictures.codes_in(Image.new("RGB", (40, 40), "black")) == []
    assert pictures.opened(b"this is no picture") is None
