"""How long a voice plays, told by its bytes: WeChat takes sixty seconds and measures them itself.

AMR has frames of 20 ms, WAV says its bytes per second, MP3 is taken at the bit rate of its first frame. What can't be
told (WMA, broken files) counts as short.
"""

from __future__ import annotations

import struct
from typing import Final

FRAME_S: Final = 0.02
# Bytes of speech after the head of a frame, by mode; further modes carry none (RFC 4867).
AMR_FRAMES: Final = (12, 13, 15, 17, 19, 20, 26, 31, 5)
AMR_WB_FRAMES: Final = (17, 23, 32, 36, 40, 46, 50, 58, 60, 5)
AMR_HEAD, AMR_WB_HEAD = b"#!AMR\n", b"#!AMR-WB\n"
# Kilobits per second of layer III, by index: MPEG 1, then MPEG 2 and 2.5.
MP3_KBPS: Final = (
    (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
)
LAYER_III, MPEG_1 = 0b01, 0b11


def seconds(content: bytes) -> float | None:
    """The length of a voice, or None when its bytes do not tell."""
    if content.startswith(AMR_WB_HEAD):
        return _amr(content[len(AMR_WB_HEAD) :], AMR_WB_FRAMES)
    if content.startswith(AMR_HEAD):
        return _amr(content[len(AMR_HEAD) :], AMR_FRAMES)
    if content[8:12] == b"WAVE":
        return _wav(content)
    return _mp3(content)


def _amr(frames: bytes, sizes: tuple[int, ...]) -> float:
    count = position = 0
    while position < len(frames):
        mode = frames[position] >> 3 & 0b1111
        position += 1 + (sizes[mode] if mode < len(sizes) else 0)
        count += 1
    return count * FRAME_S


def _wav(content: bytes) -> float | None:
    rate, position = 0, 12
    while position + 8 <= len(content):
        name, size = struct.unpack_from("<4sI", content, position)
        if name == b"fmt " and position + 20 <= len(content):
            (rate,) = struct.unpack_from("<I", content, position + 16)
        if name == b"data":
            return float(size / rate) if rate else None
        position += 8 + size + size % 2
    return None


def _mp3(content: bytes) -> float | None:
    position = 0
    if content.startswith(b"ID3") and len(content) > 10:
        # The length of the tag has seven bits to the byte.
        position = 10 + sum(byte << shift for byte, shift in zip(content[6:10], (21, 14, 7, 0), strict=True))
    head = content[position : position + 3]
    if len(head) < 3 or head[0] != 0xFF or head[1] >> 5 != 0b111 or head[1] >> 1 & 0b11 != LAYER_III:
        return None
    table, index = MP3_KBPS[head[1] >> 3 & 0b11 != MPEG_1], head[2] >> 4
    if not 0 < index < len(table):
        return None
    return (len(content) - position) * 8 / (table[index] * 1_000)
