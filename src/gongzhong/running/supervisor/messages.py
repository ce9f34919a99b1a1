"""What supervisor and workers tell each other: JSON, one message a line, over a socket pair for each worker.

    supervisor ─► worker    Setup, once; Drain
    worker ─► supervisor    Up or Failed, once; Beat every second as soon as the program is imported
    supervisor ─► template  a byte with the worker's end of a socket pair
    template ─► supervisor  the number of the worker's process, NUMBER_BYTES long

The end of the stream means that the other side is gone.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias, TypeVar

import msgspec

from ...config import Log
from ...errors import GongzhongError, SetupError
from ..metrics.table import Snapshot
from ..target import ProgramError

BEAT_S: Final = 1.0
LONGEST_LINE: Final = 4 * 1024 * 1024
"""Bytes of one message."""
NUMBER_BYTES: Final = 8
"""The number of a process, as the template sends it."""

M = TypeVar("M")


class Setup(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """What a worker is to serve, and how."""

    number: int
    workers: int
    parent: int
    """The supervisor's process id."""
    target: str
    listener: int
    """The file descriptor of the socket to accept connections on."""
    turn: int
    """That of an open file, which workers lock while they look at the tables of the store."""
    certificate: str | None = None
    key: str | None = None
    access_log: bool = False
    log: Log = Log()
    drain_s: float | None = None


class Drain(msgspec.Struct, frozen=True, tag=True):
    """Finish what you have and end. `others_serve`: give the socket up at once."""

    others_serve: bool


class Up(msgspec.Struct, frozen=True, tag=True):
    """The worker takes requests."""

    kind: str


class Failed(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The worker cannot serve; the fields of its error."""

    zh: str
    en: str
    fix_zh: str = ""
    fix_en: str = ""
    file: str = ""
    line: int | None = None
    trace: str = ""

    @classmethod
    def of(cls, error: GongzhongError) -> Failed:
        program: dict[str, Any] = {}
        if isinstance(error, ProgramError):
            program = {"file": error.file, "line": error.line, "trace": error.trace}
        return cls(zh=error.zh, en=error.en, fix_zh=error.fix_zh, fix_en=error.fix_en, **program)

    @property
    def error(self) -> SetupError:
        """The error as it was."""
        fixes = {"fix_zh": self.fix_zh, "fix_en": self.fix_en}
        if not self.file:
            return SetupError(self.zh, self.en, **fixes)
        return ProgramError(self.zh, self.en, file=self.file, line=self.line, trace=self.trace, **fixes)


class Beat(msgspec.Struct, frozen=True, tag=True):
    """The worker's event loop runs; what it has counted and measured by now."""

    snapshot: Snapshot = Snapshot()
    state_up: bool = True


ToWorker: TypeAlias = Setup | Drain
ToSupervisor: TypeAlias = Up | Failed | Beat


def line_of(message: ToWorker | ToSupervisor) -> bytes:
    return msgspec.json.encode(message) + b"\n"


def read_line(line: bytes, kind: type[M] | Any) -> M:
    """The message of a line. Raises msgspec.DecodeError for what is none."""
    message: M = msgspec.json.decode(line, type=kind)
    return message
