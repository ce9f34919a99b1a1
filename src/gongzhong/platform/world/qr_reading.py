"""Reading a QR code out of a picture, so that what the platform says about codes is true.

It reads codes as screens draw them: upright, alone on a light ground, undamaged. A code whose checksums do not fit
is not read.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import msgspec
from PIL import Image, UnidentifiedImageError
from segno import consts

FORMAT_MASK = 0b101010000010010
FINDER, TIMING_LINE = 7, 6
VERSIONS = range(1, 41)
ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
FIRST_WITH_VERSION = 7
NUMERIC_MODE, ALPHANUMERIC_MODE, BYTE_MODE, ECI_MODE = 1, 2, 4, 7
COUNT_BITS = {NUMERIC_MODE: (10, 12, 14), ALPHANUMERIC_MODE: (9, 11, 13), BYTE_MODE: (8, 16, 16)}

Matrix = Sequence[Sequence[bool]]


class Reading(msgspec.Struct, frozen=True):
    """The text of a code, and the box around it: left, top, right, bottom in pixels."""

    text: str
    box: tuple[int, int, int, int]


class Unreadable(Exception):
    """There is no code, or not one that is read here."""


def opened(content: bytes) -> Image.Image | None:
    """The picture, or None when the bytes are none."""
    try:
        picture = Image.open(io.BytesIO(content))
        picture.load()
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError, ValueError, SyntaxError):
        return None
    return picture


def read(picture: Image.Image) -> Reading | None:
    """The code in the picture, or None."""
    dark = picture.convert("L").point([255] * 128 + [0] * 128)
    box = dark.getbbox()
    if box is None:
        return None
    for version in VERSIONS:
        matrix = _sampled(dark, box, 17 + 4 * version)
        if _looks_like_a_code(matrix):
            try:
                return Reading(_text(_codewords(matrix, version), version), box)
            except Unreadable:
                return None
    return None


def _sampled(dark: Image.Image, box: tuple[int, int, int, int], size: int) -> Matrix:
    left, top, right, bottom = box
    across, down = (right - left) / size, (bottom - top) / size
    pixels = dark.load()
    assert pixels is not None
    return [
        [bool(pixels[int(left + (x + 0.5) * across), int(top + (y + 0.5) * down)]) for x in range(size)]
        for y in range(size)
    ]


def _looks_like_a_code(matrix: Matrix) -> bool:
    """Whether the timing lines between the three finder patterns alternate, as they do at the right size only."""
    size = len(matrix)
    rings = [matrix[y][0] and matrix[y][size - 1] and matrix[size - 1][y] for y in range(FINDER)]
    between = range(FINDER + 1, size - FINDER - 1)
    return all(rings) and all(
        matrix[TIMING_LINE][at] == (at % 2 == 0) == matrix[at][TIMING_LINE] for at in between
    )


@cache
def _data_places(version: int) -> list[tuple[int, int]]:
    """Row and column of the modules that carry data, in reading order: upwards and downwards, two columns at a time."""
    size, places, upwards = 17 + 4 * version, [], True
    taken = _fixed_places(version, size)
    for right in (column if column > TIMING_LINE else column - 1 for column in range(size - 1, 0, -2)):
        for y in range(size - 1, -1, -1) if upwards else range(size):
            places += [(y, x) for x in (right, right - 1) if (y, x) not in taken]
        upwards = not upwards
    return places


def _fixed_places(version: int, size: int) -> set[tuple[int, int]]:
    """Where finder, timing and alignment patterns, format and version stand."""
    corner, end = range(FINDER + 2), range(size - FINDER - 1, size)
    taken = {(y, x) for ys, xs in ((corner, corner), (corner, end), (end, corner)) for y in ys for x in xs}
    taken |= {(TIMING_LINE, at) for at in range(size)} | {(at, TIMING_LINE) for at in range(size)}
    centres = consts.ALIGNMENT_POS[version - 2] if version > 1 else ()
    in_finders = {(centres[a], centres[b]) for a, b in ((0, 0), (0, -1), (-1, 0))} if centres else set()
    for y, x in {(y, x) for y in centres for x in centres} - in_finders:
        taken |= {(y + down, x + across) for down in range(-2, 3) for across in range(-2, 3)}
    if version >= FIRST_WITH_VERSION:
        beside = range(size - FINDER - 4, size - FINDER - 1)
        taken |= {(y, x) for y in range(6) for x in beside} | {(y, x) for y in beside for x in range(6)}
    return taken


def _flips(mask: int, y: int, x: int) -> bool:
    """Whether a mask pattern turns this module over."""
    product = y * x
    return (
        (y + x) % 2,
        y % 2,
        x % 3,
        (y + x) % 3,
        (y // 2 + x // 3) % 2,
        product % 2 + product % 3,
        (product % 2 + product % 3) % 2,
        ((y + x) % 2 + product % 3) % 2,
    )[mask] == 0


def _format(matrix: Matrix) -> tuple[int, int]:
    """Level of error correction and number of the mask."""
    along = [matrix[8][x] for x in (0, 1, 2, 3, 4, 5, 7, 8)] + [matrix[y][8] for y in (7, 5, 4, 3, 2, 1, 0)]
    bits = int("".join("1" if bit else "0" for bit in along), 2) ^ FORMAT_MASK
    return bits >> 13, bits >> 10 & 0b111


def _codewords(matrix: Matrix, version: int) -> bytes:
    """The data without its error correction, which must agree with it."""
    level, mask = _format(matrix)
    bits = [matrix[y][x] != _flips(mask, y, x) for y, x in _data_places(version)]
    packed = bytes(
        int("".join("1" if bit else "0" for bit in bits[at : at + 8]), 2) for at in range(0, len(bits) - 7, 8)
    )
    layout: Any = consts.ECC[version]
    kinds = [kind for kind in layout[level] for _ in range(kind.num_blocks)]
    blocks: list[bytearray] = [bytearray() for _ in kinds]
    stream = iter(packed)
    for widths in ([kind.num_data for kind in kinds], [kind.num_total - kind.num_data for kind in kinds]):
        for turn in range(max(widths)):
            for block, width in zip(blocks, widths, strict=True):
                if turn < width:
                    block.append(next(stream))
    if not all(map(_agrees, blocks, (kind.num_total - kind.num_data for kind in kinds))):
        raise Unreadable
    return b"".join(bytes(block[: kind.num_data]) for block, kind in zip(blocks, kinds, strict=True))


def _agrees(block: bytearray, checks: int) -> bool:
    """Whether a block is divisible by its Reed-Solomon generator."""
    powers, logarithms = consts.GALIOS_EXP, consts.GALIOS_LOG
    for root in range(checks):
        value = 0
        for byte in block:
            value = (powers[(logarithms[value] + root) % 255] if value else 0) ^ byte
        if value:
            return False
    return True


def _text(codewords: bytes, version: int) -> str:
    bits = iter("".join(f"{byte:08b}" for byte in codewords))
    size = 0 if version < 10 else 1 if version < 27 else 2
    text = bytearray()
    while mode := _number(bits, 4):
        if mode == ECI_MODE:
            _number(bits, 8)
            continue
        if mode not in COUNT_BITS:
            raise Unreadable
        text += _segment(mode, _number(bits, COUNT_BITS[mode][size]), bits)
    return text.decode("utf-8", "replace")


def _number(bits: Iterator[str], width: int) -> int:
    """The next bits as a number; 0 after the end, which is how a full code ends."""
    found = "".join(bit for _, bit in zip(range(width), bits, strict=False))
    return int(found, 2) if len(found) == width else 0


def _segment(mode: int, count: int, bits: Iterator[str]) -> bytes:
    if mode == BYTE_MODE:
        return bytes(_number(bits, 8) for _ in range(count))
    if mode == NUMERIC_MODE:
        digits = [f"{_number(bits, 10):03d}" for _ in range(count // 3)]
        left = count % 3
        return "".join([*digits, f"{_number(bits, 3 * left + 1):0{left}d}" if left else ""]).encode()
    pairs = [divmod(_number(bits, 11), len(ALPHANUMERIC)) for _ in range(count // 2)]
    letters = [ALPHANUMERIC[index] for pair in pairs for index in pair]
    return "".join([*letters, ALPHANUMERIC[_number(bits, 6)] if count % 2 else ""]).encode()
