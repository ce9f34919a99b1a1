"""What kind of file some bytes are, and under which name WeChat takes them.

WeChat judges an upload by the extension of its file name and then by its first bytes. `recognise` looks at the bytes;
`upload_name` gives a name whose extension fits them, whatever the file was called.
"""

from __future__ import annotations

import mimetypes
import re
from pathlib import PurePosixPath
from typing import Final

ANY_FILE: Final = "application/octet-stream"
"""Media type of a file about which nothing is known."""
HEAD_BYTES: Final = 64
"""So many bytes from the beginning of a file are enough to recognise it."""
LONGEST_STEM: Final = 100
"""Characters of a file name before its extension; longer names are cut."""

_SIGNATURES: Final[tuple[tuple[int, bytes, str, str], ...]] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png", "png"),
    (0, b"\xff\xd8\xff", "image/jpeg", "jpg"),
    (0, b"GIF8", "image/gif", "gif"),
    (0, b"BM", "image/bmp", "bmp"),
    (8, b"WEBP", "image/webp", "webp"),
    (0, b"#!AMR", "audio/amr", "amr"),
    (0, b"#!SILK", "audio/silk", "silk"),
    (1, b"#!SILK", "audio/silk", "silk"),
    (0, b"ID3", "audio/mp3", "mp3"),
    (8, b"WAVE", "audio/wav", "wav"),
    (0, b"0&\xb2u\x8ef\xcf\x11", "audio/x-ms-wma", "wma"),
    (4, b"ftyphei", "image/heic", "heic"),
    (4, b"ftypmif1", "image/heic", "heic"),
    (4, b"ftypavif", "image/avif", "avif"),
    (4, b"ftypqt  ", "video/quicktime", "mov"),
    (4, b"ftypM4A ", "audio/mp4", "m4a"),
    (4, b"ftyp", "video/mp4", "mp4"),
    (0, b"\x1a\x45\xdf\xa3", "video/webm", "webm"),
)
"""Offset, bytes there, media type, extension. Of several that fit the first counts."""
_SAME: Final = {"jpeg": "jpg"}
_USUAL: Final = {"image": "jpg", "thumb": "jpg", "voice": "mp3", "video": "mp4"}
"""Declared kind of an upload → the extension of a file that is not recognised."""
_WIDE_DOT: Final = re.compile(r"[。．｡](?=[A-Za-z0-9]{2,5}$)")
_UNSAFE: Final = re.compile(r'[\x00-\x1f\x7f"\\]')


def recognise(head: bytes) -> tuple[str, str]:
    """Media type and extension by the first bytes; ("application/octet-stream", "") when unknown."""
    for offset, magic, content_type, extension in _SIGNATURES:
        if head[offset : offset + len(magic)] == magic:
            return content_type, extension
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2:
        return "audio/mp3", "mp3"  # a frame of MPEG layer III without a tag before it
    return ANY_FILE, ""


def extension_of(filename: str) -> str:
    """The extension in small letters without its dot, `jpeg` as `jpg`; empty when there is none."""
    stem, dot, extension = filename.rpartition(".")
    extension = extension.strip().lower() if dot and stem else ""
    return _SAME.get(extension, extension)


def media_type_of(filename: str) -> str:
    """The media type that an extension stands for."""
    return mimetypes.guess_type(filename)[0] or ANY_FILE


def upload_name(filename: str, head: bytes, content_type: str = ANY_FILE, kind: str = "") -> tuple[str, str]:
    """Name and media type to send for a file that begins with `head`.

    The extension is that of the content; of content that is not recognised the one that the name has, else the one of
    `content_type`, else the usual one of `kind` (image, voice, video or thumb). The rest of the name stays, Chinese
    included, without folders, quotes and control characters.
    """
    name = _plain(filename)
    found_type, extension = recognise(head)
    present = extension_of(name)
    if not extension:
        if present:
            return name, _media_type(content_type, name)
        extension = _extension_for(content_type) or _USUAL.get(kind, "")
        found_type = _media_type(content_type, f"a.{extension}")
    if not extension or present == extension:
        return name, found_type
    if present and mimetypes.guess_type(f"a.{present}")[0]:
        name = name.rpartition(".")[0]
    return f"{name}.{extension}", found_type


def _plain(filename: str) -> str:
    """The name without folders and without characters that a header line can't carry."""
    name = PurePosixPath(filename.replace("\\", "/")).name
    name = _UNSAFE.sub("", name.encode("utf-8", "ignore").decode()).strip()
    name = _WIDE_DOT.sub(".", name)
    stem, dot, extension = name.rpartition(".")
    if not dot:
        return name[:LONGEST_STEM] or "file"
    return f"{stem[:LONGEST_STEM] or 'file'}.{extension}" if extension else stem[:LONGEST_STEM] or "file"


def _extension_for(content_type: str) -> str:
    if content_type == ANY_FILE:
        return ""
    guessed = (mimetypes.guess_extension(content_type.partition(";")[0].strip()) or "").lstrip(".")
    return _SAME.get(guessed, guessed)


def _media_type(content_type: str, filename: str) -> str:
    return media_type_of(filename) if content_type == ANY_FILE else content_type
