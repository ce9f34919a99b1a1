"""Files in a request body (multipart/form-data), as WeChat insists on them.

Its servers want the plain `filename=` (the `filename*=` form alone counts as no file), a boundary without quotes and a
body of known length. `write` keeps to that and sends names in raw UTF-8, as browsers do; `read` is the platform's half
and sees a part as WeChat does: with a file name it is a file, without one it is text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from os import urandom
from typing import Final

from .model import ANY_FILE, Upload

Part = Upload | str


MOST_PARTS: Final = 64
"""No call has more than two parts; a body with more than this is refused."""


class MalformedBody(ValueError):
    """The body is not multipart, or it is cut off."""


class Pieces:
    """A body with files in it that is read while it is sent; `size` is its length in bytes.

    It can be gone through any number of times; `bytes(…)` gives the whole.
    """

    def __init__(self, parts: Iterable[bytes | Upload]) -> None:
        self._parts = list(parts)
        self.size = sum(part.size if isinstance(part, Upload) else len(part) for part in self._parts)

    def __iter__(self) -> Iterator[bytes]:
        for part in self._parts:
            if isinstance(part, Upload):
                yield from part.pieces()
            else:
                yield part

    def __bytes__(self) -> bytes:
        return b"".join(self)

    def __len__(self) -> int:
        return self.size


def write(parts: Mapping[str, Part]) -> tuple[bytes | Pieces, str]:
    """The body and its content type; in pieces when a file is to be read while it is sent.

    Field names are those of the catalogue, hence plain ASCII.
    """
    boundary = f"gongzhong-{urandom(16).hex()}"
    pieces: list[bytes | Upload] = []
    for name, part in parts.items():
        pieces.append(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'.encode())
        if isinstance(part, Upload):
            head = f'; filename="{_header_text(part.filename)}"\r\nContent-Type: {_media_type(part)}\r\n\r\n'
            pieces += head.encode(), part, b"\r\n"
        else:
            pieces.append(b"\r\n\r\n" + part.encode() + b"\r\n")
    pieces.append(f"--{boundary}--\r\n".encode())
    body = Pieces(pieces)
    in_memory = not any(isinstance(part, Upload) and part.source is not None for part in parts.values())
    return bytes(body) if in_memory else body, f"multipart/form-data; boundary={boundary}"


def _header_text(filename: str) -> str:
    # What could end the value or the line is written as browsers write it (WHATWG, multipart/form-data).
    return filename.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _media_type(upload: Upload) -> str:
    # What does not look like a media type could end the header line and begin another.
    plain = re.fullmatch(r"[\w.+-]+/[\w.+-]+(; ?[\w-]+=[\w.+-]+)*", upload.content_type, re.ASCII)
    return upload.content_type if plain else ANY_FILE


def read(body: bytes, content_type: str) -> dict[str, Part]:
    """The parts by field name; of parts with the same name the last one counts. Raises MalformedBody."""
    # Only the platform reads; the package of this import comes with its extra.
    from python_multipart.exceptions import FormParserError
    from python_multipart.multipart import parse_options_header

    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise MalformedBody("the content type is not multipart/form-data with a boundary")
    try:
        collector = _Collector(options[b"boundary"])
        collector.parser.write(body)
        collector.parser.finalize()
    except FormParserError as error:
        raise MalformedBody(str(error)) from None
    if not collector.complete:
        raise MalformedBody("the closing boundary is missing")
    return collector.parts


class _Collector:
    """Gathers what the parser reports into parts."""

    def __init__(self, boundary: bytes) -> None:
        from python_multipart.multipart import MultipartParser, parse_options_header

        self.parts: dict[str, Part] = {}
        self.complete = False
        self._options = parse_options_header
        self._headers: dict[str, str] = {}
        self._name, self._value, self._content = bytearray(), bytearray(), bytearray()
        self.parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_part_data": lambda data, start, end: self._content.extend(data[start:end]),
                "on_part_end": self._keep,
                "on_header_field": lambda data, start, end: self._name.extend(data[start:end]),
                "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
                "on_header_end": self._keep_header,
                "on_end": self._finish,
            },
        )

    def _begin(self) -> None:
        self._headers = {}
        self._content = bytearray()

    def _keep_header(self) -> None:
        self._headers[self._name.decode("latin-1").lower()] = self._value.decode("latin-1")
        self._name, self._value = bytearray(), bytearray()

    def _keep(self) -> None:
        _, options = self._options(self._headers.get("content-disposition"))
        name, content = options.get(b"name", b"").decode("utf-8", "replace"), bytes(self._content)
        if len(self.parts) >= MOST_PARTS and name not in self.parts:
            raise MalformedBody("too many parts")
        if not options.get(b"filename"):
            self.parts[name] = content.decode("utf-8", "replace")
            return
        self.parts[name] = Upload(
            content,
            options[b"filename"].decode("utf-8", "replace"),
            self._headers.get("content-type", ANY_FILE),
        )

    def _finish(self) -> None:
        self.complete = True
