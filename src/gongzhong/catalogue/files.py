"""Files on the wire: what is uploaded, from memory or from a disk, and what comes back.

A file is never read as a whole unless it already is in memory: it is sent, and saved, a piece at a time, and
sent again from its beginning when a call is repeated.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from inspect import iscoroutinefunction
from os import SEEK_END, PathLike
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeAlias, cast

import msgspec

from ..errors import GongzhongError
from .formats import ANY_FILE, HEAD_BYTES, media_type_of, upload_name

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
