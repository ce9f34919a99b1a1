"""How long a voice plays, and that more than sixty seconds are refused."""

from __future__ import annotations

import io
import struct
import wave

import pytest

from gongzhong.platform.world import media
from gongzhong.platform.world.media import voice_seconds
from gongzhong.platform.world.refusal import Refusal


def amr(length_s: float) -> bytes:
    frame = bytes([7 << 3]) + bytes(31)
    return b"#!AMR\n" + frame * round(length_s * 50)


def wav(length_s: float) -> bytes:
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8_000)
        file.writeframes(bytes(round(16_000 * length_s)))
    return written.getvalue()


def mp3(length_s: float, tag: int = 0) -> bytes:
    head = b"ID3\x03\x00\x00" + bytes([0, 0, tag >> 7, tag & 0x7F]) + bytes(tag) if tag else b""
    frames = bytes([0xFF, 0xFB, 0x90, 0x00])  # MPEG 1, layer III, 128 kbit/s
    return head + frames + bytes(round(16_000 * length_s) - len(frames))


@pytest.mark.parametrize(
    "make", [amr, wav, mp3, lambda s: mp3(s, tag=300)], ids=["amr", "wav", "mp3", "tagged"]
)
def test_each_format_tells_its_length(make: object) -> None:
    assert callable(make)
    assert voice_seconds(make(2.5)) == pytest.approx(2.5)
    assert voice_seconds(make(61)) == pytest.approx(61)


def test_wide_band_frames_are_of_another_size() -> None:
    assert voice_seconds(b"#!AMR-WB\n" + (bytes([8 << 3]) + bytes(60)) * 100) == pytest.approx(2)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"ID3" + bytes(60),
        b"\xff\xfb\xf0\x00",
        b"\xff\xfd\x90\x00",
        b"RIFF\x00\x00\x00\x00WAVE",
        b"RIFF\x00\x00\x00\x00WAVEdata" + struct.pack("<I", 4) + bytes(4),
        b"0&\xb2u\x8ef\xcf\x11",
    ],
)
def test_what_does_not_tell_has_no_length(content: bytes) -> None:
    assert voice_seconds(content) is None


@pytest.mark.parametrize("permanent", [True, False])
def test_sixty_seconds_are_taken_and_more_are_refused(*, permanent: bool) -> None:
    media.accept("voice", amr(60), permanent=permanent)
    with pytest.raises(Refusal) as refused:
        media.accept("voice", amr(60.02), permanent=permanent)
    assert refused.value.code == 45007
