"""A picture is judged by its first bytes and its header before it is decoded, and no file makes the platform stumble.

A PNG of 21 KB that unpacks to 5 GB took 18 s, and PostScript started an interpreter: WeChat takes neither. Bytes that
are no picture are 101002 on the page 二维码/条码识别, a picture of a wrong size is 40009 in the global table.
"""

from __future__ import annotations

import io
import subprocess
import time
import tracemalloc
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from gongzhong.catalogue import ai
from gongzhong.platform.world import pictures

from .door import Door

PATHS = [kind.spec.path for kind in (ai.ReadCodes, ai.EnlargePicture, ai.CropPicture)]


def written(form: str, size: tuple[int, int] = (40, 30), mode: str = "RGB", **more: Any) -> bytes:
    made = io.BytesIO()
    Image.new(mode, size).save(made, form, **more)
    return made.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


def bomb_png(width: int, height: int, depth: int = 8, colour: int = 2) -> bytes:
    """A small file of many black pixels: deflated zeros, as much as fits into some 20 KB."""
    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes((depth, colour, 0, 0, 0))
    data = zlib.compress(bytes(20_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def bomb_gif(width: int, height: int) -> bytes:
    plain = bytearray(written("GIF", mode="P"))
    plain[6:10] = width.to_bytes(2, "little") + height.to_bytes(2, "little")
    return bytes(plain)


def bomb_bmp(width: int, height: int) -> bytes:
    plain = bytearray(written("BMP"))
    plain[18:26] = width.to_bytes(4, "little") + height.to_bytes(4, "little")
    return bytes(plain)


def bomb_jpeg(width: int, height: int) -> bytes:
    plain = bytearray(written("JPEG"))
    at = plain.index(b"\xff\xc0") + 5
    plain[at : at + 4] = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    return bytes(plain)


BOMBS = {
    "png": bomb_png(40_000, 40_000),
    "wide png": bomb_png(2**31 - 1, 1),
    "16-bit png": bomb_png(8_000, 8_000, depth=16, colour=6),
    "gif": bomb_gif(65_535, 65_535),
    "bmp": bomb_bmp(60_000, 60_000),
    "jpg": bomb_jpeg(65_500, 65_500),
}
GOOD = {
    "png": written("PNG"),
    "jpg": written("JPEG"),
    "gif": written("GIF"),
    "bmp": written("BMP"),
    "palette": written("PNG", mode="P"),
    "16 bits": written("PNG", mode="I;16"),
    "clear": written("PNG", mode="LA"),
    "one bit": written("PNG", mode="1"),
    "cmyk": written("JPEG", mode="CMYK"),
    "progressive": written("JPEG", progressive=True),
}
FOREIGN = {
    "eps": written("EPS"),
    "tiff": written("TIFF"),
    "webp": written("WEBP"),
    "ico": written("ICO"),
    "psd": b"8BPS" + bytes(60),
    "fits": b"SIMPLE  =                    T" + bytes(60),
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "pdf": b"%PDF-1.7\n",
    "nothing": b"x",
}


@pytest.fixture(scope="module")
def door() -> Iterator[Door]:
    made = Door()
    made.account.call_limits.update(dict.fromkeys(PATHS, 10**6))
    yield made
    made.world.close()


def look(door: Door, path: str, content: bytes) -> dict[str, Any]:
    return door.upload(path, "a.png", content, name="img")


@pytest.mark.parametrize("bomb", BOMBS)
def test_many_pixels_in_a_small_file_are_refused_at_once(door: Door, bomb: str) -> None:
    content = BOMBS[bomb]
    tracemalloc.start()
    begun = time.process_time()
    answers = [look(door, path, content)["errcode"] for path in PATHS]
    spent, (_, peak) = time.process_time() - begun, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert answers == [101002] * 3
    assert spent < 2
    assert peak < 20 * len(content) + 5_000_000
    extension = "jpg" if bomb == "jpg" else bomb.split()[-1]
    stored = door.upload("/cgi-bin/material/add_material", f"a.{extension}", content, type="image")
    assert stored["errcode"] == 40009


@pytest.mark.parametrize("good", GOOD)
def test_every_form_of_the_formats_that_wechat_takes_is_opened(door: Door, good: str) -> None:
    for path in PATHS:
        assert look(door, path, GOOD[good])["errcode"] == 0


@pytest.mark.parametrize("foreign", FOREIGN)
def test_other_formats_are_never_opened(door: Door, foreign: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*args: Any, **more: Any) -> Any:
        raise AssertionError("a program was started or a picture was opened")

    monkeypatch.setattr(Image, "open", never)
    monkeypatch.setattr(subprocess, "Popen", never)
    for path in PATHS:
        assert look(door, path, FOREIGN[foreign])["errcode"] == 101002


def test_an_animation_counts_as_its_first_image(door: Door) -> None:
    made = io.BytesIO()
    frames = [Image.new("RGB", (40, 30), colour) for colour in ("red", "green", "blue")]
    frames[0].save(made, "GIF", save_all=True, append_images=frames[1:] * 500)
    found = look(door, PATHS[0], made.getvalue())
    assert found["img_size"] == {"w": 40, "h": 30}


def test_a_jpeg_of_thousands_of_scans_is_not_decoded() -> None:
    picture = written("JPEG", progressive=True)
    scan = picture.index(pictures.START_OF_SCAN)
    many = picture[:scan] + picture[scan:-2] * 300 + picture[-2:]
    assert pictures.opened(picture) is not None
    assert pictures.opened(many) is None


def test_what_would_become_too_large_is_not_enlarged(door: Door) -> None:
    side = int(pictures.MOST_PIXELS**0.5) - 10
    content = written("PNG", (side, side), mode="1")
    read, enlarge, _ = PATHS
    assert look(door, read, content)["errcode"] == 0
    assert look(door, enlarge, content)["errcode"] == 101002


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    form=st.sampled_from(sorted(GOOD)),
    edits=st.lists(st.tuples(st.integers(0, 2000), st.binary(min_size=1, max_size=6)), max_size=6),
    end=st.integers(1, 3000),
)
def test_damaged_pictures_are_answered_and_never_stumbled_over(
    door: Door, form: str, edits: list[tuple[int, bytes]], end: int
) -> None:
    content = bytearray(GOOD[form][:end])
    for at, new in edits:
        start = at % len(content)
        content[start : start + len(new)] = new
    for path in PATHS:
        assert look(door, path, bytes(content))["errcode"] in (0, 101002, 41005)
