"""Pictures: the one place where the platform opens one.

A picture is judged before it is decoded: by its first bytes only formats that WeChat takes are opened (others, such as
PostScript, would start programs), and by the size in its header, for a file of a few kilobytes can stand for
gigabytes of pixels.
"""

from __future__ import annotations

import io
import warnings
from typing import Final

import msgspec
import zxingcpp
from PIL import Image

from ...catalogue.files import recognise

PILLOW_NAMES: Final = {"png": "PNG", "jpg": "JPEG", "gif": "GIF", "bmp": "BMP"}
"""Extension → what Pillow calls the format; nothing else is ever opened."""
MOST_PIXELS: Final = 30_000_000
"""Larger pictures are not decoded: 120 MB in memory. Cameras of phones make 12 to 24 million pixels. WeChat publishes
no limit."""
MOST_SCANS: Final = 64
"""A progressive JPEG is decoded once for each scan; usual ones have about ten."""
START_OF_SCAN: Final = b"\xff\xda"

CODE_NAMES: Final = {
    zxingcpp.BarcodeFormat.QRCode: "QR_CODE",
    zxingcpp.BarcodeFormat.EAN13: "EAN_13",
    zxingcpp.BarcodeFormat.Code128: "CODE_128",
}
"""Kinds of code that the page 二维码/条码识别 names."""


class Code(msgspec.Struct, frozen=True):
    """A code in a picture: its kind as WeChat names it, its text, its corners clockwise from the top left."""

    kind: str
    text: str
    corners: tuple[tuple[int, int], ...]


def size_of(content: bytes) -> tuple[int, int] | None:
    """Width and height by the header, without decoding; None when it is no picture that is opened here.

    A header that Pillow finds too large to be honest counts as (MOST_PIXELS + 1, 1).
    """
    if recognise(content)[1] not in PILLOW_NAMES:
        return None
    try:
        with _header(content) as picture:
            return picture.size
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return MOST_PIXELS + 1, 1
    except Exception:  # what a damaged file raises in Pillow is not documented: SyntaxError, struct.error, …
        return None


def too_many_pixels(content: bytes) -> bool:
    """Whether a picture's header asks for more pixels than are decoded here."""
    size = size_of(content)
    return size is not None and size[0] * size[1] > MOST_PIXELS


def opened(content: bytes) -> Image.Image | None:
    """The decoded picture, of an animation its first image; None when it is no picture, damaged or too large."""
    if size_of(content) is None or too_many_pixels(content):
        return None
    if content.count(START_OF_SCAN) > MOST_SCANS and recognise(content)[1] == "jpg":
        return None
    try:
        picture = _header(content)
        picture.load()
    except Exception:  # as above; whatever it is, the picture can't be read
        return None
    return picture if all(picture.size) else None


def _header(content: bytes) -> Image.Image:
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        return Image.open(io.BytesIO(content), formats=(PILLOW_NAMES[recognise(content)[1]],))


def grey(picture: Image.Image) -> Image.Image:
    """The picture in 256 shades of grey on a white ground."""
    if picture.mode.startswith("I") or picture.mode == "F":
        return picture.convert("I").point(lambda value: value / 256).convert("L")
    if picture.has_transparency_data:
        seen = picture.convert("RGBA")
        ground = Image.new("RGBA", seen.size, "white")
        return Image.alpha_composite(ground, seen).convert("L")
    return picture.convert("L")


def codes_in(picture: Image.Image) -> list[Code]:
    """The QR codes and bar codes in a picture that are undamaged enough to be read."""
    found = zxingcpp.read_barcodes(
        grey(picture), formats=zxingcpp.BarcodeFormats(list(CODE_NAMES)), text_mode=zxingcpp.TextMode.Plain
    )
    return [Code(CODE_NAMES[one.format], _text(one), _corners(one.position)) for one in found if one.valid]


def _text(code: zxingcpp.Barcode) -> str:
    # A code does not say in which encoding its text is; most are UTF-8, and guessing fails for short ones.
    try:
        return code.bytes.decode()
    except UnicodeDecodeError:
        return code.text


def _corners(place: zxingcpp.Position) -> tuple[tuple[int, int], ...]:
    corners = (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
    return tuple((corner.x, corner.y) for corner in corners)
