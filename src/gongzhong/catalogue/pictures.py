"""What every call that looks at a picture shares: the picture comes as an address or as a file, and places in it
are given by their corners in pixels."""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

import msgspec

from . import limits
from .fields import Violation, coded
from .model import Call, Upload

R = TypeVar("R")

BAD_ADDRESS = 101000
NO_PICTURE = 41005
TOO_LARGE = 40009


class PictureCall(Call[R], Generic[R], kw_only=True, frozen=True):
    """A call about one picture: `img_url` is its address, `img` the file itself, at most 2 MB; one of them."""

    img_url: Annotated[str, coded(invalid=BAD_ADDRESS, pattern="^https?://.")] | None = None
    img: Upload | None = None

    def cross_check(self) -> Violation | None:
        if self.img is None and self.img_url is None:
            zh, en = "需要 img_url 或图片文件 img", "either img_url or the file img is needed"
            return Violation(path="img", code=NO_PICTURE, zh=zh, en=en)
        if self.img is not None and self.img.size > limits.PICTURE_BYTES:
            size, most = self.img.size, limits.PICTURE_BYTES
            zh, en = f"图片最大 {most} 字节, 现有 {size}", f"a picture may have {most} bytes, not {size}"
            return Violation(path="img", code=TOO_LARGE, zh=zh, en=en)
        return None


class Point(msgspec.Struct, kw_only=True, frozen=True):
    """Pixels from the left and from the top."""

    x: int
    y: int


class Corners(msgspec.Struct, kw_only=True, frozen=True):
    """Where something is, as the four corners around it."""

    left_top: Point
    right_top: Point
    right_bottom: Point
    left_bottom: Point


class Place(msgspec.Struct, kw_only=True, frozen=True):
    """Where a document lies in the picture."""

    pos: Corners


class PictureSize(msgspec.Struct, kw_only=True, frozen=True):
    """Width and height of the picture in pixels."""

    w: int
    h: int
