"""Files on the wire: what is uploaded, from memory or from a disk, and what comes back.

A file is never read as a whole unless it already is in memory: it is sent, and saved, a piece at a time, and
sent again from its beginning when a call is repeated.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator
from dataclasses import dataclass
from os import SEEK_END, PathLike
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeAlias

import msgspec

ANY_FILE: Final = "application/octet-stream"
"""Media type of a file about which nothing is known."""

FileLike: TypeAlias = str | PathLike[str] | bytes | BinaryIO
"""What a file may be given as: its path, its bytes, or opened for reading in binary mode."""

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


def _pieces(opened: BinaryIO, size: int) -> Iterator[bytes]:
    # The length was announced: a file that has grown meanwhile is cut there.
    left = size
    while left and (piece := opened.read(min(left, PIECE_BYTES))):
        left -= len(piece)
        yield piece


def _type_of(filename: str | None) -> str:
    return mimetypes.guess_type(filename or "")[0] or ANY_FILE


class Upload(msgspec.Struct, frozen=True):
    """A file to send as multipart: its bytes, a name whose extension says what it is, its media type.

    `Upload.of` takes paths and open files, which are read piece by piece when they are sent. WeChat understands
    plain ASCII names only; other characters are left out when it is sent.
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
        """A file by its path, its bytes, or opened for reading; name and type are told by the path.

        An open file is read from where it stands, again for each repeat of the call; one that can't go back is
        read now. Raises OSError when there is no such file, TypeError for a file opened as text.
        """
        if isinstance(source, bytes):
            return cls(source, filename or "file", content_type or _type_of(filename))
        if isinstance(source, str | PathLike):
            path = Path(source)
            name = filename or path.name
            return cls(b"", name, content_type or _type_of(name), FileSource(path, 0, path.stat().st_size))
        name = filename or Path(str(getattr(source, "name", "file"))).name
        content, found = _opened(source)
        return cls(content, name, content_type or _type_of(name), found)

    @property
    def size(self) -> int:
        """How many bytes the file has."""
        return self.source.size if isinstance(self.source, FileSource) else len(self.content)

    def pieces(self) -> Iterator[bytes]:
        """The file from its beginning, a piece at a time."""
        return iter(self.source) if isinstance(self.source, FileSource) else iter((self.content,))

    def __repr__(self) -> str:
        return f"Upload({self.size} bytes, {self.filename!r}, {self.content_type!r})"


def _opened(file: BinaryIO) -> tuple[bytes, FileSource | None]:
    if not isinstance(file.read(0), bytes):
        raise TypeError("open the file in binary mode / 请以二进制方式（rb）打开文件")
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
