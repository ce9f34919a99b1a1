"""Bringing a file of followers into a platform: one that runs, or the data directory of one that does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from ..errors import GongzhongError, SetupError
from ..platform.config import PlatformConfig
from ..platform.world.settings import AccountConfig
from ..reasons import in_words
from .control import Control
from .platform_server import open_platform

PIECE = 1024 * 1024

Progress = Callable[[int], None]
"""Told how many more bytes have been taken."""


class WrongFile(GongzhongError):
    """The file is not one of followers."""


def pieces_of(file: Path, progress: Progress) -> Iterator[bytes]:
    with file.open("rb") as source:
        while piece := source.read(PIECE):
            yield piece
            progress(len(piece))


def size_of(file: Path) -> int:
    """Raises SetupError when the file can't be read."""
    try:
        with file.open("rb"):
            return file.stat().st_size
    except OSError as problem:
        zh, en = in_words(problem)
        raise SetupError(f"不能读取 {file}：{zh}", f"cannot read {file}: {en}") from None


def send(file: Path, account: str | None, control: Control, progress: Progress) -> dict[str, Any]:
    """Into a running platform, as a stream. Raises NotReached or Refused."""
    size = size_of(file)
    appid = control.account(account)["appid"]
    report: dict[str, Any] = control.upload(f"accounts/{appid}/followers", pieces_of(file, progress), size)
    return report


def store(file: Path, account: str, data: Path, progress: Progress) -> dict[str, Any]:
    """Into a data directory; the account is made when it is not there yet. Raises SetupError or WrongFile."""
    from ..platform.followers_file import Import
    from ..platform.world import accounts
    from ..platform.world.refusal import BadInput

    size_of(file)
    platform = open_platform(PlatformConfig(), data)
    try:
        try:
            state = platform.account(account)
        except KeyError:
            state = accounts.create(platform.world, AccountConfig(name=account))
        work = Import(platform.world, state)
        for piece in pieces_of(file, progress):
            work.feed(piece)
        report: dict[str, Any] = msgspec.to_builtins(work.finish())
        return report
    except BadInput as problem:
        raise WrongFile(problem.zh, problem.en) from None
    finally:
        platform.world.close()
