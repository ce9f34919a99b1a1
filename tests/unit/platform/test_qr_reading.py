"""Codes that segno draws are read back; everything else is no code."""

from __future__ import annotations

import io

import pytest
import segno
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from gongzhong.platform.world import qr_reading, qrcodes


def drawn(text: str, error: str = "m", version: int | None = None) -> Image.Image:
    written = io.BytesIO()
    code = segno.make(text, error=error, version=version, micro=False, boost_error=False)
    code.save(written, kind="png", scale=4, border=4)
    picture = qr_reading.opened(written.getvalue())
    assert picture is not None
    return picture


@pytest.mark.parametrize("error", ["l", "m", "q", "h"])
@pytest.mark.parametrize(
    "text", ["7", "12345678901", "HELLO WORLD $1", "你好，世界", "http://a.test/" + "x" * 300]
)
def test_what_was_written_is_read(text: str, error: str) -> None:
    reading = qr_reading.read(drawn(text, error))
    assert reading is not None
    assert reading.text == text


@pytest.mark.parametrize("version", [1, 2, 6, 7, 14, 21, 32, 40])
def test_every_size_of_code_is_read(version: int) -> None:
    reading = qr_reading.read(drawn("WX 1", version=version))
    assert reading is not None
    assert reading.text == "WX 1"


@settings(max_examples=25, deadline=None)
@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=40))
def test_any_text_is_read(text: str) -> None:
    written = io.BytesIO()
    segno.make(text.encode(), mode="byte", micro=False).save(written, kind="png", scale=3, border=4)
    reading = qr_reading.read(Image.open(written))
    assert reading is not None
    assert reading.text == text


def test_the_platforms_own_picture_is_read_with_its_place() -> None:
    picture = qr_reading.opened(qrcodes.picture("http://weixin.qq.com/q/abcdefghij1234567890ZZ"))
    assert picture is not None
    reading = qr_reading.read(picture)
    assert reading is not None
    assert reading.text == "http://weixin.qq.com/q/abcdefghij1234567890ZZ"
    assert reading.box == (23, 23, 407, 407)


def test_a_damaged_code_is_not_guessed() -> None:
    picture = drawn("http://a.test/order/1").convert("L")
    side = picture.width // 2
    ImageDraw.Draw(picture).rectangle((side, side, side + 12, side + 12), fill=0)
    assert qr_reading.read(picture) is None


def test_pictures_without_a_code() -> None:
    assert qr_reading.read(Image.new("RGB", (40, 40), "white")) is None
    assert qr_reading.read(Image.new("RGB", (40, 40), "black")) is None
    assert qr_reading.opened(b"this is no picture") is None
