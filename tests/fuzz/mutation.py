"""Bytes made from real samples: cut, repeated, flipped, spliced with another sample or with what parsers fear."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

FEARED = (
    *(
        b"\x00",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\xed\xa0\x80",
        b"\xf0\x9f\x98",
        b"\r\n",
        b"\n",
        b"\r",
        b"\t",
        b" ",
    ),
    *(
        b"]]>",
        b"<![CDATA[",
        b"<!DOCTYPE x [<!ENTITY y 'z'>]>",
        b"<!--",
        b"<?xml?>",
        b"</xml>",
        b"<a>",
        b"&lt;",
    ),
    *(
        b"&#0;",
        b"&#x110000;",
        b"&#55357;",
        b"\\ud83d",
        b"\\u0000",
        b"\\",
        b'"',
        b"'",
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
    ),
    *(b"null", b"true", b"NaN", b"-Infinity", b"1e999", b"-1", b"0", b"9" * 25, b"0x10", b"1_000"),
    *(
        b"../",
        b"..\\",
        b"//",
        b"%00",
        b"%2e%2e%2f",
        b"%",
        b"?",
        b"#",
        b"@",
        b":",
        b";",
        b"=",
        b"&",
        b"file:///",
    ),
    *(b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", b"0\r\n\r\n", b"ffffffffffffffff\r\n"),
    *(
        "你好".encode(),
        "👩‍👩‍👧".encode(),
        "\u202e".encode(),
        b"A" * 300,
        b"(" * 200,
        b"[" * 2000,
        b"<a>" * 500,
    ),
    *(b'{"a":' * 600, b"--", b"${x}", b"{{x.DATA}}", b"\x1b[2J"),
)
LONGEST = 40_000


def mutated(random: Random, samples: Sequence[bytes]) -> bytes:
    """A sample after a few changes; now and then nothing but noise."""
    if random.random() < 0.02:
        return random.randbytes(random.randrange(200))
    data = bytearray(random.choice(samples))
    for _ in range(random.choice((1, 1, 1, 2, 2, 3, 5, 9))):
        _change(random, data, samples)
    return bytes(data[:LONGEST])


def _change(random: Random, data: bytearray, samples: Sequence[bytes]) -> None:
    size = len(data)
    at = random.randrange(size + 1)
    end = min(size, at + random.choice((1, 1, 2, 4, 16, 64, 256)))
    match random.randrange(8):
        case 0:
            del data[at:end]
        case 1:
            data[at:at] = data[at:end] * random.choice((1, 2, 30))
        case 2:
            data[at:at] = random.choice(FEARED)
        case 3:
            data[at:end] = random.choice(FEARED)
        case 4:
            del data[at:]
        case 5 if size:
            data[at % size] ^= 1 << random.randrange(8)
        case 6:
            other = random.choice(samples)
            start = random.randrange(len(other) + 1)
            data[at:end] = other[start : start + random.choice((4, 32, 256))]
        case _:
            data[at:end] = random.randbytes(random.choice((1, 2, 8)))
