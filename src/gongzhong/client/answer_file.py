"""Where the body of an answer goes while it comes in: `AnswerSink`, and `AnswerFile`, which writes it to a file.

`AnswerFile` keeps JSON in memory. An error is JSON whatever its content type says, and begins with a brace; no picture,
voice or video does. So the first byte decides. The file has a temporary name in the same folder until it is complete,
so nobody reads half of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from errno import ENOENT
from os import PathLike, urandom
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from ..errors import say
from ..reasons import in_words

NO_HEADERS: Final[Mapping[str, str]] = {}


class AnswerSink(Protocol):
    """Takes the body of one answer in pieces. A repeated request begins anew with `begin`."""

    @property
    def words(self) -> bytes:
        """What the answer's `WireReply.body` is: the part that was kept in memory."""
        ...

    @property
    def passed_on(self) -> bool:
        """Whether pieces have gone on to somebody else, so that the request cannot be repeated any more."""
        ...

    def begin(self, status: int, headers: Mapping[str, str], /) -> None:
        """The head of an answer came; its header names are in lower case. Forget what an earlier try brought."""
        ...

    def write(self, piece: bytes, /) -> None:
        """Take the next piece. What it raises ends the exchange; an OSError must be a `DiskError`."""
        ...


class DiskError(Exception):
    """An OSError of the disk, kept apart from those of the network, which transports catch."""

    def __init__(self, error: OSError) -> None:
        super().__init__(str(error))
        self.error = error


class AnswerFile:
    """An `AnswerSink` that writes to a file. Raises FileNotFoundError at once when there is no folder to write to."""

    def __init__(self, path: str | PathLike[str]) -> None:
        self.path = Path(path)
        if not self.path.parent.is_dir():
            missing = OSError(ENOENT, "")
            raise FileNotFoundError(ENOENT, say(*in_words(missing)), str(self.path.parent))
        self._words = bytearray()
        self._file: BinaryIO | None = None
        self._deciding = True
        self.passed_on = False

    def begin(self, status: int = 200, headers: Mapping[str, str] = NO_HEADERS, /) -> None:
        self.discard()
        self._words, self._deciding = bytearray(), True

    def write(self, piece: bytes, /) -> None:
        try:
            self._write(piece)
        except OSError as error:
            raise DiskError(error) from error

    def _write(self, piece: bytes) -> None:
        if self._deciding:
            self._words += piece
            beginning = self._words.lstrip()
            if not beginning:
                return
            self._deciding = False
            if beginning[:1] == b"{":
                return
            piece = bytes(self._words)
            self._words = bytearray()
            self._file = self._part()
        if self._file is None:
            self._words += piece
        else:
            self._file.write(piece)

    @property
    def words(self) -> bytes:
        return bytes(self._words)

    def keep(self, content: bytes = b"") -> Path:
        """Give the complete file its name; `content` is what a transport gave that knows nothing of files."""
        if self._file is None:
            self._file = self._part()
            self._file.write(content)
        self._file.close()
        Path(self._file.name).replace(self.path)
        self._file = None
        return self.path

    def discard(self) -> None:
        """Remove what was written so far."""
        if self._file is not None:
            self._file.close()
            Path(self._file.name).unlink(missing_ok=True)
            self._file = None

    def _part(self) -> BinaryIO:
        return self.path.with_name(f".{urandom(8).hex()}.part").open("xb")
