"""Bringing a file of followers into a platform: one that runs, or the data directory of one that does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from pathlib import Path
from threading import Thread
from typing import Any

import msgspec

from ..errors import GongzhongError, SetupError
from ..platform.config import PlatformConfig
from ..platform.world.settings import AccountConfig
from ..reasons import in_words
from .control import Control
from .platform_server import open_platform

PIECE = 1024 * 1024
LOOK_S = 0.5
"""How often a platform is asked how far it is."""

Progress = Callable[[str, int, int], None]
"""Told the step (`upload` in bytes, `check` and `store` in rows), how much is done, and of how much (0: unknown)."""


class WrongFile(GongzhongError):
    """The file is not one of followers."""


def pieces_of(file: Path, size: int, progress: Progress) -> Iterator[bytes]:
    with file.open("rb") as source:
        sent = 0
        while piece := source.read(PIECE):
            yield piece
            sent += len(piece)
            progress("upload", sent, size)


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
    path = f"accounts/{control.account(account)['appid']}/followers"
    outcome: Future[dict[str, Any]] = Future()

    def upload() -> None:
        try:
            outcome.set_result(control.upload(path, pieces_of(file, size, progress), size))
        except BaseException as problem:
            outcome.set_exception(problem)

    # A daemon, so that Ctrl-C need not wait for it.
    Thread(target=upload, daemon=True).start()
    while not wait([outcome], LOOK_S).done:
        told = control.get(path)
        if told["running"]:
            progress(*_step(told["rows"], told["of"]))
    return outcome.result()


def _step(rows: int, of: int) -> tuple[str, int, int]:
    return ("store" if of else "check", rows, of)


def store(file: Path, account: str, data: Path, progress: Progress) -> dict[str, Any]:
    """Into a data directory; the account is made when it is not there yet. Raises SetupError or WrongFile."""
    from ..platform.followers_file import FollowersFile
    from ..platform.world import accounts
    from ..platform.world.refusal import BadInput

    size_of(file)
    platform = open_platform(PlatformConfig(), data)
    try:
        with file.open("rb") as source, platform.world.db.transaction():
            try:
                state = platform.account(account)
            except KeyError:
                state = accounts.create(platform.world, AccountConfig(name=account))
            work = FollowersFile(platform.world, state, source)
            for step in work.steps():
                progress(*_step(step.rows, step.of))
        report: dict[str, Any] = msgspec.to_builtins(work.report)
        return report
    except BadInput as problem:
        raise WrongFile(problem.zh, problem.en) from None
    finally:
        platform.world.close()
