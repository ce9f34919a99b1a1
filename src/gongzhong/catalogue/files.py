"""Files on the wire: what is uploaded, from memory or from a disk, and what comes back.

A file is never read as a whole unless it already is in memory: it is sent, and saved, a piece at a time, and
sent again from its beginning when a call is repeated.

WeChat judges an upload by the extension of its file name and then by its first bytes. `recognise` looks at the bytes;
`upload_name` gives a name whose extension fits them, whatever the file was called.
"""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterator
from dataclasses import dataclass
from inspect import iscoroutinefunction
from os import SEEK_END, PathLike
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Final, TypeAlias, cast

import msgspec

from ..errors import GongzhongError

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
_WIDE_DOT: Final = r"[。．｡](?=[A-Za-z0-9]{2,5}$)"
_UNSAFE: Final = r'[\x00-\x1f\x7f"\\]'


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
    name = re.sub(_UNSAFE, "", name.encode("utf-8", "ignore").decode()).strip()
    name = re.sub(_WIDE_DOT, ".", name)
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


FileLike: TypeAlias = str | PathLike[str] | bytes | bytearray | memoryview | BinaryIO
"""What a file may be given as: its path, its bytes, or opened for reading in binary mode. Uploaded files of web
frameworks are open files, too."""

PIECE_BYTES: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class FileSource:
    """Bytes on a disk or in an open file, from `start` on; each iteration begins there again."""

    file: Path | BinaryIO
    start: int
    size: int

    def __iter__(self) -> Iterator[bytes]:
        if isinstance(self.file, Path):
            with self.file.open("rb") as opened:
                yield from _pieces(opened, self.size)
        else:
            self.file.seek(self.start)
            yield from _pieces(self.file, self.size)

    def head(self) -> bytes:
        """The first bytes; an open file stands where it began afterwards."""
        wanted = min(self.size, HEAD_BYTES)
        if isinstance(self.file, Path):
            with self.file.open("rb") as opened:
                return opened.read(wanted)
        self.file.seek(self.start)
        found = self.file.read(wanted)
        self.file.seek(self.start)
        return found


def _pieces(opened: BinaryIO, size: int) -> Iterator[bytes]:
    # The length was announced: a file that has grown meanwhile is cut there.
    left = size
    while left and (piece := opened.read(min(left, PIECE_BYTES))):
        left -= len(piece)
        yield piece


class NotAFile(GongzhongError, TypeError):
    """What was given as a file is neither a path nor bytes nor opened in binary mode."""


class Upload(msgspec.Struct, frozen=True):
    """A file to send as multipart: its bytes, its name, its media type.

    `Upload.of` takes paths and open files, which are read piece by piece when they are sent. WeChat judges a file by
    the extension of its name, so that it is sent under a name whose extension fits the content (`named`).
    """

    content: bytes = b""
    filename: str = "file"
    content_type: str = ANY_FILE
    source: Any = None
    """What `of` was given, in place of `content`."""

    @classmethod
    def of(
        cls,
        source: FileLike,
        filename: str | None = None,
        content_type: str | None = None,
    ) -> Upload:
        """A file by its path, its bytes, or opened for reading; its name is told by the path or by the open file.

        An open file is read from where it stands, again for each repeat of the call; one that can't go back is
        read now. Raises OSError when there is no such file, NotAFile for a file opened as text.
        """
        if isinstance(source, bytes | bytearray | memoryview):
            name = filename or "file"
            return cls(bytes(source), name, content_type or media_type_of(name))
        if isinstance(source, str | PathLike):
            path = Path(source)
            name = filename or path.name
            return cls(b"", name, content_type or media_type_of(name), _on_disk(path))
        content, found = _opened(_stream_of(source))
        name, given = filename or _name_of(source), content_type or getattr(source, "content_type", None)
        return cls(content, name, given if isinstance(given, str) else media_type_of(name), found)

    def named(self, kind: str = "") -> Upload:
        """The same file as it is sent: with a name whose extension fits its content, and its media type.

        `kind` (image, voice, video, thumb) decides for content that is not recognised under a name without extension.
        """
        head = self.source.head() if isinstance(self.source, FileSource) else self.content[:HEAD_BYTES]
        name, content_type = upload_name(self.filename, head, self.content_type, kind)
        return msgspec.structs.replace(self, filename=name, content_type=content_type)

    @property
    def size(self) -> int:
        """How many bytes the file has."""
        return self.source.size if isinstance(self.source, FileSource) else len(self.content)

    def pieces(self) -> Iterator[bytes]:
        """The file from its beginning, a piece at a time."""
        return iter(self.source) if isinstance(self.source, FileSource) else iter((self.content,))

    def __repr__(self) -> str:
        return f"Upload({self.size} bytes, {self.filename!r}, {self.content_type!r})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("size", self.size), ("filename", self.filename), ("content_type", self.content_type)]


def _on_disk(path: Path) -> FileSource:
    return FileSource(path, 0, path.stat().st_size)


def _stream_of(source: Any) -> BinaryIO:
    """The open file itself; web frameworks wrap the file of a form (Starlette's has an asynchronous `read`)."""
    asynchronous = iscoroutinefunction(getattr(source, "read", None))
    return cast(BinaryIO, source.file if asynchronous and hasattr(source, "file") else source)


def _name_of(source: Any) -> str:
    """What an open file is called; temporary files have a number, None or nothing in place of a name."""
    for name in (getattr(source, "filename", None), getattr(source, "name", None)):
        if isinstance(name, str | PathLike) and str(name):
            return Path(name).name or "file"
    return "file"


def _opened(file: BinaryIO) -> tuple[bytes, FileSource | None]:
    read = getattr(file, "read", None)
    if read is None or not isinstance(read(0), bytes):
        raise NotAFile(
            "文件要用二进制方式（rb）打开，或者给出路径或字节",
            "open the file in binary mode (rb), or give its path or its bytes",
        )
    if not file.seekable():
        return file.read(), None
    start = file.tell()
    source = FileSource(file, start, file.seek(0, SEEK_END) - start)
    file.seek(start)
    return b"", source


class Download(msgspec.Struct, frozen=True):
    """A file that came back: in `content`, or at `path` when the client was asked to save it."""

    content: bytes
    content_type: str = ANY_FILE
    filename: str | None = None
    path: str | None = None

    def save(self, path: str | PathLike[str]) -> None:
        """Write what is in `content` to a file."""
        Path(path).write_bytes(self.content)

    def __repr__(self) -> str:
        where = f"at {self.path!r}" if self.path else f"{len(self.content)} bytes"
        return f"Download({where}, {self.filename!r}, {self.content_type!r})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("path", self.path), ("filename", self.filename), ("content_type", self.content_type)]
