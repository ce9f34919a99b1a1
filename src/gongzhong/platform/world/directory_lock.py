"""One platform process for one data directory: two would overwrite each other's numbers, tokens and jobs.

The lock is the operating system's on an open file, so it ends with the process, however that ends.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import IO, Final

from ...errors import SetupError

FILE_NAME: Final = "platform.lock"
LOCKED_BYTE: Final = 1 << 20
"""Windows locks bytes, not files: one far behind the text, which must stay readable for others."""


class DirectoryLock:
    """Held from its making until `release`. Raises SetupError that names the process which has the directory."""

    def __init__(self, folder: Path) -> None:
        path = folder / FILE_NAME
        self._file = path.open("a+", encoding="ascii")
        try:
            _take(self._file)
        except OSError:
            holder = _holder(self._file)
            self._file.close()
            named_zh = f"（进程 {holder}）" if holder else ""
            named_en = f" (process {holder})" if holder else ""
            raise SetupError(
                f"另一个平台{named_zh}正在使用数据目录 {folder}",
                f"another platform{named_en} is using the data directory {folder}",
                fix_zh="先停止它，或用 --data 指定别的目录",
                fix_en="stop it first, or choose another directory with --data",
            ) from None
        self._file.seek(0)
        self._file.truncate()
        self._file.write(f"{os.getpid()}\n")
        self._file.flush()

    def release(self) -> None:
        """Let others use the directory; the file stays."""
        with contextlib.suppress(OSError):
            self._file.truncate(0)
        self._file.close()


def _holder(file: IO[str]) -> str:
    try:
        file.seek(0)
        text = file.read(32).strip()
    except OSError:
        return ""
    return text if text.isdigit() else ""


if sys.platform == "win32":
    import msvcrt

    def _take(file: IO[str]) -> None:
        file.seek(LOCKED_BYTE)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _take(file: IO[str]) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
